"""`syncd follow` and `syncd unfollow`: who is followed, written into the configuration."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from syncd import read, services
from syncd.cli import output
from syncd.cli.console import (
    CollectionOption,
    ConfigOption,
    ScheduleOption,
    escape,
    papers_in_words,
    ports,
    said_plainly,
    stdout,
    tell,
    to_be_edited,
)
from syncd.cli.output import Column
from syncd.cli.people import follow_list
from syncd.config import Config, edit
from syncd.daemon.ask import ask
from syncd.engine.forget import forget as forget_person
from syncd.engine.gather import apis_of, web_of
from syncd.errors import ConfigError, SourceError, SyncdError
from syncd.messages import message
from syncd.model import Profile
from syncd.read import fetch
from syncd.services import Api, search
from syncd.services.base import FoundAuthor
from syncd.sources import file
from syncd.sources.web import Web


def follow(
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="SOURCE|NAME", help="A page, an author at a service, or a name to search for."
        ),
    ] = None,
    people: Annotated[
        Path | None,
        typer.Option("--list", metavar="FILE", help="Follow the people of a list, a CSV file."),
    ] = None,
    config: ConfigOption = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="What to call the profile.")
    ] = None,
    library: Annotated[
        str | None, typer.Option("--library", metavar="NAME", help="The library to push to.")
    ] = None,
    collection: CollectionOption = None,
    schedule: ScheduleOption = None,
) -> None:
    """Follow an author: add a profile to the configuration."""
    with said_plainly():
        if (source is None) == (people is None):
            raise ConfigError([message("source-or-list")])
        place, settings = to_be_edited(config)
        wanted = {"library": library, "collection": collection, "schedule": schedule}
        given = {setting: value for setting, value in wanted.items() if value is not None}
        if people is not None:
            follow_list(people, place, settings, name, given)
            return
        chosen, profile = looked_up(source or "", settings)
        given = {"source": as_written(chosen, place)} | given
        called = edit.follow(
            place, os.environ, name or edit.slug(profile.name), given, exact=name is not None
        )
        papers = papers_in_words(len(profile.papers))
        tell(
            message(
                "is-followed", author=profile.name, profile=repr(called), papers=papers, name=quote(called)
            )
        )


def unfollow(
    profile: Annotated[str, typer.Argument(metavar="PROFILE|SOURCE", help="The profile to give up.")],
    config: ConfigOption = None,
    forget: Annotated[
        bool, typer.Option("--forget", help="Forget what is kept about the person, too; items stay.")
    ] = False,
) -> None:
    """Follow an author no longer. What came from there stays in Zotero."""
    with said_plainly():
        place = edit.config_file(config, os.environ)
        followed = None
        try:
            followed = edit.unfollow(place, os.environ, profile)
        except ConfigError:
            # Whoever was given up before can still be forgotten.
            if not forget or profile in to_be_edited(config)[1].profiles:
                raise
        if followed:
            tell(message("is-followed-no-longer", profile=repr(followed)))
        if forget:
            _forget(followed or profile, config, followed=followed is not None)


def _forget(profile: str, config: Path | None, *, followed: bool) -> None:
    """Forget a profile, after a daemon that runs has given it up: it would learn all of it again."""
    _, settings = to_be_edited(config)
    world = ports(settings=settings)
    ask(world.data.control, "reload")
    if not forget_person(profile, settings.libraries.values(), world) and not followed:
        raise SyncdError(message("nothing-kept-about", profile=repr(profile)))
    tell(message("is-forgotten", profile=repr(profile)))


def looked_up(source: str, settings: Config) -> tuple[str, Profile]:
    """Read the source, or search for the name first and let the user choose.

    Returns:
        the source, and the profile that it is now.
    """
    with web_of(settings, ports()) as web:
        apis = apis_of(settings, os.environ)
        if not _is_source(source):
            source = _chosen(source, web, apis).source
        snapshot, *others = fetch(source, web=web, apis=apis)
        if others:
            raise ConfigError(
                [message("source-several-pages", source=source)],
                hint=message("follow-each-page"),
            )
        return source, read.parse(snapshot)


def _is_source(text: str) -> bool:
    return "://" in text or services.recognise(text) is not None or file.looks_like_file(text)


def as_written(source: str, place: Path) -> str:
    """Return a source as it stands in the file: a path relative to it where that leads downwards, else whole."""
    path = Path(source).expanduser()
    if "://" in source or not path.exists():
        return source
    whole = path.resolve()
    folder = place.resolve().parent
    return str(whole.relative_to(folder)) if whole.is_relative_to(folder) else str(whole)


def _chosen(name: str, web: Web, apis: Mapping[str, Api]) -> FoundAuthor:
    tell(message("searching", name=repr(name)), err=True)
    failures: list[SourceError] = []
    found = search(name, web, apis=apis, failures=failures)
    for failure in failures:
        tell(message("not-searched-warning", reason=failure), err=True)
    if not found:
        raise ConfigError(
            [message("no-author-found", name=repr(name))],
            hint=message("paste-author-page"),
        )
    columns = (
        Column(""),
        Column("name", 2),
        Column("service", 2),
        Column("works at", 3),
        Column("field", 2),
        Column("papers"),
        Column("follow with"),
    )
    rows = []
    for number, author in enumerate(found, start=1):
        facts = (author.name, author.service, author.affiliation, author.field, author.papers, author.source)
        rows.append((str(number), *("" if fact is None else escape(str(fact)) for fact in facts)))
    output.show(stdout(), columns, rows)
    if not sys.stdin.isatty():
        raise ConfigError(
            [
                message(
                    "nobody-to-choose-author",
                    name=repr(name),
                    count=len(found),
                )
            ],
            hint=message("follow-one-author", source=quote(found[0].source)),
        )
    choice: int = typer.prompt("Which one", type=int)
    while not 1 <= choice <= len(found):
        choice = typer.prompt(f"A number from 1 to {len(found)}", type=int)
    return found[choice - 1]
