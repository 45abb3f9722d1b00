/**
 * The item pane's section "syncd": what syncd knows of the paper that is selected, and why it is here.
 *
 * Hidden for items that syncd does not know. Where no daemon answers, it shows what the item tells by itself.
 */
Syncd.section = {
  /** How many answers are kept, to be shown at once when their items are selected again. */
  MOST: 100,
  /** Properties of the web API that are no fields in Zotero. */
  NO_FIELDS: new Set(["tags", "creators", "collections", "children"]),
  /** @type {(() => void) | null} */
  _unwatch: null,
  /** @type {Map<any, () => unknown>} how each section that is there is drawn anew, by its body */
  _refresh: new Map(),
  /** @type {WeakMap<any, any>} the item that each section is about, by its body */
  _items: new WeakMap(),
  /** @type {Map<string, any>} what the daemon told last, by library and key */
  _told: new Map(),

  startup() {
    const icon = (/** @type {string} */ name) => `${Syncd.rootURI}icons/${name}.svg`;
    this._unwatch = Syncd.daemon.onChange(() => this._drawAll());
    /** @type {any} */
    const manager = Zotero.ItemPaneManager;
    manager.registerSection({
      // Zotero remembers by this name where the user put the section, and whether it is open.
      paneID: "syncd-profile",
      pluginID: Syncd.id,
      header: { l10nID: "syncd-section-header", icon: icon("syncd") },
      sidenav: { l10nID: "syncd-section-sidenav", icon: icon("syncd-20"), orderable: true },
      onInit: (/** @type {any} */ { body, refresh }) => this._refresh.set(body, refresh),
      onDestroy: (/** @type {any} */ { body }) => this._refresh.delete(body),
      onItemChange: (/** @type {any} */ hooks) => {
        this._change(hooks);
        return true;
      },
      onRender: (/** @type {any} */ hooks) => this._render(hooks, this._kept(hooks.item)),
      onAsyncRender: (/** @type {any} */ hooks) => this._renderTold(hooks),
    });
  },

  shutdown() {
    this._unwatch?.();
    this._refresh.clear();
    this._told.clear();
  },

  /**
   * Another item is selected: show the section or not, at once.
   *
   * @param {any} hooks as Zotero gives them
   */
  _change({ item, body, setEnabled }) {
    this._items.set(body, item);
    const isKnown = Boolean(Syncd.known.of(item));
    setEnabled(isKnown);
    Syncd.known.look();
    if (!isKnown && item?.isRegularItem?.() && !Syncd.known.hasAnswered(item)) {
      Syncd.quietly("asking about an item", async () => {
        if ((await this._ask(item)).about && this._items.get(body) === item) {
          setEnabled(true);
          await this._refresh.get(body)?.();
        }
      });
    }
  },

  _drawAll() {
    for (const refresh of this._refresh.values()) {
      Syncd.quietly("showing what is known of an item", refresh);
    }
  },

  /**
   * @param {any} hooks as Zotero gives them
   * @param {{about: any, error: any}} told
   */
  _render({ body, setSectionSummary }, { about, error }) {
    if (!about) {
      Syncd.element.show(body);
      return;
    }
    setSectionSummary(this.summary(about, Zotero.locale));
    Syncd.element.show(body, this.tree(about, error, Zotero.locale));
  },

  /** @param {any} hooks as Zotero gives them */
  async _renderTold(hooks) {
    const { item, body, setEnabled } = hooks;
    const told = await this._ask(item);
    // Another item may be selected before this one's answer has come.
    if (this._items.get(body) === item) {
      setEnabled(Boolean(told.about));
      this._render(hooks, told);
    }
  },

  /**
   * What is known of an item without asking.
   *
   * @param {any} item
   */
  _kept(item) {
    return { about: this._told.get(this._name(item)) ?? Syncd.known.of(item), error: null };
  },

  /** @param {any} item */
  _name(item) {
    return `${item.libraryID}/${item.key}`;
  },

  /**
   * @param {any} item
   * @returns {Promise<{about: any, error: any}>} what the daemon tells, or the item itself and why the daemon did not
   */
  async _ask(item) {
    try {
      const { items } = await Syncd.daemon.items(Syncd.libraryPrefix(item.libraryID), [item.key]);
      const about = items[item.key] ?? null;
      this._keep(this._name(item), about);
      return { about, error: null };
    } catch (error) {
      Syncd.log(error);
      return { about: this._kept(item).about, error };
    }
  },

  /**
   * @param {string} name
   * @param {any} about
   */
  _keep(name, about) {
    this._told.delete(name);
    if (about) {
      this._told.set(name, about);
    }
    const [oldest] = this._told.keys();
    if (this._told.size > this.MOST) {
      this._told.delete(oldest);
    }
  },

  /**
   * @param {any} about as the daemon tells it
   * @param {string} locale
   * @returns {string} what the section's head says where the section is closed
   */
  summary(about, locale) {
    const authors = (about.profiles ?? []).map((/** @type {any} */ { author, name }) => author || name);
    return [...authors, this._score(about, locale)].filter(Boolean).join(" · ");
  },

  /**
   * @param {any} about as the daemon tells it, or the item itself
   * @param {any} error why the daemon told nothing
   * @param {string} locale
   * @returns {Tree}
   */
  tree(about, error, locale) {
    const { h } = Syncd.element;
    const text = (/** @type {string} */ words) => (words ? [h("span", { text: words })] : []);
    return h(
      "div",
      { class: "syncd-view" },
      h("div", { class: "syncd-table" }, [
        this._row("syncd-fact-profile", this._followed(about, locale)),
        this._row("syncd-fact-score", text(this._score(about, locale))),
        this._row("syncd-fact-affiliations", text(Syncd.format.list(about.affiliations ?? [], locale))),
        ...(about.links ?? []).map((/** @type {any} */ link) => this._link(link)),
        this._row("syncd-fact-changed", this._changed(about, locale)),
        this._row("syncd-fact-kept", text(this._fields(about.kept, locale))),
        this._row("syncd-why", this._why(about, locale)),
      ]),
      error && Syncd.words.troubleLine(error),
    );
  },

  /**
   * A row as those of Zotero's section Info.
   *
   * @param {string} l10n its label
   * @param {Tree[]} values below one another; no row without
   * @param {Record<string, string>} [args]
   */
  _row(l10n, values, args) {
    const { h } = Syncd.element;
    return (
      values.length > 0 &&
      h(
        "div",
        { class: "meta-row", role: "group" },
        h("div", { class: "meta-label" }, h("span", { l10n, args })),
        h("div", { class: "meta-data" }, values),
      )
    );
  },

  /**
   * @param {any} about
   * @param {string} locale
   */
  _score({ score, band }, locale) {
    return Syncd.format.scoreText(Syncd.format.scoreKey(score, band), locale);
  },

  /**
   * @param {any} about
   * @param {string} locale
   */
  _followed(about, locale) {
    return (about.profiles ?? []).map((/** @type {any} */ { name, author, since }) => {
      const args = { author: author || name, day: Syncd.format.day(since, locale) };
      return Syncd.element.h("span", { l10n: args.day ? "syncd-brought-since" : "syncd-brought", args });
    });
  },

  /** @param {{url: string, kind: string}} link */
  _link({ url, kind }) {
    const address = Syncd.format.webAddress(url);
    if (!address) {
      return null;
    }
    const { h } = Syncd.element;
    const short = Syncd.format.shortAddress(address);
    const link = h(
      "span",
      {
        // Zotero's own window presses what has this class when Enter or Space is typed.
        class: "syncd-link keyboard-clickable",
        role: "link",
        tabindex: "0",
        l10n: "syncd-link-open",
        args: { address: short },
        on: { click: () => Zotero.launchURL(address) },
      },
      h("span", { class: `syncd-icon syncd-icon-${kind === "code" ? "code" : "link"}` }),
      h("span", { text: short }),
    );
    return this._row("syncd-link-kind", [link], { kind });
  },

  /**
   * @param {any} about
   * @param {string} locale
   */
  _changed(about, locale) {
    return (about.changed ?? []).map((/** @type {any} */ { when, fields }) =>
      Syncd.element.h("span", {
        l10n: "syncd-changed",
        args: { day: Syncd.format.day(when, locale), fields: this._fields(fields, locale) },
      }),
    );
  },

  /**
   * @param {string[] | undefined} fields as Zotero's web API calls them
   * @param {string} locale
   * @returns {string} as Zotero's own pane calls them
   */
  _fields(fields, locale) {
    const names = (fields ?? []).map((field) => {
      if (this.NO_FIELDS.has(field)) {
        return Syncd.words.say(`syncd-field-${field}`);
      }
      return Zotero.ItemFields.getID(field) ? Zotero.ItemFields.getLocalizedString(field) : field;
    });
    return Syncd.format.list(names, locale);
  },

  /**
   * A sentence for each time that syncd took the paper in; of an older daemon's answer, the reason alone.
   *
   * @param {any} about
   * @param {string} locale
   * @returns {Tree[]}
   */
  _why(about, locale) {
    const { h } = Syncd.element;
    if (about.why?.length) {
      return about.why.map((/** @type {any} */ one) => h("span", this._sentence(one, locale)));
    }
    if (about.undone) {
      const day = Syncd.format.day(about.undone, locale);
      return [h("span", { l10n: "syncd-why-undone", args: { day } })];
    }
    const reason = about.reason && Syncd.messages.say(about.reason_said, about.reason);
    return reason ? [h("span", { text: reason })] : [];
  },

  /**
   * @param {any} why
   * @param {string} locale
   * @returns {{l10n: string, args: Record<string, string>}}
   */
  _sentence({ profile, author, source, kind, when, reason, reason_said: said, filled }, locale) {
    const fields = this._fields(filled, locale);
    const by = said?.params?.by;
    const args = {
      author: author || profile,
      source: Syncd.format.place(source),
      day: Syncd.format.day(when, locale),
      by: by ? Syncd.messages.say(by) : "",
      reason: Syncd.messages.say(said, reason),
      fields,
      filled: fields ? "some" : "none",
    };
    if (kind === "create") {
      return { l10n: "syncd-why-new", args };
    }
    if (by) {
      return { l10n: "syncd-why-had-by", args };
    }
    // That syncd itself brought it tells nothing of how it came to be known.
    return { l10n: said?.code === "item-pushed" ? "syncd-why-had" : "syncd-why-had-for", args };
  },
};

Syncd.views.push(Syncd.section);
