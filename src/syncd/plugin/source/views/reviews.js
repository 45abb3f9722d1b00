/**
 * The dialog on papers that the library may have already: the new one beside the item that it may be, and what the
 * reader decides.
 *
 * Decides nothing by itself; "later" leaves a paper as it is.
 */
Syncd.reviews = {
  /** What the daemon tells of a record, in the order in which it is shown; anything else follows. */
  FIELDS: ["title", "authors", "date", "type", "DOI", "url"],

  /** @param {any} opener */
  open(opener) {
    Syncd.dialog.open(opener, "reviews", (window) => this._fill(window));
  },

  /** @param {any} window */
  async _fill(window) {
    /** @type {any[]} */
    let reviews = [];
    /** @type {Map<string, string | undefined>} what Zotero's libraries are called, by their names in the configuration */
    let prefixes = new Map();
    let index = 0;
    const next = () => {
      const review = reviews[index];
      if (review) {
        const libraryID = Syncd.words.libraryID(prefixes.get(review.library));
        this._show(window, review, { number: index + 1, total: reviews.length, libraryID });
        Syncd.dialog.say(window, null);
      } else {
        this._end(window, reviews.length ? "syncd-reviews-done" : "syncd-reviews-none");
      }
    };
    const decide = async (/** @type {string} */ verdict) => {
      const { paper, library } = reviews[index];
      const key = verdict === "same" ? this._list(window).selectedItem.value : null;
      if (key && this._isGone(Syncd.words.libraryID(prefixes.get(library)), key)) {
        // syncd would take it that the paper was deleted, and bring it no more.
        Syncd.dialog.say(window, "syncd-reviews-gone");
        return;
      }
      await Syncd.dialog.busy(window, async () => {
        await Syncd.daemon.review(paper, verdict, key, library);
        index += 1;
        next();
      });
      this._focus(window);
    };
    Syncd.dialog.onPress(window, "accept", () => decide("same"));
    Syncd.dialog.onPress(window, "extra1", () => decide("different"));
    Syncd.dialog.onPress(window, "extra2", () => decide("later"));
    try {
      const [waiting, status] = await Promise.all([
        Syncd.daemon.reviews({ fresh: true }),
        Syncd.daemon.status(),
      ]);
      reviews = waiting;
      prefixes = new Map(status.libraries.map((/** @type {any} */ one) => [one.library, one.prefix]));
      next();
    } catch (error) {
      Syncd.log(error);
      const { l10n, args } = Syncd.words.trouble(error);
      this._end(window, l10n, args);
    }
    this._focus(window);
    await Syncd.dialog.fit(window);
  },

  /**
   * Whether an item of a library that is in this Zotero is in the trash, or nowhere.
   *
   * @param {number | null} libraryID
   * @param {string} key
   */
  _isGone(libraryID, key) {
    const item = libraryID && Zotero.Items.getByLibraryAndKey(libraryID, key);
    return libraryID !== null && (!item || item.deleted);
  },

  /**
   * Show one review, with its likeliest candidate chosen.
   *
   * @param {any} window
   * @param {any} review as `syncd review --json` has it
   * @param {{number: number, total: number, libraryID: number | null}} place
   */
  _show(window, review, place) {
    const body = Syncd.dialog.body(window);
    Syncd.element.show(body, this.tree(review, place));
    const list = this._list(window);
    const compare = () => {
      const candidate = review.candidates.find(
        (/** @type {any} */ one) => one.key === list.selectedItem?.value,
      );
      const item =
        place.libraryID && candidate && Zotero.Items.getIDFromLibraryAndKey(place.libraryID, candidate.key);
      const open = item ? () => this._open(item) : null;
      Syncd.element.show(
        body.querySelector(".syncd-compared"),
        this.table(review.record, candidate?.record ?? {}, open),
      );
    };
    list.addEventListener("select", compare);
    list.selectedIndex = 0;
    compare();
  },

  /**
   * Not on a button: a key that is pressed too long would decide about the next paper.
   *
   * @param {any} window
   */
  _focus(window) {
    const target = this._list(window) ?? Syncd.dialog.button(window, "cancel");
    target.focus();
  },

  /** @param {any} window */
  _list(window) {
    return Syncd.dialog.body(window).querySelector("richlistbox");
  },

  /**
   * Say that there is nothing to decide; all that is left to do is to close the dialog.
   *
   * @param {any} window
   * @param {string} l10n
   * @param {Record<string, string>} [args]
   */
  _end(window, l10n, args) {
    Syncd.element.show(Syncd.dialog.body(window), Syncd.element.quiet(l10n, args));
    for (const name of ["accept", "extra1", "extra2"]) {
      Syncd.dialog.button(window, name).hidden = true;
    }
    const cancel = Syncd.dialog.button(window, "cancel");
    window.document.l10n.setAttributes(cancel, "syncd-close");
  },

  /** @param {number} id of an item */
  _open(id) {
    const window = Zotero.getMainWindow();
    window?.focus();
    window?.ZoteroPane.selectItem(id);
  },

  /**
   * @param {any} review
   * @param {{number: number, total: number}} place
   * @returns {Tree}
   */
  tree({ candidates }, { number, total }) {
    const { h } = Syncd.element;
    return h(
      "div",
      { class: "syncd-view" },
      h("p", { l10n: "syncd-reviews-about", args: { number, total } }),
      h(
        "xul:richlistbox",
        { class: "syncd-choices", l10n: "syncd-review-candidates" },
        candidates.map((/** @type {any} */ one) => this._candidate(one)),
      ),
      h("div", { class: "syncd-compared" }),
    );
  },

  /** @param {any} candidate */
  _candidate({ key, score, reasons, reasons_said: said, record }) {
    const { h } = Syncd.element;
    const words = (reasons ?? []).map((/** @type {string} */ one, /** @type {number} */ number) =>
      Syncd.messages.say(said?.[number], one),
    );
    const args = { percent: Math.round(score * 100), reasons: words.join(", ") };
    return h(
      "xul:richlistitem",
      { value: key },
      h("div", { dir: "auto", text: this._value("title", record.title) }),
      h("small", { l10n: words.length ? "syncd-review-alike" : "syncd-review-alike-only", args }),
    );
  },

  /**
   * @param {Record<string, string>} paper
   * @param {Record<string, string>} item
   * @param {(() => unknown) | null} open shows the item in Zotero; null where it is not there
   * @returns {Tree}
   */
  table(paper, item, open) {
    const { h } = Syncd.element;
    const names = [...new Set([...this.FIELDS, ...Object.keys(paper), ...Object.keys(item)])];
    return h(
      "table",
      null,
      h(
        "thead",
        null,
        h(
          "tr",
          null,
          h("td"),
          h("th", { scope: "col", l10n: "syncd-review-new" }),
          h(
            "th",
            { scope: "col" },
            h(
              "div",
              { class: "syncd-line" },
              h("span", { l10n: "syncd-review-there" }),
              open && h("xul:button", { l10n: "syncd-button-show", on: { command: open } }),
            ),
          ),
        ),
      ),
      h(
        "tbody",
        null,
        names.filter((name) => paper[name] || item[name]).map((name) => this._row(name, paper, item)),
      ),
    );
  },

  /**
   * @param {string} name
   * @param {Record<string, string>} paper
   * @param {Record<string, string>} item
   */
  _row(name, paper, item) {
    const { h } = Syncd.element;
    const named = this.FIELDS.includes(name)
      ? { l10n: `syncd-record-${name.toLowerCase()}` }
      : { text: name };
    const [left, right] = this.differing(this._value(name, paper[name]), this._value(name, item[name]));
    const cell = (/** @type {{text: string, differs: boolean}[]} */ parts) =>
      h(
        "td",
        null,
        h(
          "div",
          { class: "syncd-value", dir: "auto" },
          parts.map(({ text, differs }) => (differs ? h("mark", { text }) : text)),
        ),
      );
    return h("tr", null, h("th", { scope: "row", ...named }), cell(left), cell(right));
  },

  /**
   * Return two texts in parts, which differ or don't: words that only one of them has. Where one is empty there is
   * nothing to compare.
   *
   * @param {string} one
   * @param {string} other
   * @returns {{text: string, differs: boolean}[][]}
   */
  differing(one, other) {
    if (!one || !other) {
      return [one, other].map((text) => (text ? [{ text, differs: false }] : []));
    }
    const [left, right] = [one, other].map((text) => text.match(/\w+|\s+|./gsu) ?? []);
    // How many parts the two have in common, in order, from each pair of places on.
    const common = left.map(() => new Uint16Array(right.length + 1));
    common.push(new Uint16Array(right.length + 1));
    for (let i = left.length - 1; i >= 0; i -= 1) {
      for (let j = right.length - 1; j >= 0; j -= 1) {
        common[i][j] =
          left[i] === right[j] ? common[i + 1][j + 1] + 1 : Math.max(common[i + 1][j], common[i][j + 1]);
      }
    }
    /** @type {{text: string, differs: boolean}[][]} */
    const found = [[], []];
    const add = (/** @type {number} */ side, /** @type {string} */ text, /** @type {boolean} */ differs) => {
      const last = found[side].at(-1);
      if (last?.differs === differs) {
        last.text += text;
      } else {
        found[side].push({ text, differs });
      }
    };
    let [i, j] = [0, 0];
    while (i < left.length || j < right.length) {
      if (i < left.length && j < right.length && left[i] === right[j]) {
        add(0, left[i++], false);
        add(1, right[j++], false);
      } else if (j === right.length || (i < left.length && common[i + 1][j] >= common[i][j + 1])) {
        add(0, left[i++], true);
      } else {
        add(1, right[j++], true);
      }
    }
    return found;
  },

  /**
   * @param {string} name
   * @param {unknown} value
   * @returns {string} a type as Zotero calls it, all else in plain letters
   */
  _value(name, value) {
    const text = Syncd.format.plain(String(value ?? ""));
    return name === "type" && Zotero.ItemTypes.getID(text) ? Zotero.ItemTypes.getLocalizedString(text) : text;
  },
};
