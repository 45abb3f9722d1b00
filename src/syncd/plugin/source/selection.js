/**
 * What is selected in a Zotero window, whatever Zotero's version.
 *
 * Reads only; never selects anything.
 */
Syncd.selection = {
  /**
   * @param {any} pane a window's ZoteroPane
   * @returns {any} the collection that is shown, null where it is none or several
   */
  collection(pane) {
    // Zotero 11 has only the first.
    const shown = pane?.getSelectedCollections
      ? pane.getSelectedCollections()
      : [pane?.getSelectedCollection?.()];
    return shown.length === 1 && shown[0] ? shown[0] : null;
  },

  /**
   * @param {any} pane
   * @returns {any} the regular item that is selected, null where it is none or several
   */
  item(pane) {
    return this.one(pane?.getSelectedItems?.() ?? []);
  },

  /**
   * @param {any[]} items
   * @returns {any} the one regular item among them, null where it is none or several
   */
  one(items) {
    return items.length === 1 && items[0]?.isRegularItem?.() ? items[0] : null;
  },
};
