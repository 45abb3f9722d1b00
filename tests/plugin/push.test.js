/** Writing: create once, in one transaction, never over the user's work, never anything that was erased. */
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { ask, paired } = require("./zotero.js");

const KEY = "ABCD2345";
const OTHER = "EFGH2345";
const LINK = "LMNP2345";
const SHELF = "QRST2345";

const paper = (key = KEY, more = {}) => ({ key, version: 0, itemType: "preprint", title: "Deep", ...more });

/** Send objects as the daemon would. */
async function push({ world, token }, objects, { kind = "items", since = null, library } = {}) {
  const data = { kind, objects, ifUnmodifiedSince: since, library };
  return ask(world, "POST", "/syncd/v1/push", { token, data });
}

async function changes({ world, token }, since = 0) {
  return (await ask(world, "GET", `/syncd/v1/changes?since=${since}`, { token })).answer;
}

test("a paper is created with syncd's own key, and the selection stays", async () => {
  const zotero = await paired();
  const { status, answer } = await push(zotero, [paper()]);
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(answer.successful), ["0"]);
  assert.equal(answer.successful[0].key, KEY);
  assert.equal(answer.successful[0].data.title, "Deep");
  assert.equal(answer.successful[0].version, answer.version);
  assert.equal(answer.successful[0].data.version, answer.version);
  assert.equal(zotero.world.selectionMoved, false);
});

test("a second creation of the same key is refused", async () => {
  const zotero = await paired();
  await push(zotero, [paper()]);
  const { answer } = await push(zotero, [paper(KEY, { title: "Again" })]);
  assert.equal(answer.failed[0].code, 412);
  assert.deepEqual(answer.successful, {});
  assert.equal((await changes(zotero)).items[0].data.title, "Deep");
});

test("a key in the trash is not created again, and stays there", async () => {
  const zotero = await paired();
  await push(zotero, [paper()]);
  zotero.world.trash(KEY);
  const { answer } = await push(zotero, [paper()]);
  assert.equal(answer.failed[0].code, 412);
  assert.equal((await changes(zotero)).items[0].data.deleted, 1);
});

for (const silently of [false, true]) {
  test(`a key that was erased is never created again${silently ? ", though nobody told of it" : ""}`, async () => {
    const zotero = await paired();
    await push(zotero, [paper()]);
    zotero.world.erase(KEY, { silently });
    const { answer } = await push(zotero, [paper()]);
    assert.equal(answer.failed[0].code, 412);
    assert.match(answer.failed[0].message, /was erased/);
  });
}

test("a key in Zotero's own deletion log is not created", async () => {
  const zotero = await paired();
  zotero.world.deleted.item.push(KEY);
  const { answer } = await push(zotero, [paper()]);
  assert.match(answer.failed[0].message, /was erased/);
});

test("a change to what the user edited meanwhile is refused", async () => {
  const zotero = await paired();
  const { answer: created } = await push(zotero, [paper()]);
  zotero.world.edit(KEY, { title: "Mine" });
  const { answer } = await push(zotero, [{ key: KEY, version: created.version, title: "Theirs" }]);
  assert.equal(answer.failed[0].code, 412);
  assert.equal((await changes(zotero)).items[0].data.title, "Mine");
});

test("a batch for an older state of the library is refused whole", async () => {
  const zotero = await paired();
  const { answer: created } = await push(zotero, [paper()]);
  zotero.world.edit(KEY, { title: "Mine" });
  const { status, answer } = await push(zotero, [paper(OTHER)], { since: created.version });
  assert.equal(status, 412);
  assert.equal(answer.version, created.version + 1);
  assert.equal((await changes(zotero)).items.length, 1);
});

test("a change leaves the fields that it doesn't name", async () => {
  const zotero = await paired();
  const { answer: created } = await push(zotero, [paper(KEY, { abstractNote: "About" })]);
  const { answer } = await push(zotero, [{ key: KEY, version: created.version, title: "Deeper" }]);
  assert.equal(answer.successful[0].data.title, "Deeper");
  assert.equal(answer.successful[0].data.abstractNote, "About");
});

test("a change that changes nothing is said to be one", async () => {
  const zotero = await paired();
  const { answer: created } = await push(zotero, [paper()]);
  const { answer } = await push(zotero, [{ key: KEY, version: created.version, title: "Deep" }]);
  assert.deepEqual(answer.unchanged, { 0: KEY });
  assert.equal(answer.version, created.version);
});

test("another type drops the fields that it has no place for", async () => {
  const zotero = await paired();
  const { answer: created } = await push(zotero, [paper(KEY, { archiveID: "arXiv:1", date: "2024" })]);
  const sent = { key: KEY, version: created.version, itemType: "conferencePaper" };
  const { answer } = await push(zotero, [sent]);
  assert.equal(answer.successful[0].data.itemType, "conferencePaper");
  assert.equal(answer.successful[0].data.date, "2024");
  assert.equal("archiveID" in answer.successful[0].data, false);
});

test("a change without a version needs one, unless the batch has one", async () => {
  const zotero = await paired();
  const { answer: created } = await push(zotero, [paper()]);
  const sent = { key: KEY, title: "Deeper" };
  assert.equal((await push(zotero, [sent])).answer.failed[0].code, 428);
  assert.equal((await push(zotero, [sent], { since: created.version })).answer.successful[0].key, KEY);
});

test("a change of what isn't there is no creation", async () => {
  const zotero = await paired();
  const { answer } = await push(zotero, [paper(KEY, { version: 3 })]);
  assert.equal(answer.failed[0].code, 404);
});

test("one that is not valid fails alone", async () => {
  const zotero = await paired();
  const bad = [
    paper("AAAA2345", { nonsense: 1 }),
    paper("BBBB2345", { collections: [SHELF] }),
    { key: "CCCC2345", version: 0, itemType: "note", parentItem: OTHER, note: "" },
    { version: 0, itemType: "note", note: "" },
    null,
    { key: "DDDD2345", version: 0, itemType: "attachment", linkMode: "imported_file", title: "/etc/passwd" },
  ];
  const { answer } = await push(zotero, [...bad, paper()]);
  assert.deepEqual(
    Object.values(answer.failed).map((each) => each.code),
    [400, 409, 409, 400, 400, 400],
  );
  assert.deepEqual(Object.keys(answer.successful), ["6"]);
  assert.equal((await changes(zotero)).items.length, 1);
});

test("an invalid change leaves nothing behind in memory", async () => {
  const zotero = await paired();
  const { answer: created } = await push(zotero, [paper()]);
  await push(zotero, [{ key: KEY, version: created.version, title: "Halfway", nonsense: 1 }]);
  const { answer } = await push(zotero, [{ key: KEY, version: created.version, abstractNote: "About" }]);
  assert.equal(answer.successful[0].data.title, "Deep");
});

test("a change that Zotero refuses halfway leaves nothing behind in memory", async () => {
  const zotero = await paired();
  const { answer: created } = await push(zotero, [paper()]);
  const item = await zotero.Zotero.Items.getByLibraryAndKeyAsync(1, KEY);
  const { fromJSON } = item;
  item.fromJSON = function (json, options) {
    fromJSON.call(this, json, options);
    throw new Error("not for this item");
  };
  await push(zotero, [{ key: KEY, version: created.version, title: "Halfway" }]);
  item.fromJSON = fromJSON;
  const { answer } = await push(zotero, [{ key: KEY, version: created.version, abstractNote: "About" }]);
  assert.equal(answer.successful[0].data.title, "Deep");
});

test("collections, papers in them and links on those are written in turn", async () => {
  const zotero = await paired();
  const shelf = { key: SHELF, version: 0, name: "Her papers", parentCollection: false };
  assert.equal(
    (await push(zotero, [shelf], { kind: "collections" })).answer.successful[0].data.name,
    "Her papers",
  );
  const link = {
    key: LINK,
    version: 0,
    itemType: "attachment",
    linkMode: "linked_url",
    parentItem: KEY,
    url: "x:y",
  };
  const { answer } = await push(zotero, [paper(KEY, { collections: [SHELF] }), link]);
  assert.deepEqual(Object.keys(answer.successful), ["0", "1"]);
  assert.deepEqual(answer.successful[0].data.collections, [SHELF]);
});

test("a transaction that fails leaves versions as they were", async () => {
  const zotero = await paired();
  const { answer: created } = await push(zotero, [paper()]);
  const exec = zotero.world.database.exec.bind(zotero.world.database);
  zotero.world.database.exec = (sql) => {
    if (sql === "COMMIT") {
      throw new Error("disk full");
    }
    return exec(sql);
  };
  assert.equal((await push(zotero, [paper(OTHER)])).status, 500);
  zotero.world.database.exec = exec;
  const now = await changes(zotero);
  assert.equal(now.version, created.version);
  assert.deepEqual(
    now.items.map((item) => item.key),
    [KEY],
  );
  assert.deepEqual(now.deleted.items, []);
});

test("one that Zotero can't save fails alone, and nothing of it stays", async () => {
  const zotero = await paired();
  let saves = 0;
  zotero.world.failure = () => {
    saves += 1;
    if (saves === 2) {
      throw new Error("creator name too long");
    }
  };
  const { answer } = await push(zotero, [paper(), paper(OTHER), paper(LINK)]);
  assert.deepEqual(Object.keys(answer.successful), ["0", "2"]);
  assert.deepEqual(answer.failed, { 1: { key: OTHER, code: 400, message: "creator name too long" } });
  const { items, version } = await changes(zotero);
  assert.deepEqual(
    items.map((item) => item.key),
    [KEY, LINK],
  );
  assert.equal(version, answer.version);
});

test("where nothing can be saved, nothing is, and what was there is as it was", async () => {
  const zotero = await paired();
  const { answer: created } = await push(zotero, [paper()]);
  let saves = 0;
  zotero.world.failure = () => {
    saves += 1;
    if (saves > 1) {
      throw new Error("disk full");
    }
  };
  const change = { key: KEY, version: created.version, title: "Deeper" };
  assert.equal((await push(zotero, [change, paper(OTHER), paper(LINK)])).status, 500);
  zotero.world.failure = null;
  const { items, version } = await changes(zotero);
  assert.deepEqual([items.map((item) => item.data.title), version], [["Deep"], created.version]);
});

test("what was written and can't be read back is taken back, not said to have failed", async () => {
  const zotero = await paired();
  const { queryAsync } = zotero.Zotero.DB;
  zotero.Zotero.DB.queryAsync = async () => {};
  const { status, answer } = await push(zotero, [paper()]);
  zotero.Zotero.DB.queryAsync = queryAsync;
  assert.equal(status, 500);
  assert.match(answer.message, /ABCD2345 was written and is not there/);
  assert.deepEqual((await changes(zotero)).items, []);
  assert.equal((await push(zotero, [paper()])).status, 200);
});

test("a key that stands in a request twice is written once", async () => {
  const zotero = await paired();
  const { answer } = await push(zotero, [paper(), paper(KEY, { title: "Again" })]);
  assert.equal(answer.successful[0].data.title, "Deep");
  assert.equal(answer.failed[1].code, 412);
});

test("syncd's own writes don't come back as changes, however late Zotero tells of them", async () => {
  const zotero = await paired();
  const release = zotero.world.late();
  const { answer: created } = await push(zotero, [paper(), paper(OTHER)]);
  release();
  zotero.world.tell("modify", "item", [1, 2], {});
  const { version, items } = await changes(zotero, created.version);
  assert.equal(version, created.version);
  assert.deepEqual(items, []);
});

test("that a sync sent what syncd wrote is no change", async () => {
  const zotero = await paired();
  const { answer: created } = await push(zotero, [paper()]);
  zotero.world.database.prepare("UPDATE items SET version = 812").run();
  zotero.world.tell("modify", "item", [1], {});
  const { version, items } = await changes(zotero, created.version);
  assert.deepEqual([version, items], [created.version, []]);
  zotero.world.edit(KEY, { title: "Mine" });
  assert.equal((await changes(zotero, created.version)).items[0].data.title, "Mine");
});

test("what the user changes and puts back is told twice", async () => {
  const zotero = await paired();
  const { answer: created } = await push(zotero, [paper()]);
  zotero.world.edit(KEY, { title: "Mine" });
  const { version } = await changes(zotero, created.version);
  zotero.world.edit(KEY, { title: "Deep" });
  assert.deepEqual(
    (await changes(zotero, version)).items.map((item) => item.data.title),
    ["Deep"],
  );
});

test("what was written when the disk was full is remembered as soon as there is room", async () => {
  const zotero = await paired();
  await changes(zotero);
  zotero.world.disk = () => {
    throw new Error("disk full");
  };
  assert.equal((await push(zotero, [paper()])).status, 500);
  zotero.world.disk = null;
  assert.equal((await push(zotero, [paper()])).answer.failed[0].code, 412);
  assert.match(zotero.world.files.get("/profile/syncd/changes.jsonl"), /ABCD2345/);
});

test("a push looks at what it writes and at what Zotero told of, not at the library", async () => {
  const zotero = await paired();
  zotero.world.add("AAAA2345", { itemType: "preprint", title: "Mine" });
  const { answer: created } = await push(zotero, [paper()]);
  const { queryAsync } = zotero.Zotero.DB;
  const looks = [];
  zotero.Zotero.DB.queryAsync = (sql, values, options) => {
    looks.push(...values.slice(1).filter(Boolean));
    assert.equal(sql.includes("LIMIT"), false);
    return queryAsync(sql, values, options);
  };
  zotero.world.edit("AAAA2345", { title: "Mine again" });
  const { status, answer } = await push(zotero, [paper(OTHER)], { since: created.version });
  assert.deepEqual([status, answer.version], [412, created.version + 1]);
  assert.equal((await push(zotero, [paper(OTHER)], { since: answer.version })).status, 200);
  assert.deepEqual([...new Set(looks)].sort(), ["AAAA2345", KEY, OTHER].sort());
});

test("what is erased while a push waits for its turn is not written", async () => {
  const zotero = await paired();
  const { answer: created } = await push(zotero, [paper()]);
  const { executeTransaction } = zotero.Zotero.DB;
  zotero.Zotero.DB.executeTransaction = (action) => {
    zotero.world.erase(KEY);
    return executeTransaction(action);
  };
  const { answer } = await push(zotero, [{ key: KEY, version: created.version, title: "Deeper" }]);
  assert.equal(answer.failed[0].code, 404);
});

test("a request that is none is refused whole", async () => {
  const zotero = await paired();
  assert.equal((await push(zotero, [], { kind: "searches" })).status, 400);
  assert.equal((await push(zotero, "all")).status, 400);
  assert.equal((await push(zotero, [], { since: "1" })).status, 400);
  assert.equal((await push(zotero, Array(1001).fill(paper()))).status, 413);
  assert.equal((await push(zotero, [paper()], { library: "groups/77" })).status, 403);
  assert.equal((await push(zotero, [paper()], { library: "groups/78" })).status, 404);
});
