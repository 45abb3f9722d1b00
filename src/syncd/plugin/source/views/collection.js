/**
 * A profile's collection in the item pane, where no item is selected: its runs, and its figures as the daemon draws them.
 *
 * Adds itself below Zotero's own message, and a button above it, and changes nothing of what is there. Shows nothing for
 * other collections.
 */
Syncd.collection = {
  PANE: "zotero-item-message",
  BOX: "zotero-item-pane-message-box",
  /** @type {(() => void) | null} */
  _unwatch: null,
  /** @type {Map<any, any>} the observer of each window */
  _observers: new Map(),
  /** @type {WeakMap<any, string | null>} the place that each window shows */
  _places: new WeakMap(),
  /** @type {WeakMap<any, {collection: any, told: string, panel: any, button: any}>} what was put into each window */
  _shown: new WeakMap(),
  /** @type {Map<string, any[]>} the profiles as they were last told, by library */
  _profiles: new Map(),
  /** @type {Map<string, string[]>} the figures of profiles as they were last told: SVG, by library and profile */
  _figures: new Map(),

  startup() {
    this._unwatch = Syncd.daemon.onChange(() => {
      for (const window of this._observers.keys()) {
        this._drawQuietly(window);
      }
    });
  },

  shutdown() {
    this._unwatch?.();
    this._profiles.clear();
    this._figures.clear();
  },

  /** @param {any} window */
  windowLoaded(window) {
    const { box, head } = this._parts(window);
    if (!box || this._observers.has(window)) {
      return;
    }
    // Zotero fills both anew with each change of what is selected. What is there was just put there.
    const observer = new window.MutationObserver(() => this._isThere(window) || this._drawQuietly(window));
    observer.observe(box, { childList: true });
    if (head) {
      observer.observe(head, { childList: true });
    }
    this._observers.set(window, observer);
  },

  /** @param {any} window */
  windowUnloaded(window) {
    this._observers.get(window)?.disconnect();
    this._observers.delete(window);
    this._remove(window);
  },

  /**
   * @param {any} window
   * @returns {{box: any, head: any}} where Zotero shows its message, and the buttons above it
   */
  _parts({ document }) {
    const head = document.getElementById(this.PANE)?.querySelector(".custom-head") ?? null;
    return { box: document.getElementById(this.BOX), head };
  },

  /** @param {any} window */
  _drawQuietly(window) {
    return Syncd.quietly("showing the profile", () => this.draw(window));
  },

  /** @param {any} window */
  async draw(window) {
    const { ZoteroPane: pane } = window;
    const collection = Syncd.selection.collection(pane);
    const place = Syncd.selection.place(pane);
    Syncd.seen.look();
    if (this._places.get(window) !== place) {
      this._places.set(window, place);
      Syncd.quietly("sorting", () => Syncd.columns.placeChanged(window));
    }
    const isWanted = () => this._observers.has(window) && this._wants(window, collection);
    if (!isWanted()) {
      this._remove(window);
      return;
    }
    this._put(window, collection);
    const told = await this.profile(collection);
    if (!isWanted()) {
      return;
    }
    if (told.profile) {
      this._show(window, collection, told);
    } else {
      this._remove(window);
    }
  },

  /**
   * @param {any} window
   * @param {any} collection
   */
  _wants({ ZoteroPane: pane }, collection) {
    return collection && collection === Syncd.selection.collection(pane) && !pane.getSelectedItems().length;
  },

  /**
   * Put back at once what Zotero took away.
   *
   * @param {any} window
   * @param {any} collection
   */
  _put(window, collection) {
    const shown = this._shown.get(window);
    if (!shown || shown.collection !== collection) {
      this._remove(window);
      return;
    }
    const { box, head } = this._parts(window);
    if (!box.contains(shown.panel)) {
      box.append(shown.panel);
    }
    if (head && !head.contains(shown.button)) {
      head.append(shown.button);
    }
  },

  /** @param {any} window */
  _isThere(window) {
    const shown = this._shown.get(window);
    const { box, head } = this._parts(window);
    return (
      Boolean(shown) &&
      this._wants(window, shown?.collection) &&
      box.contains(shown?.panel) &&
      (!head || head.contains(shown?.button))
    );
  },

  /**
   * @param {any} window
   * @param {any} collection
   * @param {{profile: any, figures: string[], standing: any, error: any}} told
   */
  _show(window, collection, told) {
    const words = JSON.stringify([told, told.error?.reason]);
    const before = this._shown.get(window);
    if (before?.told !== words || before.collection !== collection) {
      const { document } = window;
      const props = { class: "syncd-view syncd-collection" };
      const tree = Syncd.element.h("div", props, this.tree(told));
      const panel = Syncd.element.make(document, tree);
      // The same button as before keeps the focus.
      const button =
        before && before.collection === collection ? before.button : this._button(document, told.profile);
      button.disabled = Boolean(told.error || told.standing?.isRunning);
      before?.panel.remove();
      this._shown.set(window, { collection, told: words, panel, button });
    }
    this._put(window, collection);
  },

  /** @param {any} window */
  _remove(window) {
    const shown = this._shown.get(window);
    shown?.panel.remove();
    shown?.button.remove();
    this._shown.delete(window);
  },

  /**
   * The button above the message, as that of Zotero's trash.
   *
   * @param {any} document
   * @param {any} profile
   */
  _button(document, profile) {
    const button = Syncd.element.make(
      document,
      Syncd.element.h("xul:button", {
        class: "syncd-sync",
        l10n: "syncd-sync-profile",
        on: { command: () => this._sync(button, profile) },
      }),
    );
    return button;
  },

  /**
   * @param {any} button
   * @param {any} profile
   */
  async _sync(button, profile) {
    button.disabled = true;
    try {
      await Syncd.commands.syncNow([profile.name]);
    } finally {
      button.disabled = false;
    }
  },

  /**
   * Return a collection's profile: as the daemon tells it, else as it was last told.
   *
   * @param {any} collection
   * @returns {Promise<{profile: any, figures: string[], standing: any, error: any}>} no profile where it is nobody's;
   *   `standing` is null where it is not known
   */
  async profile(collection) {
    const prefix = Syncd.libraryPrefix(collection.libraryID);
    let error = null;
    try {
      this._profiles.set(prefix, await Syncd.daemon.profiles(prefix));
    } catch (caught) {
      Syncd.log(caught);
      error = caught;
    }
    const profiles = this._profiles.get(prefix) ?? [];
    const profile = profiles.find((one) => one.collection === collection.key) ?? null;
    const standing = profile && !error ? await this._standing(profile) : null;
    return { profile, figures: profile ? await this._drawn(prefix, profile) : [], standing, error };
  },

  /**
   * @param {string} prefix of the library
   * @param {any} profile
   * @returns {Promise<string[]>} its figures as they were last told
   */
  async _drawn(prefix, { name }) {
    const place = `${prefix} ${name}`;
    try {
      const { figures } = await Syncd.daemon.figures(prefix, name);
      this._figures.set(
        place,
        figures.map((/** @type {any} */ figure) => figure.svg),
      );
    } catch (error) {
      Syncd.log(error);
    }
    return this._figures.get(place) ?? [];
  },

  /** @param {any} profile */
  async _standing({ name }) {
    try {
      const status = await Syncd.daemon.status();
      const rows = status.libraries.flatMap((/** @type {any} */ library) => library.profiles);
      const row = rows.find((/** @type {any} */ one) => one.name === name) ?? {};
      const isPaused = Syncd.status.summary(status).paused || row.paused || row.paused_by_you;
      return { isRunning: Boolean(row.running), isPaused: Boolean(isPaused) };
    } catch (error) {
      Syncd.log(error);
      return null;
    }
  },

  /**
   * @param {{profile: any, figures?: string[], standing?: any, error?: any}} told `error` is why what is shown may be old
   * @returns {Tree[]}
   */
  tree({ profile, figures = [], standing = null, error = null }) {
    const { h } = Syncd.element;
    const drawn = figures.map((svg) => Syncd.element.drawing(svg)).filter(Boolean);
    return [
      h("h2", { text: profile.author || profile.name }),
      this._runs(profile, standing),
      this._trouble(profile.trouble),
      error && Syncd.words.troubleLine(error),
      drawn.length && h("div", { class: "syncd-figures" }, drawn),
    ].filter(Boolean);
  },

  /**
   * @param {any} profile
   * @param {any} standing
   */
  _runs({ last, next }, standing) {
    const { h } = Syncd.element;
    const time = (/** @type {string} */ iso) => Syncd.format.day(iso, Zotero.locale, true);
    const row = (/** @type {string} */ l10n, /** @type {Record<string, any>} */ value) =>
      h(
        "div",
        { class: "meta-row" },
        h("div", { class: "meta-label" }, h("span", { l10n })),
        h("div", { class: "meta-data" }, h("span", value)),
      );
    return h(
      "div",
      { class: "syncd-table" },
      row("syncd-last-run", last ? { text: time(last) } : { l10n: "syncd-no-run" }),
      standing?.isRunning && row("syncd-next-run", { l10n: "syncd-running-now" }),
      !standing?.isRunning && standing?.isPaused && row("syncd-next-run", { l10n: "syncd-run-paused" }),
      !standing?.isRunning && !standing?.isPaused && next && row("syncd-next-run", { text: time(next) }),
    );
  },

  /**
   * @param {any} trouble a sentence, or what `syncd status --json` has of it
   */
  _trouble(trouble) {
    // It was so when syncd last looked; who reads this sees that it is so no longer.
    if (!trouble || trouble.message_said?.code === "zotero-not-running") {
      return null;
    }
    const message =
      typeof trouble === "string" ? trouble : Syncd.messages.say(trouble.message_said, trouble.message);
    return Syncd.element.quiet("syncd-profile-trouble", { message });
  },
};

Syncd.views.push(Syncd.collection);
