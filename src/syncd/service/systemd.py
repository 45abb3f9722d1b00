"""syncd as units of systemd: their text, putting them in place, and having systemd start them.

The text is computed from what is passed in. Words are quoted as systemd.syntax(7) and systemd.service(5) want it.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Literal

from syncd.errors import ConfigError, ServiceError
from syncd.messages import message
from syncd.paths import config_home
from syncd.service.base import Standing, Start, run, said, write
from syncd.text.patterns import pattern

_PLAIN = pattern(r"[\w@./:=+,-]+", hostile="a", flags=re.ASCII)


def command_line(words: Sequence[str]) -> str:
    """Return what stands after `ExecStart=`: the executable, absolute, and its arguments.

    The colon in front keeps systemd from replacing `$NAME`; two dollars would not do, for in the executable's own name
    they stay two.

    Raises:
        ConfigError: systemd starts no executable whose name holds a quotation mark or a backslash.
    """
    if set(words[0]) & set("\"'\\"):
        raise ConfigError(
            [message("systemd-name-quoted", path=words[0])],
            hint=message("install-elsewhere"),
        )
    return ":" + " ".join(word(each) for each in words)


def word(text: str) -> str:
    r"""Return a word of a command line, of `Environment=` or of a list of paths, quoted where it has to be.

    >>> print(word("/opt/my tools/100%/syncd"))
    "/opt/my tools/100%%/syncd"
    """
    literal = text.replace("%", "%%")
    if _PLAIN.fullmatch(text):
        return literal
    return '"' + literal.replace("\\", "\\\\").replace('"', '\\"') + '"'


Form = Literal["user", "system"]

SERVICE = "syncd.service"
PUSH = "syncd-push.service"
WORKER = "syncd-worker@.service"
TIMER = "syncd-push.timer"

SYSTEM_CONFIG = Path("/etc/syncd/config.toml")
WORKER_CONFIG = Path("/etc/syncd/worker.toml")

_UNIT = {
    "system": """\
# Offline is no failure: this only spares a first run that would have to wait.
Wants=network-online.target
After=network-online.target
""",
    "user": "",
}

_RELOADED = """\
# The shell has this command itself; a small Debian has no program of that name.
ExecReload=/bin/sh -c "kill -HUP $$MAINPID"
"""

_STAYS = """\
Type=notify
NotifyAccess=main
# It pings from the loop that does the work, so that a run which hangs is noticed.
WatchdogSec=120
TimeoutStartSec=120
TimeoutStopSec=15
Restart=on-failure
# Nothing but a person mends a wrong configuration (2), a wrong key (4) or a page whose layout changed (7).
RestartPreventExitStatus=2 4 7
# From 30 seconds to 15 minutes in five steps. systemd before 254 stays at the 30 seconds.
RestartSec=30
RestartSteps=5
RestartMaxDelaySec=15min
"""

_ONCE = """\
Type=oneshot
# Reviews that wait for a person (6) and another run at work (11) are no failures.
SuccessExitStatus=6 11
# After a run that lacked the network, or was cut off, another one is made; after all else the timer's turn will do.
Restart=on-failure
RestartPreventExitStatus=1 2 3 4 7 8
RestartSec=10min
TimeoutStartSec=2h
TimeoutStopSec=15
"""

_TIMER = """\
[Unit]
Description=Push to Zotero now and then

[Timer]
OnCalendar=00/6:00
# A push that the computer slept through is made up for, and not everybody asks the sources at the same minute.
Persistent=yes
RandomizedDelaySec=30min

[Install]
WantedBy=timers.target
"""

# What any service manager can apply, a user's too.
_LIMITED = """\
NoNewPrivileges=yes
LockPersonality=yes
# Neither Python nor a library that syncd uses makes machine code while it runs; a Python with its JIT turned on does.
MemoryDenyWriteExecute=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
UMask=0077
"""

# What takes a view of its own of the computer: namespaces. The first one makes the others possible for a user.
_CONFINED = """\
PrivateUsers=yes
ProtectSystem=strict
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProcSubset=pid
CapabilityBoundingSet=
AmbientCapabilities=
"""

_SYSTEM = """\
# A user of its own, that exists while it runs. Its data is in /var/lib/syncd.
DynamicUser=yes
User=syncd
StateDirectory=syncd
StateDirectoryMode=0700
# The key is in /etc/credstore/syncd.zotero-key, for root alone; the configuration names it so:
#   key = { credential = "zotero-key" }
# Where there is no such file, syncd starts without.
LoadCredential=zotero-key:syncd.zotero-key

"""

# Many of one computer have one unit: systemctl enable --now syncd-worker@1 syncd-worker@2
_WORKER = """\
# A user of its own, that exists while it runs. It writes to no folder but a private one for temporary files.
DynamicUser=yes
# The database's address and a library's key are in /etc/credstore/syncd.database-url and syncd.zotero-key, for root
# alone; configurations name them so:
#   url = { credential = "database-url" }
#   key = { credential = "zotero-key" }
# Each further key is one more line of this kind.
LoadCredential=database-url:syncd.database-url
LoadCredential=zotero-key:syncd.zotero-key

"""

# What only the whole computer's service manager grants.
_APART = """\
ProtectHome=yes
PrivateIPC=yes
KeyringMode=private
"""

_USER = """\
# Pages in the home folder can be read; written to is only the data folder.
ProtectHome=read-only
# Not every computer grants a user's service all of what follows, down to the empty line: with a setting that it does
# not, the service can't start (status 217, 218 or 226). syncd service install tries them, and leaves such ones out.
"""

# Without it everything may be written to, and exceptions would need what is refused.
_READ_ONLY = "ProtectSystem=strict"
_WANTED_BY = {"system": "multi-user.target", "user": "default.target"}


def unit_names(*, timer: bool) -> tuple[str, ...]:
    """Return the units of the daemon, or of the timer; the last one is what is enabled and started."""
    return (PUSH, TIMER) if timer else (SERVICE,)


def confinement() -> tuple[str, ...]:
    """Return the settings of a user's unit that not every computer grants, such as "PrivateUsers=yes"."""
    return tuple(line for line in (_CONFINED + _USER).splitlines() if not line.startswith("#"))


def left_out_of(unit: str) -> tuple[str, ...]:
    """Return which of those a unit does without."""
    there = set(unit.splitlines())
    return tuple(setting for setting in confinement() if setting not in there)


def unit_files(start: Start, form: Form, refused: Collection[str] = ()) -> dict[str, str]:
    """Return the units that start syncd so, each text under its file name.

    Args:
        start: what they start.
        form: for the whole computer or for one user.
        refused: settings that this computer does not grant a user's service, as `confinement` has them.
    """
    heading = _heading(PUSH if start.timer else SERVICE, form)
    service = "\n".join(
        (
            f"{heading}[Unit]\nDescription={_description(start)}\n{_UNIT[form]}",
            f"[Service]\n{_ONCE if start.timer else _STAYS + _RELOADED}{_running(start, refused)}",
            _hardened(form, refused),
        )
    )
    if start.timer:
        return {PUSH: service, TIMER: _TIMER}
    return {SERVICE: f"{service}\n[Install]\nWantedBy={_WANTED_BY[form]}\n"}


def worker_unit(command: str) -> str:
    """Return the unit of a computer's workers, of which each has a name of its own behind the "@"."""
    words = (command, "worker", "--config", str(WORKER_CONFIG))
    return "\n".join(
        (
            f"# Settings of yours go beside it: systemctl edit {WORKER}\n[Unit]",
            f"Description=Work for a fleet of syncd (%i)\n{_UNIT['system']}",
            f"[Service]\n{_STAYS}ExecStart={command_line(words)}\n",
            f"{_WORKER}{_APART}{_CONFINED}\n{_LIMITED}",
            f"[Install]\nWantedBy={_WANTED_BY['system']}\n",
        )
    )


def shipped() -> dict[str, str]:
    """Return the units that come with syncd, by their place: for /usr/local/bin/syncd and no certain user."""
    command = ("/usr/local/bin/syncd",)
    found: dict[str, str] = {}
    for timer in (False, True):
        found |= unit_files(Start(command, timer, SYSTEM_CONFIG, None, {}), "system")
        user = unit_files(Start(command, timer, None, Path("%h/.local/share/syncd"), {}), "user")
        # %h is the user's home folder, which a unit that is made for somebody must not hold.
        found |= {f"user/{name}": text.replace("%%h", "%h") for name, text in user.items()}
    return {**found, WORKER: worker_unit(*command)}


def _hardened(form: Form, refused: Collection[str]) -> str:
    lines = f"{_SYSTEM + _APART if form == 'system' else _USER}{_CONFINED}\n{_LIMITED}".split("\n")
    return "\n".join(line for line in lines if line not in refused)


def _heading(name: str, form: Form) -> str:
    edit = f"systemctl {'--user ' if form == 'user' else ''}edit {name}"
    return f"# syncd service install writes this file anew. Settings of yours go beside it: {edit}\n"


def _description(start: Start) -> str:
    return "Push to Zotero once" if start.timer else "Keep Zotero up to date with author profiles"


def _running(start: Start, refused: Collection[str]) -> str:
    lines = [f"ExecStart={command_line(start.arguments)}"]
    lines += [f"Environment={word(f'{name}={value}')}" for name, value in start.environment.items()]
    # The dash: where a folder is missing, it is syncd that says so.
    written = (*(() if start.data is None else (start.data,)), *start.writes)
    if _READ_ONLY in refused:
        written = ()
    lines += [f"ReadWritePaths={word(f'-{folder}')}" for folder in written]
    return "\n".join(lines) + "\n"


SYSTEM_UNITS = Path("/etc/systemd/system")


class Systemd:
    """syncd under systemd, in one of its forms.

    Args:
        form: for the whole computer or for one user.
        env: the environment, in which systemctl is looked for and run.
        folder: where units are; usually the form's own.
    """

    def __init__(self, form: Form, env: Mapping[str, str], folder: Path | None = None) -> None:
        usual = SYSTEM_UNITS if form == "system" else config_home(env) / "systemd" / "user"
        self._form: Form = form
        self._env = env
        self._folder = folder or usual
        self._mode = ["--user"] if form == "user" else []

    def require(self) -> None:
        """Make sure that there is a systemd to talk to.

        Raises:
            ServiceError: there is none, or it doesn't answer.
        """
        done = self._systemctl("show", "--property=Version")
        if done.returncode:
            raise ServiceError(
                message("systemd-silent", reason=said(done)),
                hint=message("log-in-as-user") if self._form == "user" else message("not-started-by-systemd"),
            )

    def install(self, start: Start) -> Standing:
        """Put the units in place, take out those of the other kind, and start anew.

        Raises:
            ServiceError: systemd refused; the units are in place then, and the hint says so.
        """
        units = unit_files(start, self._form, self._refused() if self._form == "user" else ())
        write(self._folder, {name: text.encode() for name, text in units.items()})
        self._take_out(unit_names(timer=not start.timer))
        unit = unit_names(timer=start.timer)[-1]
        for words in (("daemon-reload",), ("enable", unit), ("restart", unit)):
            done = self._systemctl(*words)
            if done.returncode:
                raise ServiceError(
                    message("systemctl-failed", command=" ".join(words), reason=said(done)),
                    hint=message(
                        "units-there-see-why", path=self._folder, command=self.logs(timer=start.timer)
                    ),
                )
        return self._standing(timer=start.timer)

    def uninstall(self) -> tuple[Path, ...]:
        """Stop syncd and take its units out; return those that were there.

        Raises:
            ServiceError: systemd refused to stop it; the units are still there then.
        """
        gone = [self._take_out(unit_names(timer=timer)) for timer in (False, True)]
        return tuple(path for paths in gone for path in paths)

    def standing(self) -> Standing | None:
        """Return how the service stands, or None where none is installed."""
        timer = next((timer for timer in (False, True) if self._files(unit_names(timer=timer))), None)
        return None if timer is None else self._standing(timer=timer)

    def logs(self, *, timer: bool) -> str:
        """Return the command that shows what the service says."""
        return " ".join(
            ["journalctl", *self._mode, "-u", unit_names(timer=timer)[0].removesuffix(".service")]
        )

    def _standing(self, *, timer: bool) -> Standing:
        names = unit_names(timer=timer)
        state = self._systemctl("is-active", names[-1]).stdout.strip()
        enabled = not self._systemctl("is-enabled", names[-1]).returncode
        unit = _text(self._folder / names[0])
        left_out = left_out_of(unit) if self._form == "user" else ()
        return Standing(timer, self._files(names), _unit_command(unit), enabled, state or "unknown", left_out)

    def _refused(self) -> list[str]:
        """Return the settings that this computer does not grant a user's service, each tried beside those it does."""
        every = confinement()
        granted = list(every) if self._grants(every) else []
        for setting in every if not granted else ():
            if self._grants((*granted, setting)):
                granted.append(setting)
        return [setting for setting in every if setting not in granted]

    def _grants(self, settings: Sequence[str]) -> bool:
        """Try on a program that does nothing whether a service with these settings can start."""
        words = [word for setting in settings for word in ("-p", setting)]
        try:
            done = run(
                "systemd-run", "--user", "--quiet", "--wait", "--collect", *words, "true", env=self._env
            )
        except ServiceError:
            return False
        return done.returncode == 0

    def _files(self, names: tuple[str, ...]) -> tuple[Path, ...]:
        return tuple(self._folder / name for name in names if (self._folder / name).is_file())

    def _take_out(self, names: tuple[str, ...]) -> tuple[Path, ...]:
        files = self._files(names)
        if files:
            # The timer goes first, or it might start the service once more.
            done = self._systemctl("disable", "--now", *reversed([path.name for path in files]))
            if done.returncode:
                raise ServiceError(
                    message("systemctl-not-stopped", unit=files[-1].name, reason=said(done)),
                    hint=message("units-still-there", path=self._folder),
                )
            for path in files:
                path.unlink()
            self._systemctl("daemon-reload")
        return files

    def _systemctl(self, *words: str) -> subprocess.CompletedProcess[str]:
        return run("systemctl", *self._mode, *words, env=self._env)


def _text(unit: Path) -> str:
    """Return what stands in a unit; nothing where it can't be read."""
    try:
        return unit.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


def _unit_command(unit: str) -> tuple[str, ...]:
    """Return the command line of a unit, as `command_line` writes it."""
    try:
        line = next(line for line in unit.split("\n") if line.startswith("ExecStart="))
        words = shlex.split(line.removeprefix("ExecStart=").lstrip(":"))
    except (ValueError, StopIteration):
        return ()
    return tuple(word.replace("%%", "%") for word in words)
