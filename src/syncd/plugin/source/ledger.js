/**
 * The ledger of one library: a version for everything in it, counted by the plugin itself, and the tombstones of
 * what is gone. Pure: it is told what the library holds, and never looks itself.
 *
 * Zotero's own deletion log is emptied by every sync and knows nothing of what was never synced; a tombstone here
 * stays for good. Everything is kept in the order of versions, so that no page of changes has to sort.
 */

/** @typedef {"items" | "collections"} Kind */
/**
 * What is known of one object: the version in which it last changed, and a print of its state by which a change is
 * told; null where it has to be taken for changed, whatever its state.
 *
 * @typedef {readonly [version: number, print: string | null]} LedgerEntry
 */
/**
 * A piece of a ledger as its file has it. Lists, for an object of JavaScript would put keys of digits alone first.
 *
 * @typedef {{kind: Kind, known?: [string, number, string | null][], deleted?: [string, number][]}} LedgerPart
 */

const PLACE = /^(\d+)-(.*)$/;

/**
 * By version, and in a fixed order within one.
 *
 * @param {{at: number, place: string}} one
 * @param {{at: number, place: string}} other
 */
function order(one, other) {
  return one.at - other.at || (one.place < other.place ? -1 : Number(one.place > other.place));
}

class SyncdLedger {
  /** @type {Kind[]} */
  static KINDS = ["items", "collections"];

  constructor() {
    this.version = 0;
    /** @type {Record<Kind, Map<string, LedgerEntry>>} by version, and by key within one */
    this.known = { items: new Map(), collections: new Map() };
    /** @type {Record<Kind, Map<string, number>>} the version in which each went */
    this.deleted = { items: new Map(), collections: new Map() };
    /** @type {Record<Kind, Set<string>>} keys of what no file has been told, in the order of versions */
    this.unsaved = { items: new Set(), collections: new Set() };
  }

  /** How many objects and tombstones there are. */
  get size() {
    return SyncdLedger.KINDS.reduce((sum, kind) => sum + this.known[kind].size + this.deleted[kind].size, 0);
  }

  /**
   * Whether an object is not as it was last seen.
   *
   * @param {Kind} kind
   * @param {string} key
   * @param {string} print
   */
  differs(kind, key, print) {
    return this.known[kind].get(key)?.[1] !== print;
  }

  /**
   * Note objects that came or changed.
   *
   * @param {Kind} kind
   * @param {[key: string, print: string][]} objects in the order of their keys
   * @param {number} version the ledger's from now on
   */
  change(kind, objects, version) {
    for (const [key, print] of objects) {
      // A sync can bring back what was erased here; it is there again, whoever wanted it.
      this.deleted[kind].delete(key);
      this.known[kind].delete(key);
      this.known[kind].set(key, [version, print]);
      this._unsave(kind, key, version);
    }
  }

  /**
   * Note that an object is what it was, although it has another print.
   *
   * @param {Kind} kind
   * @param {string} key
   * @param {string | null} print
   */
  settle(kind, key, print) {
    const entry = this.known[kind].get(key);
    if (entry) {
      this.known[kind].set(key, [entry[0], print]);
      this.unsaved[kind].add(key);
    }
  }

  /**
   * Note that objects are gone, also those that were never seen.
   *
   * @param {Kind} kind
   * @param {Iterable<string>} keys
   * @param {number} version the ledger's from now on, where any of them was not known to be gone
   */
  bury(kind, keys, version) {
    for (const key of keys) {
      if (!this.deleted[kind].has(key)) {
        this.known[kind].delete(key);
        this.deleted[kind].set(key, version);
        this._unsave(kind, key, version);
      }
    }
  }

  /**
   * Return what changed after a version, in the order of versions, a page at a time. What changes between two pages
   * comes again, on a later one or after the version of the last one, which alone tells what went.
   *
   * @param {number} version
   * @param {number} [limit] objects on a page
   * @param {string} [after] the `next` of the page before
   */
  since(version, limit = Number.POSITIVE_INFINITY, after = undefined) {
    const [, at = version, place = ""] = PLACE.exec(after ?? "") ?? [];
    const last = after === undefined ? { at: version, place: "~" } : { at: Number(at), place };
    const left = SyncdLedger.KINDS.flatMap((kind) => this._following(kind, last, limit + 1)).sort(order);
    const page = left.slice(0, limit);
    const end = page.at(-1);
    const next = end && page.length < left.length ? `${end.at}-${end.place}` : null;
    /** @param {Kind} kind */
    const keys = (kind) => page.filter((each) => each.kind === kind).map((each) => each.key);
    /** @param {Kind} kind */
    const gone = (kind) =>
      next ? [] : [...this.deleted[kind]].filter(([, at]) => at > version).map(([key]) => key);
    return {
      items: keys("items"),
      collections: keys("collections"),
      deleted: { items: gone("items"), collections: gone("collections") },
      next,
    };
  }

  /**
   * Return the objects of a kind that follow a place in the order of versions.
   *
   * @param {Kind} kind
   * @param {{at: number, place: string}} last
   * @param {number} limit
   */
  _following(kind, last, limit) {
    const found = [];
    for (const [key, [at]] of this.known[kind]) {
      if (at >= last.at) {
        const each = { at, place: `${kind}-${key}`, kind, key };
        if (order(each, last) > 0) {
          found.push(each);
        }
      }
      if (found.length === limit) {
        break;
      }
    }
    return found;
  }

  /**
   * Yield the ledger, or only what no file has been told, in parts for a file.
   *
   * @param {number} size objects in a part
   * @param {Record<Kind, Iterable<string>>} [keys] of what to yield; everything without
   * @returns {Generator<LedgerPart>}
   */
  *parts(size, keys = undefined) {
    for (const kind of SyncdLedger.KINDS) {
      for (const some of chunks(keys?.[kind] ?? this._keys(kind), size)) {
        yield {
          kind,
          known: some.flatMap((key) => {
            const entry = this.known[kind].get(key);
            return entry ? [/** @type {[string, number, string | null]} */ ([key, ...entry])] : [];
          }),
          deleted: some.flatMap((key) => {
            const at = this.deleted[kind].get(key);
            return at === undefined ? [] : [/** @type {[string, number]} */ ([key, at])];
          }),
        };
      }
    }
  }

  /**
   * Take a part from a file, whose parts come in the order in which they were written.
   *
   * @param {LedgerPart} part
   */
  take({ kind, known = [], deleted = [] }) {
    for (const [key, version, print] of known) {
      if (this.known[kind].get(key)?.[0] !== version) {
        this.known[kind].delete(key);
      }
      this.known[kind].set(key, [version, print]);
      this.deleted[kind].delete(key);
      this.version = Math.max(this.version, version);
    }
    for (const [key, version] of deleted) {
      this.known[kind].delete(key);
      this.deleted[kind].set(key, version);
      this.version = Math.max(this.version, version);
    }
  }

  /** @param {Kind} kind */
  *_keys(kind) {
    yield* this.known[kind].keys();
    yield* this.deleted[kind].keys();
  }

  /**
   * @param {Kind} kind
   * @param {string} key
   * @param {number} version
   */
  _unsave(kind, key, version) {
    this.version = Math.max(this.version, version);
    this.unsaved[kind].delete(key);
    this.unsaved[kind].add(key);
  }
}

/**
 * @param {Iterable<string>} keys
 * @param {number} size
 */
function* chunks(keys, size) {
  /** @type {string[]} */
  let some = [];
  for (const key of keys) {
    some.push(key);
    if (some.length === size) {
      yield some;
      some = [];
    }
  }
  if (some.length) {
    yield some;
  }
}

Syncd.Ledger = SyncdLedger;
