"""What the reader sees of the plugin, in the Gecko that Zotero has: that it is there, in words, and goes again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from syncd.figures import Figure, svg
from syncd.handshake import Half
from syncd.plugin.build import PAGES_FILE, source

if TYPE_CHECKING:
    from windows import Client

pytest_plugins = ("windows",)
HERE = Path(__file__).parent
YEARS = svg(Figure("years", "Papers by Year", "bars", (("2024", 3), ("2025", 5))))
KNOWN = """
    const SVG = `DRAWN`;
    Syncd.daemon.items = async () => ({ items: { AAAA2222: {
      score: 92.5, affiliations: ["apple-ml"], reason: "Listed on Ann's page.", kept: ["abstractNote"],
      links: [{ url: "https://github.com/o/r", kind: "code" }],
      profiles: [{ name: "ann", author: "Ann Author", since: "2026-06-01" }],
      changed: [{ when: "2026-07-01T10:00:00Z", fields: ["title", "tags"] }],
    } } });
    Syncd.daemon.status = async () => ({
      libraries: [{ library: "main", profiles: [{ name: "ann", author: "Ann Author" }] }],
      reviews: 2, daemon: { paused: [] }, dashboard: null,
    });
    Syncd.daemon.profiles = async () => [{
      name: "ann", author: "Ann Author", collection: "CCCC2222",
      last: "2026-11-01T10:00:00Z", next: null,
    }];
    Syncd.daemon.figures = async () => ({ figures: [{ name: "h_index", svg: SVG }, { name: "x", svg: "<svg" }] });
    await Syncd.keys.add("ab".repeat(32), "syncd", "http://127.0.0.1:9");
""".replace("DRAWN", YEARS.replace("</svg>", "<script>throw 1</script><image href='x'/></svg>"))


# Words


@pytest.mark.parametrize("locale", ["en-US", "de"])
def test_every_message_can_be_said(client: Client, locale: str) -> None:
    """By Gecko's own Fluent, without a complaint; German is German."""
    names = (file.name for file in (source() / "locale" / "en-US").iterdir())
    files = [
        source() / "locale" / "en-US" / name for name in names if name.endswith(".ftl") and name != PAGES_FILE
    ]
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    ids = [line.partition(" =")[0] for line in lines if line[:1].isalpha()]
    assert len(ids) > 80
    client.close()
    client.open(locale)
    said = client.run(
        """
        const args = { kind: "code", state: "running", profiles: 2, troubled: 0, left: 0 };
        for (const name of words[1]) {
          args[name] ??= 1;
        }
        const ids = words[0].map((id) => ({ id, args }));
        const said = await d.l10n.formatMessages(ids);
        return [said.map((message, at) => [words[0][at], message]), Syncd.words.say("syncd-column-new")];
        """,
        ids,
        sorted({word.split("}")[0].split()[0] for line in lines for word in line.split("{ $")[1:]}),
    )
    messages, new = said
    assert [name for name, message in messages if message is None] == []
    assert new == {"en-US": "New", "de": "Neu"}[locale]


def test_a_language_that_the_plugin_does_not_speak_stays_zoteros_own(client: Client) -> None:
    """What Zotero says stays French, what the plugin says is English: a missing file would make all English."""
    client.close()
    client.open("fr-FR")
    own, ours = client.run(
        """
        const strings = new L10nFileSource("own", "app", ["en-US", "fr-FR"], `${words[0]}/{locale}/`);
        L10nRegistry.getInstance().registerSources([strings]);
        w.MozXULElement.insertFTLIfNeeded("zotero-own.ftl");
        return await d.l10n.formatValues(["zotero-own", "syncd-why"]);
        """,
        (HERE / "strings").as_uri(),
    )
    assert (own, ours) == ("Bibliothèque", "Why Is This Here?")


# The items list, the item pane


@pytest.mark.parametrize("first", [False, True])
def test_the_code_opens_from_whichever_column(client: Client, *, first: bool) -> None:
    """Also as the first one, of which Zotero copies what has no text of its own."""
    launched, title = client.run(
        """
        const { cell } = z.drawCell(w, "code", item, words[0]);
        d.getElementById("items").append(cell);
        await d.l10n.translateFragment(cell);
        const { x, y, width, height } = cell.querySelector("button").getBoundingClientRect();
        d.elementFromPoint(x + width / 2, y + height / 2).click();
        return [z.launched, cell.querySelector("button").title];
        """,
        first,
    )
    assert launched == ["https://github.com/o/r"]
    assert title == "Open github.com/o/r"


def test_the_section_tells_what_is_known(client: Client) -> None:
    """In words, with links that take the focus and are pressed by Enter; for another item it is hidden."""
    text, icons, launched, hidden, summary = client.run(
        KNOWN
        + """
        const section = new z.Section(w);
        section.show(item);
        await z.until(() => section.body.textContent.includes("Listed"));
        await d.l10n.translateFragment(section.element);
        const text = section.body.innerText;
        const link = section.body.querySelector('[role="link"]');
        link.focus();
        z.press(w, "Enter", 13);
        const icons = [];
        for (const part of ["header", "sidenav"]) {
          const icon = new w.Image();
          icon.src = section.options[part].icon;
          await icon.decode();
          icons.push(icon.naturalWidth, icon.naturalHeight);
        }
        section.show({ ...item, id: 6, key: "BBBB2222", getTags: () => [], getAttachments: () => [] });
        const hidden = section.element.hidden;
        section.close();
        return [text, icons, z.launched, hidden, section.element.dataset.summary];
        """
    )
    for words in (
        "Ann Author, since Jun 1, 2026",
        "92.5",
        "github.com/o/r",
        "Jul 1, 2026: Title and Tags",
        "Your Edits",
        "Abstract",
    ):
        assert words in text
    assert summary == "Ann Author · 92.5"
    assert icons == [16, 16, 20, 20]
    assert launched == ["https://github.com/o/r"]
    assert hidden


def test_a_profiles_collection_shows_its_figures(client: Client) -> None:
    """Below Zotero's own message, as the daemon draws them, in Zotero's colours; another collection shows nothing."""
    text, button, size, label, colours, other = client.run(
        KNOWN
        + """
        const head = d.querySelector(".custom-head");
        const box = d.getElementById("zotero-item-pane-message-box");
        const say = (words) => {
          const line = d.createXULElement("description");
          line.textContent = words;
          box.replaceChildren(line);
        };
        w.ZoteroPane.selected.collections = [collection];
        say("3 items in this view");
        const panel = await z.until(() => box.querySelector(".syncd-collection"));
        await d.l10n.translateFragment(panel);
        await d.l10n.translateFragment(head);
        d.documentElement.style.cssText = "color: rgb(9, 9, 9); --fill-primary: inherit; --accent-blue: rgb(1, 2, 3)";
        const drawn = panel.querySelector("svg");
        const { width, height } = drawn.getBoundingClientRect();
        const colour = (one) => w.getComputedStyle(one).fill;
        const colours = ["text", "rect"].map((name) => colour(drawn.querySelector(name)));
        const text = box.textContent;
        const button = head.querySelector("button").label;
        const { length } = panel.querySelectorAll("svg, script, image");
        w.ZoteroPane.selected.collections = [{ ...collection, key: "DDDD2222" }];
        say("nothing in this view");
        await new Promise((resolve) => w.requestAnimationFrame(() => w.setTimeout(resolve)));
        const label = drawn.getAttribute("aria-label");
        return [text, button, [length, width > 100, height > 50], label, colours, box.textContent + head.textContent];
        """
    )
    assert text.startswith("3 items in this view")
    assert "Papers by Year" in text
    assert button == "Sync This Profile"
    assert size == [1, True, True]
    assert label == "Papers by Year: 2024 3, 2025 5"
    assert colours == ["rgb(9, 9, 9)", "rgb(1, 2, 3)"]
    assert other == "nothing in this view"


def test_a_profiles_collection_is_all_within_reach_of_a_small_pane(client: Client) -> None:
    """Narrow and low, as beneath a list: it scrolls from its beginning to its end, and nothing is cut off."""
    first, last, beyond = client.run(
        KNOWN
        + """
        const pane = d.getElementById("pane");
        pane.style.cssText += "width: 300px; max-height: 180px";
        const box = d.getElementById("zotero-item-pane-message-box");
        w.ZoteroPane.selected.collections = [collection];
        const line = d.createXULElement("description");
        line.textContent = "3 items in this view";
        box.replaceChildren(line);
        const panel = await z.until(() => box.querySelector(".syncd-collection"));
        await d.l10n.translateFragment(panel);
        const { top, bottom, right } = pane.getBoundingClientRect();
        const first = line.getBoundingClientRect().top - top;
        const end = panel.lastElementChild;
        end.scrollIntoView({ block: "end" });
        const last = bottom - end.getBoundingClientRect().bottom;
        const ends = [...panel.querySelectorAll("*")].map((one) => one.getBoundingClientRect().right);
        return [first, last, Math.max(...ends) - right];
        """
    )
    assert first >= 0
    assert last >= 0
    assert beyond <= 0


# Pairing


@pytest.mark.parametrize(("how", "allowed"), [("accept", True), ("cancel", False), ("close", False)])
def test_only_allow_allows(client: Client, how: str, *, allowed: bool) -> None:
    """Closing the dialog means no, and so does Enter: the button that refuses is the default."""
    half = Half.new()
    answered, questions, begun = client.run(
        """
        z.answerNext(words[0]);
        const [, begun] = await Syncd.pairing.begin({ name: "syncd on here", api: 2, commitment: words[1] });
        const [answered] = await Syncd.pairing.ask({ pairing: begun.pairing, public: words[2] });
        return [answered, z.questions, begun];
        """,
        how,
        half.commitment,
        half.public,
    )
    agreed = half.agreed(begun["public"], asked=True)
    assert answered == (200 if allowed else 403)
    (question,) = questions
    assert question["buttons"] == ["Allow", "Don’t Allow"]
    assert question["byDefault"] == "cancel"
    assert "“syncd on here” asks to read your libraries" in question["text"]
    assert agreed
    assert agreed.code in question["text"]


# Coming and going


def test_nothing_stays_of_a_plugin_that_goes(client: Client) -> None:
    """In the window, in Zotero, in the profile; and it comes again as at first."""
    before, left, elements, again, files = client.run(
        KNOWN
        + """
        const before = z.registered();
        z.showMenu(w, "menu_ToolsPopup", "main/menubar/tools", { items: [] });
        w.ZoteroPane.selected.collections = [collection];
        d.getElementById("zotero-item-pane-message-box").append(d.createXULElement("description"));
        await z.until(() => d.querySelector(".syncd-collection"));
        Syncd.follow.open(w, ["Ann"], "users/0");
        const dialog = await z.dialog("follow");
        await plugin.call("shutdown", "ADDON_UNINSTALL");
        await z.until(() => dialog.closed);
        const left = z.registered();
        const ours = 'link[href^="syncd"], [id^="syncd"], [class*="syncd"], [data-l10n-id^="syncd"]';
        const elements = [...d.querySelectorAll(ours)].map((one) => one.outerHTML);
        await plugin.call("uninstall", "ADDON_UNINSTALL");
        const folder = PathUtils.join(z.Zotero.Profile.dir, "syncd");
        const files = [await IOUtils.exists(folder), Services.prefs.prefHasUserValue("extensions.syncd.control")];
        const next = build();
        await next.call("startup", "ADDON_INSTALL");
        const again = [z.registered(), d.querySelectorAll('link[href^="syncd"]').length, "Syncd" in z.Zotero];
        await next.call("shutdown", "ADDON_UPGRADE");
        return [before, [left, "Syncd" in z.Zotero], elements, again, files];
        """
    )
    assert len(before["columns"]) == 3
    nothing = {"columns": [], "sections": [], "menus": [], "panes": 0, "endpoints": [], "observers": []}
    assert left == [nothing, False]
    assert elements == []
    assert again[1:] == [2, True]
    assert again[0]["menus"] == before["menus"]
    assert files == [False, False]


def test_a_window_that_opens_later_gets_everything(client: Client) -> None:
    """And one that closes takes it along."""
    there, gone = client.run(
        """
        const late = await z.openMain();
        await plugin.call("onMainWindowLoad", "APP_STARTUP", { window: late });
        const ours = () => late.document.querySelectorAll('link[href^="syncd"], #syncd-style').length;
        const there = ours();
        await plugin.call("onMainWindowUnload", "APP_STARTUP", { window: late });
        return [there, ours()];
        """
    )
    assert (there, gone) == (3, 0)
