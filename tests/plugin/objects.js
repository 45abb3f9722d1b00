/**
 * Items and collections for the plugin's tests, on SQLite: as strict as the real ones in what they take, and found
 * by the same names only.
 */

const path = require("node:path");

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

/** Item types with their fields and creator types, which are those of the real client. */
const TYPES = {
  ...require(path.join(__dirname, "..", "..", "src", "syncd", "zotero", "item-fields.json")),
  attachment: { fields: ["title", "accessDate", "url"], own: ["linkMode", "contentType", "charset", "note"] },
  note: { fields: [], own: ["note"] },
};
const CHILDREN = ["attachment", "note"];
const ALWAYS = ["key", "version", "itemType", "tags", "collections", "relations", "deleted", "parentItem"];
const DATES = ["dateAdded", "dateModified"];

/** @returns {Error} as Zotero words it */
const invalid = (name, type) => new Error(`Invalid field '${name}' for item type '${type}'`);

/**
 * Return an item whole: what was not given is empty.
 *
 * @param {any} json
 */
function wholeItem(json) {
  const type = TYPES[json.itemType];
  if (!type) {
    throw new Error(`Invalid item type '${json.itemType}'`);
  }
  const child = CHILDREN.includes(json.itemType);
  const own = child ? type.own : ["creators"];
  for (const name of Object.keys(json)) {
    if (![...type.fields, ...own, ...ALWAYS, ...DATES].includes(name) || (name === "parentItem" && !child)) {
      throw invalid(name, json.itemType);
    }
  }
  for (const { creatorType } of json.creators ?? []) {
    if (!type.creatorTypes.includes(creatorType)) {
      throw new Error(`Invalid creator type '${creatorType}'`);
    }
  }
  const empty = (name) => (name === "creators" ? [] : "");
  return {
    itemType: json.itemType,
    ...(child ? { parentItem: json.parentItem || false } : {}),
    ...Object.fromEntries([...type.fields, ...own].map((name) => [name, json[name] ?? empty(name)])),
    tags: (json.tags ?? []).map(({ tag, type: kind }) => (kind ? { tag, type: kind } : { tag })),
    collections: [...(json.collections ?? [])],
    relations: json.relations ?? {},
    deleted: json.deleted ? 1 : 0,
  };
}

/**
 * Return a collection whole.
 *
 * @param {any} json
 */
function wholeCollection(json) {
  if (!json.name) {
    throw new Error("Collection name cannot be empty");
  }
  return {
    name: json.name,
    parentCollection: json.parentCollection || false,
    relations: json.relations ?? {},
    deleted: json.deleted ? 1 : 0,
  };
}

/**
 * Make a class of data objects and the place where they are found.
 *
 * @param {World} world
 * @param {{table: string, id: string, trash: string, type: string}} names
 * @param {(json: any) => any} whole throws what the real client throws
 */
function dataObjects(world, { table, id, trash, type }, whole) {
  const { database } = world;
  /** @type {Map<number, any>} */
  const cache = new Map();

  class DataObject {
    libraryID = null;
    key = null;
    id = null;
    _json = null;
    _dates = {};
    _changed = false;
    _primary = false;

    async loadPrimaryData() {
      this._primary = true;
    }

    async loadAllData() {}

    async reload(types, unchanged) {
      if (types !== null || !unchanged) {
        throw new Error("reload of what?");
      }
      Object.assign(this, parts(row(this.id)), { _changed: false });
    }

    fromJSON(json, { strict: demanded }) {
      if (!demanded) {
        throw new Error("not strict");
      }
      if (this.key && !this._primary && !this.id) {
        throw new Error("'primaryData' not loaded");
      }
      const wanted = whole(json);
      this._changed ||= JSON.stringify(wanted) !== JSON.stringify(this._json);
      this._json = wanted;
      this._dates = dates(json);
    }

    toJSON(options = {}) {
      const full = options.mode === "full";
      const said = Object.entries(this._json ?? {}).filter(
        ([name, value]) => full || (value !== "" && (name !== "deleted" || value)),
      );
      return { key: this.key, version: 0, ...Object.fromEntries(said), ...this._dates };
    }

    hasChanged() {
      return this._changed;
    }

    async save({ skipSelect }) {
      if (!world.inTransaction) {
        throw new Error("Not in transaction");
      }
      world.failure?.();
      world.selectionMoved ||= !skipSelect;
      const event = this.id ? "modify" : "add";
      if (table === "items") {
        this._dates = { dateAdded: world.isoNow, dateModified: world.isoNow, ...this._dates };
      }
      const text = JSON.stringify({ ...this._json, ...this._dates });
      if (this.id) {
        database
          .prepare(`UPDATE ${table} SET json = ?, clientDateModified = ? WHERE ${id} = ?`)
          .run(text, world.now, this.id);
      } else {
        const columns = "(libraryID, key, clientDateModified, json)";
        const done = database.prepare(`INSERT INTO ${table} ${columns} VALUES (?, ?, ?, ?)`);
        this.id = Number(done.run(this.libraryID, this.key, world.now, text).lastInsertRowid);
        cache.set(this.id, this);
        world.undo.push(() => cache.delete(this.id));
      }
      database.prepare(`DELETE FROM ${trash} WHERE ${id} = ?`).run(this.id);
      if (this._json.deleted) {
        database.prepare(`INSERT INTO ${trash} VALUES (?)`).run(this.id);
      }
      this._changed = false;
      world.tell(event, type, [this.id], {});
    }

    /** Delete for good. What hangs on it, or is in it, is whoever asks's to see to. */
    async erase() {
      database.prepare(`DELETE FROM ${table} WHERE ${id} = ?`).run(this.id);
      database.prepare(`DELETE FROM ${trash} WHERE ${id} = ?`).run(this.id);
      cache.delete(this.id);
      const { libraryID, key } = this;
      world.tell("delete", type, [this.id], { [this.id]: { libraryID, key } });
    }
  }

  const dates = (json) =>
    Object.fromEntries(DATES.flatMap((name) => (json[name] ? [[name, json[name]]] : [])));
  const parts = (row) => {
    const { dateAdded, dateModified, ...content } = JSON.parse(row.json);
    return { _json: whole(content), _dates: dates({ dateAdded, dateModified }) };
  };
  const found = (row) => {
    if (!row) {
      return false;
    }
    if (!cache.has(row[id])) {
      const { libraryID, key } = row;
      cache.set(row[id], Object.assign(new DataObject(), { libraryID, key, id: row[id] }, parts(row)));
    }
    return cache.get(row[id]);
  };
  const row = (number) => database.prepare(`SELECT * FROM ${table} WHERE ${id} = ?`).get(number);
  const objects = strict(`Zotero.${type}s`, {
    getByLibraryAndKeyAsync: async (libraryID, key) =>
      found(database.prepare(`SELECT * FROM ${table} WHERE libraryID = ? AND key = ?`).get(libraryID, key)),
    loadDataTypes: async () => {},
    getIDFromLibraryAndKey: (libraryID, key) =>
      database.prepare(`SELECT ${id} FROM ${table} WHERE libraryID = ? AND key = ?`).get(libraryID, key)?.[
        id
      ] ?? false,
    getAsync: async (ids) => ids.map((each) => found(row(each))).filter(Boolean),
    getLibraryAndKeyFromID: (number) => {
      const { libraryID, key } = row(number) ?? {};
      return key ? { libraryID, key } : false;
    },
  });
  return { DataObject, objects, forget: () => cache.clear() };
}

module.exports = { TYPES, dataObjects, strict, wholeCollection, wholeItem };
