/** syncd in Zotero's menus. */
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { FakeElement, makeCollection, makeItem, makeWindow, plain, settle, views } = require("./window.js");

const STATUS = {
  libraries: [{ library: "main", profiles: [{ name: "a" }, { name: "b", trouble: { message: "x" } }] }],
  daemon: { paused: [] },
  reviews: 3,
  dashboard: "http://127.0.0.1:8000/",
};
const PROFILE = { name: "ann", author: "Ann Author", collection: "CCCC2222" };
const WOULD = { run: "r1", started: "2026-11-24T10:00:00+00:00", trashed: 3, reverted: 1, left: [] };
const ANSWERS = { status: async () => STATUS, profiles: async () => [PROFILE] };
const CREATORS = [
  { firstName: "Ann", lastName: "Author" },
  { firstName: "Bob", lastName: "Other" },
];

function begun({ answers = ANSWERS, items = [], collections = [] } = {}) {
  const loaded = views({ answers });
  const window = makeWindow({
    pane: { getSelectedItems: () => items, getSelectedCollections: () => collections },
  });
  loaded.Syncd.menus.startup();
  const menus = Object.fromEntries(
    [...loaded.world.registered.values()].map((menu) => [menu.target, menu.menus]),
  );
  /** Open a menu; returns its entries that show, by message. */
  const open = async (target, context = {}) => {
    const entries = menus[target][0].menus ?? menus[target];
    const shown = entries.map((entry) => {
      const menuElem = new FakeElement(window.document, "menuitem");
      menuElem.setAttribute("data-l10n-id", entry.l10nID);
      entry.onShowing({}, { menuElem, ...context });
      return { entry, menuElem, press: () => entry.onCommand({}, { menuElem, ...context }) };
    });
    await settle();
    return Object.fromEntries(
      shown.filter(({ menuElem }) => !menuElem.hidden).map((one) => [one.entry.l10nID, one]),
    );
  };
  return { ...loaded, window, menus, open };
}

const args = ({ menuElem }) => JSON.parse(menuElem.getAttribute("data-l10n-args"));
const tools = "main/menubar/tools";

test("menus are registered with the plugin, and nothing is asked for it", () => {
  const { world, menus, daemon } = begun();
  assert.deepEqual(Object.keys(menus), [
    tools,
    "main/library/item",
    "itemPane/info/row",
    "main/library/collection",
  ]);
  for (const menu of world.registered.values()) {
    assert.equal(menu.pluginID, "syncd@zotero");
  }
  assert.equal(menus[tools][0].menuType, "submenu");
  assert.deepEqual(daemon.asked, []);
});

test("Tools tells how syncd is, with all that can be done", async () => {
  const { open } = begun();
  const shown = await open(tools);
  assert.deepEqual(Object.keys(shown), [
    "syncd-menu-standing",
    "syncd-menu-sync",
    "syncd-menu-pause",
    "syncd-menu-status",
    "syncd-menu-reviews",
    "syncd-menu-dashboard",
    "syncd-menu-undo",
  ]);
  assert.deepEqual(args(shown["syncd-menu-standing"]), { state: "running", profiles: 2, troubled: 1 });
  assert.equal(shown["syncd-menu-standing"].menuElem.disabled, true);
  assert.deepEqual(args(shown["syncd-menu-reviews"]), { count: 3 });
});

test("what is paused can be resumed", async () => {
  const { open } = begun({ answers: { status: async () => ({ ...STATUS, daemon: { paused: [""] } }) } });
  const shown = await open(tools);
  assert.equal(args(shown["syncd-menu-standing"]).state, "paused");
  assert.ok("syncd-menu-resume" in shown && !("syncd-menu-pause" in shown));
});

test("without reviews and a dashboard there is no entry for them", async () => {
  const status = { ...STATUS, reviews: 0, dashboard: "javascript:alert(1)" };
  const shown = await begun({ answers: { status: async () => status } }).open(tools);
  assert.ok(!("syncd-menu-reviews" in shown || "syncd-menu-dashboard" in shown));
});

test("without a daemon the first entry says so, and without a pairing nothing can be pressed", async () => {
  const { open, daemon } = begun({ answers: {} });
  assert.equal(args((await open(tools))["syncd-menu-standing"]).state, "not-running");
  daemon.paired = false;
  const shown = await open(tools);
  assert.ok(shown["syncd-menu-sync"].menuElem.disabled && shown["syncd-menu-undo"].menuElem.disabled);
});

test("an answer that makes no sense is told as such", async () => {
  const { open } = begun({ answers: { status: async () => ({ hello: "world" }) } });
  assert.equal(args((await open(tools))["syncd-menu-standing"]).state, "strange");
});

test("what takes long is told to be under way, once", async () => {
  const timers = [];
  const { Syncd, Zotero } = views({
    answers: { undo: async () => ({ trashed: 1, reverted: 0, left: [] }) },
    globals: {
      setTimeout: (callback) => timers.push(callback),
      clearTimeout: (timer) => (timers[timer - 1] = null),
    },
  });
  const done = Syncd.commands.undo();
  timers[0]();
  assert.deepEqual(plain(Zotero.notes), ["syncd-at-it {}"]);
  await done;
  assert.deepEqual([Zotero.notes.length, timers], [2, [null]]);
});

test("each command is asked of the daemon, and one line tells how it went", async () => {
  const answers = {
    ...ANSWERS,
    syncNow: async () => ({}),
    pause: async () => ({}),
    undoing: async () => WOULD,
    undo: async () => ({ trashed: 3, reverted: 0, left: ["<b>x</b>"] }),
  };
  const { open, daemon, Zotero, window } = begun({ answers });
  const shown = await open(tools);
  for (const name of ["syncd-menu-sync", "syncd-menu-pause", "syncd-menu-undo", "syncd-menu-dashboard"]) {
    shown[name].press();
  }
  await settle();
  assert.equal(
    daemon.asked.some(([name]) => name === "undo"),
    false,
  );
  const dialog = window.document.getElementById("syncd-dialog");
  const said = JSON.parse(dialog.saying("syncd-undo-question")[0].getAttribute("data-l10n-args"));
  assert.deepEqual([said.trashed, said.reverted, said.left], [3, 1, 0]);
  assert.match(said.day, /2026/);
  dialog.saying("syncd-undo-yes")[0].happen("click");
  await settle();
  const commands = daemon.asked.filter(([name]) => !["status", "profiles"].includes(name));
  assert.deepEqual(plain(commands), [["syncNow", []], ["pause"], ["undoing"], ["undo", "r1"]]);
  assert.ok(Zotero.notes.includes('syncd-did-undo {"trashed":3,"reverted":0,"left":1}'));
  assert.equal(Zotero.notes.length, 3);
  assert.deepEqual(plain(Zotero.launched), [STATUS.dashboard]);
});

test("an undo of which nothing is known is one line, and no dialog", async () => {
  const { open, Zotero, window } = begun({ answers: { status: ANSWERS.status } });
  (await open(tools))["syncd-menu-undo"].press();
  await settle();
  assert.deepEqual(plain(Zotero.notes), ['syncd-not-running {"message":"not-running"}']);
  assert.equal(window.document.getElementById("syncd-dialog"), null);
});

test("a command that fails is one line, and no dialog", async () => {
  const { Syncd, Zotero, window } = begun({ answers: {} });
  assert.equal(await Syncd.commands.syncNow(["ann"]), false);
  assert.deepEqual(plain(Zotero.notes), ['syncd-not-running {"message":"not-running"}']);
  assert.equal(window.document.getElementById("syncd-dialog"), null);
});

test("a message of the daemon's is shown as text", () => {
  const { Syncd, Zotero } = begun();
  Syncd.commands.tell("syncd-failed", { message: "<a href='x'>" });
  assert.equal(/[<>]/.test(Zotero.notes[0]), false);
});

test("an item's authors can be followed, and its code opened", async () => {
  const item = makeItem({ creators: CREATORS, links: [["Code: o/r", "https://github.com/o/r"]] });
  const { open, Zotero, window, daemon } = begun();
  const shown = await open("main/library/item", { items: [item] });
  shown["syncd-menu-code"].press();
  assert.deepEqual(plain(Zotero.launched), ["https://github.com/o/r"]);
  shown["syncd-menu-follow"].press();
  assert.equal(window.document.querySelector("input").value, "Ann Author");
  daemon.paired = false;
  assert.deepEqual(Object.keys(await open("main/library/item", { items: [item] })), ["syncd-menu-code"]);
});

test("several items, notes and items without creators have no entry", async () => {
  const { open } = begun();
  const bare = makeItem();
  const whole = makeItem({ creators: CREATORS });
  for (const items of [[bare], [whole, whole], [{ isRegularItem: () => false }], []]) {
    assert.deepEqual(await open("main/library/item", { items }), {});
  }
});

test("a creator's row follows that creator, other rows nobody", async () => {
  const items = [makeItem({ creators: CREATORS })];
  const { open, window } = begun();
  const shown = await open("itemPane/info/row", { items, fieldName: "creator-1-lastName" });
  shown["syncd-menu-follow"].press();
  assert.equal(window.document.querySelector("input").value, "Bob Other");
  for (const fieldName of ["title", "creator-7-lastName", undefined]) {
    assert.deepEqual(await open("itemPane/info/row", { items, fieldName }), {});
  }
});

test("a profile's collection can be synced and given up, after a question", async () => {
  const answers = { ...ANSWERS, syncNow: async () => ({}), unfollow: async () => ({}) };
  const { open, window, daemon } = begun({ answers, collections: [makeCollection("CCCC2222")] });
  const shown = await open("main/library/collection");
  assert.deepEqual(args(shown["syncd-menu-unfollow"]), { profile: "Ann Author" });
  shown["syncd-menu-sync-profile"].press();
  shown["syncd-menu-unfollow"].press();
  assert.equal(
    daemon.asked.some(([name]) => name === "unfollow"),
    false,
  );
  window.document.getElementById("syncd-dialog").saying("syncd-unfollow-yes")[0].happen("click");
  const commands = daemon.asked.filter(([name]) => ["syncNow", "unfollow"].includes(name));
  assert.deepEqual(plain(commands), [
    ["syncNow", ["ann"]],
    ["unfollow", "ann"],
  ]);
});

test("another collection has none of it", async () => {
  const { open } = begun({ collections: [makeCollection("DDDD2222")] });
  assert.deepEqual(await open("main/library/collection"), {});
});

test("Zotero 7 gets the same as elements, and keeps none of them", async () => {
  const declare = ({ Zotero }) => (Zotero.MenuManager = undefined);
  const { Syncd, daemon } = views({ answers: { ...ANSWERS, syncNow: async () => ({}) }, declare });
  const collections = [makeCollection("CCCC2222")];
  const window = makeWindow({ pane: { getSelectedCollections: () => collections } });
  const { document } = window;
  Syncd.menus.startup();
  Syncd.menus.windowLoaded(window);
  // Zotero may tell of a window that was there when the plugin started.
  Syncd.menus.windowLoaded(window);
  assert.equal(document.querySelectorAll("menupopup").length, 1);
  const popup = document.getElementById("menu_ToolsPopup").querySelector("menupopup");
  popup.happen("popupshowing");
  const menu = document.getElementById("zotero-collectionmenu");
  menu.happen("popupshowing");
  await settle();
  assert.equal(popup.saying("syncd-menu-resume")[0].hidden, true);
  popup.saying("syncd-menu-sync")[0].happen("command");
  menu.saying("syncd-menu-sync-profile")[0].happen("command");
  const commands = daemon.asked.filter(([name]) => name === "syncNow");
  assert.deepEqual(plain(commands), [
    ["syncNow", []],
    ["syncNow", ["ann"]],
  ]);
  Syncd.menus.windowUnloaded(window);
  assert.equal(document.querySelectorAll(".syncd-menu").length, 0);
  const before = daemon.asked.length;
  menu.happen("popupshowing");
  assert.equal(daemon.asked.length, before);
});

test("what Zotero's menu manager leaves in a window goes with the plugin, another plugin's stays", () => {
  const { Syncd, window } = begun();
  const { document } = window;
  for (const l10n of ["syncd-menu", "another-menu"]) {
    const element = new FakeElement(document, "menu");
    element.className = "zotero-custom-menu-item";
    element.setAttribute("data-l10n-id", l10n);
    document.getElementById("menu_ToolsPopup").append(element);
  }
  Syncd.menus.windowUnloaded(window);
  const left = document.querySelectorAll(".zotero-custom-menu-item");
  assert.deepEqual(
    left.map((element) => element.getAttribute("data-l10n-id")),
    ["another-menu"],
  );
});

test("each entry of the submenu shows itself, also where Zotero gives the submenu's element for it", async () => {
  const { menus, window } = begun();
  const submenu = new FakeElement(window.document, "menu");
  submenu.setAttribute("data-l10n-id", "syncd-menu");
  const popup = new FakeElement(window.document, "menupopup");
  submenu.append(popup);
  for (const entry of menus[tools][0].menus) {
    const element = new FakeElement(window.document, "menuitem");
    element.setAttribute("data-l10n-id", entry.l10nID);
    popup.append(element);
    entry.onShowing({}, { menuElem: submenu });
  }
  await settle();
  const [standing] = popup.saying("syncd-menu-standing");
  assert.equal(JSON.parse(standing.getAttribute("data-l10n-args")).state, "running");
  assert.equal(popup.saying("syncd-menu-resume")[0].hidden, true);
  assert.deepEqual([submenu.hidden, submenu.disabled], [false, false]);
  assert.equal(submenu.getAttribute("data-l10n-args"), null);
});
