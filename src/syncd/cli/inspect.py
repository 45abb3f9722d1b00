"""`syncd parse`: what syncd sees in a source, without touching a library."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from syncd.cli.console import (
    ConfigOption,
    JsonOption,
    configuration,
    ports,
    said_plainly,
    stderr,
    stdout,
)

if TYPE_CHECKING:
    from syncd.model import Paper, Profile


def parse(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="A page: a path or an address.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
    form: Annotated[str, typer.Option("--format", metavar="NAME", help="The page's format.")] = "auto",
    captured: Annotated[
        datetime | None,
        typer.Option(
            metavar="DAY", formats=["%Y-%m-%d"], help="When the page was saved: years are inferred from it."
        ),
    ] = None,
) -> None:
    """Show what syncd sees in a source; touch no library."""
    with said_plainly():
        from syncd import parse as parsing  # noqa: PLC0415 - imported where it is used
        from syncd.cli.progress import Bar  # noqa: PLC0415 - imports rich
        from syncd.intake import watching, web_of  # noqa: PLC0415 - heavy
        from syncd.parse.as_json import to_json  # noqa: PLC0415
        from syncd.sources import fetch  # noqa: PLC0415

        with web_of(configuration(config), ports()) as web:
            snapshots = fetch(source, captured=captured.date() if captured else None, web=web)
        profiles = []
        with Bar(stderr(), quiet=False) as bar:
            for snapshot in snapshots:
                with watching(bar, snapshot):
                    profiles.append(parsing.parse(snapshot, form))
        if as_json:
            values = [to_json(profile) for profile in profiles]
            typer.echo(json.dumps(values[0] if len(values) == 1 else values, ensure_ascii=False, indent=1))
            return
        for snapshot, profile in zip(snapshots, profiles, strict=True):
            show_profile(profile, snapshot.origin)


def show_profile(profile: Profile, origin: str) -> None:
    """Print what a page holds."""
    from rich.markup import escape  # noqa: PLC0415 - `--help` does without
    from rich.table import Table  # noqa: PLC0415

    for notice in profile.warnings:
        stderr().print(f"[yellow]warning:[/] {escape(origin)}: {escape(notice.message)}", soft_wrap=True)
    figures = (
        ("main field", profile.field),
        ("h-index", profile.h_index),
        ("papers", profile.paper_count),
        ("citations", f"{profile.citations:,}" if profile.citations is not None else None),
        ("novelty", f"{profile.novelty}%" if profile.novelty is not None else None),
        ("AI score", profile.ai_score),
    )
    known = ", ".join(f"{name} {value}" for name, value in figures if value is not None)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("date", no_wrap=True)
    table.add_column("field", no_wrap=True)
    table.add_column("title", ratio=3, overflow="fold")
    table.add_column("authors", ratio=2, overflow="fold")
    table.add_column("links", ratio=2, overflow="fold")
    for paper in profile.papers:
        table.add_row(*(escape(text) for text in _row(paper)))
    console = stdout()
    console.print(f"[bold]{escape(profile.name)}[/] · {escape(known)}", soft_wrap=True)
    console.print(table)
    console.print(f"{len(profile.papers)} papers; a date with * had no year on the page")


def _row(paper: Paper) -> tuple[str, ...]:
    date = (paper.date or "") + ("*" if paper.date_inferred else "")
    authors = ", ".join(creator.name for creator in paper.creators)
    return (
        date,
        paper.category or "",
        paper.title,
        authors + (" et al." if paper.creators_truncated else ""),
        "\n".join(f"{link.kind}: {link.name}" for link in paper.links) or ("code" if paper.has_code else ""),
    )
