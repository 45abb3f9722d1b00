/** The pane: who may ask, and taking it back. */
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { paired, start } = require("./zotero.js");

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

test("a token is taken back from the pane", async () => {
  const { Zotero, Syncd } = await paired();
  const document = makeDocument();
  Zotero.Syncd.preferencesLoaded(document);
  document.ids["syncd-tokens"].children[0].children[2].listeners.click();
  assert.equal(Syncd.tokens.list().length, 0);
  assert.deepEqual(document.ids["syncd-tokens"].children, []);
  assert.equal(document.ids["syncd-no-tokens"].hidden, false);
});

test("preferences that can't be read are as none", async () => {
  const { world, Syncd } = await start();
  world.prefs.set("extensions.syncd.tokens", "{broken");
  assert.equal(Syncd.tokens.list().length, 0);
  world.prefs.set("extensions.syncd.tokens", '"text"');
  assert.equal(Syncd.tokens.list().length, 0);
});
