/**
 * The plugin's dialogs: windows of their own, at most one of each kind, which close with the plugin and with the window
 * that they were opened from.
 *
 * Each is a document in content/, with the buttons in the place where the system has them. Its view fills it and says
 * what the buttons do. Nothing here is modal: the library stays in reach.
 */
Syncd.dialog = {
  FEATURES: "chrome,dialog,centerscreen,resizable",
  /** How much of the screen's height a dialog may take up by itself. */
  TALLEST: 0.8,
  /** @type {any} what keeps the documents' addresses good */
  _chrome: null,
  /** @type {Map<string, {window: any, opener: any}>} by the document's name */
  _open: new Map(),

  startup() {
    /** @type {any} zotero-types doesn't know the manager */
    const { classes } = Components;
    const manager = classes["@mozilla.org/addons/addon-manager-startup;1"].getService(
      Components.interfaces.amIAddonManagerStartup,
    );
    const manifest = Services.io.newURI(`${Syncd.rootURI}manifest.json`);
    this._chrome = manager.registerChrome(manifest, [["content", this._package, "content/"]]);
  },

  /** What the documents' addresses begin with. A newer plugin has others: Gecko remembers what was at one. */
  get _package() {
    return `syncd-${Syncd.version}`;
  },

  /** @param {string} name of a file in content/ */
  address(name) {
    return `chrome://${this._package}/content/${name}`;
  },

  shutdown() {
    for (const name of this._open.keys()) {
      this.close(name);
    }
    this._chrome?.destruct();
    this._chrome = null;
  },

  /** @param {any} window */
  windowUnloaded(window) {
    for (const [name, { opener }] of this._open) {
      if (opener === window) {
        this.close(name);
      }
    }
  },

  /**
   * Open a dialog, or bring it to the front where it is open.
   *
   * @param {any} opener
   * @param {string} name of its document
   * @param {(window: any) => unknown} fill is called once its document is there
   */
  open(opener, name, fill) {
    const there = this._open.get(name)?.window;
    if (there && !there.closed) {
      there.focus();
      return;
    }
    const window = opener.openDialog(this.address(`${name}.xhtml`), "", this.FEATURES);
    this._open.set(name, { window, opener });
    const unloaded = () => {
      if (this._open.get(name)?.window === window) {
        this._open.delete(name);
      }
    };
    const loaded = () => {
      // Not before: what a window shows at first is unloaded for the document that was asked for.
      window.addEventListener("unload", unloaded, { once: true });
      for (const each of [this.body(window), this._notice(window)]) {
        Zotero.UIProperties.registerRoot(each);
      }
      Syncd.quietly(`the dialog ${name}`, () => fill(window));
    };
    window.addEventListener("load", loaded, { once: true });
  },

  /** @param {string} name */
  close(name) {
    const there = this._open.get(name);
    this._open.delete(name);
    there?.window.close();
  },

  /**
   * @param {any} window a dialog
   * @returns {any} where its view shows itself
   */
  body(window) {
    return window.document.getElementById("syncd-body");
  },

  /** @param {any} window a dialog */
  _notice(window) {
    return window.document.getElementById("syncd-notice");
  },

  /**
   * @param {any} window a dialog
   * @param {string} name "accept", "cancel", "extra1" or "extra2"
   * @returns {any} one of its buttons
   */
  button(window, name) {
    return window.document.querySelector("dialog").getButton(name);
  },

  /**
   * Say what a button does. The dialog stays open.
   *
   * @param {any} window a dialog
   * @param {string} name as `button` has it
   * @param {() => unknown} press
   */
  onPress(window, name, press) {
    window.document.addEventListener(`dialog${name}`, (/** @type {Event} */ event) => {
      event.preventDefault();
      Syncd.quietly(`the button ${name}`, press);
    });
  },

  /**
   * Show one line beneath the view, in place of what was said there before; none without a message. Where the dialog was
   * closed meanwhile, the line shows at the corner of Zotero's window.
   *
   * @param {any} window a dialog
   * @param {string | null} l10n
   * @param {Record<string, string | number>} [args]
   */
  say(window, l10n, args = {}) {
    if (window.closed) {
      if (l10n) {
        Syncd.commands.tell(l10n, args);
      }
      return;
    }
    const line = this._notice(window);
    if (l10n) {
      line.replaceChildren(Syncd.element.make(window.document, Syncd.element.h("span", { l10n, args })));
    } else {
      line.replaceChildren();
    }
  },

  /**
   * Do something while nothing in the dialog but Cancel can be pressed, and say beneath the view why it failed.
   *
   * @param {any} window a dialog
   * @param {() => Promise<void>} act
   */
  async busy(window, act) {
    const names = ["accept", "extra1", "extra2"];
    const buttons = names.map((name) => this.button(window, name));
    const before = buttons.map((button) => button.disabled);
    const set = (/** @type {boolean} */ isBusy) => {
      buttons.forEach((button, number) => {
        button.disabled = isBusy || before[number];
      });
      this.body(window).toggleAttribute("inert", isBusy);
    };
    set(true);
    try {
      await act();
    } catch (error) {
      Syncd.log(error);
      const { l10n, args } = Syncd.words.trouble(error);
      this.say(window, l10n, args);
    } finally {
      if (!window.closed) {
        set(false);
      }
    }
  },

  /**
   * Make a dialog as tall as what it shows, and no wider than it has to be.
   *
   * @param {any} window
   */
  async fit(window) {
    // Before that, what it says is not there.
    await window.document.l10n.translateFragment(window.document.documentElement);
    const { scrollHeight, clientHeight } = this.body(window);
    // A window that holds everything stays as the reader has it.
    if (scrollHeight > clientHeight) {
      const maxHeight = Math.round(window.screen.availHeight * this.TALLEST);
      window.sizeToContent({ prefWidth: 1, maxHeight });
    }
  },

  /**
   * Ask before something is done that is not undone by a click.
   *
   * @param {any} window
   * @param {string} l10n what is asked: this message, and those that end in "-question" and "-yes"
   * @param {Record<string, string | number>} args
   * @returns {boolean} whether the answer was yes
   */
  ask(window, l10n, args) {
    const answer = Zotero.Prompt.confirm({
      window,
      title: Syncd.words.say(l10n),
      text: Syncd.words.say(`${l10n}-question`, args),
      button0: Syncd.words.say(`${l10n}-yes`),
      button1: Syncd.words.say("syncd-ask-no"),
    });
    return answer === 0;
  },

  /**
   * Let the reader choose one of several.
   *
   * @param {any} window
   * @param {string} l10n what is asked: this message, and that which ends in "-which"
   * @param {string[]} names
   * @returns {number} its place; -1 where they chose none
   */
  choose(window, l10n, names) {
    const chosen = { value: 0 };
    const which = Syncd.words.say(`${l10n}-which`);
    return Services.prompt.select(window, Syncd.words.say(l10n), which, names, chosen) ? chosen.value : -1;
  },
};

Syncd.views.push(Syncd.dialog);
