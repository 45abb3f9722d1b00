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
