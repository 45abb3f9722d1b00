/**
 * When each collection and library was last looked at, and so which of its papers are new.
 *
 * Kept in the plugin's own file, which is written a while after the reader went on; nothing is written into items or
 * collections.
 */
Syncd.seen = {
  FILE: "seen.json",
  /** Zotero sets it whenever another place is shown. */
  PREFERENCE: "lastViewedFolder",
  /** How long after a change the file is written, in ms. */
  LATER: 5_000,
  /** @type {{since: number, places: Record<string, number>} | null} times in ms; `since` is the first start */
  _kept: null,
  /** @type {{place: string | null, since: number} | null} what is looked at now, and when it was before */
  _now: null,
  /** @type {{place: string | null} | null} what the window shows, as long as nothing else can have happened */
  _shown: null,
  /** What was last compared with. */
  _text: { since: Number.NaN, text: "" },
  /** @type {any} until the file is written */
  _timer: null,
  /** @type {any} */
  _preference: null,
  /** @type {string | null} */
  _observer: null,

  /** Read what was kept; what is new before that has happened is not known, so nothing is. */
  async load() {
    if (this._preference === null) {
      this._preference = Zotero.Prefs.registerObserver(this.PREFERENCE, () => this.look());
      this._observer = Zotero.Notifier.registerObserver(this, ["collection"], "syncd");
    }
    const kept = this._parsed(await Syncd.files.read(this.FILE));
    this._kept = { since: kept?.since ?? Date.now(), places: kept?.places ?? {} };
    if (!kept) {
      await this.save();
    }
  },

  async close() {
    if (this._preference !== null) {
      Zotero.Prefs.unregisterObserver(this._preference);
      Zotero.Notifier.unregisterObserver(/** @type {string} */ (this._observer));
      this._preference = null;
      this._observer = null;
    }
    await this.flush();
    this._kept = null;
    this._now = null;
    this._shown = null;
  },

  /**
   * Zotero tells of collections: those that are gone are not looked at again.
   *
   * @param {string} event
   * @param {string} _type
   * @param {(number | string)[]} ids
   * @param {Record<string, any>} extra key and library by id
   */
  notify(event, _type, ids, extra) {
    if (event !== "delete" || !this._kept) {
      return;
    }
    for (const { libraryID, key } of ids.flatMap((id) => extra?.[id] ?? [])) {
      if (delete this._kept.places[`${libraryID}/${key}`]) {
        this._saveLater();
      }
    }
  },

  /**
   * Whether an item came into the library after the place that the window shows was last looked at. Asked for every
   * row: changes nothing.
   *
   * @param {any} item
   */
  isNew(item) {
    const place = this._place();
    if (!this._kept || place === null) {
      return false;
    }
    return item.dateAdded > this._sinceText(place);
  },

  /** Note what the window shows now. */
  look() {
    this._shown = null;
    const place = Syncd.selection.place(Zotero.getActiveZoteroPane());
    if (!this._kept || this._now?.place === place) {
      return;
    }
    this._leave();
    this._now = { place, since: place === null ? 0 : this._since(place) };
    // The visit counts from its beginning already, should Zotero end before the reader goes on.
    this._leave();
  },

  /**
   * Return the place that the window shows. It is found once for all rows that are asked for together.
   *
   * @returns {string | null}
   */
  _place() {
    if (!this._shown) {
      this._shown = { place: Syncd.selection.place(Zotero.getActiveZoteroPane()) };
      setTimeout(() => {
        this._shown = null;
        // Before the first change of place, nothing has told of the one that Zotero began with.
        this.look();
      }, 0);
    }
    return this._shown.place;
  },

  /** @param {string} place */
  _since(place) {
    const kept = /** @type {NonNullable<typeof this._kept>} */ (this._kept);
    return this._now?.place === place ? this._now.since : (kept.places[place] ?? kept.since);
  },

  /**
   * @param {string} place
   * @returns {string} as Zotero writes dates, "2026-11-24 10:00:00" in UTC: it compares faster than it is read
   */
  _sinceText(place) {
    const since = this._since(place);
    if (this._text.since !== since) {
      this._text = { since, text: new Date(since).toISOString().slice(0, 19).replace("T", " ") };
    }
    return this._text.text;
  },

  _leave() {
    if (this._kept && this._now?.place) {
      this._kept.places[this._now.place] = Date.now();
      this._saveLater();
    }
  },

  _saveLater() {
    this._timer ??= setTimeout(
      () => Syncd.quietly("remembering what was looked at", () => this.flush()),
      this.LATER,
    );
  },

  /** Write what has yet to be written. */
  async flush() {
    if (this._timer !== null) {
      clearTimeout(this._timer);
      this._timer = null;
      await this.save();
    }
  },

  async save() {
    await Syncd.files.write(this.FILE, [JSON.stringify(this._kept)]);
  },

  /** @param {string | null} text */
  _parsed(text) {
    try {
      return JSON.parse(text ?? "null");
    } catch {
      return null;
    }
  },
};
