/** The ledger: versions and tombstones, without any Zotero. */
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { load } = require("./zotero.js");

const { Syncd } = load({ files: ["lifecycle.js", "store.js"] });
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
    ledger.catchUp(held({ AAAA2222: "2" }), () => true),
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
