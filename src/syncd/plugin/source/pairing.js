/**
 * Asks the user whether a program may work with this Zotero, and hands out a token if so.
 *
 * Closing the dialog means no. Asks five times a minute at most, and never twice at once.
 */

/** How many dialogs there may be in `MINUTE`, so that no program wears the user down. */
const DIALOGS = 5;
const MINUTE = 60_000;
const LONGEST_NAME = 80;
const CONTROL_URL = /^http:\/\/(127\.0\.0\.1|localhost|\[::1\]):\d{1,5}$/;

Syncd.pairing = {
  /** @type {number[]} when dialogs were shown */
  _shown: [],
  _open: false,

  /**
   * @param {any} asked
   * @returns {Promise<[number, object]>}
   */
  async ask(asked) {
    const name = this.name(asked.name);
    const control = this.control(asked.control);
    const now = Date.now();
    this._shown = this._shown.filter((at) => now - at < MINUTE);
    if (this._open) {
      throw new Syncd.Refusal(409, "a question of an earlier program is still open");
    }
    if (this._shown.length >= DIALOGS) {
      throw new Syncd.Refusal(429, "Zotero asked often enough just now; try again in a minute");
    }
    this._shown.push(now);
    this._open = true;
    try {
      return (await this._allowed(name))
        ? [200, { token: await Syncd.tokens.add(name, control) }]
        : [403, { denied: true }];
    } finally {
      this._open = false;
    }
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
   * @param {any} asked how to reach the daemon; on this computer only
   * @returns {{url: string, token: string} | null}
   */
  control(asked) {
    if (asked === undefined || asked === null) {
      return null;
    }
    if (!CONTROL_URL.test(asked.url) || typeof asked.token !== "string" || !asked.token) {
      throw new Syncd.Refusal(400, "control must have an address on this computer and a token");
    }
    return { url: asked.url, token: asked.token };
  },

  /** @param {string} name */
  async _allowed(name) {
    const words = new Localization(["syncd.ftl"]);
    const [title, text, allow, refuse] = await words.formatValues([
      { id: "syncd-pair-title" },
      { id: "syncd-pair-text", args: { name } },
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
