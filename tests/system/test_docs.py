"""The documentation names every command and every option."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from syncd.cli.console import Exit
from syncd.cli.main import app

DOCS = Path(__file__).parent.parent.parent / "docs"
UNIVERSAL = {"--help", "-h", "--config", "--data-dir", "--library"}


def every_command() -> dict[str, Any]:
    """Return every command as Typer has it, by its words."""
    found: dict[str, Any] = {}

    def walk(command: Any, name: str) -> None:
        if not isinstance(command, TyperGroup):
            found[name] = command
            return
        context = typer.Context(command)
        for word in command.list_commands(context):
            walk(command.get_command(context, word), f"{name} {word}")

    walk(typer.main.get_command(app), "syncd")
    return found


def commands() -> dict[str, set[str]]:
    """Return every command with its options."""
    return {
        name: {option for each in command.params for option in each.opts if option.startswith("-")}
        - UNIVERSAL
        for name, command in every_command().items()
    }


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
