"""`syncd init`: a short conversation that ends with a configuration and a look at what a push would do.

Nothing is written before the last answer. Flags stand for answers; what makes no sense is asked again.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from syncd import read
from syncd.cli.console import (
    CollectionOption,
    ConfigOption,
    EndpointOption,
    Exit,
    ScheduleOption,
    of_reports,
    papers_in_words,
    ports,
    said_plainly,
    say,
    stderr,
    stdout,
    tell,
    to_be_edited,
)
from syncd.cli.follow import as_written, looked_up
from syncd.cli.parse import show_profile
from syncd.cli.push import show_report
from syncd.config import Config, edit, load, values
from syncd.config.edit import Answers
from syncd.config.model import Enrich, default_library
from syncd.engine.gather import apis_of, web_of
from syncd.engine.run import RunOptions, run_once
from syncd.errors import ConfigError, SyncdError
from syncd.messages import message
from syncd.read import fetch
from syncd.text.plain import on_one_line

T = TypeVar("T")

TYPES = {
    "user": "your own, on zotero.org",
    "group": "a group's, on zotero.org",
    "desktop": "Zotero on this computer, through syncd's plugin",
    "embedded": "one of syncd's own: try it without an account",
}
ONLINE = ("user", "group")
# What each service is sent, so that it can complete papers; docs/enrichment.md says what comes back.
LEARNS = {
    "arxiv": "arXiv ids, or titles",
    "semanticscholar": "arXiv ids and DOIs, or titles",
    "openalex": "DOIs, and titles of papers that are not known to be published",
    "crossref": "DOIs, or titles with the first author's surname",
    "dblp": "titles of papers that are not known to be published or lack authors",
    "huggingface": "arXiv ids of papers that have code",
}
# Flags that mean nothing for a type of library.
USELESS = {"embedded": ("--id", "--key-env", "--endpoint"), "desktop": ("--id",)}


@dataclass(frozen=True, slots=True)
class Questions:
    """A conversation, or its place where there is nobody to talk to.

    Attributes:
        talks: somebody is there to be asked.
    """

    talks: bool

    def answer(
        self, words: str, flag: str, given: str | None, read: Callable[[str], T], default: str | None = None
    ) -> T:
        """Return an answer.

        Args:
            words: the question.
            flag: that stands for the answer.
            given: what the flag says, if it was given.
            read: makes sense of an answer; raises ValueError or SyncdError where there is none.
            default: the answer if nothing is said.

        Raises:
            ConfigError: nobody can be asked, and neither flag nor default says it; or the flag makes no sense.
        """
        if given is None and self.talks:
            return self._asked(words, read, default)
        chosen = default if given is None else given
        if chosen is None:
            raise ConfigError([message("option-missing", option=flag)])
        try:
            return read(chosen)
        except ValueError as error:
            raise ConfigError([message("option-wrong", option=f"{flag} {chosen!r}", problem=error)]) from None

    def _asked(self, words: str, read: Callable[[str], T], default: str | None) -> T:
        while True:
            shown = None if default is None else on_one_line(default)
            answer: str = typer.prompt(words, default=shown, show_default=bool(shown))
            try:
                return read(answer)
            except ValueError as error:
                tell("  " + message("that-is-wrong", problem=error))
            except SyncdError as error:
                say(error)


def ask_library(
    questions: Questions,
    settings: Config,
    given: str | None,
    number: int | None,
    key_env: str | None,
    endpoint: str | None,
) -> tuple[str, dict[str, Any]]:
    """Return the library's name, and what is to be written of it; of a user's own, signing in adds the rest."""
    there = settings.named_libraries
    usual = default_library(there)
    before = there[usual].type if usual else "user"
    if questions.talks and given is None:
        tell(message("where-papers-go"))
        for place, (word, words) in enumerate(TYPES.items(), start=1):
            tell(f"  {place}  {word:<9} {words}")
    kind = questions.answer("Number or word", "--library", given, _read_type, before)
    known = _known(settings, kind, usual, number)
    name = known or _free(settings, "embedded" if kind == "embedded" else "main", kind)
    identity = there[known].id if known else None
    if kind in ONLINE:
        identity = _number(questions, kind, number, identity)
    _check_flags(kind, identity, {"--id": number, "--key-env": key_env, "--endpoint": endpoint})
    table: dict[str, Any] = {"type": kind, "id": identity, "endpoint": endpoint}
    if key_env or (identity and kind in ONLINE and not known):
        table["key"] = {"env": key_env} if key_env else {"file": f"{name}.key"}
    old = there[known] if known else None
    table = {setting: value for setting, value in table.items() if value is not None}
    return name, {s: v for s, v in table.items() if old is None or s == "key" or getattr(old, s) != v}


def _check_flags(kind: str, identity: int | None, flags: Mapping[str, object]) -> None:
    """Refuse flags that would go by unnoticed."""
    given = [flag for flag, value in flags.items() if value is not None]
    if kind == "user" and identity is None and "--key-env" in given:
        raise ConfigError([message("key-env-without-id")])
    useless = [flag for flag in given if flag in USELESS.get(kind, ())]
    if useless:
        raise ConfigError([message("options-without-meaning", options=", ".join(useless), type=kind)])


def _read_type(text: str) -> str:
    words = dict(zip("1234", TYPES, strict=True))
    found = words.get(text.strip(), text.strip())
    if found not in TYPES:
        raise ValueError(message("should-be-one-of", names=", ".join(TYPES)))
    return found


def _known(settings: Config, kind: str, usual: str | None, number: int | None) -> str | None:
    """Return the library of the configuration that is meant, the usual one first."""
    there = settings.named_libraries
    same = [name for name in sorted(there, key=lambda name: name != usual) if there[name].type == kind]
    exact = [name for name in same if number is None or there[name].id == number]
    return next(iter(exact), None) or (next(iter(same), None) if kind == "user" else None)


def _free(settings: Config, *names: str) -> str:
    """Return the first name that no library of the file has."""
    taken = settings.named_libraries
    more = (f"{names[-1]}-{count}" for count in range(2, len(taken) + 3))
    return next(name for name in (*names, *more) if name not in taken)


def _number(questions: Questions, kind: str, given: int | None, before: int | None) -> int | None:
    words, default = "The group's number, as in its address", str(before) if before else None
    if kind == "user":
        words, default = "Your number at zotero.org (Enter: syncd login finds it)", str(before or "")
    return questions.answer(
        words, "--id", str(given) if given else None, lambda t: _read_id(t, kind), default
    )


def _read_id(text: str, kind: str) -> int | None:
    if not text.strip() and kind == "user":
        return None
    if not text.strip().isdecimal() or int(text) < 1:
        raise ValueError(message("should-be-group-number"))
    return int(text)


def ask_profile(
    questions: Questions, settings: Config, place: Path, given: str | None
) -> tuple[str, tuple[str, str] | None]:
    """Return the profile's name; where it is new, also its source and its author."""

    def read(text: str) -> tuple[str, tuple[str, str] | None]:
        if text in settings.profiles:
            return text, None
        source, found = looked_up(text, settings)
        tell(f"  {found.name}, {papers_in_words(len(found.papers))}")
        written = as_written(source, place)
        here = {profile.source: name for name, profile in settings.profiles.items()}
        if known := here.get(written) or here.get(str(place.absolute().parent / written)):
            return known, None
        name, count = (slug := edit.slug(found.name)), 2
        while name in settings.profiles:
            name, count = f"{slug}-{count}", count + 1
        return name, (written, found.name)

    return questions.answer(
        "Whom to follow: a page, its address, an author, or a name to search for",
        "--profile",
        given,
        read,
        next(iter(settings.profiles), None),
    )


def ask_filing(
    questions: Questions,
    settings: Config,
    name: str,
    source: tuple[str, str] | None,
    collection: str | None,
    schedule: str | None,
) -> dict[str, str]:
    """Return where and when the profile is filed, as far as that is not so already."""
    old = settings.profiles.get(name)
    usual = f"Profiles/{source[1]}" if source else (old and old.collection) or ""
    filed = questions.answer(
        "Collection to file papers in" + ("" if usual else " (Enter: Profiles/ and the author's name)"),
        "--collection",
        collection,
        lambda text: values.read_collection(text) if text else "",
        usual,
    )
    every = questions.answer(
        'How often to look again, such as "every 6 hours", "daily" or "weekly"',
        "--schedule",
        schedule,
        values.read_schedule,
        old.schedule if old else "every 6h",
    )
    return {
        setting: value
        for setting, value in (("collection", filed), ("schedule", every))
        if value and (old is None or getattr(old, setting) != value)
    }


def ask_services(questions: Questions, settings: Config, given: str | None) -> tuple[str, ...] | None:
    """Return which services may be asked to complete papers; None where nobody said anything about it."""
    if given is None and not questions.talks:
        return None
    if given is None:
        # Broken by words, not by the terminal: nobody copies it.
        tell(message("services-may-complete"))
        for number, (name, learns) in enumerate(LEARNS.items(), start=1):
            tell(f"  {number}  {name:<15}  {learns}")
    before = ", ".join(settings.enrich.services) or "none"
    chosen = questions.answer(
        'Which may be asked: numbers or words, "all" or "none"', "--services", given, _read_services, before
    )
    return None if settings.path and chosen == settings.enrich.services else chosen


def _read_services(text: str) -> tuple[str, ...]:
    words = text.casefold().replace(",", " ").split()
    if words in (["all"], ["yes"], ["y"]):
        return tuple(LEARNS)
    if words in ([], ["none"], ["no"], ["n"]):
        return ()
    numbers = dict(zip("123456", LEARNS, strict=True))
    named = {numbers.get(word, word) for word in words}
    if not named <= LEARNS.keys():
        raise ValueError(message("should-be-some-of", names=", ".join(LEARNS)))
    return tuple(name for name in LEARNS if name in named)


def init(
    config: ConfigOption = None,
    library: Annotated[
        str | None, typer.Option("--library", metavar="TYPE", help=f"One of {', '.join(TYPES)}.")
    ] = None,
    number: Annotated[
        int | None, typer.Option("--id", metavar="N", min=1, help="The number of the user or group.")
    ] = None,
    key_env: Annotated[
        str | None, typer.Option("--key-env", metavar="NAME", help="The variable that holds the key.")
    ] = None,
    endpoint: EndpointOption = None,
    profile: Annotated[
        str | None, typer.Option("--profile", metavar="SOURCE|NAME", help="Whom to follow; as syncd follow.")
    ] = None,
    collection: CollectionOption = None,
    schedule: ScheduleOption = None,
    services: Annotated[
        str | None,
        typer.Option(
            "--services", metavar="NAMES", help="Services that may complete papers: all, none, or names."
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing; take what is usual.")] = False,
) -> None:
    """Set syncd up in a short conversation. It writes the configuration and shows what a push would do."""
    with said_plainly():
        place, settings = to_be_edited(config)
        complete = bool(library and profile and (library != "group" or number))
        questions = Questions(talks=sys.stdin.isatty() and not yes and not complete)
        with _nothing_written():
            if not questions.talks:
                _check_complete(settings, library, number, profile, yes=yes)
            _introduce(place, settings, questions)
            chosen, table = ask_library(questions, settings, library, number, key_env, endpoint)
            name, source = ask_profile(questions, settings, place, profile)
            filed = ask_filing(questions, settings, name, source, collection, schedule)
            asked = ask_services(questions, settings, services)
            answers = replace(_answers(settings, chosen, table, name, source, filed), services=asked)
            _write(place, answers)
        _finish(place, answers)


@contextmanager
def _nothing_written() -> Iterator[None]:
    try:
        yield
    except (KeyboardInterrupt, typer.Abort):
        tell("\n" + message("interrupted-nothing-written"), err=True)
        raise typer.Exit(Exit.INTERRUPTED) from None


def _check_complete(
    settings: Config, library: str | None, number: int | None, profile: str | None, *, yes: bool
) -> None:
    """Make sure that there is an answer to everything, where nobody can be asked."""
    missing = []
    if library is None and settings.path is None and not yes:
        missing.append("--library")
    if profile is None and not settings.profiles:
        missing.append("--profile")
    groups = [known for known in settings.named_libraries.values() if known.type == "group"]
    if library == "group" and number is None and not groups:
        missing.append("--id")
    if missing:
        raise ConfigError(
            [message("no-answers-given", questions=", ".join(missing))],
            hint=message("init-example"),
        )


def _introduce(place: Path, settings: Config, questions: Questions) -> None:
    if settings.path is None:
        if questions.talks:
            tell(message("config-is-made", path=place) + "\n")
        return
    libraries = ", ".join(
        f"{lib.name} ({lib.type}{f' {lib.id}' if lib.id else ''})"
        for lib in settings.named_libraries.values()
    )
    tell(message("config-has", path=place))
    tell(f"  libraries: {libraries or message('none-yet')}")
    for profile in settings.profiles.values():
        followed = message(
            "init-profile", profile=profile.name, source=profile.source, schedule=profile.schedule
        )
        tell(f"  {followed}")
    if questions.talks:
        tell(message("enter-keeps") + "\n")


def _answers(
    settings: Config,
    library: str,
    table: dict[str, Any],
    name: str,
    source: tuple[str, str] | None,
    filed: dict[str, str],
) -> Answers:
    chosen: dict[str, str] = {"source": source[0]} if source else {}
    there = {*settings.named_libraries, *([library] if table else ())}
    old = settings.profiles.get(name)
    if library in there and (default_library(dict.fromkeys(there)) != library or (old and old.library)):
        chosen |= {} if old and old.library == library else {"library": library}
    before, after = default_library(settings.named_libraries), default_library(dict.fromkeys(there))
    others = [p.name for p in settings.profiles.values() if p.library is None and p.name != name]
    # Where they go must not change behind the user's back; out of the embedded library, they go along.
    stay = before is not None and before != after and settings.libraries[before].type != "embedded"
    pinned = dict.fromkeys(others, before) if stay and before else {}
    if before != after and not pinned and others and settings.path:
        tell("  " + message("go-as-well", profiles=", ".join(others), library=after))
    return Answers(library, name, table, chosen | filed, pinned)


def _write(place: Path, answers: Answers) -> None:
    if not place.exists():
        edit.create(place, os.environ, edit.text(answers))
        tell("\n" + message("config-is-in", path=place))
    elif answers.tables:
        edit.change(place, os.environ, answers.tables)
        tell("\n" + message("config-is-changed", path=place))
    else:
        tell("\n" + message("config-as-it-was", path=place))


def _finish(place: Path, answers: Answers) -> None:
    """Show what the first push would do, or what the source gives where there is no key yet."""
    settings = load(place, os.environ)
    login = _login(settings, answers.library)
    if login is not None:
        _show_source(settings, answers.profile)
        tell(message("no-key-next", command=login))
        tell(message("then-bring-in"))
        return
    _dry_run(settings, answers.profile)


def _login(settings: Config, library: str) -> str | None:
    """Return the command that gets a library's key; None where it has one."""
    found = settings.libraries[library]
    try:
        found.check_open()
        found.resolve_key(os.environ)
    except ConfigError:
        return found.login
    return None


def _show_source(settings: Config, profile: str) -> None:
    followed = settings.profile(profile)
    with web_of(settings, ports()) as web:
        apis = apis_of(settings, os.environ)
        for snapshot in fetch(followed.source, captured=followed.captured, web=web, apis=apis):
            show_profile(read.parse(snapshot, followed.format), snapshot.origin)


def _dry_run(settings: Config, profile: str) -> None:
    # Completing papers takes minutes; the push does it.
    quick = settings.model_copy(update={"enrich": Enrich()})
    reports = run_once(quick, RunOptions((profile,), dry_run=True), ports(None, settings))
    for report in reports:
        show_report(report, stdout(), stderr())
    if settings.enrich.services:
        tell(message("push-completes", services=", ".join(settings.enrich.services)))
    tell(message("dashboard-shows"))
    tell(message("nothing-written-bring-in"))
    raise typer.Exit(of_reports(reports))
