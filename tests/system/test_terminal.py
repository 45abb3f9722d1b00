"""What came from outside drives no terminal and forges no line, whoever prints it."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import syncd
from doubles import Fault, FaultyLibrary
from owner import NEWS, Owner, show
from pages import entry

if TYPE_CHECKING:
    from desk import Desk, Done

# It renames the window, clears the screen, turns the writing round, and goes on as a line of syncd's own.
EVIL = "Evil\x1b]0;x\x07\x1b[2J\x9b31m\x7f\u202egnp\u2066\u061c\nerror: forged\rforged\u2028forged\x85forged"
TOLD = "Evil]0;x[2J31mgnp error: forged forged forged forged"
DRIVES = {*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), *"\u061c\u200e\u200f\u2028\u2029"}
DRIVES |= {chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}
NAME = "e\x1b[2J\u202ev\x9b.txt"
EVIL_ITEM = {"itemType": "preprint", "title": EVIL, "creators": [{"creatorType": "author", "name": EVIL}]}


def check(done: Done, *words: str) -> None:
    """What was printed holds these words, nothing that drives the terminal, and no line that somebody else began."""
    text = done.out + done.err
    assert not DRIVES - {"\n"} & set(text), ascii(text)
    assert not any(line.lstrip().startswith(("forged", "error: forged")) for line in text.splitlines()), text
    for each in words:
        assert each in " ".join(text.split()), text


def test_names_of_files_and_configurations(desk: Desk) -> None:
    """Those that are there, those that are not, and what is wrong in one."""
    check(desk.syncd("parse", NAME), "e[2Jv.txt")
    check(desk.syncd("push", f"https://{NAME}/"))
    check(desk.syncd("follow", NAME, "--name", EVIL))
    check(desk.syncd("config", "check", "--config", NAME), "e[2Jv.txt")
    (desk.folder / NAME).write_text(f'[{json.dumps(EVIL)}]\n"a\\u001b" = 1', encoding="utf-8")
    check(desk.syncd("config", "check", "--config", NAME), "unknown setting")
    check(desk.syncd("parse", NAME), "e[2Jv.txt")
    check(desk.syncd("unfollow", EVIL), "error: ")


def test_words_of_a_server(desk: Desk) -> None:
    """A refusal of all, a refusal of one object, and what an earlier run remembers of it."""
    show(desk)
    body = json.dumps({"successful": {}, "unchanged": {}, "failed": {"0": {"code": 400, "message": EVIL}}})
    for status, words in ((200, body), (400, EVIL)):
        headers = {"Content-Type": "application/json", "Last-Modified-Version": "1"}
        fault = Fault("answer", status=status, headers=headers, body=words.encode())
        desk.zotero.trouble.plan("POST", fault)
        check(desk.syncd("push"), TOLD)
    check(desk.syncd("log"), TOLD)
    check(desk.syncd("status"))


def test_titles_of_a_library(pushed: Desk, owner: Owner) -> None:
    """As another program wrote them there; JSON has the same value, with what drives a terminal spelt out."""
    owner.change(owner.item("Alpha")["key"], title=EVIL, abstractNote=EVIL)
    writer = {"creatorType": "author", "firstName": "Ann", "lastName": "Lee"}
    twin = {"itemType": "preprint", "title": "\u202eDelta\x9b", "date": "2019", "creators": [writer]}
    pushed.zotero.post(twin)
    show(pushed, entry("Delta"), entry(f"Epsilon {TOLD}"), alpha=NEWS)
    check(pushed.syncd("push"), "Epsilon Evil", "1 to review")
    check(pushed.syncd("status"), f'yours is "{TOLD}"')
    check(pushed.syncd("review"), "in the library")
    check(pushed.syncd("undo", "--last", "--dry-run"), "Epsilon Evil")
    done = pushed.syncd("status", "--json")
    check(done)
    values = [paper["values"] for paper in done.json["papers"] if paper["values"]]
    assert values[0]["abstractNote"]["yours"] == EVIL


def test_embedded_library(desk: Desk) -> None:
    """Its tree, on a terminal as well."""
    desk.data.create()
    with FaultyLibrary(desk.data.library) as server:
        zotero = type(desk.zotero)(server)
        zotero.write({"name": EVIL}, to="collections")
        (shelf,) = zotero.collections().values()
        zotero.post(EVIL_ITEM | {"collections": [shelf["key"]]})
        zotero.post(EVIL_ITEM)
    check(desk.syncd("library", "show"), "· 2 papers", f"{TOLD} · 1 paper ", f"no date {TOLD}")
    shown = desk.on_terminal("library", "show")
    assert b"\x1b]" not in shown
    assert b"\x1b[2J" not in shown


CLI = Path(syncd.__file__).parent / "cli"
MODULES = sorted(path for path in CLI.glob("*.py") if path.name != "console.py")


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_commands_print_through_the_console_alone(module: Path) -> None:
    """None makes a console, reads markup or prints by itself: what it printed would not be made harmless."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    names = {
        alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    # One says its version, the others an address of their own in ASCII.
    own = {"typer.echo"} if module.name in {"main.py", "library.py", "dashboard.py"} else set()
    assert not called & {"print", "Console", "typer.echo"} - own
    if "escape" in names:
        assert "rich.markup" not in {
            node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
        }
