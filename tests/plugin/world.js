/** The computer, the user and the hour around the plugin's tests. */
const path = require("node:path");
const { DatabaseSync } = require("node:sqlite");

const GERMAN = path.join(__dirname, "../../src/syncd/plugin/source/locale/de/messages.json");
const SCHEMA = `
  CREATE TABLE items (itemID INTEGER PRIMARY KEY, libraryID INT, key TEXT, clientDateModified TEXT, version INT DEFAULT 0,
    json TEXT, UNIQUE (libraryID, key));
  CREATE TABLE deletedItems (itemID INTEGER PRIMARY KEY);
  CREATE TABLE collections (collectionID INTEGER PRIMARY KEY, libraryID INT, key TEXT, clientDateModified TEXT,
    version INT DEFAULT 0, json TEXT, UNIQUE (libraryID, key));
  CREATE TABLE deletedCollections (collectionID INTEGER PRIMARY KEY);
`;

/** The computer, the user and the hour: what a test sets and looks at. */
class World {
  constructor() {
    this.database = new DatabaseSync(":memory:");
    this.database.exec(SCHEMA);
    this.now = "2026-01-01 00:00:00";
    /** Milliseconds, for `Date.now()` in the plugin. */
    this.time = 1_000_000;
    this.inTransaction = false;
    /** The transaction that is under way. */
    this.turn = Promise.resolve(null);
    /** What is to be done where it is taken back: new objects are forgotten, changed ones are not. */
    this.undo = [];
    /** Called at each save, which it may let fail. */
    this.failure = null;
    /** Called before a file is written, which it may let fail. */
    this.disk = null;
    this.selectionMoved = false;
    this.debug = [];
    this.files = new Map();
    this.prefs = new Map();
    /** What Zotero's login manager keeps. */
    this.logins = [];
    /** Whether a primary password keeps it shut. */
    this.locked = false;
    this.observers = new Map();
    /** Who is told that Zotero shows another place. */
    this.watchers = new Map();
    /** Who is told that Zotero ends. */
    this.shutdown = [];
    /** Who waits for the user to leave the list of plugins, while they may still undo the plugin's removal. */
    this.removal = null;
    this.endpoints = {};
    this.windows = [];
    this.panes = [];
    /** Columns, sections and menus by their ids. */
    this.registered = new Map();
    /** The folders that the plugin serves, by their addresses. */
    this.chrome = new Map();
    /** Elements that have the size of letters that the user chose. */
    this.sized = [];
    this.deleted = { item: [], collection: [] };
    /** Keys of what the owner erased. */
    this.erased = { items: [], collections: [] };
    this.localUserKey = "abcdefgh";
    /** The number of the user who is signed in to the sync. */
    this.userID = undefined;
    this.isWin = false;
    this.locale = "en-US";
    /** The languages that the plugin speaks, with the words of codes in each. The English ones are made with the xpi. */
    this.spoken = { "en-US": {}, de: require(GERMAN) };
    this.libraries = [
      { libraryID: 1, libraryType: "user", editable: true },
      { libraryID: 2, libraryType: "group", groupID: 77, editable: false },
    ];
    /** What the user clicks in the next dialog; closing it is 1. */
    this.clicks = () => 1;
    this.dialogs = [];
    /** What the daemon answers: `(url, options) => Response`. */
    this.fetch = async () => {
      throw new TypeError("NetworkError when attempting to fetch resource.");
    };
    this._late = null;
  }

  /** The hour as items have it. */
  get isoNow() {
    return `${this.now.replace(" ", "T")}Z`;
  }

  /** The plugin registers a column, a section or a menu; returns its id. */
  register(kind, about) {
    const id = `${kind}${this.registered.size + 1}`;
    this.registered.set(id, { kind, ...about });
    return id;
  }

  /** Zotero's observers hear of something, at once or, with `late`, when the test says so. */
  tell(event, type, ids, extra) {
    if (this._late) {
      this._late.push([event, type, ids, extra]);
      return;
    }
    for (const { observer, types } of this.observers.values()) {
      if (types.includes(type)) {
        observer.notify(event, type, ids, extra);
      }
    }
  }

  /** Keep all events back. Returns a function that lets them go. */
  late() {
    this._late = [];
    return () => {
      const events = this._late;
      this._late = null;
      for (const event of events) {
        this.tell(...event);
      }
    };
  }

  /** The user leaves the list of plugins, or undoes the removal there. */
  async decide(what, about) {
    for (const listener of [...this.removal]) {
      await listener[what](about);
    }
  }

  /** The user goes to another place. */
  go() {
    for (const watcher of this.watchers.values()) {
      watcher();
    }
  }

  /** The user changes an item in the window. */
  edit(key, change, { silently = false } = {}) {
    const row = this.database.prepare("SELECT * FROM items WHERE key = ?").get(key);
    const json = JSON.stringify({ ...JSON.parse(row.json), ...change, dateModified: this.isoNow });
    this.database
      .prepare("UPDATE items SET json = ?, clientDateModified = ? WHERE key = ?")
      .run(json, this.now, key);
    this.forgetObjects();
    if (!silently) {
      this.tell("modify", "item", [row.itemID], {});
    }
  }

  /** The user adds an item. */
  add(key, json, libraryID = 1) {
    const text = JSON.stringify(json);
    const sql = "INSERT INTO items (libraryID, key, clientDateModified, json) VALUES (?, ?, ?, ?)";
    const id = Number(this.database.prepare(sql).run(libraryID, key, this.now, text).lastInsertRowid);
    this.tell("add", "item", [id], {});
  }

  /** A collection that goes takes itself out of an item, which counts as no change of the item. */
  takeOut(item, key) {
    const { collections } = item._json;
    if (collections.includes(key)) {
      item._json.collections = collections.filter((each) => each !== key);
      const json = JSON.stringify({ ...item._json, ...item._dates });
      this.database.prepare("UPDATE items SET json = ? WHERE itemID = ?").run(json, item.id);
    }
  }

  /** The user moves an item to the trash. */
  trash(key) {
    const { itemID } = this.database.prepare("SELECT itemID FROM items WHERE key = ?").get(key);
    this.database.prepare("INSERT INTO deletedItems VALUES (?)").run(itemID);
    this.edit(key, { deleted: 1 }, { silently: true });
    this.tell("trash", "item", [itemID], {});
  }

  /** The user erases an item. */
  erase(key, { silently = false } = {}) {
    const { itemID, libraryID } = this.database.prepare("SELECT * FROM items WHERE key = ?").get(key);
    this.database.prepare("DELETE FROM items WHERE key = ?").run(key);
    this.forgetObjects();
    if (!silently) {
      this.tell("delete", "item", [itemID], { [itemID]: { libraryID, key } });
    }
  }
}

module.exports = { World };
