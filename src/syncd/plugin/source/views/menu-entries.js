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
 * @typedef {object} Known what was last told of the daemon
 * @property {any} summary of its status; null where it gave none
 * @property {any} error why it gave none
 * @property {Map<string, any[]>} profiles by the library's prefix
 * @property {WeakMap<any, {name: string, author: string}[]>} listing the profiles that list an item's paper
 */

/**
 * @typedef {object} MenuEntry
 * @property {string} [l10n] none for a line between entries
 * @property {string} [icon] the name of a file in icons/
 * @property {(known: Known, picked: Picked) => {hidden?: boolean, disabled?: boolean, args?: object}} [state]
 * @property {(picked: Picked, known: Known) => unknown} [command] none where it only tells
 */

Syncd.menuEntries = {
  /** @returns {MenuEntry[]} the submenu in Tools */
  tools() {
    const state = () => ({ disabled: !Syncd.daemon.paired });
    return [
      {
        l10n: "syncd-menu-summary",
        state: (known) => ({ disabled: true, args: this._summary(known) }),
      },
      {},
      { l10n: "syncd-menu-sync", icon: "sync", state, command: () => Syncd.commands.syncNow() },
      {
        l10n: "syncd-menu-pause",
        icon: "pause",
        state: ({ summary }) => ({ ...state(), hidden: Boolean(summary?.paused) }),
        command: () => Syncd.commands.pause(),
      },
      {
        l10n: "syncd-menu-resume",
        icon: "resume",
        state: ({ summary }) => ({ ...state(), hidden: !summary?.paused }),
        command: () => Syncd.commands.resume(),
      },
      {
        l10n: "syncd-menu-undo",
        icon: "undo",
        state,
        command: ({ window }) => Syncd.commands.askUndo(window),
      },
      {},
      {
        l10n: "syncd-menu-status",
        icon: "status",
        state,
        command: ({ window }) => Syncd.status.open(window),
      },
      {
        l10n: "syncd-menu-reviews",
        icon: "reviews",
        state: ({ summary }) => ({ hidden: !summary?.reviews, args: { count: summary?.reviews ?? 0 } }),
        command: ({ window }) => Syncd.reviews.open(window),
      },
      {
        l10n: "syncd-menu-dashboard",
        icon: "link",
        state: ({ summary }) => ({ hidden: !summary?.dashboard }),
        command: () => Syncd.commands.openDashboard(),
      },
    ];
  },

  /** @returns {MenuEntry[]} an item's menu */
  item() {
    return [
      {
        l10n: "syncd-menu-follow",
        icon: "follow",
        state: (_known, { item }) => ({
          hidden: !item || !Syncd.daemon.paired || !Syncd.follow.names(item).length,
        }),
        command: ({ window, item }) => this._follow(window, item, Syncd.follow.names(item)),
      },
      {
        l10n: "syncd-menu-code",
        icon: "code",
        state: (_known, { item }) => ({ hidden: !this._code(item) }),
        command: ({ item }) => Zotero.launchURL(this._code(item)),
      },
      {
        l10n: "syncd-menu-reject",
        icon: "reject",
        state: ({ listing }, { item }) => {
          const [first, ...others] = (item && listing.get(item)) ?? [];
          return {
            hidden: !first,
            args: { profile: first?.author || first?.name || "", others: others.length },
          };
        },
        command: ({ window, item }, { listing }) =>
          Syncd.commands.askReject(window, item, listing.get(item) ?? []),
      },
    ];
  },

  /** @returns {MenuEntry[]} the menu of a row in the item pane: a creator's */
  row() {
    const state = (/** @type {Known} */ _known, /** @type {Picked} */ picked) => ({
      hidden: !Syncd.daemon.paired || !this._creator(picked),
    });
    return [
      // Zotero sets no line there by itself.
      { state },
      {
        // Without an icon, as all of them there.
        l10n: "syncd-menu-follow",
        state,
        command: (picked) => {
          const name = /** @type {string} */ (this._creator(picked));
          const others = Syncd.follow.names(picked.item).filter((other) => other !== name);
          this._follow(picked.window, picked.item, [name, ...others]);
        },
      },
    ];
  },

  /** @returns {MenuEntry[]} a collection's menu */
  collection() {
    const state = (/** @type {Known} */ known, /** @type {Picked} */ { collection }) => {
      const profile = this._profile(known, collection);
      return { hidden: !profile, args: { profile: profile?.author || profile?.name || "" } };
    };
    return [
      {
        l10n: "syncd-menu-sync-profile",
        icon: "sync",
        state,
        command: ({ collection }, known) => Syncd.commands.syncNow([this._profile(known, collection).name]),
      },
      {
        l10n: "syncd-menu-unfollow",
        icon: "unfollow",
        state,
        command: ({ window, collection }, known) =>
          Syncd.commands.askUnfollow(window, this._profile(known, collection)),
      },
    ];
  },

  /** @param {Known} known */
  _summary({ summary, error }) {
    const { profiles = 0, troubled = 0, paused = false } = summary ?? {};
    const state = error ? (error.reason ?? "strange") : summary ? "running" : "asking";
    return { state: paused && state === "running" ? "paused" : state, profiles, troubled };
  },

  /**
   * @param {Known} known
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
