/**
 * Who may ask: the tokens that pairing handed out, of which only a hash is kept.
 *
 * A token is told once, to the one who asked for it, and is never logged or stored.
 */

const TOKENS = "extensions.syncd.tokens";
const CONTROL = "extensions.syncd.control";

Syncd.tokens = {
  /** @returns {string} 32 random bytes, in hexadecimal */
  random() {
    const bytes = new Uint8Array(32);
    crypto.getRandomValues(bytes);
    return this._hex(bytes);
  },

  /** @param {Uint8Array} bytes */
  _hex(bytes) {
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  },

  /**
   * @param {string} text
   * @returns {Promise<string>} its SHA-256, in hexadecimal
   */
  async hash(text) {
    return this._hex(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));
  },

  /** @returns {{id: string, name: string, created: string, hash: string}[]} the oldest first */
  list() {
    const saved = Syncd.preferences.read(TOKENS);
    return Array.isArray(saved) ? saved : [];
  },

  /**
   * Make a token for someone.
   *
   * @param {string} name who asked
   * @param {{url: string, token: string} | null} control how to reach the one who asked
   * @returns {Promise<string>} the token, which is not kept
   */
  async add(name, control) {
    const token = this.random();
    const id = this.random().slice(0, 16);
    const created = new Date().toISOString();
    Syncd.preferences.write(TOKENS, [...this.list(), { id, name, created, hash: await this.hash(token) }]);
    if (control) {
      Syncd.preferences.write(CONTROL, { ...control, id });
      Syncd.daemon.forget();
    }
    return token;
  },

  /**
   * Take a token back, and with it the way to the daemon that came with it.
   *
   * @param {string} id
   */
  revoke(id) {
    Syncd.preferences.write(
      TOKENS,
      this.list().filter((token) => token.id !== id),
    );
    if (this.control()?.id === id) {
      Syncd.preferences.clear(CONTROL);
      Syncd.daemon.forget();
    }
  },

  /** @returns {{url: string, token: string, id: string} | null} how to reach the daemon */
  control() {
    return Syncd.preferences.read(CONTROL);
  },

  /**
   * Whether a token is one of ours. Takes as long for a wrong one as for a right one.
   *
   * @param {unknown} token
   */
  async valid(token) {
    const hash = await this.hash(typeof token === "string" ? token : "");
    let found = false;
    for (const known of this.list()) {
      found = this._equal(hash, known.hash) || found;
    }
    return found;
  },

  /**
   * @param {string} one
   * @param {string} other
   */
  _equal(one, other) {
    let difference = one.length ^ other.length;
    for (let at = 0; at < one.length; at += 1) {
      difference |= one.charCodeAt(at) ^ other.charCodeAt(at % Math.max(other.length, 1));
    }
    return difference === 0;
  },
};
