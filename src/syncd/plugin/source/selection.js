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
    // Zotero 10 and later have only the first.
    const shown = pane?.getSelectedCollections
      ? pane.getSelectedCollections()
      : [pane?.getSelectedCollection?.()];
    return shown.length === 1 && shown[0] ? shown[0] : null;
  },

  /**
   * Return a name for what is shown, where that is a collection or a whole library and nothing besides.
   *
   * @param {any} pane
   * @returns {string | null} the library's number, and the collection's key
   */
  place(pane) {
    // Zotero 10 and later have only the first.
    const rows = pane?.getCollectionTreeRows
      ? pane.getCollectionTreeRows()
      : [pane?.getCollectionTreeRow?.()];
    const [row] = rows;
    if (rows.length !== 1 || !row) {
      return null;
    }
    if (row.isCollection()) {
      return `${row.ref.libraryID}/${row.ref.key}`;
    }
    return row.isLibrary(true) && !row.isFeed() ? `${row.ref.libraryID}/` : null;
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
