/**
 * Who was paired: their keys in Zotero's login manager, their names and days in the preferences.
 *
 * A key is never sent, never logged, and lies in no file of the plugin's own.
 */

const PAIRINGS = "extensions.syncd.pairings";
const CONTROL = "extensions.syncd.control";
/** What an older plugin kept: hashes of tokens, which others on this computer could have seen. */
const TOKENS = "extensions.syncd.tokens";
const ORIGIN = "chrome://syncd";
const REALM = "syncd pairing";

Syncd.keys = {
  /** @type {Map<string, string>} by the id of their pairing */
  _keys: new Map(),
  /** @type {Promise<void> | null} the reading of the keys, once it has begun */
  _reading: null,

  /** Read the keys. Pairings of an older plugin go: they have to be made again. */
  async load() {
    Syncd.preferences.clear(TOKENS);
    if (Syncd.preferences.read(CONTROL)?.token) {
      Syncd.preferences.clear(CONTROL);
    }
    this._keys.clear();
    this._reading = null;
    await this.read();
  },

  /**
   * Read the keys, unless that was done, or a primary password locks the login manager: reading would ask for it, and
   * Zotero and its other plugins would wait for the answer. Once somebody else has unlocked it, they are read.
   */
  async read() {
    if (!this._reading && Services.logins.isLoggedIn) {
      this._reading = this._readAll();
      this._reading.catch(() => {
        this._reading = null;
      });
    }
    await this._reading;
  },

  // If Zotero crashed after a pairing came or went, only one of the two places may know. It counts where both do.
  async _readAll() {
    const listed = new Set(this.list().map(({ id }) => id));
    for (const { username, password } of await this._logins()) {
      if (listed.has(username)) {
        this._keys.set(username, password);
      }
    }
    if (this.list().some(({ id }) => !this._keys.has(id))) {
      Syncd.preferences.write(
        PAIRINGS,
        this.list().filter(({ id }) => this._keys.has(id)),
      );
    }
    await this._remove((login) => !this._keys.has(login.username));
  },

  /** @returns {Promise<any[]>} */
  _logins() {
    return Services.logins.searchLoginsAsync({ origin: ORIGIN, httpRealm: REALM });
  },

  /** @returns {string[]} the keys of all who were paired */
  all() {
    return [...this._keys.values()];
  },

  /** @returns {{id: string, name: string, created: string}[]} the oldest first */
  list() {
    const saved = Syncd.preferences.read(PAIRINGS);
    return Array.isArray(saved) ? saved : [];
  },

  /**
   * Keep the key of someone.
   *
   * @param {string} key
   * @param {string} name who asked
   * @param {string | null} url where the daemon of the one who asked answers
   */
  async add(key, name, url) {
    const id = Syncd.handshake.random(8);
    const LoginInfo = Components.Constructor(
      "@mozilla.org/login-manager/loginInfo;1",
      Components.interfaces.nsILoginInfo,
      "init",
    );
    await this.read();
    this._keys.set(id, key);
    try {
      await Services.logins.addLoginAsync(new LoginInfo(ORIGIN, null, REALM, id, key, "", ""));
    } catch (error) {
      this._keys.delete(id);
      throw error;
    }
    Syncd.preferences.write(PAIRINGS, [...this.list(), { id, name, created: new Date().toISOString() }]);
    if (url) {
      Syncd.preferences.write(CONTROL, { url, id });
      Syncd.daemon.reset();
    }
  },

  /**
   * Take a pairing back at once, and with it the way to the daemon that came with it.
   *
   * @param {string} id
   */
  async revoke(id) {
    this._keys.delete(id);
    Syncd.preferences.write(
      PAIRINGS,
      this.list().filter((pairing) => pairing.id !== id),
    );
    if (Syncd.preferences.read(CONTROL)?.id === id) {
      Syncd.preferences.clear(CONTROL);
      Syncd.daemon.reset();
    }
    await this._remove((login) => login.username === id);
  },

  /** Forget all keys. */
  async removeAll() {
    this._keys.clear();
    await this._remove(() => true);
  },

  /** @param {(login: any) => boolean} isMeant */
  async _remove(isMeant) {
    /** @type {any} the newest Zotero has only the one, older ones only the other */
    const { logins } = Services;
    for (const login of (await this._logins()).filter(isMeant)) {
      await ("removeLoginAsync" in logins ? logins.removeLoginAsync(login) : logins.removeLogin(login));
    }
  },

  /** @returns {{url: string, key: string} | null} how to reach the daemon */
  control() {
    const { url, id } = Syncd.preferences.read(CONTROL) ?? {};
    const key = this._keys.get(id);
    return url && key ? { url, key } : null;
  },
};
