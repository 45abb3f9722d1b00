/**
 * The windows of the plugin's dialogs for its tests: what Gecko makes of the documents in content/, as far as the plugin
 * uses it.
 */
const fs = require("node:fs");
const path = require("node:path");
const { SOURCE, strict } = require("../zotero.js");
const { FakeElement, makeWindow } = require("./window.js");

/** An element of such a document, with what lists and dialogs have besides. */
class DialogElement extends FakeElement {
  get selectedItem() {
    return this.querySelectorAll("richlistitem")[this._index] ?? null;
  }

  set selectedIndex(index) {
    this._index = index;
    this.happen("select");
  }

  replaceChildren(...nodes) {
    super.replaceChildren(...nodes);
    this._index = -1;
  }

  toggleAttribute(name, force) {
    if (force) {
      this.setAttribute(name, "");
    } else {
      this.attributes.delete(name);
    }
  }

  contains(other) {
    return other === this || this.all().includes(other);
  }

  /** What is inert takes no focus. */
  focus() {
    for (let one = this; one; one = one.parent) {
      if (one.attributes.has("inert")) {
        return;
      }
    }
    super.focus();
  }

  select() {}

  click() {
    this.happen(this.namespaceURI.endsWith("xhtml") ? "click" : "command");
  }

  getButton(name) {
    return this._buttons[name];
  }
}

/**
 * Open a document of the plugin's, as a window's `openDialog` does.
 *
 * @param {any} opener
 * @param {string} address
 * @param {World} world
 */
function openDialog(opener, address, world) {
  const [root, name] = /^(chrome:\/\/[^/]+\/content\/)([\w-]+\.xhtml)$/.exec(address)?.slice(1) ?? [];
  if (world.chrome.get(root) !== "file:///plugin/content/") {
    throw new Error(`there is nothing at ${address}`);
  }
  const text = fs.readFileSync(path.join(SOURCE, "content", name), "utf8");
  const own = (attribute) => new RegExp(`\\s${attribute}="([^"]*)"`).exec(text)?.[1] ?? null;
  const document = {
    focused: null,
    changed() {},
    createElementNS: (namespace, tag) => new DialogElement(document, tag, namespace),
    createTextNode: (words) => words,
    getElementById: (id) => document.documentElement.querySelector(`#${id}`),
    querySelector: (selector) => document.documentElement.querySelector(selector),
    addEventListener: (type, listener) => document.documentElement.addEventListener(type, listener),
    get activeElement() {
      return document.focused;
    },
    l10n: strict("l10n", {
      setAttributes: (element, id) => element.setAttribute("data-l10n-id", id),
      translateFragment: async () => {},
    }),
  };
  const make = (tag, id) => {
    const element = new DialogElement(document, tag);
    if (id) {
      element.setAttribute("id", id);
    }
    return element;
  };
  document.documentElement = make("window");
  const dialog = make("dialog");
  dialog._buttons = Object.fromEntries(
    ["accept", "cancel", "extra1", "extra2"].map((each) => {
      const button = make("button");
      button.hidden = !own("buttons").split(",").includes(each);
      button.disabled = own(`buttondisabled${each}`) === "true";
      button.setAttribute("data-l10n-id", own(`buttonid${each}`) ?? `standard-${each}`);
      return [each, button];
    }),
  );
  dialog.append(make("div", "syncd-body"), make("p", "syncd-notice"));
  document.documentElement.append(dialog);
  const listeners = new Map();
  const window = strict("dialog", {
    document,
    opener,
    closed: false,
    focus: () => {
      window.focused = true;
    },
    focused: false,
    screen: { availHeight: 800 },
    sizeToContent() {},
    setTimeout: (action) => setImmediate(action),
    clearTimeout: (timer) => clearImmediate(timer),
    setInterval: (action) => listeners.set("minute", action),
    addEventListener: (type, listener) => listeners.set(type, listener),
    close: () => {
      if (!window.closed) {
        window.closed = true;
        listeners.get("unload")?.();
      }
    },
    /** Something happens to the window. */
    happen: (type) => listeners.get(type)?.(),
    /** A button is pressed; returns whether it was to be had. */
    press: (which) => {
      const { hidden, disabled } = dialog._buttons[which];
      if (!hidden && !disabled) {
        const { prevented } = document.documentElement.happen(`dialog${which}`);
        if (!prevented && ["accept", "cancel"].includes(which)) {
          window.close();
        }
      }
      return !hidden && !disabled;
    },
    button: (which) => dialog._buttons[which],
    saying: (l10n) => document.documentElement.saying(l10n),
    find: (selector) => document.documentElement.querySelectorAll(selector),
  });
  document.defaultView = window;
  setImmediate(() => window.happen("load"));
  return window;
}

/**
 * A main window from which dialogs can be opened; they are in `dialogs`, in the order in which they were opened.
 *
 * @param {World} world
 * @param {object} [options] as `makeWindow` takes them
 */
function makeOpener(world, options) {
  const dialogs = [];
  const main = makeWindow(options);
  const members = Object.getOwnPropertyDescriptors({
    openDialog: (address, name, features) => {
      if (name !== "" || !features.split(",").includes("chrome")) {
        throw new Error("this would be no window of Zotero's");
      }
      const window = openDialog(opener, address, world);
      dialogs.push(window);
      return window;
    },
    dialogs,
    get dialog() {
      return dialogs.at(-1);
    },
    focus() {},
  });
  const opener = strict(
    "window",
    Object.defineProperties({ document: main.document, ZoteroPane: main.ZoteroPane }, members),
  );
  main.document.defaultView = opener;
  return opener;
}

module.exports = { makeOpener };
