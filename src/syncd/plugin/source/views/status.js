/**
 * The dialog "Status": whom syncd follows, how that goes, what comes next.
 *
 * Shows what the daemon tells; asks it once when it opens.
 */
Syncd.status = {
  /** @param {any} window */
  async open(window) {
    const { body } = Syncd.dialog.open(window, "syncd-status-title");
    try {
      Syncd.element.show(body, this.tree(await Syncd.daemon.status(), Zotero.locale));
    } catch (error) {
      Syncd.log(error);
      Syncd.element.show(body, Syncd.words.troubleLine(error));
    }
  },

  /**
   * @param {any} status
   * @returns {{profiles: number, troubled: number, reviews: number, paused: boolean, dashboard: string | null}}
   */
  summary(status) {
    const profiles = status.libraries.flatMap((/** @type {any} */ library) => library.profiles);
    return {
      profiles: profiles.length,
      troubled: profiles.filter((/** @type {any} */ profile) => profile.trouble).length,
      reviews: status.reviews,
      paused: (status.daemon?.paused ?? []).includes(""),
      dashboard: Syncd.format.webAddress(status.dashboard),
    };
  },

  /**
   * @param {any} status
   * @param {string} locale
   * @returns {Tree}
   */
  tree(status, locale) {
    const { h } = Syncd.element;
    const { paused, reviews } = this.summary(status);
    return h(
      "div",
      { class: "syncd-view" },
      status.libraries.map((/** @type {any} */ library) => this._library(library, locale)),
      paused && Syncd.element.quiet("syncd-all-paused"),
      reviews > 0 && Syncd.element.quiet("syncd-reviews-wait", { count: reviews }),
    );
  },

  /**
   * @param {any} library
   * @param {string} locale
   */
  _library({ library, profiles }, locale) {
    const { h } = Syncd.element;
    if (!profiles.length) {
      return h("section", null, h("h3", { text: library }), Syncd.element.quiet("syncd-nobody-followed"));
    }
    const head = ["profile", "papers", "last", "next", "state"].map((name) =>
      h("th", { scope: "col", l10n: `syncd-status-${name}` }),
    );
    const rows = profiles.map((/** @type {any} */ profile) => this._row(profile, locale));
    const table = h(
      "table",
      { class: "syncd-records syncd-standing" },
      h("thead", null, h("tr", null, head)),
      h("tbody", null, rows),
    );
    return h("section", null, h("h3", { text: library }), table);
  },

  /**
   * @param {any} profile
   * @param {string} locale
   */
  _row(profile, locale) {
    const { h } = Syncd.element;
    const time = (/** @type {string} */ iso) => Syncd.format.day(iso, locale, true) || "–";
    return h(
      "tr",
      null,
      h("td", { text: profile.author || profile.name }),
      h("td", { text: Syncd.format.number(profile.papers, locale) || "–" }),
      h("td", { text: time(profile.last_success) }),
      h("td", { text: time(profile.next) }),
      h("td", this._state(profile)),
    );
  },

  /** @param {any} profile */
  _state({ running, trouble, paused, paused_said: said, paused_by_you: resting }) {
    if (running) {
      return { l10n: "syncd-state-running" };
    }
    if (trouble) {
      return { text: Syncd.messages.say(trouble.message_said, trouble.message) };
    }
    if (paused) {
      return { text: Syncd.messages.say(said, paused) };
    }
    return { l10n: resting ? "syncd-state-paused" : "syncd-state-well" };
  },
};
