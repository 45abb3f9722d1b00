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
  figures: [
    { day: "2026-01-01", h_index: 15, citations: 20000, novelty: null, ai_score: 66 },
    { day: "2026-11-01", h_index: 17, citations: 26281, novelty: 57, ai_score: 66 },
  ],
  years: { 2023: 12, 2025: 3 },
  last: "2026-11-24T09:12:00Z",
  next: null,
  trouble: { message: "the page could not be reached" },
};
const answers = { profiles: async () => [PROFILE] };

function begun(options = {}) {
  const loaded = views({ answers, ...options });
  const picked = { collections: [makeCollection("CCCC2222")], items: [] };
  const itemsView = makeList("none");
  const window = makeWindow({
    pane: {
      getSelectedCollections: () => picked.collections,
      getSelectedItems: () => picked.items,
      itemsView,
    },
  });
  const box = window.document.getElementById("zotero-item-pane-message-box");
  loaded.Syncd.collection.windowLoaded(window);
  // What Zotero does whenever something else is selected.
  const show = async () => {
    box.replaceChildren(new FakeElement(window.document, "description"));
    await settle();
  };
  return {
    ...loaded,
    window,
    box,
    picked,
    show,
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
  assert.deepEqual(
    panel()
      .querySelectorAll("strong")
      .map((one) => one.textContent),
    ["17", "26,281", "57", "66"],
  );
});

test("each chart is a picture with words in its place", async () => {
  const { show, panel } = begun();
  await show();
  const [course] = panel().saying("syncd-figure-course");
  assert.equal(course.getAttribute("role"), "img");
  assert.deepEqual(args(course), {
    figure: "h_index",
    from: "15",
    since: "Jan 1, 2026",
    value: "17",
    until: "Nov 1, 2026",
  });
  assert.equal(args(panel().saying("syncd-years-told")[0]).years, "2023: 12, 2024: 0, 2025: 3");
  for (const drawing of panel().querySelectorAll("svg")) {
    assert.equal(drawing.getAttribute("aria-hidden"), "true");
  }
});

test("a figure that was told once is no line", async () => {
  const { show, panel } = begun();
  await show();
  assert.equal(args(panel().saying("syncd-figure-day")[0]).day, "Nov 1, 2026");
  assert.equal(panel().querySelectorAll("polyline").length, 3);
});

test("runs and trouble are told", async () => {
  const { show, panel } = begun();
  await show();
  assert.match(args(panel().saying("syncd-last-run")[0]).time, /2026/);
  assert.equal(panel().saying("syncd-next-run").length, 0);
  assert.equal(args(panel().saying("syncd-profile-trouble")[0]).message, "the page could not be reached");
});

test("the button syncs this profile", async () => {
  const { show, panel, daemon } = begun({ answers: { ...answers, syncNow: async () => ({}) } });
  await show();
  panel().saying("syncd-sync-profile")[0].happen("click");
  assert.deepEqual(plain(daemon.asked.at(-1)), ["syncNow", ["pengcheng-he"]]);
});

test("other collections, selected items and several collections show nothing of it", async () => {
  const { show, picked, panel, daemon } = begun();
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
  }
  assert.equal(daemon.asked.length, 2, "only the collections were asked about");
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
    answers: { profiles: () => new Promise((resolve) => waiting.push(resolve)) },
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
  const { show, panel, Syncd } = begun({ answers: { profiles: () => told.profiles() } });
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
  assert.equal(panel().saying("syncd-sync-profile").length, 0);
  assert.ok(Syncd);
});

test("closing takes it away and looks no more", async () => {
  const { Syncd, window, show, panel } = begun();
  await show();
  Syncd.collection.windowUnloaded(window);
  assert.equal(panel(), null);
  await show();
  assert.equal(panel(), null);
});
