/**
 * What changed in Zotero's libraries: listens, compares before every answer, and remembers across restarts.
 *
 * The comparison finds what was missed while the plugin was off; the events tell edits within one second apart.
 * Never writes to a library.
 */

/**
 * What each kind of object is called in Zotero. A print is made of what moves with every change, cheap to read for
 * the whole library.
 *
 * @type {Record<string, {objects: () => any, id: string, sql: string}>}
 */
const TABLES = {
  items: {
    objects: () => Zotero.Items,
    id: "itemID",
    sql:
      "SELECT key, clientDateModified || '|' || version || '|' || (deletedItems.itemID IS NOT NULL) " +
      "AS print FROM items LEFT JOIN deletedItems USING (itemID) WHERE libraryID = ?",
  },
  collections: {
    objects: () => Zotero.Collections,
    id: "collectionID",
    sql:
      "SELECT key, clientDateModified || '|' || version || '|' || " +
      "(deletedCollections.collectionID IS NOT NULL) AS print " +
      "FROM collections LEFT JOIN deletedCollections USING (collectionID) WHERE libraryID = ?",
  },
};

const FILE = "changes";
/** Objects that one answer may tell of. */
const PAGE = 1000;
/** Objects read before the window gets a turn. */
const BATCH = 100;

Syncd.changes = {
  /** @type {string | null} */
  _observer: null,
  /** @type {any} what the file holds, once it was read */
  _state: null,
  _unsaved: false,
  /** @type {Promise<unknown>} whoever works with the ledgers */
  _turn: Promise.resolve(null),
  /** @type {Map<string, string>} the text of what syncd wrote, for telling a change that is none */
  _told: new Map(),

  register() {
    this._observer = Zotero.Notifier.registerObserver(this, ["item", "collection"], "syncd");
  },

  async unregister() {
    if (this._observer) {
      Zotero.Notifier.unregisterObserver(this._observer);
      this._observer = null;
    }
    await this.save();
  },

  /**
   * Zotero tells of a change.
   *
   * @param {string} event
   * @param {string} type "item" or "collection"
   * @param {(number | string)[]} ids
   * @param {Record<string, any>} extra for a deletion: key and library by id
   */
  notify(event, type, ids, extra) {
    const kind = type === "item" ? "items" : "collections";
    if (event === "delete") {
      this._bury(
        kind,
        ids.flatMap((id) => extra?.[id] ?? []),
      );
      return;
    }
    // Before the ledgers are read, the comparison finds everything.
    if (!this._state || !["add", "modify", "trash"].includes(event)) {
      return;
    }
    for (const id of ids) {
      const about = TABLES[kind].objects().getLibraryAndKeyFromID(id);
      const ledger = about && this._state.ledgers[about.libraryID];
      ledger?.touch(kind, about.key);
      this._unsaved ||= Boolean(ledger);
    }
  },

  /**
   * Note that objects are gone. Of one that no program has been told of, no comparison will find that, and a sync
   * empties Zotero's own log: it is written down at once.
   *
   * @param {string} kind
   * @param {{libraryID: number, key: string}[]} gone
   */
  _bury(kind, gone) {
    /** @type {typeof gone} */
    const untold = [];
    for (const about of gone) {
      const ledger = this._state?.ledgers[about.libraryID];
      if (ledger?.known[kind].has(about.key)) {
        ledger.bury(kind, about.key);
        this._unsaved = true;
      } else if (ledger || about.libraryID === Zotero.Libraries.userLibraryID) {
        untold.push(about);
      }
    }
    if (untold.length) {
      const action = async () => {
        for (const { libraryID, key } of untold) {
          this._state.ledgers[libraryID] ??= new Syncd.Ledger();
          this._state.ledgers[libraryID].bury(kind, key);
        }
        this._unsaved = true;
      };
      Syncd.quietly("remembering what was erased", () => this.exclusively(untold[0].libraryID, action));
    }
  },

  /**
   * Return what a caller has to know to mean this Zotero: the key of its database, which outlives the plugin, and
   * the id under which versions are counted, a new one where they are counted anew.
   *
   * @returns {Promise<{database: string, server: string}>}
   */
  async whose() {
    const { database, server } = await this._load();
    return { database, server };
  },

  /**
   * Do something with a library's ledger while nobody else does.
   *
   * @template T
   * @param {number} libraryID
   * @param {(ledger: any) => Promise<T>} action
   * @returns {Promise<T>}
   */
  exclusively(libraryID, action) {
    const turn = this._turn.then(async () => {
      const state = await this._load();
      state.ledgers[libraryID] ??= new Syncd.Ledger();
      try {
        return await action(state.ledgers[libraryID]);
      } finally {
        // A version that was told must be known after a crash.
        await this.save();
      }
    });
    this._turn = turn.catch(() => null);
    return turn;
  },

  /**
   * Bring a ledger up to date with its library.
   *
   * @param {number} libraryID
   * @param {any} ledger
   */
  async catchUp(libraryID, ledger) {
    /** @type {Record<string, Map<string, string>>} */
    const held = { items: new Map(), collections: new Map() };
    for (const [kind, { sql }] of Object.entries(TABLES)) {
      for (const row of (await Zotero.DB.queryAsync(sql, [libraryID])) ?? []) {
        held[kind].set(row.key, row.print);
      }
    }
    const erased = {
      items: await this._log("item", libraryID),
      collections: await this._log("collection", libraryID),
    };
    const same = await this._same(libraryID, ledger, held);
    this._unsaved = ledger.catchUp(held, erased, same) || this._unsaved;
  },

  /**
   * Read what was erased and not told to Zotero's server yet, also while the plugin was off or not there at all.
   *
   * @param {"item" | "collection"} type
   * @param {number} libraryID
   * @returns {Promise<string[]>} keys
   */
  async _log(type, libraryID) {
    return (await Zotero.Sync.Data.Local.getDeleted(type, libraryID)) || [];
  },

  /**
   * Find the objects whose print moved although they are what syncd wrote: a sync sent them, or the event of the
   * writing came late.
   *
   * @param {number} libraryID
   * @param {any} ledger
   * @param {Record<string, Map<string, string>>} held
   */
  async _same(libraryID, ledger, held) {
    const same = new Set();
    for (const kind of Object.keys(TABLES)) {
      for (const [key, print] of held[kind]) {
        const entry = ledger.known[kind].get(key);
        if (!entry || entry[1] === print) {
          continue;
        }
        const name = `${libraryID}/${kind}/${key}`;
        const told = this._told.get(name);
        if (told === undefined) {
          continue;
        }
        const [object] = await this._objects(kind, await this._ids(libraryID, kind, [key]));
        if (object && this._text(object) === told) {
          same.add(`${kind}/${key}`);
        } else {
          // Should the user put it back as it was, that is a change, too.
          this._told.delete(name);
        }
      }
    }
    return (/** @type {string} */ kind, /** @type {string} */ key) => same.has(`${kind}/${key}`);
  },

  /**
   * @param {string} kind
   * @param {number[]} ids
   * @returns {Promise<any[]>} loaded, with everything that JSON needs
   */
  async _objects(kind, ids) {
    const objects = await TABLES[kind].objects().getAsync(ids);
    for (const object of objects) {
      await object.loadAllData();
    }
    return objects;
  },

  /** @param {any} object of Zotero's */
  _text(object) {
    return JSON.stringify(this.data(object, 0));
  },

  /**
   * Return an object as the web API has it.
   *
   * @param {any} object of Zotero's
   * @param {number} version the ledger's
   */
  data(object, version) {
    const data = { ...object.toJSON({ mode: "full" }), key: object.key, version };
    if (!data.deleted) {
      delete data.deleted;
    }
    return data;
  },

  /**
   * Remember what syncd wrote.
   *
   * @param {number} libraryID
   * @param {string} kind
   * @param {number[]} ids
   */
  async remember(libraryID, kind, ids) {
    for (const object of await this._objects(kind, ids)) {
      this._told.set(`${libraryID}/${kind}/${object.key}`, this._text(object));
    }
  },

  /**
   * Return objects with their versions.
   *
   * @param {any} ledger
   * @param {string} kind
   * @param {number[]} ids
   */
  async tell(ledger, kind, ids) {
    const told = [];
    for (let start = 0; start < ids.length; start += BATCH) {
      for (const object of await this._objects(kind, ids.slice(start, start + BATCH))) {
        const version = ledger.known[kind].get(object.key)?.[0];
        if (version !== undefined) {
          told.push({ key: object.key, version, data: this.data(object, version) });
        }
      }
      await Zotero.Promise.delay(0);
    }
    return told;
  },

  /**
   * Answer a page of what changed after a version, with everything for 0; see `Ledger.since`. The library is looked
   * at for the first page; what changes after that has a later version.
   *
   * @param {number} libraryID
   * @param {number} version
   * @param {number} [limit] objects on the page
   * @param {string} [after] the `next` of the page before
   */
  since(libraryID, version, limit = PAGE, after) {
    return this.exclusively(libraryID, async (ledger) => {
      if (after === undefined) {
        await this.catchUp(libraryID, ledger);
      }
      const { items, collections, deleted, next } = ledger.since(version, Math.min(limit, PAGE), after);
      /**
       * @param {string} kind
       * @param {string[]} keys
       */
      const told = async (kind, keys) => this.tell(ledger, kind, await this._ids(libraryID, kind, keys));
      const answer = { version: ledger.version, items: await told("items", items) };
      return { ...answer, collections: await told("collections", collections), deleted, next };
    });
  },

  /**
   * Return Zotero's numbers of objects; one that is gone is left out.
   *
   * @param {number} libraryID
   * @param {string} kind
   * @param {string[]} keys
   * @returns {Promise<number[]>}
   */
  async _ids(libraryID, kind, keys) {
    const ids = [];
    for (let start = 0; start < keys.length; start += BATCH) {
      const some = keys.slice(start, start + BATCH);
      const places = some.map(() => "?").join();
      const sql = `SELECT ${TABLES[kind].id} AS id FROM ${kind} WHERE libraryID = ? AND key IN (${places}) ORDER BY key`;
      for (const row of (await Zotero.DB.queryAsync(sql, [libraryID, ...some])) ?? []) {
        ids.push(row.id);
      }
    }
    return ids;
  },

  async _load() {
    if (this._state) {
      return this._state;
    }
    const database = Zotero.Users.getLocalUserKey();
    const saved = await Syncd.files.read(FILE);
    // Versions of another database, or of a lost file, mean nothing: they get another server's name.
    const kept = saved?.database === database ? saved : null;
    const ledgers = Object.entries(kept?.ledgers ?? {}).map(([id, ledger]) => [id, new Syncd.Ledger(ledger)]);
    this._state = {
      database,
      server: kept?.server ?? Syncd.handshake.random(32),
      ledgers: Object.fromEntries(ledgers),
    };
    this._unsaved = kept === null;
    await this.save();
    return this._state;
  },

  async save() {
    if (!this._state || !this._unsaved) {
      return;
    }
    this._unsaved = false;
    try {
      await Syncd.files.write(FILE, this._state);
    } catch (error) {
      this._unsaved = true;
      throw error;
    }
  },

  /** Forget everything, for the plugin goes. */
  forget() {
    this._state = null;
    this._unsaved = false;
    this._told.clear();
  },
};
