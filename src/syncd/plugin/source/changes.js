/**
 * What changed in Zotero's libraries: listens, compares before every answer, and remembers across restarts.
 *
 * The comparison finds what was missed while the plugin was off; the events tell edits within one second apart, and
 * what a push has to look at. Nothing here keeps Zotero's window waiting. Never writes to a library.
 */

/**
 * What each kind of object is called in Zotero. A print is made of what moves with every change, cheap to read for
 * the whole library.
 *
 * @type {Record<Kind, {objects: () => any, sql: string}>}
 */
const TABLES = {
  items: {
    objects: () => Zotero.Items,
    sql:
      "SELECT key, clientDateModified || '|' || version || '|' || (deletedItems.itemID IS NOT NULL) " +
      "FROM items LEFT JOIN deletedItems USING (itemID) WHERE libraryID = ?",
  },
  collections: {
    objects: () => Zotero.Collections,
    sql:
      "SELECT key, clientDateModified || '|' || version || '|' || " +
      "(deletedCollections.collectionID IS NOT NULL) " +
      "FROM collections LEFT JOIN deletedCollections USING (collectionID) WHERE libraryID = ?",
  },
};

/** Each line of it is JSON: whose it is, then parts of ledgers, of which a later one counts. */
const FILE = "changes.jsonl";
/** Objects that one answer may tell of. */
const PAGE = 250;
/** Objects that are read from the database, or written to the file, at once. */
const BATCH = 1000;
/** Objects whose data is read at once. */
const FEW = 25;
/** How long work may take before the window gets a turn, in ms. */
const TURN = 8;
/** The file is written anew when it has this many entries more than twice what counts. */
const WASTE = 10_000;
/** Keys that one question to the database may name. */
const NAMED = 100;

/** A long work that lets the window have its turns. */
class SyncdTurns {
  constructor() {
    this._since = Date.now();
  }

  async rest() {
    if (Date.now() - this._since >= TURN) {
      await Zotero.Promise.delay(0);
      this._since = Date.now();
    }
  }
}

Syncd.changes = {
  /** @type {string | null} */
  _observer: null,
  /**
   * What the file holds, once it was read.
   *
   * @type {{database: string, server: string, ledgers: Map<number, any>} | null}
   */
  _state: null,
  /** @type {Promise<any> | null} its reading, once it has begun */
  _loading: null,
  /** How many entries the file has; null where it has to be written anew. @type {number | null} */
  _written: null,
  /** @type {Promise<unknown>} whoever works with the ledgers */
  _turn: Promise.resolve(null),
  /** @type {Map<string, Set<string>>} keys of what Zotero told of since the ledger was brought up to date */
  _heard: new Map(),
  /** @type {Set<number>} libraries that were compared whole since the plugin started */
  _compared: new Set(),
  /** @type {Map<string, string>} a hash of what syncd wrote, for telling a change that is none */
  _own: new Map(),

  register() {
    this._observer = Zotero.Notifier.registerObserver(this, ["item", "collection"], "syncd");
  },

  async unregister() {
    if (this._observer) {
      Zotero.Notifier.unregisterObserver(this._observer);
      this._observer = null;
    }
    await this.close();
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
      this._gone(
        kind,
        ids.flatMap((id) => extra?.[id] ?? []),
      );
    } else if (["add", "modify", "trash"].includes(event)) {
      for (const id of ids) {
        const about = TABLES[kind].objects().getLibraryAndKeyFromID(id);
        // Before a library is compared, the comparison finds everything.
        if (about && this._compared.has(about.libraryID)) {
          this._hear(kind, about.libraryID, [about.key]);
        }
      }
    }
  },

  /**
   * Note that objects are gone. Of one that no program has been told of, no comparison will find that, and a sync
   * empties Zotero's own log: it is written down at once.
   *
   * @param {Kind} kind
   * @param {{libraryID: number, key: string}[]} objects
   */
  _gone(kind, objects) {
    for (const libraryID of new Set(objects.map((about) => about.libraryID))) {
      const keys = objects.filter((about) => about.libraryID === libraryID).map(({ key }) => key);
      this._hear(kind, libraryID, keys);
      Syncd.quietly("remembering what was erased", () =>
        this._exclusively(async ({ ledgers }) => {
          if (libraryID === Zotero.Libraries.userLibraryID || ledgers.has(libraryID)) {
            await this.refresh(libraryID, this._ledger(libraryID));
          } else {
            this._heard.delete(`${libraryID}/${kind}`);
          }
        }),
      );
    }
  },

  /**
   * @param {Kind} kind
   * @param {number} libraryID
   * @param {Iterable<string>} keys
   */
  _hear(kind, libraryID, keys) {
    const place = `${libraryID}/${kind}`;
    const heard = this._heard.get(place) ?? new Set();
    this._heard.set(place, heard);
    for (const key of keys) {
      heard.add(key);
    }
  },

  /**
   * Do something with what Zotero told of; if that fails, it counts as told again.
   *
   * @param {Kind} kind
   * @param {number} libraryID
   * @param {(heard: Set<string>) => Promise<void>} action
   */
  async _withHeard(kind, libraryID, action) {
    const place = `${libraryID}/${kind}`;
    const heard = this._heard.get(place) ?? new Set();
    this._heard.delete(place);
    try {
      await action(heard);
    } catch (error) {
      this._hear(kind, libraryID, heard);
      throw error;
    }
  },

  /**
   * Return what a caller has to know to mean this Zotero: the key of its database, which outlives the plugin, and
   * the id under which versions are counted, a new one where they are counted anew.
   *
   * @returns {Promise<{database: string, server: string}>}
   */
  async serverIds() {
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
    return this._exclusively(() => action(this._ledger(libraryID)));
  },

  /**
   * @template T
   * @param {(state: any) => Promise<T>} action
   * @returns {Promise<T>}
   */
  _exclusively(action) {
    const turn = this._turn.then(async () => {
      const state = await this._load();
      try {
        return await action(state);
      } finally {
        // A version that was told must be known after a crash.
        await this._save();
      }
    });
    this._turn = turn.catch(() => null);
    return turn;
  },

  /** @param {number} libraryID */
  _ledger(libraryID) {
    const { ledgers } = /** @type {NonNullable<typeof this._state>} */ (this._state);
    const ledger = ledgers.get(libraryID) ?? new Syncd.Ledger();
    ledgers.set(libraryID, ledger);
    return ledger;
  },

  /**
   * Bring a ledger up to date with all of its library.
   *
   * @param {number} libraryID
   * @param {any} ledger
   */
  async compare(libraryID, ledger) {
    // What Zotero tells of from here on may be of a row that was read already.
    this._compared.add(libraryID);
    const version = ledger.version + 1;
    try {
      for (const kind of Syncd.Ledger.KINDS) {
        await this._withHeard(kind, libraryID, async (heard) => {
          const held = await this._compareAll(libraryID, ledger, kind, heard, version);
          const erased = await this._erased(kind, libraryID);
          if (held.length < ledger.known[kind].size || erased.length || heard.size) {
            const there = new Set(held);
            const gone = [...ledger.known[kind].keys(), ...erased, ...heard].filter((key) => !there.has(key));
            ledger.bury(kind, gone, version);
          }
        });
      }
    } catch (error) {
      this._compared.delete(libraryID);
      throw error;
    }
  },

  /**
   * @param {number} libraryID
   * @param {any} ledger
   * @param {Kind} kind
   * @param {Set<string>} heard
   * @param {number} version
   * @returns {Promise<string[]>} the keys of all objects that are there
   */
  async _compareAll(libraryID, ledger, kind, heard, version) {
    const turns = new SyncdTurns();
    const sql = `${TABLES[kind].sql} AND key > ? ORDER BY key LIMIT ${BATCH}`;
    /** @type {string[]} */
    const keys = [];
    for (let size = BATCH; size === BATCH; ) {
      const rows = await this._rows(sql, [libraryID, keys.at(-1) ?? ""]);
      await this._take(libraryID, ledger, kind, rows, heard, version);
      keys.push(...rows.map(([key]) => key));
      size = rows.length;
      await turns.rest();
    }
    return keys;
  },

  /**
   * Bring a ledger up to date with what Zotero told of, and with objects that are asked for.
   *
   * @param {number} libraryID
   * @param {any} ledger
   * @param {Partial<Record<Kind, string[]>>} [wanted] keys
   */
  async refresh(libraryID, ledger, wanted = {}) {
    const version = ledger.version + 1;
    for (const kind of Syncd.Ledger.KINDS) {
      await this._withHeard(kind, libraryID, async (heard) => {
        const keys = [...new Set([...heard, ...(wanted[kind] ?? [])])];
        const rows = await this.prints(libraryID, kind, keys);
        await this._take(libraryID, ledger, kind, rows, heard, version);
        const there = new Set(rows.map(([key]) => key));
        const lost = keys.filter((key) => heard.has(key) || ledger.known[kind].has(key));
        ledger.bury(
          kind,
          lost.filter((key) => !there.has(key)),
          version,
        );
      });
    }
  },

  /**
   * Bring a ledger up to date before something is written: with all of the library if that was not done since the
   * plugin started, else with what Zotero told of.
   *
   * @param {number} libraryID
   * @param {any} ledger
   */
  async prepare(libraryID, ledger) {
    await (this._compared.has(libraryID) ? this.refresh(libraryID, ledger) : this.compare(libraryID, ledger));
  },

  /**
   * @param {number} libraryID
   * @param {Kind} kind
   * @param {string[]} keys
   * @returns {Promise<[key: string, print: string][]>} those that are there, in the order of their keys
   */
  async prints(libraryID, kind, keys) {
    const found = [];
    for (let start = 0; start < keys.length; start += NAMED) {
      const some = keys.slice(start, start + NAMED);
      const places = Array(NAMED).fill("?").join();
      const values = [...some, ...Array(NAMED - some.length).fill("")];
      found.push(...(await this._rows(`${TABLES[kind].sql} AND key IN (${places})`, [libraryID, ...values])));
    }
    return found.sort(([one], [other]) => (one < other ? -1 : 1));
  },

  /**
   * @param {string} sql
   * @param {(number | string)[]} values
   * @returns {Promise<[key: string, print: string][]>}
   */
  async _rows(sql, values) {
    /** @type {[string, string][]} */
    const rows = [];
    // Zotero wraps each row of an answer that comes as a whole.
    const onRow = (/** @type {any} */ row) => rows.push([row.getResultByIndex(0), row.getResultByIndex(1)]);
    await Zotero.DB.queryAsync(sql, values, { onRow });
    return rows;
  },

  /**
   * Compare objects with what is known of them, and note those that changed. An object is left as it is where it is
   * what syncd wrote, though its print moved: a sync sent it, or the event of the writing came late.
   *
   * @param {number} libraryID
   * @param {any} ledger
   * @param {Kind} kind
   * @param {[key: string, print: string][]} rows
   * @param {Set<string>} heard
   * @param {number} version
   */
  async _take(libraryID, ledger, kind, rows, heard, version) {
    const turns = new SyncdTurns();
    /** @type {typeof rows} */
    const changed = [];
    for (const [key, print] of rows) {
      if (!heard.has(key) && !ledger.differs(kind, key, print)) {
        continue;
      }
      if (ledger.known[kind].has(key) && (await this._isOwn(libraryID, kind, key))) {
        ledger.settle(kind, key, print);
        await turns.rest();
      } else {
        changed.push([key, print]);
      }
    }
    ledger.change(kind, changed, version);
  },

  /**
   * Whether an object is as syncd wrote it.
   *
   * @param {number} libraryID
   * @param {Kind} kind
   * @param {string} key
   */
  async _isOwn(libraryID, kind, key) {
    const name = `${libraryID}/${kind}/${key}`;
    const own = this._own.get(name);
    if (own === undefined) {
      return false;
    }
    const [object] = await this._objects(libraryID, kind, [key]);
    if (object && (await this._hash(this.data(object, 0))) === own) {
      return true;
    }
    // Should the user put it back as it was, that is a change, too.
    this._own.delete(name);
    return false;
  },

  /**
   * Remember what syncd wrote.
   *
   * @param {number} libraryID
   * @param {Kind} kind
   * @param {any} data of the object
   */
  async remember(libraryID, kind, data) {
    this._own.set(`${libraryID}/${kind}/${data.key}`, await this._hash({ ...data, version: 0 }));
  },

  /** @param {any} data */
  async _hash(data) {
    return (await Syncd.handshake.hash(JSON.stringify(data))).slice(0, 32);
  },

  /**
   * Read what was erased and not told to Zotero's server yet, also while the plugin was off or not there at all.
   *
   * @param {Kind} kind
   * @param {number} libraryID
   * @returns {Promise<string[]>} keys
   */
  async _erased(kind, libraryID) {
    const type = kind === "items" ? "item" : "collection";
    return (await Zotero.Sync.Data.Local.getDeleted(type, libraryID)) || [];
  },

  /**
   * @param {number} libraryID
   * @param {Kind} kind
   * @param {string[]} keys
   * @returns {Promise<any[]>} loaded, with everything that JSON needs; what is gone is left out
   */
  async _objects(libraryID, kind, keys) {
    const objects = TABLES[kind].objects();
    const ids = keys.map((key) => objects.getIDFromLibraryAndKey(libraryID, key)).filter(Boolean);
    const found = ids.length ? await objects.getAsync(ids) : [];
    await objects.loadDataTypes(found);
    return found;
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
   * Return objects with their versions.
   *
   * @param {number} libraryID
   * @param {any} ledger
   * @param {Kind} kind
   * @param {string[]} keys
   */
  async _read(libraryID, ledger, kind, keys) {
    const turns = new SyncdTurns();
    const read = [];
    for (let start = 0; start < keys.length; start += FEW) {
      for (const object of await this._objects(libraryID, kind, keys.slice(start, start + FEW))) {
        const [version] = ledger.known[kind].get(object.key);
        read.push({ key: object.key, version, data: this.data(object, version) });
        await turns.rest();
      }
    }
    return read;
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
  since(libraryID, version, limit = PAGE, after = undefined) {
    return this.exclusively(libraryID, async (ledger) => {
      if (after === undefined) {
        await this.compare(libraryID, ledger);
      }
      const { items, collections, deleted, next } = ledger.since(version, Math.min(limit, PAGE), after);
      return {
        version: ledger.version,
        items: await this._read(libraryID, ledger, "items", items),
        collections: await this._read(libraryID, ledger, "collections", collections),
        deleted,
        next,
      };
    });
  },

  _load() {
    this._loading ??= this._begin().catch((error) => {
      this._loading = null;
      throw error;
    });
    return this._loading;
  },

  async _begin() {
    const database = Zotero.Users.getLocalUserKey();
    this._state = (await this._readFile(database)) ?? {
      database,
      server: Syncd.handshake.random(32),
      ledgers: new Map(),
    };
    await this._save();
    return this._state;
  },

  /**
   * Return what the file holds; null where there is none, or one of another database, whose versions mean nothing
   * here: they get another server's name.
   *
   * @param {string} database
   */
  async _readFile(database) {
    const turns = new SyncdTurns();
    const [first, ...lines] = ((await Syncd.files.read(FILE)) ?? "").split("\n");
    const about = this._parsed(first);
    this._written = null;
    if (!about || about.database !== database) {
      return null;
    }
    const ledgers = new Map();
    let entries = 0;
    const torn = lines.pop();
    for (const line of lines) {
      const part = this._parsed(line);
      if (part) {
        const ledger = ledgers.get(part.library) ?? new Syncd.Ledger();
        ledgers.set(part.library, ledger);
        ledger.take(part);
        entries += (part.known?.length ?? 0) + (part.deleted?.length ?? 0);
      }
      await turns.rest();
    }
    // A line that was not finished would spoil the next.
    this._written = torn ? null : entries;
    return { database, server: about.server, ledgers };
  },

  /** @param {string} line */
  _parsed(line) {
    try {
      return JSON.parse(line);
    } catch {
      return null;
    }
  },

  /** Write down what the file has not been told. */
  async _save() {
    const { ledgers } = /** @type {NonNullable<typeof this._state>} */ (this._state);
    const size = [...ledgers.values()].reduce((sum, ledger) => sum + ledger.size, 0);
    if (this._written === null || this._written > 2 * size + WASTE) {
      await this._saveAll();
      return;
    }
    for (const [library, ledger] of ledgers) {
      for (const part of ledger.parts(BATCH, ledger.unsaved)) {
        const written = /** @type {number} */ (this._written);
        // Half a line may be written where this fails.
        this._written = null;
        await Syncd.files.append(FILE, `${JSON.stringify({ library, ...part })}\n`);
        this._written = written + part.known.length + part.deleted.length;
      }
      this._saved(ledger);
    }
  },

  async _saveAll() {
    const { database, server, ledgers } = /** @type {NonNullable<typeof this._state>} */ (this._state);
    let entries = 0;
    await Syncd.files.write(
      FILE,
      (function* () {
        yield `${JSON.stringify({ database, server })}\n`;
        for (const [library, ledger] of ledgers) {
          for (const part of ledger.parts(BATCH)) {
            entries += part.known.length + part.deleted.length;
            yield `${JSON.stringify({ library, ...part })}\n`;
          }
        }
      })(),
    );
    this._written = entries;
    for (const ledger of ledgers.values()) {
      this._saved(ledger);
    }
  },

  /** @param {any} ledger */
  _saved(ledger) {
    for (const kind of Syncd.Ledger.KINDS) {
      ledger.unsaved[kind].clear();
    }
  },

  /** Write down what is still to be, for Zotero or the plugin ends: what changed and was not compared counts as changed. */
  async close() {
    await this._turn;
    if (!this._state) {
      return;
    }
    for (const [library, ledger] of this._state.ledgers) {
      for (const kind of Syncd.Ledger.KINDS) {
        for (const key of this._heard.get(`${library}/${kind}`) ?? []) {
          ledger.settle(kind, key, null);
        }
      }
    }
    await this._save();
    this.forget();
  },

  /** Forget everything, for the plugin goes. */
  forget() {
    this._state = null;
    this._loading = null;
    this._written = null;
    this._heard.clear();
    this._compared.clear();
    this._own.clear();
  },
};
