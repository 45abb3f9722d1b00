/**
 * What the menus hold: each entry's words, when it shows, and what it does.
 *
 * Data and decisions only; menus.js puts them into Zotero's menus.
 */

/**
 * @typedef {object} Picked what a menu is about
 * @property {any} window
 * @property {any} item the selected item, if it is one
 * @property {any} collection the selected collection, if it is one
 * @property {string | null} field of the item pane's row, if it is one
 */

/**
 * @typedef {object} Entry
 * @property {string} l10n
 * @property {(standing: any, picked: Picked) => {hidden?: boolean, disabled?: boolean, args?: object}} state
 *   `standing` is what is known of the daemon: `summary`, `error`, `profiles`; each may be missing
 * @property {(picked: Picked, standing: any) => unknown} [act] none where it only tells
 */

Syncd.menuEntries = {
  /** @returns {Entry[]} the submenu in Tools */
  tools() {
    const asks = () => ({ disabled: !Syncd.daemon.paired });
    return [
      {
        l10n: "syncd-menu-standing",
        state: (standing) => ({ disabled: true, args: this._standing(standing) }),
      },
      { l10n: "syncd-menu-sync", state: asks, act: () => Syncd.commands.syncNow() },
      {
        l10n: "syncd-menu-pause",
        state: ({ summary }) => ({ ...asks(), hidden: Boolean(summary?.paused) }),
        act: () => Syncd.commands.pause(),
      },
      {
        l10n: "syncd-menu-resume",
        state: ({ summary }) => ({ ...asks(), hidden: !summary?.paused }),
        act: () => Syncd.commands.resume(),
      },
      { l10n: "syncd-menu-status", state: asks, act: ({ window }) => Syncd.status.open(window) },
      {
        l10n: "syncd-menu-reviews",
        state: ({ summary }) => ({ hidden: !summary?.reviews, args: { count: summary?.reviews ?? 0 } }),
        act: ({ window }) => Syncd.reviews.open(window),
      },
      {
        l10n: "syncd-menu-dashboard",
        state: ({ summary }) => ({ hidden: !summary?.dashboard }),
        act: (_picked, { summary }) => Zotero.launchURL(summary.dashboard),
      },
      {
        l10n: "syncd-menu-undo",
        state: asks,
        act: ({ window }) => Syncd.commands.askUndo(window),
      },
    ];
  },

  /** @returns {Entry[]} an item's menu */
  item() {
    return [
      {
        l10n: "syncd-menu-follow",
        state: (_standing, { item }) => ({
          hidden: !item || !Syncd.daemon.paired || !Syncd.follow.names(item).length,
        }),
        act: ({ window, item }) => this._follow(window, item, Syncd.follow.names(item)),
      },
      {
        l10n: "syncd-menu-code",
        state: (_standing, { item }) => ({ hidden: !this._code(item) }),
        act: ({ item }) => Zotero.launchURL(this._code(item)),
      },
    ];
  },

  /** @returns {Entry[]} the menu of a row in the item pane: a creator's */
  row() {
    return [
      {
        l10n: "syncd-menu-follow",
        state: (_standing, picked) => ({ hidden: !Syncd.daemon.paired || !this._creator(picked) }),
        act: (picked) => {
          const name = /** @type {string} */ (this._creator(picked));
          const others = Syncd.follow.names(picked.item).filter((other) => other !== name);
          this._follow(picked.window, picked.item, [name, ...others]);
        },
      },
    ];
  },

  /** @returns {Entry[]} a collection's menu */
  collection() {
    const state = (/** @type {any} */ standing, /** @type {Picked} */ { collection }) => {
      const profile = this._profile(standing, collection);
      return { hidden: !profile, args: { profile: profile?.author || profile?.name || "" } };
    };
    return [
      {
        l10n: "syncd-menu-sync-profile",
        state,
        act: ({ collection }, standing) => Syncd.commands.syncNow([this._profile(standing, collection).name]),
      },
      {
        l10n: "syncd-menu-unfollow",
        state,
        act: ({ window, collection }, standing) => {
          const { name, author } = this._profile(standing, collection);
          const args = { profile: author || name };
          Syncd.dialog.ask(window, "syncd-unfollow", args, () => Syncd.commands.unfollow(name));
        },
      },
    ];
  },

  /** @param {any} standing */
  _standing({ summary, error }) {
    const { profiles = 0, troubled = 0, paused = false } = summary ?? {};
    const state = error ? (error.reason ?? "strange") : summary ? "running" : "asking";
    return { state: paused && state === "running" ? "paused" : state, profiles, troubled };
  },

  /**
   * @param {any} standing
   * @param {any} collection
   */
  _profile({ profiles }, collection) {
    const library = collection && profiles?.get(Syncd.libraryPrefix(collection.libraryID));
    return library?.find((/** @type {any} */ one) => one.collection === collection.key) ?? null;
  },

  /** @param {any} item */
  _code(item) {
    return item && Syncd.format.webAddress(Syncd.known.of(item)?.code);
  },

  /**
   * Return the creator whose row it is; Zotero names it "creator-0-lastName".
   *
   * @param {Picked} picked
   * @returns {string | null}
   */
  _creator({ item, field }) {
    const place = /^creator-(\d+)/.exec(field ?? "");
    const creator = place && item?.getCreators()[Number(place[1])];
    return creator ? [creator.firstName, creator.lastName].filter(Boolean).join(" ") : null;
  },

  /**
   * @param {any} window
   * @param {any} item
   * @param {string[]} names
   */
  _follow(window, item, names) {
    Syncd.follow.open(window, names, Syncd.libraryPrefix(item.libraryID));
  },
};
