/** The item pane's section. */
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { FakeElement, makeItem, makeWindow, plain, settle, views } = require("./window.js");

const ABOUT = {
  profiles: [
    { name: "pengcheng-he", author: "Pengcheng He", since: "2026-06-01T10:00:00Z" },
    { name: "other", author: null, since: null },
  ],
  score: 92.5,
  affiliations: ["apple-ml", "microsoft-research"],
  links: [
    { url: "https://github.com/owner/repo", kind: "code" },
    { url: "javascript:alert(1)", kind: "demo" },
  ],
  reason: "It is on the page of Pengcheng He.",
  changed: [{ when: "2026-10-12T08:00:00Z", fields: ["title", "tags"], run: "r" }],
  kept: ["date", "somethingElse"],
};
const FOUND = {
  profile: "pengcheng-he",
  author: "Pengcheng He",
  source: "https://www.example.org/he/",
  kind: "create",
  when: "2026-06-01T10:00:00Z",
  reason: "new in source",
  reason_said: { code: "new-in-source", params: {}, words: "new in source" },
  filled: [],
};
const BY_DOI = {
  code: "item-known-by",
  params: { by: { code: "by-doi", params: {}, words: "DOI" } },
  words: "already in the library, by DOI",
};

/** The section as Zotero has it in one item pane: hidden or not, drawn where it is not. */
class Section {
  constructor(loaded) {
    loaded.Syncd.section.startup();
    [this.options] = [...loaded.world.registered.values()].filter(({ kind }) => kind === "section");
    this.document = makeWindow().document;
    this.body = new FakeElement(this.document, "div");
    this.enabled = [];
    this.summary = null;
    this.options.onInit({ body: this.body, refresh: () => this.draw() });
  }

  get hooks() {
    return {
      item: this.item,
      body: this.body,
      setEnabled: (isEnabled) => this.enabled.push(isEnabled),
      setSectionSummary: (summary) => (this.summary = summary),
    };
  }

  async select(item) {
    this.item = item;
    this.options.onItemChange(this.hooks);
    await this.draw();
  }

  async draw() {
    if (this.enabled.at(-1)) {
      const { hooks } = this;
      this.options.onRender(hooks);
      await this.options.onAsyncRender(hooks);
    }
  }
}

function begun(answers, options = {}) {
  const loaded = views({ answers, ...options });
  const listeners = new Set();
  loaded.daemon.onChange = (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  const section = new Section(loaded);
  const changed = async () => {
    for (const listener of listeners) {
      listener();
    }
    await settle();
  };
  return { ...loaded, listeners, changed, section };
}

const args = (element) => JSON.parse(element.getAttribute("data-l10n-args"));
const knows = { items: async () => ({ items: { AAAA2222: ABOUT } }) };
const banded = () => makeItem({ tags: [{ tag: "AI Score 90+", type: 1 }] });

/** Show a paper for which the daemon has these reasons. */
async function shownWhy(...why) {
  const loaded = begun({ items: async () => ({ items: { AAAA2222: { ...ABOUT, why } } }) });
  await loaded.section.select(banded());
  return loaded.section.body;
}

test("it has a name, an icon for each place and the plugin's id, and can be moved", () => {
  const { options } = begun().section;
  assert.equal(options.pluginID, "syncd@zotero");
  assert.equal(options.header.l10nID, "syncd-section-header");
  assert.equal(options.sidenav.l10nID, "syncd-section-sidenav");
  assert.notEqual(options.header.icon, options.sidenav.icon);
  assert.equal(options.sidenav.orderable, true);
});

test("it shows at once for an item that the columns know", async () => {
  const known = async () => ({ items: { AAAA2222: { score: 92.5, code: null } } });
  const globals = { setTimeout: (callback) => setImmediate(callback), clearTimeout: clearImmediate };
  const { Syncd, section, daemon, world } = begun({ ...knows, known }, { globals });
  Syncd.columns.startup();
  const score = [...world.registered.values()].find(({ dataKey }) => dataKey === "score");
  score.renderCell(0, score.dataProvider(makeItem()), { className: "" }, false, section.document);
  await settle();
  await settle();
  const selected = section.select(makeItem());
  assert.deepEqual(section.enabled, [true]);
  assert.ok(section.body.textContent.includes("92.5"), "before the daemon has answered");
  await selected;
  assert.equal(section.body.saying("syncd-brought-since").length, 1);
  assert.deepEqual(plain(daemon.asked.at(-1)), ["items", "users/0", ["AAAA2222"]]);
  const { length } = daemon.asked;
  await section.select(makeItem({ key: "BBBB2222" }));
  assert.equal(section.enabled.at(-1), false);
  assert.equal(daemon.asked.length, length, "of others nothing is asked");
});

test("it shows for an item that only the daemon knows yet, once that has said so", async () => {
  const { section, daemon } = begun(knows);
  await section.select(makeItem());
  assert.deepEqual(section.enabled, [false]);
  await settle();
  assert.equal(section.enabled.at(-1), true);
  assert.deepEqual(plain(daemon.asked.at(-1)), ["items", "users/0", ["AAAA2222"]]);
  const [brought, other] = [
    ...section.body.saying("syncd-brought-since"),
    ...section.body.saying("syncd-brought"),
  ];
  assert.deepEqual(args(brought), { author: "Pengcheng He", day: "Jun 1, 2026" });
  assert.equal(args(other).author, "other");
  assert.equal(section.summary, "Pengcheng He · other · 92.5");
  assert.ok(section.body.textContent.includes("apple-ml and microsoft-research"));
});

test("links of the web are pressed with mouse or keyboard, all others are left out", async () => {
  const { section, Zotero } = begun(knows);
  await section.select(banded());
  const links = section.body.saying("syncd-link-open");
  assert.equal(links.length, 1);
  assert.deepEqual([links[0].getAttribute("role"), links[0].getAttribute("tabindex")], ["link", "0"]);
  // Zotero's window presses what has this class at Enter and Space.
  assert.ok(links[0].className.split(" ").includes("keyboard-clickable"));
  assert.deepEqual(args(links[0]), { address: "github.com/owner/repo" });
  assert.deepEqual(args(section.body.saying("syncd-link-kind")[0]), { kind: "code" });
  links[0].happen("click");
  assert.deepEqual(plain(Zotero.launched), ["https://github.com/owner/repo"]);
});

test("what changed, what was kept and why it is here are rows in Zotero's words", async () => {
  const { section } = begun(knows);
  await section.select(banded());
  const { body } = section;
  assert.deepEqual(args(body.saying("syncd-changed")[0]), {
    day: "Oct 12, 2026",
    fields: "Field title and syncd-field-tags",
  });
  const row = (label) => body.querySelectorAll(".meta-row").find((one) => one.saying(label).length);
  assert.equal(row("syncd-fact-kept").textContent, "Field date and somethingElse");
  assert.equal(row("syncd-why").textContent, ABOUT.reason);
  assert.equal(body.querySelector("details"), null);
});

test("why it is here names profile, page and day, and for what was there what it was known by and what was filled", async () => {
  const adopted = {
    ...FOUND,
    kind: "adopt",
    source: "pages/he.txt",
    reason: BY_DOI.words,
    reason_said: BY_DOI,
    filled: ["DOI", "date"],
  };
  const body = await shownWhy(FOUND, adopted);
  const about = { author: "Pengcheng He", day: "Jun 1, 2026" };
  const [fresh] = body.saying("syncd-why-new").map(args);
  assert.deepEqual({ ...fresh, ...about, source: "example.org/he" }, fresh);
  const [had] = body.saying("syncd-why-had-by").map(args);
  const told = { ...about, source: "he.txt", by: "DOI", fields: "Field DOI and Field date", filled: "some" };
  assert.deepEqual({ ...had, ...told }, had);
});

test("an adoption that was undone is said to be, and nothing of syncd's having made the item", async () => {
  const undone = "2026-06-03T10:00:00Z";
  const loaded = begun({ items: async () => ({ items: { AAAA2222: { ...ABOUT, why: [], undone } } }) });
  await loaded.section.select(banded());
  const [told] = loaded.section.body.saying("syncd-why-undone").map(args);
  assert.equal(told.day, "Jun 3, 2026");
  assert.ok(!loaded.section.body.textContent.includes(ABOUT.reason));
});

test("a paper that was there and that nothing tells by what says the reason, and that nothing was filled", async () => {
  const said = { code: "same-paper", params: { title: "'X'" }, words: "the same paper as 'X'" };
  const body = await shownWhy({ ...FOUND, kind: "adopt", reason: said.words, reason_said: said });
  const [had] = body.saying("syncd-why-had-for").map(args);
  assert.deepEqual([had.reason, had.filled], ["the same paper as 'X'", "none"]);
});

test("that syncd brought it itself is no reason to have it", async () => {
  const said = { code: "item-pushed", params: {}, words: "syncd pushed it" };
  const body = await shownWhy({ ...FOUND, kind: "adopt", reason: said.words, reason_said: said });
  assert.equal(body.saying("syncd-why-had").length, 1);
});

test("it is hidden for an item that syncd does not know", async () => {
  const { section } = begun({ items: async () => ({ items: {} }) });
  await section.select(banded());
  assert.equal(section.enabled.at(-1), false);
  assert.equal(section.body.textContent, "");
});

test("it is hidden for notes, and asks nothing about them", async () => {
  const { section, daemon } = begun();
  await section.select({ isRegularItem: () => false });
  await settle();
  assert.deepEqual(section.enabled, [false]);
  assert.deepEqual(daemon.asked, []);
});

test("without a daemon it shows what the item tells, and one line on how to start it", async () => {
  const { section, world } = begun();
  await section.select(banded());
  assert.equal(section.enabled.at(-1), true);
  assert.ok(section.body.textContent.includes("90+"));
  assert.equal(section.body.querySelectorAll(".syncd-quiet").length, 1);
  assert.equal(section.body.saying("syncd-not-running").length, 1);
  assert.ok(world.debug.some((line) => line.includes("not-running")));
});

test("what the daemon told is shown again at once, also where it has gone", async () => {
  const answers = { ...knows };
  const { section } = begun(answers);
  await section.select(banded());
  await section.select(makeItem({ key: "BBBB2222", tags: [{ tag: "AI Score 50+", type: 1 }] }));
  answers.items = async () => {
    throw Object.assign(new Error("x"), { reason: "not-running" });
  };
  const again = section.select(banded());
  assert.equal(section.body.saying("syncd-brought-since").length, 1);
  await again;
  assert.equal(section.body.saying("syncd-brought-since").length, 1);
  assert.equal(section.body.saying("syncd-not-running").length, 1);
});

test("it is drawn anew when something happened in the daemon, until the section or the plugin goes", async () => {
  const answers = { ...knows };
  const { Syncd, section, changed, listeners } = begun(answers);
  await section.select(banded());
  answers.items = async () => ({ items: { AAAA2222: { ...ABOUT, kept: [] } } });
  assert.equal(section.body.saying("syncd-fact-kept").length, 1);
  await changed();
  assert.equal(section.body.saying("syncd-fact-kept").length, 0);
  section.options.onDestroy({ body: section.body });
  answers.items = knows.items;
  await changed();
  assert.equal(section.body.saying("syncd-fact-kept").length, 0);
  Syncd.section.shutdown();
  assert.equal(listeners.size, 0);
});

test("an answer that comes after another item was selected is not shown", async () => {
  const waiting = new Map();
  const items = (_library, [key]) => new Promise((resolve) => waiting.set(key, resolve));
  for (const tags of [[], [{ tag: "AI Score 90+", type: 1 }]]) {
    const { section } = begun({ items });
    section.select(makeItem({ tags }));
    section.select(makeItem({ key: "BBBB2222", tags }));
    waiting.get("BBBB2222")({ items: {} });
    await settle();
    waiting.get("AAAA2222")({ items: { AAAA2222: ABOUT } });
    await settle();
    assert.equal(section.enabled.at(-1), false);
    assert.equal(section.body.textContent, "");
  }
});
