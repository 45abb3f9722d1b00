/** The owner of a library, who does in Zotero's windows what a request says: in the words of the web API. */
const KEY = /^\/users\/1\/(items|collections)\/(\w{8})$/;
const LETTERS = "23456789ABCDEFGHIJKLMNPQRSTUVWXYZ";

class Owner {
  /**
   * @param {World} world
   * @param {any} Zotero
   */
  constructor(world, Zotero) {
    this.world = world;
    this.Zotero = Zotero;
  }

  /**
   * @param {string} method
   * @param {URL} url
   * @param {any} sent
   */
  async answer(method, url, sent) {
    const [, kind, key] = KEY.exec(url.pathname) ?? [null, url.pathname.split("/").at(-1), null];
    if (method === "POST") {
      return this._reply({ success: await this._inTurn(() => this._write(kind, sent)), failed: {} });
    }
    if (method === "DELETE") {
      await this._inTurn(() => this._erase(kind, key));
      return this._reply(null);
    }
    if (kind === "deleted") {
      return this._reply({ items: this.world.erased.items, collections: this.world.erased.collections });
    }
    const every = await this._all(kind);
    if (key) {
      const found = every.find((each) => each.key === key);
      return found ? this._reply(found) : [404, "text/plain", "Not found"];
    }
    const start = Number(url.searchParams.get("start") ?? 0);
    return this._reply(every.slice(start, start + Number(url.searchParams.get("limit") ?? every.length)));
  }

  /** @returns {number} what moves with every change of the library, whoever makes it */
  get version() {
    return this.world.database.prepare("SELECT total_changes() AS n").get().n;
  }

  _reply(body) {
    const headers = { "Last-Modified-Version": String(this.version) };
    return [200, "application/json", JSON.stringify(body), headers];
  }

  _inTurn(action) {
    return this.Zotero.DB.executeTransaction(action);
  }

  _objects(kind) {
    return kind === "items" ? this.Zotero.Items : this.Zotero.Collections;
  }

  async _all(kind) {
    const id = kind === "items" ? "itemID" : "collectionID";
    const rows = this.world.database.prepare(`SELECT ${id} AS id FROM ${kind} WHERE libraryID = 1`).all();
    const { version } = this;
    const objects = await this._objects(kind).getAsync(rows.map((row) => row.id));
    return objects.map((object) => ({ key: object.key, version, data: this._data(object, version) }));
  }

  _data(object, version) {
    const { deleted, ...data } = object.toJSON({ mode: "full" });
    if (!data.parentItem) {
      delete data.parentItem;
    }
    return { ...data, version, ...(deleted ? { deleted } : {}) };
  }

  async _write(kind, sent) {
    const keys = {};
    for (const [index, { key, version: _, ...changes }] of sent.entries()) {
      const present = key && (await this._objects(kind).getByLibraryAndKeyAsync(1, key));
      const object = present || (await this._new(kind, key));
      const { key: _key, version: _version, dateModified: _date, ...now } = present ? present.toJSON() : {};
      object.fromJSON({ ...now, ...changes }, { strict: true });
      await object.save({ skipSelect: true });
      keys[index] = object.key;
    }
    return keys;
  }

  async _new(kind, key) {
    const object = kind === "items" ? new this.Zotero.Item() : new this.Zotero.Collection();
    object.libraryID = 1;
    object.key = key ?? this._key();
    await object.loadPrimaryData();
    return object;
  }

  _key() {
    return Array.from({ length: 8 }, () => LETTERS[Math.floor(Math.random() * LETTERS.length)]).join("");
  }

  async _erase(kind, key) {
    const object = await this._objects(kind).getByLibraryAndKeyAsync(1, key);
    const items = await this.Zotero.Items.getAsync(
      this.world.database
        .prepare("SELECT itemID FROM items WHERE libraryID = 1")
        .all()
        .map((row) => row.itemID),
    );
    for (const item of items) {
      if (kind === "items" && item.toJSON().parentItem === key) {
        await this._gone("items", item);
      } else if (kind === "collections") {
        this.world.takeOut(item, key);
      }
    }
    await this._gone(kind, object);
  }

  async _gone(kind, object) {
    this.world.erased[kind].push(object.key);
    await object.erase();
  }
}

module.exports = { Owner };
