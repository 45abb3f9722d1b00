"""Asks on the terminal, takes flags for answers, and asks again where an answer makes no sense. Writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from syncd.cli.console import papers_in_words, say, tell
from syncd.errors import ConfigError, SyncdError
from syncd.text.plain import on_one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from syncd.config import Config

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
            raise ConfigError([f"{flag} is missing, and there is nobody to ask"])
        try:
            return read(chosen)
        except ValueError as error:
            raise ConfigError([f"{flag} {chosen!r} {error}"]) from None

    def _asked(self, words: str, read: Callable[[str], T], default: str | None) -> T:
        while True:
            shown = None if default is None else on_one_line(default)
            answer: str = typer.prompt(words, default=shown, show_default=bool(shown))
            try:
                return read(answer)
            except ValueError as error:
                tell(f"  That {error}.")
            except SyncdError as error:
                say(error)


def library(
    questions: Questions,
    settings: Config,
    given: str | None,
    number: int | None,
    key_env: str | None,
    endpoint: str | None,
) -> tuple[str, dict[str, Any]]:
    """Return the library's name, and what is to be written of it; of a user's own, signing in adds the rest."""
    from syncd.config.model import default_library  # noqa: PLC0415 - imported where it is used

    there = settings.named_libraries
    usual = default_library(there)
    before = there[usual].type if usual else "user"
    if questions.talks and given is None:
        tell("Where should papers go?")
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
        raise ConfigError(["--key-env needs the user's number: --id N"])
    useless = [flag for flag in given if flag in USELESS.get(kind, ())]
    if useless:
        raise ConfigError([f"{', '.join(useless)} has no meaning for the library {kind}"])


def _read_type(text: str) -> str:
    words = dict(zip("1234", TYPES, strict=True))
    found = words.get(text.strip(), text.strip())
    if found not in TYPES:
        raise ValueError(f"should be one of {', '.join(TYPES)}")
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
        raise ValueError("should be a number, such as 475425")
    return int(text)


def profile(
    questions: Questions, settings: Config, place: Path, given: str | None
) -> tuple[str, tuple[str, str] | None]:
    """Return the profile's name; where it is new, also its source and its author."""
    from syncd.cli.follow import as_written, looked_up  # noqa: PLC0415 - imported where it is used
    from syncd.config import edit  # noqa: PLC0415

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


def filing(
    questions: Questions,
    settings: Config,
    name: str,
    source: tuple[str, str] | None,
    collection: str | None,
    schedule: str | None,
) -> dict[str, str]:
    """Return where and when the profile is filed, as far as that is not so already."""
    from syncd.config import values  # noqa: PLC0415 - imported where it is used

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


def services(questions: Questions, settings: Config, given: str | None) -> tuple[str, ...] | None:
    """Return which services may be asked to complete papers; None where nobody said anything about it."""
    if given is None and not questions.talks:
        return None
    if given is None:
        # Broken by words, not by the terminal: nobody copies it.
        tell(
            "Pages cut lists of authors and leave DOIs out; these services can complete papers. Each sees this"
            " computer's address and learns which papers you follow, by what it is sent:"
        )
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
        raise ValueError(f"should be all, none, or some of {', '.join(LEARNS)}")
    return tuple(name for name in LEARNS if name in named)
