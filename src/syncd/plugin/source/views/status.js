/**
 * The dialog "Status": whom syncd follows, how that goes, what comes next.
 *
 * Shows what the daemon tells, and again whenever something changed there.
 */

Syncd.status = {
  /** How often the times are told anew, and how soon after a change all of it, in ms. */
  MINUTE: 60_000,
  SOON: 300,

  /** @param {any} opener */
  open(opener) {
    Syncd.dialog.open(opener, "status", (window) => this._fill(window));
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

  /** @param {any} window */
  async _fill(window) {
    /** @type {any} what the daemon told last */
    let status = null;
    const show = () => status && this._show(window, status);
    const ask = async () => {
      try {
        status = await Syncd.daemon.status({ fresh: true });
        Syncd.dialog.say(window, null);
      } catch (error) {
        status = null;
        Syncd.log(error);
        Syncd.element.show(Syncd.dialog.body(window), Syncd.words.troubleLine(error));
      }
      show();
      const { paused = false } = status ? this.summary(status) : {};
      window.document.l10n.setAttributes(
        Syncd.dialog.button(window, "extra2"),
        paused ? "syncd-button-resume" : "syncd-button-pause",
      );
      for (const name of ["extra1", "extra2"]) {
        Syncd.dialog.button(window, name).disabled = !status;
      }
      await Syncd.dialog.fit(window);
    };
    Syncd.dialog.onPress(window, "extra1", () => Syncd.commands.syncNow());
    Syncd.dialog.onPress(window, "extra2", () =>
      status && this.summary(status).paused ? Syncd.commands.resume() : Syncd.commands.pause(),
    );
    let waiting = 0;
    const changed = () => {
      window.clearTimeout(waiting);
      waiting = window.setTimeout(() => Syncd.quietly("the status", ask), this.SOON);
    };
    // The window's timers end with it.
    window.addEventListener("unload", Syncd.daemon.onChange(changed), { once: true });
    window.setInterval(show, this.MINUTE);
    await ask();
  },

  /**
   * @param {any} window
   * @param {any} status
   */
  _show(window, status) {
    const body = Syncd.dialog.body(window);
    const focused = body.contains(window.document.activeElement);
    const open = () => Syncd.reviews.open(window.opener);
    Syncd.element.show(body, this.tree(status, Zotero.locale, open));
    if (focused) {
      body.querySelector("button")?.focus();
    }
  },

  /**
   * @param {any} status
   * @param {string} locale
   * @param {() => unknown} decide opens what waits for a decision
   * @returns {Tree}
   */
  tree(status, locale, decide) {
    const { h } = Syncd.element;
    const { paused, reviews } = this.summary(status);
    const { http } = status.daemon ?? {};
    return h(
      "div",
      { class: "syncd-view" },
      paused && h("p", { l10n: "syncd-all-paused" }),
      http?.trouble &&
        h("p", { text: Syncd.words.line(Syncd.messages.say(http.trouble_said, http.trouble)) }),
      reviews > 0 &&
        h(
          "div",
          { class: "syncd-line" },
          h("span", { l10n: "syncd-reviews-wait", args: { count: reviews } }),
          h("xul:button", { l10n: "syncd-button-reviews", on: { command: decide } }),
        ),
      status.libraries.map((/** @type {any} */ library) => this._library(library, paused, locale)),
    );
  },

  /**
   * @param {any} library
   * @param {boolean} paused whether everything is
   * @param {string} locale
   */
  _library({ library, prefix, profiles }, paused, locale) {
    const { h } = Syncd.element;
    const name = h("h2", { text: Syncd.words.library(prefix, library) });
    if (!profiles.length) {
      return h("section", null, name, Syncd.element.quiet("syncd-nobody-followed"));
    }
    const head = ["profile", "state", "papers", "last", "next"].map((each) =>
      h("th", { scope: "col", class: `syncd-${each}`, l10n: `syncd-status-${each}` }),
    );
    const rows = profiles.map((/** @type {any} */ profile) => this._row(profile, paused, locale));
    const table = h(
      "table",
      { class: "syncd-status" },
      h("thead", null, h("tr", null, head)),
      h("tbody", null, rows),
    );
    return h("section", null, name, table);
  },

  /**
   * @param {any} profile
   * @param {boolean} paused whether everything is
   * @param {string} locale
   */
  _row(profile, paused, locale) {
    const { h } = Syncd.element;
    const { state, reason } = this._state(profile, paused);
    const isResting = paused || profile.paused_by_you || profile.paused;
    const time = (/** @type {string | null} */ iso) => ({
      text: Syncd.format.distance(iso, locale) || "–",
      title: Syncd.format.day(iso, locale, true) || null,
    });
    return h(
      "tr",
      null,
      h(
        "th",
        { scope: "row" },
        h("div", { text: profile.author || profile.name }),
        reason && h("small", { text: Syncd.words.line(reason) }),
      ),
      h(
        "td",
        { class: "syncd-state" },
        h("span", { class: `syncd-dot syncd-${state}`, "aria-hidden": "true" }),
        h("span", { l10n: `syncd-state-${state}` }),
      ),
      h("td", { class: "syncd-papers", text: Syncd.format.number(profile.papers, locale) || "–" }),
      h("td", { class: "syncd-last", ...time(profile.last_success) }),
      h("td", { class: "syncd-next", ...time(isResting ? null : profile.next) }),
    );
  },

  /**
   * @param {any} profile
   * @param {boolean} paused whether everything is
   * @returns {{state: string, reason: string}} "running", "troubled", "stopped", "paused", "new" or "well"; why, in words
   */
  _state(profile, paused) {
    const { running, trouble, paused: stopped, paused_said: said, paused_by_you: pausedByUser } = profile;
    if (running) {
      return { state: "running", reason: "" };
    }
    if (trouble) {
      return { state: "troubled", reason: Syncd.messages.say(trouble.message_said, trouble.message) };
    }
    if (stopped) {
      return { state: "stopped", reason: Syncd.messages.say(said, stopped) };
    }
    if (paused || pausedByUser) {
      return { state: "paused", reason: "" };
    }
    return { state: profile.last_success ? "well" : "new", reason: "" };
  },
};
