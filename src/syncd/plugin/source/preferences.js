/**
 * The plugin's preferences, and the pane that lists who may ask and takes that back.
 *
 * Everything is below `extensions.syncd.`, and goes with the plugin.
 */

const BRANCH = "extensions.syncd.";

Syncd.preferences = {
  /** @type {string | null} */
  _pane: null,
  /** @type {any} what the pane finds in Zotero */
  _ours: null,

  async register() {
    this._pane = await Zotero.PreferencePanes.register({
      pluginID: Syncd.id,
      src: `${Syncd.rootURI}preferences.xhtml`,
      label: "syncd",
      image: `${Syncd.rootURI}icons/syncd.svg`,
      scripts: [`${Syncd.rootURI}preferences-window.js`],
    });
    this._ours = { preferencesLoaded: (/** @type {Document} */ document) => this.loaded(document) };
    Zotero.Syncd = this._ours;
  },

  unregister() {
    // In an upgrade, the next one's may be there already.
    if (this._ours && Zotero.Syncd === this._ours) {
      delete Zotero.Syncd;
    }
  },

  /**
   * @param {string} name
   * @returns {any} null where there is nothing, or nothing that can be read
   */
  read(name) {
    try {
      return JSON.parse(String(Zotero.Prefs.get(name, true) || "null"));
    } catch {
      return null;
    }
  },

  /**
   * @param {string} name
   * @param {unknown} value what JSON can hold
   */
  write(name, value) {
    Zotero.Prefs.set(name, JSON.stringify(value), true);
  },

  /** @param {string} name */
  clear(name) {
    Zotero.Prefs.clear(name, true);
  },

  removeAll() {
    for (const name of Services.prefs.getBranch(BRANCH).getChildList("")) {
      Services.prefs.clearUserPref(BRANCH + name);
    }
  },

  /**
   * Fill the pane.
   *
   * @param {Document} document of the preferences
   */
  loaded(document) {
    const list = document.getElementById("syncd-tokens");
    if (!list) {
      return;
    }
    const pairings = Syncd.keys.list();
    list.replaceChildren(...pairings.map((pairing) => this._row(document, pairing)));
    document.getElementById("syncd-no-tokens")?.toggleAttribute("hidden", pairings.length > 0);
  },

  /**
   * @param {Document} document
   * @param {{id: string, name: string, created: string}} pairing
   */
  _row(document, pairing) {
    const html = "http://www.w3.org/1999/xhtml";
    const row = document.createElementNS(html, "li");
    row.setAttribute("style", "display: flex; align-items: center; gap: 12px; padding-block: 3px");
    const name = document.createElementNS(html, "span");
    name.setAttribute("style", "flex: 1; min-width: 0; overflow-wrap: anywhere");
    name.textContent = pairing.name;
    const date = document.createElementNS(html, "time");
    date.setAttribute("datetime", pairing.created);
    date.textContent = Syncd.format.day(pairing.created, Zotero.locale);
    const revoke = document.createElementNS(html, "button");
    // In a XUL document an HTML button is one only when it says so.
    revoke.setAttribute("type", "button");
    revoke.setAttribute("data-l10n-id", "syncd-revoke");
    revoke.setAttribute("data-l10n-args", JSON.stringify({ name: pairing.name }));
    revoke.addEventListener("click", () => {
      Syncd.quietly("taking a pairing back", () => Syncd.keys.revoke(pairing.id));
      this.loaded(document);
    });
    row.append(name, date, revoke);
    return row;
  },
};
