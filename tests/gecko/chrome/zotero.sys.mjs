/**
 * What a plugin meets of Zotero, in a real Gecko: the scope it runs in, its strings, windows, registrations, server.
 *
 * Each follows what Zotero's own source does there, in as few lines as the tests need, and fails where Zotero would
 * refuse. There is no database: items are objects that a test makes up.
 */

import { HttpServer } from "chrome://remote/content/server/httpd.sys.mjs";
import { clearInterval, clearTimeout, setInterval, setTimeout } from "resource://gre/modules/Timer.sys.mjs";

const startup = Cc["@mozilla.org/addons/addon-manager-startup;1"].getService(Ci.amIAddonManagerStartup);
const CONTENT = "chrome://zotero-gecko/content/";
const XUL = "http://www.mozilla.org/keymaster/gatekeeper/there.is.only.xul";
const CUSTOM = "zotero-custom-menu-item";
const REASONS = {
  APP_STARTUP: 1,
  APP_SHUTDOWN: 2,
  ADDON_ENABLE: 3,
  ADDON_DISABLE: 4,
  ADDON_INSTALL: 5,
  ADDON_UNINSTALL: 6,
  ADDON_UPGRADE: 7,
  ADDON_DOWNGRADE: 8,
};
/** What Zotero gives a plugin's scope of the web; there is no window, and no AbortController. */
const GLOBALS = [
  "atob",
  "btoa",
  "Blob",
  "crypto",
  "CSS",
  "ChromeUtils",
  "DOMParser",
  "fetch",
  "File",
  "FileReader",
  "TextDecoder",
  "TextEncoder",
  "URL",
  "URLSearchParams",
  "XMLHttpRequest",
];
/** The menus in which Zotero sets a line above what plugins add, and that line. */
const GROUPED = ["main/library/item", "main/library/collection"];
const LINE = "zotero-custom-menu-group-separator";
const TARGETS = ["main/menubar/tools", "main/library/item", "main/library/collection", "itemPane/info/row"];

/** What Gecko complained of that may be the plugin's, or its strings'. */
export const complaints = [];
/** What the plugin told Zotero's debug output. */
export const debug = [];
/** What the plugin opened in the browser. */
export const launched = [];
/** What the plugin said at the corner. */
export const notes = [];

const listener = {
  observe(message) {
    const text = String(message.message ?? message);
    // Firefox itself dislikes that strings come and go, and speaks no other language.
    const own = /AboutNewTab|Missing resource in locale [\w-]+: (?!syncd|zotero)/.test(text);
    if (/syncd|zotero-gecko|fluent|l10n|locale|Content-Security-Policy/i.test(text) && !own) {
      complaints.push(text);
    }
  },
};
Services.console.registerListener(listener);

/** What plugins registered of one kind. What Zotero refuses, in a line of its debug output, is an error here. */
class Registry {
  constructor(key, types) {
    Object.assign(this, { key, types, all: new Map() });
  }

  register(options) {
    for (const [name, type] of Object.entries(this.types)) {
      const optional = type.endsWith("?");
      const kind = type.replace("?", "");
      const value = options[name];
      const right = kind === "array" ? Array.isArray(value) : typeof value === kind;
      if (!(right || (optional && value === undefined))) {
        return this.refuse(`${name} must be ${kind}`);
      }
    }
    const id = `${options.pluginID}-${options[this.key]}`.replace(/[^a-zA-Z0-9-_]/g, "-");
    if (this.all.has(id)) {
      return this.refuse(`${id} is there already`);
    }
    this.all.set(id, { ...options, [this.key]: id });
    return id;
  }

  refuse(why) {
    throw new Error(`Zotero would refuse this: ${why}`);
  }

  forget(pluginID) {
    for (const [id, options] of this.all) {
      if (options.pluginID === pluginID) {
        this.all.delete(id);
      }
    }
  }
}

const text = "string";
const action = "function?";
const columns = new Registry("dataKey", {
  dataKey: text,
  label: text,
  pluginID: text,
  sortReverse: "boolean?",
  width: "string?",
  minWidth: "number?",
  fixedWidth: "boolean?",
  staticWidth: "boolean?",
  iconPath: "string?",
  zoteroPersist: "array?",
  dataProvider: action,
  renderCell: action,
});
const sections = new Registry("paneID", {
  paneID: text,
  pluginID: text,
  onRender: "function",
  onInit: action,
  onDestroy: action,
  onItemChange: action,
  onAsyncRender: action,
  header: "object",
  sidenav: "object",
});
const menus = new Registry("menuID", { menuID: text, pluginID: text, target: text, menus: "array" });
const panes = [];

function checkMenus(entries) {
  for (const { menuType, l10nID, menus: inner } of entries) {
    if (!["menuitem", "separator", "submenu"].includes(menuType) || (l10nID && typeof l10nID !== "string")) {
      menus.refuse(`${menuType}, ${l10nID}`);
    }
    if (menuType === "submenu") {
      checkMenus(inner);
    }
  }
}

/** Zotero's windows that a plugin may be told of, and those that it is not. */
export const windows = [];
export const others = [];

export const Zotero = {
  version: "11.0",
  isWin: false,
  locale: "en-US",
  initializationPromise: Promise.resolve(),
  uiReadyPromise: Promise.resolve(),
  addShutdownListener() {},
  debug: (message) => debug.push(String(message)),
  logError: (error) => complaints.push(`logged: ${error}\n${error.stack ?? ""}`),
  getMainWindows: () => [...windows],
  getMainWindow: () => windows[0] ?? null,
  getActiveZoteroPane: () => windows[0]?.ZoteroPane ?? null,
  launchURL: (url) => launched.push(url),
  Prefs: {
    get: (name) => Services.prefs.getStringPref(name, "") || undefined,
    set: (name, value) => Services.prefs.setStringPref(name, value),
    clear: (name) => Services.prefs.clearUserPref(name),
    registerObserver: (name) => Symbol(name),
    unregisterObserver() {},
  },
  Profile: { dir: Services.dirsvc.get("ProfD", Ci.nsIFile).path },
  File: { getResourceAsync: async (address) => (await fetch(address)).text() },
  Promise: { delay: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) },
  Notifier: {
    observers: new Map(),
    registerObserver(observer, _types, id = "observer") {
      const key = `${id}_${this.observers.size}`;
      this.observers.set(key, observer);
      return key;
    },
    unregisterObserver(key) {
      this.observers.delete(key);
    },
    async trigger() {},
  },
  Libraries: {
    userLibraryID: 1,
    getName: () => "My Library",
    get: () => ({ libraryID: 1, libraryType: "user", editable: true }),
    getAll: () => [{ libraryID: 1, libraryType: "user", editable: true }],
  },
  Groups: { getLibraryIDFromGroupID: () => false },
  Users: { getLocalUserKey: () => "abcdefgh", getCurrentUserID: () => 1 },
  Items: {
    get: (ids) => ids.map((id) => ({ ...id })),
    getIDFromLibraryAndKey: () => false,
    getByLibraryAndKey: () => ({ deleted: false }),
  },
  Attachments: { LINK_MODE_LINKED_URL: 3 },
  ItemTypes: { getID: (name) => (name === "preprint" ? 1 : false), getLocalizedString: () => "Preprint" },
  ItemFields: {
    getID: (name) => (["title", "abstractNote", "date"].includes(name) ? 1 : false),
    getLocalizedString: (name) => ({ title: "Title", abstractNote: "Abstract", date: "Date" })[name],
  },
  Server: { Endpoints: {} },
  ItemTreeManager: { registerColumn: (options) => columns.register(options), refreshColumns: () => {} },
  ItemPaneManager: {
    registerSection(options) {
      for (const part of [options.header, options.sidenav]) {
        if (typeof part.l10nID !== "string" || typeof part.icon !== "string") {
          sections.refuse("header and sidenav must have l10nID and icon");
        }
      }
      return sections.register(options);
    },
  },
  MenuManager: {
    registerMenu(options) {
      if (!TARGETS.includes(options.target)) {
        menus.refuse(options.target);
      }
      checkMenus(options.menus);
      return menus.register(options);
    },
  },
  Prompt: {
    confirm({ window, title, text, button0, button1 }) {
      const { BUTTON_POS_0, BUTTON_POS_1, BUTTON_TITLE_IS_STRING } = Services.prompt;
      const flags = (BUTTON_POS_0 + BUTTON_POS_1) * BUTTON_TITLE_IS_STRING;
      return Services.prompt.confirmEx(window, title, text, flags, button0, button1, null, null, {});
    },
  },
  UIProperties: {
    registerRoot(root) {
      root.style.fontSize = "1.3rem";
    },
  },
  PreferencePanes: {
    async register(options) {
      if (!options.pluginID || !options.src) {
        throw new Error("pluginID and src must be provided");
      }
      panes.push(options);
      return `pane-${panes.length}`;
    },
  },
  ProgressWindow: class {
    changeHeadline() {}
    addDescription(words) {
      notes.push(words);
    }
    show() {}
    startCloseTimer() {}
  },
};

/** What is registered now, by kind: nothing of a plugin's may be left when it has gone. */
export function registered() {
  return {
    columns: [...columns.all.keys()],
    sections: [...sections.all.keys()],
    menus: [...menus.all.keys()],
    panes: panes.length,
    endpoints: Object.keys(Zotero.Server.Endpoints),
    observers: [...Zotero.Notifier.observers.keys()],
  };
}

/** A plugin: what is in an xpi, loaded as Zotero loads it. */
export class Plugin {
  /**
   * @param {string} rootURI of the xpi, "jar:file:….xpi!/"
   * @param {string} id
   */
  constructor(rootURI, id) {
    Object.assign(this, { rootURI, id });
    this.scope = new Cu.Sandbox(Services.scriptSecurityManager.getSystemPrincipal(), {
      sandboxName: id,
      wantGlobalProperties: GLOBALS,
    });
    Object.assign(this.scope, REASONS, {
      Zotero,
      IOUtils,
      Localization,
      PathUtils,
      Services,
      setTimeout,
      clearTimeout,
      setInterval,
      clearInterval,
    });
    this.load("bootstrap.js", this.scope);
    const branch = Services.prefs.getDefaultBranch("");
    this.load("prefs.js", { pref: (name, value) => branch.setStringPref(name, value) });
    const strings = new L10nFileSource(id, "app", this.locales(), `${rootURI}locale/{locale}/`);
    L10nRegistry.getInstance().registerSources([strings]);
  }

  /** The languages that are in the xpi, of those that Zotero has, as Zotero 8 and 9 look for them. */
  locales() {
    const names = startup.enumerateJARSubtree(Services.io.newURI(`${this.rootURI}locale/`));
    const found = names.map((name) => /^locale\/([^/]+)\/$/.exec(name)?.[1]);
    return found.filter((locale) => Services.locale.availableLocales.includes(locale));
  }

  load(name, target) {
    const options = { target, ignoreCache: true, allowUnsafeURL: true };
    Services.scriptloader.loadSubScriptWithOptions(this.rootURI + name, options);
  }

  /** Call one of bootstrap.js's functions. */
  async call(method, reason, more = {}) {
    const { id, rootURI } = this;
    await this.scope[method]({ id, rootURI, version: "0.1.0", ...more }, REASONS[reason]);
    if (method === "shutdown") {
      for (const registry of [columns, sections, menus]) {
        registry.forget(id);
      }
      panes.splice(0, panes.length, ...panes.filter(({ pluginID }) => pluginID !== id));
    }
  }

  /** Take the strings away, as when it is turned off. */
  unload() {
    L10nRegistry.getInstance().removeSources([this.id]);
  }
}

/** Open one of the documents beside this file as a window, and wait until it is there. */
export async function open(name) {
  const window = Services.ww.openWindow(null, CONTENT + name, "_blank", "chrome,all,dialog=no", null);
  await new Promise((resolve) => window.addEventListener("load", resolve, { once: true }));
  window.Zotero = Zotero;
  others.push(window);
  return window;
}

/**
 * Open a main window in which a test says what is selected.
 *
 * @param {{items?: any[], collections?: any[]}} [selected]
 */
export async function openMain(selected = {}) {
  const window = await open("main.xhtml");
  window.ZoteroPane = {
    selected: { items: [], collections: [], ...selected },
    getSelectedItems() {
      return this.selected.items;
    },
    getSelectedCollections() {
      return this.selected.collections;
    },
    getCollectionTreeRows() {
      return [];
    },
  };
  // As Zotero's own window: Enter and Space press what has this class.
  window.document.addEventListener("keydown", ({ key, target }) => {
    if ([" ", "Enter"].includes(key) && target.classList.contains("keyboard-clickable")) {
      target.click();
    }
  });
  others.splice(others.indexOf(window), 1);
  windows.push(window);
  return window;
}

/** Close a window, and forget it. */
export function close(window) {
  for (const list of [windows, others]) {
    if (list.includes(window)) {
      list.splice(list.indexOf(window), 1);
    }
  }
  window.close();
}

/** Show the plugins' panes in a window of preferences, as Zotero does with a fragment of XUL. */
export async function showPanes(window) {
  const { document } = window;
  const container = document.getElementById("pane-container");
  for (const { src, scripts = [], stylesheets = [] } of panes) {
    for (const script of scripts) {
      // A scope with the window behind it: what a script declares is not the window's.
      const scope = new Cu.Sandbox(window, { sandboxPrototype: window, wantXrays: false });
      const options = { target: scope, ignoreCache: true, allowUnsafeURL: true };
      Services.scriptloader.loadSubScriptWithOptions(script, options);
    }
    for (const address of stylesheets) {
      const link = document.createProcessingInstruction("xml-stylesheet", `href="${address}"`);
      document.insertBefore(link, document.firstChild);
      await until(() => link.sheet);
    }
    const markup = await (await window.fetch(src)).text();
    container.append(document.importNode(window.MozXULElement.parseXULToFragment(markup), true));
    await document.l10n.ready;
    await document.l10n.translateFragment(container);
    for (const child of container.children) {
      child.dispatchEvent(new window.Event("load"));
    }
  }
  await document.l10n.translateFragment(container);
  return container;
}

/** Put a target's entries into a menu that opens, and run what each does then. */
export function fillMenu(popup, entries, context, event) {
  const { ownerDocument: document } = popup;
  for (const old of popup.querySelectorAll(`:scope > .${CUSTOM}`)) {
    old.remove();
  }
  for (const entry of entries) {
    const submenu = entry.menuType === "submenu";
    const tag = { menuitem: "menuitem", separator: "menuseparator", submenu: "menu" }[entry.menuType];
    const element = document.createXULElement(tag);
    element.classList.add(CUSTOM);
    if (entry.l10nID) {
      element.dataset.l10nId = entry.l10nID;
    }
    const given = {
      get menuElem() {
        return element;
      },
      setL10nArgs: (args) => {
        element.dataset.l10nArgs = args;
      },
      setEnabled: (enabled) => {
        element.disabled = !enabled;
      },
      setVisible: (visible) => {
        element.hidden = !visible;
      },
      ...context,
    };
    Object.defineProperty(given, "collectionTreeRow", {
      get() {
        throw new Error("collectionTreeRow is no more");
      },
    });
    element.addEventListener("command", (ev) => entry.onCommand?.(ev, given), { once: true });
    if (submenu) {
      const inner = document.createXULElement("menupopup");
      element.append(inner);
      inner.addEventListener("popupshowing", (ev) => {
        fillMenu(inner, entry.menus, context, ev);
      });
    }
    popup.append(element);
    entry.onShowing?.(event, given);
  }
}

/** Let the plugins' entries show themselves in a menu of a window, as at its next opening. */
export function showMenu(window, id, target, context = {}) {
  const popup = window.document.getElementById(id);
  const entries = [...menus.all.values()].filter((menu) => menu.target === target);
  const event = new window.Event("popupshowing");
  if (GROUPED.includes(target) && !popup.querySelector(`.${LINE}`)) {
    const line = window.document.createXULElement("menuseparator");
    line.className = LINE;
    popup.append(line);
  }
  fillMenu(
    popup,
    entries.flatMap((menu) => menu.menus),
    { tabType: "library", ...context },
    event,
  );
  return popup;
}

/** Draw a cell as the items list does. */
export function drawCell(window, name, item, first = false) {
  const [column] = [...columns.all.values()].filter(({ dataKey }) => dataKey.endsWith(`-${name}`));
  const data = column.dataProvider(item, column.dataKey);
  const shown = { ...column, className: `column-${name}` };
  const cell = column.renderCell(0, data, shown, first, window.document);
  if (!(cell instanceof window.Element)) {
    throw new Error("renderCell must return an Element");
  }
  if (first) {
    // What has no text of its own is copied as markup, which keeps no listener.
    if (!cell.querySelector(".cell-text")) {
      const copy = window.document.createElement("span");
      copy.className = "cell-text";
      copy.innerHTML = cell.innerHTML;
      cell.replaceChildren(copy);
    }
    cell.prepend(window.document.createElement("span"));
  }
  return { data, cell };
}

/** The section of the item pane, in a window, for one item after the other. */
export class Section {
  constructor(window) {
    [this.options] = sections.all.values();
    this.element = window.document.createElementNS(XUL, "vbox");
    this.body = window.document.createElementNS("http://www.w3.org/1999/xhtml", "div");
    const heading = window.document.createElementNS(XUL, "label");
    // A collapsible section shows its label; here a label does.
    heading.dataset.l10nId = this.options.header.l10nID;
    heading.style.listStyleImage = `url(${this.options.header.icon})`;
    const nav = window.document.createElementNS(XUL, "toolbarbutton");
    nav.dataset.l10nId = this.options.sidenav.l10nID;
    this.element.append(heading, nav, this.body);
    window.document.getElementById("section").append(this.element);
    this.options.onInit?.(this.props({ refresh: async () => this.render() }));
  }

  props(more = {}) {
    return Object.freeze({
      paneID: this.options.paneID,
      doc: this.body.ownerDocument,
      body: this.body,
      item: this.item,
      tabType: "library",
      editable: true,
      setEnabled: (enabled) => {
        this.element.hidden = !enabled;
      },
      setSectionSummary: (summary) => {
        this.element.dataset.summary = summary;
      },
      ...more,
    });
  }

  show(item) {
    this.item = item;
    this.options.onItemChange(this.props());
    this.render();
  }

  render() {
    if (!this.element.hidden) {
      this.options.onRender(this.props());
      this.options.onAsyncRender(this.props());
    }
  }

  close() {
    this.options.onDestroy?.({ body: this.body });
    this.element.remove();
  }
}

/**
 * Serve the plugins' addresses with the very server that Zotero uses.
 *
 * @returns {{port: number, stop: () => Promise<void>}}
 */
export function serve() {
  const server = new HttpServer();
  server.registerPrefixHandler("/", (request, response) => {
    response.processAsync();
    answer(request, response).catch((error) => complaints.push(`server: ${error}`));
  });
  server.start(-1);
  return {
    port: server.identity.primaryPort,
    stop: () => new Promise((resolve) => server.stop(resolve)),
  };
}

async function answer(request, response) {
  const headers = {};
  for (const { data: name } of request.headers) {
    headers[name.toLowerCase()] = request.getHeader(name);
  }
  const Endpoint = Zotero.Server.Endpoints[request.path];
  let [status, type, body] = [404, "text/plain", "No endpoint found\n"];
  if (Endpoint) {
    let data = null;
    const length = Number(headers["content-length"] ?? 0);
    if (request.method === "POST" && length) {
      const { NetUtil } = ChromeUtils.importESModule("resource://gre/modules/NetUtil.sys.mjs");
      data = JSON.parse(
        NetUtil.readInputStreamToString(request.bodyInputStream, length, { charset: "UTF-8" }),
      );
    }
    const { method, path: pathname, queryString } = request;
    const searchParams = new URLSearchParams(queryString || "");
    [status, type, body] = await new Endpoint().init({
      method,
      pathname,
      pathParams: {},
      searchParams,
      headers,
      data,
    });
  }
  response.setStatusLine("1.1", status, "");
  const sent = typeof type === "string" ? { "Content-Type": type } : type;
  for (const [name, value] of Object.entries(sent)) {
    response.setHeader(name, value);
  }
  const out = Cc["@mozilla.org/intl/converter-output-stream;1"].createInstance(Ci.nsIConverterOutputStream);
  out.init(response.bodyOutputStream, "UTF-8");
  out.writeString(body);
  out.close();
  response.finish();
}

/** The questions that were asked in dialogs of Gecko's own: title, text, buttons, and which of them is the default. */
export const questions = [];

/**
 * Answer the next question that is asked.
 *
 * @param {"accept" | "cancel" | "close"} how the first button, the second, or the window's own
 */
export function answerNext(how) {
  const seen = async (window) => {
    await new Promise((resolve) => window.addEventListener("load", resolve, { once: true }));
    if (!window.document.documentURI.includes("commonDialog")) {
      return;
    }
    Services.ww.unregisterNotification(observer);
    const dialog = window.document.querySelector("dialog");
    const button = (name) => dialog.getButton(name);
    await until(() => window.document.getElementById("infoBody")?.textContent && !button("accept").disabled);
    questions.push({
      title: window.document.title || window.document.getElementById("infoTitle")?.textContent,
      text: window.document.getElementById("infoBody").textContent,
      buttons: [button("accept").label, button("cancel").label],
      byDefault: dialog.defaultButton,
    });
    if (how === "close") {
      window.close();
    } else {
      button(how).click();
    }
  };
  const observer = (subject, topic) =>
    topic === "domwindowopened" && seen(subject).catch((error) => complaints.push(`${error}`));
  Services.ww.registerNotification(observer);
}

/**
 * Answer the next choice between several that Gecko's own dialog offers.
 *
 * @param {number} place of what is chosen
 * @returns {Promise<string[]>} what was offered
 */
export function chooseNext(place) {
  return new Promise((resolve) => {
    const loaded = (window) => {
      Services.obs.removeObserver(loaded, "select-dialog-loaded");
      const list = window.document.getElementById("list");
      resolve([...list.children].map((row) => row.label));
      list.selectedIndex = place;
      window.document.querySelector("dialog").getButton("accept").click();
    };
    Services.obs.addObserver(loaded, "select-dialog-loaded");
  });
}

/** Wait for a dialog of the plugin's, and for what it shows at first. */
export async function dialog(name) {
  const window = await until(() =>
    [...Services.wm.getEnumerator(null)].find(({ location }) => location.href.endsWith(`/${name}.xhtml`)),
  );
  await until(() => window.document.getElementById("syncd-body")?.children.length);
  await window.document.l10n.translateFragment(window.document.documentElement);
  return window;
}

/** Press a key that prints nothing, as a user does. */
export function press(window, key, keyCode) {
  const keyboard = Cc["@mozilla.org/text-input-processor;1"].createInstance(Ci.nsITextInputProcessor);
  keyboard.beginInputTransactionForTests(window);
  const event = new window.KeyboardEvent("", { key, keyCode });
  keyboard.keydown(event, keyboard.KEY_NON_PRINTABLE_KEY);
  keyboard.keyup(event, keyboard.KEY_NON_PRINTABLE_KEY);
}

/** Wait until something is true, and return it. */
export async function until(what) {
  for (let left = 6_000; left; left -= 1) {
    const found = await what();
    if (found) {
      return found;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`it never came: ${what}\n${[...debug, ...complaints].join("\n")}`);
}
