/** The one line where the daemon has no answer, and how the views look. */
const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { test } = require("node:test");
const { SOURCE } = require("../zotero.js");
const { makeWindow, plain, started, views } = require("./window.js");

const { Syncd } = views();

test("each reason has its line, and a sentence of the daemon's is passed on", () => {
  const reasons = ["not-paired", "not-running", "slow", "refused", "strange"];
  assert.deepEqual(
    reasons.map((reason) => Syncd.words.trouble({ reason, message: "" }).l10n),
    reasons.map((reason) => `syncd-${reason}`),
  );
  const failed = Syncd.words.trouble(Object.assign(new Error("no such profile"), { reason: "failed" }));
  assert.deepEqual(plain(failed), { l10n: "syncd-failed", args: { message: "no such profile" } });
});

test("an error of another kind came of an answer that syncd does not give", () => {
  assert.equal(Syncd.words.trouble(new TypeError("x")).l10n, "syncd-strange");
  assert.equal(Syncd.words.trouble(undefined).l10n, "syncd-strange");
});

test("a window is styled once, and no more after it", () => {
  const window = makeWindow();
  Syncd.style.windowLoaded(window);
  Syncd.style.windowLoaded(window);
  assert.equal(window.document.querySelectorAll('[rel="stylesheet"]').length, 1);
  Syncd.style.windowUnloaded(window);
  assert.equal(window.document.querySelectorAll('[rel="stylesheet"]').length, 0);
});

test("no colour is fixed", () => {
  assert.doesNotMatch(
    fs.readFileSync(path.join(SOURCE, "syncd.css"), "utf8"),
    /#[0-9a-f]{3,8}\b|\b(?:rgb|hsl)a?\(|: *(?:black|white|gr[ae]y|red|blue)\b/i,
  );
});

test("the whole plugin starts in a window and leaves it as it was", async () => {
  const window = makeWindow();
  const { document } = window;
  const before = document.documentElement.all().length;
  const { scope, world } = await started(window);
  await scope.onMainWindowLoad({ window });
  const kinds = [...world.registered.values()].map(({ kind }) => kind);
  assert.deepEqual(kinds.sort(), ["column", "column", "column", "menu", "menu", "menu", "menu", "section"]);
  assert.equal(document.querySelectorAll('[rel="stylesheet"]').length, 1);
  await scope.shutdown({}, 4);
  assert.equal(document.documentElement.all().length, before);
  assert.deepEqual(
    world.debug.filter((line) => String(line).includes("failed")),
    [],
  );
});
