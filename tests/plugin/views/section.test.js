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

function begun(answers) {
  const loaded = views({ answers });
  loaded.Syncd.section.startup();
  const [section] = loaded.world.registered.values();
  const { document } = makeWindow();
  const body = new FakeElement(document, "div");
  const enabled = [];
  const refresh = async () => section.onRender({ body });
  section.onInit({ body, refresh });
  const select = (item) => section.onItemChange({ item, body, setEnabled: (on) => enabled.push(on) });
  return { ...loaded, section, body, enabled, select };
}

const args = (element) => JSON.parse(element.getAttribute("data-l10n-args"));

test("it has a name, an icon and the plugin's id", () => {
  const { section } = begun();
  assert.equal(section.pluginID, "syncd@zotero");
  assert.equal(section.header.l10nID, "syncd-section-header");
  assert.equal(section.sidenav.l10nID, "syncd-section-sidenav");
});

test("it shows for an item that syncd knows", async () => {
  const { select, enabled, body, daemon } = begun({ items: async () => ({ items: { AAAA2222: ABOUT } }) });
  select(makeItem());
  await settle();
  assert.deepEqual(enabled, [false, true]);
  assert.deepEqual(plain(daemon.asked), [["items", "users/0", ["AAAA2222"]]]);
  const [brought, other] = [...body.saying("syncd-brought-since"), ...body.saying("syncd-brought")];
  assert.deepEqual(args(brought), { author: "Pengcheng He", day: "Jun 1, 2026" });
  assert.equal(args(other).author, "other");
  assert.ok(body.textContent.includes("92.5"));
  assert.ok(body.textContent.includes("apple-ml, microsoft-research"));
});

test("links are buttons that open the web and nothing else", async () => {
  const { select, body, Zotero } = begun({ items: async () => ({ items: { AAAA2222: ABOUT } }) });
  select(makeItem());
  await settle();
  const links = body.saying("syncd-link");
  assert.equal(links.length, 1);
  assert.equal(links[0].localName, "button");
  assert.deepEqual(args(links[0]), { kind: "code", address: "github.com/owner/repo" });
  links[0].happen("click");
  assert.deepEqual(plain(Zotero.launched), ["https://github.com/owner/repo"]);
});

test("what changed, what was kept and why it is here are told in Zotero's words", async () => {
  const { select, body } = begun({ items: async () => ({ items: { AAAA2222: ABOUT } }) });
  select(makeItem());
  await settle();
  assert.deepEqual(args(body.saying("syncd-changed")[0]), {
    day: "Oct 12, 2026",
    fields: "Field title, syncd-field-tags",
  });
  assert.equal(args(body.saying("syncd-kept")[0]).fields, "Field date, somethingElse");
  assert.equal(body.querySelector("details").textContent, ABOUT.reason);
});

test("it is hidden for an item that syncd does not know", async () => {
  const { select, enabled } = begun({ items: async () => ({ items: {} }) });
  select(makeItem({ tags: [{ tag: "AI Score 90+", type: 1 }] }));
  await settle();
  assert.equal(enabled.at(-1), false);
});

test("it is hidden for notes, and asks nothing about them", async () => {
  const { select, enabled, daemon } = begun();
  select({ isRegularItem: () => false });
  await settle();
  assert.deepEqual(enabled, [false]);
  assert.deepEqual(daemon.asked, []);
});

test("without a daemon it shows what the item tells, and one line on how to start it", async () => {
  const { select, enabled, body, world } = begun();
  select(makeItem({ tags: [{ tag: "AI Score 90+", type: 1 }] }));
  await settle();
  assert.deepEqual(enabled, [true, true]);
  assert.ok(body.textContent.includes("90+"));
  assert.equal(body.querySelectorAll(".syncd-quiet").length, 1);
  assert.equal(body.saying("syncd-not-running").length, 1);
  assert.ok(world.debug.some((line) => line.includes("not-running")));
});

test("an answer that comes after another item was selected is not shown", async () => {
  const waiting = new Map();
  const items = (_library, [key]) => new Promise((resolve) => waiting.set(key, resolve));
  const { select, enabled, body } = begun({ items });
  select(makeItem());
  select(makeItem({ key: "BBBB2222" }));
  waiting.get("BBBB2222")({ items: {} });
  waiting.get("AAAA2222")({ items: { AAAA2222: ABOUT } });
  await settle();
  assert.deepEqual(enabled, [false, false, false]);
  assert.equal(body.textContent, "");
});
