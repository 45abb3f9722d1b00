/** What the daemon tells as it happens: who listens when, what is believed, and who hears of it. */
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { Listeners, daemon, rest } = require("./caller.js");
const { paired, pair } = require("./zotero.js");

const CONTROL = "http://127.0.0.1:4711";

/** Timers that a test lets pass. */
class Clock {
  waiting = new Map();
  _last = 0;
  globals = {
    setTimeout: (action, time) => {
      this._last += 1;
      this.waiting.set(this._last, { action, time });
      return this._last;
    },
    clearTimeout: (timer) => this.waiting.delete(timer),
  };

  /** How long is waited for, the longest last. */
  get times() {
    return [...this.waiting.values()].map(({ time }) => time).sort((one, other) => one - other);
  }

  /** Let all pass that takes so long at most, and what comes of it happen. */
  async pass(longest) {
    await rest();
    for (const [timer, { action, time }] of this.waiting) {
      if (time <= longest) {
        this.waiting.delete(timer);
        action();
      }
    }
    await rest();
  }
}

/** A plugin whose daemon was asked something, and what its listeners heard. */
async function begun({
  answer = () => ({ status: 200, body: '{"reviews": 2}' }),
  listeners = new Listeners(),
} = {}) {
  const clock = new Clock();
  const zotero = await paired({ globals: clock.globals }, CONTROL);
  const heard = [];
  const asked = [];
  zotero.Syncd.daemon.onChange((events) => heard.push(events.map(({ name }) => name).join()));
  zotero.world.fetch = daemon(
    zotero.token,
    (url, options) => {
      asked.push(url.slice(CONTROL.length));
      return answer(url, options);
    },
    listeners,
  );
  return { ...zotero, clock, heard, asked, listeners };
}

/** The same, listening. */
async function listening(options) {
  const zotero = await begun(options);
  await zotero.Syncd.daemon.status();
  await zotero.clock.pass(1_000);
  assert.equal(zotero.listeners.count, 1);
  await zotero.clock.pass(250);
  zotero.heard.length = 0;
  return zotero;
}

test("nobody listens before something was asked, nor without a pairing", async () => {
  const { Syncd, clock, listeners } = await begun();
  await clock.pass(60_000);
  assert.equal(listeners.began, 0);
  await Syncd.keys.revoke(Syncd.keys.list()[0].id);
  await Syncd.daemon.status().catch(() => {});
  await clock.pass(60_000);
  assert.equal(listeners.began, 0);
});

test("what happens is told at once, together where it comes together, and what is remembered is old then", async () => {
  const { Syncd, clock, listeners, heard, asked } = await listening();
  await Syncd.daemon.status();
  const before = asked.length;
  listeners.tell("began", { profile: "ann" });
  listeners.tell("ended", { profile: "ann", created: 2 });
  listeners.tell("alive");
  await clock.pass(250);
  assert.deepEqual(heard, ["began,ended"]);
  await Syncd.daemon.status();
  assert.equal(asked.length, before + 1);
});

test("the daemon's end is told, and so is that it is there again", async () => {
  const { clock, listeners, heard, world } = await listening();
  const { fetch } = world;
  world.fetch = async () => {
    throw new TypeError("NetworkError");
  };
  listeners.end();
  await clock.pass(250);
  assert.deepEqual(heard, ["gone"]);
  await clock.pass(60_000);
  world.fetch = fetch;
  await clock.pass(60_000);
  await clock.pass(250);
  assert.deepEqual(heard, ["gone", "running"]);
  assert.equal(listeners.count, 1);
});

test("it is asked ever more rarely while nobody is there", async () => {
  const { Syncd, clock, world } = await begun();
  world.fetch = async () => {
    throw new TypeError("NetworkError");
  };
  await Syncd.daemon.status().catch(() => {});
  const waits = [];
  for (let count = 0; count < 8; count += 1) {
    await rest();
    waits.push(...clock.times);
    await clock.pass(60_000);
  }
  assert.deepEqual(waits, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
});

test("a daemon that says nothing for long is gone", async () => {
  const { Syncd, clock, heard } = await listening();
  await clock.pass(Syncd.events.SILENCE);
  await clock.pass(250);
  assert.deepEqual(heard, ["gone"]);
});

for (const [what, disturb] of [
  ["another's", (text) => text.replace(/id: (\d+) \w{8}/, "id: $1 00000000")],
  ["changed on its way", (text) => text.replace("ann", "bob")],
  ["one that came before", (text) => text + text],
  ["of no known form", () => "data: {}\n\n"],
]) {
  test(`an event that is ${what} is not believed, and ends it all`, async () => {
    const { clock, listeners, heard } = await listening();
    listeners.tell("paused", { profile: "ann" }, disturb);
    await clock.pass(250);
    assert.equal(listeners.count, 0);
    assert.equal(heard.join().includes("paused,paused"), false);
    assert.equal(what === "one that came before" || !heard.length, true);
    assert.deepEqual(clock.times, [60_000]);
  });
}

test("whoever listens in the daemon's place is not believed", async () => {
  const { Syncd, clock, heard, world } = await begun();
  await Syncd.daemon.status();
  world.fetch = async () =>
    new Response("event: ended\nid: 0 00\ndata: {}\n\n", { headers: { "Syncd-Signature": "00" } });
  await clock.pass(1_000);
  await clock.pass(250);
  assert.deepEqual(heard, []);
});

test("an answer that grew long is followed by another, and nobody hears of that", async () => {
  const { Syncd, clock, listeners, heard } = await listening();
  Syncd.events.LARGEST = 2_000;
  for (let count = 0; count < 30; count += 1) {
    listeners.tell("alive");
  }
  // Each is signed, and is looked at in its turn.
  await rest();
  await rest();
  await rest();
  await clock.pass(0);
  assert.deepEqual([listeners.began, listeners.count], [2, 1]);
  listeners.tell("paused");
  await clock.pass(250);
  assert.deepEqual(heard, ["paused"]);
});

test("a daemon that started anew is listened to in its new session", async () => {
  const { clock, listeners, heard, world, token } = await listening();
  world.fetch = daemon(token, () => ({ body: "{}" }), listeners);
  listeners.end();
  await clock.pass(1_000);
  await clock.pass(1);
  await clock.pass(250);
  assert.equal(listeners.count, 1);
  assert.deepEqual(heard.join(), "gone,running");
});

test("with another pairing another daemon is listened to, and at the plugin's end none", async () => {
  const { world, Syncd, clock, listeners, scope, about } = await listening();
  world.clicks = () => 0;
  await pair(world, undefined, "http://127.0.0.1:4712");
  await rest();
  assert.equal(listeners.count, 0);
  const others = new Listeners();
  world.fetch = daemon(Syncd.keys.control().key, () => ({ body: "{}" }), others);
  await Syncd.daemon.status();
  await clock.pass(1_000);
  assert.equal(others.count, 1);
  await scope.shutdown(about, 4);
  await rest();
  assert.equal(others.count, 0);
  await clock.pass(60_000);
  assert.equal(others.began, 1);
});
