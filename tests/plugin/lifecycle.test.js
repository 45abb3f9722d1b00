/** Coming and going: what is registered, and what stays after each way of leaving. */
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { ask, paired, sources, start } = require("./zotero.js");

const [APP_SHUTDOWN, ADDON_DISABLE, ADDON_UNINSTALL, ADDON_UPGRADE] = [2, 4, 6, 7];
const PARTS = { files: sources().filter((name) => !name.startsWith("views")) };

/** A main window as far as the plugin's own strings need it. */
function makeWindow() {
  const links = new Set();
  return {
    links,
    MozXULElement: { insertFTLIfNeeded: (name) => links.add(name) },
    document: { querySelector: (selector) => ({ remove: () => links.delete(/"(.+)"/.exec(selector)[1]) }) },
  };
}

test("every window gets the strings, and loses them when the plugin goes", async () => {
  const { scope, world, about } = await start(PARTS);
  const window = makeWindow();
  world.windows.push(window);
  await scope.onMainWindowLoad({ window });
  assert.deepEqual([...window.links], ["syncd.ftl", "syncd-views.ftl"]);
  await scope.shutdown(about, ADDON_DISABLE);
  assert.deepEqual([...window.links], []);
});

test("windows that are there before the plugin are met too", async () => {
  const started = await start(PARTS);
  const window = makeWindow();
  started.world.windows.push(window);
  await started.scope.startup(started.about, 1);
  assert.equal(window.links.size, 2);
});

test("views hear of everything, and one that fails stops no other", async () => {
  const { scope, world, about, Syncd } = await start(PARTS);
  const heard = [];
  const hear = (name) => () => heard.push(name);
  Syncd.views.push({
    startup: () => {
      throw new Error("broken");
    },
  });
  Syncd.views.push({
    startup: hear("startup"),
    windowLoaded: hear("loaded"),
    windowUnloaded: hear("unloaded"),
    shutdown: hear("shutdown"),
  });
  world.windows.push(makeWindow());
  await scope.startup(about, 1);
  await scope.shutdown(about, ADDON_DISABLE);
  assert.deepEqual(heard, ["startup", "loaded", "unloaded", "shutdown"]);
  assert.deepEqual(world.debug, ["syncd: a view failed: broken"]);
});

test("a plugin that is turned off has no address and hears nothing", async () => {
  const { scope, world, about, Zotero } = await start();
  assert.equal(Object.keys(world.endpoints).length, 7);
  await scope.shutdown(about, ADDON_DISABLE);
  assert.deepEqual(world.endpoints, {});
  assert.equal(world.observers.size, 0);
  assert.equal("Syncd" in Zotero, false);
});

test("a plugin that goes after the next one came leaves that one alone", async () => {
  const { scope, world, about, Zotero } = await start();
  const next = Object.fromEntries(Object.keys(world.endpoints).map((path) => [path, class {}]));
  Object.assign(world.endpoints, next);
  Zotero.Syncd = { next: true };
  await scope.shutdown(about, ADDON_UPGRADE);
  assert.deepEqual(world.endpoints, next);
  assert.deepEqual(Zotero.Syncd, { next: true });
});

test("an upgrade keeps pairing, versions and tombstones", async () => {
  const { scope, world, about, token } = await paired();
  await ask(world, "GET", "/syncd/v1/changes", { token });
  await scope.shutdown(about, ADDON_UPGRADE);
  await scope.uninstall(about, ADDON_UPGRADE);
  await start({ world });
  assert.equal((await ask(world, "GET", "/syncd/v1/changes", { token })).status, 200);
  assert.equal(world.files.has("/profile/syncd/changes.jsonl"), true);
});

test("the end of Zotero keeps everything", async () => {
  const { scope, world, about, token } = await paired();
  await ask(world, "GET", "/syncd/v1/changes", { token });
  await scope.shutdown(about, APP_SHUTDOWN);
  assert.equal(world.prefs.size, 1);
  assert.equal(world.files.has("/profile/syncd/changes.jsonl"), true);
});

test("removing the plugin leaves nothing behind but the items", async () => {
  const { scope, world, about, token } = await paired({}, "http://127.0.0.1:1");
  world.add("ABCD2345", { itemType: "note" });
  world.prefs.set("extensions.zotero.other", "kept");
  world.files.set("/profile/other.json", "kept");
  await ask(world, "GET", "/syncd/v1/changes", { token });
  await scope.shutdown(about, ADDON_UNINSTALL);
  await scope.uninstall(about, ADDON_UNINSTALL);
  assert.deepEqual([...world.files.keys()], ["/profile/other.json"]);
  assert.deepEqual([...world.prefs.keys()], ["extensions.zotero.other"]);
  assert.deepEqual(world.logins, []);
  assert.equal(world.database.prepare("SELECT count(*) AS n FROM items").get().n, 1);
  assert.deepEqual(world.endpoints, {});
});

/** A paired plugin that the user removes in the list of plugins, where they may still undo it. */
async function removing() {
  const zotero = await paired({}, "http://127.0.0.1:1");
  await ask(zotero.world, "GET", "/syncd/v1/changes", { token: zotero.token });
  zotero.world.removal = new Set();
  await zotero.scope.shutdown(zotero.about, ADDON_UNINSTALL);
  await zotero.scope.uninstall(zotero.about, ADDON_UNINSTALL);
  return zotero;
}

test("a removal that is undone keeps the pairing and all that is remembered", async () => {
  const { world, scope, about, token, Syncd } = await removing();
  const kept = [...world.files];
  await world.decide("onOperationCancelled", about);
  await scope.startup(about, 5);
  const { status } = await ask(world, "GET", "/syncd/v1/changes", { token });
  assert.deepEqual([status, Syncd.daemon.paired], [200, true]);
  assert.deepEqual([...world.files], kept);
  for (const listener of world.shutdown) {
    await listener();
  }
  assert.equal(world.logins.length, 1);
});

for (const [name, end] of [
  ["once the user leaves the list of plugins", (world, about) => world.decide("onUninstalled", about)],
  ["when Zotero ends before that", (world) => Promise.all(world.shutdown.map((listener) => listener()))],
]) {
  test(`a removal leaves nothing ${name}`, async () => {
    const { world, about } = await removing();
    assert.deepEqual([world.logins.length, world.files.size > 0, world.prefs.size > 0], [1, true, true]);
    await end(world, about);
    assert.deepEqual([world.logins.length, world.files.size, world.prefs.size], [0, 0, 0]);
  });
}

test("that another plugin is removed meanwhile means nothing", async () => {
  const { world } = await removing();
  await world.decide("onUninstalled", { id: "other@zotero" });
  assert.equal(world.logins.length, 1);
});

test("the plugin leaves one name in its scope, besides what Zotero calls", async () => {
  const { scope } = await start();
  const given = Object.keys((await start({ files: ["lifecycle.js", "keys.js"] })).scope);
  assert.deepEqual(
    Object.keys(scope).filter((name) => !given.includes(name)),
    [],
  );
});
