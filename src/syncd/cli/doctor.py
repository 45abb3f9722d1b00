"""`syncd doctor`: what is right, what is not, and what mends it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncd.cli.config import scene
from syncd.cli.console import (
    ConfigOption,
    Exit,
    JsonOption,
    escape,
    said_plainly,
    show_json,
    stderr,
    stdout,
    tell,
)
from syncd.cli.service import own_command
from syncd.doctor.examine import examine
from syncd.doctor.finding import Finding, Scene
from syncd.messages import message
from syncd.text.plain import json_of

if TYPE_CHECKING:
    from rich.console import Console

COLOURS = {"ok": "green", "warning": "yellow", "failure": "red"}


def doctor(
    config: ConfigOption = None,
    as_json: JsonOption = False,
    fix: Annotated[bool, typer.Option("--fix", help="Mend what is safe to mend.")] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Ask no other computer.")] = False,
) -> None:
    """Look at everything that can be wrong, and say what mends it."""
    with said_plainly():
        command = own_command(sys.argv[0], sys.executable)
        seen = scene(config, command, offline=offline)
        findings: list[Finding] = []
        for finding in _examined(seen, fix=fix):
            findings.append(finding)
            if not as_json:
                _show(finding, stdout())
        code = _code(findings, seen)
        if as_json:
            show_json(_json(findings, code))
        else:
            _sum_up(findings, fix=fix)
        raise typer.Exit(code)


def _examined(seen: Scene, *, fix: bool) -> Iterator[Finding]:
    console = stderr()
    if not console.is_terminal:
        yield from examine(seen, fix=fix)
        return
    # Some checks wait for a server: say for which.
    with console.status("looking") as status:

        def tell(name: str) -> None:
            status.update(message("looking-at-check", check=name))
            status.start()

        for finding in examine(seen, fix=fix, tell=tell):
            # What is printed now must not stand behind it on its line.
            status.stop()
            yield finding


def _code(findings: list[Finding], seen: Scene) -> Exit:
    if seen.problems:
        return Exit.USAGE
    return Exit.ERROR if any(finding.level == "failure" for finding in findings) else Exit.DONE


def _show(finding: Finding, out: Console) -> None:
    colour = COLOURS[finding.level]
    words = f"[bold]{escape(finding.name)}[/]: {escape(finding.words)}"
    out.print(f"[{colour}]{finding.level:<8}[/] {words}", soft_wrap=True)
    if finding.mend:
        out.print(f"         [dim]→[/] {escape(finding.mend)}", soft_wrap=True)


def _sum_up(findings: list[Finding], *, fix: bool) -> None:
    levels = [finding.level for finding in findings]
    failures, warnings = levels.count("failure"), levels.count("warning")
    if not failures and not warnings:
        words = message("all-is-well")
    else:
        words = message(
            "failures-and-warnings",
            failures=message("number-failures", count=failures),
            warnings=message("number-warnings", count=warnings),
        )
    safe = sum(finding.repair is not None and finding.level != "ok" for finding in findings)
    if safe and not fix:
        words = message("one-and-another", one=words, another=message("mendable", count=safe))
    tell(words)


def _json(findings: list[Finding], code: Exit) -> dict[str, Any]:
    return {
        "checks": [
            {
                **json_of(finding, "name", "level"),
                "message": finding.words,
                "mend": finding.mend or None,
                "fixable": finding.repair is not None,
            }
            for finding in findings
        ],
        "exit_code": int(code),
    }
