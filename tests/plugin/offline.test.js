/** What an item tells by itself. */
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { makeItem, plain, views } = require("./views/window.js");

const { offline } = views().Syncd;

test("the score's band and the links are read from what syncd wrote", () => {
  const item = makeItem({
    tags: [
      { tag: "cs.CL", type: 1 },
      { tag: "AI Score 90+", type: 1 },
    ],
    links: [
      ["Code: owner/repo", "https://github.com/owner/repo"],
      ["Model: m", "https://huggingface.co/m"],
    ],
  });
  assert.deepEqual(plain(offline.about(item)), {
    score: 90,
    band: true,
    code: "https://github.com/owner/repo",
    links: [
      { url: "https://github.com/owner/repo", kind: "code" },
      { url: "https://huggingface.co/m", kind: "model" },
    ],
  });
});

test("what a user may have written tells nothing", () => {
  const item = makeItem({
    tags: [{ tag: "AI Score 90+", type: 0 }, { tag: "AI Score", type: 1 }, { tag: "code" }],
    links: [
      ["My code", "https://github.com/owner/repo"],
      ["Code: a copy of a page", "https://example.org/", 1],
      ["Code: no address", "javascript:alert(1)"],
    ],
  });
  assert.equal(offline.about(item), null);
});

test("notes, attachments and collections in the trash tell nothing", () => {
  assert.equal(offline.about({ isRegularItem: () => false }), null);
  assert.equal(offline.about({ name: "a collection" }), null);
  assert.equal(offline.about(undefined), null);
});
