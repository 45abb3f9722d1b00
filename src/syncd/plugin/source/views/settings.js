/**
 * The plugin's pane in Zotero's settings: how syncd is, and which programs may work with this Zotero.
 *
 * Shows what the daemon tells, and again whenever something changed there.
 */
Syncd.settings = {
  /** How long the pane waits for the daemon before it shows itself, in ms. */
  SOON: 500,
  /** @type {any} what the pane finds in Zotero */
  _ours: null,
  /** @type {Map<Document, () => void>} what stops the listening for each window that shows the pane */
  _shown: new Map(),

  async startup() {
    const address = (/** @type {string} */ name) => Syncd.rootURI + name;
    await Zotero.PreferencePanes.register({
      pluginID: Syncd.id,
      src: address("preferences.xhtml"),
      label: "syncd",
      image: address("icons/syncd.svg"),
      scripts: [address("preferences-window.js")],
      stylesheets: [Syncd.dialog.address("preferences.css")],
    });
    this._ours = { preferencesLoaded: (/** @type {Document} */ document) => this.loaded(document) };
    Zotero.Syncd = this._ours;
  },

  shutdown() {
    for (const stop of this._shown.values()) {
      stop();
    }
    this._shown.clear();
    // In an upgrade, the next one's may be there already.
    if (this._ours && Zotero.Syncd === this._ours) {
      delete Zotero.Syncd;
    }
  },

  /**
   * Fill the pane, and keep it as things are for as long as its window is open.
   *
   * @param {Document} document of the settings
   * @returns {Promise<void>} once it shows all
   */
  async loaded(document) {
    const ask = () => Syncd.quietly("the settings", () => this._show(document));
    if (!this._shown.has(document)) {
      const stop = Syncd.daemon.onChange(ask);
      this._shown.set(document, stop);
      document.defaultView?.addEventListener("unload", () => {
        stop();
        this._shown.delete(document);
      });
      document.getElementById("syncd-open-status")?.addEventListener("command", () => {
        Syncd.status.open(Zotero.getMainWindow());
      });
    }
    // An answer that takes longer is shown when it comes.
    await Promise.race([ask(), new Promise((resolve) => setTimeout(() => resolve(null), this.SOON))]);
  },

  /** @param {Document} document */
  async _show(document) {
    this._showPairings(document);
    const facts = document.getElementById("syncd-facts");
    if (!facts) {
      return;
    }
    let status = null;
    let error = null;
    try {
      status = await Syncd.daemon.status({ fresh: true });
    } catch (caught) {
      error = caught;
    }
    Syncd.element.show(facts, ...this.facts(status, error, Zotero.locale));
  },

  /**
   * @param {any} status null where there is none
   * @param {any} error why
   * @param {string} locale
   * @returns {Tree[]} labels and values by turns
   */
  facts(status, error, locale) {
    const { h } = Syncd.element;
    const summary = status && Syncd.status.summary(status);
    const { l10n, args } = error
      ? Syncd.words.trouble(error)
      : {
          l10n: summary.paused ? "syncd-settings-paused" : "syncd-settings-running",
          args: { profiles: summary.profiles, troubled: summary.troubled },
        };
    const profiles = (status?.libraries ?? []).flatMap((/** @type {any} */ library) => library.profiles);
    const last = profiles
      .map((/** @type {any} */ profile) => profile.last_success ?? "")
      .sort()
      .at(-1);
    const state = error || summary.troubled ? "troubled" : summary.paused ? "paused" : "well";
    const { trouble, trouble_said: said } = status?.daemon?.http ?? {};
    const version = status?.daemon?.version;
    return [
      h("div", { l10n: "syncd-settings-state" }),
      h(
        "div",
        null,
        h("span", { class: `syncd-dot syncd-${state}`, "aria-hidden": "true" }),
        h("span", { l10n, args }),
      ),
      ...(trouble ? [h("div"), h("div", { text: Syncd.words.line(Syncd.messages.say(said, trouble)) })] : []),
      ...(status
        ? [
            h("div", { l10n: "syncd-settings-last" }),
            last
              ? h("div", {
                  text: Syncd.format.distance(last, locale),
                  title: Syncd.format.day(last, locale, true),
                })
              : h("div", { l10n: "syncd-state-new" }),
          ]
        : []),
      h("div", { l10n: "syncd-settings-version" }),
      h("div", {
        l10n: version ? "syncd-settings-versions" : "syncd-settings-plugin",
        args: { plugin: Syncd.version, syncd: version ?? "" },
      }),
    ];
  },

  /** @param {Document} document */
  _showPairings(document) {
    const pairings = Syncd.keys.list();
    Syncd.element.show(
      document.getElementById("syncd-pairings"),
      ...pairings.map((pairing) => this._row(document, pairing)),
    );
    document.getElementById("syncd-no-pairings")?.toggleAttribute("hidden", pairings.length > 0);
  },

  /**
   * @param {Document} document
   * @param {{id: string, name: string, created: string}} pairing
   * @returns {Tree}
   */
  _row(document, { id, name, created }) {
    const { h } = Syncd.element;
    const revoke = () => {
      Syncd.quietly("revoking a pairing", () => Syncd.keys.revoke(id));
      Syncd.quietly("the settings", () => this._show(document));
    };
    const day = Syncd.format.day(created, Zotero.locale);
    return h(
      "li",
      null,
      h("span", { text: name }),
      h("span", { class: "syncd-quiet", l10n: "syncd-pairing-since", args: { day } }),
      h("xul:button", { l10n: "syncd-revoke", args: { name }, on: { command: revoke } }),
    );
  },
};

Syncd.views.push(Syncd.settings);
