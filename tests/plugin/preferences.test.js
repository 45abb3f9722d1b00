/** The pane: who may ask, and taking it back. */
const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { test } = require("node:test");
const vm = require("node:vm");
const { SOURCE, paired, start } = require("./zotero.js");

/** As much of a document as the pane needs. */
function makeDocument() {
  const make = (tag) => ({
    tag,
    attributes: {},
    children: [],
    listeners: {},
    setAttribute(name, value) {
      this.attributes[name] = value;
    },
    toggleAttribute(name, force) {
      this[name] = force;
    },
    append(...children) {
      this.children.push(...children);
    },
    replaceChildren(...children) {
      this.children = children;
    },
    addEventListener(name, listener) {
      this.listeners[name] = listener;
    },
  });
  const ids = { "syncd-tokens": make("ul"), "syncd-no-tokens": make("p") };
  return { ids, getElementById: (id) => ids[id] ?? null, createElementNS: (_namespace, tag) => make(tag) };
}

test("the pane is registered with the plugin, and fills itself when it is opened", async () => {
  const { world, Zotero } = await paired();
  assert.equal(world.panes[0].pluginID, "syncd@zotero");
  const document = makeDocument();
  Zotero.Syncd.preferencesLoaded(document);
  const [[name, date, revoke]] = document.ids["syncd-tokens"].children.map((row) => row.children);
  assert.equal(name.textContent, "syncd on here");
  assert.equal(date.tag, "time");
  assert.deepEqual(JSON.parse(revoke.attributes["data-l10n-args"]), { name: "syncd on here" });
  assert.equal(document.ids["syncd-no-tokens"].hidden, true);
});

test("the window of preferences fills the pane when Zotero says that it is there, without an inline handler", async () => {
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
  listener({ target: { querySelector: () => null } });
  listener({ target: {} });
  assert.deepEqual(filled, []);
  const pane = {
    querySelector: (selector) => read("preferences.xhtml").includes(`id="${selector.slice(1)}"`),
  };
  listener({ target: pane });
  assert.deepEqual(filled, [document]);
  delete Zotero.Syncd;
  listener({ target: pane });
});

test("a pairing is taken back from the pane", async () => {
  const { Zotero, Syncd } = await paired();
  const document = makeDocument();
  Zotero.Syncd.preferencesLoaded(document);
  document.ids["syncd-tokens"].children[0].children[2].listeners.click();
  assert.equal(Syncd.keys.list().length, 0);
  assert.deepEqual(document.ids["syncd-tokens"].children, []);
  assert.equal(document.ids["syncd-no-tokens"].hidden, false);
});

test("preferences that can't be read are as none", async () => {
  const { world, Syncd } = await start();
  world.prefs.set("extensions.syncd.pairings", "{broken");
  assert.equal(Syncd.keys.list().length, 0);
  world.prefs.set("extensions.syncd.pairings", '"text"');
  assert.equal(Syncd.keys.list().length, 0);
});
