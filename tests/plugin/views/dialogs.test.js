/** The dialogs: one at a time, closed by one button, and what each holds. */
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { makeItem, makeWindow, plain, settle, views } = require("./window.js");

const args = (element) => JSON.parse(element.getAttribute("data-l10n-args"));
const REVIEWS = [
  {
    paper: "PPPP2222",
    library: "main",
    record: { title: "One", authors: "A. Author", date: "2021" },
    candidates: [
      {
        key: "AAAA2222",
        score: 0.874,
        reasons: ["title alike", "year differs"],
        record: { title: "One", date: "2023" },
      },
      { key: "BBBB2222", score: 0.6, reasons: [], record: { title: "Two", note: "x" } },
    ],
  },
  {
    paper: "QQQQ2222",
    library: "desktop",
    record: { title: "Three" },
    candidates: [{ key: "CCCC2222", score: 1, record: { title: "Three" } }],
  },
];

function begun(answers) {
  const loaded = views({ answers });
  const window = makeWindow();
  return { ...loaded, window, dialog: () => window.document.getElementById("syncd-dialog") };
}

test("a dialog has a name, closes, and takes its place in the window with it", () => {
  const { Syncd, window, dialog } = begun();
  Syncd.dialog.open(window, "syncd-status-title");
  assert.equal(dialog().open, true);
  const title = window.document.getElementById(dialog().getAttribute("aria-labelledby"));
  assert.equal(title.getAttribute("data-l10n-id"), "syncd-status-title");
  assert.equal(dialog().happen("keydown").stopped, true);
  dialog().saying("syncd-close")[0].happen("click");
  assert.equal(dialog(), null);
});

test("a second dialog replaces the first, and closing the window takes it away", () => {
  const { Syncd, window, dialog } = begun();
  Syncd.dialog.open(window, "syncd-status-title");
  Syncd.dialog.open(window, "syncd-follow-title");
  assert.equal(window.document.querySelectorAll("dialog").length, 1);
  Syncd.dialog.windowUnloaded(window);
  assert.equal(dialog(), null);
  Syncd.dialog.windowUnloaded(window);
});

test("a question does nothing unless it is answered with yes", () => {
  const { Syncd, window, dialog } = begun();
  let done = 0;
  Syncd.dialog.ask(window, "syncd-undo", {}, () => (done += 1));
  dialog().saying("syncd-close")[0].happen("click");
  assert.equal(done, 0);
  Syncd.dialog.ask(window, "syncd-undo", {}, () => (done += 1));
  dialog().saying("syncd-undo-yes")[0].happen("click");
  assert.deepEqual([done, dialog()], [1, null]);
});

test("a review shows both records side by side and marks what differs", async () => {
  const { Syncd, window, dialog } = begun({ reviews: async () => REVIEWS });
  await Syncd.reviews.open(window);
  const rows = dialog().querySelector("tbody").childNodes;
  const shown = rows.map((row) => [
    row.className,
    ...row.querySelectorAll("td").map((cell) => cell.textContent),
  ]);
  assert.deepEqual(shown, [
    ["syncd-differs", "One", "One", "Two"],
    ["syncd-differs", "A. Author", "", ""],
    ["syncd-differs", "2021", "2023", ""],
    ["syncd-differs", "", "", "x"],
  ]);
  assert.deepEqual(args(dialog().saying("syncd-review-alike")[0]), {
    percent: 87,
    reasons: "title alike, year differs",
  });
  assert.equal(window.document.focused.localName, "p");
});

test("each verdict is sent with its item, and the next review follows", async () => {
  const { Syncd, window, dialog, daemon } = begun({ reviews: async () => REVIEWS, review: async () => ({}) });
  await Syncd.reviews.open(window);
  dialog().saying("syncd-review-same")[1].happen("click");
  await settle();
  assert.deepEqual(args(dialog().saying("syncd-review-number")[0]), { number: 2, total: 2 });
  assert.equal(
    dialog()
      .querySelectorAll("tr")
      .filter((row) => row.className === "syncd-differs").length,
    0,
  );
  dialog().saying("syncd-review-later")[0].happen("click");
  await settle();
  assert.equal(dialog().saying("syncd-reviews-done").length, 1);
  assert.deepEqual(plain(daemon.asked.slice(1)), [
    ["review", "PPPP2222", "same", "BBBB2222", "main"],
    ["review", "QQQQ2222", "later", null, "desktop"],
  ]);
});

test("a verdict that was not taken leaves the records in sight, with one line", async () => {
  const { Syncd, window, dialog } = begun({ reviews: async () => REVIEWS });
  await Syncd.reviews.open(window);
  for (const _time of [1, 2]) {
    dialog().saying("syncd-review-different")[0].happen("click");
    await settle();
  }
  assert.equal(dialog().saying("syncd-not-running").length, 1);
  assert.deepEqual(args(dialog().saying("syncd-review-number")[0]), { number: 1, total: 2 });
});

test("no reviews, and no daemon, are one line each", async () => {
  const none = begun({ reviews: async () => [] });
  await none.Syncd.reviews.open(none.window);
  assert.equal(none.dialog().saying("syncd-reviews-none").length, 1);
  const silent = begun();
  await silent.Syncd.reviews.open(silent.window);
  assert.equal(silent.dialog().saying("syncd-not-running").length, 1);
});

test("the status lists profiles with how they go", async () => {
  const profiles = [
    { name: "a", author: "A. Author", papers: 1203, last_success: "2026-11-24T09:12:00Z", next: null },
    { name: "b", trouble: { message: "no page" } },
    { name: "c", running: "asked" },
    { name: "d", paused: "its collection was deleted" },
    { name: "e", paused_by_you: true },
  ];
  const status = {
    libraries: [
      { library: "main", profiles },
      { library: "x", profiles: [] },
    ],
    daemon: null,
    reviews: 2,
  };
  const { Syncd, window, dialog } = begun({ status: async () => status });
  await Syncd.status.open(window);
  const rows = dialog()
    .querySelector("tbody")
    .childNodes.map((row) => row.childNodes);
  const states = rows.map((cells) => cells[4].getAttribute("data-l10n-id") ?? cells[4].textContent);
  assert.deepEqual(states, [
    "syncd-state-well",
    "no page",
    "syncd-state-running",
    "its collection was deleted",
    "syncd-state-paused",
  ]);
  assert.deepEqual(
    [rows[0][0].textContent, rows[0][1].textContent, rows[1][1].textContent],
    ["A. Author", "1,203", "–"],
  );
  assert.equal(dialog().saying("syncd-nobody-followed").length, 1);
  assert.deepEqual(args(dialog().saying("syncd-reviews-wait")[0]), { count: 2 });
});

test("an author is searched for by name and followed by what was found", async () => {
  const found = [
    {
      source: "openalex:A1",
      name: "Ann Author",
      affiliation: "U",
      service: "OpenAlex",
      papers: 3,
      h_index: 2,
    },
    { source: "s2:2", name: "Ann Author", service: "Semantic Scholar", papers: 1, h_index: null },
    { source: "x:3", name: "Ann Author", service: "X", papers: null, h_index: 4 },
  ];
  const { Syncd, window, dialog, daemon } = begun({ search: async () => found, follow: async () => ({}) });
  Syncd.follow.open(window, ["Ann Author", "Bob"], "groups/7");
  // In a field for searching, Gecko takes Escape for itself.
  assert.equal(dialog().querySelector("input").getAttribute("type"), "text");
  assert.equal(dialog().querySelector("input").value, "Ann Author");
  assert.equal(window.document.focused.localName, "input");
  assert.equal(dialog().querySelector("form").happen("submit").prevented, true);
  await settle();
  assert.deepEqual(
    [dialog().saying("syncd-follow-size").length, dialog().saying("syncd-follow-papers").length],
    [1, 1],
  );
  dialog().saying("syncd-follow-this")[1].happen("click");
  await settle();
  assert.deepEqual(plain(daemon.asked), [
    ["search", "Ann Author"],
    ["follow", "s2:2", "groups/7"],
  ]);
  assert.equal(args(dialog().saying("syncd-did-follow")[0]).author, "Ann Author");
});

test("while an author is added nothing can be pressed twice, and a failure lets it be tried again", async () => {
  let answer = null;
  const follow = () => new Promise((_resolve, reject) => (answer = reject));
  const search = async () => [{ source: "s2:2", name: "Ann" }];
  const { Syncd, window, dialog } = begun({ search, follow });
  Syncd.follow.open(window, ["Ann"], "users/0");
  dialog().querySelector("form").happen("submit");
  assert.ok(dialog().saying("syncd-follow-search")[0].disabled);
  await settle();
  assert.ok(!dialog().saying("syncd-follow-search")[0].disabled);
  const [button] = dialog().saying("syncd-follow-this");
  button.happen("click");
  assert.ok(button.disabled);
  assert.equal(dialog().saying("syncd-follow-adding").length, 1);
  answer(Object.assign(new Error("x"), { reason: "slow" }));
  await settle();
  assert.ok(!button.disabled);
  assert.deepEqual(
    [dialog().saying("syncd-follow-adding").length, dialog().saying("syncd-slow").length],
    [0, 1],
  );
});

test("how it went is told at the corner where the dialog was closed meanwhile", async () => {
  const search = async () => [{ source: "s2:2", name: "Ann" }];
  for (const [follow, line] of [
    [async () => ({}), "syncd-did-follow"],
    [undefined, "syncd-not-running"],
  ]) {
    const { Syncd, Zotero, window, dialog } = begun({ search, ...(follow ? { follow } : {}) });
    Syncd.follow.open(window, ["Ann"], "users/0");
    dialog().querySelector("form").happen("submit");
    await settle();
    dialog().saying("syncd-follow-this")[0].happen("click");
    dialog().querySelector(".syncd-found").isConnected = false;
    await settle();
    assert.match(Zotero.notes[0], new RegExp(`^${line} `));
  }
});

test("while a verdict is on its way there is no second one", async () => {
  const { Syncd, window, dialog } = begun({
    reviews: async () => REVIEWS,
    review: () => new Promise(() => {}),
  });
  await Syncd.reviews.open(window);
  dialog().saying("syncd-review-different")[0].happen("click");
  assert.ok(dialog().saying("syncd-review-same")[0].disabled);
});

test("markup in titles is not shown, and makes no difference", async () => {
  const record = { title: "The <i>E. coli</i> of H<sub>2</sub>O, 1 < 2" };
  const other = { title: "The E. coli of H2O, 1 < 2" };
  const review = { paper: "P", record, candidates: [{ key: "A", score: 1, record: other }] };
  const { Syncd, window, dialog } = begun({ reviews: async () => [review] });
  await Syncd.reviews.open(window);
  const [row] = dialog().querySelector("tbody").childNodes;
  assert.equal(row.className, "");
  assert.equal(row.querySelector("td").textContent, other.title);
  assert.equal(row.querySelector(".syncd-value").getAttribute("dir"), "auto");
});

test("a type is called what Zotero calls it", async () => {
  const review = {
    paper: "P",
    record: { title: "preprint", type: "preprint" },
    candidates: [{ key: "A", score: 1, record: { title: "preprint", type: "no type of Zotero's" } }],
  };
  const { Syncd, window, dialog } = begun({ reviews: async () => [review] });
  await Syncd.reviews.open(window);
  const rows = [...dialog().querySelector("tbody").childNodes];
  const texts = rows.slice(0, 2).map((row) => row.querySelectorAll("td").map((cell) => cell.textContent));
  assert.deepEqual(texts, [
    ["preprint", "preprint"],
    ["Type preprint", "no type of Zotero's"],
  ]);
});

test("an empty name is not searched for, nobody found and no daemon are one line", async () => {
  const { Syncd, window, dialog, daemon } = begun({ search: async () => [] });
  Syncd.follow.open(window, [], "users/0");
  dialog().querySelector("form").happen("submit");
  await settle();
  assert.deepEqual(daemon.asked, []);
  dialog().querySelector("input").value = "Nobody";
  dialog().querySelector("form").happen("submit");
  await settle();
  assert.equal(dialog().saying("syncd-follow-nobody").length, 1);
  const silent = begun();
  silent.Syncd.follow.open(silent.window, ["A"], "users/0");
  silent.dialog().querySelector("form").happen("submit");
  await settle();
  assert.equal(silent.dialog().saying("syncd-not-running").length, 1);
});

test("the names of an item's creators leave out those that stand for others", () => {
  const { Syncd } = begun();
  const creators = [
    { firstName: "Ann", lastName: "Author" },
    { firstName: "", lastName: "Consortium" },
    { firstName: "", lastName: "others" },
  ];
  assert.deepEqual(plain(Syncd.follow.names(makeItem({ creators }))), ["Ann Author", "Consortium"]);
});
