"""The papers of a list: of which libraries, in which order, and what each is cited by.

They are read from the index as it stands, twice: once to sort and name them, once some at a time to write them.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final, Literal

from syncd.clock import Clock
from syncd.config import Config, Library
from syncd.errors import LibraryError, StateError
from syncd.lists.citation_keys import apart, assigned, derived, given
from syncd.lists.reference import Reference, reference_of
from syncd.messages import message
from syncd.paths import DataFolder
from syncd.state.contents import Choice, Contents, Found, cite, taken
from syncd.state.libraries import remembered
from syncd.state.state import State
from syncd.text.dates import iso_date

Sort = Literal["date", "title", "author"]
SORTS: Final[Mapping[str, Sort]] = {"date": "date", "title": "title", "author": "author"}
# So many papers are read and written at a time.
SOME = 500
ADDRESSES = uuid.NAMESPACE_URL
PUBLICATIONS = "Publications"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which papers are meant.

    Attributes:
        libraries: where they are, and which of each library.
        sort: date: the latest first; title, author: from A on.
        title: what a page or a feed of them is called; empty: after the author of the one profile.
    """

    libraries: tuple[tuple[Library, Choice], ...]
    sort: Sort = "date"
    title: str = ""


def selection_of(
    config: Config,
    *,
    profiles: Sequence[str] = (),
    collection: str | None = None,
    library: str | None = None,
    sort: Sort = "date",
) -> Selection:
    """Return which papers settings mean.

    Args:
        config: knows profiles, lists of people and libraries.
        profiles: names of profiles and of lists of people; then nothing else is said.
        collection: the path of one.
        library: the name of the library that it is in, or that is meant as a whole.
        sort: the order.

    Raises:
        ConfigError: there is no such profile or library.
    """
    if not profiles:
        chosen = ((config.library(library), Choice(collection=collection or "")),)
        return Selection(chosen, sort, (collection or "").rpartition("/")[2] or PUBLICATIONS)
    names: dict[str, list[str]] = {}
    for each in profiles:
        group = [name for name, one in config.profiles.items() if one.group == each]
        for name in group if each in config.groups else [each]:
            names.setdefault(config.library_of(config.profile(name)).name, []).append(name)
    parts = tuple((config.library(name), Choice(profiles=tuple(mine))) for name, mine in names.items())
    alone = [] if len(profiles) > 1 else [name for name in profiles if name not in config.groups]
    return Selection(parts, sort, "" if alone else PUBLICATIONS)


@dataclass(frozen=True, slots=True)
class _Row:
    """A paper: what it is sorted by, where it is, what it is cited by."""

    order: tuple[int | str, ...]
    part: int
    key: str
    name: str
    is_given: bool = False


@dataclass(frozen=True, slots=True)
class _Part:
    """A library, opened: all that is read of it is as of one moment."""

    library: Library
    choice: Choice
    state: State
    contents: Contents


class Papers:
    """The papers of a selection, sorted and named.

    Attributes:
        title: what a page or a feed of them is called.
        uri: means this selection and no other.
        count: how many there are.
        updated: ISO time of the last change of any; empty where that is not known.
    """

    def __init__(self, parts: Sequence[_Part], rows: list[_Row], title: str, updated: str) -> None:
        self._parts = parts
        self._rows = rows
        self.title = title
        named = [(*part.library.whereabouts, *part.choice.profiles, part.choice.collection) for part in parts]
        self.uri = uuid.uuid5(ADDRESSES, "/".join(map(repr, named))).urn
        self.count = len(rows)
        self.updated = updated

    def __iter__(self) -> Iterator[Reference]:
        """Yield each paper, read anew."""
        rest = iter(self._rows)
        while some := list(islice(rest, SOME)):
            found = [
                part.contents.some(row.key for row in some if row.part == number)
                for number, part in enumerate(self._parts)
            ]
            for row in some:
                # On a server that many write to, it may have been erased meanwhile.
                if read := found[row.part].get(row.key):
                    data, links = read
                    yield reference_of(data, row.name, _uri(self._parts[row.part].library, row.key), links)


class Opened:
    """A selection whose libraries are open."""

    def __init__(self, parts: Sequence[_Part], selection: Selection) -> None:
        self._parts = parts
        self._selection = selection

    def moment(self) -> str:
        """Return what changes whenever something in the libraries does."""
        return " ".join(part.contents.moment() for part in self._parts)

    def papers(self) -> Papers:
        """Sort and name the papers.

        Raises:
            LibraryError: a library was not read, or not to its end.
            StateError: there is no such collection, or the names can't be noted.
        """
        rows: list[_Row] = []
        updated = ""
        nameless: list[tuple[_Row, str, str]] = []
        for number, part in enumerate(self._parts):
            known = part.contents.citations()
            for found in part.contents.papers(part.choice, _collections(part)):
                data = found.data
                own = given(data)
                name = own or known.get(found.key, "")
                row = _Row(_order(found, self._selection.sort), number, found.key, name, bool(own))
                updated = max(updated, str(data.get("dateModified") or data.get("dateAdded") or ""))
                if row.name:
                    rows.append(row)
                else:
                    nameless.append((row, str(data.get("dateAdded") or ""), derived(data)))
        rows += self._named(nameless)
        del nameless
        in_order = sorted(_each_once(rows), key=lambda row: (*row.order, row.key))
        return Papers(self._parts, in_order, self._title(), updated)

    def _title(self) -> str:
        if self._selection.title or not self._parts:
            return self._selection.title or PUBLICATIONS
        (part,) = self._parts
        (profile,) = part.choice.profiles
        authors = {page.author for page in part.state.profiles.pages(profile)}
        return f"{PUBLICATIONS} of {authors.pop() if len(authors) == 1 else profile}"

    def _named(self, nameless: list[tuple[_Row, str, str]]) -> Iterator[_Row]:
        """Name papers that have no name yet, those first that came first, and remember it."""
        nameless.sort(key=lambda one: (one[1], one[0].key))
        for number, part in enumerate(self._parts):
            mine = [(row, wish) for row, _, wish in nameless if row.part == number]
            if not mine:
                continue
            with part.state.writing() as connection:
                used = taken(connection, (wish for _, wish in mine))
                names = assigned(((row.key, wish) for row, wish in mine), used)
                cite(connection, part.state.number, names)
            for row, _ in mine:
                yield _Row(row.order, row.part, row.key, names[row.key])


@contextmanager
def opened(selection: Selection, data: DataFolder, clock: Clock) -> Iterator[Opened]:
    """Open the libraries of a selection as the index has them."""
    with ExitStack() as stack:
        parts = []
        for library, choice in selection.libraries:
            state = stack.enter_context(remembered(library, data, clock))
            number = state.number
            connection = stack.enter_context(state.reading())
            parts.append(_Part(library, choice, state, Contents(connection, number)))
        yield Opened(parts, selection)


def _each_once(rows: list[_Row]) -> Iterator[_Row]:
    """Yield rows of which no two have the same name. Who was given it in Zotero keeps it."""
    used: set[str] = set()
    for row in sorted(rows, key=lambda row: (not row.is_given, row.key)):
        name = apart(row.name, row.key, used)
        used.add(name.lower())
        yield row if name == row.name else replace(row, name=name)


def _collections(part: _Part) -> list[str]:
    name = repr(part.library.name)
    if not (version := part.contents.version()):
        half, never = message("library-half-read", library=name), message("library-not-read", library=name)
        raise LibraryError(
            half if version is None else never,
            kind="transient",
            library=part.library.name,
            hint=message("read-on-next-push"),
        )
    if not part.choice.collection:
        return []
    found = part.contents.collections(part.choice.collection)
    if not found:
        words = message("library-lacks-collection", library=name, collection=repr(part.choice.collection))
        raise StateError(words, hint=message("collection-of-list"))
    return found


def _order(found: Found, sort: Sort) -> tuple[int | str, ...]:
    """Return what a paper is sorted by. What has no date comes last."""
    digits = (iso_date(str(found.data.get("date") or "")) or "").replace("-", "")
    day = -int(digits.ljust(8, "0") or 0)
    if sort == "title":
        return found.folded_title, day
    if sort == "author":
        return found.folded_surname, day, found.folded_title
    return day, found.folded_title


def _uri(library: Library, key: str) -> str:
    """Return an address that means this item for good, whatever becomes of it."""
    return uuid.uuid5(ADDRESSES, "/".join((*library.whereabouts, "items", key))).urn
