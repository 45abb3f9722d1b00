/**
 * A profile's collection in the item pane, where no item is selected: its runs, its figures over time, papers by year.
 *
 * Adds itself below Zotero's own message, and a button above it, and changes nothing of what is there. Shows nothing for
 * other collections.
 */
Syncd.collection = {
  PANE: "zotero-item-message",
  BOX: "zotero-item-pane-message-box",
  /** The figures, as the daemon calls them, in the order in which they are shown. */
  FIGURES: ["h_index", "citations", "novelty", "ai_score"],
  LINE: { width: 96, height: 26, margin: 3 },
  BARS: { width: 300, height: 60, most: 20 },
  /** How wide a year below a bar is, and the space beside it. */
  YEAR: 40,
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
    const { profile, standing, error } = await this.profile(collection);
    if (!isWanted()) {
      return;
    }
    if (profile) {
      this._show(window, collection, { profile, standing, error });
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
   * @param {{profile: any, standing: any, error: any}} told
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
   * @returns {Promise<{profile: any, standing: any, error: any}>} no profile where it is nobody's; `standing` is
   *   null where it is not known
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
    return { profile, standing: profile && !error ? await this._standing(profile) : null, error };
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
   * @param {{profile: any, standing?: any, error?: any}} told `error` is why what is shown may be old
   * @returns {Tree[]}
   */
  tree({ profile, standing = null, error = null }) {
    return [
      Syncd.element.h("h2", { text: profile.author || profile.name }),
      this._runs(profile, standing),
      this._trouble(profile.trouble),
      error && Syncd.words.troubleLine(error),
      ...this._figures(profile.figures ?? []),
      this._years(profile.years ?? {}),
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

  /** @param {any[]} figures */
  _figures(figures) {
    const { h } = Syncd.element;
    const courses = this.FIGURES.map((name) => ({ name, course: Syncd.chart.course(figures, name) })).filter(
      ({ course }) => course.length,
    );
    if (!courses.length) {
      return [];
    }
    const days = courses.map(({ course }) => course[course.length - 1].day).sort();
    const day = days[days.length - 1];
    const rows = courses.map(({ name, course }) => this._figure(name, course, day));
    return [
      h(
        "section",
        null,
        h("p", {
          class: "syncd-as-of",
          l10n: "syncd-as-of",
          args: { day: Syncd.format.day(day, Zotero.locale) },
        }),
        h("div", { class: "syncd-figures" }, rows),
      ),
    ];
  },

  /**
   * @param {string} name
   * @param {{day: string, value: number}[]} course
   * @param {string} latest the day of the newest figure
   */
  _figure(name, course, latest) {
    const { h } = Syncd.element;
    const [first, last] = [course[0], course[course.length - 1]];
    const number = (/** @type {number} */ value) => Syncd.format.number(value, Zotero.locale);
    const day = (/** @type {string} */ iso) => Syncd.format.day(iso, Zotero.locale);
    const args = {
      figure: name,
      from: number(first.value),
      since: day(first.day),
      value: number(last.value),
      until: day(last.day),
    };
    const values = course.map(({ value }) => value);
    const range = [...new Set([Math.max(...values), Math.min(...values)])];
    return h(
      "div",
      null,
      h("span", { class: "meta-label", l10n: "syncd-figure", args: { figure: name } }),
      h("strong", { text: args.value }),
      h(
        "span",
        { class: "syncd-course" },
        course.length > 1 &&
          h("figure", { role: "img", l10n: "syncd-figure-course", args }, [
            this._line(course),
            h(
              "span",
              { class: "syncd-range", "aria-hidden": "true" },
              range.map((value) => h("small", { text: number(value) })),
            ),
          ]),
        last.day !== latest && h("small", { l10n: "syncd-figure-day", args: { day: args.until } }),
      ),
    );
  },

  /** @param {{day: string, value: number}[]} course */
  _line(course) {
    const { h } = Syncd.element;
    const { width, height } = this.LINE;
    const points = Syncd.chart.line(course, this.LINE);
    const end = points[points.length - 1];
    return h(
      "svg",
      { class: "syncd-chart", width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
      h("polyline", { class: "syncd-line", points: points.map(({ x, y }) => `${x},${y}`).join(" ") }),
      h("circle", { class: "syncd-dot", cx: end.x, cy: end.y, r: 2.5 }),
    );
  },

  /** @param {Record<string, number>} years */
  _years(years) {
    const { h } = Syncd.element;
    const bars = Syncd.chart.bars(years, this.BARS);
    if (!bars.length) {
      return null;
    }
    const { width, height } = this.BARS;
    const told = bars.map(({ year, count }) => `${year}: ${count}`).join(", ");
    const labels = Syncd.chart.labels(bars, this.YEAR);
    const size = { width, height, viewBox: `0 0 ${width} ${height}` };
    return h(
      "section",
      null,
      h("h3", { l10n: "syncd-years" }),
      h("figure", { class: "syncd-years", role: "img", l10n: "syncd-years-told", args: { years: told } }, [
        this._scale([{ bar: bars[labels.tallest], text: String(bars[labels.tallest].count) }]),
        h(
          "svg",
          { class: "syncd-chart", "aria-hidden": "true", ...size },
          bars.map((bar) => this._bar(bar)),
        ),
        this._scale(labels.years.map((place) => ({ bar: bars[place], text: String(bars[place].year) }))),
      ]),
    );
  },

  /** @param {{year: number, count: number, x: number, y: number, width: number, height: number}} bar */
  _bar({ year, count, x, y, width, height }) {
    const { h } = Syncd.element;
    const isOver = year < new Date(Date.now()).getFullYear();
    return h(
      "g",
      null,
      h("title", { l10n: "syncd-year", args: { year: String(year), count } }),
      // As tall as the chart, so that a low bar is found as easily.
      h("rect", { class: "syncd-reach", x, y: 0, width, height: this.BARS.height }),
      h("rect", { class: isOver ? "syncd-year" : "syncd-year syncd-unfinished", x, y, width, height }),
    );
  },

  /**
   * What is written above or below bars, each in the middle of its own.
   *
   * @param {{bar: {x: number, width: number}, text: string}[]} labels
   */
  _scale(labels) {
    const { h } = Syncd.element;
    const place = (/** @type {{x: number, width: number}} */ { x, width }) =>
      `left: ${Math.round(((x + width / 2) / this.BARS.width) * 1000) / 10}%`;
    return h(
      "div",
      { class: "syncd-scale", "aria-hidden": "true" },
      labels.map(({ bar, text }) => h("small", { style: place(bar), text })),
    );
  },
};

Syncd.views.push(Syncd.collection);
