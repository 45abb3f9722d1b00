/**
 * Score and code of all of syncd's items, for the columns: these have to answer at once, for every row.
 *
 * Answers from memory and asks the daemon behind, only for what changed: once a minute at most while a column is
 * looked at, and when the daemon tells that something happened. Zotero wants the values of hidden columns too, but
 * draws no cell of theirs. Asks nothing while Zotero starts.
 */

/**
 * What is known of a library.
 *
 * @typedef {object} KnownLibrary
 * @property {Map<string, {score: number | null, code: string | null}> | null} items by key; null before the daemon
 *   has answered
 * @property {string | null} until from where on changes are asked for
 * @property {number} asked when the daemon was asked last, in ms
 * @property {boolean} wanted whether somebody looked at it since the plugin started
 * @property {boolean} shown whether its items were asked about since a cell was drawn
 */

Syncd.known = {
  /** How long a library's answer is good for, and how soon after the first look it is asked for, in ms. */
  FRESH: 60_000,
  SOON: 3_000,
  /** How soon after something happened. */
  AT_ONCE: 100,
  /** What the daemon tells of by which no score and no code has moved. */
  QUIET: ["began", "paused", "resumed", "review", "gone"],
  /** @type {Map<string, KnownLibrary>} by the library's prefix */
  _libraries: new Map(),
  /** @type {Map<number, KnownLibrary>} the same by Zotero's number: an item is asked about for every row */
  _byNumber: new Map(),
  /** @type {Map<string, any>} by the library's prefix */
  _timers: new Map(),
  /** @type {(() => void) | null} */
  _unwatch: null,

  open() {
    this._unwatch = Syncd.daemon.onChange((events) => this.forget(events));
  },

  /**
   * Return what is known of an item: the daemon's answer; before there is one, what the item tells by itself.
   *
   * @param {any} item
   * @returns {{score: number | null, band?: boolean, code: string | null} | null}
   */
  of(item) {
    if (!item?.isRegularItem?.()) {
      return null;
    }
    let library = this._byNumber.get(item.libraryID);
    if (!library) {
      library = this._library(Syncd.libraryPrefix(item.libraryID));
      this._byNumber.set(item.libraryID, library);
    }
    library.shown = true;
    return library.items ? (library.items.get(item.key) ?? null) : Syncd.offline.remembered(item);
  },

  /**
   * Whether the daemon has answered for an item's library: of what is not known then, it knows nothing.
   *
   * @param {any} item that was asked about
   */
  hasAnswered({ libraryID }) {
    return Boolean(this._byNumber.get(libraryID)?.items);
  },

  /** A cell is drawn: somebody looks, so what is known should not be old. */
  look() {
    for (const [prefix, library] of this._libraries) {
      if (library.shown && Date.now() - library.asked >= this.FRESH) {
        // Without a pairing too: to look for one takes time, and there is a cell in every row.
        library.asked = Date.now();
        library.wanted = true;
        if (Syncd.daemon.paired) {
          this._askSoon(prefix, this.SOON);
        }
      }
      library.shown = false;
    }
  },

  /**
   * Something happened: ask again, at once where somebody looked before, else when somebody looks.
   *
   * @param {DaemonEvent[]} [events] what the daemon told of; none where something was asked of it
   */
  forget(events = []) {
    if (events.length && events.every(({ name }) => this.QUIET.includes(name))) {
      return;
    }
    for (const [prefix, library] of this._libraries) {
      library.asked = Number.NEGATIVE_INFINITY;
      if (library.wanted && Syncd.daemon.paired) {
        library.asked = Date.now();
        this._askSoon(prefix, this.AT_ONCE);
      }
    }
  },

  close() {
    this._unwatch?.();
    this._unwatch = null;
    for (const timer of this._timers.values()) {
      clearTimeout(timer);
    }
    this._timers.clear();
    this._libraries.clear();
    this._byNumber.clear();
  },

  /** @param {string} prefix */
  _library(prefix) {
    let library = this._libraries.get(prefix);
    if (!library) {
      library = { items: null, until: null, asked: Number.NEGATIVE_INFINITY, wanted: false, shown: false };
      this._libraries.set(prefix, library);
    }
    return library;
  },

  /**
   * @param {string} prefix
   * @param {number} wait in ms
   */
  _askSoon(prefix, wait) {
    if (!this._timers.has(prefix)) {
      const ask = () => {
        this._timers.delete(prefix);
        return Syncd.quietly("asking for the columns", () => this._ask(prefix));
      };
      this._timers.set(prefix, setTimeout(ask, wait));
    }
  },

  /** @param {string} prefix */
  async _ask(prefix) {
    const library = this._library(prefix);
    const answer = await Syncd.daemon.known(prefix, library.items && library.until);
    if (this._libraries.get(prefix) !== library) {
      return;
    }
    const isFirst = library.items === null;
    const changed = answer.whole ? this._replace(library, answer) : this._update(library, answer);
    library.until = answer.until;
    if (isFirst) {
      // Until now, an item told itself what it is.
      changed.push(...Syncd.offline.forget(prefix).filter((key) => !library.items?.has(key)));
    }
    if (changed.length) {
      await Syncd.columns.redraw(prefix, changed);
    }
  },

  /**
   * Take all items, and return the keys of those that differ from what was known.
   *
   * @param {KnownLibrary} library
   * @param {{items: Record<string, any>}} answer
   */
  _replace(library, { items }) {
    const before = library.items ?? new Map();
    library.items = new Map(Object.entries(items));
    const changed = [...library.items].filter(([key, now]) => this._differs(before.get(key), now));
    const gone = [...before.keys()].filter((key) => !library.items?.has(key));
    return [...changed.map(([key]) => key), ...gone];
  },

  /**
   * Take the items that changed, and return the keys of those that do.
   *
   * @param {KnownLibrary} library
   * @param {{items: Record<string, any>, gone?: string[]}} answer
   */
  _update(library, { items, gone = [] }) {
    const known = library.items ?? new Map();
    library.items = known;
    const changed = Object.entries(items).filter(([key, now]) => this._differs(known.get(key), now));
    for (const [key, now] of changed) {
      known.set(key, now);
    }
    return [...changed.map(([key]) => key), ...gone.filter((key) => known.delete(key))];
  },

  /**
   * @param {any} before
   * @param {any} now
   */
  _differs(before, now) {
    return before?.score !== now.score || before?.code !== now.code;
  },
};
