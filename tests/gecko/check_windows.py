"""The plugin's own windows, menus and settings, in the Gecko that Zotero has: by keys and buttons, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from windows import Client

pytest_plugins = ("windows",)
KNOWN = """
    const profiles = [
      { name: "ann", author: "Ann Author", papers: 12, last_success: "2026-11-01T10:00:00Z", next: null },
      { name: "bob", trouble: { message: "the host x can't be found", message_said: null } },
    ];
    Syncd.daemon.status = async () => ({
      libraries: [{ library: "main", prefix: "users/0", profiles }],
      reviews: 2, daemon: { version: "0.1.0", paused: [] }, dashboard: null,
    });
    Syncd.daemon.profiles = async () => [{ name: "ann", author: "Ann Author", collection: "CCCC2222" }];
    await Syncd.keys.add("ab".repeat(32), "syncd", "http://127.0.0.1:9");
"""
REVIEWS = """
    const asked = [];
    const record = { title: "One paper", authors: "Ann", date: "2025" };
    const other = { key: "AAAA2222", score: 0.87, reasons: ["same title"], record: { ...record, date: "2024" } };
    Syncd.daemon.reviews = async () => [{ paper: "p1", library: "main", record, candidates: [other] }];
    Syncd.daemon.review = async (...words) => asked.push(words);
"""
FOUND = """
    const followed = [];
    Syncd.daemon.search = async () => [
      { name: "Ann Author", affiliation: "MIT", source: "openalex:A1", service: "OpenAlex", papers: 12 },
      { name: "Ann Author", affiliation: "ETH", source: "dblp:1/2", service: "DBLP", papers: 3, h_index: 2 },
    ];
    Syncd.daemon.follow = async (...asked) => followed.push(asked);
"""


# Dialogs


def test_escape_closes_a_dialog(client: Client) -> None:
    """From the name that is filled in, at the first press; nothing that is typed reaches the window behind."""
    focused, leaked = client.run(
        FOUND
        + """
        const leaked = [];
        d.addEventListener("keydown", (event) => leaked.push(event.key));
        Syncd.follow.open(w, ["Ann Author", "Bob Other"], "users/0");
        const window = await z.dialog("follow");
        const focused = window.document.activeElement.value;
        z.press(window, "Escape", 27);
        await z.until(() => window.closed);
        return [focused, leaked];
        """
    )
    assert (focused, leaked) == ("Ann Author", [])


def test_an_author_is_found_and_followed_by_keys(client: Client) -> None:
    """Enter searches for another name, the arrows choose, and Enter follows; each part has a name that can be read."""
    rows, names, followed, notes = client.run(
        FOUND
        + """
        Syncd.follow.open(w, ["Ann Author"], "users/0");
        const window = await z.dialog("follow");
        const { document } = window;
        const list = document.querySelector("richlistbox");
        const input = document.querySelector("input");
        await z.until(() => list.itemCount === 2);
        z.press(window, "Enter", 13);
        const stayed = !window.closed;
        await z.until(() => list.itemCount === 2);
        await document.l10n.translateFragment(document.documentElement);
        const rows = list.textContent;
        const names = [input.labels[0].textContent, list.getAttribute("aria-label"), window.document.title, stayed];
        list.focus();
        z.press(window, "ArrowDown", 40);
        if (list.selectedIndex < 1) {
          z.press(window, "ArrowDown", 40);
        }
        z.press(window, "Enter", 13);
        await z.until(() => window.closed);
        return [rows, names, followed, z.notes];
        """
    )
    for words in ("Ann Author", "MIT", "OpenAlex", "12 papers", "3 papers, h-index 2"):
        assert words in rows
    assert names == ["Author:", "Authors by that name", "Follow an Author", True]
    assert followed == [["dblp:1/2", "users/0"]]
    assert notes[-1].startswith("Ann Author is followed now")


def test_what_is_closed_is_not_decided(client: Client) -> None:
    """Escape is no answer, neither to a review nor to a question; nor is Enter, which has no button."""
    asked, answer, question = client.run(
        KNOWN
        + REVIEWS
        + """
        Syncd.reviews.open(w);
        const window = await z.dialog("reviews");
        z.press(window, "Enter", 13);
        z.press(window, "Escape", 27);
        await z.until(() => window.closed);
        z.answerNext("close");
        const answer = Syncd.dialog.ask(w, "syncd-unfollow", { profile: "Ann" });
        return [asked, answer, z.questions.at(-1)];
        """
    )
    assert (asked, answer) == ([], False)
    assert question["buttons"] == ["Stop Following", "Cancel"]
    assert "syncd will look at Ann no longer" in question["text"]


def test_who_did_not_write_a_paper_is_chosen_and_the_question_says_what_becomes_of_it(client: Client) -> None:
    """Of two who list it; the daemon is told of the one."""
    offered, asked, question, note = client.run(
        """
        const told = { title: "One paper", collection: "Profiles/Bo", item: "trashed" };
        const asked = [];
        Syncd.daemon.rejecting = async () => told;
        Syncd.daemon.reject = async (...words) => (asked.push(words), { ...told, item: "taken out" });
        const notes = [];
        Syncd.commands._show = (lines) => notes.push(...lines);
        const both = [{ name: "ann", author: "Ann Lee" }, { name: "bo", author: "Bo Chen" }];
        const offered = z.chooseNext(1);
        z.answerNext("accept");
        await Syncd.commands.askReject(w, { libraryID: 1, key: "AAAA2222" }, both);
        return [await offered, asked, z.questions.at(-1), notes];
        """
    )
    assert offered == ["Ann Lee", "Bo Chen"]
    assert asked == [["users/0", "AAAA2222", "bo"]]
    assert "goes to the trash: syncd added it for" in question["text"]
    assert question["buttons"] == ["Reject", "Cancel"]
    (line,) = note
    assert "the paper left" in line
    assert "Undo Last Run takes that back" in line


def test_a_review_is_decided_by_a_button_that_says_what_it_does(client: Client) -> None:
    """With both records in words, and what differs marked."""
    asked, text, marked, labels, after = client.run(
        KNOWN
        + REVIEWS
        + """
        Syncd.reviews.open(w);
        const window = await z.dialog("reviews");
        const { document } = window;
        await z.until(() => document.querySelector("table"));
        await document.l10n.translateFragment(document.documentElement);
        const dialog = document.querySelector("dialog");
        const labels = ["extra2", "extra1", "cancel", "accept"].map((name) => dialog.getButton(name).label);
        const marked = [...document.querySelectorAll("mark")].map((one) => one.textContent);
        const text = document.getElementById("syncd-body").innerText;
        dialog.getButton("accept").click();
        await z.until(() => asked.length && dialog.getButton("accept").hidden);
        await document.l10n.translateFragment(document.documentElement);
        return [asked, text, marked, labels, [dialog.getButton("cancel").label, dialog.textContent]];
        """
    )
    assert asked == [["p1", "same", "AAAA2222", "main"]]
    for words in ("New paper", "In your library", "87 % alike: same title", "2024", "2025"):
        assert words in text
    assert marked == ["2025", "2024"]
    assert labels == ["Decide Later", "Add as New", "Cancel", "Merge into This Item"]
    assert after[0] == "Close"
    assert "That was the last one" in after[1]


def test_the_status_is_drawn_anew_when_something_changes(client: Client) -> None:
    """In words, with times as people say them; it fits into its window."""
    text, paused, beyond = client.run(
        KNOWN
        + """
        let tell = null;
        Syncd.daemon.onChange = (listener) => ((tell = listener), () => {});
        Syncd.status.open(w);
        const window = await z.dialog("status");
        const { document } = window;
        const body = document.getElementById("syncd-body");
        const text = body.innerText;
        const { right, bottom } = document.querySelector("dialog").getBoundingClientRect();
        const beyond = [right - window.innerWidth, bottom - window.innerHeight, body.scrollWidth - body.clientWidth];
        const status = await Syncd.daemon.status();
        Syncd.daemon.status = async () => ({ ...status, daemon: { paused: [""] } });
        tell();
        const button = document.querySelector("dialog").getButton("extra2");
        await z.until(() => button.label === "Resume");
        await document.l10n.translateFragment(body);
        return [text, body.innerText, beyond];
        """
    )
    for words in (
        "My Library",
        "Ann Author",
        "Up to date",
        "Trouble",
        "The host x can't be found",
        "Nov 1, 2026",
    ):
        assert words in text
    assert "2 papers wait for your decision." in text
    assert "syncd is paused." in paused
    assert max(beyond) <= 1


# Menus


def test_menus_say_what_they_do(client: Client) -> None:
    """Each through Zotero's menu manager, whose context refuses what is no more."""
    tools, item, collection, creator, other = client.run(
        KNOWN
        + """
        const labels = async (popup) => {
          await Syncd.daemon.status();
          await z.until(() => Syncd.menus.known.summary);
          await d.l10n.translateFragment(popup);
          return [...popup.querySelectorAll(":scope > .zotero-custom-menu-item:not([hidden])")].map(
            (one) => one.localName === "menuseparator" ? "-" : one.label,
          );
        };
        w.ZoteroPane.selected.collections = [collection];
        const whole = z.showMenu(w, "menu_ToolsPopup", "main/menubar/tools", { items: [] });
        const tools = whole.querySelector(".zotero-custom-menu-item > menupopup");
        tools.dispatchEvent(new w.Event("popupshowing"));
        const shown = [await labels(tools)];
        for (const [id, target, context] of [
          ["zotero-itemmenu", "main/library/item", { items: [item] }],
          ["zotero-collectionmenu", "main/library/collection", {}],
          ["info-row", "itemPane/info/row", { items: [item], fieldName: "creator-1-lastName" }],
          ["info-row", "itemPane/info/row", { items: [item], fieldName: "title" }],
        ]) {
          const popup = z.showMenu(w, id, target, context);
          await z.until(() => Syncd.menus.known.profiles.size);
          shown.push(await labels(popup));
        }
        return shown;
        """
    )
    assert tools == [
        "Follows 2, one has trouble",
        "-",
        "Sync Now",
        "Pause",
        "Undo Last Run…",
        "-",
        "Status…",
        "Reviews Waiting (2)…",
    ]
    assert item == ["Follow This Author…", "Open Code"]
    assert collection == ["Sync This Profile", "Stop Following Ann Author…"]
    assert creator == ["-", "Follow This Author…"]
    assert other == []


def test_a_menu_without_entries_has_no_line_at_its_end(client: Client) -> None:
    """Zotero sets one above what plugins add, also where that is hidden; it is Zotero's again when the plugin goes."""
    hidden = client.run(
        KNOWN
        + """
        const line = d.getElementsByClassName("zotero-custom-menu-group-separator");
        const hidden = [];
        for (const shown of [{ ...collection, key: "DDDD2222" }, collection, { ...collection, key: "DDDD2222" }]) {
          w.ZoteroPane.selected.collections = [shown];
          const popup = z.showMenu(w, "zotero-collectionmenu", "main/library/collection", {});
          await z.until(() => Syncd.menus.known.profiles.size);
          await new Promise((resolve) => w.setTimeout(resolve));
          hidden.push(line[0].hidden);
        }
        await plugin.call("shutdown", "ADDON_DISABLE");
        return [...hidden, line[0].hidden];
        """
    )
    assert hidden == [True, False, True, False]


# Settings


@pytest.mark.parametrize("running", [True, False])
def test_the_settings_tell_how_syncd_is_and_who_may_ask(client: Client, *, running: bool) -> None:
    """And take that back, in a window where Gecko runs nothing that stands in the document."""
    text, label, apart, after, kept = client.run(
        (KNOWN if running else 'await Syncd.keys.add("ab".repeat(32), "syncd", "http://127.0.0.1:9");')
        + """
        for (const { id } of Syncd.keys.list()) {
          Syncd.keys.revoke(id);
        }
        await Syncd.keys.add("ab".repeat(32), "syncd on <b>here</b>", "http://127.0.0.1:9");
        const window = await z.open("preferences.xhtml");
        const pane = await z.showPanes(window);
        const row = await z.until(() => pane.querySelector("li"));
        await z.until(() => pane.querySelector("#syncd-facts > *"));
        await window.document.l10n.translateFragment(pane);
        const text = pane.innerText;
        const label = row.querySelector("button").getAttribute("aria-label");
        const boxes = [...row.children].map((one) => one.getBoundingClientRect());
        const apart = boxes.slice(1).map((box, at) => box.left - boxes[at].right);
        row.querySelector("button").click();
        await z.until(() => !pane.querySelector("li"));
        return [text, label, apart, pane.innerText, Syncd.keys.list().length];
        """
    )
    assert ("Running, follows 2, of which one has trouble" in text) == running
    assert ("syncd is not running" in text) != running
    assert ("syncd 0.1.0, plugin 0.1.0" in text) == running
    assert "syncd on <b>here</b>" in text
    assert label == "Revoke what syncd on <b>here</b> may do"
    assert min(apart) > 5
    assert "None. To let syncd in" not in text
    assert "None. To let syncd in" in after
    assert kept == 0
