"""The plugin and syncd in a real Zotero, from installing to removing: `make zotero ZOTERO=…`.

Each test goes on where the one before it ended.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import zipfile
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from zotero_client import Zotero, zipped

from background import until
from pages import entry, page
from syncd.plugin.build import xpi

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[2] / "config" / "profiles" / "pengcheng-he.txt"
CONFIG = """
[control]
port = {port}

[libraries.main]
type = "desktop"
endpoint = "{url}"
key = {{ file = "main.key" }}

[profiles.pengcheng-he]
source = "pengcheng-he.txt"
captured = 2026-06-01
"""
SECOND = """
[profiles.ann]
source = "ann.txt"
captured = 2026-06-01
"""
# The papers of the library, by title, without what moves by itself.
PAPERS = """
    const items = await Zotero.Items.getAll(1, false, true);
    const told = {};
    for (const item of items) {
      await item.loadAllData();
      const { version, dateModified, dateAdded, key, ...data } = item.toJSON();
      told[key] = data;
    }
    return told;
"""
STATE = """
    const logins = await Services.logins.searchLoginsAsync({ origin: "chrome://syncd" });
    const branch = Services.prefs.getBranch("extensions.syncd.");
    return {
      logins: logins.length,
      preferences: branch.getChildList("").filter((name) => branch.prefHasUserValue(name)),
      files: await IOUtils.exists(PathUtils.join(Zotero.Profile.dir, "syncd")),
      endpoints: Object.keys(Zotero.Server.Endpoints).filter((path) => path.startsWith("/syncd/")),
    };
"""
NOTHING = {"logins": 0, "preferences": [], "files": False, "endpoints": []}
Json = dict[str, Any]


class World:
    """A Zotero, and a user's folder of syncd beside it."""

    def __init__(self, zotero: Zotero, folder: Path) -> None:
        self.zotero = zotero
        self.folder = folder
        folder.mkdir()
        shutil.copy(PAGE, folder)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self.configure()

    def configure(self, more: str = "") -> None:
        """Write the configuration."""
        text = CONFIG.format(port=self._port, url=self.zotero.url) + more
        (self.folder / "config.toml").write_text(text, encoding="utf-8")

    def process(self, *words: str) -> subprocess.Popen[str]:
        """Start a command."""
        pipe = subprocess.PIPE
        return subprocess.Popen(
            [sys.executable, "-m", "syncd", *words],
            stdin=pipe,
            stdout=pipe,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.folder,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.folder),
                "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
                "SYNCD_CONFIG": str(self.folder / "config.toml"),
                "SYNCD_DATA_DIR": str(self.folder / "data"),
            },
        )

    def syncd(self, *words: str, answer: str = "") -> str:
        """Run a command that succeeds, and return what it says."""
        process = self.process(*words)
        said, _ = process.communicate(answer, timeout=120)
        assert process.returncode == 0, said
        return said

    def papers(self) -> Json:
        """Return all items by key."""
        found: Json = self.zotero.run(PAPERS)
        return found

    def state(self) -> Json:
        """Return what the plugin has in Zotero."""
        found: Json = self.zotero.run(STATE)
        return found


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Start a Zotero in which nothing is."""
    folder = tmp_path_factory.mktemp("zotero")
    with Zotero(Path(os.environ["ZOTERO"]).resolve(), folder / "client") as zotero:
        yield World(zotero, folder / "desk")


def regular(papers: Json) -> Json:
    """Leave out what hangs on a paper, and what is in the trash."""
    return {key: data for key, data in papers.items() if "parentItem" not in data and not data.get("deleted")}


def test_it_is_installed_and_says_nothing(world: World) -> None:
    """Zotero finds nothing wrong with it."""
    world.zotero.install(xpi())
    state = world.state()
    assert "/syncd/v1/push" in state["endpoints"]
    assert state["logins"] == 0
    assert world.zotero.complaints() == []


def test_it_is_paired_by_a_user_who_compares_the_codes(world: World) -> None:
    """`syncd login` and the question in Zotero show the same."""
    shown: list[str] = []

    def allow() -> None:
        shown.append(
            world.zotero.run("""
                const isIt = ({ document }) =>
                  document.documentURI.includes("commonDialog") && document.readyState === "complete";
                const { document } = await until(() => [...Services.wm.getEnumerator(null)].find(isIt));
                const dialog = document.querySelector("dialog");
                const text = dialog.textContent;
                // On a display without a window manager nothing has the focus, for which the button waits.
                dialog.getButton("accept").disabled = false;
                dialog.getButton("accept").click();
                return text;
            """)
        )

    user = Thread(target=allow)
    user.start()
    said = world.syncd("login", "main", answer="y\n")
    user.join()
    code = re.search(r"\d{3} \d{3}", said)
    assert code
    assert code[0] in shown[0]
    assert world.state()["logins"] == 1
    assert world.zotero.run("return syncd().daemon.paired;")


def test_the_real_page_arrives_and_the_selection_stays(world: World) -> None:
    """A second push writes nothing."""
    selected = world.zotero.run(
        "return pane.getCollectionTreeRows?.()[0]?.id ?? pane.getCollectionTreeRow().id;"
    )
    world.syncd("push")
    papers = regular(world.papers())
    assert len(papers) == 50
    assert (
        world.zotero.run("return pane.getCollectionTreeRows?.()[0]?.id ?? pane.getCollectionTreeRow().id;")
        == selected
    )
    before = world.papers()
    assert "nothing" in world.syncd("push").lower()
    assert world.papers() == before


# Each of the acts that a user has for a paper: its code sees the paper as `item`.
ACTS = {
    "edits the title": 'item.setField("title", "My own title"); await item.saveTx();',
    "empties the abstract": 'item.setField("abstractNote", ""); await item.saveTx();',
    "takes an author out": "item.setCreators(item.getCreators().slice(1)); await item.saveTx();",
    "takes the tags off": "item.setTags([]); await item.saveTx();",
    "tags it": 'item.addTag("mine"); await item.saveTx();',
    "moves it to the trash": "await Zotero.Items.trashTx([item.id]);",
    "moves it to the trash and back": """
        await Zotero.Items.trashTx([item.id]);
        item.deleted = false;
        await item.saveTx();
    """,
    "empties the trash": "await Zotero.Items.trashTx([item.id]); await item.eraseTx();",
    "takes it out of the collection": "item.setCollections([]); await item.saveTx();",
    "files it elsewhere": """
        const shelf = new Zotero.Collection({ libraryID: 1, name: "My shelf" });
        await shelf.saveTx();
        item.setCollections([shelf.id]);
        await item.saveTx();
    """,
    "changes its type": """
        item.setType(Zotero.ItemTypes.getID(item.itemType === "report" ? "book" : "report"));
        await item.saveTx();
    """,
    "merges it into an own item": """
        const own = item.clone(1, { skipTags: true });
        own.setCollections([]);
        await own.saveTx();
        await Zotero.Items.merge(own, [item]);
    """,
    "merges an own item into it": """
        const own = item.clone(1, { skipTags: true });
        own.setCollections([]);
        await own.saveTx();
        await Zotero.Items.merge(item, [own]);
    """,
    "adds a note": """
        const note = new Zotero.Item("note");
        note.libraryID = 1;
        note.parentID = item.id;
        note.setNote("mine");
        await note.saveTx();
    """,
    "deletes its links": "for (const id of item.getAttachments()) { await Zotero.Items.get(id).eraseTx(); }",
}


def test_what_the_user_did_stays_so(world: World) -> None:
    """Each act is done to a paper of its own, and to the collection; the next pushes change nothing of it."""
    linked = world.zotero.run("""
        const items = (await Zotero.Items.getAll(1, true, false)).filter((each) => each.isRegularItem());
        return items.filter((each) => each.getAttachments().length).map((each) => each.key).sort();
    """)
    others = [key for key in sorted(regular(world.papers())) if key not in linked]
    for number, (act, code) in enumerate(ACTS.items()):
        key = linked[0] if "links" in act and linked else others[number]
        world.zotero.run(f"const item = Zotero.Items.getByLibraryAndKey(1, words[0]);\n{code}", key)
    world.zotero.run("""
        const [collection] = Zotero.Collections.getByLibrary(1).filter((each) => each.name !== "My shelf");
        const parent = new Zotero.Collection({ libraryID: 1, name: "People" });
        await parent.saveTx();
        collection.name = "Renamed";
        collection.parentID = parent.id;
        await collection.saveTx();
    """)
    before = world.papers()
    for _ in range(2):
        world.syncd("push")
        assert world.papers() == before
    world.zotero.run("await Zotero.Tags.removeAutomaticFromLibrary(1);")
    before = world.papers()
    world.syncd("push")
    assert world.papers() == before


def test_what_comes_is_undone(world: World) -> None:
    """A paper of another profile comes, and goes into the trash with the run."""
    (world.folder / "ann.txt").write_text(page(entry("A paper of Ann's"), name="Ann Lee"), encoding="utf-8")
    world.configure(SECOND)
    before = world.papers()
    world.syncd("push", "ann")
    brought = world.papers()
    came = brought.keys() - before.keys()
    assert "A paper of Ann's" in [brought[key]["title"] for key in came]
    world.syncd("undo", "--last", "--yes")
    after = world.papers()
    # What hangs on a paper goes with it and has no mark of its own.
    assert [key for key in came if after[key].get("deleted")] == [
        key for key in came if key in regular(brought)
    ]
    assert {key: data for key, data in after.items() if key not in came} == before


def test_a_restart_and_an_upgrade_keep_pairing_memory_and_widths(world: World) -> None:
    """Nothing has to be said or read again."""
    about = """
        const { changes, keys, daemon } = syncd();
        return [await changes.serverIds(), (await changes.since(1, 0)).version, keys.list(), daemon.paired];
    """
    width = """
        const find = () => pane.itemsView.tree._columns.getAsArray().find((each) => each.dataKey.endsWith("-score"));
        await until(() => pane.itemsView?.tree && find());
        if (words.length) {
          const columns = pane.itemsView.tree._columns;
          columns.toggleHidden(columns.getAsArray().indexOf(find()));
          await until(() => !find().hidden);
          pane.itemsView.tree._columns.onResize({ [find().dataKey]: words[0] }, true);
          // Zotero writes it a moment later.
          await new Promise((resolve) => setTimeout(resolve, 2000));
        }
        return [find().hidden ?? false, Math.round(parseFloat(find().width))];
    """
    before = world.zotero.run(about)
    assert world.zotero.run(width, 97) == [False, 97]
    world.zotero.restart()
    until(lambda: world.zotero.run("return Boolean(Zotero.Syncd);"))
    assert world.zotero.run(about) == before
    assert world.zotero.run(width) == [False, 97]
    with zipfile.ZipFile(io.BytesIO(xpi())) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(files["manifest.json"]) | {"version": "99.0"}
    world.zotero.install(zipped(files | {"manifest.json": json.dumps(manifest).encode()}))
    until(lambda: world.zotero.run("return syncd().version;") == "99.0")
    assert world.zotero.run(about) == before
    assert world.zotero.run(width) == [False, 97]
    before = world.papers()
    world.syncd("push", "pengcheng-he")
    assert world.papers() == before


def test_the_plugin_follows_the_daemon(world: World) -> None:
    """It hears of the daemon's coming, of what happens there, and of its end; the columns have what it knows."""
    with world.process("run") as daemon:
        try:
            until(
                lambda: world.zotero.run(
                    "return syncd().daemon.status({ fresh: true }).then(Boolean, () => false);"
                )
            )
            until(lambda: world.zotero.run("return syncd().events.running === true;"))
            known = world.zotero.run(
                "return Object.keys((await syncd().daemon.known('users/0')).items).length;"
            )
            assert known == len(regular(world.papers()))
            world.zotero.run("""
                globalThis.syncd = syncd();
                Zotero.heard = [];
                const hear = (events) => Zotero.heard.push(...events.map(({ name }) => name));
                Zotero.stopHearing = syncd.daemon.onChange(hear);
                await syncd.daemon.pause();
            """)
            until(lambda: "paused" in world.zotero.run("return Zotero.heard;"))
        finally:
            daemon.terminate()
            daemon.communicate(timeout=60)
    until(lambda: "gone" in world.zotero.run("return Zotero.heard;"))
    world.zotero.run("Zotero.stopHearing(); delete Zotero.heard; delete Zotero.stopHearing;")


def test_a_removal_that_is_undone_keeps_the_pairing_and_one_that_is_not_leaves_nothing(world: World) -> None:
    """The items stay as they are."""
    papers, before = world.papers(), world.state()
    remove = """
        const addon = await AddonManager.getAddonByID("syncd@zotero");
        await addon.uninstall(true);
        await until(() => !Zotero.Server.Endpoints["/syncd/v1/ping"]);
    """
    world.zotero.run(f"{remove} await addon.cancelUninstall(); await until(() => Zotero.Syncd);")
    until(lambda: world.state() == before)
    world.zotero.run(f"{remove} await addon.uninstall();")
    until(lambda: world.state() == NOTHING)
    assert world.papers() == papers
    left = world.zotero.run("""
        const named = ["id", "class", "data-l10n-id", "href"].map((name) => `[${name}*=syncd]`).join();
        return [...window.document.querySelectorAll(named)]
          .map((each) => each.outerHTML.slice(0, 200));
    """)
    assert left == []


def test_the_console_is_empty(world: World) -> None:
    """Of all of it, Zotero logged no error."""
    assert world.zotero.complaints() == []
