/**
 * A profile's collection in the item pane, where no item is selected: its figures over time, papers by year, runs.
 *
 * Adds itself below Zotero's own message and changes nothing of it. Shows nothing for other collections.
 */
Syncd.collection = {
  BOX: "zotero-item-pane-message-box",
  /** The figures, as the daemon calls them, in the order in which they are shown. */
  FIGURES: ["h_index", "citations", "novelty", "ai_score"],
  LINE: { width: 150, height: 26, margin: 3 },
  BARS: { width: 300, height: 60, most: 20 },
  /** @type {Map<any, any>} the observer of each window */
  _observers: new Map(),
  /** @type {WeakMap<any, any>} what each window shows */
  _places: new WeakMap(),
  /** @type {Map<string, any[]>} the profiles as they were last told, by library */
  _profiles: new Map(),

  /** @param {any} window */
  windowLoaded(window) {
    const box = window.document.getElementById(this.BOX);
    if (!box || this._observers.has(window)) {
      return;
    }
    const draw = () => Syncd.quietly("showing the profile", () => this.draw(window, box));
    // Zotero fills its message anew with each change of what is selected.
    const observer = new window.MutationObserver(draw);
    observer.observe(box, { childList: true });
    this._observers.set(window, observer);
  },

  /** @param {any} window */
  windowUnloaded(window) {
    this._observers.get(window)?.disconnect();
    this._observers.delete(window);
    this._panel(window.document.getElementById(this.BOX))?.remove();
  },

  /**
   * @param {any} window
   * @param {any} box where Zotero shows its message
   */
  async draw(window, box) {
    const pane = window.ZoteroPane;
    const collection = Syncd.selection.collection(pane);
    Syncd.seen.look();
    if (this._places.get(window) !== collection) {
      this._places.set(window, collection);
      // Rows that the place before had too were new there, or not, by another time.
      Syncd.quietly("sorting", () => Syncd.columns.sort(window));
    }
    const wanted = () => collection === Syncd.selection.collection(pane) && !pane.getSelectedItems().length;
    // What Zotero shows anew takes the old panel away; where it is there, it was just added.
    if (!collection || !wanted() || this._panel(box)) {
      return;
    }
    const { profile, error } = await this.profile(collection);
    if (profile && wanted() && !this._panel(box)) {
      const props = { class: "syncd-view syncd-collection" };
      box.append(
        Syncd.element.make(window.document, Syncd.element.h("div", props, this.tree(profile, error))),
      );
    }
  },

  /**
   * Return a collection's profile: as the daemon tells it, else as it was last told.
   *
   * @param {any} collection
   * @returns {Promise<{profile: any, error: any}>} no profile where it is nobody's
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
    return { profile: profiles.find((one) => one.collection === collection.key) ?? null, error };
  },

  /**
   * @param {any} profile as the daemon tells it
   * @param {any} [error] why what is shown may be old
   * @returns {Tree[]}
   */
  tree(profile, error) {
    const { h } = Syncd.element;
    return [
      h("h2", { text: profile.author || profile.name }),
      this._runs(profile),
      profile.trouble &&
        Syncd.element.quiet("syncd-profile-trouble", { message: this._sentence(profile.trouble) }),
      this._figures(profile.figures ?? []),
      this._years(profile.years ?? {}),
      error
        ? Syncd.words.troubleLine(error)
        : h(
            "div",
            { class: "syncd-buttons" },
            Syncd.element.button("syncd-sync-profile", () => this._sync(profile)),
          ),
    ].filter(Boolean);
  },

  /** @param {any} box */
  _panel(box) {
    return box?.querySelector(".syncd-collection") ?? null;
  },

  /** @param {any} trouble a sentence, or what `syncd status --json` has of it */
  _sentence(trouble) {
    return typeof trouble === "string" ? trouble : Syncd.messages.say(trouble.message_said, trouble.message);
  },

  /** @param {any} profile */
  _runs({ last, next }) {
    const { h } = Syncd.element;
    const told = {
      last: Syncd.format.day(last, Zotero.locale, true),
      next: Syncd.format.day(next, Zotero.locale, true),
    };
    return h(
      "p",
      { class: "syncd-quiet" },
      h("span", told.last ? { l10n: "syncd-last-run", args: { time: told.last } } : { l10n: "syncd-no-run" }),
      told.next && " · ",
      told.next && h("span", { l10n: "syncd-next-run", args: { time: told.next } }),
    );
  },

  /** @param {any[]} figures */
  _figures(figures) {
    const { h } = Syncd.element;
    const rows = this.FIGURES.flatMap((name) => {
      const course = Syncd.chart.course(figures, name);
      return course.length ? [this._figure(name, course)] : [];
    });
    return rows.length ? h("div", { class: "syncd-figures" }, rows) : null;
  },

  /**
   * @param {string} name
   * @param {{day: string, value: number}[]} course
   */
  _figure(name, course) {
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
    return h(
      "div",
      null,
      h("span", { l10n: "syncd-figure", args: { figure: name } }),
      h("strong", { text: args.value }),
      course.length > 1
        ? h("figure", { role: "img", l10n: "syncd-figure-course", args }, this._line(course))
        : h("small", { l10n: "syncd-figure-day", args: { day: args.since } }),
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
    const last = bars[bars.length - 1];
    const drawn = bars.map(({ x, y, width: broad, height: tall }) =>
      h("rect", { class: "syncd-bar", x, y, width: broad, height: tall }),
    );
    const size = { width, height, viewBox: `0 0 ${width} ${height}` };
    return h(
      "section",
      null,
      h("h3", { l10n: "syncd-years" }),
      h(
        "figure",
        { role: "img", l10n: "syncd-years-told", args: { years: told } },
        h("svg", { class: "syncd-chart", "aria-hidden": "true", ...size }, drawn),
        h(
          "div",
          { class: "syncd-scale", style: `width: ${last.x + last.width}px` },
          h("small", { text: String(bars[0].year) }),
          bars.length > 1 && h("small", { text: String(last.year) }),
        ),
      ),
    );
  },

  /** @param {any} profile */
  _sync(profile) {
    Syncd.commands.syncNow([profile.name]);
  },
};

Syncd.views.push(Syncd.collection);
