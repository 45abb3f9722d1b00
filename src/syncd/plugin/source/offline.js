/**
 * What an item tells by itself: its tags and its links, as syncd writes them.
 *
 * Used where no daemon answers. Reads items, never changes one; takes nothing for syncd's that a user would write too.
 */
Syncd.offline = {
  /** How syncd titles a link, by kind: "Code: owner/repo". */
  LINK: /^(Code|Project|Model|Dataset|Demo|Video): /,
  /** The automatic tag of a score's band. */
  BAND: /^AI Score (\d0)\+$/,
  /** @type {Map<number, {item: any, about: any}>} what items told, by their numbers in Zotero */
  _told: new Map(),
  /** @type {string | null} */
  _observer: null,

  open() {
    this._observer = Zotero.Notifier.registerObserver(this, ["item"], "syncd");
  },

  close() {
    if (this._observer) {
      Zotero.Notifier.unregisterObserver(this._observer);
      this._observer = null;
    }
    this._told.clear();
  },

  /**
   * Zotero tells of items: what they told is old, and what their parents did.
   *
   * @param {string} event
   * @param {string} _type
   * @param {(number | string)[]} ids
   */
  notify(event, _type, ids) {
    if (!this._told.size) {
      return;
    }
    if (event === "delete") {
      // Nothing tells of which parent.
      this._told.clear();
    } else if (["add", "modify", "trash"].includes(event)) {
      for (const id of ids) {
        const { parentItemID } = /** @type {any} */ (Zotero.Items.get(Number(id))) || {};
        this._told.delete(Number(id));
        this._told.delete(parentItemID);
      }
    }
  },

  /**
   * Return what an item tells, from memory if it was asked before.
   *
   * @param {any} item
   * @returns {ReturnType<typeof this.about>}
   */
  remembered(item) {
    let told = this._told.get(item.id);
    if (!told) {
      told = { item, about: this.about(item) };
      this._told.set(item.id, told);
    }
    return told.about;
  },

  /**
   * Forget a library: what its items tell is not asked for any more.
   *
   * @param {string} prefix of the library
   * @returns {string[]} the keys of the items that told something
   */
  forget(prefix) {
    const keys = [];
    for (const [id, { item, about }] of this._told) {
      if (Syncd.libraryPrefix(item.libraryID) === prefix) {
        this._told.delete(id);
        keys.push(...(about ? [item.key] : []));
      }
    }
    return keys;
  },

  /**
   * Return what an item tells, in the daemon's shape.
   *
   * @param {any} item
   * @returns {{score: number | null, band: boolean, code: string | null, links: {url: string, kind: string}[]} | null}
   *   null where nothing tells that syncd brought it
   */
  about(item) {
    if (!item?.isRegularItem?.()) {
      return null;
    }
    const score = this.band(item.getTags());
    const links = this.links(this._attached(item));
    if (score === null && !links.length) {
      return null;
    }
    const code = links.find((link) => link.kind === "code")?.url ?? null;
    return { score, band: score !== null, code, links };
  },

  /**
   * @param {{tag: string, type?: number}[]} tags
   * @returns {number | null} the lower end of the score's band
   */
  band(tags) {
    const bands = tags.map(({ tag, type }) => (type === 1 ? this.BAND.exec(tag) : null)).filter(Boolean);
    return bands.length ? Number(/** @type {RegExpExecArray} */ (bands[0])[1]) : null;
  },

  /**
   * @param {{title: string, url: string}[]} attached
   * @returns {{url: string, kind: string}[]}
   */
  links(attached) {
    return attached.flatMap(({ title, url }) => {
      const kind = this.LINK.exec(title)?.[1].toLowerCase();
      const address = Syncd.format.webAddress(url);
      return kind && address ? [{ url: address, kind }] : [];
    });
  },

  /**
   * @param {any} item
   * @returns {{title: string, url: string}[]} the item's linked addresses
   */
  _attached(item) {
    const children = /** @type {any} */ (Zotero.Items.get(item.getAttachments()));
    return children
      .filter(
        (/** @type {any} */ child) => child.attachmentLinkMode === Zotero.Attachments.LINK_MODE_LINKED_URL,
      )
      .map((/** @type {any} */ child) => ({ title: child.getField("title"), url: child.getField("url") }));
  },
};
