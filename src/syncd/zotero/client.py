"""The Zotero library over its API: the only module that imports pyzotero.

It reads what changed and writes chunks, and tells the outcome of each object of a chunk by its place in it.
It decides nothing: what to write is the plan's business, what to make of a failure the push's.
"""

from __future__ import annotations

import itertools
import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from queue import SimpleQueue
from shlex import quote
from tempfile import SpooledTemporaryFile
from threading import Thread
from typing import IO, Any, Literal, TypeVar, cast

import httpx2
from pyzotero import errors as pyzotero_errors
from pyzotero import zotero as pyzotero

from syncd.errors import LibraryError
from syncd.handshake import ONLINE, Zotero
from syncd.messages import message
from syncd.zotero import shapes, stream
from syncd.zotero.account import Account, keys_page, named, without
from syncd.zotero.schema import MAX_KEYS
from syncd.zotero.transport import INTO, OutcomeUnknownError, PoliteTransport

T = TypeVar("T")
Json = dict[str, Any]
PAGE = 100
# So many answers for each connection are fetched ahead of who takes them.
AHEAD = 2
# An answer that is read piece by piece is kept in memory up to so many bytes.
SMALL = 1 << 20
# Whatever a server says: more than anybody has.
MOST_COLLECTIONS = 1_000_000
# The object, or what it refers to, is not as it was expected.
CHANGED = frozenset({404, 409, 412, 428})
# Later than any version of a library: the answer is its version and nothing else.
NEWEST = 2_000_000_000
# A chunk of 50 items takes the real server several seconds when it is busy.
TIMEOUT = httpx2.Timeout(60.0, connect=15.0)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a library is.

    Attributes:
        name: its name in the configuration.
        endpoint: the server's root, such as "https://api.zotero.org".
        prefix: the library on it, "users/475425" or "groups/12".
        key: the API key; never shown.
        check_rights: ask the server what the key may do before the first write.
    """

    name: str
    endpoint: str
    prefix: str
    key: str
    check_rights: bool = False

    def __repr__(self) -> str:
        return f"Address({self.name!r}, {self.endpoint!r}, {self.prefix!r})"


@dataclass(frozen=True, slots=True)
class Page:
    """The first page of a list: objects, how many there are in all, and the library's version."""

    objects: tuple[Json, ...]
    total: int
    version: int


@dataclass(frozen=True, slots=True)
class Deletions:
    """Keys from the library's deletion log, and the library's version."""

    items: frozenset[str]
    collections: frozenset[str]
    version: int


@dataclass(frozen=True, slots=True)
class Changes:
    """A page of what changed, of all kinds together.

    Attributes:
        items: with `key`, `version` and `data`.
        collections: likewise.
        deletions: on the last page alone; its version is the library's.
        after: what the next page is asked with; None: this is the last.
    """

    items: tuple[Json, ...]
    collections: tuple[Json, ...]
    deletions: Deletions
    after: str | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one object of a write.

    Attributes:
        status: "written", "unchanged" (the library had just that) or "failed".
        data: the object as the library has it now; only for "written".
        version: its version; only for "written".
        code: the HTTP status of this object's failure; None where the server told none.
        message: the server's words.
    """

    status: Literal["written", "unchanged", "failed"]
    data: Json | None = None
    version: int | None = None
    code: int | None = None
    message: str = ""

    @property
    def changed(self) -> bool:
        """Whether the object, or what it refers to, is not as the plan saw it."""
        return self.status == "failed" and self.code in CHANGED

    @property
    def passes(self) -> bool:
        """Whether sending it again, once the library was read anew, may succeed."""
        return self.changed or self.transient

    @property
    def transient(self) -> bool:
        """Whether it failed for a reason that passes: the server was busy, or said nothing about it."""
        return self.status == "failed" and (self.code is None or self.code == 429 or self.code >= 500)


class StaleError(LibraryError):
    """The library changed since the version that a write was based on; nothing of that write was done.

    Who wrote meanwhile has done so: nobody has to decide anything, and the next run succeeds.
    """

    def __init__(self, *args: Any, **facts: Any) -> None:
        super().__init__(*args, **facts)
        self.sort = "temporary"


class Client:
    """One library. Use it in one thread.

    Args:
        address: where it is.
        transport: counts, waits and retries; shared by all requests of a run.

    Attributes:
        zotero: whose versions these are, on a computer.
        never_written: the version of a library that nobody has ever written to.
    """

    zotero: Zotero = ONLINE
    never_written: int = 1
    in_pages: bool = False

    def __init__(self, address: Address, transport: PoliteTransport) -> None:
        self.address = address
        self.transport = transport
        self._checked = not address.check_rights
        self._wrote = False

    @property
    def names(self) -> tuple[str, ...]:
        """The library's names, the one that new keys are made under first: a person's own is "users/0" on a desktop."""
        prefix = self.address.prefix
        own = prefix.startswith("users/") and prefix != "users/0"
        return (prefix, "users/0") if own else (prefix,)

    def version(self) -> int:
        """Return the library's version."""
        return self.item_versions_since(NEWEST)[1]

    def items_since(self, version: int) -> Page:
        """Return the first page of items, trashed ones too, that changed after `version`."""
        return self._call(
            lambda zot: _page(zot, shapes.items(zot.items(since=version, includeTrashed=1, limit=PAGE)))
        )

    def held(self, version: int) -> int | None:
        """Return how many items the library holds, trashed ones too; None where it has moved on from `version`."""
        page = self._call(lambda zot: _page(zot, shapes.items(zot.items(includeTrashed=1, limit=1))))
        return page.total if page.version == version else None

    def item_versions_since(self, version: int) -> tuple[dict[str, int], int]:
        """Return the version of every item that changed after `version`, and the library's version."""

        def read(zot: pyzotero.Zotero) -> tuple[dict[str, int], int]:
            versions = zot.item_versions(since=version, includeTrashed=1, limit=None)
            return shapes.versions(versions), _version(zot)

        return self._call(read)

    @contextmanager
    def versions_since(self, version: int) -> Iterator[tuple[Iterator[tuple[str, int]], int]]:
        """Give key and version of every item that changed after `version`, one by one, and the library's version."""
        with SpooledTemporaryFile(SMALL) as file:

            def read(zot: pyzotero.Zotero) -> int:
                zot.item_versions(since=version, includeTrashed=1, limit=None)
                return _version(zot)

            now = self._call(read, into=file)
            yield self._sound(stream.versions(file)), now

    def items_in_parts(
        self, keys: Iterable[str], connections: int
    ) -> Iterator[tuple[Sequence[str], list[Json]]]:
        """Yield items, trashed ones too, in the order of their keys, some at a time with the keys they were asked by.

        Args:
            keys: any number; those that are not there are left out.
            connections: how many requests are on their way at once.
        """
        asked: deque[tuple[Sequence[str], Future[list[Json]]]] = deque()
        with _threads(connections, lambda part: self._items(",".join(part))) as ask:
            for part in _in_parts(keys):
                asked.append((part, ask(part)))
                if len(asked) == connections * AHEAD:
                    first, answer = asked.popleft()
                    yield first, answer.result()
            for part, answer in asked:
                yield part, answer.result()

    def items_by_key(self, keys: Sequence[str]) -> list[Json]:
        """Return items, trashed ones too; a key that is not there is left out."""
        chunks = (keys[start : start + MAX_KEYS] for start in range(0, len(keys), MAX_KEYS))
        return [found for chunk in chunks for found in self._items(",".join(chunk))]

    def _items(self, keys: str) -> list[Json]:
        return self._call(lambda zot: shapes.items(zot.items(itemKey=keys, includeTrashed=1, limit=PAGE)))

    def collections_since(self, version: int) -> Page:
        """Return all collections that changed after `version`, deleted ones that are still listed too."""

        def read(zot: pyzotero.Zotero) -> Page:
            first = _page(zot, shapes.collections(zot.collections(since=version, limit=PAGE)))
            every = list(first.objects)
            pages = math.ceil(min(first.total, MOST_COLLECTIONS) / max(1, len(every)))
            for _ in range(1, pages):
                if len(every) >= first.total or not _following(zot):
                    break
                every += shapes.collections(zot.follow())
            if len(every) < first.total and _following(zot):
                raise LibraryError(
                    message("collections-beyond-total", server=self.address.endpoint, total=first.total),
                    kind="transient",
                    hint=message("check-endpoint"),
                )
            return Page(tuple(every), len(every), first.version)

        return self._call(read)

    @contextmanager
    def erased_since(self, version: int) -> Iterator[tuple[Iterator[tuple[str, str]], int]]:
        """Give what was erased after `version`, one by one, and the library's version.

        Each is "items" or "collections", and a key.
        """
        with SpooledTemporaryFile(SMALL) as file:

            def read(zot: pyzotero.Zotero) -> int:
                zot.deleted(since=version)
                return _version(zot)

            now = self._call(read, into=file)
            yield self._sound(stream.erased(file)), now

    def _sound(self, told: Iterator[T]) -> Iterator[T]:
        """Yield what an answer tells, with a word on one that is not of the right shape."""
        try:
            yield from told
        except shapes.ShapeError as error:
            raise self._odd(message("answer-not-zoteros"), LibraryError) from error

    def write_items(self, objects: Sequence[Json], *, unmodified_since: int | None) -> tuple[Outcome, ...]:
        """Create and update at most 50 items, in this order.

        Args:
            objects: each with `key` and `version` (0 creates once).
            unmodified_since: refuse all if the library changed after this version.

        Returns:
            one outcome an object, in the objects' order.

        Raises:
            StaleError: the library changed; nothing was written.
            OutcomeUnknownError: the answer was lost.
            LibraryError: the key may not write, or the library can't be written to.
        """
        return self._write(pyzotero.Zotero.create_items, shapes.item, objects, unmodified_since)

    def write_collections(
        self, objects: Sequence[Json], *, unmodified_since: int | None
    ) -> tuple[Outcome, ...]:
        """Create and update at most 50 collections; as `write_items`."""
        return self._write(pyzotero.Zotero.create_collections, shapes.collection, objects, unmodified_since)

    def _write(
        self,
        create: Callable[..., object],
        shape: Callable[[object], Json],
        objects: Sequence[Json],
        since: int | None,
    ) -> tuple[Outcome, ...]:
        """Write objects of one kind, by pyzotero's method for them."""
        self._check_rights()

        def send(zot: pyzotero.Zotero) -> tuple[Outcome, ...]:
            answer = create(zot, list(objects), last_modified=since)
            return outcomes_of(answer, objects, shape, self.address.key)

        outcomes = self._call(send, unclear=OutcomeUnknownError)
        self._wrote = self._wrote or any(outcome.status == "written" for outcome in outcomes)
        return outcomes

    def advanced(self, version: int, outcomes: Sequence[Outcome]) -> tuple[int, bool]:
        """Return the library's version after a write, and whether nobody else can have written meanwhile.

        Each object moves the library's version by one, unchanged ones too, failed ones not. A gap means that
        somebody else wrote in between.
        """
        version += sum(outcome.status != "failed" for outcome in outcomes)
        return version, all((outcome.version or 0) <= version for outcome in outcomes)

    def _check_rights(self) -> None:
        """Ask once what the key may do, before anything is written.

        Raises:
            LibraryError: it may not do what syncd needs.
        """
        if self._checked:
            return
        try:
            lacking = self._lacking()
        except LibraryError as error:
            raise self._ours(error) from error
        if lacking:
            raise self._ours(lacking)
        self._checked = True

    def _lacking(self) -> LibraryError | None:
        """Ask what the key may do; return what it lacks as an error."""
        address = self.address
        rights = Account(address.endpoint, self.transport).rights(address.key)
        missing = rights.missing(address.prefix) if rights else None
        if missing is None:
            return None
        return LibraryError(
            message("key-lacks", key=named(address.key), lack=missing),
            kind="permission",
            hint=message(
                "change-key-or-login", address=keys_page(address.endpoint), library=quote(address.name)
            ),
        )

    def _call(
        self,
        use: Callable[[pyzotero.Zotero], T],
        unclear: type[LibraryError] = LibraryError,
        into: IO[bytes] | None = None,
    ) -> T:
        """Run one request on an instance of its own: parameters of a failed one leak into the next.

        Args:
            use: the request.
            unclear: what to raise where the answer can't be understood.
            into: the file for the answer's body, which pyzotero does not get to see then.
        """
        kind, _, number = self.address.prefix.partition("/")
        transport = self.transport if into is None else _Aside(self.transport, into)
        client = httpx2.Client(transport=transport, timeout=TIMEOUT, follow_redirects=False)
        zot = pyzotero.Zotero(number, kind.removesuffix("s"), client=client, api_key=self.address.key)
        zot.endpoint = self.address.endpoint
        try:
            return use(zot)
        except LibraryError as error:
            raise self._ours(error) from error
        except pyzotero_errors.PyZoteroError as error:
            raise self._named(error, zot.request) from None
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise self._odd(message("request-failed", error=type(error).__name__), unclear) from error
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            # Not of our own shapes alone: pyzotero looks into the answer before.
            raise self._odd(message("answer-not-zoteros"), unclear) from error

    @property
    def _kept(self) -> str:
        """What became of the run's work when it ends here."""
        if self._wrote:
            return message("earlier-writes-recorded")
        return message("nothing-written")

    def _ours(self, error: LibraryError) -> LibraryError:
        """Return an error from below as one of this library, with what was kept."""
        unknown = isinstance(error, OutcomeUnknownError)
        return type(error)(
            message("in-library", library=repr(self.address.name), words=error),
            kind=error.kind,
            library=self.address.name,
            status=error.status,
            retry_after=error.retry_after,
            hint=error.hint
            if unknown
            else message("one-and-another", one=self._kept, another=error.hint)
            if error.hint
            else self._kept,
        )

    def _odd(self, words: str, unclear: type[LibraryError]) -> LibraryError:
        return self._ours(
            unclear(
                message("at", place=self.address.endpoint, words=words),
                kind="transient",
                hint=message("check-endpoint"),
            )
        )

    def _named(self, error: pyzotero_errors.PyZoteroError, response: object) -> LibraryError:
        cause = error.__cause__
        response = cause.response if isinstance(cause, httpx2.HTTPStatusError) else response
        status = response.status_code if isinstance(response, httpx2.Response) else None
        text = response.text.strip() if isinstance(response, httpx2.Response) else ""
        words = without(self.address.key, text)[:200]
        name = self.address.name
        if status == 412:
            return StaleError(
                message("library-changed-meanwhile", answer=words), kind="conflict", library=name, status=412
            )
        if status in {401, 403}:
            return self._forbidden(status, words)
        hint: str = ""
        if status == 404:
            said = message(
                "prefix-not-at-server", prefix=self.address.prefix, server=self.address.endpoint, answer=words
            )
            hint = message("check-library-type-and-id")
        else:
            said = message("library-answered", status=status, answer=words)
        return self._ours(LibraryError(said, kind="permanent", status=status, hint=hint))

    def _forbidden(self, status: int, words: str) -> LibraryError:
        """Word a refusal of the key: which key, what it lacks, where to change that."""
        address, page = self.address, keys_page(self.address.endpoint)
        if words == "Invalid key":
            said = message("key-unknown", server=address.endpoint, key=named(address.key), answer=words)
            hint = message("key-revoked-login", library=quote(address.name))
            return self._ours(LibraryError(said, kind="permission", status=status, hint=hint))
        if address.check_rights:
            # The refusal's own words don't say what is missing.
            with suppress(LibraryError):
                if lacking := self._lacking():
                    return self._ours(lacking)
        key, answer, in_group = named(address.key), words or "forbidden", address.prefix.startswith("groups/")
        hint = message("change-key-rights", address=page)
        if words == "Write access denied":
            said = message("key-may-not-write", key=key, prefix=address.prefix, answer=answer)
            hint = message("ask-group-owner-to-write", address=page) if in_group else hint
        else:
            said = message("key-may-not-use", key=key, prefix=address.prefix, answer=answer)
            hint = message("ask-group-owner-to-use", address=page) if in_group else hint
        return self._ours(LibraryError(said, kind="permission", status=status, hint=hint))


class _Aside(httpx2.BaseTransport):
    """Lets the bodies of answers go into a file."""

    def __init__(self, inner: PoliteTransport, into: IO[bytes]) -> None:
        self._inner = inner
        self._into = into

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        request.extensions[INTO] = self._into
        return self._inner.handle_request(request)


@contextmanager
def _threads(
    number: int, work: Callable[[Sequence[str]], T]
) -> Iterator[Callable[[Sequence[str]], Future[T]]]:
    """Give what lets one of so many threads work on something. None outlives this, nor keeps a process from its end."""
    tasks: SimpleQueue[tuple[Sequence[str], Future[T]] | None] = SimpleQueue()
    ended = False

    def ask(what: Sequence[str]) -> Future[T]:
        tasks.put((what, answer := Future[T]()))
        return answer

    def serve() -> None:
        while (task := tasks.get()) and not ended:
            what, answer = task
            try:
                answer.set_result(work(what))
            except BaseException as error:  # noqa: BLE001 - raised where the answer is waited for
                answer.set_exception(error)

    threads = [Thread(target=serve, name="library", daemon=True) for _ in range(number)]
    for thread in threads:
        thread.start()
    try:
        yield ask
    finally:
        ended = True
        for _ in threads:
            tasks.put(None)
        for thread in threads:
            thread.join()


def _in_parts(keys: Iterable[str]) -> Iterator[Sequence[str]]:
    """Yield as many keys at a time as a request may name."""
    each = iter(keys)
    while part := list(itertools.islice(each, MAX_KEYS)):
        yield part


def _version(zot: pyzotero.Zotero) -> int:
    return shapes.number_in(cast("httpx2.Response", zot.request).headers.get("Last-Modified-Version"))


def _following(zot: pyzotero.Zotero) -> str:
    """Return the path of the next page, empty where there is none.

    Raises:
        ShapeError: it would lead elsewhere, and the key with it, for pyzotero appends it to the server's address.
    """
    path: str = (zot.links or {}).get("next") or ""
    if path and not path.startswith("/"):
        raise shapes.ShapeError
    return path


def _page(zot: pyzotero.Zotero, objects: list[Json]) -> Page:
    response = cast("httpx2.Response", zot.request)
    return Page(tuple(objects), shapes.number_in(response.headers.get("Total-Results")), _version(zot))


def outcomes_of(
    answer: object, sent: Sequence[Json], shape: Callable[[object], Json], key: str
) -> tuple[Outcome, ...]:
    """Map the answer of a multi-object write by index: failures carry no item's key.

    Args:
        answer: with `successful`, `unchanged` and `failed`.
        sent: the objects.
        shape: of what was written; see `shapes`.
        key: the API key, which no message may show.

    Raises:
        ShapeError: it is not such an answer.
    """
    told = shapes.mapping(answer)
    successful, unchanged, failed = (
        shapes.mapping(told.get(part)) for part in ("successful", "unchanged", "failed")
    )
    outcomes = []
    for index, each in enumerate(sent):
        place = str(index)
        if place in successful:
            written = shape(successful[place])
            if written["key"] != each["key"]:
                raise shapes.ShapeError
            outcomes.append(Outcome("written", written["data"], written["version"]))
        elif place in unchanged:
            outcomes.append(Outcome("unchanged"))
        elif place in failed:
            code, words = shapes.failure(failed[place])
            outcomes.append(Outcome("failed", code=code, message=without(key, words)))
        else:
            outcomes.append(Outcome("failed", message=message("object-not-mentioned")))
    return tuple(outcomes)
