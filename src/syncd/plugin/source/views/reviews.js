/**
 * The dialog on papers that the library may have already: both records side by side, and what the reader decides.
 *
 * Decides nothing by itself; "later" leaves a paper as it is.
 */
Syncd.reviews = {
  /** What the daemon tells of a record, in the order in which it is shown; anything else follows. */
  ROWS: ["title", "authors", "date", "type", "DOI", "url"],

  /** @param {any} window */
  async open(window) {
    const { body } = Syncd.dialog.open(window, "syncd-reviews-title");
    await this._fill(body, async () => {
      const reviews = await Syncd.daemon.reviews();
      this._next(body, reviews, 0);
    });
  },

  /**
   * @param {any} review as `syncd review --json` has it
   * @param {number} number of this one, from 1
   * @param {number} total
   * @param {(verdict: string, key: string | null) => unknown} decide
   * @returns {Tree}
   */
  tree(review, number, total, decide) {
    const { h } = Syncd.element;
    const candidates = review.candidates;
    const press = (
      /** @type {string} */ l10n,
      /** @type {string} */ verdict,
      /** @type {string | null} */ key,
    ) => Syncd.element.button(l10n, () => decide(verdict, key));
    return h(
      "div",
      { class: "syncd-view" },
      h("p", { class: "syncd-quiet", tabindex: "-1", l10n: "syncd-review-number", args: { number, total } }),
      h(
        "table",
        { class: "syncd-records" },
        h(
          "thead",
          null,
          h(
            "tr",
            null,
            h("td", { class: "syncd-corner" }),
            h("th", { scope: "col", l10n: "syncd-review-new" }),
            candidates.map((/** @type {any} */ one) => this._head(one)),
          ),
        ),
        h("tbody", null, this._rows(review)),
        h(
          "tfoot",
          null,
          h(
            "tr",
            null,
            h("td"),
            h("td", null, press("syncd-review-different", "different", null)),
            candidates.map((/** @type {any} */ one) =>
              h("td", null, press("syncd-review-same", "same", one.key)),
            ),
          ),
        ),
      ),
      h("div", { class: "syncd-buttons" }, press("syncd-review-later", "later", null)),
    );
  },

  /** @param {any} candidate */
  _head({ score, reasons, reasons_said: said }) {
    const { h } = Syncd.element;
    const words = (reasons ?? []).map((/** @type {string} */ one, /** @type {number} */ number) =>
      Syncd.messages.say(said?.[number], one),
    );
    const args = { percent: Math.round(score * 100), reasons: words.join(", ") };
    return h(
      "th",
      { scope: "col" },
      h("div", { l10n: "syncd-review-there" }),
      h("small", { l10n: "syncd-review-alike", args }),
    );
  },

  /** @param {any} review */
  _rows({ record, candidates }) {
    const { h } = Syncd.element;
    const records = [record, ...candidates.map((/** @type {any} */ one) => one.record)];
    const names = new Set([...this.ROWS, ...records.flatMap((one) => Object.keys(one))]);
    return [...names]
      .filter((name) => records.some((one) => one[name]))
      .map((name) => {
        const values = records.map((one) => this._value(name, one[name]));
        const differs = values.some((value) => value !== values[0]);
        const named = this.ROWS.includes(name)
          ? { l10n: `syncd-record-${name.toLowerCase()}` }
          : { text: name };
        return h(
          "tr",
          { class: differs && "syncd-differs" },
          h("th", { scope: "row", ...named }),
          values.map((value) => h("td", null, h("div", { class: "syncd-value", dir: "auto", text: value }))),
        );
      });
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

  /**
   * @param {any} body
   * @param {any[]} reviews
   * @param {number} index of the one to show
   */
  _next(body, reviews, index) {
    if (index >= reviews.length) {
      Syncd.element.show(
        body,
        Syncd.element.quiet(reviews.length ? "syncd-reviews-done" : "syncd-reviews-none"),
      );
      return;
    }
    const review = reviews[index];
    const decide = (/** @type {string} */ verdict, /** @type {string | null} */ key) =>
      this._fill(body, async () => {
        await Syncd.daemon.review(review.paper, verdict, key, review.library);
        this._next(body, reviews, index + 1);
      });
    Syncd.element.show(body, this.tree(review, index + 1, reviews.length, decide));
    // Not on a button: a key pressed too long would decide about the next paper.
    body.querySelector("[tabindex]").focus();
  },

  /**
   * @param {any} body
   * @param {() => Promise<void>} fill
   */
  async _fill(body, fill) {
    Syncd.element.busy(body, true);
    try {
      await fill();
    } catch (error) {
      Syncd.log(error);
      Syncd.element.busy(body, false);
      // The records stay in sight, and so do the buttons: nothing was decided.
      body.querySelector(":scope > .syncd-quiet")?.remove();
      const line = Syncd.element.make(body.ownerDocument, Syncd.words.troubleLine(error));
      body.prepend(line);
      line.scrollIntoView();
    }
  },
};
