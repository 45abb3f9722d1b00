"""`syncd service`: have the computer's service manager start syncd, stop it again, and say how it stands."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from syncd.cli.console import (
    ConfigOption,
    Exit,
    JsonOption,
    command,
    configuration,
    group,
    own_data,
    said_plainly,
    show_json,
    tell,
)
from syncd.config import Config
from syncd.config.secrets import SecretRef
from syncd.errors import ConfigError, ServiceError
from syncd.messages import message
from syncd.paths import expand
from syncd.service import Standing, manager
from syncd.service.base import Start
from syncd.service.systemd import SYSTEM_CONFIG, Form
from syncd.text.plain import json_of

app = group("syncd as a service, started by the computer itself.")

UserOption = Annotated[
    bool, typer.Option("--user/--system", help="A service of yours, or one of the whole computer.")
]

# What a unit with ProtectHome=yes and PrivateTmp=yes does not see.
HIDDEN = tuple(map(Path, ("/home", "/root", "/run/user", "/tmp", "/var/tmp")))  # noqa: S108 - nothing is made there


@command(app, "install")
def install(
    user: UserOption = True,
    timer: Annotated[
        bool, typer.Option("--timer", help="Push every six hours, instead of a daemon.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Start syncd now and whenever the computer starts."""
    with said_plainly():
        form: Form = "user" if user else "system"
        command = own_command(sys.argv[0], sys.executable)
        supervisor = manager(form, os.environ)
        if form == "system":
            places = {Path(command[0]), Path(sys.executable), Path(__file__), *([config] if config else ())}
            check_system(command, places, is_root=os.geteuid() == 0)
        start, settings = _start(command, form, timer=timer, config=config)
        supervisor.require()
        for name in _variables(settings):
            tell(message("key-not-seen-by-service", name=name), err=True)
        standing = supervisor.install(start)
        _say_installed(standing, supervisor.logs(timer=timer), start, form)


@command(app, "uninstall")
def uninstall(user: UserOption = True) -> None:
    """Stop the service and remove it; configuration and data stay."""
    with said_plainly():
        form: Form = "user" if user else "system"
        supervisor = manager(form, os.environ)
        if supervisor.standing() is None:
            tell(message("service-absent-form", form=form))
            return
        if form == "system":
            _check_root(own_command(sys.argv[0], sys.executable), "uninstall", is_root=os.geteuid() == 0)
        for path in supervisor.uninstall():
            tell(message("service-removed-file", path=path))
        tell(message("service-removed"))


@command(app, "status")
def status(
    user: Annotated[
        bool | None, typer.Option("--user/--system", help="Which one; usually the one that is installed.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say whether the service is installed and runs. The command exits with 0 if so."""
    with said_plainly():
        forms: tuple[Form, ...] = ("user", "system") if user is None else ("user" if user else "system",)
        form, standing = _installed(forms)
        mine = own_command(sys.argv[0], sys.executable)
        if as_json:
            show_json(_json(form, standing, mine))
        elif standing is None:
            tell(message("service-absent"))
        else:
            _show(form, standing, mine)
        if standing is None or not standing.active:
            raise typer.Exit(Exit.ERROR)


def own_command(started_as: str, python: str) -> tuple[str, ...]:
    """Return the command that starts this syncd again: the script that was started, or Python with it as a module.

    Args:
        started_as: `sys.argv[0]`.
        python: `sys.executable`.
    """
    script = Path(started_as).absolute()
    if script.suffix != ".py" and script.is_file() and os.access(script, os.X_OK):
        return (str(script),)
    return (python, "-m", "syncd")


def check_system(command: tuple[str, ...], places: set[Path], *, is_root: bool) -> None:
    """Make sure that this syncd can be a service of the whole computer, and that this user may install it.

    Args:
        command: starts this syncd.
        places: of the files that it consists of.
        is_root: the user is root.

    Raises:
        ConfigError: part of it is in a folder that the service does not see.
        ServiceError: only root may do this.
    """
    for place in sorted(places):
        if _hidden(place):
            raise ConfigError(
                [message("service-does-not-see", path=place, hidden=_hidden(place))],
                hint=message("keep-outside-home"),
            )
    _check_root(command, "install", is_root=is_root)


def _hidden(place: Path) -> Path | None:
    """Return the hidden folder that the place, or what it points to, is in."""
    whole = (place.absolute(), place.resolve())
    return next((folder for folder in HIDDEN if any(each.is_relative_to(folder) for each in whole)), None)


def _check_root(command: tuple[str, ...], what: str, *, is_root: bool) -> None:
    if not is_root:
        raise ServiceError(
            message("only-root-may", verb=what),
            hint=message("try-sudo", command=shlex.join(command), verb=what),
        )


def _start(command: tuple[str, ...], form: Form, *, timer: bool, config: Path | None) -> tuple[Start, Config]:
    """Return how the service is to be started, after a look at its configuration."""
    named = str(config) if config else os.environ.get("SYNCD_CONFIG")
    if form == "system":
        whole = (config or SYSTEM_CONFIG).absolute()
        settings = configuration(whole)
        _check_readable(whole.resolve())
        return Start(command, timer, whole, None, {}, _written(settings)), settings
    settings = configuration(config)
    data = own_data()
    # The service must see the same files as a command that is typed.
    folder = os.environ.get("XDG_CONFIG_HOME", "")
    env = {"XDG_CONFIG_HOME": folder} if folder and not named else {}
    place = expand(named, os.environ).absolute() if named else None
    return Start(command, timer, place, data.root.absolute(), env, _written(settings)), settings


def _check_readable(config: Path) -> None:
    """Make sure that the service, which runs as a user of its own, can read the configuration."""
    closed = [folder for folder in config.parents if not folder.stat().st_mode & 0o001]
    if not config.stat().st_mode & 0o004 or closed:
        first = closed[-1] if closed else config
        raise ConfigError(
            [message("service-may-not-read", path=first)],
            hint=message("let-others-read", right="x" if closed else "r", path=first),
        )


def _written(settings: Config) -> tuple[Path, ...]:
    """Return the folders outside of the data folder that syncd is configured to write to."""
    files = (
        *([settings.metrics.textfile] if settings.metrics.textfile else ()),
        *(o.file for o in settings.outputs),
    )
    return tuple(dict.fromkeys(Path(file).parent for file in files))


def _variables(settings: Config) -> Iterator[str]:
    """Yield the environment variables that hold keys: the shell has them, a service has not."""
    libraries = (library.key for library in settings.libraries.values())
    services = (getattr(settings.services, name).key for name in type(settings.services).model_fields)
    references: tuple[SecretRef | None, ...] = (*libraries, *services, *settings.notify.urls)
    yield from dict.fromkeys(ref.env for ref in references if ref is not None and ref.env is not None)


def _installed(forms: tuple[Form, ...]) -> tuple[Form, Standing | None]:
    """Return the first form that is installed and how it stands."""
    for form in forms:
        if form == "system" and sys.platform == "darwin":
            continue
        standing = manager(form, os.environ).standing()
        if standing is not None:
            return form, standing
    return forms[0], None


def _say_installed(standing: Standing, logs: str, start: Start, form: Form) -> None:
    for path in standing.files:
        tell(message("wrote", path=path))
    if not standing.timer:
        tell(message("service-runs-now", command=logs))
    elif sys.platform == "darwin":
        tell(message("service-pushes-now", command=logs))
    else:
        tell(message("service-pushes", command=logs))
        command = f"systemctl {'--user ' if form == 'user' else ''}start syncd-push"
        tell(message("push-at-once", command=command))
    if standing.left_out:
        refused = ", ".join(setting.partition("=")[0] for setting in standing.left_out)
        tell(message("shut-in-without", settings=refused))
    if form == "user" and sys.platform != "darwin":
        tell(message("ends-on-log-out"))
    if start.data is not None:
        tell(message("data-is-in", path=start.data))


def _show(form: Form, standing: Standing, mine: tuple[str, ...]) -> None:
    kind = "timer" if standing.timer else "daemon"
    enabled = "enabled" if standing.enabled else message("service-wont-start")
    tell(message("service-stands", form=form, kind=kind, state=standing.state, enabled=enabled))
    command = shlex.join(standing.command)
    tell(message("starts-command", command=command) if command else message("starts-nothing-known"))
    if not _is_mine(standing, mine):
        tell(message("not-this-syncd", command=shlex.join(mine)))


def _json(form: Form, standing: Standing | None, mine: tuple[str, ...]) -> dict[str, object]:
    if standing is None:
        return {"installed": False, "active": False}
    return {
        "installed": True,
        **json_of(standing, "active", "enabled", "state", "left_out"),
        "form": form,
        "kind": "timer" if standing.timer else "daemon",
        "command": standing.command,
        "this_executable": _is_mine(standing, mine),
        "files": [str(path) for path in standing.files],
    }


def _is_mine(standing: Standing, mine: tuple[str, ...]) -> bool:
    return standing.command[: len(mine)] == mine
