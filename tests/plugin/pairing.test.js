/** Pairing: the user decides, once, and can take it back. */
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { ask, paired, start } = require("./zotero.js");

const pair = (world, data) => ask(world, "POST", "/syncd/v1/pair", { data });

test("closing the dialog means no", async () => {
  const { world, Syncd } = await start();
  const { status, answer } = await pair(world, { name: "syncd on here" });
  assert.deepEqual([status, answer], [403, { denied: true }]);
  assert.deepEqual([...Syncd.tokens.list()], []);
});

test("the dialog names the caller, and refusing is what Enter does", async () => {
  const { world } = await start();
  await pair(world, { name: "syncd on here" });
  const [, title, text, flags, allow, refuse] = world.dialogs[0];
  assert.equal(title, "syncd-pair-title");
  assert.match(text, /syncd on here/);
  assert.deepEqual([allow, refuse], ["syncd-pair-allow", "syncd-pair-refuse"]);
  assert.equal(flags & 16777216, 16777216);
});

test("a name can't pretend to be more than one", async () => {
  const { world } = await start();
  await pair(world, { name: `a\n\u202Eb\u0000${"c".repeat(200)}` });
  const shown = JSON.parse(world.dialogs[0][2].replace("syncd-pair-text ", "")).name;
  assert.match(shown, /^a b c{76}$/);
  for (const name of ["", " \n", 7, null, undefined]) {
    assert.equal((await pair(world, { name })).status, 400);
  }
});

test("five dialogs a minute, and no more", async () => {
  const { world } = await start();
  for (let count = 0; count < 5; count += 1) {
    assert.equal((await pair(world, { name: "x" })).status, 403);
  }
  assert.equal((await pair(world, { name: "x" })).status, 429);
  world.time += 60_000;
  assert.equal((await pair(world, { name: "x" })).status, 403);
});

test("a second dialog doesn't open over the first", async () => {
  const { world } = await start();
  let second;
  world.clicks = () => {
    second = pair(world, { name: "y" });
    return 0;
  };
  assert.equal((await pair(world, { name: "x" })).status, 200);
  assert.equal((await second).status, 409);
});

test("only a hash of the token is kept, with name and day", async () => {
  const { world, token, Syncd } = await paired();
  assert.match(token, /^[0-9a-f]{64}$/);
  const kept = JSON.stringify([...world.prefs]) + JSON.stringify([...world.files]) + world.debug.join();
  assert.equal(kept.includes(token), false);
  const [{ name, created, hash }] = Syncd.tokens.list();
  assert.equal(name, "syncd on here");
  assert.equal(Number.isNaN(Date.parse(created)), false);
  assert.equal(hash, await Syncd.tokens.hash(token));
});

test("a token that was taken back opens nothing, and the way to its daemon is forgotten", async () => {
  const { world, token, Syncd } = await paired({}, { url: "http://127.0.0.1:4711", token: "T" });
  assert.equal(Syncd.daemon.paired, true);
  Syncd.tokens.revoke(Syncd.tokens.list()[0].id);
  assert.equal((await ask(world, "GET", "/syncd/v1/changes", { token })).status, 401);
  assert.equal(Syncd.daemon.paired, false);
});

for (const control of [
  { url: "http://evil.example:80", token: "T" },
  { url: "http://127.0.0.1.evil.example:80", token: "T" },
  { url: "http://127.0.0.1:80@evil.example", token: "T" },
  { url: "file:///etc/passwd", token: "T" },
  { url: "http://127.0.0.1:80", token: "" },
  { url: "http://127.0.0.1:80" },
  {},
]) {
  test(`a daemon elsewhere is refused: ${JSON.stringify(control)}`, async () => {
    const { world } = await start();
    assert.equal((await pair(world, { name: "x", control })).status, 400);
    assert.equal(world.dialogs.length, 0);
  });
}
