/** Pairing: the user decides, once, and can take it back. */
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { Asker } = require("./caller.js");
const { ask, dispatch, pair, paired, start } = require("./zotero.js");

/** One step of a pairing, whatever came before. */
const step = (world, name, data) => dispatch(world, "POST", `/syncd/v1/pair${name}`, { data });

test("closing the dialog means no", async () => {
  const { world, Syncd } = await start();
  const { status, answer } = await pair(world);
  assert.deepEqual([status, answer], [403, { denied: true }]);
  assert.deepEqual([...Syncd.keys.list()], []);
});

test("the dialog names the caller, and refusing is what Enter does", async () => {
  const { world } = await start();
  await pair(world);
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
  const { world, Syncd } = await start();
  let second;
  world.clicks = () => {
    second = Syncd.pairing.begin({ name: "y", ...new Asker().first }).catch(({ status }) => status);
    return 0;
  };
  assert.equal((await pair(world, { name: "x" })).status, 200);
  assert.equal(await second, 409);
});

test("the dialog shows the code that the program shows", async () => {
  const { world } = await start();
  world.clicks = () => 0;
  const { code } = await pair(world);
  assert.match(code, /^\d{3} \d{3}$/);
  assert.equal(JSON.parse(world.dialogs[0][2].replace("syncd-pair-text ", "")).code, code);
});

test("whoever stands between shows another code than one of the two", async () => {
  const { world } = await start();
  world.clicks = () => 0;
  const [program, between, pretended] = [new Asker(), new Asker(), new Asker()];
  const { answer } = await step(world, "", { ...between.first, name: "x" });
  between.agree(answer);
  await step(world, "/ask", between.second);
  const { code } = program.agree({ pairing: answer.pairing, public: pretended.public });
  assert.notEqual(JSON.parse(world.dialogs[0][2].replace("syncd-pair-text ", "")).code, code);
});

test("a half that was not announced gets no dialog, nor does one that is none, or a second try", async () => {
  const { world } = await start();
  for (const half of [(asker) => new Asker(asker).public, () => "0".repeat(512), () => "1", () => null]) {
    const asker = new Asker();
    const { answer } = await step(world, "", { ...asker.first, name: "x" });
    const said = { pairing: answer.pairing, public: half(asker) };
    assert.equal((await step(world, "/ask", said)).status, 400);
    assert.equal((await step(world, "/ask", { ...said, public: asker.public })).status, 400);
    world.time += 60_000;
  }
  assert.equal(world.dialogs.length, 0);
});

test("a half of which both sides would know the outcome is refused though it was announced", async () => {
  const { world } = await start();
  const { createHash } = require("node:crypto");
  const one = "1".padStart(512, "0");
  const commitment = createHash("sha256").update(one).digest("hex");
  const { answer } = await step(world, "", { name: "x", api: 2, commitment });
  assert.equal((await step(world, "/ask", { pairing: answer.pairing, public: one })).status, 400);
  assert.equal(world.dialogs.length, 0);
});

test("what is not confirmed with the key is not kept, and gives no right", async () => {
  const { world, token, Syncd } = await paired();
  const asker = new Asker();
  const { answer } = await step(world, "", { ...asker.first, name: "another" });
  const { key } = asker.agree(answer);
  world.clicks = () => 0;
  assert.equal((await step(world, "/ask", asker.second)).status, 200);
  const headers = { "syncd-server": "whatever" };
  assert.equal((await ask(world, "GET", "/syncd/v1/changes", { token: key, headers })).status, 401);
  assert.equal((await step(world, "/keep", {})).status, 401);
  const wrong = { token, headers: { "syncd-server": "" }, data: {} };
  assert.equal((await ask(world, "POST", "/syncd/v1/pair/keep", wrong)).status, 400);
  assert.deepEqual([...Syncd.keys.list().map(({ name }) => name)], ["syncd on here"]);
  assert.equal((await ask(world, "GET", "/syncd/v1/changes", { token })).status, 200);
});

test("a program of the version before is told to be updated, and gets no dialog", async () => {
  const { world } = await start();
  for (const sent of [{ name: "old" }, { name: "old", api: 1 }]) {
    const { status, answer } = await step(world, "", sent);
    assert.deepEqual([status, /update the older/.test(answer.message)], [400, true]);
  }
  assert.equal(world.dialogs.length, 0);
});

test("the key is in the login manager alone, name and day in the preferences", async () => {
  const { world, token, Syncd } = await paired();
  assert.match(token, /^[0-9a-f]{64}$/);
  const kept = JSON.stringify([...world.prefs]) + JSON.stringify([...world.files]) + world.debug.join();
  assert.equal(kept.includes(token), false);
  const [{ name, created }] = Syncd.keys.list();
  assert.equal(name, "syncd on here");
  assert.equal(Number.isNaN(Date.parse(created)), false);
  assert.deepEqual(
    world.logins.map(({ password }) => password),
    [token],
  );
});

test("nobody is asked for a primary password, and keys count as soon as it was given", async () => {
  const { world, token } = await paired();
  const before = world.dialogs.length;
  world.locked = true;
  await start({ world });
  assert.equal((await ask(world, "GET", "/syncd/v1/changes", { token })).status, 401);
  assert.equal(world.dialogs.length, before);
  world.locked = false;
  assert.equal((await ask(world, "GET", "/syncd/v1/changes", { token })).status, 200);
});

test("after a crash, a pairing counts that is both in the login manager and in the list", async () => {
  const { world, token } = await paired();
  const other = await pairedToo(world);
  const [one, two] = JSON.parse(world.prefs.get("extensions.syncd.pairings"));
  world.prefs.set("extensions.syncd.pairings", JSON.stringify([two, { ...one, id: "never kept" }]));
  const { Syncd } = await start({ world });
  assert.deepEqual([...Syncd.keys.all()], [other]);
  assert.deepEqual([...Syncd.keys.list().map(({ id }) => id)], [two.id]);
  assert.deepEqual(
    world.logins.map(({ password }) => password),
    [other],
  );
  assert.equal((await ask(world, "GET", "/syncd/v1/changes", { token })).status, 401);
});

test("a pairing of an older plugin is forgotten, with the way to its daemon", async () => {
  const { world } = await start();
  world.prefs.set("extensions.syncd.tokens", '[{"id": "a", "name": "old", "hash": "b"}]');
  world.prefs.set("extensions.syncd.control", '{"url": "http://127.0.0.1:1", "token": "c", "id": "a"}');
  const { Syncd } = await start({ world });
  assert.deepEqual([...Syncd.keys.list()], []);
  assert.deepEqual([...world.prefs.keys()], []);
  assert.equal(Syncd.daemon.paired, false);
});

test("a pairing that was taken back opens nothing, and the way to its daemon is forgotten", async () => {
  const { world, token, Syncd } = await paired({}, "http://127.0.0.1:4711");
  assert.equal(Syncd.daemon.paired, true);
  const other = await pairedToo(world);
  await Syncd.keys.revoke(Syncd.keys.list()[0].id);
  const headers = { "syncd-server": "whatever" };
  assert.equal((await ask(world, "GET", "/syncd/v1/changes", { token, headers })).status, 401);
  assert.equal((await ask(world, "GET", "/syncd/v1/changes", { token: other })).status, 200);
  assert.deepEqual(
    world.logins.map(({ password }) => password),
    [other],
  );
  assert.equal(Syncd.daemon.paired, false);
});

/** Pair a second program, and return its key. */
async function pairedToo(world) {
  world.clicks = () => 0;
  return (await pair(world)).key;
}

for (const control of [
  "http://evil.example:80",
  "http://127.0.0.1.evil.example:80",
  "http://127.0.0.1:80@evil.example",
  "file:///etc/passwd",
  "",
  7,
  { url: "http://127.0.0.1:80" },
]) {
  test(`a daemon elsewhere is refused: ${JSON.stringify(control)}`, async () => {
    const { world } = await start();
    world.clicks = () => 0;
    assert.equal((await pair(world, undefined, control)).status, 400);
    assert.deepEqual(world.logins, []);
  });
}
