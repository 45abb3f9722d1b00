/** What the columns know: the daemon's answer, asked for rarely and only for what changed. */
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { daemon, rest } = require("./caller.js");
const { declare, makeItem, makeWindow } = require("./views/window.js");
const { paired } = require("./zotero.js");

const CONTROL = "http://127.0.0.1:4711";
const CODE = "https://github.com/owner/repo";
const tagged = { tags: [{ tag: "AI Score 80+", type: 1 }] };
const group = (item) => Object.defineProperty(item, "libraryID", { value: 2 });

/**
 * A plugin whose daemon tells what a test says, and what was asked of it and drawn anew.
 *
 * @param {(query: URLSearchParams) => any} known
 */
async function begun(known = () => ({ items: {}, next: null })) {
  // What is to happen soon happens next.
  const globals = {
    setTimeout: (action, time) => (time < 10_000 ? setImmediate(action) : null),
    clearTimeout: clearImmediate,
  };
  const zotero = await paired({ declare, globals }, CONTROL);
  zotero.Syncd.events.listen = () => {};
  const asked = [];
  zotero.world.fetch = daemon(zotero.token, (url, { method }) => {
    const { pathname, searchParams } = new URL(url);
    if (pathname !== "/v1/known") {
      return { body: "{}" };
    }
    asked.push(`${method} ${searchParams}`);
    const { status = 200, ...body } = known(searchParams);
    return { status, body: JSON.stringify(body) };
  });
  const drawn = [];
  zotero.Syncd.columns.redraw = async (prefix, keys) => drawn.push([prefix, ...keys]);
  const columns = Object.fromEntries(
    [...zotero.world.registered.values()].map((column) => [column.dataKey, column]),
  );
  return {
    ...zotero,
    asked,
    drawn,
    value: (item) => columns.score.dataProvider(item),
    /** Look at an item's cell, and let come what comes of it. */
    see: async (...items) => {
      const values = items.map((item) => columns.score.dataProvider(item));
      columns.score.renderCell(0, values[0], { className: "" }, false, makeWindow().document);
      await rest();
    },
  };
}

test("what the daemon tells is drawn, and later only what differs", async () => {
  let told = { items: { AAAA2222: { score: 92.5, code: CODE }, BBBB2222: { score: 7 } }, next: null };
  const { see, value, world, drawn } = await begun(() => told);
  const item = makeItem();
  await see(item);
  assert.equal(value(item), "092.50");
  told = { items: { AAAA2222: { score: 92.5, code: CODE }, CCCC2222: { score: 8 } }, next: null };
  world.time += 60_000;
  await see(item);
  world.time += 60_000;
  await see(item);
  assert.deepEqual(drawn, [
    ["users/0", "AAAA2222", "BBBB2222"],
    ["users/0", "CCCC2222", "BBBB2222"],
  ]);
  assert.equal(value(makeItem({ key: "BBBB2222" })), "000.00");
});

test("only what changed is asked for, from where the last answer ended", async () => {
  const { see, value, world, asked, drawn } = await begun((query) =>
    query.has("changed")
      ? { items: { AAAA2222: { score: 9 } }, gone: ["BBBB2222", "ZZZZ2222"], next: null, until: "t2" }
      : { items: { AAAA2222: { score: 8 }, BBBB2222: { score: 7 } }, next: null, until: "t1" },
  );
  const item = makeItem();
  for (const _ of [1, 2, 3]) {
    await see(item);
    world.time += 60_000;
  }
  assert.deepEqual(asked, [
    "GET library=users%2F0",
    "GET library=users%2F0&changed=t1",
    "GET library=users%2F0&changed=t2",
  ]);
  assert.deepEqual(drawn.slice(1), [["users/0", "AAAA2222", "BBBB2222"]]);
  assert.deepEqual([value(item), value(makeItem({ key: "BBBB2222" }))], ["009.00", "000.00"]);
});

test("several libraries that are shown together are all asked about", async () => {
  const { see, asked } = await begun();
  await see(makeItem(), group(makeItem()));
  assert.deepEqual(asked.sort(), ["GET library=groups%2F77", "GET library=users%2F0"]);
});

test("once the daemon has answered, an item that it doesn't know is not asked itself", async () => {
  const { see, value, drawn, Zotero } = await begun();
  const item = makeItem(tagged);
  assert.equal(value(item), "080.00+");
  await see(item);
  assert.equal(value(item), "000.00");
  assert.deepEqual(drawn, [["users/0", "AAAA2222"]]);
  Zotero.Items.get = () => assert.fail("its links were read");
  assert.equal(value(makeItem({ key: "BBBB2222", ...tagged })), "000.00");
});

test("an item tells the same until Zotero says that it changed, or what hangs on it", async () => {
  const { value, world, Zotero } = await begun();
  let asked = 0;
  const item = Object.assign(makeItem(tagged), {
    id: 7,
    getTags: () => {
      asked += 1;
      return tagged.tags;
    },
  });
  for (const [event, id, times] of [
    ["modify", 8, 1],
    ["modify", item.id, 2],
    ["add", 9, 3],
    ["delete", 10, 4],
  ]) {
    value(item);
    Zotero.Items.get = (which) => (which === 9 ? { parentItemID: item.id } : []);
    world.tell(event, "item", [id], {});
    value(item);
    value(item);
    assert.equal(asked, times, event);
  }
});

test("what the daemon tells of is asked for at once where somebody looked, else when somebody looks", async () => {
  const { Syncd, see, asked } = await begun();
  const ended = [{ name: "ended", data: {} }];
  Syncd.daemon.heard(ended[0]);
  await rest();
  assert.deepEqual(asked, []);
  await see(makeItem());
  assert.equal(asked.length, 1);
  Syncd.daemon.heard(ended[0]);
  await rest();
  assert.equal(asked.length, 2);
  for (const name of ["began", "paused", "resumed", "review", "gone"]) {
    Syncd.daemon.heard({ name, data: {} });
    await rest();
  }
  assert.equal(asked.length, 2);
  await Syncd.daemon.syncNow();
  await rest();
  assert.equal(asked.length, 3);
});

test("a daemon that fails is asked again after a minute, and what was known stays", async () => {
  let fails = false;
  const { see, value, world, asked, drawn } = await begun(() =>
    fails ? { status: 500, error: "broken" } : { items: { AAAA2222: { score: 9 } }, next: null },
  );
  await see(makeItem());
  fails = true;
  for (const time of [60_000, 1, 59_999]) {
    world.time += time;
    await see(makeItem());
  }
  assert.equal(asked.length, 3);
  assert.equal(value(makeItem()), "009.00");
  assert.equal(drawn.length, 1);
});

test("a plugin that ended asks nothing, and draws nothing that was still on its way", async () => {
  const { Syncd, scope, about, see, drawn, world } = await begun(() => ({
    items: { AAAA2222: { score: 9 } },
    next: null,
  }));
  const { fetch } = world;
  let answer;
  world.fetch = (...words) => new Promise((resolve) => (answer = () => resolve(fetch(...words))));
  await see(makeItem());
  await scope.shutdown(about, 4);
  answer();
  await rest();
  assert.deepEqual([drawn, Syncd.known._libraries.size], [[], 0]);
});
