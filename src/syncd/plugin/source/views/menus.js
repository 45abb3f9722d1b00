/**
 * syncd in Zotero's menus: Tools, an item's, a creator's, a collection's.
 *
 * What an entry shows is decided when its menu opens, from memory, and once more when the daemon has answered.
 */
Syncd.menus = {
  /** What Zotero's menu manager calls the elements that it makes. */
  MANAGED: "zotero-custom-menu-item",
  /** The line that it sets above what plugins add. */
  LINE: "zotero-custom-menu-group-separator",
  /** @type {Known} */
  known: { summary: null, error: null, profiles: new Map(), listing: new WeakMap() },

  startup() {
    const { menuEntries } = Syncd;
    const menus = this._managed(menuEntries.tools());
    const submenu = { menuType: "submenu", l10nID: "syncd-menu", menus };
    this._register("tools", "main/menubar/tools", [submenu]);
    this._register("item", "main/library/item", this._managed(menuEntries.item()));
    this._register("row", "itemPane/info/row", this._managed(menuEntries.row()));
    this._register("collection", "main/library/collection", this._managed(menuEntries.collection()));
  },

  /** @param {any} window */
  windowUnloaded(window) {
    for (const line of window.document.querySelectorAll(`.${this.LINE}`)) {
      line.hidden = false;
    }
    // Before version 10, Zotero leaves its own until the menu opens again.
    for (const element of window.document.querySelectorAll(`.${this.MANAGED}`)) {
      if (element.getAttribute("data-l10n-id")?.startsWith("syncd-menu")) {
        element.remove();
      }
    }
  },

  /**
   * @param {string} name
   * @param {any} target one of Zotero's
   * @param {any[]} menus
   */
  _register(name, target, menus) {
    Zotero.MenuManager.registerMenu({ menuID: `syncd-${name}`, pluginID: Syncd.id, target, menus });
  },

  /** @param {string} name */
  _icon(name) {
    return `${Syncd.rootURI}icons/${name}.svg`;
  },

  /** @param {MenuEntry[]} entries */
  _managed(entries) {
    return entries.map((entry) => {
      const onShowing = (/** @type {Event} */ _event, /** @type {any} */ context) => {
        Syncd.quietly("a menu", () => this._update(entry, context));
      };
      if (!entry.l10n) {
        return { menuType: "separator", onShowing };
      }
      return {
        menuType: "menuitem",
        l10nID: entry.l10n,
        ...(entry.icon && { icon: this._icon(entry.icon) }),
        onShowing,
        onCommand: (/** @type {Event} */ _event, /** @type {any} */ context) => {
          Syncd.quietly("a command", () => entry.command?.(this._picked(context), this.known));
        },
      };
    });
  },

  /**
   * Show an entry as it should be now, and again when the daemon has told more.
   *
   * @param {MenuEntry} entry
   * @param {any} context as Zotero's menu manager gives it
   */
  async _update(entry, context) {
    const picked = this._picked(context);
    const popup = context.menuElem.parentNode;
    this._apply(entry, picked, context);
    // Zotero may still be adding other plugins' entries.
    await null;
    this._showLine(popup);
    await this._learn(picked);
    this._apply(entry, picked, context);
    this._showLine(popup);
  },

  /**
   * @param {MenuEntry} entry
   * @param {Picked} picked
   * @param {any} context
   */
  _apply(entry, picked, context) {
    const { hidden = false, disabled = false, args } = entry.state?.(this.known, picked) ?? {};
    context.setVisible(!hidden);
    if (entry.l10n) {
      context.setEnabled(!disabled);
    }
    if (args) {
      context.setL10nArgs(JSON.stringify(args));
    }
  },

  /**
   * Hide the line above what plugins add where all of that is hidden: Zotero shows it all the same.
   *
   * @param {any} popup
   */
  _showLine(popup) {
    const line = popup?.querySelector(`:scope > .${this.LINE}`);
    if (line) {
      const others = [...popup.querySelectorAll(`:scope > .${this.MANAGED}`)].filter((one) => one !== line);
      line.hidden = others.every((one) => one.hidden);
    }
  },

  /**
   * @param {any} context
   * @returns {Picked}
   */
  _picked(context) {
    const window = context.menuElem.ownerDocument.defaultView ?? Zotero.getMainWindow();
    const item = context.items ? Syncd.selection.one(context.items) : Syncd.selection.item(window.ZoteroPane);
    return {
      window,
      item,
      collection: Syncd.selection.collection(window.ZoteroPane),
      field: context.fieldName ?? null,
    };
  },

  /**
   * Ask the daemon how it is; it is asked at most once a minute, however often menus open.
   *
   * @param {Picked} picked
   */
  async _learn({ item, collection }) {
    try {
      this.known.summary = Syncd.status.summary(await Syncd.daemon.status());
      this.known.error = null;
      if (collection) {
        const prefix = Syncd.libraryPrefix(collection.libraryID);
        this.known.profiles.set(prefix, await Syncd.daemon.profiles(prefix));
      }
      if (Syncd.known.of(item)) {
        const { items } = await Syncd.daemon.items(Syncd.libraryPrefix(item.libraryID), [item.key]);
        this.known.listing.set(item, items[item.key]?.profiles ?? []);
      }
    } catch (error) {
      this.known.error = error;
      this.known.summary = null;
    }
  },
};

Syncd.views.push(Syncd.menus);
