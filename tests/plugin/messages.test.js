/** What syncd says, in Zotero's language, and in syncd's own words where that is not possible. */
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { daemon } = require("./caller.js");
const { World, paired, start } = require("./zotero.js");

const NEW = { code: "new-in-source", params: {}, words: "new in source" };
const DOI = { code: "by-doi", params: {}, words: "DOI" };

const GERMAN = {
  "new-in-source": "neu auf der Seite des Profils",
  "by-doi": "DOI",
  "item-known-by": "schon in der Bibliothek, erkannt an: {by}",
  "shared-authors": "{shared} von {count} Urhebern gemeinsam",
  "same-paper": "derselbe Artikel wie {title}",
  "no-run-to-undo": "es gibt keinen Lauf mehr, der rückgängig zu machen wäre",
  "not-running": "Zotero läuft nicht",
};

/** @param {string} locale */
function speaking(locale, more = {}) {
  const world = Object.assign(new World(), { locale });
  world.spoken = { "en-US": { "new-in-source": "new in source!" }, de: { ...GERMAN, ...more } };
  return world;
}

const inGerman = (more) => start({ world: speaking("de", more) });

test("a sentence is said in Zotero's language, with the sentences in it", async () => {
  const { Syncd } = await inGerman();
  assert.equal(Syncd.messages.say(NEW), "neu auf der Seite des Profils");
  const by = { code: "item-known-by", params: { by: DOI }, words: "already in the library, by DOI" };
  assert.equal(Syncd.messages.say(by), "schon in der Bibliothek, erkannt an: DOI");
  const shared = { code: "shared-authors", params: { shared: 2, count: 3 }, words: "2 of 3 authors shared" };
  assert.equal(Syncd.messages.say(shared), "2 von 3 Urhebern gemeinsam");
});

test("the German words of syncd's own are read", async () => {
  const world = Object.assign(new World(), { locale: "de" });
  const { Syncd } = await start({ world });
  const [[code, words]] = Object.entries(world.spoken.de).filter(([, each]) => !each.includes("{"));
  assert.equal(Syncd.messages.say({ code, params: {}, words: "x" }), words);
});

test("one of a thing has words of its own", async () => {
  const { Syncd } = await inGerman({ things: "{count} Dinge", "things/one": "ein Ding" });
  const said = (count) => Syncd.messages.say({ code: "things", params: { count }, words: "x" });
  assert.deepEqual([said(1), said(2)], ["ein Ding", "2 Dinge"]);
});

test("where a code or a parameter is not known, syncd's own words are said", async () => {
  const { Syncd } = await inGerman();
  for (const said of [
    { code: "of-a-later-syncd", params: {}, words: "new words" },
    { code: "constructor", params: {}, words: "new words" },
    { code: null, params: {}, words: "new words" },
    { code: "shared-authors", params: { shared: 2 }, words: "new words" },
    { code: "item-known-by", params: { toString: "x" }, words: "new words" },
    { code: "item-known-by", words: "new words" },
  ]) {
    assert.equal(Syncd.messages.say(said, "old words"), "new words");
  }
});

test("of an older syncd, which tells no code, the words are said", async () => {
  const { Syncd } = await inGerman();
  assert.equal(Syncd.messages.say(undefined, "old words"), "old words");
  assert.equal(Syncd.messages.say(null, "old words"), "old words");
});

test("what looks like a parameter in a value is none", async () => {
  const { Syncd } = await inGerman();
  const said = { code: "same-paper", params: { title: "{title} $& {x}" }, words: "x" };
  assert.equal(Syncd.messages.say(said), "derselbe Artikel wie {title} $& {x}");
});

test("a brace is written twice", async () => {
  const { Syncd } = await inGerman({ braces: "{{{name}}}" });
  assert.equal(Syncd.messages.say({ code: "braces", params: { name: "x" }, words: "y" }), "{x}");
});

test("a language that the plugin does not speak gets English", async () => {
  const { Syncd } = await start({ world: speaking("fr-FR") });
  assert.equal(Syncd.messages.say(NEW), "new in source!");
});

test("why the daemon said no is told in Zotero's language", async () => {
  const { Syncd, world, token } = await paired({ world: speaking("de") }, "http://127.0.0.1:4711");
  const said = { code: "no-run-to-undo", params: {}, words: "no run is left to be undone" };
  const told = { error: said.words, error_said: said, hint: "", hint_said: null };
  world.fetch = daemon(token, () => ({ status: 404, body: JSON.stringify(told) }));
  const caught = await Syncd.daemon.undo().catch((error) => error);
  assert.equal(caught.message, "es gibt keinen Lauf mehr, der rückgängig zu machen wäre");
  assert.equal(Syncd.words.trouble(caught).args.message, caught.message);
});

test("the views show reasons and troubles in Zotero's language", async () => {
  const { Syncd } = await inGerman();
  const gone = { code: "not-running", params: {}, words: "Zotero isn't running" };
  const trouble = { message: gone.words, message_said: gone };
  assert.match(JSON.stringify(Syncd.collection.tree({ profile: { trouble } })), /Zotero läuft nicht/);
  const paused = { paused: gone.words, paused_said: gone };
  for (const profile of [{ trouble }, paused]) {
    const status = { libraries: [{ prefix: "users/0", profiles: [profile] }], reviews: 0 };
    assert.match(JSON.stringify(Syncd.status.tree(status, "de", () => {})), /Zotero läuft nicht/);
  }
  const candidate = {
    record: {},
    score: 1,
    reasons: ["DOI", "new in source", "x"],
    reasons_said: [DOI, NEW],
  };
  const reviews = Syncd.reviews.tree({ candidates: [candidate] }, { number: 1, total: 1 });
  assert.match(JSON.stringify(reviews), /DOI, neu auf der Seite des Profils, x/);
  const about = { profiles: [], links: [], changed: [], kept: [], reason: NEW.words, reason_said: NEW };
  assert.match(JSON.stringify(Syncd.section.tree(about, null, "de")), /neu auf der Seite des Profils/);
});
