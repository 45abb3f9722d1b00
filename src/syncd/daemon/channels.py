"""How news are sent: by a command of the user's, or through apprise to the services that it knows.

Errors never hold an address, for it is also the password, nor what a command prints.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
from typing import TYPE_CHECKING, Protocol

from syncd.errors import ConfigError, SendError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from syncd.daemon.news import Message

COMMAND_SECONDS = 30.0
# What a command gets of syncd's environment, in which keys may be: who and where it is, and the way to a desktop.
PASSED_ON = frozenset(
    {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TZ", "LANG", "LANGUAGE", "XDG_RUNTIME_DIR"}
    | {"DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY"}
)


class Channel(Protocol):
    """A way to send news.

    Attributes:
        name: what it is called in sentences; always the same for the same setting.
    """

    name: str

    def send(self, message: Message) -> None:
        """Send a message.

        Raises:
            SendError: it may not have arrived; trying again later may help.
            ConfigError: it can't be sent as things are.
        """
        ...


class Command:
    """Sends news with a command: the body on its standard input, `$SYNCD_SUBJECT`, `$SYNCD_BODY` beside it.

    Args:
        words: the command and its arguments; no shell reads them.
        env: its environment.
        seconds: how long it may take.
    """

    def __init__(
        self, words: Sequence[str], env: Mapping[str, str], *, seconds: float = COMMAND_SECONDS
    ) -> None:
        self.name = "notify.command"
        self._words = list(words)
        self._env = dict(env)
        self._seconds = seconds

    def send(self, message: Message) -> None:
        """Run the command.

        Raises:
            SendError: it failed, or took too long and was ended with all that it had started.
            ConfigError: it can't be run.
        """
        env = self._env | {"SYNCD_SUBJECT": message.subject, "SYNCD_BODY": message.body}
        try:
            code = self._run(env, message.body.encode())
        except OSError as error:
            problem = f"{self.name}: {self._words[0]} can't be run: {error.strerror or error}"
            raise ConfigError([problem]) from None
        except ValueError:
            raise ConfigError([f"{self.name}: a word of it holds a NUL character"]) from None
        if code is None:
            raise SendError(f"{self.name} did not end within {self._seconds:g} seconds")
        if code != 0:
            raise SendError(
                f"{self.name} failed with exit code {code}", hint="Run it by hand to see what it says."
            )

    def _run(self, env: Mapping[str, str], body: bytes) -> int | None:
        """Return the command's exit code, or None where it took too long."""
        with subprocess.Popen(  # noqa: S603 - the user's own command
            self._words,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as process:
            try:
                process.communicate(body, timeout=self._seconds)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                return None
            return process.returncode


class Service:
    """Sends news to an address of apprise's, see https://github.com/caronc/apprise/wiki.

    Args:
        address: such as "mailto://…" or "ntfy://…"; a secret.
        place: the how manieth it is in the configuration, from 1.

    Raises:
        ConfigError: apprise is not installed, or does not know such an address.
    """

    def __init__(self, address: str, place: int) -> None:
        self.name = f"notify.urls, address {place}"
        try:
            import apprise  # noqa: PLC0415 - an extra
        except ImportError:
            raise ConfigError(
                ["notify.urls: the Python package apprise is not installed"],
                hint='Install it with: pip install "syncd[notify]"',
            ) from None
        # It logs addresses. What went wrong is in our own line.
        logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
        asset = apprise.AppriseAsset(
            app_id="syncd", app_desc="syncd", async_mode=False, storage_mode="memory"
        )
        self._apprise = apprise.Apprise(asset=asset)
        if not self._apprise.add(address):
            raise ConfigError([f"{self.name}: apprise knows no such address"])

    def send(self, message: Message) -> None:
        """Send a message.

        Raises:
            SendError: the service did not take it.
        """
        try:
            taken = self._apprise.notify(message.body, title=message.subject, body_format="text")
        except Exception as error:  # noqa: BLE001 - each service raises its own, with the address in it
            raise SendError(f"{self.name}: apprise failed ({type(error).__name__})") from None
        if not taken:
            raise SendError(
                f"{self.name}: the service did not take it",
                hint="Look whether the address is still right and the service can be reached.",
            )


def channels(
    command: Sequence[str] | None, addresses: Sequence[str], env: Mapping[str, str]
) -> list[Channel]:
    """Return all channels that are configured.

    Args:
        command: of `notify.command`.
        addresses: of `notify.urls`, in order.
        env: the environment, of which the command gets `PASSED_ON` and the locale.

    Raises:
        ConfigError: see `Service`.
    """
    clean = {name: value for name, value in env.items() if name in PASSED_ON or name.startswith("LC_")}
    made: list[Channel] = [Command(command, clean)] if command else []
    return made + [Service(address, place) for place, address in enumerate(addresses, 1)]
