"""`syncd parse`: what syncd sees in a source, without touching a library."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncd import read
from syncd.cli.console import (
    ConfigOption,
    JsonOption,
    configuration,
    escape,
    papers_in_words,
    ports,
    said_plainly,
    show_json,
    stderr,
    stdout,
    tell,
)
from syncd.cli.output import Bar, Column, show
from syncd.messages import chained, message
from syncd.model import Paper, Profile
from syncd.text.plain import json_of

if TYPE_CHECKING:
    from syncd.sources.web import Web

FIGURES = ("field", "h_index", "paper_count", "citations", "novelty", "ai_score")
DETAILS = ("affiliations", "abstract", "score", "has_code", "url", "venue", "published_as", "identifiers")


def to_json(profile: Profile) -> dict[str, Any]:
    """Make the object that `syncd parse --json` prints; figures that the source lacks are None."""
    return {
        "profile": json_of(profile, "name", *FIGURES),
        "papers": [_paper(paper) for paper in profile.papers],
        "warnings": json_of(profile.warnings),
    }


def _paper(paper: Paper) -> dict[str, Any]:
    return {
        **json_of(paper, "title", "category", "date", "date_inferred"),
        "authors": [creator.name for creator in paper.creators],
        "authors_truncated": paper.creators_truncated,
        **json_of(paper, *DETAILS),
        "links": [json_of(link, "url", "kind") for link in paper.links],
    }


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
        with _web(source, config) as web:
            snapshots = read.fetch(source, captured=captured.date() if captured else None, web=web)
        profiles = []
        with Bar(stderr(), quiet=False) as bar:
            for snapshot in snapshots:
                with read.watching(bar.stage, snapshot):
                    profiles.append(read.parse(snapshot, form))
        if as_json:
            values = [to_json(profile) for profile in profiles]
            show_json(values[0] if len(values) == 1 else values)
            return
        for snapshot, profile in zip(snapshots, profiles, strict=True):
            show_profile(profile, snapshot.origin)


def _web(source: str, config: Path | None) -> AbstractContextManager[Web | None]:
    """Return a session with web servers, as the configuration wants it; a file needs neither."""
    if not read.is_online(source) and config is None:
        return nullcontext()
    from syncd.engine.gather import web_of  # noqa: PLC0415 - the engine imports an HTTP client

    return web_of(configuration(config), ports())


def show_profile(profile: Profile, origin: str) -> None:
    """Print what a page holds."""
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
    console = stdout()
    console.print(
        f"[bold]{escape(profile.name)}[/]" + (f" · {escape(known)}" if known else ""), soft_wrap=True
    )
    columns = (Column("date"), Column("field"), Column("paper", 1))
    show(console, columns, [_row(paper) for paper in profile.papers])
    many = len(profile.papers)
    inferred = any(paper.date_inferred for paper in profile.papers)
    tell(chained([papers_in_words(many), *([message("dates-inferred")] if inferred else ())]))


def _row(paper: Paper) -> tuple[str, ...]:
    """Return a paper's date and field, and the rest of it below each other: title, authors, identifiers and links."""
    authors = ", ".join(creator.name for creator in paper.creators)
    ids = (("doi", paper.identifiers.doi), ("arXiv", paper.identifiers.arxiv))
    links = [f"{name}:{value}" for name, value in ids if value]
    links += [f"{link.kind}: {link.name}" for link in paper.links] or ["code"] * paper.has_code
    lines = (
        f"[bold]{escape(paper.title)}[/]",
        escape(authors + (" et al." if paper.creators_truncated else "")),
        f"[dim]{escape(' · '.join(links))}[/]" if links else "",
    )
    date = (paper.date or "") + ("*" if paper.date_inferred else "")
    return date, escape(paper.category or ""), "\n".join(line for line in lines if line)
