/**
 * A small window for the views' tests: elements that can be looked at and pressed, and a Zotero pane with what was
 * seen in the real client. Whatever else is asked of them is an error.
 */
const { load, start, strict } = require("../zotero.js");

/** An element with no more than the views use. */
class FakeElement {
  constructor(ownerDocument, localName, namespaceURI = "xul") {
    Object.assign(this, {
      ownerDocument,
      localName,
      namespaceURI,
      parent: null,
      hidden: false,
      disabled: false,
    });
    this.attributes = new Map();
    this.childNodes = [];
    this.listeners = new Map();
    this.value = "";
  }

  setAttribute(name, value) {
    this.attributes.set(name, String(value));
    if (name === "value") {
      this.value = String(value);
    }
  }

  getAttribute(name) {
    return this.attributes.get(name) ?? null;
  }

  get className() {
    return this.getAttribute("class") ?? "";
  }

  set className(name) {
    this.setAttribute("class", name);
  }

  append(...nodes) {
    this._insert(this.childNodes.length, nodes);
  }

  prepend(...nodes) {
    this._insert(0, nodes);
  }

  replaceChildren(...nodes) {
    for (const child of [...this.childNodes]) {
      this._drop(child);
    }
    this._insert(0, nodes);
  }

  remove() {
    this.parent?._drop(this);
  }

  get textContent() {
    return this.childNodes.map((child) => (typeof child === "string" ? child : child.textContent)).join("");
  }

  set textContent(text) {
    this.childNodes = text ? [text] : [];
  }

  addEventListener(type, listener) {
    this.listeners.set(type, [...(this.listeners.get(type) ?? []), listener]);
  }

  removeEventListener(type, listener) {
    this.listeners.set(
      type,
      (this.listeners.get(type) ?? []).filter((one) => one !== listener),
    );
  }

  /** Something happens here; returns what became of the event. */
  happen(type, more = {}) {
    const event = { type, target: this, stopped: false, prevented: false, ...more };
    event.stopPropagation = () => (event.stopped = true);
    event.preventDefault = () => (event.prevented = true);
    for (const listener of this.listeners.get(type) ?? []) {
      listener(event);
    }
    return event;
  }

  querySelector(selector) {
    return this.querySelectorAll(selector)[0] ?? null;
  }

  querySelectorAll(selector) {
    const direct = selector.startsWith(":scope > ");
    const wanted = matcher(direct ? selector.slice(9) : selector);
    return (direct ? this.childNodes : this.all()).filter((one) => typeof one !== "string" && wanted(one));
  }

  contains(other) {
    return other === this || this.all().includes(other);
  }

  /** All elements below. */
  all() {
    return this.childNodes.flatMap((child) => (typeof child === "string" ? [] : [child, ...child.all()]));
  }

  /** All elements below that show a message. */
  saying(l10n) {
    return this.all().filter((one) => one.getAttribute("data-l10n-id") === l10n);
  }

  focus() {
    this.ownerDocument.focused = this;
  }

  scrollIntoView() {}

  showModal() {
    this.open = true;
  }

  close() {
    this.open = false;
    this.happen("close");
  }

  _insert(index, nodes) {
    for (const node of nodes) {
      if (typeof node !== "string") {
        node.parent = this;
      }
    }
    this.childNodes.splice(index, 0, ...nodes);
    this.ownerDocument.changed(this);
  }

  _drop(child) {
    this.childNodes = this.childNodes.filter((one) => one !== child);
    if (typeof child !== "string") {
      child.parent = null;
    }
    this.ownerDocument.changed(this);
  }
}

function matcher(selector) {
  const [, tag, kind, name, value] = /^(\w*)([.#[]?)([\w-]*)(?:="([\w-]*)")?\]?$/.exec(selector);
  const tests = {
    ".": (one) => one.className.split(" ").includes(name),
    "#": (one) => one.getAttribute("id") === name,
    "[": (one) => (value === undefined ? one.attributes.has(name) : one.getAttribute(name) === value),
    "": () => true,
  };
  return (one) => (!tag || one.localName === tag) && tests[kind](one);
}

/**
 * @param {object} [options]
 * @param {any} [options.pane] members of the window's ZoteroPane
 */
function makeWindow({ pane = {} } = {}) {
  const observers = new Set();
  const doc = {
    focused: null,
    changed: (element) => {
      for (const observer of [...observers].filter((one) => one.targets.includes(element) && !one.waiting)) {
        observer.waiting = true;
        queueMicrotask(() => observer.look());
      }
    },
    createElementNS: (namespace, name) => new FakeElement(doc, name, namespace),
    createXULElement: (name) => new FakeElement(doc, name),
    createTextNode: (text) => text,
    getElementById: (id) => doc.documentElement.querySelector(`#${id}`),
    querySelectorAll: (selector) => doc.documentElement.querySelectorAll(selector),
    querySelector: (selector) =>
      selector.startsWith("link") ? null : doc.documentElement.querySelector(selector),
  };
  doc.documentElement = new FakeElement(doc, "window");
  for (const id of ["menu_ToolsPopup", "zotero-itemmenu", "zotero-collectionmenu", "zotero-item-message"]) {
    const element = new FakeElement(doc, "box");
    element.setAttribute("id", id);
    doc.documentElement.append(element);
  }
  // Zotero's message, and the buttons above it.
  const head = new FakeElement(doc, "div");
  head.className = "custom-head";
  const box = new FakeElement(doc, "box");
  box.setAttribute("id", "zotero-item-pane-message-box");
  doc.getElementById("zotero-item-message").append(head, box);
  class MutationObserver {
    constructor(draw) {
      this.draw = draw;
      this.targets = [];
    }

    observe(target) {
      this.targets.push(target);
      observers.add(this);
    }

    look() {
      this.waiting = false;
      this.draw();
    }

    disconnect() {
      observers.delete(this);
    }
  }
  const window = strict("window", {
    document: doc,
    MutationObserver,
    MozXULElement: { insertFTLIfNeeded() {} },
    ZoteroPane: strict("ZoteroPane", {
      getSelectedCollections: () => [],
      getCollectionTreeRows: () => [],
      getSelectedCollection: undefined,
      getSelectedItems: () => [],
      itemsView: null,
      ...pane,
    }),
  });
  doc.defaultView = window;
  return window;
}

/**
 * The items list as Zotero has it, where it is in the order of a column, and how often it was put in order.
 *
 * @param {string} field
 */
function makeList(field) {
  const list = {
    field,
    sorted: 0,
    /** The items that were put in order last; all where there are none. */
    moved: undefined,
    ready: false,
    getSortField: () => list.field,
    waitForLoad: async () => {
      list.ready = true;
    },
    sort: async (ids) => {
      list.sorted += list.ready ? 1 : 100;
      list.moved = ids;
    },
  };
  return strict("itemsView", list);
}

/** An item as Zotero has it. */
/** Keys of an item that was erased, and of one in the trash. */
const GONE = "GGGG2222";
const TRASHED = "TTTT2222";

function makeItem({
  key = "AAAA2222",
  tags = [],
  links = [],
  added = "2026-11-24 10:00:00",
  creators = [],
} = {}) {
  return strict("item", {
    id: key,
    key,
    libraryID: 1,
    dateAdded: added,
    isRegularItem: () => true,
    getTags: () => tags,
    getTagType: (name) => tags.find(({ tag }) => tag === name)?.type ?? null,
    getAttachments: () => links.map(([title, url, mode = 3]) => ({ title, url, mode })),
    getCreators: () => creators,
  });
}

const makeCollection = (key) => strict("collection", { key, libraryID: 1 });

/** What the views use of Zotero beyond what the rest of the plugin does. */
function declare({ Zotero, add, strict: only }) {
  const opened = [];
  const notes = [];
  const refreshed = [];
  add(Zotero, {
    launched: opened,
    notes,
    refreshed,
    launchURL: (address) => opened.push(address),
    Attachments: only("Zotero.Attachments", { LINK_MODE_LINKED_URL: 3 }),
    ProgressWindow: class {
      changeHeadline() {}

      addDescription(text) {
        notes.push(text);
      }

      show() {}

      startCloseTimer() {}

      close() {}
    },
  });
  add(Zotero.ItemTypes, { getLocalizedString: (type) => `Type ${type}` });
  add(Zotero.ItemFields, { getLocalizedString: (field) => `Field ${field}` });
  add(Zotero.Notifier, {
    trigger: async (event, type, ids) => refreshed.push([event, type, ids]),
  });
  add(Zotero.Items, {
    // Here an item's number is its key.
    getIDFromLibraryAndKey: (_libraryID, key) => key,
    getByLibraryAndKey: (_libraryID, key) => (key === GONE ? false : { deleted: key === TRASHED }),
    get: (children) =>
      children.map(({ title, url, mode }) => ({
        attachmentLinkMode: mode,
        getField: (name) => ({ title, url })[name],
      })),
  });
}

/** As much of Gecko's as drawings need: elements of one namespace, and text. What is no XML is not noticed. */
class FakeDOMParser {
  parseFromString(text, type) {
    if (type !== "image/svg+xml") {
      throw new Error(`${type} is not to be parsed`);
    }
    const said = (words) =>
      words.replace(/&(lt|gt|quot|amp);/g, (_, name) => ({ lt: "<", gt: ">", quot: '"', amp: "&" })[name]);
    const root = { childNodes: [], namespaceURI: null };
    const open = [root];
    for (const [, end, name, props, empty, words] of text.matchAll(/<(\/?)([\w:]+)([^>]*?)(\/?)>|([^<]+)/g)) {
      const parent = open[open.length - 1];
      if (words) {
        parent.childNodes.push({ nodeType: 3, data: said(words) });
      } else if (end) {
        open.pop();
      } else {
        const attributes = [...props.matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, one, value]) => ({
          name: one,
          value: said(value),
        }));
        const own = attributes.find((one) => one.name === "xmlns")?.value;
        const made = {
          nodeType: 1,
          localName: name,
          attributes,
          childNodes: [],
          namespaceURI: own ?? parent.namespaceURI,
        };
        parent.childNodes.push(made);
        open.push(...(empty ? [] : [made]));
      }
    }
    return { documentElement: root.childNodes[0] };
  }
}

/** A daemon that answers what a test gives it, and remembers what it was asked. */
function makeDaemon(answers = {}) {
  const asked = [];
  const fails = async () => {
    throw Object.assign(new Error("not-running"), { reason: "not-running" });
  };
  const names = [
    "status",
    "items",
    "known",
    "profiles",
    "figures",
    "reviews",
    "search",
    "syncNow",
    "pause",
    "resume",
    "undo",
    "undoing",
    "dashboard",
  ];
  const methods = [...names, "follow", "unfollow", "review", "rejecting", "reject"].map((name) => [
    name,
    async (...words) => {
      asked.push([name, ...words]);
      return name in answers ? answers[name](...words) : fails();
    },
  ]);
  return { asked, paired: true, onChange: () => () => {}, ...Object.fromEntries(methods) };
}

/** Load the views, with a daemon of the test's own. */
function views({ answers, declare: more = () => {}, globals = {}, ...options } = {}) {
  const all = (tools) => {
    declare(tools);
    more(tools);
  };
  const loaded = load({ declare: all, globals: { DOMParser: FakeDOMParser, ...globals }, ...options });
  const daemon = makeDaemon(answers);
  loaded.Syncd.daemon = daemon;
  loaded.Syncd.id = "syncd@zotero";
  return { ...loaded, daemon };
}

/** Start the whole plugin in one window. */
async function started(window, options = {}) {
  const loaded = await start({ declare, ...options });
  loaded.world.windows.push(window);
  return loaded;
}

/** Let all that waits for nothing but its turn go on. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** A value of the plugin's own scope, to be compared with one of the test's. */
const plain = (value) => JSON.parse(JSON.stringify(value ?? null));

module.exports = {
  FakeElement,
  declare,
  makeCollection,
  makeDaemon,
  makeItem,
  makeList,
  makeWindow,
  plain,
  settle,
  started,
  views,
};
