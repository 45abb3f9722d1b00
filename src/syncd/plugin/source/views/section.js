/**
 * The item pane's section "Profile": what syncd knows of the paper that is selected.
 *
 * Hidden for items that syncd does not know. Where no daemon answers, it shows what the item tells by itself.
 */
Syncd.section = {
  /** @type {WeakMap<any, {item: any, about: any, error: any}>} what each section's body is to show */
  _shown: new WeakMap(),
  /** @type {WeakMap<any, () => unknown>} how each section's body is drawn anew */
  _refresh: new WeakMap(),

  startup() {
    Zotero.ItemPaneManager.registerSection({
      paneID: "syncd-profile",
      pluginID: Syncd.id,
      header: { l10nID: "syncd-section-header", icon: `${Syncd.rootURI}icons/syncd.svg` },
      sidenav: { l10nID: "syncd-section-sidenav", icon: `${Syncd.rootURI}icons/syncd.svg` },
      onInit: (/** @type {any} */ { body, refresh }) => this._refresh.set(body, refresh),
      onDestroy: (/** @type {any} */ { body }) => this._refresh.delete(body),
      onItemChange: (/** @type {any} */ hooks) => {
        Syncd.quietly("showing what is known of an item", () => this.change(hooks));
        return true;
      },
      onRender: (/** @type {any} */ { body }) => this.render(body),
    });
  },

  /**
   * Take another item: what it tells by itself shows at once, the daemon's answer when it comes.
   *
   * @param {{item: any, body: any, setEnabled: (enabled: boolean) => void}} hooks as Zotero gives them
   */
  async change({ item, body, setEnabled }) {
    const about = Syncd.offline.about(item);
    this._shown.set(body, { item, about, error: null });
    setEnabled(Boolean(about));
    if (!item?.isRegularItem?.()) {
      return;
    }
    const told = await this._ask(item, about);
    if (this._shown.get(body)?.item === item) {
      this._shown.set(body, { item, ...told });
      setEnabled(Boolean(told.about));
      await this._refresh.get(body)?.();
    }
  },

  /** @param {any} body */
  render(body) {
    const shown = this._shown.get(body);
    if (shown?.about) {
      Syncd.element.show(body, this.tree(shown.about, shown.error, Zotero.locale));
    } else {
      Syncd.element.show(body);
    }
  },

  /**
   * @param {any} about as the daemon tells it, or the item itself
   * @param {any} error why the daemon told nothing
   * @param {string} locale
   * @returns {Tree}
   */
  tree(about, error, locale) {
    return Syncd.element.h(
      "div",
      { class: "syncd-view" },
      this._facts(about, locale),
      this._links(about.links ?? []),
      this._changes(about, locale),
      this._why(about.reason && Syncd.messages.say(about.reason_said, about.reason)),
      error && Syncd.words.troubleLine(error),
    );
  },

  /**
   * @param {any} item
   * @param {any} own what the item tells by itself
   */
  async _ask(item, own) {
    try {
      const { items } = await Syncd.daemon.items(Syncd.libraryPrefix(item.libraryID), [item.key]);
      return { about: items[item.key] ?? null, error: null };
    } catch (error) {
      Syncd.log(error);
      return { about: own, error };
    }
  },

  /**
   * @param {any} about
   * @param {string} locale
   */
  _facts(about, locale) {
    const { h } = Syncd.element;
    const profiles = (about.profiles ?? []).map((/** @type {any} */ { name, author, since }) => {
      const args = { author: author || name, day: Syncd.format.day(since, locale) };
      return h("dd", { l10n: args.day ? "syncd-brought-since" : "syncd-brought", args });
    });
    const score = Syncd.format.scoreText(Syncd.format.scoreKey(about.score, about.band), locale);
    const affiliations = (about.affiliations ?? []).join(", ");
    const rows = [
      ...(profiles.length ? [h("dt", { l10n: "syncd-fact-profile" }), ...this._column(profiles)] : []),
      ...(score ? [h("dt", { l10n: "syncd-fact-score" }), h("dd", { text: score })] : []),
      ...(affiliations
        ? [h("dt", { l10n: "syncd-fact-affiliations" }), h("dd", { text: affiliations })]
        : []),
    ];
    return rows.length ? h("dl", { class: "syncd-facts" }, rows) : null;
  },

  /**
   * Keep further values under the first one, beside an empty term.
   *
   * @param {Tree[]} values
   */
  _column([first, ...others]) {
    return [
      first,
      ...others.map((value) => ({ ...value, props: { ...value.props, style: "grid-column: 2" } })),
    ];
  },

  /** @param {{url: string, kind: string}[]} links */
  _links(links) {
    const { h } = Syncd.element;
    const buttons = links.flatMap(({ url, kind }) => {
      const address = Syncd.format.webAddress(url);
      if (!address) {
        return [];
      }
      const args = { kind, address: Syncd.format.shortAddress(address) };
      const open = () => Zotero.launchURL(address);
      return [h("li", null, Syncd.element.button("syncd-link", open, { args }))];
    });
    return buttons.length ? h("ul", { class: "syncd-links" }, buttons) : null;
  },

  /**
   * @param {any} about
   * @param {string} locale
   */
  _changes(about, locale) {
    const { h } = Syncd.element;
    const changed = (about.changed ?? []).map((/** @type {any} */ { when, fields }) =>
      h("li", {
        l10n: "syncd-changed",
        args: { day: Syncd.format.day(when, locale), fields: this.fieldNames(fields) },
      }),
    );
    const kept = about.kept ?? [];
    return [
      changed.length
        ? h("section", null, h("h3", { l10n: "syncd-changed-heading" }), h("ul", null, changed))
        : null,
      kept.length ? h("p", { l10n: "syncd-kept", args: { fields: this.fieldNames(kept) } }) : null,
    ];
  },

  /**
   * @param {string[]} fields as Zotero's web API calls them
   * @returns {string} as Zotero's own pane calls them
   */
  fieldNames(fields) {
    const own = new Set(["tags", "creators", "collections", "children"]);
    return (fields ?? [])
      .map((field) => {
        if (own.has(field)) {
          return Syncd.words.say(`syncd-field-${field}`);
        }
        return Zotero.ItemFields.getID(field) ? Zotero.ItemFields.getLocalizedString(field) : field;
      })
      .join(", ");
  },

  /** @param {string | null | undefined} reason */
  _why(reason) {
    const { h } = Syncd.element;
    return reason ? h("details", null, h("summary", { l10n: "syncd-why" }), h("p", { text: reason })) : null;
  },
};

Syncd.views.push(Syncd.section);
