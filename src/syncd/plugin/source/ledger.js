/**
 * The ledger of one library: a version for everything in it, counted by the plugin itself, and the tombstones of
 * what is gone. Pure: it is told what the library holds, and never looks itself.
 *
 * Zotero's own deletion log is emptied by every sync and knows nothing of what was never synced; a tombstone here
 * stays for good.
 */

/** @typedef {"items" | "collections"} Kind */
/**
 * What is known of one object: the version in which it last changed, and a print of its state by which a change is
 * told, null where Zotero said that it changed.
 *
 * @typedef {[version: number, print: string | null]} LedgerEntry
 */

/** @type {Kind[]} */
const KINDS = ["items", "collections"];

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
  /** @param {any} [saved] what `toJSON` gave */
  constructor(saved = {}) {
    this.version = 0;
    /** @type {Record<Kind, Map<string, LedgerEntry>>} */
    this.known = { items: new Map(), collections: new Map() };
    /** @type {Record<Kind, Map<string, number>>} */
    this.deleted = { items: new Map(), collections: new Map() };
    this.restore(saved);
  }

  /**
   * Be what was saved.
   *
   * @param {any} saved what `toJSON` gave
   */
  restore(saved) {
    this.version = saved.version ?? 0;
    for (const kind of KINDS) {
      this.known[kind] = new Map(Object.entries(saved.known?.[kind] ?? {}));
      this.deleted[kind] = new Map(Object.entries(saved.deleted?.[kind] ?? {}));
    }
  }

  /**
   * Note that an object changed, or may have.
   *
   * @param {Kind} kind
   * @param {string} key
   */
  touch(kind, key) {
    const entry = this.known[kind].get(key);
    if (entry) {
      entry[1] = null;
    }
  }

  /**
   * Note that an object is gone, also one that was never seen.
   *
   * @param {Kind} kind
   * @param {string} key
   */
  bury(kind, key) {
    this.version += 1;
    this.known[kind].delete(key);
    this.deleted[kind].set(key, this.version);
  }

  /**
   * Compare with what the library holds now. Everything that changed gets one new version.
   *
   * @param {Record<Kind, Map<string, string>>} held the print of each object by its key
   * @param {Record<Kind, string[]>} [erased] keys of what Zotero knows to be erased
   * @param {(kind: Kind, key: string) => boolean} [same] whether an object of another print is what it was after all
   * @returns {boolean} whether anything changed
   */
  catchUp(held, erased = { items: [], collections: [] }, same = () => false) {
    const next = this.version + 1;
    let changed = false;
    for (const kind of KINDS) {
      for (const [key, print] of held[kind]) {
        const entry = this.known[kind].get(key);
        if (entry?.[1] === print) {
          continue;
        }
        if (entry && same(kind, key)) {
          entry[1] = print;
          continue;
        }
        this.known[kind].set(key, [next, print]);
        // A sync can bring back what was erased here; it is there again, whoever wanted it.
        this.deleted[kind].delete(key);
        changed = true;
      }
      for (const key of new Set([...this.known[kind].keys(), ...erased[kind]])) {
        if (!held[kind].has(key) && !this.deleted[kind].has(key)) {
          this.known[kind].delete(key);
          this.deleted[kind].set(key, next);
          changed = true;
        }
      }
    }
    this.version = changed ? next : this.version;
    return changed;
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
    const [, at = version, place = ""] = /^(\d+)-(.*)$/.exec(after ?? "") ?? [];
    const last = { at: Number(at), place };
    const left = KINDS.flatMap((kind) =>
      [...this.known[kind]].map(([key, [at]]) => ({ at, place: `${kind}-${key}`, kind, key })),
    ).filter((each) => each.at > version && (after === undefined || order(each, last) > 0));
    const page = left.sort(order).slice(0, limit);
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

  toJSON() {
    /** @param {Record<Kind, Map<string, any>>} maps */
    const plain = (maps) => Object.fromEntries(KINDS.map((kind) => [kind, Object.fromEntries(maps[kind])]));
    return { version: this.version, known: plain(this.known), deleted: plain(this.deleted) };
  }
}

Syncd.Ledger = SyncdLedger;
