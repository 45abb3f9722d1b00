/** A profile's collection in the item pane. */
const assert = require("node:assert/strict");
const { test } = require("node:test");
const {
  FakeElement,
  makeCollection,
  makeItem,
  makeList,
  makeWindow,
  plain,
  settle,
  views,
} = require("./window.js");

const PROFILE = {
  name: "pengcheng-he",
  author: "Pengcheng He",
  collection: "CCCC2222",
  last: "2026-11-24T09:12:00Z",
  next: null,
  trouble: { message: "the page could not be reached" },
};
const SVG = 'xmlns="http://www.w3.org/2000/svg" role="img"';
/** What the daemon draws of it. */
const FIGURES = [
  {
    name: "h_index",
    svg: `<svg ${SVG} aria-label="h-index: 2026-01-01 15, 2026-11-01 17"><text x="1">17</text></svg>`,
  },
  {
    name: "years",
    svg: `<svg ${SVG} aria-label="Papers by Year: 2023 12"><rect height="9"><title>2023: 12</title></rect></svg>`,
  },
];
/** The status, with this of the profile. */
const status = (row = {}, paused = []) => ({
  libraries: [{ library: "main", profiles: [{ name: "pengcheng-he", ...row }] }],
  daemon: { paused },
});
const answers = {
  profiles: async () => [PROFILE],
  figures: async () => ({ figures: FIGURES }),
  status: async () => status(),
};

function begun(options = {}) {
  const loaded = views({ answers, ...options });
  const picked = { collections: [makeCollection("CCCC2222")], items: [] };
  const itemsView = makeList("none");
  const window = makeWindow({
    pane: {
      getSelectedCollections: () => picked.collections,
      getCollectionTreeRows: () => picked.collections.map((ref) => ({ ref, isCollection: () => true })),
      getSelectedItems: () => picked.items,
      itemsView,
    },
  });
  const box = window.document.getElementById("zotero-item-pane-message-box");
  const head = window.document.querySelector(".custom-head");
  const listeners = new Set();
  loaded.daemon.onChange = (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  loaded.Syncd.collection.startup();
  loaded.Syncd.collection.windowLoaded(window);
  // What Zotero does whenever something else is selected.
  const show = async () => {
    head.replaceChildren();
    box.replaceChildren(new FakeElement(window.document, "description"));
    await settle();
  };
  const changed = async () => {
    for (const listener of listeners) {
      listener();
    }
    await settle();
  };
  return {
    ...loaded,
    window,
    box,
    head,
    listeners,
    picked,
    show,
    changed,
    itemsView,
    panel: () => box.querySelector(".syncd-collection"),
  };
}

const args = (element) => JSON.parse(element.getAttribute("data-l10n-args"));

test("nothing is asked before something is looked at", () => {
  assert.deepEqual(begun().daemon.asked, []);
});

test("a profile's collection shows its figures below Zotero's own message, once", async () => {
  const { show, box, panel } = begun();
  await show();
  await show();
  assert.equal(box.childNodes.length, 2);
  assert.equal(box.childNodes[0].localName, "description");
  assert.equal(panel().querySelector("h2").textContent, "Pengcheng He");
  assert.equal(panel().querySelectorAll("svg").length, 2);
});

test("figures are shown as the daemon draws them, in Zotero's language, each a picture with words in its place", async () => {
  const { show, panel, daemon } = begun();
  await show();
  const labels = panel()
    .querySelectorAll("svg")
    .map((one) => [one.getAttribute("role"), one.getAttribute("aria-label")]);
  assert.deepEqual(labels, [
    ["img", "h-index: 2026-01-01 15, 2026-11-01 17"],
    ["img", "Papers by Year: 2023 12"],
  ]);
  const asked = daemon.asked.find(([name]) => name === "figures");
  assert.deepEqual(plain(asked), ["figures", "users/0", "pengcheng-he"]);
});

test("figures stay as they were told while the daemon can't draw them", async () => {
  const told = { ...answers };
  const { show, changed, panel } = begun({ answers: told });
  await show();
  told.figures = async () => {
    throw new Error("HTTP 404");
  };
  await changed();
  assert.equal(panel().querySelectorAll("svg").length, 2);
});

test("the last run, the next and trouble are told", async () => {
  const next = "2026-11-24T15:12:00Z";
  const { show, panel } = begun({ answers: { ...answers, profiles: async () => [{ ...PROFILE, next }] } });
  await show();
  const row = (label) =>
    panel()
      .querySelectorAll(".meta-row")
      .find((one) => one.saying(label).length);
  assert.match(row("syncd-last-run").textContent, /2026/);
  assert.match(row("syncd-next-run").textContent, /2026/);
  assert.equal(args(panel().saying("syncd-profile-trouble")[0]).message, "the page could not be reached");
});

test("nothing says when the next run is while syncd rests, or is at it", async () => {
  for (const [told, words] of [
    [status({}, [""]), "syncd-run-paused"],
    [status({ paused_by_you: true }), "syncd-run-paused"],
    [status({ paused: "its page is empty" }), "syncd-run-paused"],
    [status({ running: "2026-11-24T09:12:00Z" }), "syncd-running-now"],
  ]) {
    const profiles = async () => [{ ...PROFILE, next: "2026-12-24T15:12:00Z" }];
    const { show, panel, head } = begun({ answers: { ...answers, profiles, status: async () => told } });
    await show();
    assert.equal(panel().saying(words).length, 1);
    assert.ok(!panel().textContent.includes("Dec 24"));
    assert.equal(head.querySelector("button").disabled, words === "syncd-running-now");
  }
});

test("in a running Zotero nothing says that Zotero does not run", async () => {
  const said = { code: "zotero-not-running", params: {}, words: "Zotero isn't running" };
  const trouble = { message: said.words, message_said: said };
  const { show, panel } = begun({ answers: { ...answers, profiles: async () => [{ ...PROFILE, trouble }] } });
  await show();
  assert.equal(panel().saying("syncd-profile-trouble").length, 0);
});

test("the button above the message syncs this profile, once at a time", async () => {
  let done = null;
  const syncNow = () => new Promise((resolve) => (done = resolve));
  const { show, head, daemon } = begun({ answers: { ...answers, syncNow } });
  await show();
  const [button] = head.saying("syncd-sync-profile");
  assert.equal(head.childNodes.length, 1);
  button.happen("command");
  assert.deepEqual(plain(daemon.asked.at(-1)), ["syncNow", ["pengcheng-he"]]);
  assert.equal(button.disabled, true);
  done({});
  await settle();
  assert.equal(button.disabled, false);
});

test("what Zotero takes away is back at once, the same as it was", async () => {
  const told = { ...answers };
  const { show, panel, head, box } = begun({ answers: told });
  await show();
  const [there, button] = [panel(), head.querySelector("button")];
  told.profiles = () => new Promise(() => {});
  await show();
  assert.equal(panel(), there);
  assert.equal(head.querySelector("button"), button);
  assert.equal(box.childNodes.length, 2);
});

test("it is drawn anew when something happened in the daemon, until the plugin ends", async () => {
  const told = { ...answers };
  const { Syncd, show, changed, listeners, panel, head } = begun({ answers: told });
  await show();
  const button = head.querySelector("button");
  assert.equal(panel().saying("syncd-profile-trouble").length, 1);
  told.profiles = async () => [{ ...PROFILE, trouble: null }];
  await changed();
  assert.equal(panel().saying("syncd-profile-trouble").length, 0);
  assert.equal(head.querySelector("button"), button, "which may have the focus");
  Syncd.collection.shutdown();
  assert.equal(listeners.size, 0);
});

test("other collections, selected items and several collections show nothing of it", async () => {
  const { show, picked, panel, head, daemon } = begun();
  await show();
  for (const [collections, items] of [
    [[makeCollection("DDDD2222")], []],
    [[makeCollection("CCCC2222")], [makeItem()]],
    [[makeCollection("CCCC2222"), makeCollection("DDDD2222")], []],
    [[], []],
  ]) {
    Object.assign(picked, { collections, items });
    await show();
    assert.equal(panel(), null);
    assert.equal(head.childNodes.length, 0);
  }
  const asked = daemon.asked.filter(([name]) => name === "profiles");
  assert.equal(asked.length, 2, "only the collections were asked about");
});

test("what is new is sorted by the time of the place that is shown", async () => {
  const { Syncd, world, show, picked, itemsView } = begun();
  Syncd.columns.startup();
  [[itemsView.field]] = [...world.registered].filter(([, { dataKey }]) => dataKey === "new");
  await show();
  await show();
  assert.equal(itemsView.sorted, 1);
  picked.collections = [makeCollection("DDDD2222")];
  await show();
  assert.equal(itemsView.sorted, 2);
});

test("an answer that comes after another collection was chosen is not shown", async () => {
  let answer = null;
  const profiles = () => new Promise((resolve) => (answer = resolve));
  const { show, picked, panel } = begun({ answers: { profiles } });
  await show();
  picked.collections = [makeCollection("DDDD2222")];
  answer([PROFILE]);
  await settle();
  assert.equal(panel(), null);
});

test("two answers at once make one panel", async () => {
  const waiting = [];
  const { show, panel, box } = begun({
    answers: { ...answers, profiles: () => new Promise((resolve) => waiting.push(resolve)) },
  });
  await show();
  await show();
  for (const answer of waiting) {
    answer([PROFILE]);
  }
  await settle();
  assert.equal(waiting.length, 2);
  assert.equal(box.querySelectorAll(".syncd-collection").length, 1);
  assert.ok(panel());
});

test("without a daemon there is nothing, or what was last told with one line", async () => {
  const told = { profiles: answers.profiles };
  const { show, panel, head } = begun({ answers: { ...answers, profiles: () => told.profiles() } });
  const fail = async () => {
    throw Object.assign(new Error("x"), { reason: "not-running" });
  };
  told.profiles = fail;
  await show();
  assert.equal(panel(), null);
  told.profiles = answers.profiles;
  await show();
  told.profiles = fail;
  await show();
  assert.equal(panel().saying("syncd-not-running").length, 1);
  assert.equal(head.querySelector("button").disabled, true);
});

test("closing takes it away and looks no more", async () => {
  const { Syncd, window, show, panel, head } = begun();
  await show();
  Syncd.collection.windowUnloaded(window);
  assert.equal(panel(), null);
  assert.equal(head.childNodes.length, 0);
  await show();
  assert.equal(panel(), null);
});
