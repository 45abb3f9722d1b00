"""syncd as units of systemd: the daemon, or a push by a timer, for the whole computer or for one user.

Nothing is written and nothing is started here. The settings are those of systemd.service(5), systemd.exec(5) and
systemd.timer(5); they are kept to what version 252 understands, but for two that older ones pass over.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from syncd.units.quoting import command_line, word
from syncd.units.start import Start

if TYPE_CHECKING:
    from collections.abc import Collection

Form = Literal["user", "system"]

SERVICE = "syncd.service"
PUSH = "syncd-push.service"
TIMER = "syncd-push.timer"

SYSTEM_CONFIG = Path("/etc/syncd/config.toml")

_UNIT = {
    "system": """\
# Offline is no failure: this only spares a first run that would have to wait.
Wants=network-online.target
After=network-online.target
""",
    "user": "",
}

_DAEMON = """\
Type=notify
NotifyAccess=main
# The shell has this command itself; a small Debian has no program of that name.
ExecReload=/bin/sh -c "kill -HUP $$MAINPID"
# The daemon pings from the loop that does the work, so that a run which hangs is noticed.
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


def names(*, timer: bool) -> tuple[str, ...]:
    """Return the units of the daemon, or of the timer; the last one is what is enabled and started."""
    return (PUSH, TIMER) if timer else (SERVICE,)


def confinement() -> tuple[str, ...]:
    """Return the settings of a user's unit that not every computer grants, such as "PrivateUsers=yes"."""
    return tuple(line for line in (_CONFINED + _USER).splitlines() if not line.startswith("#"))


def left_out(unit: str) -> tuple[str, ...]:
    """Return which of those a unit does without."""
    there = set(unit.splitlines())
    return tuple(setting for setting in confinement() if setting not in there)


def units(start: Start, form: Form, refused: Collection[str] = ()) -> dict[str, str]:
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
            f"[Service]\n{_ONCE if start.timer else _DAEMON}{_running(start, refused)}",
            _hardened(form, refused),
        )
    )
    if start.timer:
        return {PUSH: service, TIMER: _TIMER}
    return {SERVICE: f"{service}\n[Install]\nWantedBy={_WANTED_BY[form]}\n"}


def shipped() -> dict[str, str]:
    """Return the units that come with syncd, by their place: for /usr/local/bin/syncd and no certain user."""
    command = ("/usr/local/bin/syncd",)
    found: dict[str, str] = {}
    for timer in (False, True):
        found |= units(Start(command, timer, SYSTEM_CONFIG, None, {}), "system")
        user = units(Start(command, timer, None, Path("%h/.local/share/syncd"), {}), "user")
        # %h is the user's home folder, which a unit that is made for somebody must not hold.
        found |= {f"user/{name}": text.replace("%%h", "%h") for name, text in user.items()}
    return found


def _hardened(form: Form, refused: Collection[str]) -> str:
    lines = f"{_SYSTEM if form == 'system' else _USER}{_CONFINED}\n{_LIMITED}".split("\n")
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
