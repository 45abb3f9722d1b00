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
const ANSWERS = { status: async () => STATUS, profiles: async () => [PROFILE] };
const CREATORS = [
  { firstName: "Ann", lastName: "Author" },
  { firstName: "Bob", lastName: "Other" },
];

function begun({ answers = ANSWERS, items = [], collections = [] } = {}) {
  const loaded = views({ answers });
  const { Syncd } = loaded;
  const opened = [];
  // What they open is tested elsewhere.
  Syncd.dialog.open = (_window, name) => opened.push(name);
  const searched = [];
  Syncd.follow.open = (_window, names, library) => searched.push([...names, library]);
  Syncd.rootURI = "file:///plugin/";
  const window = makeWindow({
    pane: { getSelectedItems: () => items, getSelectedCollections: () => collections },
  });
  Syncd.menus.startup();
  const menus = Object.fromEntries(
    [...loaded.world.registered.values()].map((menu) => [menu.target, menu.menus]),
  );
  /** Open a menu, as Zotero does; returns its entries that show, by message, and the lines between as "-". */
  const show = async (target, more = {}) => {
    const popup = new FakeElement(window.document, "menupopup");
    const shown = Array.from(menus[target][0].menus ?? menus[target], (entry) => {
      const menuElem = new FakeElement(window.document, entry.menuType);
      popup.append(menuElem);
      menuElem.parentNode = popup;
      const context = {
        menuElem,
        setVisible: (visible) => (menuElem.hidden = !visible),
        setEnabled: (enabled) => (menuElem.disabled = !enabled),
        setL10nArgs: (args) => menuElem.setAttribute("data-l10n-args", args),
        ...more,
      };
      Object.defineProperty(context, "collectionTreeRow", {
        get() {
          throw new Error("collectionTreeRow is no more");
        },
      });
      entry.onShowing({}, context);
      return { entry, menuElem, press: () => entry.onCommand({}, context) };
    });
    await settle();
    return shown.filter(({ menuElem }) => !menuElem.hidden);
  };
  const open = async (target, more) =>
    Object.fromEntries(
      (await show(target, more))
        .filter(({ entry }) => entry.l10nID)
        .map((one) => [one.entry.l10nID.replace("syncd-menu-", ""), one]),
    );
  return { ...loaded, window, menus, show, open, opened, searched };
}

const args = ({ menuElem }) => JSON.parse(menuElem.getAttribute("data-l10n-args"));
const tools = "main/menubar/tools";

test("menus are registered with the plugin, each entry with an icon, and nothing is asked for it", () => {
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
  const entries = Object.values(menus).flatMap(([first, ...rest]) => first.menus ?? [first, ...rest]);
  const bare = entries.filter(({ menuType, icon }) => menuType === "menuitem" && !icon);
  // The one tells only, and Zotero's own entries for a row have none.
  assert.deepEqual(
    bare.map(({ l10nID }) => l10nID),
    ["syncd-menu-summary", "syncd-menu-follow"],
  );
  assert.deepEqual(daemon.asked, []);
});

test("Tools tells how syncd is, with all that can be done", async () => {
  const { open, show } = begun();
  const shown = await open(tools);
  assert.deepEqual(Object.keys(shown), [
    "summary",
    "sync",
    "pause",
    "undo",
    "status",
    "reviews",
    "dashboard",
  ]);
  assert.deepEqual(args(shown.summary), { state: "running", profiles: 2, troubled: 1 });
  assert.deepEqual([shown.summary.menuElem.disabled, shown.sync.menuElem.disabled], [true, false]);
  assert.deepEqual(args(shown.reviews), { count: 3 });
  const types = (await show(tools)).map(({ entry }) => (entry.menuType === "separator" ? "-" : "entry"));
  assert.deepEqual([types[0], types[1], types.at(-1)], ["entry", "-", "entry"]);
});

test("what is paused can be resumed", async () => {
  const { open } = begun({ answers: { status: async () => ({ ...STATUS, daemon: { paused: [""] } }) } });
  const shown = await open(tools);
  assert.equal(args(shown.summary).state, "paused");
  assert.ok("resume" in shown && !("pause" in shown));
});

test("without reviews and a dashboard there is no entry for them", async () => {
  const status = { ...STATUS, reviews: 0, dashboard: "javascript:alert(1)" };
  const shown = await begun({ answers: { status: async () => status } }).open(tools);
  assert.ok(!("reviews" in shown || "dashboard" in shown));
});

test("without a daemon the first entry says so, and without a pairing nothing can be pressed", async () => {
  const { open, daemon } = begun({ answers: {} });
  assert.equal(args((await open(tools)).summary).state, "not-running");
  daemon.paired = false;
  const shown = await open(tools);
  assert.ok(shown.sync.menuElem.disabled && shown.undo.menuElem.disabled);
});

test("an answer that makes no sense is told as such", async () => {
  const { open } = begun({ answers: { status: async () => ({ hello: "world" }) } });
  assert.equal(args((await open(tools)).summary).state, "strange");
});

test("each entry does what it says", async () => {
  const answers = {
    ...ANSWERS,
    syncNow: async () => ({ profiles: [] }),
    pause: async () => ({}),
    undoing: async () => ({ run: "r1", started: "", trashed: 1, reverted: 0, left: [] }),
    dashboard: async () => ({ url: `${STATUS.dashboard}open?once=x` }),
  };
  const { open, opened, daemon, Zotero } = begun({ answers });
  const shown = await open(tools);
  for (const name of ["sync", "pause", "undo", "status", "reviews", "dashboard"]) {
    shown[name].press();
  }
  await settle();
  const commands = daemon.asked.filter(([name]) => !["status", "profiles"].includes(name));
  assert.deepEqual(plain(commands), [["syncNow", []], ["pause"], ["undoing"], ["dashboard"]]);
  assert.deepEqual(opened, ["status", "reviews"]);
  assert.deepEqual(plain(Zotero.launched), [`${STATUS.dashboard}open?once=x`]);
});

test("a command that goes wrong is a line in the debug output", async () => {
  const { open, world, Syncd } = begun();
  Syncd.status.open = () => {
    throw new Error("no window");
  };
  (await open(tools)).status.press();
  await settle();
  assert.ok(world.debug.some((line) => line.includes("no window")));
});

test("an item's authors can be followed, and its code opened", async () => {
  const item = makeItem({ creators: CREATORS, links: [["Code: o/r", "https://github.com/o/r"]] });
  const { open, Zotero, daemon, searched } = begun();
  const shown = await open("main/library/item", { items: [item] });
  shown.code.press();
  assert.deepEqual(plain(Zotero.launched), ["https://github.com/o/r"]);
  shown.follow.press();
  assert.deepEqual(plain(searched), [["Ann Author", "Bob Other", "users/0"]]);
  daemon.paired = false;
  assert.deepEqual(Object.keys(await open("main/library/item", { items: [item] })), ["code"]);
});

test("a paper that is followed can be rejected, by name where one lists it", async () => {
  const ann = { name: "ann", author: "Ann Author" };
  let profiles = [ann];
  const answers = { ...ANSWERS, items: async (_library, [key]) => ({ items: { [key]: { profiles } } }) };
  const { open, daemon, Syncd } = begun({ answers });
  const rejected = [];
  Syncd.commands.askReject = (_window, ...asked) => rejected.push(asked);
  const item = makeItem({ creators: CREATORS });
  const shown = async () => (await open("main/library/item", { items: [item] })).reject;
  Syncd.known.of = () => null;
  assert.equal(await shown(), undefined);
  assert.ok(!daemon.asked.some(([name]) => name === "items"));
  Syncd.known.of = (about) => about && { score: 1, code: null };
  const entry = await shown();
  assert.deepEqual(args(entry), { profile: "Ann Author", others: 0 });
  entry.press();
  assert.equal(rejected[0][0], item);
  assert.deepEqual(plain(rejected[0][1]), [ann]);
  profiles = [ann, { name: "bob", author: "Bob Other" }];
  assert.equal(args(await shown()).others, 1);
  profiles = [];
  assert.equal(await shown(), undefined);
});

test("several items, notes and items without creators have no entry", async () => {
  const { show } = begun();
  const bare = makeItem();
  const whole = makeItem({ creators: CREATORS });
  for (const items of [[bare], [whole, whole], [{ isRegularItem: () => false }], []]) {
    assert.deepEqual(await show("main/library/item", { items }), []);
  }
});

test("a creator's row follows that creator, other rows nobody, and have no line either", async () => {
  const items = [makeItem({ creators: CREATORS })];
  const { open, show, searched } = begun();
  const shown = await open("itemPane/info/row", { items, fieldName: "creator-1-lastName" });
  shown.follow.press();
  assert.deepEqual(plain(searched), [["Bob Other", "Ann Author", "users/0"]]);
  const types = (await show("itemPane/info/row", { items, fieldName: "creator-1-lastName" })).map(
    ({ entry }) => entry.menuType,
  );
  assert.deepEqual(types, ["separator", "menuitem"]);
  for (const fieldName of ["title", "creator-7-lastName", undefined]) {
    assert.deepEqual(await show("itemPane/info/row", { items, fieldName }), []);
  }
});

test("a profile's collection can be synced and given up, after a question", async () => {
  const answers = { ...ANSWERS, syncNow: async () => ({ profiles: [] }), unfollow: async () => ({}) };
  const { open, daemon, world, Zotero } = begun({ answers, collections: [makeCollection("CCCC2222")] });
  const shown = await open("main/library/collection");
  assert.deepEqual(args(shown.unfollow), { profile: "Ann Author" });
  shown["sync-profile"].press();
  const commands = () => daemon.asked.filter(([name]) => ["syncNow", "unfollow"].includes(name));
  world.clicks = () => 1;
  shown.unfollow.press();
  await settle();
  assert.deepEqual(plain(commands()), [["syncNow", ["ann"]]]);
  world.clicks = () => 0;
  shown.unfollow.press();
  await settle();
  assert.deepEqual(plain(commands()), [
    ["syncNow", ["ann"]],
    ["unfollow", "ann"],
  ]);
  assert.ok(Zotero.notes.includes('syncd-did-unfollow {"profile":"Ann Author"}'));
});

test("another collection has none of it", async () => {
  const { show } = begun({ collections: [makeCollection("DDDD2222")] });
  assert.deepEqual(await show("main/library/collection"), []);
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
