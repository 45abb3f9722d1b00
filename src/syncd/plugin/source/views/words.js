/**
 * Words that a view needs at once, outside of any document, and the one line that tells why the daemon has no answer.
 *
 * Everything else names its Fluent message in the document and lets Zotero translate it.
 */
Syncd.words = {
  /** Fluent's messages for each reason of the daemon's. */
  REASONS: {
    "not-paired": "syncd-not-paired",
    "not-running": "syncd-not-running",
    slow: "syncd-slow",
    refused: "syncd-refused",
    failed: "syncd-failed",
    strange: "syncd-strange",
  },

  /** @type {Localization | null} */
  _strings: null,

  /**
   * Return a message's text.
   *
   * @param {string} id
   * @param {Record<string, string | number>} [args]
   * @returns {string}
   */
  say(id, args) {
    this._strings ??= new Localization(["syncd-views.ftl"], true);
    return this._strings.formatValueSync(id, args) ?? id;
  },

  /**
   * Return Zotero's number of a library.
   *
   * @param {string | undefined} prefix as syncd calls it: "groups/77", "users/0", "users/12"; an older one tells none
   * @returns {number | null} null where this Zotero has none such
   */
  libraryID(prefix) {
    const [kind, number] = (prefix ?? "").split("/");
    if (prefix === "users/0" || (kind === "users" && Number(number) === Syncd.user())) {
      return Zotero.Libraries.userLibraryID;
    }
    return (kind === "groups" && Zotero.Groups.getLibraryIDFromGroupID(Number(number))) || null;
  },

  /**
   * Return what Zotero calls a library.
   *
   * @param {string | undefined} prefix as syncd calls it
   * @param {string} [name] that it has in syncd's configuration, for what this Zotero does not have
   * @returns {string}
   */
  library(prefix, name = prefix ?? "") {
    const id = this.libraryID(prefix);
    return id === null ? name : Zotero.Libraries.getName(id);
  },

  /**
   * @param {string} words such as "the host example.org can't be found"
   * @returns {string} the same as a line of its own: "The host example.org can't be found"
   */
  line(words) {
    return words.charAt(0).toLocaleUpperCase(Zotero.locale) + words.slice(1);
  },

  /**
   * Return which message tells of an error, and with what.
   *
   * @param {any} error
   * @returns {{l10n: string, args: {message: string}}}
   */
  trouble(error) {
    const reasons = /** @type {Record<string, string>} */ (this.REASONS);
    return {
      // What has no reason of the daemon's came of an answer that is not as syncd's are.
      l10n: reasons[error?.reason] ?? reasons.strange,
      args: { message: error?.message ? String(error.message) : "" },
    };
  },

  /**
   * @param {any} error
   * @returns {Tree}
   */
  troubleLine(error) {
    const { l10n, args } = this.trouble(error);
    return Syncd.element.quiet(l10n, args);
  },
};
