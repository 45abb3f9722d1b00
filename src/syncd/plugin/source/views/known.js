/**
 * Score and code of all of syncd's items, for the columns: these have to answer at once, for every row.
 *
 * Answers from memory and asks the daemon behind, at most once a minute and only while a column is looked at. Asks
 * nothing while Zotero starts.
 */
Syncd.known = {
  /** How long a library's answer is good for, and how soon after the first look it is asked for, in ms. */
  FRESH: 60_000,
  SOON: 3_000,
  /** @type {Map<string, {items: Record<string, any>, asked: number}>} by the library's prefix */
  _libraries: new Map(),
  /** @type {Set<any>} */
  _timers: new Set(),

  /**
   * Return what is known of an item: the daemon's answer, else what the item tells by itself.
   *
   * @param {any} item
   * @returns {{score: number | null, band?: boolean, code: string | null} | null}
   */
  of(item) {
    if (!item?.isRegularItem?.()) {
      return null;
    }
    const library = this._library(Syncd.libraryPrefix(item.libraryID));
    return library.items[item.key] ?? Syncd.offline.about(item);
  },

  /** Ask again when somebody looks: something was done. */
  forget() {
    for (const library of this._libraries.values()) {
      library.asked = Number.NEGATIVE_INFINITY;
    }
  },

  close() {
    for (const timer of this._timers) {
      clearTimeout(timer);
    }
    this._timers.clear();
    this._libraries.clear();
  },

  /** @param {string} prefix */
  _library(prefix) {
    let library = this._libraries.get(prefix);
    if (!library) {
      library = { items: {}, asked: Number.NEGATIVE_INFINITY };
      this._libraries.set(prefix, library);
    }
    if (Date.now() - library.asked >= this.FRESH) {
      // Without a pairing too: to look for one takes time, and there is a row for every item.
      library.asked = Date.now();
      if (Syncd.daemon.paired) {
        this._askSoon(prefix);
      }
    }
    return library;
  },

  /** @param {string} prefix */
  _askSoon(prefix) {
    const timer = setTimeout(() => {
      this._timers.delete(timer);
      Syncd.quietly("asking for the columns", () => this._ask(prefix));
    }, this.SOON);
    this._timers.add(timer);
  },

  /** @param {string} prefix */
  async _ask(prefix) {
    const { items } = await Syncd.daemon.known(prefix);
    const library = this._libraries.get(prefix);
    if (library && JSON.stringify(items) !== JSON.stringify(library.items)) {
      library.items = items;
      // Not in the first releases of Zotero 7, where the answer shows when the list is drawn next.
      Zotero.ItemTreeManager.refreshColumns?.();
    }
  },
};
