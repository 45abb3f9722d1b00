/** What is new since a collection was last looked at. */
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { makeCollection, makeItem, makeWindow, settle, views } = require("./views/window.js");

// Zotero's times are UTC, wherever the reader is.
process.env.TZ = "America/New_York";
const at = (text) => Date.parse(text);
const START = at("2026-11-01T00:00:00Z");
const ours = makeCollection("CCCC2222");
const other = makeCollection("DDDD2222");
const paper = (added) => makeItem({ added });

async function begun(world) {
  const loaded = views({ world });
  loaded.world.time = world ? world.time : START;
  await loaded.Syncd.seen.load();
  return { ...loaded, seen: loaded.Syncd.seen };
}

test("what came before the plugin did is not new, what came later is", async () => {
  const { seen } = await begun();
  assert.equal(seen.isNew(paper("2026-10-31 23:00:00"), ours), false);
  assert.equal(seen.isNew(paper("2026-11-02 00:00:00"), ours), true);
});

test("it stays new for the whole visit, and is not at the next", async () => {
  const { seen, world } = await begun();
  world.time = at("2026-11-03T00:00:00Z");
  assert.equal(seen.isNew(paper("2026-11-02 00:00:00"), ours), true);
  world.time = at("2026-11-03T01:00:00Z");
  assert.equal(seen.isNew(paper("2026-11-02 00:00:00"), ours), true);
  seen.look(other);
  assert.equal(seen.isNew(paper("2026-11-02 00:00:00"), ours), false);
});

test("what comes during a visit is new at the end of it, not at the next", async () => {
  const { seen, world } = await begun();
  seen.look(ours);
  world.time = at("2026-11-05T00:00:00Z");
  assert.equal(seen.isNew(paper("2026-11-04 00:00:00"), ours), true);
  seen.look(null);
  assert.equal(seen.isNew(paper("2026-11-04 00:00:00"), ours), false);
});

test("each collection is looked at by itself", async () => {
  const { seen, world } = await begun();
  world.time = at("2026-11-03T00:00:00Z");
  seen.look(ours);
  assert.equal(seen.isNew(paper("2026-11-02 00:00:00"), other), true);
});

test("a restart keeps what was looked at, also where Zotero ended during a visit", async () => {
  const { seen, world } = await begun();
  world.time = at("2026-11-03T00:00:00Z");
  seen.look(ours);
  await settle();
  const again = await begun(world);
  assert.equal(again.seen.isNew(paper("2026-11-02 00:00:00"), ours), false);
  assert.equal(again.seen.isNew(paper("2026-11-02 00:00:00"), other), true);
});

test("it is kept in the plugin's own file and nowhere else", async () => {
  const { seen, world } = await begun();
  seen.look(ours);
  await settle();
  assert.deepEqual([...world.files.keys()], ["/profile/syncd/seen.json"]);
  assert.equal(world.prefs.size, 0);
});

test("outside of a collection, and before anything is known, nothing is new", async () => {
  const { seen, Syncd } = await begun();
  assert.equal(seen.isNew(paper("2026-11-02 00:00:00"), null), false);
  Syncd.seen.close();
  assert.equal(seen.isNew(paper("2026-11-02 00:00:00"), ours), false);
});

test("the column asks about the collection that the window shows, in old and new versions", async () => {
  const { Syncd, world } = await begun();
  world.windows.push(makeWindow({ pane: { getSelectedCollections: () => [ours] } }));
  assert.equal(Syncd.columns.fresh(paper("2026-11-02 00:00:00")), "1");
  world.windows[0] = makeWindow({
    pane: { getSelectedCollections: undefined, getSelectedCollection: () => other },
  });
  assert.equal(Syncd.columns.fresh(paper("2026-11-02 00:00:00")), "1");
  world.windows[0] = makeWindow({ pane: { getSelectedCollections: () => [ours, other] } });
  assert.equal(Syncd.columns.fresh(paper("2026-11-02 00:00:00")), "0");
});
