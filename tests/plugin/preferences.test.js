/** What the plugin keeps in Zotero's preferences. */
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { start } = require("./zotero.js");

test("preferences that can't be read are as none", async () => {
  const { world, Syncd } = await start();
  world.prefs.set("extensions.syncd.pairings", "{broken");
  assert.equal(Syncd.keys.list().length, 0);
  world.prefs.set("extensions.syncd.pairings", '"text"');
  assert.equal(Syncd.keys.list().length, 0);
});
