/**
 * The columns of the items list: AI Score, Code, New.
 *
 * They answer from memory; what is shown is never written into an item.
 */

/** The tag of a paper whose page says that there is code, with or without a link to it. */
const CODE_TAG = "code";
/** Zotero's number for tags that no user wrote. */
const AUTOMATIC = 1;
/** What Zotero keeps of a column from one start to the next. A width that is fixed is not kept. */
const KEPT = ["hidden", "sortDirection"];
/** How wide the score's column is at first, in pixels, with letters of the usual size. */
const WIDTH = 84;

Syncd.columns = {
  /** @type {Record<string, string>} what Zotero calls each column */
  _keys: {},
  _isOn: false,
  /** How soon it is looked again whether a list has its table, in ms. */
  SOON: 50,

  startup() {
    this._isOn = true;
    // While Zotero starts, a list is there before its table, and fails where a column comes between the two.
    const lists = () =>
      Zotero.getMainWindows().map((/** @type {any} */ window) => window.ZoteroPane?.itemsView);
    if (lists().every((list) => list?.tree)) {
      this._register();
      return;
    }
    Syncd.quietly("columns", async () => {
      await Zotero.uiReadyPromise;
      // Zotero tells nobody when the table is there.
      while (this._isOn && lists().some((list) => list && !list.tree)) {
        await Zotero.Promise.delay(this.SOON);
      }
      this._register();
    });
  },

  shutdown() {
    this._isOn = false;
  },

  _register() {
    if (!this._isOn) {
      return;
    }
    /** @type {any} */
    const manager = Zotero.ItemTreeManager;
    for (const [dataKey, column] of Object.entries(this._columns())) {
      // The first click sorts downwards: the best, those with code, the new ones first.
      this._keys[dataKey] = manager.registerColumn({
        dataKey,
        pluginID: Syncd.id,
        sortReverse: true,
        ...column,
      });
    }
  },

  /**
   * Show values that changed.
   *
   * @param {string} prefix the library's, such as "users/0"
   * @param {string[]} keys of the items whose values they are
   */
  async redraw(prefix, keys) {
    const libraryID = Syncd.words.libraryID(prefix);
    if (libraryID === null) {
      return;
    }
    const ids = keys.flatMap((key) => Zotero.Items.getIDFromLibraryAndKey(libraryID, key) || []);
    const windows = Zotero.getMainWindows();
    const selected = new Set(windows.flatMap((window) => this._selected(window)));
    const others = ids.filter((id) => !selected.has(id));
    if (others.length) {
      // Where a selected item comes first, Zotero 8 and 9 select it anew, and a note that is written loses the focus.
      const all = [...others, ...ids.filter((id) => selected.has(id))];
      await Zotero.Notifier.trigger("refresh", "item", all, {});
    }
    for (const window of windows) {
      await Syncd.quietly("sorting", () => this._sort(window, Object.values(this._keys), ids));
    }
  },

  /**
   * Put a window's rows in order where New sorts them: what is new depends on the place that is shown.
   *
   * @param {any} window
   */
  placeChanged(window) {
    return this._sort(window, [this._keys.new]);
  },

  /**
   * Zotero sorts rows that come, and leaves those that it has where they are when values of a column change.
   *
   * @param {any} window
   * @param {string[]} columns what Zotero calls them; rows in another order are left
   * @param {number[]} [ids] of the items to move; all without
   */
  async _sort(window, columns, ids) {
    const list = window.ZoteroPane?.itemsView;
    if (list && columns.includes(list.getSortField())) {
      await list.waitForLoad();
      await list.sort(ids);
    }
  },

  /** @param {any} window */
  _selected(window) {
    return (window.ZoteroPane?.getSelectedItems?.() ?? []).map((/** @type {any} */ item) => item.id);
  },

  /** @param {any} item */
  score(item) {
    const known = Syncd.known.of(item);
    return known ? Syncd.format.scoreKey(known.score, known.band) : Syncd.format.NO_SCORE;
  },

  /**
   * @param {any} item
   * @returns {string} "2 " and the address; "1" where there is code, but no link to it; "0" for none
   */
  code(item) {
    const known = Syncd.known.of(item);
    if (!known) {
      return "0";
    }
    const address = Syncd.format.webAddress(known.code);
    if (address) {
      return `2 ${address}`;
    }
    return item.getTagType(CODE_TAG) === AUTOMATIC ? "1" : "0";
  },

  /**
   * @param {any} item
   * @returns {string} "1" for new, else "0"
   */
  fresh(item) {
    if (!item?.isRegularItem?.()) {
      return "0";
    }
    return Syncd.seen.isNew(item) ? "1" : "0";
  },

  /**
   * @param {string} key as `score` gives it
   * @returns {Tree[] | null}
   */
  scoreMark(key) {
    const { h } = Syncd.element;
    const score = Syncd.format.scoreText(key, Zotero.locale);
    if (!score) {
      return null;
    }
    const share = Math.min(Number.parseFloat(key), 100);
    return [
      h("span", { class: "syncd-bar", style: `--share: ${share}%`, "aria-hidden": "true" }),
      // Zotero takes a tooltip away from what the mouse comes upon, where that has text of its own that is not cut off.
      h("span", { class: "syncd-score", l10n: "syncd-score", args: { score } }, h("span", { text: score })),
    ];
  },

  /**
   * @param {string} data as `code` gives it
   * @returns {Tree | null}
   */
  codeMark(data) {
    if (data === "1") {
      return Syncd.element.h("span", { class: "syncd-code", role: "img", l10n: "syncd-code-somewhere" });
    }
    if (!data.startsWith("2 ")) {
      return null;
    }
    const address = data.slice(2);
    /** @param {Event} event */
    const keep = (event) => event.stopPropagation();
    // The row would select itself, or open the item, and be drawn anew before the press is over.
    const on = { mousedown: keep, mouseup: keep, dblclick: keep, keydown: keep };
    const open = (/** @type {Event} */ event) => {
      event.stopPropagation();
      Zotero.launchURL(address);
    };
    return Syncd.element.button("syncd-code-open", () => undefined, {
      class: "syncd-code",
      args: { address: Syncd.format.shortAddress(address) },
      tabindex: "-1",
      on: { ...on, click: open },
    });
  },

  _columns() {
    const { h } = Syncd.element;
    return {
      score: {
        label: Syncd.words.say("syncd-column-score"),
        width: String(Math.round(WIDTH * (Number(Zotero.Prefs.get("fontSize")) || 1))),
        minWidth: 56,
        staticWidth: true,
        zoteroPersist: ["width", ...KEPT],
        dataProvider: (/** @type {any} */ item) => this.score(item),
        renderCell: this._cell("syncd-score-cell", (data) => {
          Syncd.known.look();
          return this.scoreMark(data);
        }),
      },
      code: {
        label: Syncd.words.say("syncd-column-code"),
        iconPath: `${Syncd.rootURI}icons/column-code.svg`,
        width: "34",
        fixedWidth: true,
        zoteroPersist: KEPT,
        dataProvider: (/** @type {any} */ item) => this.code(item),
        renderCell: this._cell("syncd-mark-cell", (data) => {
          Syncd.known.look();
          return this.codeMark(data);
        }),
      },
      new: {
        label: Syncd.words.say("syncd-column-new"),
        iconPath: `${Syncd.rootURI}icons/column-new.svg`,
        width: "28",
        fixedWidth: true,
        zoteroPersist: KEPT,
        dataProvider: (/** @type {any} */ item) => this.fresh(item),
        renderCell: this._cell("syncd-mark-cell", (data) =>
          data === "1" ? h("span", { class: "syncd-new", role: "img", l10n: "syncd-new-mark" }) : null,
        ),
      },
    };
  },

  /**
   * @param {string} kind
   * @param {(data: string) => Tree | Tree[] | null} draw
   * @returns {(index: number, data: string | undefined, column: any, first: boolean, doc: Document) => any}
   */
  _cell(kind, draw) {
    return (_index, data, column, _first, doc) => {
      const { h } = Syncd.element;
      // Zotero copies what is in a first column as markup, without listeners, unless this class is in it.
      // While Zotero starts it draws rows that it put together before the column was there: they have no value in it.
      const text = h("span", { class: "cell-text" }, draw(data ?? ""));
      const cell = h("span", { class: `cell ${column.className} syncd-cell ${kind}` }, text);
      return Syncd.element.make(doc, cell);
    };
  },
};

Syncd.views.push(Syncd.columns);
