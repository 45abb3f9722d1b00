/** Who is let in, what is told to whom, and that nothing stays behind. */
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { caller } = require("./caller.js");
const { ask, dispatch, paired, start } = require("./zotero.js");

const PAPER = { key: "ABCD2345", version: 0, itemType: "preprint", title: "Deep" };
const PATHS = [
  ["GET", "/syncd/v1/changes?since=0"],
  ["POST", "/syncd/v1/push"],
  ["POST", "/syncd/v1/select"],
];

const serverOf = async (world, token) => (await ask(world, "GET", "/syncd/v1/ping", { token })).answer.server;

test("a stranger learns from ping that the plugin is there, and no more", async () => {
  const { world } = await start();
  const { status, answer } = await ask(world, "GET", "/syncd/v1/ping");
  assert.equal(status, 200);
  assert.deepEqual(answer, { syncd: "0.1.0", api: 2, oldest: 2, paired: false });
});

test("ping tells a paired program which libraries there are", async () => {
  const { world, token } = await paired();
  const { answer } = await ask(world, "GET", "/syncd/v1/ping", { token });
  assert.match(answer.server, /^[0-9a-f]{64}$/);
  assert.deepEqual(answer, {
    syncd: "0.1.0",
    api: 2,
    oldest: 2,
    paired: true,
    zotero: "8.0",
    database: "abcdefgh",
    server: answer.server,
    user: null,
    libraries: [
      { prefix: "users/0", editable: true },
      { prefix: "groups/77", editable: false },
    ],
  });
});

test("ping tells who is signed in as of now, whatever kind of number Zotero has kept", async () => {
  const { world, token } = await paired();
  const told = async () => (await ask(world, "GET", "/syncd/v1/ping", { token })).answer.user;
  for (const [kept, user] of [
    [undefined, null],
    [117, 117],
    ["117", 117],
    [0, null],
  ]) {
    world.userID = kept;
    assert.equal(await told(), user);
  }
});

for (const [method, address] of PATHS) {
  test(`${address} needs a signature, and the right one`, async () => {
    const { world, token } = await paired();
    const data = method === "POST" ? {} : null;
    const headers = { "syncd-server": await serverOf(world, token) };
    for (const wrong of [undefined, "ab".repeat(32), token.slice(2), `${token}01`]) {
      const { status, signature } = await ask(world, method, address, { token: wrong, headers, data });
      assert.deepEqual([status, signature], [401, undefined]);
    }
    for (const old of [
      { "syncd-token": token },
      { "syncd-signature": token },
      { "syncd-signature": "a b c" },
    ]) {
      assert.equal(
        (await dispatch(world, method, address, { headers: { ...headers, ...old }, data })).status,
        401,
      );
    }
  });
}

/** A push as a program signs it, which can be changed on its way. */
async function signedPush({ world, token }, signer = caller(token)) {
  const server = await serverOf(world, token);
  const text = JSON.stringify({ kind: "items", objects: [{ ...PAPER }] });
  if (!signer.session) {
    const first = signer.sign("GET", "/syncd/v1/ping", "");
    const headers = { "syncd-signature": first };
    signer.session = (await dispatch(world, "GET", "/syncd/v1/ping", { headers })).answer.session;
  }
  const signature = signer.sign("POST", "/syncd/v1/push", text, server);
  return { headers: { "syncd-server": server, "syncd-signature": signature }, data: { signed: text } };
}

const items = (world) => world.database.prepare("SELECT count(*) AS n FROM items").get().n;

test("a request counts once, and not again after the plugin started anew", async () => {
  const started = await paired();
  const { world, scope, about } = started;
  const request = await signedPush(started);
  assert.equal((await dispatch(world, "POST", "/syncd/v1/push", request)).status, 200);
  const again = await dispatch(world, "POST", "/syncd/v1/push", request);
  assert.deepEqual([again.status, again.signature], [401, undefined]);
  const kept = await signedPush(started);
  await scope.shutdown(about, 2);
  await start({ world });
  world.database.exec("DELETE FROM items");
  for (const recorded of [request, kept]) {
    assert.equal((await dispatch(world, "POST", "/syncd/v1/push", recorded)).status, 401);
  }
  assert.equal(items(world), 0);
});

test("the nonces of so many requests are forgotten, and with them all that was recorded", async () => {
  const started = await paired();
  const { world, Syncd } = started;
  const request = await signedPush(started);
  assert.equal((await dispatch(world, "POST", "/syncd/v1/push", request)).status, 200);
  Syncd.handshake.MOST_USED = Syncd.handshake._used.size + 1;
  assert.equal((await ask(world, "GET", "/syncd/v1/ping", started)).status, 200);
  assert.equal(Syncd.handshake._used.size, 0);
  assert.equal((await dispatch(world, "POST", "/syncd/v1/push", request)).status, 401);
});

test("what is changed on its way is refused: body, address, and which Zotero is meant", async () => {
  const started = await paired();
  const { world } = started;
  const { headers, data } = await signedPush(started);
  const other = { signed: data.signed.replace("Deep", "Bad") };
  for (const [method, address, sent] of [
    ["POST", "/syncd/v1/push", { headers, data: other }],
    ["POST", "/syncd/v1/push", { headers, data: JSON.parse(data.signed) }],
    ["POST", "/syncd/v1/push?x=1", { headers, data }],
    ["POST", "/syncd/v1/select", { headers, data }],
    ["POST", "/syncd/v1/push", { headers: { ...headers, "syncd-server": "other" }, data }],
    ["POST", "/syncd/v1/push", { headers: { ...headers, "syncd-signature": `${"0".repeat(32)} b c` }, data }],
  ]) {
    assert.equal((await dispatch(world, method, address, sent)).status, 401);
  }
  assert.equal(items(world), 0);
  assert.equal((await dispatch(world, "POST", "/syncd/v1/push", { headers, data })).status, 200);
});

for (const headers of [
  { origin: "http://127.0.0.1:23119" },
  { origin: "null" },
  { "sec-fetch-site": "same-origin" },
  { "sec-fetch-mode": "navigate" },
  { origin: "https://evil.example", "zotero-allowed-request": "1" },
  { host: "evil.example" },
  { host: "evil.example:23119" },
  { host: "127.0.0.1.evil.example" },
]) {
  test(`${JSON.stringify(headers)} is refused, with a key too`, async () => {
    const { world, token } = await paired();
    for (const [method, address] of [...PATHS, ["GET", "/syncd/v1/ping"], ["POST", "/syncd/v1/pair"]]) {
      const data = method === "POST" ? { name: "evil" } : null;
      assert.equal((await ask(world, method, address, { token, headers, data })).status, 403, address);
    }
    assert.equal(world.dialogs.length, 1);
  });
}

for (const host of ["localhost:23119", "LOCALHOST", "[::1]:23119", "127.0.0.1"]) {
  test(`${host} is this computer`, async () => {
    const { world } = await start();
    assert.equal((await ask(world, "GET", "/syncd/v1/ping", { headers: { host } })).status, 200);
  });
}

for (const [method, address] of PATHS) {
  test(`${address} has to name the Zotero that is meant, and another is refused`, async () => {
    const { world, token } = await paired();
    const data = method === "POST" ? { kind: "items", objects: [{ ...PAPER }], key: PAPER.key } : null;
    const sent = async (server) => {
      const headers = { "syncd-server": server ?? "" };
      const { status, answer } = await ask(world, method, address, { token, data, headers });
      return [status, answer.server];
    };
    const { answer } = await ask(world, "GET", "/syncd/v1/ping", { token });
    assert.deepEqual(await sent(undefined), [428, undefined]);
    assert.deepEqual(await sent("another"), [412, answer.server]);
    assert.equal(world.database.prepare("SELECT count(*) AS n FROM items").get().n, 0);
  });
}

test("a body that is too large, or no object, is refused", async () => {
  const { world, token } = await paired();
  const headers = { "content-length": String(16 * 1024 * 1024 + 1) };
  assert.equal((await ask(world, "POST", "/syncd/v1/push", { token, headers, data: {} })).status, 413);
  for (const data of [null, "text", 7]) {
    assert.equal((await ask(world, "POST", "/syncd/v1/push", { token, data })).status, 400);
  }
});

test("a version or a page that is none is refused", async () => {
  const { world, token } = await paired();
  for (const page of ["limit=0", "limit=x", "limit=", "after=", "after=1-tags-ABCD2345", "after=1-items-"]) {
    assert.equal((await ask(world, "GET", `/syncd/v1/changes?since=0&${page}`, { token })).status, 400);
  }
  for (const since of ["-1", "x", "1e3", "9".repeat(40)]) {
    assert.equal((await ask(world, "GET", `/syncd/v1/changes?since=${since}`, { token })).status, 400);
  }
});

test("a fault is an answer and one line without a token", async () => {
  const { world, token, Zotero } = await paired();
  Zotero.DB.queryAsync = async () => {
    throw new Error("database is locked");
  };
  const { status, answer } = await ask(world, "GET", "/syncd/v1/changes?since=0", { token });
  assert.equal(status, 500);
  assert.match(answer.message, /database is locked/);
  assert.deepEqual(world.debug, ["syncd: database is locked"]);
});

test("an item and a collection can be shown in the window", async () => {
  const { world, token } = await paired();
  const seen = [];
  const ZoteroPane = {
    selectItem: async (id) => seen.push(["item", id]),
    collectionsView: { selectCollection: async (id) => seen.push(["collection", id]) },
  };
  const select = (key) => ask(world, "POST", "/syncd/v1/select", { token, data: { key } });
  world.add("ABCD2345", { itemType: "note" });
  world.database.exec(
    "INSERT INTO collections (libraryID, key, json) VALUES (1, 'EFGH2345', '{\"name\": \"A\"}')",
  );
  assert.equal((await select("ABCD2345")).status, 503);
  world.windows.push({ ZoteroPane, focus: () => seen.push("focus") });
  assert.equal((await select("ABCD2345")).status, 200);
  assert.equal((await select("EFGH2345")).status, 200);
  assert.equal((await select("ZZZZ2345")).status, 404);
  assert.deepEqual(seen, [["item", 1], "focus", ["collection", 1], "focus"]);
});
