/** The talk with the daemon: rarely, from memory, and with a reason where there is no answer. */
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { daemon } = require("./caller.js");
const { paired, start } = require("./zotero.js");

const CONTROL = "http://127.0.0.1:4711";

/** A plugin whose daemon answers, and what it was asked. */
async function withDaemon(answer = () => ({ reviews: 2 }), status = 200) {
  const zotero = await paired({}, CONTROL);
  const asked = [];
  zotero.world.fetch = daemon(zotero.token, (url, options) => {
    asked.push({ url, ...options });
    return { status, body: JSON.stringify(answer(url)) };
  });
  return { ...zotero, asked };
}

const reason = (promise) =>
  promise.then(
    () => assert.fail("it answered"),
    (error) => error.reason,
  );

test("without a pairing nothing is asked", async () => {
  const { Syncd, world } = await start();
  world.fetch = () => assert.fail("asked");
  assert.equal(Syncd.daemon.paired, false);
  assert.equal(await reason(Syncd.daemon.status()), "not-paired");
});

test("what is asked is signed, and the key never goes along", async () => {
  const { Syncd, asked, token } = await withDaemon();
  assert.equal((await Syncd.daemon.status()).reviews, 2);
  await Syncd.daemon.pause(["her"]);
  assert.equal(asked[0].url, "http://127.0.0.1:4711/v1/status");
  assert.equal(asked[0].redirectionLimit, 0);
  assert.equal(JSON.stringify(asked).includes(token), false);
});

test("whoever listens in the daemon's place gets no key, and is not believed", async () => {
  const { Syncd, world, token } = await withDaemon();
  const { fetch } = world;
  const heard = [];
  for (const listener of [
    () => new Response('{"reviews": 2}'),
    () => new Response('{"session": "ab"}', { status: 409 }),
    // It passes all on, and changes what comes back.
    async (...words) => new Response('{"reviews": 3}', { headers: (await fetch(...words)).headers }),
    // It gives the answer to another question.
    (url, options) => fetch(url.replace("status", "reviews"), options),
  ]) {
    world.fetch = async (url, options) => {
      heard.push(JSON.stringify([url, options]));
      return listener(url, options);
    };
    Syncd.daemon.forget();
    assert.match(await reason(Syncd.daemon.status()), /strange|refused/);
  }
  assert.equal(heard.join().includes(token), false);
});

test("the answer to another question is not taken", async () => {
  const { Syncd, world } = await withDaemon((url) => [url]);
  const { fetch } = world;
  const answers = [];
  world.fetch = async (...words) => {
    const answer = await fetch(...words);
    answers.push(answer.status === 200 ? answer.clone() : null);
    return answers.find(Boolean)?.clone() ?? answer;
  };
  await Syncd.daemon.reviews();
  assert.equal(await reason(Syncd.daemon.profiles("users/0")), "strange");
});

test("the same is asked once a minute", async () => {
  const { Syncd, asked, world } = await withDaemon();
  await Promise.all([Syncd.daemon.status(), Syncd.daemon.status()]);
  world.time += 59_999;
  await Syncd.daemon.status();
  assert.equal(asked.length, 1);
  world.time += 1;
  await Syncd.daemon.status();
  assert.equal(asked.length, 2);
});

test("that there was no answer counts for a moment", async () => {
  const { Syncd, world } = await withDaemon();
  let count = 0;
  world.fetch = async () => {
    count += 1;
    throw new TypeError("NetworkError");
  };
  assert.equal(await reason(Syncd.daemon.status()), "not-running");
  world.time += 4_999;
  assert.equal(await reason(Syncd.daemon.status()), "not-running");
  assert.equal(count, 1);
  world.time += 1;
  assert.equal(await reason(Syncd.daemon.status()), "not-running");
  assert.equal(count, 2);
});

test("whoever wants to know at once is told what is so now, and that is what others are told then", async () => {
  let reviews = 0;
  const { Syncd } = await withDaemon((url) => {
    reviews += 1;
    return url.includes("status") ? { reviews } : [reviews];
  });
  const { daemon: plugin } = Syncd;
  assert.equal((await plugin.status()).reviews, 1);
  assert.equal((await plugin.status({ fresh: true })).reviews, 2);
  assert.equal((await plugin.status()).reviews, 2);
  for (const [name, ...words] of [["reviews"], ["search", "Ann"], ["profiles", "users/0"]]) {
    const [first] = await plugin[name](...words);
    assert.deepEqual([...(await plugin[name](...words))], [first], name);
    assert.deepEqual([...(await plugin[name](...words, { fresh: true }))], [first + 1], name);
  }
});

test("the end of the plugin ends what is under way, and nothing is asked after it", async () => {
  const { Syncd, world, scope, about } = await withDaemon();
  const signals = [];
  world.fetch = (_url, { signal }) => {
    signals.push(signal);
    return new Promise(() => {});
  };
  const asked = reason(Syncd.daemon.status());
  while (!signals.length) {
    await new Promise(setImmediate);
  }
  await scope.shutdown(about, 4);
  assert.equal(signals[0].aborted, true);
  assert.equal(await asked, "not-running");
  assert.equal(await reason(Syncd.daemon.status()), "not-paired");
  assert.equal(signals.length, 1);
  await scope.startup(about, 3);
  const again = reason(Syncd.daemon.status());
  while (signals.length < 2) {
    await new Promise(setImmediate);
  }
  Syncd.daemon.close();
  assert.equal(await again, "not-running");
});

for (const status of [401, 403]) {
  test(`${status} means that the token is no longer taken`, async () => {
    const { Syncd } = await withDaemon(() => ({}), status);
    assert.equal(await reason(Syncd.daemon.status()), "refused");
  });
}

test("another failure comes with the daemon's sentence", async () => {
  const { Syncd } = await withDaemon(() => ({ message: "no such profile" }), 404);
  await assert.rejects(Syncd.daemon.unfollow("x"), { reason: "failed", message: "no such profile" });
});

for (const body of ["<html>", '"text"', "null"]) {
  test(`what answers ${body} is not syncd, whatever its status`, async () => {
    const { Syncd, world, token } = await withDaemon();
    for (const [status, ask] of [
      [200, () => Syncd.daemon.status()],
      [500, () => Syncd.daemon.pause()],
    ]) {
      for (const fetch of [
        async () => new Response(body, { status }),
        daemon(token, () => ({ status, body })),
      ]) {
        world.fetch = fetch;
        Syncd.daemon.forget();
        assert.equal(await reason(ask()), "strange");
      }
    }
  });
}

test("what should be a list and is none is not syncd's", async () => {
  const { Syncd } = await withDaemon(() => ({ items: {} }));
  for (const ask of ["profiles", "reviews", "search"]) {
    assert.equal(await reason(Syncd.daemon[ask]("x")), "strange", ask);
  }
});

test("a failure without a sentence says its status", async () => {
  const { Syncd } = await withDaemon(() => ({ error: { code: 7 } }), 502);
  await assert.rejects(Syncd.daemon.pause(), { reason: "failed", message: "HTTP 502" });
});

test("a daemon that doesn't answer is waited for no longer than its time", async () => {
  const { Syncd, world } = await withDaemon();
  Syncd.daemon.PATIENCE = 1;
  world.fetch = () => new Promise(() => {});
  assert.equal(await reason(Syncd.daemon.status()), "slow");
});

test("what takes work, or asks services, may take longer", async () => {
  const waits = [];
  const { Syncd, world } = await paired({}, CONTROL);
  world.fetch = async (_url, { timeout }) => {
    waits.push(timeout);
    throw new TypeError("NetworkError");
  };
  for (const ask of [
    () => Syncd.daemon.status(),
    () => Syncd.daemon.search("Ann"),
    () => Syncd.daemon.undo(),
    () => Syncd.daemon.follow("s2:1", "users/0"),
  ]) {
    assert.equal(await reason(ask()), "not-running");
  }
  const { PATIENCE, LONG } = Syncd.daemon;
  assert.deepEqual(waits, [PATIENCE, LONG, LONG, LONG]);
});

test("after an act everything is asked anew, and the listeners hear of it", async () => {
  const { Syncd, asked } = await withDaemon();
  let heard = 0;
  const stop = Syncd.daemon.onChange(() => {
    heard += 1;
  });
  await Syncd.daemon.status();
  await Syncd.daemon.syncNow(["her"]);
  await Syncd.daemon.status();
  stop();
  await Syncd.daemon.pause();
  assert.deepEqual(
    asked.map(({ url, method }) => `${method} ${url.slice(21)}`),
    ["GET /v1/status", "POST /v1/sync-now?wait=yes", "GET /v1/status", "POST /v1/pause"],
  );
  assert.equal(asked[1].body, '{"names":["her"]}');
  assert.equal(heard, 1);
});

test("all pages of what is known are put together", async () => {
  const { Syncd, asked } = await withDaemon((url) =>
    url.includes("since=2")
      ? { items: { B: { score: 2 } }, next: null, until: "t7" }
      : { items: { A: { score: 1 } }, next: "2", until: "t7" },
  );
  const { items, until, whole } = await Syncd.daemon.known("users/0");
  assert.deepEqual([Object.keys(items), until, whole], [["A", "B"], "t7", true]);
  assert.equal(asked.length, 2);
});

test("what changed of what is known is asked for alone, as often as somebody wants to know", async () => {
  const change = { items: { B: { score: 2 } }, gone: ["A"], next: null, until: "t8" };
  const { Syncd, asked } = await withDaemon(() => change);
  for (const _ of [1, 2]) {
    const answer = JSON.parse(JSON.stringify(await Syncd.daemon.known("groups/7", "t7")));
    assert.deepEqual(answer, { items: change.items, gone: ["A"], until: "t8", whole: false });
  }
  assert.deepEqual(
    asked.map(({ url }) => url.slice(21)),
    Array(2).fill("/v1/known?library=groups%2F7&changed=t7"),
  );
});

test("all is asked for where the daemon no longer knows what changed, or never did", async () => {
  const all = { items: { B: { score: 2 } }, next: null };
  for (const answer of [
    (url) =>
      url.includes("changed") ? { status: 410, body: '{"error": "new"}' } : { body: JSON.stringify(all) },
    () => ({ body: JSON.stringify(all) }),
  ]) {
    const zotero = await paired({}, CONTROL);
    zotero.world.fetch = daemon(zotero.token, answer);
    const { items, until, whole } = await zotero.Syncd.daemon.known("users/0", "t7");
    assert.deepEqual([Object.keys(items), until, whole], [["B"], null, true]);
  }
  const { Syncd } = await withDaemon(() => ({ error: "broken" }), 500);
  assert.equal(await reason(Syncd.daemon.known("users/0", "t7")), "failed");
});

test("the user's own library goes by both its names, and by the new one as soon as they sign in", async () => {
  const { Syncd, asked, world } = await withDaemon((url) => (url.includes("profiles") ? [] : { items: {} }));
  const { daemon } = Syncd;
  await daemon.profiles("users/0");
  world.userID = 117;
  await daemon.profiles("users/0");
  await daemon.known("users/0");
  await daemon.items("users/0", ["A"]);
  await daemon.items("groups/7", ["A"]);
  await daemon.follow("s2:1", "users/0");
  assert.deepEqual(
    asked.map(({ url, body }) => [url.slice(21), body].filter(Boolean).join(" ")),
    [
      "/v1/profiles?library=users%2F0",
      "/v1/profiles?library=users%2F0&user=117",
      "/v1/known?library=users%2F0&user=117",
      "/v1/items?library=users%2F0&user=117&keys=A",
      "/v1/items?library=groups%2F7&keys=A",
      '/v1/follow {"source":"s2:1","library":"users/0","user":117}',
    ],
  );
});

test("every question goes to its address", async () => {
  const lists = /profiles|reviews$|search/;
  const { Syncd, asked } = await withDaemon((url) => (lists.test(url) ? [] : { items: {} }));
  const { daemon } = Syncd;
  await daemon.items("users/0", ["A", "B"]);
  await daemon.known("users/0");
  await daemon.profiles("groups/7");
  await daemon.reviews();
  await daemon.search("Zoë Ng");
  await daemon.resume(["x"]);
  await daemon.undo();
  await daemon.follow("openalex:A5", "users/0");
  await daemon.review("Deep", "same", "ABCD2345", "main");
  assert.deepEqual(
    asked.map(({ url, body }) => [url.slice(21), body].filter(Boolean).join(" ")),
    [
      "/v1/items?library=users%2F0&keys=A%2CB",
      "/v1/known?library=users%2F0",
      "/v1/profiles?library=groups%2F7",
      "/v1/reviews",
      "/v1/search?name=Zo%C3%AB+Ng",
      '/v1/resume {"names":["x"]}',
      '/v1/undo {"run":null}',
      '/v1/follow {"source":"openalex:A5","library":"users/0","user":null}',
      '/v1/reviews {"paper":"Deep","verdict":"same","key":"ABCD2345","library":"main"}',
    ],
  );
});
