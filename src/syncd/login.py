"""Signing in to a library, and out: a key is got, tried, and put where syncd finds it; or taken away from there.

The key goes into the system's keyring or a file of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from syncd.clock import Clock
from syncd.config import Config, edit, secrets
from syncd.config.model import DESKTOP, EMBEDDED, MAIN, Library, default_library
from syncd.errors import ConfigError, LibraryError
from syncd.messages import message
from syncd.zotero.account import ZOTERO, Account, Rights, SignIn, keys_page, named
from syncd.zotero.transport import PoliteTransport

HERE = "http://127.0.0.1:23119"
# How often the server is asked whether the person has signed in, and for how long, in seconds.
POLL = 3.0
PATIENCE = 600.0


@dataclass(frozen=True, slots=True)
class Target:
    """The library that is signed in to.

    Attributes:
        name: in the configuration.
        type: "user", "group" or "desktop".
        id: its number; None for a library that the configuration does not have yet.
        endpoint: the server's root.
        old: the library as the configuration has it, if it does.
        moves: profiles that go to this library from now on and went to the embedded one.
    """

    name: str
    type: str
    id: int | None
    endpoint: str
    old: Library | None = None
    moves: tuple[str, ...] = ()

    @property
    def user(self) -> int | None:
        """The number of the user who must sign in; None where anybody may."""
        return self.id if self.type == "user" else None

    def prefix(self, rights: Rights) -> str:
        """The start of its API paths, once it is known whose it is."""
        return f"groups/{self.id}" if self.type == "group" else f"users/{self.id or rights.user}"


@dataclass(frozen=True, slots=True)
class Storage:
    """Where things go.

    Attributes:
        file: the configuration.
        env: the environment, for reading it.
        where: where the key goes, if the user chose.
    """

    file: Path
    env: Mapping[str, str]
    where: secrets.Where | None = None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A library that can be used from now on.

    Attributes:
        target: the library.
        owner: whose key it is: "user 475425 (jane)".
        where: where the key is kept, in words.
        before: where the library's key came from before, if from elsewhere, in words.
    """

    target: Target
    owner: str
    where: str
    before: str = ""


def target(config: Config, name: str | None, endpoint: str | None) -> Target:
    """Return which library is meant.

    Args:
        config: the settings as they are.
        name: the library's name, as the user gave it; None: the usual one.
        endpoint: the server, as the user gave it.

    Raises:
        ConfigError: it needs no key, is another server's, or would take profiles away from another library.
    """
    usual = default_library(config.libraries)
    if name is None:
        name = usual if usual and config.libraries[usual].type != EMBEDDED else MAIN
    old = config.libraries.get(name)
    if old is None:
        return Target(name, "user", None, endpoint or ZOTERO, moves=_moving(config, name))
    if old.type not in {"user", "group"} or old.root is None:
        raise ConfigError(
            [message("library-without-sign-in", library=repr(name), type=old.type)],
            hint=message("name-new-library"),
        )
    if endpoint and old.key is None and old.endpoint is None:
        # It was chosen and never opened, so nothing is anywhere else.
        return Target(name, old.type, old.id, endpoint, old)
    if endpoint and endpoint != old.root:
        raise ConfigError(
            [message("library-elsewhere", library=repr(name), old=old.root, new=endpoint)],
            hint=message("name-new-library-or-change-endpoint"),
        )
    return Target(name, old.type, old.id, old.root, old)


def desktop_target(config: Config, name: str | None, endpoint: str | None) -> Target:
    """Return which library of a Zotero on this computer is meant; as `target`.

    Raises:
        ConfigError: it is a library of another kind, or would take profiles away from another library.
    """
    usual = default_library(config.libraries)
    if name is None:
        here = [known for known, library in config.libraries.items() if library.type == DESKTOP]
        online = any(library.type != EMBEDDED for library in config.libraries.values())
        if usual in here:
            name = usual
        elif len(here) == 1:
            (name,) = here
        else:
            name = DESKTOP if online else MAIN
    old = config.libraries.get(name)
    if old is None:
        return Target(name, DESKTOP, None, endpoint or HERE, moves=_moving(config, name))
    if old.type != DESKTOP or old.root is None:
        raise ConfigError(
            [message("library-of-other-type", library=repr(name), type=old.type, wanted=DESKTOP)],
            hint=message("name-new-desktop-library"),
        )
    return Target(name, DESKTOP, None, old.root, old)


def _moving(config: Config, name: str) -> tuple[str, ...]:
    """Return the profiles whose library is another one once there is a library of this name."""
    before = default_library(config.libraries)
    kept = {known: library for known, library in config.libraries.items() if library.type != EMBEDDED}
    after = default_library({**kept, name: None})
    homeless = tuple(profile.name for profile in config.profiles.values() if profile.library is None)
    if before == after or not homeless:
        return ()
    if before is not None and config.libraries[before].type == EMBEDDED:
        return homeless
    raise ConfigError(
        [
            message(
                "library-makes-choice-unclear",
                library=repr(name),
                before=repr(before),
                profiles=", ".join(homeless),
            )
        ],
        hint=message("write-library-into-profiles", library=before),
    )


@contextmanager
def account(target: Target, clock: Clock) -> Iterator[Account]:
    """Give the library's server."""
    transport = PoliteTransport(clock)
    try:
        yield Account(target.endpoint, transport)
    except LibraryError as error:
        raise LibraryError(
            error.words,
            kind=error.kind,
            library=target.name,
            status=error.status,
            retry_after=error.retry_after,
            hint=message("one-and-another", one=error.hint, another=message("nothing-stored"))
            if error.hint
            else message("nothing-stored"),
        ) from error
    finally:
        transport.shutdown()


def sign_in(target: Target, server: Account, clock: Clock, show: Callable[[str], None]) -> str:
    """Let a person sign in, and return the new key.

    Args:
        target: the library.
        server: its server.
        clock: for waiting.
        show: called with the address of the page.

    Raises:
        LibraryError: nobody signed in, or the server has no such thing.
    """
    waiting = server.begin(target.user)
    try:
        show(waiting.page)
        return _waited_for(waiting, target, server, clock)
    except BaseException:
        with suppress(LibraryError):
            server.cancel(waiting)
        raise


def _waited_for(waiting: SignIn, target: Target, server: Account, clock: Clock) -> str:
    end = clock.monotonic() + PATIENCE
    while clock.monotonic() < end:
        clock.sleep(POLL)
        if key := server.key_of(waiting):
            return key
    raise LibraryError(
        message("sign-in-timeout", minutes=f"{PATIENCE / 60:.0f}"),
        kind="permission",
        hint=message("login-again", library=quote(target.name)),
    )


def accept(key: str, target: Target, server: Account, *, made: bool) -> Rights:
    """Make sure that a key is of use for a library.

    Args:
        key: the key.
        target: the library.
        server: its server.
        made: it was made for this just now, so it is given up if it is of no use.

    Raises:
        LibraryError: it may not do what syncd needs, or is another user's.
    """
    try:
        return _useful(key, target, server)
    except LibraryError as error:
        if made and _given_up(key, server):
            error.hint = message("new-key-deleted", hint=error.hint)
        raise


def _useful(key: str, target: Target, server: Account) -> Rights:
    rights = server.rights(key)
    if rights is None:
        raise LibraryError(
            message("server-hides-owner", server=target.endpoint),
            kind="permanent",
            hint=message("write-library-by-hand"),
        )
    missing = rights.missing(target.prefix(rights))
    if missing:
        hint = message("change-keys-at", address=keys_page(target.endpoint))
        if target.user not in {None, rights.user}:
            hint = message("name-second-library")
        raise LibraryError(message("key-lacks", key=named(key), lack=missing), kind="permission", hint=hint)
    return rights


def store(key: str, rights: Rights | None, target: Target, storage: Storage) -> SignedIn:
    """Put a key away and let the configuration use it: both, or neither.

    Args:
        key: the key.
        rights: what it may do; None for the desktop, which has no users.
        target: the library.
        storage: where things go.

    Raises:
        ConfigError: either is not possible.
    """
    folder = storage.file.absolute().parent
    kept = secrets.keep(key, target.name, folder, storage.where)
    settings: dict[str, object] = {"key": kept.reference}
    if target.old is None or target.old.key is None:
        number = {"id": target.id or rights.user} if rights else {}
        settings = {"type": target.type, **number, **settings}
        if target.endpoint not in {ZOTERO, HERE}:
            settings["endpoint"] = target.endpoint
    try:
        edit.change(storage.file, storage.env, {("libraries", target.name): settings})
    except BaseException:
        secrets.take_back(kept, target.name, folder)
        raise
    return SignedIn(
        target,
        rights.owner if rights else message("zotero-here"),
        kept.words,
        _elsewhere(target, kept, folder),
    )


def _given_up(key: str, server: Account) -> bool:
    with suppress(LibraryError):
        return server.revoke(key)
    return False


def _elsewhere(target: Target, kept: secrets.Kept, folder: Path) -> str:
    """Return where the library's key came from before, unless it was the same place."""
    ref = target.old.key if target.old else None
    if ref is None:
        return ""
    same = (
        ref.keyring if "keyring" in kept.reference else ref.file == str(folder / str(kept.reference["file"]))
    )
    return "" if same else str(ref)


WITHDRAW = message("take-permission-back")


def sign_out(config: Config, name: str | None, env: Mapping[str, str], clock: Clock, *, revoke: bool) -> str:
    """Take a library's key away, and on request let the server forget it.

    Returns:
        what was done, in a sentence.

    Raises:
        ConfigError: the key is not syncd's to take away.
        LibraryError: the server could not be told; nothing was taken away.
    """
    library = config.library(name)
    if library.key is None or library.root is None:
        raise ConfigError([message("library-without-key", library=repr(library.name))])
    if library.type == DESKTOP and revoke:
        raise ConfigError([message("library-keys-in-zotero", library=repr(library.name))], hint=WITHDRAW)
    if not revoke or library.key.file or library.key.keyring:
        _check_not_shared(config, library)
    done = message("key-still-on-server", address=keys_page(library.root))
    if library.type == DESKTOP:
        done = WITHDRAW
    if revoke:
        key = library.resolve_key(env) or ""
        there = Target(library.name, library.type, library.id, library.root)
        with account(there, clock) as server:
            known = server.revoke(key)
        done = message("server-deleted-key") if known else message("server-did-not-know-key")
    if revoke and not library.key.file and not library.key.keyring:
        return message("take-key-out-too", done=done, place=library.key)
    found = secrets.forget(library.key, library.name)
    name, place = repr(library.name), library.key
    if found:
        return message("key-taken-out", library=name, place=place, done=done)
    return message("key-was-not-there", library=name, place=place, done=done)


def _check_not_shared(config: Config, library: Library) -> None:
    if library.key is None or library.key.file is None:
        return
    others = [n for n, other in config.libraries.items() if n != library.name and other.key == library.key]
    if others:
        raise ConfigError(
            [message("key-used-twice", key=library.key, library=repr(others[0]))],
            hint=message("remove-key-by-hand"),
        )
