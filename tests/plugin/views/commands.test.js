/** What came of a command: lines at the window's corner. */
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { makeItem, makeWindow, plain, settle, views } = require("./window.js");

const WOULD = { run: "r1", started: "2026-11-24T10:00:00+00:00", trashed: 3, reverted: 1, left: [{}] };

/** What was said, with the names of messages cut short. */
const said = ({ notes }) => plain(notes).map((line) => line.replace(/syncd-/g, ""));

async function synced(profiles, names = []) {
  const { Syncd, Zotero, daemon } = views({ answers: { syncNow: async () => ({ profiles }) } });
  assert.equal(await Syncd.commands.syncNow(names), true);
  assert.deepEqual(plain(daemon.asked), [["syncNow", names]]);
  return said(Zotero);
}

const look = (author, more = {}) => ({
  profile: author.toLowerCase(),
  author,
  created: 0,
  adopted: 0,
  updated: 0,
  reviews: 0,
  error: null,
  ...more,
});

test("a sync says what each profile brought, with its author's name", async () => {
  const trouble = { message: "the host x can't be found", message_said: null };
  assert.deepEqual(
    await synced([
      look("Ann", { created: 2, reviews: 1 }),
      look("Bob", { error: trouble }),
      look("Cem", { adopted: 1, updated: 3 }),
      look("Dea"),
    ]),
    [
      'sync-line {"who":"Ann","brought":"brought-created {\\"count\\":2}, brought-reviews {\\"count\\":1}"}',
      'sync-line {"who":"Bob","brought":"the host x can\'t be found"}',
      'sync-line {"who":"Cem","brought":"brought-adopted {\\"count\\":1}, brought-updated {\\"count\\":3}"}',
    ],
  );
});

test("a sync that brought nothing says so, of one profile by its author", async () => {
  assert.deepEqual(await synced([look("Ann")], ["ann"]), ['sync-line {"who":"Ann","brought":"sync-none"}']);
  assert.deepEqual(await synced([look("Ann"), look("Bob")]), ['sync-nothing {"profiles":2}']);
  assert.deepEqual(await synced([]), ['sync-nothing {"profiles":0}']);
});

test("a profile that nobody has read yet has its own name", async () => {
  assert.deepEqual(await synced([{ profile: "ann", created: 1 }]), [
    'sync-line {"who":"ann","brought":"brought-created {\\"count\\":1}"}',
  ]);
});

test("of many profiles there is a sum, and how many have trouble", async () => {
  const many = Array.from({ length: 8 }, (_none, number) =>
    look(`A${number}`, number ? { created: number } : { error: { message: "x" } }),
  );
  assert.deepEqual(await synced(many), [
    'sync-line {"who":"sync-profiles {\\"profiles\\":8}","brought":"brought-created {\\"count\\":28}"}',
    'sync-troubled {"profiles":1}',
  ]);
});

test("a sync that takes longer than anybody waits goes on", async () => {
  const slow = Object.assign(new Error("slow"), { reason: "slow" });
  const { Syncd, Zotero } = views({
    answers: {
      syncNow: async () => {
        throw slow;
      },
    },
  });
  assert.equal(await Syncd.commands.syncNow(), false);
  assert.deepEqual(said(Zotero), ["sync-goes-on {}"]);
});

test("what takes long is told to be under way, until there is an answer", async () => {
  const timers = [];
  const { Syncd, Zotero } = views({
    answers: { undo: async () => ({ trashed: 1, reverted: 0, left: [] }) },
    globals: {
      setTimeout: (callback) => timers.push(callback),
      clearTimeout: (timer) => (timers[timer - 1] = null),
    },
  });
  let closed = 0;
  Zotero.ProgressWindow.prototype.close = () => (closed += 1);
  const done = Syncd.commands.undo();
  timers[0]();
  assert.deepEqual(said(Zotero), ["at-it"]);
  assert.equal(closed, 0);
  await done;
  assert.deepEqual([Zotero.notes.length, closed, timers], [2, 1, [null]]);
});

test("an undo says before what it would do, and does it only after a yes", async () => {
  const answers = {
    undoing: async () => WOULD,
    undo: async () => ({ trashed: 3, reverted: 0, left: ["x"], failed: ["y", "z"] }),
  };
  const { Syncd, Zotero, daemon, world } = views({ answers });
  const window = makeWindow();
  world.clicks = () => 1;
  await Syncd.commands.askUndo(window);
  assert.deepEqual(plain(daemon.asked), [["undoing"]]);
  const [, question] = plain(world.dialogs[0]);
  assert.match(question, /2026.*"trashed":3,"reverted":1,"left":1/);
  world.clicks = () => 0;
  await Syncd.commands.askUndo(window);
  assert.deepEqual(plain(daemon.asked.at(-1)), ["undo", "r1"]);
  assert.deepEqual(said(Zotero), ['did-undo {"trashed":3,"reverted":0,"left":1,"failed":2}']);
});

const ANN = { name: "ann", author: "Ann Lee" };
const TRASHED = { title: "Beta", collection: "Profiles/Ann Lee", item: "trashed" };

test("a rejection says before what becomes of the item, and is done only after a yes", async () => {
  const answers = {
    rejecting: async () => TRASHED,
    reject: async () => ({ ...TRASHED, item: "taken out", run: "r1" }),
  };
  const { Syncd, Zotero, daemon, world } = views({ answers });
  const item = makeItem({ key: "BBBB2222" });
  world.clicks = () => 1;
  await Syncd.commands.askReject(makeWindow(), item, [ANN]);
  assert.deepEqual(plain(daemon.asked), [["rejecting", "users/0", "BBBB2222", "ann"]]);
  assert.match(plain(world.dialogs[0])[1], /"profile":"Ann Lee","title":"Beta",.*"fate":"trashed"/);
  world.clicks = () => 0;
  await Syncd.commands.askReject(makeWindow(), item, [ANN]);
  assert.deepEqual(plain(daemon.asked.at(-1)), ["reject", "users/0", "BBBB2222", "ann"]);
  // What was done counts, not what was foreseen.
  assert.match(said(Zotero)[0], /^did-reject .*"collection":"Profiles\/Ann Lee","fate":"taken-out"/);
});

test("of several who list a paper the reader chooses one, by names that differ", async () => {
  const { Syncd, daemon, world } = views({ answers: { rejecting: async () => TRASHED } });
  const followed = [ANN, { name: "ann-2", author: "Ann Lee" }, { name: "bo", author: "" }];
  world.chooses = -1;
  await Syncd.commands.askReject(makeWindow(), makeItem(), followed);
  assert.deepEqual(plain(world.dialogs[0]).slice(2), ["Ann Lee (ann)", "Ann Lee (ann-2)", "bo"]);
  assert.deepEqual(daemon.asked, []);
  world.chooses = 1;
  world.clicks = () => 1;
  await Syncd.commands.askReject(makeWindow(), makeItem(), followed);
  assert.deepEqual(plain(daemon.asked), [["rejecting", "users/0", "AAAA2222", "ann-2"]]);
});

test("a command that fails is one line, and asks nothing", async () => {
  const { Syncd, Zotero, world } = views({ answers: {} });
  assert.equal(await Syncd.commands.syncNow(["ann"]), false);
  await Syncd.commands.askUndo(makeWindow());
  await settle();
  assert.deepEqual(said(Zotero), Array(2).fill('not-running {"message":"not-running"}'));
  assert.deepEqual(world.dialogs, []);
});

test("a message of the daemon's is shown as text", () => {
  const { Syncd, Zotero } = views();
  Syncd.commands.tell("syncd-failed", { message: "<a href='x'>" });
  assert.equal(/[<>]/.test(Zotero.notes[0]), false);
});
