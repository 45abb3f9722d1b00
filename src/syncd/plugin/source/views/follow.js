/**
 * The dialog "Follow an Author": a name, whom the services know by it, and whom of these to follow.
 *
 * Searches for the name that it was opened with, and for others when asked to; follows only who was chosen.
 */

/** The page of an author at each service, by its name in sources. */
const PAGES = /** @type {Record<string, (id: string) => string>} */ ({
  dblp: (id) => `https://dblp.org/pid/${id}`,
  openalex: (id) => `https://openalex.org/${id}`,
  orcid: (id) => `https://orcid.org/${id}`,
  s2: (id) => `https://www.semanticscholar.org/author/${id}`,
  scholarfeed: (id) => `https://scholarfeed.org/author/${id}`,
});
/** What DBLP puts behind a name that several people have. */
const HOMONYM = /\s\d{4}$/;
/** As many of an item's creators are offered. */
const MOST_NAMES = 8;

Syncd.follow = {
  /**
   * @param {any} opener
   * @param {string[]} names of an item's creators, the likeliest first
   * @param {string} library where the papers are to go, such as "users/0"
   */
  open(opener, names, library) {
    // It may be open for somebody else.
    Syncd.dialog.close("follow");
    Syncd.dialog.open(opener, "follow", (window) => this._fill(window, names, library));
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
   * @param {any} window
   * @param {string[]} names
   * @param {string} library
   */
  async _fill(window, names, library) {
    const body = Syncd.dialog.body(window);
    const search = () => this._search(window);
    const choose = (/** @type {string} */ name) => {
      body.querySelector("input").value = name;
      return search();
    };
    Syncd.element.show(body, this.form(names, library, search, choose));
    const list = body.querySelector("richlistbox");
    const accept = Syncd.dialog.button(window, "accept");
    list.addEventListener("select", () => {
      accept.disabled = !list.selectedItem;
      this._reach(list);
    });
    body.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this._enter(event, search));
    list.addEventListener("dblclick", () => accept.disabled || accept.click());
    Syncd.dialog.onPress(window, "accept", () => this._follow(window, list.selectedItem, library));
    const input = body.querySelector("input");
    input.focus();
    input.select();
    await Syncd.dialog.fit(window);
    await search();
  },

  /**
   * Let Enter do in the form what it does anywhere: else it would press the dialog's own button besides.
   *
   * @param {any} event
   * @param {() => unknown} search
   */
  _enter(event, search) {
    const { target } = event;
    if (event.key === "Enter" && !event.isComposing && ["button", "input"].includes(target.localName)) {
      event.preventDefault();
      if (target.localName === "input") {
        search();
      } else {
        target.click();
      }
    }
  },

  /**
   * Let Tab stop at the links of the chosen row alone.
   *
   * @param {any} list
   */
  _reach(list) {
    for (const link of list.querySelectorAll("button")) {
      link.setAttribute("tabindex", list.selectedItem?.contains(link) ? "0" : "-1");
    }
  },

  /**
   * @param {string[]} names
   * @param {string} library
   * @param {() => unknown} search for the name that stands there
   * @param {(name: string) => unknown} choose one of the names
   * @returns {Tree}
   */
  form(names, library, search, choose) {
    const { h } = Syncd.element;
    const others = names.slice(1, MOST_NAMES);
    return h(
      "div",
      { class: "syncd-view" },
      h(
        "div",
        { class: "syncd-line" },
        h("label", { for: "syncd-name", l10n: "syncd-follow-name" }),
        h("input", { id: "syncd-name", type: "text", value: names[0] ?? "" }),
        h("xul:button", { l10n: "syncd-button-search", on: { command: search } }),
      ),
      others.length > 0 &&
        h(
          "div",
          { class: "syncd-others" },
          h("span", { class: "syncd-quiet", l10n: "syncd-follow-others" }),
          others.map((name) => this._link(name, () => choose(name))),
        ),
      h("xul:richlistbox", { class: "syncd-choices syncd-people", l10n: "syncd-follow-found" }),
      h("p", {
        class: "syncd-quiet",
        l10n: "syncd-follow-into",
        args: { library: Syncd.words.library(library) },
      }),
    );
  },

  /**
   * @param {string} text
   * @param {() => unknown} press
   * @param {Record<string, any>} [props]
   */
  _link(text, press, props) {
    const { h } = Syncd.element;
    return h("button", { type: "button", class: "syncd-link", text, on: { click: press }, ...props });
  },

  /**
   * Put together who is one person.
   *
   * @param {any[]} found authors, as the daemon tells them
   * @returns {any[][]} in the order in which they were found; in each, first at the service that knows the most papers
   */
  people(found) {
    /** @type {any[][]} */
    const people = [];
    for (const author of found) {
      const person = people.find((each) => each.every((one) => this._isSame(one, author, found)));
      if (person) {
        person.push(author);
      } else {
        people.push([author]);
      }
    }
    return people.map((person) => person.sort((one, other) => (other.papers ?? 0) - (one.papers ?? 0)));
  },

  /**
   * Return whether two services mean the same person: the same name, and work at the same place. Where one of them
   * knows no place, the name tells enough if neither has it twice.
   *
   * @param {any} one
   * @param {any} other
   * @param {any[]} found
   */
  _isSame(one, other, found) {
    if (one.service === other.service || !this._isAlike(one, other)) {
      return false;
    }
    const [here, there] = [one, other].map(({ affiliation }) => this._letters(affiliation ?? ""));
    if (here && there) {
      return here.includes(there) || there.includes(here);
    }
    return [one, other].every(
      (each) =>
        found.filter((author) => author.service === each.service && this._isAlike(author, each)).length === 1,
    );
  },

  /**
   * @param {any} one
   * @param {any} other
   */
  _isAlike(one, other) {
    return this._letters(this.name(one)) === this._letters(this.name(other));
  },

  /** @param {string} text */
  _letters(text) {
    return text
      .normalize("NFKD")
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]/gu, "");
  },

  /**
   * @param {any} author
   * @returns {string} the name as people write it
   */
  name({ name }) {
    const [last, first] = name.replace(HOMONYM, "").split(", ");
    return first ? `${first} ${last}` : last;
  },

  /**
   * @param {any[]} person as `people` has them
   * @returns {Tree}
   */
  row(person) {
    const { h } = Syncd.element;
    const [author] = person;
    const topics = author.topics?.join(", ") || author.field;
    const about = [author.affiliation, topics].filter(Boolean).join(" · ");
    return h(
      "xul:richlistitem",
      { value: author.source },
      h("div", { dir: "auto", text: this.name(author) }),
      about && h("small", { dir: "auto", text: about }),
      h(
        "small",
        { class: "syncd-services" },
        person.map((one) => this._service(one)),
      ),
    );
  },

  /** @param {any} author */
  _service({ service, source, papers, h_index: index }) {
    const { h } = Syncd.element;
    const [kind, id] = [source.slice(0, source.indexOf(":")), source.slice(source.indexOf(":") + 1)];
    const page = Syncd.format.webAddress(PAGES[kind]?.(id));
    const isKnown = typeof papers === "number";
    const args = { papers: papers ?? 0, index: index ?? 0 };
    return h(
      "span",
      null,
      page
        ? this._link(service, () => Zotero.launchURL(page), { role: "link", title: page, tabindex: "-1" })
        : service,
      isKnown &&
        h("span", { l10n: typeof index === "number" ? "syncd-follow-size" : "syncd-follow-papers", args }),
    );
  },

  /** @param {any} window */
  async _search(window) {
    const body = Syncd.dialog.body(window);
    const list = body.querySelector("richlistbox");
    const name = body.querySelector("input").value.trim();
    Syncd.element.show(list);
    Syncd.dialog.button(window, "accept").disabled = true;
    if (!name) {
      return;
    }
    Syncd.dialog.say(window, "syncd-follow-searching");
    /** @type {any} */
    let error = null;
    const found = await Syncd.daemon.search(name, { fresh: true }).catch((caught) => {
      error = caught;
      return [];
    });
    // Another name may have been asked for meanwhile, or the dialog closed.
    if (window.closed || body.querySelector("input").value.trim() !== name) {
      return;
    }
    if (error) {
      Syncd.log(error);
      const { l10n, args } = Syncd.words.trouble(error);
      Syncd.dialog.say(window, l10n, args);
    } else {
      Syncd.element.show(list, ...this.people(found).map((person) => this.row(person)));
      Syncd.dialog.say(window, found.length ? null : "syncd-follow-nobody");
    }
  },

  /**
   * @param {any} window
   * @param {any} item of the list
   * @param {string} library
   */
  async _follow(window, item, library) {
    const author = item.querySelector("div").textContent;
    Syncd.dialog.say(window, "syncd-follow-adding", { author });
    await Syncd.dialog.busy(window, async () => {
      await Syncd.daemon.follow(item.value, library);
      window.close();
      Syncd.commands.tell("syncd-did-follow", { author });
    });
  },
};
