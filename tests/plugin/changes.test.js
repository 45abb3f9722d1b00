/** What changed: versions, the trash, deletions, across restarts and other databases. */
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { ask, paired, start } = require("./zotero.js");

const KEY = "ABCD2345";
const paper = { itemType: "preprint", title: "Deep" };

async function changes({ world, token }, since = 0, library = "users/0") {
  const address = `/syncd/v1/changes?since=${since}&library=${library}`;
  return (await ask(world, "GET", address, { token })).answer;
}

async function server({ world, token }) {
  return (await ask(world, "GET", "/syncd/v1/ping", { token })).answer.server;
}

test("everything is told for 0, and nothing where nothing changed", async () => {
  const zotero = await paired();
  zotero.world.add(KEY, paper);
  const first = await changes(zotero);
  assert.deepEqual(first.items[0], {
    key: KEY,
    version: first.version,
    data: { key: KEY, version: first.version, ...paper },
  });
  assert.deepEqual(await changes(zotero, first.version), {
    version: first.version,
    items: [],
    collections: [],
    deleted: { items: [], collections: [] },
  });
});

test("two edits within one second are both told", async () => {
  const zotero = await paired();
  zotero.world.add(KEY, paper);
  zotero.world.edit(KEY, { title: "One" });
  const { version } = await changes(zotero);
  zotero.world.edit(KEY, { title: "Two" });
  const { items } = await changes(zotero, version);
  assert.equal(items[0].data.title, "Two");
});

test("an edit that nobody told of is found", async () => {
  const zotero = await paired();
  zotero.world.add(KEY, paper);
  const { version } = await changes(zotero);
  zotero.world.now = "2026-01-01 00:00:09";
  zotero.world.edit(KEY, { title: "Two" }, { silently: true });
  assert.equal((await changes(zotero, version)).items[0].data.title, "Two");
});

test("the trash is a change, and erasing a deletion", async () => {
  const zotero = await paired();
  zotero.world.add(KEY, paper);
  const first = await changes(zotero);
  zotero.world.trash(KEY);
  const second = await changes(zotero, first.version);
  assert.equal(second.items[0].data.deleted, 1);
  zotero.world.erase(KEY);
  const third = await changes(zotero, second.version);
  assert.deepEqual([third.items, third.deleted.items], [[], [KEY]]);
});

test("what came and went between two looks is a deletion", async () => {
  const zotero = await paired();
  const { version } = await changes(zotero);
  zotero.world.add(KEY, paper);
  zotero.world.erase(KEY);
  assert.deepEqual((await changes(zotero, version)).deleted.items, [KEY]);
});

test("a move to the trash that nobody told of is found", async () => {
  const zotero = await paired();
  zotero.world.add(KEY, paper);
  const { version } = await changes(zotero);
  zotero.world.database.exec("INSERT INTO deletedItems SELECT itemID FROM items");
  assert.equal((await changes(zotero, version)).items.length, 1);
});

test("deletions from before a restart are remembered, and those while the plugin was off are found", async () => {
  const zotero = await paired();
  zotero.world.add(KEY, paper);
  zotero.world.add("EFGH2345", paper);
  const { version } = await changes(zotero);
  zotero.world.erase(KEY);
  await zotero.scope.shutdown(zotero.about, 2);
  zotero.world.observers.clear();
  zotero.world.erase("EFGH2345");
  await start({ world: zotero.world });
  assert.deepEqual((await changes(zotero, version)).deleted.items.sort(), [KEY, "EFGH2345"]);
});

test("versions and server are the same after a restart", async () => {
  const zotero = await paired();
  zotero.world.add(KEY, paper);
  const { version } = await changes(zotero);
  const before = await server(zotero);
  await zotero.scope.shutdown(zotero.about, 2);
  await start({ world: zotero.world });
  assert.equal(await server(zotero), before);
  assert.deepEqual((await changes(zotero, version)).items, []);
});

test("another database, or a lost file, has another server's name and no tombstones", async () => {
  for (const lose of [(world) => (world.localUserKey = "other"), (world) => world.files.clear()]) {
    const zotero = await paired();
    zotero.world.add(KEY, paper);
    await changes(zotero);
    const before = await server(zotero);
    await zotero.scope.shutdown(zotero.about, 2);
    lose(zotero.world);
    zotero.world.database.exec("DELETE FROM items");
    await start({ world: zotero.world });
    assert.notEqual(await server(zotero), before);
    assert.deepEqual((await changes(zotero)).deleted.items, []);
  }
});

test("libraries count for themselves", async () => {
  const zotero = await paired();
  zotero.world.add(KEY, paper, 2);
  assert.deepEqual((await changes(zotero)).items, []);
  assert.equal((await changes(zotero, 0, "groups/77")).items.length, 1);
});

test("no library is read at start-up, and every part starts", async () => {
  const { world } = await start({
    declare: ({ Zotero }) => {
      Zotero.DB.queryAsync = async () => assert.fail("a library was read");
    },
  });
  assert.deepEqual(world.debug, []);
  assert.equal(world.files.has("/profile/syncd/changes.json"), false);
});
