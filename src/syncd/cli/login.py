"""`syncd login` and `syncd logout`: a library's key comes and goes."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from syncd import __version__
from syncd import login as work
from syncd.cli.console import ConfigOption, EndpointOption, Exit, own_data, said_plainly, tell, to_be_edited
from syncd.cli.plugin import by_hand
from syncd.clock import Clock, SystemClock
from syncd.config import edit, load, values
from syncd.config.model import default_library
from syncd.config.secrets import Where, checked
from syncd.daemon.ask import ask
from syncd.errors import ConfigError, LibraryError
from syncd.login import SignedIn, Target, sign_out
from syncd.messages import message
from syncd.state import pairings
from syncd.zotero.account import keys_page
from syncd.zotero.consent import WAIT, awaited, consent
from syncd.zotero.desktop import NoPluginError
from syncd.zotero.transport import UnreachableError

LibraryName = Annotated[
    str | None, typer.Argument(metavar="LIBRARY", help="A library of the configuration, or a new one.")
]


def login(
    library: LibraryName = None,
    config: ConfigOption = None,
    paste: Annotated[
        bool, typer.Option("--key", help="Paste a key instead of signing in; it is not shown.")
    ] = False,
    desktop: Annotated[
        bool,
        typer.Option(
            "--desktop", help="Use Zotero on this computer, through syncd's plugin; needs no account."
        ),
    ] = False,
    endpoint: EndpointOption = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Only print the address of the page.")
    ] = False,
    keyring: Annotated[
        bool | None,
        typer.Option(
            "--keyring/--file", help="Where the key is kept. Usual: the keyring where there is one."
        ),
    ] = None,
) -> None:
    """Sign in to a Zotero library. syncd gets a key and puts it where it finds it again."""
    with said_plainly():
        where: Where | None = None if keyring is None else "keyring" if keyring else "file"
        try:
            desktop = desktop or _is_desktop(library, config)
            if desktop and paste:
                raise ConfigError(
                    [message("desktop-needs-no-key")],
                    hint=message("leave-out-key"),
                )
            if desktop:
                done = _login_desktop(library, config, endpoint, where)
            else:
                done = _login(library, config, endpoint, where, paste=paste, browser=not no_browser)
        except (KeyboardInterrupt, typer.Abort):
            tell("\n" + message("interrupted-nothing-stored"), err=True)
            raise typer.Exit(Exit.INTERRUPTED) from None
        _tell(done)


def logout(
    library: Annotated[
        str | None, typer.Argument(metavar="LIBRARY", help="A library of the configuration.")
    ] = None,
    config: ConfigOption = None,
    revoke: Annotated[
        bool, typer.Option("--revoke", help="Delete the key on the server too, for all who use it.")
    ] = False,
) -> None:
    """Take a library's key away from where syncd finds it."""
    with said_plainly():
        settings = load(config, os.environ)
        done = sign_out(settings, library, os.environ, SystemClock(), revoke=revoke)
        ask(own_data().control, "reload")  # a daemon that runs answers nobody with that key any more
        tell(message("sign-in-again", done=done, command=settings.library(library).login))


def _is_desktop(library: str | None, config: Path | None) -> bool:
    """Tell whether the library that is meant is one on this computer, which is asked in its own way."""
    place = edit.config_file(config, os.environ)
    libraries = load(place, os.environ).libraries if place.exists() else {}
    name = library or default_library(libraries)
    return name in libraries and libraries[name].type == "desktop"


def _login(
    library: str | None,
    config: Path | None,
    endpoint: str | None,
    where: Where | None,
    *,
    paste: bool,
    browser: bool,
) -> SignedIn:
    clock = SystemClock()
    place, settings = to_be_edited(config)
    target = work.target(settings, library, _checked(endpoint))
    with work.account(target, clock) as server:
        if paste:
            key = _pasted(target)
        else:
            key = work.sign_in(target, server, clock, lambda page: _show(page, browser=browser))
        rights = work.accept(key, target, server, made=not paste)
        return work.store(key, rights, target, work.Storage(place, os.environ, where))


def _login_desktop(
    library: str | None, config: Path | None, endpoint: str | None, where: Where | None
) -> SignedIn:
    clock = SystemClock()
    place, settings = to_be_edited(config)
    target = work.desktop_target(settings, library, _checked(endpoint))
    _find_plugin(target.endpoint, clock)
    port = settings.control.port
    daemon = None if settings.control.http is False else f"http://127.0.0.1:{port}"
    key = consent(target.endpoint, clock, _say, _is_same, lambda: daemon)
    done = work.store(key, None, target, work.Storage(place, os.environ, where))
    settings = load(place, os.environ)
    reference = settings.libraries[target.name].key
    if daemon and reference:
        data = own_data(settings)
        pairings.remember(data, target.name, reference)
        ask(data.control, "reload")
    return done


def _is_same(code: str) -> bool:
    """Ask whether Zotero shows the same code; nobody who could say so is a no."""
    try:
        return bool(typer.confirm(f"Did Zotero show the code {code}?", default=False, err=True))
    except typer.Abort:
        if sys.stdin.isatty():
            raise
        return False


def _find_plugin(endpoint: str, clock: Clock) -> None:
    """Make sure that Zotero runs with the plugin; say what is to be done there, and wait for it on a terminal."""

    def say(error: LibraryError) -> None:
        words = f"{str(error)[0].upper()}{str(error)[1:]}"
        _say(message("words-and-mend", words=words, mend=_mend(error)))
        _say(message("waiting-for-you"))

    try:
        plugin = awaited(endpoint, clock, say, WAIT if sys.stdin.isatty() else 0.0)
    except LibraryError as error:
        if mend := _mend(error):
            error.hint = message("then-run-again", mend=mend)
        raise
    if plugin.version != __version__:
        _say(message("plugin-is-other-version", plugin=plugin.version, own=__version__, mend=by_hand()))


def _mend(error: LibraryError) -> str:
    """Return what to do in Zotero; nothing where that is not known."""
    if isinstance(error, UnreachableError):
        return message("start-zotero-now")
    if not isinstance(error, NoPluginError):
        return ""
    if error.kind == "transient":
        return message("turn-plugin-on", mend=by_hand())
    return by_hand()


def _say(words: str) -> None:
    tell(words, err=True)


def _checked(endpoint: str | None) -> str | None:
    try:
        return None if endpoint is None else values.read_endpoint(endpoint)
    except ValueError as error:
        raise ConfigError([message("option-wrong", option="--endpoint", problem=error)]) from None


def _pasted(target: Target) -> str:
    """Ask for a key without showing it, or take it from a pipe."""
    if not sys.stdin.isatty():
        return checked(sys.stdin.readline(), message("standard-input"))
    _say(message("keys-are-made-at", address=keys_page(target.endpoint)))
    key: str = typer.prompt("The key (not shown)", hide_input=True, err=True)
    return checked(key, message("what-was-pasted"))


def _show(page: str, *, browser: bool) -> None:
    _say(message("sign-in-on-page"))
    _say(f"  {page}")
    if browser and _has_screen(os.environ):
        webbrowser.open(page)
    _say(message("waiting-for-you"))


def _has_screen(env: Mapping[str, str]) -> bool:
    """Tell whether a browser would have a window: one in the terminal would take that over, and sign nobody in."""
    named = any(env.get(name) for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"))
    return named or not sys.platform.startswith("linux")


def _tell(done: SignedIn) -> None:
    name = done.target.name
    tell(message("library-is-ready", library=repr(name), owner=done.owner, place=done.where))
    if done.before:
        tell(message("key-came-from", place=done.before))
    if done.target.moves:
        tell(message("profiles-go-to", profiles=", ".join(done.target.moves), library=repr(name)))
    tell(message("see-push"))
