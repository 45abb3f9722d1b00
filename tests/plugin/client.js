/**
 * A small Zotero for the plugin's tests: a real SQLite database behind it, and only those members that were seen in
 * the real client. Whatever else is asked of it is an error, so that no test passes on a guess.
 */
const { TYPES, dataObjects, strict, wholeCollection, wholeItem } = require("./objects.js");

/** What Zotero demands of a registration, by kind; it refuses anything else with a line in its debug output. */
const DEMANDS = {
  column: {
    dataKey: "string",
    label: "string",
    pluginID: "string",
    width: "string?",
    minWidth: "number?",
    fixedWidth: "boolean?",
    staticWidth: "boolean?",
    iconPath: "string?",
    zoteroPersist: "array",
    sortReverse: "boolean?",
    dataProvider: "function?",
    renderCell: "function?",
  },
  section: {
    paneID: "string",
    pluginID: "string",
    onInit: "function?",
    onDestroy: "function?",
    onItemChange: "function?",
    onRender: "function",
    onAsyncRender: "function?",
    header: "icon",
    sidenav: "icon",
  },
  menu: { menuID: "string", pluginID: "string", target: "target", menus: "menus" },
  pane: { pluginID: "string", src: "string", scripts: "array?", stylesheets: "array?" },
};
const TARGETS = ["main/menubar/tools", "main/library/item", "main/library/collection", "itemPane/info/row"];
const CHECKS = {
  entry: ({ menuType, l10nID, icon, menus }) =>
    menuType === "separator"
      ? l10nID === undefined
      : typeof l10nID === "string" &&
        (icon === undefined || typeof icon === "string") &&
        (menuType === "menuitem" || (menuType === "submenu" && CHECKS.menus(menus))),
  array: Array.isArray,
  icon: ({ l10nID, icon }) => typeof l10nID === "string" && typeof icon === "string",
  target: (target) => TARGETS.includes(target),
  menus: (menus) => Boolean(menus.length) && menus.every(CHECKS.entry),
};

function demand(kind, options) {
  for (const [name, type] of Object.entries(DEMANDS[kind])) {
    const value = options[name];
    const missing = value === undefined && type.endsWith("?");
    const check = CHECKS[type.replace("?", "")] ?? ((given) => typeof given === type.replace("?", ""));
    if (!missing && !check(value)) {
      throw new Error(`Zotero would refuse this ${kind}: ${name}`);
    }
  }
  return options;
}

/** @param {World} world */
function makeZotero(world) {
  const items = dataObjects(
    world,
    { table: "items", id: "itemID", trash: "deletedItems", type: "item" },
    wholeItem,
  );
  const collections = dataObjects(
    world,
    { table: "collections", id: "collectionID", trash: "deletedCollections", type: "collection" },
    wholeCollection,
  );
  world.forgetObjects = () => {
    items.forget();
    collections.forget();
  };
  let observers = 0;
  return strict("Zotero", {
    version: "8.0",
    isWin: world.isWin,
    locale: world.locale,
    initializationPromise: Promise.resolve(),
    uiReadyPromise: Promise.resolve(),
    addShutdownListener: (listener) => world.shutdown.push(listener),
    getActiveZoteroPane: () => world.windows[0]?.ZoteroPane ?? null,
    debug: (message) => world.debug.push(message),
    getMainWindows: () => world.windows,
    getMainWindow: () => world.windows[0] ?? null,
    Item: items.DataObject,
    Items: items.objects,
    Collection: collections.DataObject,
    Collections: collections.objects,
    Libraries: strict("Zotero.Libraries", {
      userLibraryID: 1,
      getName: (id) => (id === 1 ? "My Library" : `Library ${id}`),
      get: (id) =>
        strict(
          "library",
          world.libraries.find((library) => library.libraryID === id),
        ),
      getAll: () => world.libraries,
    }),
    Groups: strict("Zotero.Groups", {
      getLibraryIDFromGroupID: (id) =>
        world.libraries.find((library) => library.groupID === id)?.libraryID ?? false,
    }),
    ItemTypes: strict("Zotero.ItemTypes", {
      getID: (name) => Object.keys(TYPES).indexOf(name) + 1 || false,
    }),
    ItemFields: strict("Zotero.ItemFields", {
      getID: (name) => (Object.values(TYPES).some(({ fields }) => fields.includes(name)) ? name : false),
      isValidForType: (name, type) => Object.values(TYPES)[type - 1].fields.includes(name),
    }),
    DB: strict("Zotero.DB", {
      queryAsync: async (sql, values, { onRow } = {}) => {
        const rows = world.database.prepare(sql).all(...values);
        if (!onRow) {
          return rows;
        }
        for (const row of rows) {
          onRow({ getResultByIndex: (index) => Object.values(row)[index] });
        }
        return undefined;
      },
      executeTransaction: (action) => transaction(world, action),
    }),
    Sync: { Data: { Local: strict("Local", { getDeleted: async (type) => world.deleted[type] }) } },
    Notifier: strict("Zotero.Notifier", {
      registerObserver: (observer, types) => {
        observers += 1;
        world.observers.set(`observer${observers}`, { observer, types });
        return `observer${observers}`;
      },
      unregisterObserver: (id) => world.observers.delete(id),
    }),
    Users: strict("Zotero.Users", {
      getLocalUserKey: () => world.localUserKey,
      getCurrentUserID: () => world.userID,
    }),
    Profile: strict("Zotero.Profile", { dir: "/profile" }),
    Promise: strict("Zotero.Promise", { delay: async () => {} }),
    Prefs: strict("Zotero.Prefs", {
      get: (name, global) => (global ? world.prefs.get(name) : undefined),
      set: (name, value, global) => global && world.prefs.set(name, value),
      clear: (name, global) => global && world.prefs.delete(name),
      registerObserver: (name, observer) => {
        const id = Symbol(name);
        world.watchers.set(id, observer);
        return id;
      },
      unregisterObserver: (id) => world.watchers.delete(id),
    }),
    File: strict("Zotero.File", resources(world)),
    Server: { Endpoints: world.endpoints },
    ItemTreeManager: strict("Zotero.ItemTreeManager", {
      registerColumn: (column) => world.register("column", demand("column", column)),
      registerColumns: (columns) =>
        [columns].flat().map((column) => world.register("column", demand("column", column))),
      unregisterColumn: (id) => world.registered.delete(id),
      refreshColumns: () => {},
    }),
    ItemPaneManager: strict("Zotero.ItemPaneManager", {
      registerSection: (section) => world.register("section", demand("section", section)),
      unregisterSection: (id) => world.registered.delete(id),
    }),
    MenuManager: strict("Zotero.MenuManager", {
      registerMenu: (menu) => world.register("menu", demand("menu", menu)),
      unregisterMenu: (id) => world.registered.delete(id),
    }),
    Prompt: strict("Zotero.Prompt", {
      confirm: ({ title, text, button0, button1 }) => {
        for (const given of [title, text, button0, button1]) {
          if (!given) {
            throw new Error("Zotero would refuse this question");
          }
        }
        world.dialogs.push([title, text, button0]);
        return world.clicks();
      },
    }),
    UIProperties: strict("Zotero.UIProperties", { registerRoot: (root) => world.sized.push(root) }),
    PreferencePanes: strict("Zotero.PreferencePanes", {
      register: async (pane) => world.panes.push(demand("pane", pane)),
    }),
  });
}

/**
 * All or nothing, one at a time, and observers hear of it afterwards.
 *
 * @param {World} world
 * @param {() => Promise<any>} action
 */
function transaction(world, action) {
  const turn = world.turn.then(() => atOnce(world, action));
  world.turn = turn.catch(() => null);
  return turn;
}

/**
 * @param {World} world
 * @param {() => Promise<any>} action
 */
async function atOnce(world, action) {
  world.database.exec("BEGIN");
  world.inTransaction = true;
  world.undo = [];
  const outer = world._late;
  world._late = [];
  let events = [];
  try {
    const result = await action();
    world.database.exec("COMMIT");
    events = world._late;
    return result;
  } catch (error) {
    world.database.exec("ROLLBACK");
    for (const undo of world.undo) {
      undo();
    }
    throw error;
  } finally {
    world.inTransaction = false;
    world._late = outer;
    for (const event of events) {
      world.tell(...event);
    }
  }
}

/** @param {World} world */
function resources(world) {
  return {
    getResourceAsync: async (address) => {
      const [, locale] = address.match(/^file:\/\/\/plugin\/locale\/(.+)\/messages\.json$/);
      if (!world.spoken[locale]) {
        throw new Error(`NotFoundError: ${address}`);
      }
      return JSON.stringify(world.spoken[locale]);
    },
  };
}

/** Gecko's files and paths. @param {World} world */
function makeFiles(world) {
  const { files } = world;
  const missing = (name) => {
    throw new Error(`NotFoundError: ${name}`);
  };
  return {
    PathUtils: strict("PathUtils", { join: (...parts) => parts.join("/") }),
    IOUtils: strict("IOUtils", {
      readUTF8: async (name) => (files.has(name) ? files.get(name) : missing(name)),
      writeUTF8: async (name, text, { mode = "overwrite" } = {}) => {
        world.disk?.();
        if (mode === "append" && !files.has(name)) {
          missing(name);
        }
        files.set(name, mode === "append" ? files.get(name) + text : text);
      },
      makeDirectory: async () => {},
      move: async (from, to) => {
        files.set(to, files.has(from) ? files.get(from) : missing(from));
        files.delete(from);
      },
      remove: async (name, { recursive = false, ignoreAbsent = false } = {}) => {
        const found = [...files.keys()].filter(
          (each) => each === name || (recursive && each.startsWith(`${name}/`)),
        );
        if (!found.length && !ignoreAbsent) {
          missing(name);
        }
        for (const each of found) {
          files.delete(each);
        }
      },
    }),
  };
}

/** @param {World} world */
function makeServices(world) {
  return strict("Services", {
    io: strict("Services.io", { newURI: (spec) => ({ spec }) }),
    prefs: strict("Services.prefs", {
      getBranch: (branch) => ({
        getChildList: () =>
          [...world.prefs.keys()]
            .filter((name) => name.startsWith(branch))
            .map((name) => name.slice(branch.length)),
      }),
      clearUserPref: (name) => world.prefs.delete(name),
    }),
    logins: strict("Services.logins", {
      get isLoggedIn() {
        return !world.locked;
      },
      searchLoginsAsync: async ({ origin, httpRealm }) => {
        if (world.locked) {
          world.dialogs.push(["Please enter your Primary Password."]);
          throw new Error("the user canceled");
        }
        return world.logins.filter((login) => login.origin === origin && login.httpRealm === httpRealm);
      },
      addLoginAsync: async (login) => world.logins.push(login),
      // Older ones are called so; the newest has a name of its own.
      removeLogin: (login) => {
        world.logins = world.logins.filter((other) => other !== login);
      },
    }),
    prompt: strict("Services.prompt", {
      BUTTON_POS_0: 1,
      BUTTON_POS_1: 256,
      BUTTON_TITLE_IS_STRING: 127,
      BUTTON_POS_1_DEFAULT: 16777216,
      BUTTON_DELAY_ENABLE: 67108864,
      confirmEx: (...words) => {
        world.dialogs.push(words);
        return world.clicks();
      },
      select: (_window, title, text, names, chosen) => {
        world.dialogs.push([title, text, ...names]);
        chosen.value = world.chooses;
        return world.chooses >= 0;
      },
    }),
  });
}

/** Gecko's own modules. @param {World} world */
function makeModules(world) {
  const AddonManager = strict("AddonManager", {
    PENDING_UNINSTALL: 4,
    getAddonByID: async () => ({ pendingOperations: world.removal ? 4 : 0 }),
    addAddonListener: (listener) => world.removal.add(listener),
    removeAddonListener: (listener) => world.removal.delete(listener),
  });
  return strict("ChromeUtils", {
    importESModule: (address) => {
      if (address !== "resource://gre/modules/AddonManager.sys.mjs") {
        throw new Error(`there is no ${address}`);
      }
      return { AddonManager };
    },
  });
}

/**
 * What is asked of XPCOM by name.
 *
 * @param {World} world
 */
function makeComponents(world) {
  const registerChrome = ({ spec }, [[kind, name, folder]]) => {
    world.chrome.set(`chrome://${name}/${kind}/`, spec.replace("manifest.json", folder));
    return strict("chrome", { destruct: () => world.chrome.delete(`chrome://${name}/${kind}/`) });
  };
  const manager = strict("amIAddonManagerStartup", { registerChrome });
  return strict("Components", {
    interfaces: strict("Components.interfaces", {
      amIAddonManagerStartup: "amIAddonManagerStartup",
      nsIHttpChannel: "nsIHttpChannel",
      nsILoginInfo: "nsILoginInfo",
    }),
    classes: strict("Components.classes", {
      "@mozilla.org/addons/addon-manager-startup;1": { getService: () => manager },
    }),
    Constructor: (contract, kind, initializer) => {
      const words = [contract, kind, initializer].join(" ");
      if (words !== "@mozilla.org/login-manager/loginInfo;1 nsILoginInfo init") {
        throw new Error(`there is no ${words}`);
      }
      return class {
        constructor(origin, formActionOrigin, httpRealm, username, password) {
          Object.assign(this, { origin, formActionOrigin, httpRealm, username, password });
        }
      };
    },
  });
}

/** Strings come from Fluent in the client; here a message is its id and its arguments. */
class FakeLocalization {
  constructor(files) {
    this.files = files;
  }

  async formatValues(ids) {
    return this.formatValuesSync(ids);
  }

  async formatValue(id, args) {
    return this.formatValueSync(id, args);
  }

  formatValueSync(id, args) {
    return args ? `${id} ${JSON.stringify(args)}` : id;
  }

  formatValuesSync(ids) {
    return ids.map(({ id, args }) => this.formatValueSync(id, args));
  }
}

module.exports = { FakeLocalization, makeComponents, makeFiles, makeModules, makeServices, makeZotero };
