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

async function database({ world, token }) {
  return (await ask(world, "GET", "/syncd/v1/ping", { token })).answer.database;
}

/** Read all pages, and let something happen between them. */
async function pages({ world, token }, since, between = () => {}) {
  const read = [];
  let next = "";
  do {
    const address = `/syncd/v1/changes?since=${since}&limit=2${next && `&after=${next}`}`;
    read.push((await ask(world, "GET", address, { token })).answer);
    ({ next } = read.at(-1));
    between(read.length);
  } while (next);
  return read;
}

test("everything is told for 0, and nothing where nothing changed", async () => {
  const zotero = await paired();
  zotero.world.add(KEY, paper);
  const first = await changes(zotero);
  const [{ data, ...about }] = first.items;
  assert.deepEqual(about, { key: KEY, version: first.version });
  assert.deepEqual([data.key, data.version, data.title], [KEY, first.version, "Deep"]);
  assert.equal("deleted" in data, false);
  assert.deepEqual(await changes(zotero, first.version), {
    version: first.version,
    items: [],
    collections: [],
    deleted: { items: [], collections: [] },
    next: null,
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

test("the key of the database outlives a plugin that is removed, and its versions don't", async () => {
  const zotero = await paired();
  const [key, versions] = [await database(zotero), await server(zotero)];
  await zotero.scope.shutdown(zotero.about, 6);
  await zotero.scope.uninstall(zotero.about, 6);
  const again = await paired({ world: zotero.world });
  assert.equal(await database(again), key);
  assert.notEqual(await server(again), versions);
});

test("what Zotero's own log has is erased, before the plugin came and after a sync emptied the log", async () => {
  const zotero = await paired();
  zotero.world.deleted.item.push(KEY);
  zotero.world.deleted.collection.push("QRST2345");
  const { version, deleted } = await changes(zotero);
  assert.deepEqual(deleted, { items: [KEY], collections: ["QRST2345"] });
  assert.equal((await changes(zotero)).version, version);
  zotero.world.deleted.item.pop();
  assert.deepEqual((await changes(zotero)).deleted.items, [KEY]);
});

test("what is in the log and in the library is there", async () => {
  const zotero = await paired();
  zotero.world.add(KEY, paper);
  zotero.world.deleted.item.push(KEY);
  const { items, deleted } = await changes(zotero);
  assert.deepEqual([items.length, deleted.items], [1, []]);
});

const FIVE = ["AAAA2222", "BBBB2222", "CCCC2222", "DDDD2222", "EEEE2222"];

test("much is told on pages, each object once, and deletions on the last", async () => {
  const zotero = await paired();
  zotero.world.add(KEY, paper);
  await changes(zotero);
  zotero.world.erase(KEY);
  for (const key of FIVE) {
    zotero.world.add(key, paper);
  }
  const read = await pages(zotero, 0);
  assert.deepEqual(
    read.map((page) => page.items.map((item) => item.key)),
    [FIVE.slice(0, 2), FIVE.slice(2, 4), FIVE.slice(4)],
  );
  assert.deepEqual(
    read.map((page) => page.deleted.items),
    [[], [], [KEY]],
  );
});

test("what changes, comes and goes between two pages is told by them and the next question", async () => {
  const zotero = await paired();
  for (const key of FIVE) {
    zotero.world.add(key, paper);
  }
  const read = await pages(zotero, 0, (page) => {
    if (page === 1) {
      zotero.world.edit(FIVE[0], { title: "Edited" });
      zotero.world.erase(FIVE[1]);
      zotero.world.erase(FIVE[4]);
      zotero.world.add("FFFF2222", paper);
    }
  });
  const { version, deleted } = read.at(-1);
  assert.deepEqual(deleted.items.sort(), [FIVE[1], FIVE[4]]);
  const first = new Map(read.flatMap((page) => page.items.map((item) => [item.key, item.data.title])));
  for (const key of deleted.items) {
    first.delete(key);
  }
  const then = await changes(zotero, version);
  const later = then.items.map((item) => [item.key, item.data.title]);
  assert.deepEqual(Object.fromEntries([...first, ...later]), {
    [FIVE[0]]: "Edited",
    [FIVE[2]]: "Deep",
    [FIVE[3]]: "Deep",
    FFFF2222: "Deep",
  });
  assert.deepEqual(then.deleted.items, []);
  assert.deepEqual((await changes(zotero, then.version)).items, []);
});

test("the library is looked through for the first page only", async () => {
  const zotero = await paired();
  for (const key of FIVE) {
    zotero.world.add(key, paper);
  }
  const { queryAsync } = zotero.Zotero.DB;
  const looks = [];
  zotero.Zotero.DB.queryAsync = (sql, ...words) => {
    looks.push(...(sql.includes("clientDateModified") ? [sql] : []));
    return queryAsync(sql, ...words);
  };
  assert.equal((await pages(zotero, 0)).length, 3);
  assert.equal(looks.length, 2);
});

test("a library of any size is read in pieces, and a page has 250 objects at most", async () => {
  const zotero = await paired();
  zotero.world.database.exec(`
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2001)
    INSERT INTO items (libraryID, key, clientDateModified, json)
    SELECT 1, printf('K%07d', i), '2026-01-01', '{"itemType": "preprint", "title": "Deep"}' FROM n`);
  const address = "/syncd/v1/changes?since=0&limit=5000";
  const { answer } = await ask(zotero.world, "GET", address, { token: zotero.token });
  assert.equal(answer.items.length, 250);
  assert.ok(answer.next);
  const keys = new Set();
  for (let after = ""; after !== null; ) {
    const page = await ask(zotero.world, "GET", `${address}${after && `&after=${after}`}`, {
      token: zotero.token,
    });
    for (const { key } of page.answer.items) {
      keys.add(key);
    }
    after = page.answer.next;
  }
  assert.equal(keys.size, 2001);
});

test("an edit within the second of the one before is known though Zotero ends before anybody asks", async () => {
  const zotero = await paired();
  zotero.world.add(KEY, paper);
  const { version } = await changes(zotero);
  zotero.world.edit(KEY, { title: "Two" });
  await zotero.scope.shutdown(zotero.about, 2);
  await start({ world: zotero.world });
  assert.equal((await changes(zotero, version)).items[0].data.title, "Two");
});

const FILE = "/profile/syncd/changes.jsonl";

test("a line that a crash left unfinished costs nothing that was told", async () => {
  const zotero = await paired();
  zotero.world.add(KEY, paper);
  const { version } = await changes(zotero);
  const before = await server(zotero);
  zotero.world.files.set(FILE, `${zotero.world.files.get(FILE)}{"library": 1, "kn`);
  await start({ world: zotero.world });
  zotero.world.add("EFGH2345", paper);
  const { items } = await changes(zotero, version);
  assert.deepEqual([await server(zotero), items.map((item) => item.key)], [before, ["EFGH2345"]]);
  for (const line of zotero.world.files.get(FILE).trim().split("\n")) {
    JSON.parse(line);
  }
});

test("what changes is added to the file, which is written anew once most of it no longer counts", async () => {
  const zotero = await paired();
  zotero.world.add(KEY, paper);
  zotero.world.add("EFGH2345", paper);
  await changes(zotero);
  const first = zotero.world.files.get(FILE);
  zotero.world.edit(KEY, { title: "Two" });
  await changes(zotero);
  assert.equal(zotero.world.files.get(FILE).startsWith(first), true);
  assert.equal(zotero.world.files.get(FILE).slice(first.length).includes("EFGH2345"), false);
  zotero.Syncd.changes._written = 20_000;
  await changes(zotero);
  assert.equal(zotero.world.files.get(FILE).split("\n").length, 3);
});

test("a file that somebody took away is written anew", async () => {
  const zotero = await paired();
  zotero.world.add(KEY, paper);
  await changes(zotero);
  zotero.world.files.clear();
  zotero.world.edit(KEY, { title: "Two" });
  const address = "/syncd/v1/changes?since=0";
  assert.equal((await ask(zotero.world, "GET", address, { token: zotero.token })).status, 500);
  const { version } = await changes(zotero);
  await start({ world: zotero.world });
  assert.deepEqual((await changes(zotero, version)).items, []);
});

test("libraries count for themselves", async () => {
  const zotero = await paired();
  zotero.world.add(KEY, paper, 2);
  assert.deepEqual((await changes(zotero)).items, []);
  assert.equal((await changes(zotero, 0, "groups/77")).items.length, 1);
});

test("what goes before any program asks is known after a sync and a crash, in the user's own library", async () => {
  const { world } = await start();
  for (const key of [KEY, "BBCD2345"]) {
    world.add(key, paper);
    world.erase(key);
  }
  world.add("CBCD2345", paper, 2);
  world.erase("CBCD2345");
  await new Promise(setImmediate);
  const zotero = await paired({ world });
  assert.deepEqual((await changes(zotero)).deleted.items, [KEY, "BBCD2345"]);
  assert.deepEqual((await changes(zotero, 0, "groups/77")).deleted.items, []);
});

test("what came after a program asked, and went, is known after a crash", async () => {
  const zotero = await paired();
  await changes(zotero);
  zotero.world.add(KEY, paper);
  zotero.world.erase(KEY);
  await new Promise(setImmediate);
  const again = await start({ world: zotero.world });
  assert.deepEqual((await changes({ ...again, token: zotero.token })).deleted.items, [KEY]);
});

test("no library is read at start-up, and every part starts", async () => {
  const { world } = await start({
    declare: ({ Zotero }) => {
      Zotero.DB.queryAsync = async () => assert.fail("a library was read");
    },
  });
  assert.deepEqual(world.debug, []);
  assert.equal(world.files.has(FILE), false);
});
