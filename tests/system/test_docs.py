"""The documentation names every command and every option."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from syncd.cli.console import Exit
from syncd.cli.main import app

DOCS = Path(__file__).parent.parent.parent / "docs"
UNIVERSAL = {"--help", "-h", "--config", "--data-dir", "--library"}


def commands() -> dict[str, set[str]]:
    """Return every command with its options."""
    found: dict[str, set[str]] = {}

    def walk(command: object, name: str) -> None:
        inner = getattr(command, "commands", None)
        if inner:
            for word, child in inner.items():
                walk(child, f"{name} {word}")
        else:
            options = {o for p in command.params for o in p.opts if o.startswith("-")}  # type: ignore[attr-defined]
            found[name] = options - UNIVERSAL

    walk(typer.main.get_command(app), "syncd")
    return found


@pytest.mark.parametrize(("command", "options"), commands().items())
def test_every_command_and_option_is_documented(command: str, options: set[str]) -> None:
    """A section a command, which mentions each of its options."""
    sections = re.split(r"^## ", (DOCS / "commands.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    (section,) = [text for text in sections if re.match(re.escape(command) + r"(?=[ \n])", text)]
    missing = {option for option in options if f"{option}`" not in section and f"{option} " not in section}
    assert not missing


def test_every_exit_code_is_documented() -> None:
    """Scripts find them all in one place."""
    text = (DOCS / "exit-codes.md").read_text(encoding="utf-8")
    assert all(f"| {int(code)} |" in text for code in Exit)
