/** Values as the reader sees them. */
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { views } = require("./window.js");

const { format } = views().Syncd;
const collate = new Intl.Collator("en", { numeric: true }).compare;

test("scores sort by their worth under Zotero's collation, and none comes last", () => {
  const scores = [9.45, 100, null, 88, 9.5, 99.4, 0];
  const keys = scores
    .map((score) => format.scoreKey(score))
    .sort(collate)
    .reverse();
  const shown = keys.map((key) => format.scoreText(key, "en-US"));
  assert.deepEqual(shown, ["100", "99.4", "88", "9.5", "9.45", "0", ""]);
});

test("a band sorts with its lower end and says that it is one", () => {
  assert.equal(format.scoreKey(90, true), "090.00+");
  assert.equal(format.scoreText("090.00+", "en-US"), "90+");
  assert.ok(collate("090.00+", "089.99") > 0 && collate("090.00+", "090.01") < 0);
});

test("what is no score is none", () => {
  for (const wrong of [undefined, null, Number.NaN, "92"]) {
    assert.equal(format.scoreKey(wrong), "000.00");
  }
});

test("days and numbers are written as the reader's language does", () => {
  assert.equal(format.day("2026-06-01", "en-US"), "Jun 1, 2026");
  assert.match(format.day("2026-06-01T10:05:00Z", "de", true), /2026.*\d\d:\d5/);
  assert.equal(format.number(26281, "de"), "26.281");
  assert.equal(format.scoreText("092.50", "de"), "92,5");
});

test("a time that is none is shown as nothing", () => {
  assert.equal(format.day(null, "en-US"), "");
  assert.equal(format.day("soon", "en-US"), "");
  assert.equal(format.number(null, "en-US"), "");
});

test("only addresses of the web are opened", () => {
  assert.equal(format.webAddress("https://github.com/a/b"), "https://github.com/a/b");
  for (const wrong of [
    "javascript:alert(1)",
    "file:///etc/passwd",
    "chrome://zotero",
    "github",
    null,
    undefined,
  ]) {
    assert.equal(format.webAddress(wrong), null);
  }
});

test("an address is shown short", () => {
  assert.equal(format.shortAddress("https://www.github.com/a/b/?x=1#y"), "github.com/a/b");
  assert.equal(format.shortAddress(`https://example.org/${"a".repeat(90)}`).length, 60);
});
