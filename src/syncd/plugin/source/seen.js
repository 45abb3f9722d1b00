/**
 * When each collection was last looked at, and so which of its papers are new.
 *
 * Kept in the plugin's own file; nothing is written into items or collections.
 */
Syncd.seen = {
  FILE: "seen",
  /** @type {{since: number, places: Record<string, number>} | null} times in ms; `since` is the first start */
  _kept: null,
  /** @type {{place: string, since: number} | null} what is looked at now, and when it was before */
  _now: null,

  /** Read what was kept; what is new before that has happened is not known, so nothing is. */
  async load() {
    const kept = await Syncd.files.read(this.FILE);
    this._kept = { since: kept?.since ?? Date.now(), places: kept?.places ?? {} };
    if (!kept) {
      await this._save();
    }
  },

  close() {
    this._kept = null;
    this._now = null;
  },

  /**
   * Whether an item came into the library after its collection was last looked at.
   *
   * @param {any} item
   * @param {any} collection the one that is shown
   */
  isNew(item, collection) {
    const since = this.look(collection);
    return since !== null && this.added(item.dateAdded) > since;
  },

  /**
   * Note that a collection is looked at.
   *
   * @param {any} collection null where none is shown
   * @returns {number | null} when it was looked at before, in ms; null where that is not known
   */
  look(collection) {
    if (!this._kept) {
      return null;
    }
    const place = collection ? `${collection.libraryID}/${collection.key}` : "";
    if (this._now?.place !== place) {
      this._leave();
      this._now = { place, since: this._kept.places[place] ?? this._kept.since };
      // The visit counts from its beginning already, should Zotero end before the reader goes on.
      this._leave();
    }
    return place ? /** @type {{since: number}} */ (this._now).since : null;
  },

  /**
   * @param {string} dateAdded as Zotero has it, "2026-11-24 10:00:00" in UTC
   * @returns {number} in ms
   */
  added(dateAdded) {
    return Date.parse(`${dateAdded.replace(" ", "T")}Z`);
  },

  _leave() {
    if (this._kept && this._now?.place) {
      this._kept.places[this._now.place] = Date.now();
      Syncd.quietly("remembering what was looked at", () => this._save());
    }
  },

  async _save() {
    await Syncd.files.write(this.FILE, this._kept);
  },
};
