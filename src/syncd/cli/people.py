"""`syncd follow --list`: the people of a list are looked up, and followed once each has an id.

What a search found is shown before anything is written. Nobody is chosen but by the user: a name alone tells no two
people apart.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from syncd.cli import output
from syncd.cli.console import Exit, escape, ports, stdout, tell
from syncd.cli.output import Column
from syncd.config import Config, edit, members
from syncd.config.load import load, read_list
from syncd.config.members import Member
from syncd.engine.gather import apis_of, keyless, web_of
from syncd.errors import ConfigError, SourceError
from syncd.messages import message
from syncd.services import search
from syncd.services.base import FoundAuthor

COLUMNS = (
    Column("line"),
    Column(""),
    Column("name", 2),
    Column("service", 2),
    Column("works at", 3),
    Column("papers"),
    Column("id"),
)


@dataclass(frozen=True, slots=True)
class Looked:
    """Somebody who was looked up.

    Attributes:
        member: as the list has them.
        found: the authors whom services know by this very name, else all that a search found.
    """

    member: Member
    found: tuple[FoundAuthor, ...]

    @property
    def is_sole(self) -> bool:
        """Whether there is just one, of this very name."""
        return len(self.found) == 1 and _is_named(self.found[0], self.member)


def follow_list(
    path: Path, place: Path, settings: Config, name: str | None, given: Mapping[str, str]
) -> None:
    """Look up the people of a list who have no id, and follow all.

    Args:
        path: the list.
        place: the configuration's file.
        settings: what it says now.
        name: what to call the list; after its file if that is not said.
        given: settings of the list.

    Raises:
        ConfigError: the list or the configuration can't be read or written.
        SourceError: no service could be searched.
        typer.Exit: somebody has no id yet, so nobody is followed.
    """
    text = read_list(path)
    people = members.read(text, whole=False)
    if people.problems:
        raise ConfigError(
            [message("at", place=f"{path}:{one.line}", words=one.words) for one in people.problems]
        )
    group = name or edit.slug(path.stem)
    whole = path.expanduser().resolve()
    there = settings.groups.get(group)
    if there and Path(there.members).resolve() != whole:
        raise ConfigError(
            [message("list-exists", path=place, name=repr(group))], hint=message("choose-another-name")
        )
    blank = [member for member in people.members if not member.source]
    if blank:
        chosen = _chosen(_looked_up(blank, settings))
        if chosen:
            edit.write_list(whole, text, members.with_ids(text, people, chosen))
            tell(message("ids-written", count=len(chosen), path=path))
        if left := [member for member in blank if member.line not in chosen]:
            lines = ", ".join(str(member.line) for member in left)
            tell(message("ids-missing", path=path, lines=lines))
            raise typer.Exit(Exit.WAITING)
    edit.change(place, os.environ, {("groups", group): {"members": str(_as_written(whole, place)), **given}})
    tell(message("list-is-followed", count=len(people.members), path=path, group=repr(group)))
    if number := keyless(load(place, os.environ)):
        tell(f"{message('openalex-key-wanted', count=number)}\n{message('get-openalex-key')}")


def _as_written(whole: Path, place: Path) -> Path:
    folder = place.resolve().parent
    return whole.relative_to(folder) if whole.is_relative_to(folder) else whole


def _looked_up(blank: Sequence[Member], settings: Config) -> list[Looked]:
    """Search the services for each of these."""
    found = []
    with web_of(settings, ports()) as web:
        apis = apis_of(settings, os.environ)
        for member in blank:
            tell(message("searching", name=repr(member.name)), err=True)
            failures: list[SourceError] = []
            authors = search(member.name, web, apis=apis, failures=failures)
            for failure in failures:
                tell(message("not-searched-warning", reason=failure), err=True)
            found.append(looked(member, authors))
    return found


def looked(member: Member, authors: Sequence[FoundAuthor]) -> Looked:
    """Return whom somebody of a list may be, of the authors that a search for the name found."""
    named = [author for author in authors if _is_named(author, member)]
    return Looked(member, tuple(named or authors))


def _is_named(author: FoundAuthor, member: Member) -> bool:
    return edit.slug(author.name) == edit.slug(member.name)


def _chosen(people: Sequence[Looked]) -> dict[int, str]:
    """Show who was found and let the user choose; return the chosen id by line."""
    rows: list[tuple[str, ...]] = []
    for one in people:
        line = str(one.member.line)
        if not one.found:
            rows.append((line, "", escape(one.member.name), message("nobody-found"), "", "", ""))
        for number, author in enumerate(one.found, start=1):
            facts = (author.name, author.service, author.affiliation, author.papers, author.source)
            cells = ("" if fact is None else escape(str(fact)) for fact in facts)
            rows.append((line, "" if one.is_sole else str(number), *cells))
    output.show(stdout(), COLUMNS, rows)
    if not sys.stdin.isatty():
        tell(message("nobody-to-choose-ids"))
        return {}
    chosen: dict[int, str] = {}
    sole = [one for one in people if one.is_sole]
    if sole and typer.confirm(f"Are the {len(sole)} without a number right?"):
        chosen = {one.member.line: one.found[0].source for one in sole}
    for one in people:
        if one.found and one.member.line not in chosen:
            most = len(one.found)
            question = f"Who is {one.member.name} (line {one.member.line})? 1 to {most}, 0 for none of them"
            while not 0 <= (number := typer.prompt(question, type=int, default=0)) <= most:
                pass
            if number:
                chosen[one.member.line] = one.found[number - 1].source
    return chosen
