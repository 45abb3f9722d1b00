/**
 * The plugin's one global object, and what Zotero calls: startup, windows, shutdown, uninstall.
 *
 * Registers and unregisters the parts, and does no work beyond that. A part that fails is one line in Zotero's
 * debug output and leaves the others alone; nothing here ever stops Zotero from starting.
 */

/**
 * What the reader sees. Each file in views/ adds one; each function is optional and may return a promise.
 *
 * @typedef {object} View
 * @property {(syncd: typeof Syncd) => unknown} [startup] once, before any window is told of
 * @property {(window: Window, syncd: typeof Syncd) => unknown} [windowLoaded] for every main window
 * @property {(window: Window, syncd: typeof Syncd) => unknown} [windowUnloaded]
 * @property {(syncd: typeof Syncd) => unknown} [shutdown]
 */

// The one global of the script that all files are put together into.
var Syncd = {};

Syncd.id = "";
Syncd.version = "";
Syncd.rootURI = "";
/** @type {View[]} */
Syncd.views = [];
/** @type {string[]} Fluent files that every main window gets. */
Syncd.strings = ["syncd.ftl", "syncd-views.ftl"];
/** @type {Map<number, string>} */
Syncd._prefixes = new Map();

/**
 * Return what an error says. It may come from another of the client's worlds, where `Error` is another class.
 *
 * @param {any} error
 * @returns {string}
 */
Syncd.sentence = (error) => String(error?.message ?? error);

/**
 * Say something in Zotero's debug output; never a key, never a dialog.
 *
 * @param {unknown} message a sentence, or an error
 */
Syncd.log = function (message) {
  Zotero.debug(`syncd: ${this.sentence(message)}`);
};

/**
 * Do something whose failure must not stop the rest.
 *
 * @param {string} what for the one line that a failure leaves
 * @param {() => unknown} action may return a promise
 */
Syncd.quietly = async function (what, action) {
  try {
    return await action();
  } catch (error) {
    this.log(`${what} failed: ${this.sentence(error)}`);
    return undefined;
  }
};

/**
 * Return the name of a library as syncd has it: "users/0" for the user's own, "groups/N" for a group's.
 *
 * @param {number} libraryID Zotero's number
 */
Syncd.libraryPrefix = function (libraryID) {
  let prefix = this._prefixes.get(libraryID);
  if (prefix === undefined) {
    /** @type {any} */
    const library = Zotero.Libraries.get(libraryID);
    prefix = library.libraryType === "group" ? `groups/${library.groupID}` : "users/0";
    // Asked for every row of the items list; a library keeps its number.
    this._prefixes.set(libraryID, prefix);
  }
  return prefix;
};

/**
 * Return the number of the user whose library "users/0" is; null where nobody has signed in to Zotero's sync yet.
 *
 * Asked each time: a user may sign in while the plugin runs. Another user gets another database.
 */
Syncd.user = () => Number(Zotero.Users.getCurrentUserID()) || null;

/**
 * @param {{id: string, version: string, rootURI: string}} about
 */
Syncd.startup = async function ({ id, version, rootURI }) {
  Object.assign(this, { id, version, rootURI });
  await Zotero.initializationPromise;
  await this.quietly("a session", () => this.handshake.begin());
  await this.quietly("reading what is said", () => this.messages.load());
  await this.quietly("reading the keys", () => this.keys.load());
  await this.quietly("changes", () => this.changes.register());
  await this.quietly("endpoints", () => this.endpoints.register());
  await this.quietly("the daemon", () => this.daemon.open());
  await this.quietly("what is known of items", () => this.known.open());
  await this.quietly("what items tell", () => this.offline.open());
  await this.quietly("reading what was looked at", () => this.seen.load());
  for (const view of this.views) {
    await this.quietly("a view", () => view.startup?.(this));
  }
  for (const window of Zotero.getMainWindows()) {
    await this.windowLoaded(window);
  }
};

/** @param {Window} window a main window of Zotero's */
Syncd.windowLoaded = async function (window) {
  for (const name of this.strings) {
    await this.quietly(name, () => window.MozXULElement.insertFTLIfNeeded(name));
  }
  for (const view of this.views) {
    await this.quietly("a view", () => view.windowLoaded?.(window, this));
  }
};

/** @param {Window} window a main window of Zotero's */
Syncd.windowUnloaded = async function (window) {
  for (const view of this.views) {
    await this.quietly("a view", () => view.windowUnloaded?.(window, this));
  }
  // A link that stays would show the old strings after an upgrade.
  for (const name of this.strings) {
    window.document.querySelector(`link[href="${name}"]`)?.remove();
  }
};

Syncd.shutdown = async function () {
  for (const window of Zotero.getMainWindows()) {
    await this.windowUnloaded(window);
  }
  for (const view of this.views) {
    await this.quietly("a view", () => view.shutdown?.(this));
  }
  await this.quietly("endpoints", () => this.endpoints.unregister());
  await this.quietly("the daemon", () => this.daemon.close());
  await this.quietly("what is known of items", () => this.known.close());
  await this.quietly("what items tell", () => this.offline.close());
  // Last, for they write files, and an upgrade does not wait for that.
  await this.quietly("remembering what was looked at", () => this.seen.close());
  await this.quietly("changes", () => this.changes.unregister());
};

/**
 * Leave nothing behind but the items, once the user can't take that back any more: Zotero tells of a removal as soon as
 * they want it, and keeps the plugin, with a button to undo that, until they leave the list of plugins.
 *
 * @param {string} id
 */
Syncd.remove = async function (id) {
  const { AddonManager } = ChromeUtils.importESModule("resource://gre/modules/AddonManager.sys.mjs");
  const addon = await AddonManager.getAddonByID(id);
  if (!addon || !(addon.pendingOperations & AddonManager.PENDING_UNINSTALL)) {
    await this.uninstall();
    return;
  }
  let isPending = true;
  /** @param {() => unknown} [action] */
  const decided = (action) => (/** @type {{id: string}} */ about) => {
    if (about.id === id) {
      isPending = false;
      AddonManager.removeAddonListener(listener);
      return action?.();
    }
    return undefined;
  };
  const listener = {
    onUninstalled: decided(() => this.uninstall()),
    onOperationCancelled: decided(),
    // Put over it, a plugin goes on where this one ended.
    onInstalled: decided(),
  };
  AddonManager.addAddonListener(listener);
  Zotero.addShutdownListener(() => isPending && this.uninstall());
};

Syncd.uninstall = async function () {
  this.changes.forget();
  await this.quietly("removing the keys", () => this.keys.removeAll());
  await this.quietly("removing the files", () => this.files.removeAll());
  await this.quietly("removing the preferences", () => this.preferences.removeAll());
};

function install() {}

/**
 * @param {{id: string, version: string, rootURI: string}} about
 */
async function startup(about) {
  await Syncd.startup(about);
}

/**
 * @param {object} _about
 * @param {number} reason one of Zotero's numbers
 */
async function shutdown(_about, reason) {
  // Zotero ends: everything goes by itself, apart from what has to be written.
  if (reason === APP_SHUTDOWN) {
    await Syncd.quietly("the daemon", () => Syncd.daemon.close());
    await Syncd.quietly("remembering what was looked at", () => Syncd.seen.flush());
    await Syncd.quietly("changes", () => Syncd.changes.close());
    return;
  }
  await Syncd.shutdown();
}

/**
 * @param {{id: string}} about
 * @param {number} reason an upgrade uninstalls too, and must keep everything
 */
async function uninstall({ id }, reason) {
  if (reason === ADDON_UNINSTALL) {
    await Syncd.remove(id);
  }
}

/** @param {{window: Window}} about */
async function onMainWindowLoad({ window }) {
  await Syncd.windowLoaded(window);
}

/** @param {{window: Window}} about */
async function onMainWindowUnload({ window }) {
  await Syncd.windowUnloaded(window);
}
