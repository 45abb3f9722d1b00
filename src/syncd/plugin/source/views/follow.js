/**
 * The dialog "Follow an author": a name, whom the services know by it, and whom of these to follow.
 *
 * Searches only when asked to; follows only who was chosen.
 */
Syncd.follow = {
  /**
   * @param {any} window
   * @param {string[]} names of an item's creators, the likeliest first
   * @param {string} library where the papers are to go, such as "users/0"
   */
  open(window, names, library) {
    const { body } = Syncd.dialog.open(window, "syncd-follow-title");
    Syncd.element.show(
      body,
      this.form(names, () => this._search(body, library)),
      Syncd.element.h("div", { class: "syncd-found" }),
    );
    body.querySelector("input").focus();
  },

  /**
   * @param {any} item
   * @returns {string[]} the names of its creators
   */
  names(item) {
    return item
      .getCreators()
      .map((/** @type {any} */ { firstName, lastName }) => [firstName, lastName].filter(Boolean).join(" "))
      .filter((/** @type {string} */ name) => name && name !== "others");
  },

  /**
   * @param {string[]} names
   * @param {() => unknown} search
   * @returns {Tree}
   */
  form(names, search) {
    const { h } = Syncd.element;
    const submit = (/** @type {Event} */ event) => {
      event.preventDefault();
      search();
    };
    return h(
      "form",
      { class: "syncd-search", on: { submit } },
      h("input", {
        // Not "search": there Escape would empty the field instead of closing the dialog.
        type: "text",
        value: names[0] ?? "",
        list: "syncd-creators",
        l10n: "syncd-follow-name",
      }),
      h(
        "datalist",
        { id: "syncd-creators" },
        names.map((value) => h("option", { value })),
      ),
      h("button", { type: "submit", class: "syncd-button", l10n: "syncd-follow-search" }),
    );
  },

  /**
   * @param {any[]} found authors, as the daemon tells them
   * @param {(author: any) => unknown} follow
   * @returns {Tree}
   */
  list(found, follow) {
    const { h } = Syncd.element;
    if (!found.length) {
      return Syncd.element.quiet("syncd-follow-nobody");
    }
    return h(
      "ul",
      { class: "syncd-rows" },
      found.map((author) => {
        const args = { author: author.name };
        const details = [author.affiliation, author.field, author.service].filter(Boolean).join(" · ");
        return h(
          "li",
          { class: "syncd-row" },
          h(
            "div",
            null,
            h("strong", { text: author.name }),
            h("div", { class: "syncd-quiet", text: details }),
            this._size(author),
          ),
          Syncd.element.button("syncd-follow-this", () => follow(author), { args }),
        );
      }),
    );
  },

  /** @param {any} author */
  _size({ papers, h_index: index }) {
    const { h } = Syncd.element;
    const known = typeof papers === "number";
    const args = { papers: papers ?? 0, index: index ?? 0 };
    return (
      known &&
      h("small", { l10n: typeof index === "number" ? "syncd-follow-size" : "syncd-follow-papers", args })
    );
  },

  /**
   * @param {any} body
   * @param {string} library
   */
  async _search(body, library) {
    const shown = body.querySelector(".syncd-found");
    const name = body.querySelector("input").value.trim();
    if (!name) {
      return;
    }
    Syncd.element.show(shown, Syncd.element.quiet("syncd-follow-searching"));
    Syncd.element.busy(body, true);
    try {
      const found = await Syncd.daemon.search(name);
      Syncd.element.show(
        shown,
        this.list(found, (author) => this._follow(shown, author, library)),
      );
    } catch (error) {
      Syncd.log(error);
      Syncd.element.show(shown, Syncd.words.troubleLine(error));
    } finally {
      Syncd.element.busy(body, false);
    }
  },

  /**
   * @param {any} shown
   * @param {any} author
   * @param {string} library
   */
  async _follow(shown, author, library) {
    const args = { author: author.name };
    this._say(shown, "syncd-follow-adding", args);
    Syncd.element.busy(shown, true);
    try {
      await Syncd.daemon.follow(author.source, library);
      this._say(shown, "syncd-did-follow", args, () => shown.replaceChildren());
    } catch (error) {
      Syncd.log(error);
      Syncd.element.busy(shown, false);
      const trouble = Syncd.words.trouble(error);
      this._say(shown, trouble.l10n, trouble.args);
    }
  },

  /**
   * Say something above what was found, in place of what was said there before; at the window's corner where the
   * dialog was closed meanwhile.
   *
   * @param {any} shown
   * @param {string} l10n
   * @param {Record<string, string>} args
   * @param {() => void} [clear] what goes before that
   */
  _say(shown, l10n, args, clear = () => shown.querySelector(":scope > .syncd-quiet")?.remove()) {
    if (shown.isConnected === false) {
      Syncd.commands.tell(l10n, args);
      return;
    }
    clear();
    shown.prepend(Syncd.element.make(shown.ownerDocument, Syncd.element.quiet(l10n, args)));
  },
};
