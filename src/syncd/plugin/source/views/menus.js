/**
 * syncd in Zotero's menus: Tools, an item's, a creator's, a collection's.
 *
 * From Zotero 8 through its menu manager, before that as elements in each window. What an entry shows is decided when
 * its menu opens, from memory, and once more when the daemon has answered.
 */
Syncd.menus = {
  TOOLS: "menu_ToolsPopup",
  CLASS: "syncd-menu",
  /** What Zotero's menu manager calls the elements that it makes. */
  MANAGED: "zotero-custom-menu-item",
  /** The line that it sets above what plugins add. */
  LINE: "zotero-custom-menu-group-separator",
  /** The menus that Zotero 7 has, and the elements that hold them. */
  POPUPS: /** @type {["item" | "collection", string][]} */ ([
    ["item", "zotero-itemmenu"],
    ["collection", "zotero-collectionmenu"],
  ]),
  /** @type {{window: any, stop: () => void}[]} what was hung on Zotero's own menus */
  _listeners: [],
  /** @type {{summary: any, error: any, profiles: Map<string, any[]>}} what was last told of the daemon */
  standing: { summary: null, error: null, profiles: new Map() },

  startup() {
    if (!Zotero.MenuManager) {
      return;
    }
    this._register("tools", "main/menubar/tools", [
      { menuType: "submenu", l10nID: "syncd-menu", menus: this._managed(Syncd.menuEntries.tools()) },
    ]);
    this._register("item", "main/library/item", this._managed(Syncd.menuEntries.item()));
    this._register("row", "itemPane/info/row", this._managed(Syncd.menuEntries.row()));
    this._register("collection", "main/library/collection", this._managed(Syncd.menuEntries.collection()));
  },

  /** @param {any} window */
  windowLoaded(window) {
    if (Zotero.MenuManager || this._listeners.some((one) => one.window === window)) {
      return;
    }
    const { document } = window;
    const menu = document.createXULElement("menu");
    menu.className = this.CLASS;
    menu.setAttribute("data-l10n-id", "syncd-menu");
    const popup = document.createXULElement("menupopup");
    menu.append(popup);
    document.getElementById(this.TOOLS)?.append(menu);
    this._fill(window, popup, Syncd.menuEntries.tools());
    for (const [name, id] of this.POPUPS) {
      const there = document.getElementById(id);
      if (there) {
        this._fill(window, there, Syncd.menuEntries[name]());
      }
    }
  },

  /** @param {any} window */
  windowUnloaded(window) {
    for (const listener of this._listeners.filter((one) => one.window === window)) {
      listener.stop();
    }
    this._listeners = this._listeners.filter((one) => one.window !== window);
    for (const element of window.document.querySelectorAll(`.${this.CLASS}`)) {
      element.remove();
    }
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
   * Show an entry as it should be now, and again when the daemon has told more.
   *
   * @param {any} element
   * @param {Entry} entry
   * @param {Picked} picked
   */
  async update(element, entry, picked) {
    this._apply(element, entry, picked);
    // Zotero may still be adding other plugins' entries.
    await null;
    this._line(element.parentNode);
    await this._learn(picked);
    this._apply(element, entry, picked);
    this._line(element.parentNode);
  },

  /**
   * Hide the line above what plugins add where all of that is hidden: Zotero shows it all the same.
   *
   * @param {any} popup
   */
  _line(popup) {
    const line = popup?.querySelector(`:scope > .${this.LINE}`);
    if (line) {
      const others = [...popup.querySelectorAll(`:scope > .${this.MANAGED}`)].filter((one) => one !== line);
      line.hidden = others.every((one) => one.hidden);
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

  /** @param {Entry[]} entries */
  _managed(entries) {
    return entries.map((entry) => ({
      menuType: "menuitem",
      l10nID: entry.l10n,
      onShowing: (/** @type {Event} */ _event, /** @type {any} */ context) => {
        this.update(this._element(context.menuElem, entry), entry, this._picked(context));
      },
      onCommand: (/** @type {Event} */ _event, /** @type {any} */ context) => {
        entry.act?.(this._picked(context), this.standing);
      },
    }));
  },

  /**
   * Return an entry's element. For what is in a submenu, Zotero 8 and 9 give the submenu's.
   *
   * @param {any} given by the menu manager
   * @param {Entry} entry
   */
  _element(given, { l10n }) {
    const own = given.getAttribute("data-l10n-id") === l10n;
    return own ? given : given.querySelector(`[data-l10n-id="${l10n}"]`);
  },

  /**
   * @param {any} window
   * @param {any} popup
   * @param {Entry[]} entries
   */
  _fill(window, popup, entries) {
    const picked = () => this._picked({ menuElem: { ownerDocument: window.document } });
    const shown = entries.map((entry) => {
      const element = window.document.createXULElement("menuitem");
      element.className = this.CLASS;
      element.setAttribute("data-l10n-id", entry.l10n);
      element.addEventListener("command", () => entry.act?.(picked(), this.standing));
      popup.append(element);
      return { element, entry };
    });
    const showing = (/** @type {any} */ event) => {
      if (event.target === popup) {
        for (const { element, entry } of shown) {
          this.update(element, entry, picked());
        }
      }
    };
    popup.addEventListener("popupshowing", showing);
    this._listeners.push({ window, stop: () => popup.removeEventListener("popupshowing", showing) });
  },

  /**
   * @param {any} context as Zotero's menu manager gives it
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
   * @param {any} element
   * @param {Entry} entry
   * @param {Picked} picked
   */
  _apply(element, entry, picked) {
    const { hidden = false, disabled = false, args } = entry.state(this.standing, picked);
    element.hidden = hidden;
    element.disabled = disabled;
    if (args) {
      element.setAttribute("data-l10n-args", JSON.stringify(args));
    }
  },

  /**
   * Ask the daemon how it is; it is asked at most once a minute, however often menus open.
   *
   * @param {Picked} picked
   */
  async _learn({ collection }) {
    try {
      this.standing.summary = Syncd.status.summary(await Syncd.daemon.status());
      this.standing.error = null;
      if (collection) {
        const prefix = Syncd.libraryPrefix(collection.libraryID);
        this.standing.profiles.set(prefix, await Syncd.daemon.profiles(prefix));
      }
    } catch (error) {
      this.standing.error = error;
      this.standing.summary = null;
    }
  },
};

Syncd.views.push(Syncd.menus);
