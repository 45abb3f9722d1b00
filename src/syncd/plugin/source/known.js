/**
 * Score and code of all of syncd's items, for the columns: these have to answer at once, for every row.
 *
 * Answers from memory and asks the daemon behind, at most once a minute and only while a column is looked at: Zotero
 * wants the values of hidden columns too, but draws no cell of theirs. Asks nothing while Zotero starts.
 */
Syncd.known = {
  /** How long a library's answer is good for, and how soon after the first look it is asked for, in ms. */
  FRESH: 60_000,
  SOON: 3_000,
  /** @type {Map<string, {items: Record<string, any>, asked: number}>} by the library's prefix */
  _libraries: new Map(),
  /** @type {string | null} the library whose items were last asked about */
  _prefix: null,
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
    this._prefix = Syncd.libraryPrefix(item.libraryID);
    return this._library(this._prefix).items[item.key] ?? Syncd.offline.about(item);
  },

  /** A cell is drawn: somebody looks, so what is known should not be old. */
  look() {
    const library = this._prefix === null ? null : this._library(this._prefix);
    if (library && Date.now() - library.asked >= this.FRESH) {
      // Without a pairing too: to look for one takes time, and there is a cell in every row.
      library.asked = Date.now();
      if (Syncd.daemon.paired) {
        this._askSoon(/** @type {string} */ (this._prefix));
      }
    }
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
    this._prefix = null;
  },

  /** @param {string} prefix */
  _library(prefix) {
    let library = this._libraries.get(prefix);
    if (!library) {
      library = { items: {}, asked: Number.NEGATIVE_INFINITY };
      this._libraries.set(prefix, library);
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
    if (library) {
      const changed = this._changed(library.items, items);
      library.items = items;
      await Syncd.columns.redraw(prefix, changed);
    }
  },

  /**
   * @param {Record<string, any>} before
   * @param {Record<string, any>} after
   */
  _changed(before, after) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys].filter(
      (key) => before[key]?.score !== after[key]?.score || before[key]?.code !== after[key]?.code,
    );
  },
};
