/**
 * What the plugin keeps in Zotero's preferences.
 *
 * Everything is below `extensions.syncd.`, and goes with the plugin.
 */

const BRANCH = "extensions.syncd.";

Syncd.preferences = {
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
};
