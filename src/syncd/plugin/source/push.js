/**
 * Writes what syncd sends, with syncd's own keys, in one transaction, and answers as the web API does.
 *
 * Never creates what is there, in the trash, or was ever erased; never writes over what changed since the caller
 * looked; never moves the user's selection. An object that is not valid fails alone.
 */

/** Objects that one request may hold. */
const MOST = 1000;
const KEY = /^[23456789ABCDEFGHIJKLMNPQRSTUVWXYZ]{8}$/;
/** Properties that are Zotero's to set. */
const OWN = ["version", "key"];

/** Why one object was not written. */
class SyncdFailure extends Error {
  /**
   * @param {number} code as the web API has it
   * @param {string} message one sentence
   */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** Zotero could not save one object, so everything was taken back. */
class SyncdUnsaved extends SyncdFailure {
  /**
   * @param {number} index of the object in the request
   * @param {unknown} error
   */
  constructor(index, error) {
    super(400, Syncd.sentence(error));
    this.index = index;
  }
}

/**
 * A request as it is worked on.
 *
 * @typedef {object} Batch
 * @property {number} libraryID
 * @property {any} ledger
 * @property {Kind} kind
 * @property {any[]} objects
 * @property {number | null} since the precondition for all
 * @property {SyncdUnsaved | null} unsaved what could not be saved in a first try
 * @property {Map<string, any>} written Zotero's objects that were saved, by key
 * @property {Map<string, any>} data what they are now, as the web API has it
 */

Syncd.push = {
  /**
   * @param {any} asked
   * @returns {Promise<[number, object]>}
   */
  async take(asked) {
    const { kind, objects } = asked;
    const since = asked.ifUnmodifiedSince ?? null;
    if (kind !== "items" && kind !== "collections") {
      throw new Syncd.Refusal(400, 'kind must be "items" or "collections"');
    }
    if (!Array.isArray(objects) || (since !== null && !Number.isInteger(since))) {
      throw new Syncd.Refusal(400, "objects must be a list, and ifUnmodifiedSince a version");
    }
    if (objects.length > MOST) {
      throw new Syncd.Refusal(413, `a request may hold ${MOST} objects at most`);
    }
    const libraryID = Syncd.endpoints.library(asked.library);
    /** @type {any} */
    const library = Zotero.Libraries.get(libraryID);
    if (!library.editable) {
      throw new Syncd.Refusal(403, "this library is read-only");
    }
    return Syncd.changes.exclusively(libraryID, async (ledger) => {
      await Syncd.changes.prepare(libraryID, ledger);
      return this._write({
        libraryID,
        ledger,
        kind,
        objects,
        since,
        unsaved: null,
        written: new Map(),
        data: new Map(),
      });
    });
  },

  /**
   * Look at what is meant and write within one transaction, so that no edit of the user's comes in between. One object
   * that can't be saved takes all back, for it may be half written; the others are then written without it. Only what
   * stays written gets a version.
   *
   * @param {Batch} batch
   * @returns {Promise<[number, object]>}
   */
  async _write(batch) {
    const { libraryID, ledger, kind, since } = batch;
    const keys = batch.objects.map((object) => object?.key).filter((key) => KEY.test(key));
    try {
      const { answer, prints } = await Zotero.DB.executeTransaction(async () => {
        await Syncd.changes.refresh(libraryID, ledger, { [kind]: keys });
        return since !== null && since < ledger.version
          ? { answer: null, prints: [] }
          : { answer: await this._all(batch), prints: await this._prints(batch) };
      });
      if (!answer) {
        return [412, { message: "the library changed meanwhile", version: ledger.version }];
      }
      ledger.change(kind, prints, ledger.version + 1);
      for (const data of batch.data.values()) {
        await Syncd.changes.remember(libraryID, kind, data);
      }
      return [200, { ...answer, version: ledger.version }];
    } catch (error) {
      await this._reload(batch);
      if (error instanceof SyncdUnsaved && !batch.unsaved) {
        return this._write({ ...batch, unsaved: error, written: new Map(), data: new Map() });
      }
      throw error;
    }
  },

  /**
   * Return the prints of what was written.
   *
   * @param {Batch} batch
   * @returns {Promise<[key: string, print: string][]>}
   */
  async _prints({ libraryID, kind, written }) {
    const prints = await Syncd.changes.prints(libraryID, kind, [...written.keys()]);
    const there = new Set(prints.map(([key]) => key));
    for (const key of written.keys()) {
      if (!there.has(key)) {
        // Whoever asked must not take it for one that failed: better that nothing is written.
        throw new Error(`${key} was written and is not there`);
      }
    }
    return prints;
  },

  /**
   * Let objects be what the database has: Zotero forgets new ones by itself, but keeps changes that were taken back.
   *
   * @param {Batch} batch
   */
  async _reload({ libraryID, kind, written }) {
    for (const key of written.keys()) {
      const object = await this._objects(kind).getByLibraryAndKeyAsync(libraryID, key);
      if (object) {
        await object.reload(null, true);
      }
    }
  },

  /** @param {Batch} batch */
  async _all(batch) {
    const { objects, unsaved, data } = batch;
    /** @type {{successful: Record<string, any>, unchanged: Record<string, string>, failed: Record<string, any>}} */
    const answer = { successful: {}, unchanged: {}, failed: {} };
    for (const [index, object] of objects.entries()) {
      try {
        if (unsaved?.index === index) {
          throw unsaved;
        }
        if (await this._one(batch, object, index)) {
          const { key, version } = data.get(object.key);
          answer.successful[index] = { key, version, data: data.get(object.key) };
        } else {
          answer.unchanged[index] = object.key;
        }
      } catch (error) {
        if (error instanceof SyncdUnsaved && error !== unsaved) {
          throw error;
        }
        answer.failed[index] = this._failure(object, error);
      }
    }
    return answer;
  },

  /**
   * @param {any} object
   * @param {unknown} error
   */
  _failure(object, error) {
    const message = Syncd.sentence(error);
    // Zotero's own errors carry no code; a missing parent or collection can be told by its words only.
    const code =
      error instanceof SyncdFailure ? error.code : /not found|doesn't exist/i.test(message) ? 409 : 400;
    return { key: object?.key, code, message };
  },

  /**
   * Write one object.
   *
   * @param {Batch} batch
   * @param {any} sent
   * @param {number} index
   * @returns {Promise<boolean>} whether that changed anything
   */
  async _one({ libraryID, ledger, kind, since, written, data }, sent, index) {
    if (sent === null || typeof sent !== "object" || !KEY.test(sent.key)) {
      throw new SyncdFailure(400, "an object needs a key of Zotero's form");
    }
    if (written.has(sent.key)) {
      throw new SyncdFailure(412, `${sent.key} stands in this request twice`);
    }
    const present = await this._objects(kind).getByLibraryAndKeyAsync(libraryID, sent.key);
    this._precondition(sent, present ? ledger.known[kind].get(sent.key) : undefined, since);
    if (present) {
      await present.loadAllData();
    } else if (ledger.deleted[kind].has(sent.key)) {
      throw new SyncdFailure(412, `${sent.key} was erased`);
    }
    const wanted = present ? this._merged(kind, present, sent) : this._content(sent);
    if (kind === "items") {
      this._checkItem(wanted);
    }
    await this._try(libraryID, kind, wanted);
    const object = present || (await this._new(libraryID, kind, sent.key));
    try {
      object.fromJSON(wanted, { strict: true });
    } catch (error) {
      await present?.reload(null, true);
      throw error;
    }
    if (present && !object.hasChanged()) {
      return false;
    }
    written.set(sent.key, object);
    try {
      await object.save({ skipSelect: true });
      data.set(sent.key, Syncd.changes.data(object, ledger.version + 1));
    } catch (error) {
      throw new SyncdUnsaved(index, error);
    }
    return true;
  },

  /**
   * @param {string} kind
   * @returns {any} zotero-types lets nobody reload all of an object
   */
  _objects(kind) {
    return kind === "items" ? Zotero.Items : Zotero.Collections;
  },

  /**
   * @param {any} sent
   * @param {[number, string | null] | undefined} entry what the ledger has, if it is there
   * @param {number | null} since the batch's own precondition
   */
  _precondition(sent, entry, since) {
    if (sent.version === undefined || sent.version === null) {
      if (since === null && entry) {
        throw new SyncdFailure(428, "a change needs the version that it is made to");
      }
    } else if (!Number.isInteger(sent.version)) {
      throw new SyncdFailure(400, "version must be a version");
    } else if (entry && entry[0] > sent.version) {
      throw new SyncdFailure(
        412,
        `${sent.key} is there in version ${entry[0]}, and ${sent.version} was expected`,
      );
    } else if (!entry && sent.version > 0) {
      throw new SyncdFailure(404, `${sent.key} is not there; version 0 would create it`);
    }
  },

  /**
   * Return what was sent without what is Zotero's to set.
   *
   * @param {any} sent
   */
  _content(sent) {
    return Object.fromEntries(Object.entries(sent).filter(([name]) => !OWN.includes(name)));
  },

  /**
   * Return an object as it is to be: what was not sent stays.
   *
   * @param {string} kind
   * @param {any} present
   * @param {any} sent
   */
  _merged(kind, present, sent) {
    const now = this._content(present.toJSON());
    const content = this._content(sent);
    if (kind === "items" && content.itemType !== undefined && content.itemType !== now.itemType) {
      const type = Zotero.ItemTypes.getID(content.itemType);
      for (const name of Object.keys(now)) {
        const field = Zotero.ItemFields.getID(name);
        if (field && type && !Zotero.ItemFields.isValidForType(field, type)) {
          delete now[name];
        }
      }
    }
    // A change without a date of its own is a change of now, which Zotero sets.
    if (content.dateModified === undefined) {
      delete now.dateModified;
    }
    return { ...now, ...content };
  },

  /**
   * No file of this computer is read because a request names it.
   *
   * @param {any} wanted
   */
  _checkItem(wanted) {
    if (wanted.itemType === "attachment" && wanted.linkMode !== "linked_url") {
      throw new SyncdFailure(400, "an attachment must be a linked_url");
    }
  },

  /**
   * See on an object that is never saved whether Zotero takes it: one that it refuses halfway would keep the rest
   * in memory, and save it with the user's next edit.
   *
   * @param {number} libraryID
   * @param {string} kind
   * @param {any} wanted
   */
  async _try(libraryID, kind, wanted) {
    const trial = this._empty(kind);
    trial.libraryID = libraryID;
    trial.fromJSON(wanted, { strict: true });
    for (const key of wanted.collections ?? []) {
      if (!(await Zotero.Collections.getByLibraryAndKeyAsync(libraryID, key))) {
        throw new SyncdFailure(409, `the collection ${key} is not there`);
      }
    }
    const [parent, owners] =
      kind === "items" ? [wanted.parentItem, Zotero.Items] : [wanted.parentCollection, Zotero.Collections];
    if (parent && !(await owners.getByLibraryAndKeyAsync(libraryID, parent))) {
      throw new SyncdFailure(409, `the parent ${parent} is not there`);
    }
  },

  /**
   * @param {string} kind
   * @returns {any} what zotero-types takes for read-only is set before the first save
   */
  _empty(kind) {
    return kind === "items" ? new Zotero.Item() : new Zotero.Collection();
  },

  /**
   * @param {number} libraryID
   * @param {string} kind
   * @param {string} key
   */
  async _new(libraryID, kind, key) {
    const object = this._empty(kind);
    object.libraryID = libraryID;
    object.key = key;
    await object.loadPrimaryData();
    return object;
  },
};
