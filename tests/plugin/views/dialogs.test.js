/** The dialogs: windows of their own, what each holds, and what their buttons do. */
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { makeItem, plain, settle, views } = require("./window.js");
const { makeOpener } = require("./dialog-window.js");

const args = (element) => JSON.parse(element.getAttribute("data-l10n-args"));
const NOW = Date.parse("2026-11-26T12:00:00Z");
const REVIEWS = [
  {
    paper: "PPPP2222",
    library: "main",
    record: { title: "One case study", authors: "A. Author", date: "2021", type: "preprint" },
    candidates: [
      {
        key: "AAAA2222",
        score: 0.874,
        reasons: ["title alike", "year differs"],
        record: { title: "One study", date: "2023", type: "preprint" },
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
const STATUS = {
  libraries: [
    {
      library: "main",
      prefix: "users/0",
      profiles: [
        {
          name: "a",
          author: "A. Author",
          papers: 1203,
          last_success: "2026-11-26T11:48:00Z",
          next: "2026-11-26T15:00:00Z",
        },
        { name: "b", trouble: { message: "no page" } },
        { name: "c", running: "asked" },
        { name: "d", paused: "its collection was deleted", next: "2026-11-26T15:00:00Z" },
        { name: "e", paused_by_you: true },
        { name: "f" },
      ],
    },
    { library: "lab", prefix: "groups/77", profiles: [] },
    { library: "elsewhere", prefix: "users/9", profiles: [] },
  ],
  daemon: { paused: [] },
  reviews: 2,
};

/** The plugin's dialogs at work, with a daemon that answers what a test says. */
function begun(answers, more = {}) {
  const loaded = views({ answers, ...more });
  loaded.Syncd.rootURI = "file:///plugin/";
  loaded.Syncd.version = "0.1.0";
  loaded.world.time = NOW;
  loaded.Syncd.dialog.startup();
  const window = makeOpener(loaded.world);
  loaded.world.windows.push(window);
  return { ...loaded, window };
}

/** Let the document come, and what is asked then. */
async function loaded() {
  for (let turn = 0; turn < 6; turn += 1) {
    await settle();
  }
}

// Windows

test("a dialog is a window of the plugin's, with letters of the size that the user chose", async () => {
  const { Syncd, window, world } = begun({ status: async () => STATUS });
  Syncd.status.open(window);
  await loaded();
  assert.equal(window.dialogs.length, 1);
  assert.equal(world.sized[0], window.dialog.document.getElementById("syncd-body"));
});

test("a dialog that is open comes to the front, and one that was closed is opened anew", async () => {
  const { Syncd, window } = begun({ status: async () => STATUS });
  Syncd.status.open(window);
  await loaded();
  Syncd.status.open(window);
  assert.deepEqual([window.dialogs.length, window.dialog.focused], [1, true]);
  window.dialog.close();
  Syncd.status.open(window);
  assert.equal(window.dialogs.length, 2);
});

test("dialogs close with the window from which they were opened, and with the plugin", async () => {
  const { Syncd, window, world } = begun({ status: async () => STATUS, reviews: async () => [] });
  Syncd.status.open(window);
  await loaded();
  Syncd.dialog.windowUnloaded(makeOpener(world));
  assert.equal(window.dialog.closed, false);
  Syncd.dialog.windowUnloaded(window);
  assert.equal(window.dialog.closed, true);
  Syncd.reviews.open(window);
  await loaded();
  Syncd.dialog.shutdown();
  assert.equal(window.dialog.closed, true);
  assert.equal(world.chrome.size, 0);
});

test("a question is Zotero's own, and its answer is told", () => {
  const { Syncd, window, world } = begun();
  world.clicks = () => 1;
  assert.equal(Syncd.dialog.ask(window, "syncd-unfollow", { profile: "A" }), false);
  world.clicks = () => 0;
  assert.equal(Syncd.dialog.ask(window, "syncd-unfollow", { profile: "A" }), true);
  assert.deepEqual(plain(world.dialogs[0]), [
    "syncd-unfollow",
    'syncd-unfollow-question {"profile":"A"}',
    "syncd-unfollow-yes",
  ]);
});

// Status

test("the status lists profiles with how they go, below Zotero's own name of the library", async () => {
  const { Syncd, window } = begun({ status: async () => STATUS });
  Syncd.status.open(window);
  await loaded();
  const { dialog } = window;
  const names = dialog.find("h2").map((one) => one.textContent);
  assert.deepEqual(names, ["My Library", "Library 2", "elsewhere"]);
  const rows = dialog.find("tbody")[0].childNodes.map((row) => row.childNodes);
  const states = rows.map(([, state]) => state.childNodes[1].getAttribute("data-l10n-id"));
  assert.deepEqual(
    states,
    ["well", "troubled", "running", "stopped", "paused", "new"].map((state) => `syncd-state-${state}`),
  );
  const texts = rows.map((row) => row.map((cell) => cell.textContent));
  assert.deepEqual(texts[0], ["A. Author", "", "1,203", "12 minutes ago", "in 3 hours"]);
  assert.deepEqual([texts[1][0], texts[3][0]], ["bNo page", "dIts collection was deleted"]);
  assert.match(rows[0][3].getAttribute("title"), /Nov 26, 2026/);
  assert.equal(dialog.saying("syncd-nobody-followed").length, 2);
  assert.deepEqual(args(dialog.saying("syncd-reviews-wait")[0]), { count: 2 });
});

test("nothing has a next run where it is stopped or paused, or all is", async () => {
  const all = { ...STATUS, daemon: { paused: [""] } };
  for (const [status, next] of [
    [STATUS, ["in 3 hours", "–", "–", "–", "–", "–"]],
    [all, ["–", "–", "–", "–", "–", "–"]],
  ]) {
    const { Syncd, window } = begun({ status: async () => status });
    Syncd.status.open(window);
    await loaded();
    const rows = window.dialog.find("tbody")[0].childNodes;
    assert.deepEqual(
      rows.map((row) => row.childNodes[4].textContent),
      next,
    );
    assert.equal(window.dialog.saying("syncd-all-paused").length, status === all ? 1 : 0);
  }
});

test("the status asks fresh when it opens, and again when something changed, until it is closed", async () => {
  let status = STATUS;
  let heard = null;
  const { Syncd, window, daemon } = begun({ status: async () => status });
  daemon.onChange = (listener) => {
    heard = listener;
    return () => {
      heard = null;
    };
  };
  Syncd.status.open(window);
  await loaded();
  assert.deepEqual(plain(daemon.asked), [["status", { fresh: true }]]);
  assert.equal(window.dialog.button("extra2").getAttribute("data-l10n-id"), "syncd-button-pause");
  status = { ...STATUS, daemon: { paused: [""] } };
  heard();
  await loaded();
  assert.equal(daemon.asked.length, 2);
  assert.equal(window.dialog.button("extra2").getAttribute("data-l10n-id"), "syncd-button-resume");
  window.dialog.press("cancel");
  assert.deepEqual([window.dialog.closed, heard], [true, null]);
});

test("the status' buttons sync, pause and resume, and open what waits", async () => {
  let status = STATUS;
  const { Syncd, window, daemon } = begun({
    status: async () => status,
    reviews: async () => REVIEWS,
    syncNow: async () => ({ profiles: [] }),
    pause: async () => ({}),
    resume: async () => ({}),
  });
  Syncd.status.open(window);
  await loaded();
  const { dialog } = window;
  dialog.press("extra1");
  dialog.press("extra2");
  dialog.saying("syncd-button-reviews")[0].happen("command");
  await loaded();
  assert.equal(dialog.closed, false);
  assert.equal(window.dialogs.length, 2);
  dialog.close();
  status = { ...STATUS, daemon: { paused: [""] } };
  Syncd.status.open(window);
  await loaded();
  window.dialog.press("extra2");
  const commands = daemon.asked.map(([name]) => name).filter((name) => !["status", "reviews"].includes(name));
  assert.deepEqual(commands, ["syncNow", "pause", "resume"]);
});

test("a status without an answer says why, and has no button but Close; what is wrong with the daemon is told", async () => {
  const silent = begun();
  silent.Syncd.status.open(silent.window);
  await loaded();
  assert.equal(silent.window.dialog.saying("syncd-not-running").length, 1);
  assert.deepEqual(
    ["extra1", "extra2", "cancel"].map((name) => silent.window.dialog.button(name).disabled),
    [true, true, false],
  );
  const http = { address: "http://127.0.0.1:9", trouble: "the port is taken" };
  const { Syncd, window } = begun({ status: async () => ({ ...STATUS, daemon: { paused: [], http } }) });
  Syncd.status.open(window);
  await loaded();
  assert.ok(window.dialog.find("p").some((line) => line.textContent === "The port is taken"));
});

// Reviews

test("a review shows the new paper beside the item that is chosen, with the words marked that differ", async () => {
  const { Syncd, window, daemon } = begun({ reviews: async () => REVIEWS, status: async () => STATUS });
  Syncd.reviews.open(window);
  await loaded();
  const { dialog } = window;
  assert.deepEqual(plain(daemon.asked[0]), ["reviews", { fresh: true }]);
  const shown = () =>
    dialog
      .find("tbody")[0]
      .childNodes.map((row) => row.querySelectorAll("td").map((cell) => cell.textContent));
  const marked = () => dialog.find("mark").map((word) => word.textContent);
  assert.deepEqual(shown(), [
    ["One case study", "One study"],
    ["A. Author", ""],
    ["2021", "2023"],
    ["Type preprint", "Type preprint"],
  ]);
  assert.deepEqual(marked(), ["case ", "2021", "2023"]);
  assert.deepEqual(args(dialog.saying("syncd-review-alike")[0]), {
    percent: 87,
    reasons: "title alike, year differs",
  });
  assert.equal(dialog.document.focused.localName, "richlistbox");
  dialog.find("richlistbox")[0].selectedIndex = 1;
  assert.deepEqual(shown().at(-1), ["", "x"]);
  assert.equal(shown()[0][1], "Two");
});

test("the item that it may be is shown in the library, where this Zotero has it", async () => {
  const selected = [];
  const { Syncd, window } = begun({ reviews: async () => REVIEWS, status: async () => STATUS });
  window.ZoteroPane = { selectItem: (id) => selected.push(id) };
  Syncd.reviews.open(window);
  await loaded();
  window.dialog.saying("syncd-button-show")[0].happen("command");
  assert.deepEqual(selected, ["AAAA2222"]);
  window.dialog.press("extra2");
  // Nobody knows where "desktop" is.
  const silent = begun({
    reviews: async () => [REVIEWS[1]],
    status: async () => ({ ...STATUS, libraries: [] }),
  });
  silent.Syncd.reviews.open(silent.window);
  await loaded();
  assert.equal(silent.window.dialog.saying("syncd-button-show").length, 0);
});

test("an item that went meanwhile is not merged into, and the question stays", async () => {
  for (const key of ["GGGG2222", "TTTT2222"]) {
    const [first] = REVIEWS;
    const review = { ...first, candidates: [{ ...first.candidates[0], key }] };
    const { Syncd, window, daemon } = begun({ reviews: async () => [review], status: async () => STATUS });
    Syncd.reviews.open(window);
    await loaded();
    window.dialog.press("accept");
    await loaded();
    assert.equal(window.dialog.saying("syncd-reviews-gone").length, 1);
    assert.equal(window.dialog.saying("syncd-reviews-about").length, 1);
    assert.equal(daemon.asked.filter(([name]) => name === "review").length, 0);
  }
});

test("each verdict is sent with its item, and the next review follows", async () => {
  const { Syncd, window, daemon } = begun({
    reviews: async () => REVIEWS,
    status: async () => STATUS,
    review: async () => ({}),
  });
  Syncd.reviews.open(window);
  await loaded();
  const { dialog } = window;
  dialog.find("richlistbox")[0].selectedIndex = 1;
  dialog.press("accept");
  await loaded();
  assert.deepEqual(args(dialog.saying("syncd-reviews-about")[0]), { number: 2, total: 2 });
  assert.equal(dialog.find("mark").length, 0);
  assert.equal(dialog.document.focused, dialog.find("richlistbox")[0]);
  dialog.press("extra1");
  await loaded();
  assert.equal(dialog.saying("syncd-reviews-done").length, 1);
  assert.deepEqual(plain(daemon.asked.filter(([name]) => name === "review")), [
    ["review", "PPPP2222", "same", "BBBB2222", "main"],
    ["review", "QQQQ2222", "different", null, "desktop"],
  ]);
  assert.deepEqual(
    ["accept", "extra1", "extra2"].map((name) => dialog.press(name)),
    [false, false, false],
  );
  assert.equal(dialog.button("cancel").getAttribute("data-l10n-id"), "syncd-close");
});

test("a verdict that was not taken leaves the records in sight, with one line", async () => {
  const { Syncd, window } = begun({ reviews: async () => REVIEWS, status: async () => STATUS });
  Syncd.reviews.open(window);
  await loaded();
  for (const _time of [1, 2]) {
    assert.equal(window.dialog.press("extra1"), true);
    await loaded();
  }
  assert.equal(window.dialog.saying("syncd-not-running").length, 1);
  assert.deepEqual(args(window.dialog.saying("syncd-reviews-about")[0]), { number: 1, total: 2 });
});

test("while a verdict is on its way there is no second one", async () => {
  const { Syncd, window } = begun({
    reviews: async () => REVIEWS,
    status: async () => STATUS,
    review: () => new Promise(() => {}),
  });
  Syncd.reviews.open(window);
  await loaded();
  assert.equal(window.dialog.press("extra1"), true);
  assert.equal(window.dialog.press("accept"), false);
  assert.ok(window.dialog.document.getElementById("syncd-body").attributes.has("inert"));
});

test("what is closed is not decided", async () => {
  const { Syncd, window, daemon } = begun({ reviews: async () => REVIEWS, status: async () => STATUS });
  Syncd.reviews.open(window);
  await loaded();
  window.dialog.press("cancel");
  assert.equal(window.dialog.closed, true);
  assert.ok(daemon.asked.every(([name]) => name !== "review"));
});

test("no reviews, and no daemon, are one line each", async () => {
  const none = begun({ reviews: async () => [], status: async () => STATUS });
  none.Syncd.reviews.open(none.window);
  const silent = begun();
  silent.Syncd.reviews.open(silent.window);
  await loaded();
  assert.equal(none.window.dialog.saying("syncd-reviews-none").length, 1);
  assert.equal(silent.window.dialog.saying("syncd-not-running").length, 1);
  assert.equal(none.window.dialog.press("accept"), false);
});

test("markup in titles is not shown, and makes no difference", async () => {
  const record = { title: "The <i>E. coli</i> of H<sub>2</sub>O, 1 < 2" };
  const other = { title: "The E. coli of H2O, 1 < 2" };
  const review = { paper: "P", record, candidates: [{ key: "A", score: 1, record: other }] };
  const { Syncd, window } = begun({ reviews: async () => [review], status: async () => STATUS });
  Syncd.reviews.open(window);
  await loaded();
  const [row] = window.dialog.find("tbody")[0].childNodes;
  assert.equal(row.querySelector("td").textContent, other.title);
  assert.equal(window.dialog.find("mark").length, 0);
  assert.equal(row.querySelector(".syncd-value").getAttribute("dir"), "auto");
});

test("texts are compared word by word, whatever their order", () => {
  const { Syncd } = begun();
  const marked = (one, other) =>
    plain(Syncd.reviews.differing(one, other)).map((parts) =>
      parts.map(({ text, differs }) => (differs ? `[${text}]` : text)).join(""),
    );
  assert.deepEqual(marked("a b c", "a c"), ["a [b ]c", "a c"]);
  assert.deepEqual(marked("Müller, A", "Mueller, A"), ["[Müller], A", "[Mueller], A"]);
  assert.deepEqual(marked("same", "same"), ["same", "same"]);
  assert.deepEqual(marked("only here", ""), ["only here", ""]);
});

// Follow

const FOUND = [
  {
    source: "scholarfeed:1",
    name: "Ann Author",
    service: "Scholar Feed",
    affiliation: "MIT",
    papers: 3,
    h_index: 2,
  },
  {
    source: "openalex:A1",
    name: "Ann Author",
    service: "OpenAlex",
    affiliation: "MIT (US)",
    papers: 5,
    h_index: null,
  },
  { source: "dblp:1/2", name: "Ann Author 0002", service: "DBLP", affiliation: "ETH", papers: null },
];

test("the author is searched for at once; rows of one person are one, and no number stands behind a name", async () => {
  const { Syncd, window, daemon } = begun({ search: async () => FOUND });
  Syncd.follow.open(window, ["Ann Author", "Bob"], "users/0");
  await loaded();
  const { dialog } = window;
  assert.deepEqual(plain(daemon.asked), [["search", "Ann Author", { fresh: true }]]);
  const people = dialog.find("richlistitem").map((row) => row.querySelector("div").textContent);
  assert.deepEqual(people, ["Ann Author", "Ann Author"]);
  const [services] = dialog.find("richlistitem").map((row) => row.querySelectorAll("button"));
  assert.deepEqual(
    services.map((link) => link.textContent),
    ["OpenAlex", "Scholar Feed"],
  );
  assert.deepEqual(
    [dialog.saying("syncd-follow-size").length, dialog.saying("syncd-follow-papers").length],
    [1, 1],
  );
  assert.deepEqual(args(dialog.saying("syncd-follow-into")[0]), { library: "My Library" });
  assert.equal(dialog.document.focused.localName, "input");
});

test("a service opens its own page of the author", async () => {
  const { Syncd, window, Zotero } = begun({ search: async () => FOUND });
  Syncd.follow.open(window, ["Ann Author"], "users/0");
  await loaded();
  for (const link of window.dialog.find(".syncd-services")[0].querySelectorAll("button")) {
    link.happen("click");
  }
  assert.deepEqual(plain(Zotero.launched), ["https://openalex.org/A1", "https://scholarfeed.org/author/1"]);
});

test("Tab stops at the links of the chosen row alone", async () => {
  const { Syncd, window } = begun({ search: async () => FOUND });
  Syncd.follow.open(window, ["Ann Author"], "users/0");
  await loaded();
  const stops = () => window.dialog.find(".syncd-link").map((link) => link.getAttribute("tabindex"));
  assert.deepEqual(stops(), ["-1", "-1", "-1"]);
  window.dialog.find("richlistbox")[0].selectedIndex = 1;
  assert.deepEqual(stops(), ["-1", "-1", "0"]);
});

test("people of one name stay apart where a service or their places tell them apart", () => {
  const { Syncd } = begun();
  const author = (service, name, affiliation = null) => ({ service, name, affiliation, papers: 1 });
  const groups = (found) => plain(Syncd.follow.people(found)).map((person) => person.length);
  assert.deepEqual(groups([author("A", "Ann Lee"), author("B", "Lee, Ann")]), [2]);
  assert.deepEqual(groups([author("A", "Ann Lee"), author("B", "Ann-Lee", "MIT")]), [2]);
  assert.deepEqual(groups([author("A", "Ann Lee", "ETH"), author("B", "Ann Lee", "MIT")]), [1, 1]);
  assert.deepEqual(
    groups([author("A", "Ann Lee"), author("A", "Ann Lee"), author("B", "Ann Lee")]),
    [1, 1, 1],
  );
  assert.deepEqual(groups([author("A", "Ann Lee"), author("B", "Anna Lee")]), [1, 1]);
});

test("who is chosen is followed; the dialog closes, and a line at the corner says so", async () => {
  const { Syncd, Zotero, window, daemon } = begun({ search: async () => FOUND, follow: async () => ({}) });
  Syncd.follow.open(window, ["Ann Author"], "groups/77");
  await loaded();
  const { dialog } = window;
  assert.equal(dialog.press("accept"), false);
  dialog.find("richlistbox")[0].selectedIndex = 0;
  assert.equal(dialog.press("accept"), true);
  await loaded();
  assert.deepEqual(plain(daemon.asked.at(-1)), ["follow", "openalex:A1", "groups/77"]);
  assert.equal(dialog.closed, true);
  assert.deepEqual(plain(Zotero.notes), ['syncd-did-follow {"author":"Ann Author"}']);
});

test("while an author is added nothing can be pressed twice, and a failure lets it be tried again", async () => {
  let answer = null;
  const follow = () => new Promise((_resolve, reject) => (answer = reject));
  const { Syncd, window } = begun({ search: async () => FOUND, follow });
  Syncd.follow.open(window, ["Ann"], "users/0");
  await loaded();
  const { dialog } = window;
  dialog.find("richlistbox")[0].selectedIndex = 0;
  dialog.press("accept");
  assert.equal(dialog.press("accept"), false);
  assert.equal(dialog.saying("syncd-follow-adding").length, 1);
  answer(Object.assign(new Error("x"), { reason: "slow" }));
  await loaded();
  assert.deepEqual([dialog.saying("syncd-follow-adding").length, dialog.saying("syncd-slow").length], [0, 1]);
  assert.equal(dialog.press("accept"), true);
});

test("how it went is told at the corner where the dialog was closed meanwhile", async () => {
  const { Syncd, Zotero, window } = begun({ search: async () => FOUND });
  Syncd.follow.open(window, ["Ann"], "users/0");
  await loaded();
  window.dialog.find("richlistbox")[0].selectedIndex = 0;
  window.dialog.press("accept");
  window.dialog.close();
  await loaded();
  assert.match(Zotero.notes[0], /^syncd-not-running /);
});

test("Enter searches and follows nobody; another author of the item is one press away", async () => {
  const { Syncd, window, daemon } = begun({ search: async () => [] });
  Syncd.follow.open(window, ["Ann", "Bob"], "users/0");
  await loaded();
  const { dialog } = window;
  const [input] = dialog.find("input");
  input.value = "Cem";
  const press = (target, more = {}) =>
    dialog.document.getElementById("syncd-body").happen("keydown", { key: "Enter", target, ...more })
      .prevented;
  assert.deepEqual(
    [press(input), press(input, { key: "x" }), press(input, { isComposing: true })],
    [true, false, false],
  );
  await loaded();
  assert.equal(press(dialog.find(".syncd-others")[0].querySelector("button")), true);
  await loaded();
  assert.equal(press(dialog.find("richlistbox")[0]), false);
  assert.deepEqual(
    daemon.asked.map(([, name]) => name),
    ["Ann", "Cem", "Bob"],
  );
  assert.equal(input.value, "Bob");
  assert.equal(dialog.saying("syncd-follow-nobody").length, 1);
});

test("an empty name is not searched for, and no daemon is one line", async () => {
  const { Syncd, window, daemon } = begun({ search: async () => [] });
  Syncd.follow.open(window, [], "users/0");
  await loaded();
  assert.deepEqual(daemon.asked, []);
  const silent = begun();
  silent.Syncd.follow.open(silent.window, ["A"], "users/0");
  await loaded();
  assert.equal(silent.window.dialog.saying("syncd-not-running").length, 1);
});

test("an answer about a name that is no longer asked for is not shown", async () => {
  const answers = [];
  const search = () => new Promise((resolve) => answers.push(resolve));
  const { Syncd, window } = begun({ search });
  Syncd.follow.open(window, ["Ann"], "users/0");
  await loaded();
  const [input] = window.dialog.find("input");
  input.value = "Bob";
  window.dialog.saying("syncd-button-search")[0].happen("command");
  answers[1]([]);
  answers[0](FOUND);
  await loaded();
  assert.equal(window.dialog.find("richlistitem").length, 0);
});

test("an answer that comes after the dialog was closed is told to nobody", async () => {
  let answer = null;
  const search = () => new Promise((_resolve, reject) => (answer = reject));
  const { Syncd, Zotero, window } = begun({ search });
  Syncd.follow.open(window, ["Ann"], "users/0");
  await loaded();
  window.dialog.press("cancel");
  answer(Object.assign(new Error("x"), { reason: "slow" }));
  await loaded();
  assert.deepEqual(plain(Zotero.notes), []);
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
