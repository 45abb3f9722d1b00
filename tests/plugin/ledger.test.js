/** The ledger: versions and tombstones, without any Zotero. */
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { load } = require("./zotero.js");

const { Syncd } = load({ files: ["lifecycle.js", "ledger.js"] });
const held = (items, collections = {}) => ({
  items: new Map(Object.entries(items)),
  collections: new Map(Object.entries(collections)),
});
const plain = (value) => JSON.parse(JSON.stringify(value));

test("everything that changed since the last look gets one version", () => {
  const ledger = new Syncd.Ledger();
  ledger.catchUp(held({ AAAA2222: "1", BBBB2222: "1" }, { CCCC2222: "1" }));
  ledger.catchUp(held({ AAAA2222: "2", BBBB2222: "1" }, { CCCC2222: "2" }));
  assert.deepEqual(plain(ledger.since(1)), {
    items: ["AAAA2222"],
    collections: ["CCCC2222"],
    deleted: { items: [], collections: [] },
    next: null,
  });
  assert.equal(ledger.version, 2);
});

test("looking again without a change moves nothing", () => {
  const ledger = new Syncd.Ledger();
  assert.equal(ledger.catchUp(held({ AAAA2222: "1" })), true);
  assert.equal(ledger.catchUp(held({ AAAA2222: "1" })), false);
  assert.equal(ledger.version, 1);
});

test("what is gone leaves a tombstone", () => {
  const ledger = new Syncd.Ledger();
  ledger.catchUp(held({ AAAA2222: "1" }));
  ledger.catchUp(held({}));
  assert.deepEqual(plain(ledger.since(1).deleted), { items: ["AAAA2222"], collections: [] });
  assert.deepEqual(plain(ledger.since(2).deleted), { items: [], collections: [] });
});

test("what others know to be erased leaves one, once, unless it is there", () => {
  const ledger = new Syncd.Ledger();
  const erased = { items: ["AAAA2222", "BBBB2222"], collections: [] };
  assert.equal(ledger.catchUp(held({ BBBB2222: "1" }), erased), true);
  assert.deepEqual(plain(ledger.since(0)).deleted.items, ["AAAA2222"]);
  assert.equal(ledger.catchUp(held({ BBBB2222: "1" }), erased), false);
});

test("pages follow the versions, and go on where the last one ended", () => {
  const ledger = new Syncd.Ledger();
  ledger.catchUp(held({ BBBB2222: "1", AAAA2222: "1" }, { CCCC2222: "1" }));
  ledger.catchUp(held({ BBBB2222: "2", AAAA2222: "1" }, { CCCC2222: "1" }));
  const first = plain(ledger.since(0, 2));
  assert.deepEqual([first.items, first.collections], [["AAAA2222"], ["CCCC2222"]]);
  const second = plain(ledger.since(0, 2, first.next));
  assert.deepEqual([second.items, second.collections, second.next], [["BBBB2222"], [], null]);
});

test("what was touched counts as changed, though it looks the same", () => {
  const ledger = new Syncd.Ledger();
  ledger.catchUp(held({ AAAA2222: "1", BBBB2222: "1" }));
  ledger.touch("items", "AAAA2222");
  ledger.touch("items", "ZZZZ2222");
  ledger.catchUp(held({ AAAA2222: "1", BBBB2222: "1" }));
  assert.deepEqual(plain(ledger.since(1).items), ["AAAA2222"]);
});

test("an object that is the same after all keeps its version", () => {
  const ledger = new Syncd.Ledger();
  ledger.catchUp(held({ AAAA2222: "1" }));
  assert.equal(
    ledger.catchUp(held({ AAAA2222: "2" }), { items: [], collections: [] }, () => true),
    false,
  );
  assert.equal(ledger.version, 1);
});

test("it is the same after saving and reading", () => {
  const ledger = new Syncd.Ledger();
  ledger.catchUp(held({ AAAA2222: "1", BBBB2222: "1" }));
  ledger.bury("items", "AAAA2222");
  const again = new Syncd.Ledger(plain(ledger));
  assert.deepEqual(plain(again), plain(ledger));
  assert.equal(again.catchUp(held({ BBBB2222: "1" })), false);
});
