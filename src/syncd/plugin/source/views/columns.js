/**
 * The columns of the items list: AI Score, Code, New.
 *
 * Register themselves and answer from memory; what is shown is never written into an item.
 */
Syncd.columns = {
  /** @type {Set<string>} what Zotero calls the columns */
  _keys: new Set(),

  startup() {
    /** @type {any} The first releases of Zotero 7 have but the name in the plural. */
    const manager = Zotero.ItemTreeManager;
    const name = manager.registerColumn ? "registerColumn" : "registerColumns";
    const registered = Object.entries(this._columns()).flatMap(([dataKey, column]) =>
      // The first click sorts downwards: the best, those with code, the new ones first.
      manager[name]({ dataKey, pluginID: Syncd.id, sortReverse: true, ...column }),
    );
    this._keys = new Set(registered);
  },

  /**
   * Show values that changed.
   *
   * @param {string} _library as syncd calls it
   * @param {string[]} _keys of the items
   */
  async redraw(_library, _keys) {
    // Not in the first releases of Zotero 7, where the values show when the list is drawn next.
    Zotero.ItemTreeManager.refreshColumns?.();
    for (const window of Zotero.getMainWindows()) {
      await Syncd.quietly("sorting", () => this.sort(window));
    }
  },

  /**
   * Put a window's rows in order, where they are in the order of one of these columns: Zotero sorts rows that come,
   * and leaves those that it has where they are when the values of a column change.
   *
   * @param {any} window
   */
  async sort(window) {
    const list = window.ZoteroPane?.itemsView;
    if (list && this._keys.has(list.getSortField())) {
      await list.waitForLoad();
      await list.sort();
    }
  },

  /** @param {any} item */
  score(item) {
    const known = Syncd.known.of(item);
    return Syncd.format.scoreKey(known?.score, known?.band);
  },

  /**
   * @param {any} item
   * @returns {string} "1 " and the address; "0" for none
   */
  code(item) {
    const address = Syncd.format.webAddress(Syncd.known.of(item)?.code);
    return address ? `1 ${address}` : "0";
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
   * @param {string} data
   * @returns {Tree | null}
   */
  codeMark(data) {
    const address = data.startsWith("1 ") ? data.slice(2) : null;
    if (!address) {
      return null;
    }
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
      text: "</>",
      on: { ...on, click: open },
    });
  },

  _columns() {
    const { h } = Syncd.element;
    return {
      score: {
        label: Syncd.words.say("syncd-column-score"),
        width: "80",
        dataProvider: (/** @type {any} */ item) => this.score(item),
        renderCell: this._cell((data) => {
          Syncd.known.look();
          return h("span", { text: Syncd.format.scoreText(data, Zotero.locale) });
        }),
      },
      code: {
        label: Syncd.words.say("syncd-column-code"),
        width: "60",
        dataProvider: (/** @type {any} */ item) => this.code(item),
        renderCell: this._cell((data) => {
          Syncd.known.look();
          return this.codeMark(data);
        }),
      },
      new: {
        label: Syncd.words.say("syncd-column-new"),
        width: "60",
        dataProvider: (/** @type {any} */ item) => this.fresh(item),
        renderCell: this._cell((data) =>
          data === "1"
            ? h("span", { class: "syncd-new", role: "img", l10n: "syncd-new-mark", text: "●" })
            : null,
        ),
      },
    };
  },

  /**
   * @param {(data: string) => Tree | null} draw
   * @returns {(index: number, data: string | undefined, column: any, first: boolean, doc: Document) => any}
   */
  _cell(draw) {
    return (_index, data, column, _first, doc) => {
      const { h } = Syncd.element;
      // Zotero copies what is in a first column as markup, without listeners, unless this class is in it.
      // While Zotero starts it draws rows that it put together before the column was there: they have no value in it.
      const text = h("span", { class: "cell-text" }, draw(data ?? ""));
      const cell = h("span", { class: `cell ${column.className} syncd-cell` }, text);
      return Syncd.element.make(doc, cell);
    };
  },
};

Syncd.views.push(Syncd.columns);
