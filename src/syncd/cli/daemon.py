"""`syncd run`, and the commands that talk to it: sync-now, pause, resume, reload."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence
from shlex import quote
from typing import Annotated, Any

import typer

from syncd.cli.amend import start_anew
from syncd.cli.console import (
    OF_SORT,
    ConfigOption,
    Exit,
    JsonOption,
    LibraryOption,
    configuration,
    each_once,
    escape,
    ports,
    said_plainly,
    say,
    show_json,
    stdout,
    tell,
)
from syncd.cli.output import counted, uncoded
from syncd.config import Config
from syncd.daemon.ask import ask
from syncd.daemon.work import Looker, LookProgress
from syncd.engine.ports import Ports, run_name
from syncd.engine.status import Resting
from syncd.errors import ConfigError, SyncdError
from syncd.messages import message
from syncd.state.libraries import remembered

Json = dict[str, Any]
Profiles = Annotated[
    list[str] | None, typer.Argument(metavar="PROFILE", help="Profiles of the configuration. None: all.")
]


def run(config: ConfigOption = None) -> None:
    """Run the daemon: it stays and keeps the libraries up to date."""
    with said_plainly():
        settings = configuration(config)
        from syncd.daemon.loop import serve  # noqa: PLC0415 - heavy

        world = ports(settings=settings)
        ended_well = serve(settings, config, world, sys.stderr)
    if not ended_well:
        # A thread still waits for an answer that may never come; the journal knows what it was about to do.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(Exit.DONE)


def sync_now(profiles: Profiles = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Look at profiles now, through the daemon where one runs."""
    with said_plainly():
        settings = configuration(config)
        world = ports(settings=settings)
        names = each_once(profiles or ()) or tuple(settings.profiles)
        for name in names:
            settings.profile(name)
        if not names:
            raise ConfigError([message("no-profile-followed-yet")], hint=message("set-up-with-init"))
        answer = ask(world.data.control, "sync-now", seconds=None, names=names)
        told = answer["profiles"] if answer else _look_there(names, world)
        looks = [_in_words(look) for look in told]
        if answer is None and (
            left := [name for name in names if name not in {one["profile"] for one in told}]
        ):
            looks += _look_here(left, settings, world)
        codes = {_code(look) for look in looks}
        code = codes.pop() if len(codes) == 1 else Exit.PARTLY
        if as_json:
            whole = {"daemon": answer is not None, "profiles": looks, "exit_code": int(code)}
            show_json(whole)
        else:
            for look in looks:
                _show(look)
        raise typer.Exit(code)


def _in_words(look: dict[str, Any]) -> dict[str, Any]:
    """Return a look as the daemon tells of it, without the codes of its sentences: here they are English."""
    return look | {"error": look["error"] and uncoded(look["error"])}


def pause(profiles: Profiles = None, config: ConfigOption = None) -> None:
    """Let profiles rest until syncd resume. A push that you ask for is still done."""
    with said_plainly():
        _rest("pause", each_once(profiles or ()), configuration(config))


def resume(
    profiles: Profiles = None,
    config: ConfigOption = None,
    library: LibraryOption = None,
    new: Annotated[bool, typer.Option("--new-collection", help="Start a fresh collection.")] = False,
) -> None:
    """Let profiles go on that rest. They rest on your word, or because you deleted their collection in Zotero."""
    with said_plainly():
        if new and len(profiles or ()) != 1:
            raise ConfigError([message("new-collection-wants-profile")])
        if library and not new:
            raise ConfigError([message("library-without-new-collection")])
        if new and profiles:
            start_anew(profiles[0], config, library)
            return
        settings = configuration(config)
        _rest("resume", each_once(profiles or ()), settings)
        for name in profiles or ():
            _check_collection(name, settings)


def reload(config: ConfigOption = None) -> None:
    """Let the daemon take over the configuration as it is now."""
    with said_plainly():
        configuration(config)
        answer = ask(ports().data.control, "reload")
        if answer is None:
            raise SyncdError(message("no-daemon-to-reload"), hint=message("start-daemon"))
        if answer["problems"]:
            raise ConfigError(answer["problems"], hint=message("daemon-keeps-old-settings"))
        tell(message("daemon-took-config"))


def _rest(do: str, names: Sequence[str], settings: Config) -> None:
    """Pause or resume, through the daemon where one runs."""
    for name in names:
        settings.profile(name)
    world = ports(settings=settings)
    answer = ask(world.data.control, do, names=names)
    if answer is not None:
        resting = set(answer["paused"])
    else:
        with Resting(world.data, world.clock) as remembered:
            resting = set(remembered.pause(names) if do == "pause" else remembered.resume(names))
    tell(_paused(names) if do == "pause" else _resumed(names))
    if do == "resume" and "" in resting:
        tell(message("all-others-still-paused"))
    if answer is None:
        tell(message("no-daemon-just-now"))


def _paused(names: Sequence[str]) -> str:
    if not names:
        return message("all-paused")
    if len(names) == 1:
        return message("profile-paused", profile=names[0])
    return message("profiles-paused", profiles=", ".join(names))


def _resumed(names: Sequence[str]) -> str:
    if not names:
        return message("all-followed-again")
    if len(names) == 1:
        return message("profile-followed-again", profile=names[0])
    return message("profiles-followed-again", profiles=", ".join(names))


def _check_collection(name: str, settings: Config) -> None:
    """Say so where a profile rests for another reason than the user's word to syncd."""
    library, world = settings.library(settings.profile(name).library), ports(settings=settings)
    with remembered(library, world.data, world.clock) as state:
        resting = [profile for profile in state.profiles.pushed([name]) if profile.paused]
    if resting:
        raise ConfigError(
            [message("profile-rests", profile=repr(name), reason=resting[0].paused)],
            hint=message("restore-collection-or-resume", profile=quote(name)),
        )


def _look_there(names: Sequence[str], world: Ports) -> list[Json]:
    """Let workers look at profiles, where there are any; return how that ended, as the daemon would."""
    if not world.data.database:
        return []
    from syncd.fleet.scheduler import look_now  # noqa: PLC0415 - it needs what is not installed everywhere

    return look_now(names, world.data, world.clock)


def _look_here(names: Sequence[str], settings: Config, world: Ports) -> list[Json]:
    """Look at profiles in this process, one after the other, as the daemon would."""
    never = threading.Event()
    looker = Looker(world, lambda _library: True)
    looks = []
    for name in names:
        run = run_name(world.clock.now())
        outcome = looker.look(name, frozenset({"asked"}), run, settings, LookProgress(world.clock, never))
        looks += [look.to_json() for look in outcome.looks]
    return looks


def _show(look: Json) -> None:
    counts = counted(look["counts"]) or message("nothing-was-done")
    stdout().print(f"[bold]{escape(look['profile'])}[/]: {counts} · {look['run']}")
    if look["error"]:
        say(SyncdError(look["error"]["message"], hint=look["error"]["hint"]))


def _code(look: Json) -> Exit:
    if look["error"]:
        return OF_SORT[look["error"]["sort"]]
    return Exit.WAITING if look["counts"].get("review") else Exit.DONE
