/**
 * Asks the user whether a program may work with this Zotero, and agrees with it on a key if so.
 *
 * In three steps: the program binds itself to its half of the agreement; it shows the half, and the user sees a code,
 * which the program shows too; it confirms with the key that the user found both the same. Only then the key is kept.
 * Closing the dialog means no. Asks five times a minute at most, and never twice at once.
 */

/** How many pairings there may be in `MINUTE`, so that no program wears the user down. */
const DIALOGS = 5;
const MINUTE = 60_000;
const LONGEST_NAME = 80;
const CONTROL_URL = /^http:\/\/(127\.0\.0\.1|localhost|\[::1\]):\d{1,5}$/;
const DIGEST = /^[0-9a-f]{64}$/;

Syncd.pairing = {
  /** @type {number[]} when pairings were begun */
  _begun: [],
  _open: false,
  /** @type {any} the one that is under way: name, number, commitment, half; then key and whether it is allowed */
  _now: null,

  /** The key of a program that the user allowed, and that has yet to confirm. */
  get keys() {
    return this._now?.allowed ? [this._now.key] : [];
  },

  /**
   * @param {any} asked
   * @returns {Promise<[number, object]>}
   */
  async begin(asked) {
    const name = this.name(asked.name);
    if (asked.api !== Syncd.handshake.API || !DIGEST.test(asked.commitment)) {
      throw new Syncd.Refusal(
        400,
        "this program and the plugin have no version in common: update the older one",
      );
    }
    const now = Date.now();
    this._begun = this._begun.filter((at) => now - at < MINUTE);
    if (this._open) {
      throw new Syncd.Refusal(409, "a question of an earlier program is still open");
    }
    if (this._begun.length >= DIALOGS) {
      throw new Syncd.Refusal(429, "Zotero asked often enough just now; try again in a minute");
    }
    this._begun.push(now);
    const half = new Syncd.handshake.Half();
    const pairing = Syncd.handshake.random(16);
    this._now = { name, pairing, commitment: asked.commitment, half };
    return [200, { pairing, public: half.public, session: Syncd.handshake.session }];
  },

  /**
   * @param {any} asked
   * @returns {Promise<[number, object]>}
   */
  async ask(asked) {
    const now = this._now;
    if (!now || now.asked || asked.pairing !== now.pairing) {
      throw new Syncd.Refusal(400, "there is no such pairing: begin anew");
    }
    now.asked = true;
    this._open = true;
    try {
      const isBound = (await Syncd.handshake.hash(String(asked.public))) === now.commitment;
      const agreed = isBound ? await now.half.agreed(asked.public) : null;
      if (!agreed) {
        this._now = null;
        throw new Syncd.Refusal(400, "this is not what was announced: begin anew");
      }
      now.key = agreed.key;
      now.allowed = await this._allowed(now.name, agreed.code);
    } finally {
      this._open = false;
    }
    if (now.allowed) {
      return [200, { allowed: true }];
    }
    this._now = null;
    return [403, { denied: true }];
  },

  /**
   * Keep the key, for the program's side says too that the codes are the same.
   *
   * @param {any} asked
   * @param {string} key that the request is signed with
   * @returns {Promise<[number, object]>}
   */
  async keep(asked, key) {
    const now = this._now;
    if (!now?.allowed || now.key !== key) {
      throw new Syncd.Refusal(400, "there is no such pairing: begin anew");
    }
    const control = this.control(asked.control);
    this._now = null;
    await Syncd.keys.add(key, now.name, control);
    return [200, { kept: true }];
  },

  /**
   * Return a name that can only be read as one: no line breaks, nothing invisible, not long.
   *
   * @param {unknown} asked
   */
  name(asked) {
    const name = typeof asked === "string" ? asked.replace(/[\p{C}\p{Z}]+/gu, " ").trim() : "";
    if (!name) {
      throw new Syncd.Refusal(400, "name must say who asks");
    }
    return name.slice(0, LONGEST_NAME);
  },

  /**
   * @param {any} asked where the daemon answers; on this computer only
   * @returns {string | null}
   */
  control(asked) {
    if (asked === undefined || asked === null) {
      return null;
    }
    if (typeof asked !== "string" || !CONTROL_URL.test(asked)) {
      throw new Syncd.Refusal(400, "control must be an address on this computer");
    }
    return asked;
  },

  /**
   * @param {string} name
   * @param {string} code
   */
  async _allowed(name, code) {
    const words = new Localization(["syncd.ftl"]);
    const [title, text, allow, refuse] = await words.formatValues([
      { id: "syncd-pair-title" },
      { id: "syncd-pair-text", args: { name, code } },
      { id: "syncd-pair-allow" },
      { id: "syncd-pair-refuse" },
    ]);
    /** @type {any} zotero-types takes the flags for optional, and the window for another */
    const prompt = Services.prompt;
    const flags =
      prompt.BUTTON_POS_0 * prompt.BUTTON_TITLE_IS_STRING +
      prompt.BUTTON_POS_1 * prompt.BUTTON_TITLE_IS_STRING +
      prompt.BUTTON_POS_1_DEFAULT +
      prompt.BUTTON_DELAY_ENABLE;
    // Zotero gives 1 for a dialog that is closed, so that is the button that refuses.
    return (
      prompt.confirmEx(Zotero.getMainWindow(), title, text, flags, allow, refuse, null, null, {
        value: false,
      }) === 0
    );
  },
};
