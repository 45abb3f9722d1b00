/** The ledger: versions and tombstones, without any Zotero. */
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { load } = require("./zotero.js");

const { Syncd } = load({ files: ["lifecycle.js", "ledger.js"] });
const plain = (value) => JSON.parse(JSON.stringify(value));
const [ONE, TWO, THREE] = ["AAAA2222", "BBBB2222", "CCCC2222"];

/** A ledger after one change for each argument: the keys of items, and those of collections. */
function changed(...changes) {
  const ledger = new Syncd.Ledger();
  for (const [items = [], collections = []] of changes) {
    const version = ledger.version + 1;
    const prints = (keys) => keys.map((key) => [key, `${key} in ${version}`]);
    ledger.change("items", prints(items), version);
    ledger.change("collections", prints(collections), version);
  }
  return ledger;
}

/** What a file would bring back, and its parts. */
function kept(ledger, size = 2, keys = undefined, again = new Syncd.Ledger()) {
  const parts = plain([...ledger.parts(size, keys)]);
  for (const part of parts) {
    again.take(part);
  }
  return { again, parts };
}

const seen = (ledger) => plain([ledger.version, ledger.since(0), [...ledger.known.items]]);

test("everything that changes at once gets one version", () => {
  const ledger = changed([[ONE, TWO], [THREE]], [[ONE], [THREE]]);
  assert.deepEqual(plain(ledger.since(1)), {
    items: [ONE],
    collections: [THREE],
    deleted: { items: [], collections: [] },
    next: null,
  });
  assert.equal(ledger.version, 2);
});

test("what is as it was last seen does not differ", () => {
  const ledger = changed([[ONE]]);
  assert.equal(ledger.differs("items", ONE, `${ONE} in 1`), false);
  assert.equal(ledger.differs("items", ONE, "other"), true);
  assert.equal(ledger.differs("items", TWO, `${ONE} in 1`), true);
});

test("what is gone leaves a tombstone, once, also where it was never seen", () => {
  const ledger = changed([[ONE]]);
  ledger.bury("items", [ONE, TWO], 2);
  ledger.bury("items", [ONE], 3);
  assert.equal(ledger.version, 2);
  assert.deepEqual(plain(ledger.since(1).deleted.items), [ONE, TWO]);
  assert.deepEqual(plain(ledger.since(2).deleted.items), []);
  assert.deepEqual(plain(ledger.since(0).items), []);
});

test("what comes back has no tombstone any more", () => {
  const ledger = changed([[ONE]]);
  ledger.bury("items", [ONE], 2);
  ledger.change("items", [[ONE, "again"]], 3);
  assert.deepEqual(plain(ledger.since(0)), {
    items: [ONE],
    collections: [],
    deleted: { items: [], collections: [] },
    next: null,
  });
});

test("pages follow the versions, and go on where the last one ended", () => {
  const ledger = changed([[ONE, TWO], [THREE]], [[TWO]], [[ONE]]);
  ledger.bury("items", ["ZZZZ2222"], 4);
  const pages = [];
  for (let next; next !== null; ) {
    const page = plain(ledger.since(0, 1, next));
    pages.push([...page.items, ...page.collections, page.deleted.items.length]);
    ({ next } = page);
  }
  assert.deepEqual(pages, [
    [THREE, 0],
    [TWO, 0],
    [ONE, 1],
  ]);
});

test("a page goes on though the last one's end was changed, or went", () => {
  for (const disturb of [
    (ledger) => ledger.change("items", [[ONE, "new"]], 3),
    (ledger) => ledger.bury("items", [ONE], 3),
  ]) {
    const ledger = changed([[ONE, TWO, THREE]]);
    const { next } = ledger.since(0, 1);
    disturb(ledger);
    assert.deepEqual(plain(ledger.since(0, 9, next).items).slice(0, 2), [TWO, THREE]);
  }
});

test("an object that is the same after all keeps its version and place", () => {
  const ledger = changed([[ONE, TWO]]);
  ledger.settle("items", ONE, "synced");
  ledger.settle("items", "ZZZZ2222", "never seen");
  assert.equal(ledger.differs("items", ONE, "synced"), false);
  assert.deepEqual(plain(ledger.since(0).items), [ONE, TWO]);
  assert.equal(ledger.version, 1);
});

test("it is the same after saving and reading, in as many parts as it takes", () => {
  // A key of digits alone would come first, were it the name of a property.
  const ledger = changed([[ONE, TWO], [THREE]], [["23456789"]], [[ONE]]);
  ledger.bury("items", [TWO], 4);
  for (const size of [1, 2, 100]) {
    const { again, parts } = kept(ledger, size);
    assert.deepEqual(seen(again), seen(ledger));
    assert.ok(parts.every(({ known, deleted }) => known.length + deleted.length <= size));
  }
});

test("what was added to a file later counts more, in the order of versions", () => {
  const ledger = changed([[ONE, TWO, THREE]]);
  const { again } = kept(ledger);
  for (const kind of ["items", "collections"]) {
    ledger.unsaved[kind].clear();
  }
  ledger.change("items", [[TWO, "two"]], 2);
  ledger.change("items", [[ONE, "one"]], 3);
  ledger.change("items", [[TWO, "two again"]], 4);
  ledger.bury("items", [THREE], 5);
  ledger.settle("items", ONE, "one, synced");
  const { parts } = kept(ledger, 100, ledger.unsaved, again);
  assert.deepEqual(seen(again), seen(ledger));
  assert.equal(JSON.stringify(parts).includes("in 1"), false);
});
