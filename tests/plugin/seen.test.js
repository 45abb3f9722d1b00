/** What is new since a place was last looked at. */
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { makeItem, makeWindow, settle, started } = require("./views/window.js");
const { World, strict } = require("./zotero.js");

// Zotero's times are UTC, wherever the reader is.
process.env.TZ = "America/New_York";
const at = (text) => Date.parse(text);
const START = at("2026-11-01T00:00:00Z");
const FILE = "/profile/syncd/seen.json";

/** What Zotero's list of collections shows. */
function makePlace({ key = null, kind = "collection", libraryID = 1 } = {}) {
  return strict("row", {
    ref: key ? { libraryID, key } : { libraryID },
    isCollection: () => kind === "collection",
    isLibrary: (global) => global && ["library", "feed"].includes(kind),
    isFeed: () => kind === "feed",
  });
}

const ours = [makePlace({ key: "CCCC2222" })];
const other = [makePlace({ key: "DDDD2222" })];
const mine = [makePlace({ kind: "library" })];

/** A Zotero with the plugin, whose user goes from place to place. */
async function begun(world = new World(), first = []) {
  const reader = { shown: first };
  const window = makeWindow({ pane: { getCollectionTreeRows: () => reader.shown } });
  world.time = Math.max(world.time, START);
  // Of the Zotero that ended, nothing is there any more.
  world.windows.length = 0;
  world.watchers.clear();
  world.observers.clear();
  const loaded = await started(window, { world });
  const [column] = [...world.registered.values()].filter(({ dataKey }) => dataKey === "new").slice(-1);
  return {
    ...loaded,
    window,
    /** Go to a place at a time. */
    go: (rows, time) => {
      world.time = at(time);
      reader.shown = rows;
      world.go();
    },
    isNew: (added) => column.dataProvider(makeItem({ added })) === "1",
  };
}

test("what came before the plugin did is not new, what came later is", async () => {
  const { go, isNew } = await begun();
  go(ours, "2026-11-03T00:00:00Z");
  assert.equal(isNew("2026-10-31 23:00:00"), false);
  assert.equal(isNew("2026-11-02 00:00:00"), true);
});

test("it stays new for the whole visit, and is not at the next", async () => {
  const { go, isNew, world } = await begun();
  go(ours, "2026-11-03T00:00:00Z");
  world.time = at("2026-11-03T01:00:00Z");
  assert.equal(isNew("2026-11-02 00:00:00"), true);
  go(other, "2026-11-03T02:00:00Z");
  go(ours, "2026-11-03T03:00:00Z");
  assert.equal(isNew("2026-11-02 00:00:00"), false);
});

test("what comes during a visit is new at the end of it, not at the next", async () => {
  const { go, isNew } = await begun();
  go(ours, "2026-11-03T00:00:00Z");
  assert.equal(isNew("2026-11-04 00:00:00"), true);
  go([], "2026-11-05T00:00:00Z");
  go(ours, "2026-11-06T00:00:00Z");
  assert.equal(isNew("2026-11-04 00:00:00"), false);
});

test("each place is looked at by itself, a library as well, and a feed never", async () => {
  const { go, isNew } = await begun();
  go(ours, "2026-11-03T00:00:00Z");
  for (const [place, isThere] of [
    [other, true],
    [mine, true],
    [[makePlace({ kind: "library", libraryID: 2 })], true],
    [[makePlace({ kind: "feed", libraryID: 3 })], false],
    [[makePlace({ kind: "trash" })], false],
    [[...ours, ...other], false],
    [[], false],
  ]) {
    go(place, "2026-11-04T00:00:00Z");
    assert.equal(isNew("2026-11-02 00:00:00"), isThere);
  }
  go(mine, "2026-11-05T00:00:00Z");
  assert.equal(isNew("2026-11-03 00:00:00"), false);
});

test("Zotero 8 and 9 are asked by the name that they have", async () => {
  const { window, isNew, world } = await begun();
  window.ZoteroPane.getCollectionTreeRows = undefined;
  Object.defineProperty(window.ZoteroPane, "getCollectionTreeRow", { value: () => ours[0] });
  world.go();
  assert.equal(isNew("2026-11-02 00:00:00"), true);
});

test("a restart keeps what was looked at, also the place that Zotero began with", async () => {
  const { isNew, world, scope, about } = await begun(undefined, ours);
  world.time = at("2026-11-03T00:00:00Z");
  assert.equal(isNew("2026-11-02 00:00:00"), true);
  await new Promise((resolve) => setTimeout(resolve, 10));
  await scope.shutdown(about, 2);
  const again = await begun(world);
  again.go(ours, "2026-11-04T00:00:00Z");
  assert.equal(again.isNew("2026-11-02 00:00:00"), false);
  again.go(other, "2026-11-04T00:00:00Z");
  assert.equal(again.isNew("2026-11-02 00:00:00"), true);
});

test("what is looked at is kept in the plugin's own file, a while later, and not for a row's value", async () => {
  const { go, isNew, world, Syncd } = await begun();
  world.files.delete(FILE);
  go(ours, "2026-11-03T00:00:00Z");
  isNew("2026-11-02 00:00:00");
  await settle();
  assert.equal(world.files.has(FILE), false);
  await Syncd.seen.flush();
  assert.deepEqual(Object.keys(JSON.parse(world.files.get(FILE)).places), ["1/CCCC2222"]);
});

test("the place is asked for once for all rows that are asked for together", async () => {
  const { window, isNew } = await begun();
  let asked = 0;
  window.ZoteroPane.getCollectionTreeRows = () => {
    asked += 1;
    return ours;
  };
  for (let row = 0; row < 100; row += 1) {
    assert.equal(isNew("2026-11-02 00:00:00"), true);
  }
  assert.equal(asked, 1);
});

test("a collection that is erased is forgotten", async () => {
  const { go, world, Syncd } = await begun();
  go(ours, "2026-11-03T00:00:00Z");
  go(other, "2026-11-03T00:00:00Z");
  world.tell("delete", "collection", [7], { 7: { libraryID: 1, key: "CCCC2222" } });
  await Syncd.seen.flush();
  assert.deepEqual(Object.keys(JSON.parse(world.files.get(FILE)).places), ["1/DDDD2222"]);
});

test("what can't be read is as nothing, and a plugin that ends watches nothing", async () => {
  const world = new World();
  world.files.set(FILE, "{broken");
  const { go, isNew, scope, about } = await begun(world);
  go(ours, "2026-11-03T00:00:00Z");
  assert.equal(isNew("2026-11-02 00:00:00"), true);
  await scope.shutdown(about, 4);
  assert.deepEqual([world.watchers.size, world.observers.size], [0, 0]);
  assert.equal(isNew("2026-11-02 00:00:00"), false);
});
