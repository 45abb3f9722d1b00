/**
 * Items and collections for the plugin's tests, on SQLite: as strict as the real ones in what they take, and found
 * by the same names only.
 */

/** Members that JavaScript itself asks for. */
const SILENT = new Set(["then", "toJSON", "constructor", "nodeType", "asymmetricMatch"]);

/**
 * Return an object of which only its own members exist.
 *
 * @template {object} T
 * @param {string} name for the error
 * @param {T} members
 * @returns {T}
 */
function strict(name, members) {
  return new Proxy(members, {
    get(target, property, receiver) {
      if (typeof property === "symbol" || property in target) {
        return Reflect.get(target, property, receiver);
      }
      if (SILENT.has(property)) {
        return undefined;
      }
      throw new Error(`${name}.${property} is not declared in tests/plugin/client.js`);
    },
    // `Zotero.Syncd` is the plugin's own.
    set(target, property, value) {
      if (!(property in target) && property !== "Syncd") {
        throw new Error(`${name}.${String(property)} is not declared in tests/plugin/client.js`);
      }
      return Reflect.set(target, property, value);
    },
  });
}

/** The fields of the item types that the tests use. */
const FIELDS = {
  preprint: ["title", "abstractNote", "repository", "archiveID", "date", "DOI", "url", "extra"],
  conferencePaper: ["title", "abstractNote", "publisher", "date", "DOI", "url", "extra"],
  attachment: ["title", "url", "linkMode", "parentItem"],
  note: ["note", "parentItem"],
};
const ALWAYS = ["key", "version", "itemType", "creators", "tags", "collections", "relations", "deleted"];

/**
 * Make a class of data objects and the place where they are found.
 *
 * @param {World} world
 * @param {{table: string, id: string, trash: string, type: string}} names
 * @param {(json: any) => void} check throws what the real client throws
 */
function dataObjects(world, { table, id, trash, type }, check) {
  const { database } = world;
  /** @type {Map<number, any>} */
  const cache = new Map();

  class DataObject {
    libraryID = null;
    key = null;
    id = null;
    _json = null;
    _changed = false;
    _primary = false;

    async loadPrimaryData() {
      this._primary = true;
    }

    async loadAllData() {}

    fromJSON(json, { strict: demanded }) {
      if (!demanded) {
        throw new Error("not strict");
      }
      if (this.key && !this._primary && !this.id) {
        throw new Error("'primaryData' not loaded");
      }
      check(json);
      const { dateModified, ...content } = json;
      const { dateModified: _old, ...present } = this._json ?? {};
      this._changed ||= JSON.stringify(content) !== JSON.stringify(present);
      this._json = { ...content, ...(dateModified ? { dateModified } : {}) };
    }

    toJSON(options = {}) {
      const json = { key: this.key, version: 0, ...this._json };
      return options.mode === "full" ? { ...json, deleted: json.deleted ? 1 : 0 } : json;
    }

    hasChanged() {
      return this._changed;
    }

    async save({ skipSelect }) {
      if (!world.inTransaction) {
        throw new Error("Not in transaction");
      }
      world.selectionMoved ||= !skipSelect;
      const event = this.id ? "modify" : "add";
      const text = JSON.stringify({ dateModified: world.now, ...this._json });
      if (this.id) {
        database
          .prepare(`UPDATE ${table} SET json = ?, clientDateModified = ? WHERE ${id} = ?`)
          .run(text, world.now, this.id);
      } else {
        const columns = "(libraryID, key, clientDateModified, json)";
        const done = database.prepare(`INSERT INTO ${table} ${columns} VALUES (?, ?, ?, ?)`);
        this.id = Number(done.run(this.libraryID, this.key, world.now, text).lastInsertRowid);
        cache.set(this.id, this);
      }
      database.prepare(`DELETE FROM ${trash} WHERE ${id} = ?`).run(this.id);
      if (this._json.deleted) {
        database.prepare(`INSERT INTO ${trash} VALUES (?)`).run(this.id);
      }
      this._json = JSON.parse(text);
      this._changed = false;
      world.tell(event, type, [this.id], {});
    }
  }

  const found = (row) => {
    if (!row) {
      return false;
    }
    if (!cache.has(row[id])) {
      const object = new DataObject();
      Object.assign(object, {
        libraryID: row.libraryID,
        key: row.key,
        id: row[id],
        _json: JSON.parse(row.json),
      });
      cache.set(row[id], object);
    }
    return cache.get(row[id]);
  };
  const row = (number) => database.prepare(`SELECT * FROM ${table} WHERE ${id} = ?`).get(number);
  const objects = strict(`Zotero.${type}s`, {
    getByLibraryAndKeyAsync: async (libraryID, key) =>
      found(database.prepare(`SELECT * FROM ${table} WHERE libraryID = ? AND key = ?`).get(libraryID, key)),
    getAsync: async (ids) => ids.map((each) => found(row(each))).filter(Boolean),
    getLibraryAndKeyFromID: (number) => {
      const { libraryID, key } = row(number) ?? {};
      return key ? { libraryID, key } : false;
    },
  });
  return { DataObject, objects, forget: () => cache.clear() };
}

/** @param {any} json */
function checkItem(json) {
  const fields = FIELDS[json.itemType];
  if (!fields) {
    throw new Error(`Invalid item type '${json.itemType}'`);
  }
  for (const name of Object.keys(json)) {
    if (![...fields, ...ALWAYS, "dateAdded", "dateModified"].includes(name)) {
      throw new Error(`Invalid field '${name}' for item type '${json.itemType}'`);
    }
  }
}

/** @param {any} json */
function checkCollection(json) {
  if (!json.name) {
    throw new Error("Collection name cannot be empty");
  }
}

module.exports = { FIELDS, checkCollection, checkItem, dataObjects, strict };
