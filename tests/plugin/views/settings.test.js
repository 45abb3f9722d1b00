/** The pane in Zotero's settings: how syncd is, who may ask, and taking that back. */
const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { test } = require("node:test");
const vm = require("node:vm");
const { SOURCE, paired, start } = require("../zotero.js");
const { FakeElement, declare, makeDaemon, settle } = require("./window.js");

const NOW = Date.parse("2026-11-26T12:00:00Z");
const STATUS = {
  libraries: [
    {
      library: "main",
      profiles: [
        { name: "a", last_success: "2026-11-26T11:00:00Z" },
        { name: "b", last_success: "2026-11-26T11:48:00Z" },
        { name: "c" },
      ],
    },
  ],
  daemon: { version: "0.2.0", paused: [] },
  reviews: 0,
};

/** The pane as Zotero puts it into its window. */
function makePane() {
  const text = fs.readFileSync(path.join(SOURCE, "preferences.xhtml"), "utf8");
  const unloads = [];
  const document = {
    changed() {},
    createElementNS: (namespace, tag) => new FakeElement(document, tag, namespace),
    createTextNode: (words) => words,
    getElementById: (id) => document.all.find((one) => one.getAttribute("id") === id) ?? null,
    defaultView: {
      addEventListener: (type, listener) => type === "unload" && unloads.push(listener),
    },
    /** The window is closed. */
    close: () => unloads.map((listener) => listener()),
  };
  document.all = [...text.matchAll(/<(?:html:)?(\w+) id="([\w-]+)"/g)].map(([, tag, id]) => {
    const element = new FakeElement(document, tag);
    element.setAttribute("id", id);
    element.toggleAttribute = (name, force) => {
      element[name] = force;
    };
    return element;
  });
  return document;
}

/** The plugin with a daemon that answers what a test says, and a pane that was opened. */
async function opened(answers, started = paired) {
  const loaded = await started({ declare });
  loaded.world.time = NOW;
  const { paired: _, ...answering } = makeDaemon(answers);
  const daemon = Object.assign(loaded.Syncd.daemon, answering);
  const heard = new Set();
  daemon.onChange = (listener) => {
    heard.add(listener);
    return () => heard.delete(listener);
  };
  const document = makePane();
  await loaded.Zotero.Syncd.preferencesLoaded(document);
  const facts = () =>
    document
      .getElementById("syncd-facts")
      .childNodes.flatMap((one) => [one, ...one.all()])
      .map((one) => one.getAttribute("data-l10n-id") ?? one.textContent)
      .filter(Boolean);
  return { ...loaded, daemon, document, facts, heard };
}

test("the pane is registered with the plugin, with its looks, and tells how syncd is", async () => {
  const { world, facts, daemon } = await opened({ status: async () => STATUS });
  const [pane] = world.panes;
  assert.equal(pane.pluginID, "syncd@zotero");
  assert.ok(fs.existsSync(path.join(SOURCE, "content", pane.stylesheets[0].split("/").at(-1))));
  assert.ok([...world.chrome.keys()].some((address) => pane.stylesheets[0].startsWith(address)));
  assert.deepEqual(facts(), [
    "syncd-settings-state",
    "syncd-settings-running",
    "syncd-settings-last",
    "12 minutes ago",
    "syncd-settings-version",
    "syncd-settings-versions",
  ]);
  assert.equal(daemon.asked[0][1].fresh, true);
});

test("where syncd does not run, is paused, or has no free port, the pane says so", async () => {
  assert.ok((await opened({})).facts().includes("syncd-not-running"));
  const paused = { ...STATUS, daemon: { version: "0.2.0", paused: [""] } };
  assert.ok((await opened({ status: async () => paused })).facts().includes("syncd-settings-paused"));
  const http = { ...STATUS, daemon: { paused: [], http: { trouble: "the port is taken" } } };
  assert.ok((await opened({ status: async () => http })).facts().includes("The port is taken"));
});

test("the pane follows what happens for as long as its window is open", async () => {
  let status = STATUS;
  const { facts, heard, document } = await opened({ status: async () => status });
  status = { ...STATUS, daemon: { version: "0.2.0", paused: [""] } };
  for (const listener of heard) {
    listener();
  }
  await settle();
  assert.ok(facts().includes("syncd-settings-paused"));
  document.close();
  assert.equal(heard.size, 0);
});

test("a pane that is shown twice listens once, and the plugin's end ends that", async () => {
  const { heard, document, Zotero, scope } = await opened({ status: async () => STATUS });
  await Zotero.Syncd.preferencesLoaded(document);
  assert.equal(heard.size, 1);
  await scope.shutdown({}, 4);
  assert.equal(heard.size, 0);
  assert.equal("Syncd" in Zotero, false);
});

test("a pane does not wait for an answer that takes long", async () => {
  const { document } = await opened({ status: () => new Promise(() => {}) });
  assert.equal(document.getElementById("syncd-pairings").childNodes.length, 1);
});

test("a pairing is revoked from the pane", async () => {
  const { Syncd, document } = await opened({ status: async () => STATUS });
  const list = document.getElementById("syncd-pairings");
  const [[name, , revoke]] = list.childNodes.map((row) => row.childNodes);
  assert.equal(name.textContent, "syncd on here");
  assert.deepEqual(JSON.parse(revoke.getAttribute("data-l10n-args")), { name: "syncd on here" });
  assert.equal(document.getElementById("syncd-no-pairings").hidden, true);
  revoke.happen("command");
  await settle();
  assert.equal(Syncd.keys.list().length, 0);
  assert.deepEqual(list.childNodes, []);
  assert.equal(document.getElementById("syncd-no-pairings").hidden, false);
});

test("the window of settings fills the pane when Zotero says that it is there, without an inline handler", async () => {
  const { world, about } = await start();
  const read = (name) => fs.readFileSync(path.join(SOURCE, name), "utf8");
  assert.equal(/\son\w+=|<script/.test(read("preferences.xhtml")), false);
  assert.deepEqual([...world.panes[0].scripts], [`${about.rootURI}preferences-window.js`]);
  const filled = [];
  const listeners = [];
  const document = { addEventListener: (...words) => listeners.push(words) };
  const Zotero = { Syncd: { preferencesLoaded: (shown) => filled.push(shown) } };
  vm.runInNewContext(read("preferences-window.js"), { document, Zotero });
  const [[type, listener, capture]] = listeners;
  // Zotero's event does not bubble.
  assert.deepEqual([type, capture], ["load", true]);
  listener({ target: { id: "another" } });
  assert.deepEqual(filled, []);
  const [id] = /syncd-settings(?=")/.exec(read("preferences.xhtml"));
  const waited = [];
  listener({ target: { id }, waitUntil: (promise) => waited.push(promise) });
  // Zotero 8 to 10 wait for nothing.
  listener({ target: { id } });
  assert.deepEqual([filled.length, waited.length], [2, 1]);
  delete Zotero.Syncd;
  listener({ target: { id } });
});
