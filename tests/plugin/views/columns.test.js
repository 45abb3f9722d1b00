/** The columns of the items list. */
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { makeItem, makeList, makeWindow, plain, settle, views } = require("./window.js");

// What is to happen soon happens next.
const soon = { globals: { setTimeout: (callback) => setImmediate(callback), clearTimeout: clearImmediate } };
const CODE = "https://github.com/owner/repo";

function columns(world) {
  return Object.fromEntries([...world.registered.values()].map((column) => [column.dataKey, column]));
}

async function begun(options) {
  const loaded = views({ ...soon, ...options });
  loaded.Syncd.columns.startup();
  await settle();
  return { ...loaded, ...columns(loaded.world) };
}

/** Look at an item's cell, and let come what comes of it; returns the value. */
async function see(column, item) {
  const value = column.dataProvider(item);
  column.renderCell(0, value, { className: "" }, false, makeWindow().document);
  await settle();
  await settle();
  return value;
}

test("the columns are registered with the plugin, the best first", async () => {
  const { score, code, new: fresh, daemon } = await begun();
  for (const column of [score, code, fresh]) {
    assert.equal(column.pluginID, "syncd@zotero");
    assert.equal(column.sortReverse, true);
    assert.equal(typeof column.width, "string");
    // Without, Zotero forgets that the column was chosen.
    assert.ok(column.zoteroPersist.includes("hidden"));
  }
  assert.equal(score.label, "syncd-column-score");
  assert.deepEqual(daemon.asked, []);
});

test("a column is as wide as what it shows: the score's stays as the user drags it, the marks' are fixed", async () => {
  const { score, code, new: fresh } = await begun();
  assert.ok(
    score.staticWidth && score.minWidth < Number(score.width) && score.zoteroPersist.includes("width"),
  );
  for (const column of [code, fresh]) {
    assert.ok(column.fixedWidth && column.iconPath.endsWith(".svg"));
    assert.ok(!column.zoteroPersist.includes("width"));
  }
});

test("a cell answers at once, and the daemon's answer follows once it is there", async () => {
  const answers = {
    known: async () => ({ items: { AAAA2222: { score: 92.5, code: CODE } }, whole: true, until: null }),
  };
  const { score, code, daemon, world, Zotero } = await begun({ answers });
  const item = makeItem();
  assert.equal(await see(score, item), "000.00");
  assert.deepEqual(plain(Zotero.refreshed), [["refresh", "item", ["AAAA2222"]]]);
  assert.equal(score.dataProvider(item), "092.50");
  assert.equal(code.dataProvider(item), `2 ${CODE}`);
  assert.equal(code.dataProvider(makeItem({ key: "ZZZZ2222" })), "0");
  assert.deepEqual(plain(daemon.asked), [["known", "users/0", null]]);
  world.time += 60_000;
  await see(code, item);
  assert.deepEqual([daemon.asked.length, Zotero.refreshed.length], [2, 1]);
});

test("columns that are hidden ask nothing, though Zotero wants their values", async () => {
  const { score, code, new: fresh, daemon } = await begun();
  for (const column of [score, code, fresh]) {
    column.dataProvider(makeItem());
  }
  await see(fresh, makeItem());
  assert.deepEqual(daemon.asked, []);
});

test("rows that are selected are drawn anew with others, and never come first", async () => {
  const answers = { known: async () => ({ items: { AAAA2222: { score: 1 }, BBBB2222: { score: 2 } } }) };
  const { Syncd, score, world, Zotero } = await begun({ answers });
  world.windows.push(makeWindow({ pane: { getSelectedItems: () => [makeItem()] } }));
  await see(score, makeItem());
  assert.deepEqual(plain(Zotero.refreshed), [["refresh", "item", ["BBBB2222", "AAAA2222"]]]);
  await Syncd.columns.redraw("users/0", ["AAAA2222"]);
  assert.equal(Zotero.refreshed.length, 1);
});

test("what is told of a library that Zotero does not have is nothing to draw", async () => {
  const { Syncd, Zotero } = await begun();
  await Syncd.columns.redraw("groups/99", ["AAAA2222"]);
  assert.deepEqual(plain(Zotero.refreshed), []);
});

test("rows that are in the order of a column are put in order anew when values come, others are left", async () => {
  const answers = { known: async () => ({ items: { AAAA2222: { score: 92.5 } }, whole: true, until: null }) };
  const { score, world } = await begun({ answers });
  const [[key]] = [...world.registered].filter(([, { dataKey }]) => dataKey === "score");
  const lists = [makeList(key), makeList("title")];
  world.windows.push(...lists.map((itemsView) => makeWindow({ pane: { itemsView } })));
  await see(score, makeItem());
  assert.deepEqual(
    lists.map(({ sorted }) => sorted),
    [1, 0],
  );
  assert.deepEqual(plain(lists[0].moved), ["AAAA2222"]);
  assert.deepEqual(world.debug, []);
});

test("the daemon is asked at most once a minute, also where it fails", async () => {
  const { score, daemon, world, Zotero } = await begun();
  for (const time of [0, 59_000, 60_000, 61_000]) {
    world.time = 1_000_000 + time;
    await see(score, makeItem());
  }
  assert.equal(daemon.asked.length, 2);
  assert.deepEqual(plain(Zotero.refreshed), []);
  assert.ok(world.debug.some((line) => line.includes("asking for the columns failed")));
});

test("nothing is asked while no daemon is paired, and at once when one is", async () => {
  const { Syncd, score, daemon } = await begun();
  daemon.paired = false;
  await see(score, makeItem());
  assert.deepEqual(daemon.asked, []);
  daemon.paired = true;
  Syncd.known.forget();
  await see(score, makeItem());
  assert.equal(daemon.asked.length, 1);
});

test("the daemon is not asked at once, while Zotero may still be starting", () => {
  const timers = [];
  const { Syncd, daemon } = views({
    globals: { setTimeout: (_callback, time) => timers.push(time), clearTimeout: () => {} },
  });
  Syncd.columns.score(makeItem());
  Syncd.known.look();
  assert.deepEqual(timers, [Syncd.known.SOON]);
  assert.deepEqual(daemon.asked, []);
});

test("without a daemon the item's own tag and link show", async () => {
  const { score, code } = await begun();
  const item = makeItem({ tags: [{ tag: "AI Score 80+", type: 1 }], links: [["Code: owner/repo", CODE]] });
  assert.equal(score.dataProvider(item), "080.00+");
  assert.equal(code.dataProvider(item), `2 ${CODE}`);
});

test("notes and trashed collections have empty cells", async () => {
  const { score, code, new: fresh } = await begun();
  for (const other of [{ isRegularItem: () => false }, { name: "a collection" }]) {
    assert.deepEqual(
      [score, code, fresh].map((column) => column.dataProvider(other)),
      ["000.00", "0", "0"],
    );
  }
});

test("code without a link to it has a mark that opens nothing; of others' papers the tag says nothing", async () => {
  const answers = { known: async () => ({ items: { AAAA2222: { score: null, code: null } } }) };
  const { score, code } = await begun({ answers });
  await see(score, makeItem());
  const tags = [{ tag: "code", type: 1 }];
  assert.equal(code.dataProvider(makeItem({ tags })), "1");
  assert.equal(code.dataProvider(makeItem({ tags: [{ tag: "code", type: 0 }] })), "0");
  assert.equal(code.dataProvider(makeItem({ key: "ZZZZ2222", tags })), "0");
  const cell = code.renderCell(0, "1", { className: "" }, false, makeWindow().document);
  const [mark] = cell.saying("syncd-code-somewhere");
  assert.equal(mark.getAttribute("role"), "img");
  assert.equal(cell.querySelector("button"), null);
});

test("the mark of code is a button that opens the repository, and the row takes no notice", async () => {
  const { code, Zotero } = await begun();
  const { document } = makeWindow();
  const cell = code.renderCell(0, `2 ${CODE}`, { className: "code" }, false, document);
  assert.equal(cell.className, "cell code syncd-cell syncd-mark-cell");
  const button = cell.querySelector("button");
  for (const type of ["mousedown", "mouseup", "dblclick", "keydown", "click"]) {
    assert.ok(button.happen(type).stopped, type);
  }
  assert.deepEqual(plain(Zotero.launched), [CODE]);
  assert.equal(button.getAttribute("data-l10n-id"), "syncd-code-open");
  assert.equal(code.renderCell(0, "0", { className: "code" }, false, document).textContent, "");
});

test("what a cell shows is marked as its text: Zotero copies all else of a first column, without listeners", async () => {
  const { document } = makeWindow();
  const { world } = await begun();
  for (const column of Object.values(columns(world))) {
    const cell = column.renderCell(0, "0", { className: "" }, true, document);
    assert.deepEqual(
      cell.childNodes.map((child) => child.className),
      ["cell-text"],
    );
  }
});

test("cells without a value show nothing", async () => {
  const { score, new: fresh } = await begun();
  const { document } = makeWindow();
  assert.equal(score.renderCell(0, "000.00", { className: "" }, false, document).textContent, "");
  const cell = score.renderCell(0, "092.50", { className: "" }, false, document);
  assert.equal(cell.textContent, "92.5");
  assert.equal(cell.querySelector(".syncd-bar").getAttribute("style"), "--share: 92.5%");
  const [tipped] = cell.saying("syncd-score");
  assert.ok(
    tipped.childNodes.every((child) => typeof child !== "string"),
    "Zotero would take the tooltip away",
  );
  assert.equal(fresh.renderCell(0, "0", { className: "" }, false, document).textContent, "");
  const mark = fresh.renderCell(0, "1", { className: "" }, false, document).querySelector(".syncd-new");
  assert.equal(mark.getAttribute("role"), "img");
});

test("rows that Zotero put together before the columns were there are drawn empty", async () => {
  const { code, score, new: fresh } = await begun();
  const { document } = makeWindow();
  for (const column of [code, score, fresh]) {
    assert.equal(column.renderCell(0, undefined, { className: "" }, false, document).textContent, "");
  }
});

test("at the end nothing is left to happen", () => {
  const cleared = [];
  const { Syncd } = views({ globals: { setTimeout: () => 7, clearTimeout: (timer) => cleared.push(timer) } });
  Syncd.columns.score(makeItem());
  Syncd.known.look();
  Syncd.known.close();
  assert.deepEqual(cleared, [7]);
});

test("while Zotero starts, the columns wait until its list has a table, and don't come once the plugin ended", async () => {
  for (const ends of [false, true]) {
    const declare = ({ Zotero }) => {
      Zotero.Promise.delay = () => new Promise(setImmediate);
    };
    const { Syncd, world } = views({ declare });
    const list = { tree: null };
    world.windows.push(makeWindow({ pane: { itemsView: list } }));
    Syncd.columns.startup();
    await settle();
    assert.equal(world.registered.size, 0);
    if (ends) {
      Syncd.columns.shutdown();
    }
    list.tree = {};
    await settle();
    await settle();
    assert.equal(world.registered.size, ends ? 0 : 3);
  }
});
