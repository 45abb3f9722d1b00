"""What a service manager is told: ready, reloading, stopping, still alive (sd_notify(3)). Without one, nothing."""

from __future__ import annotations

import os
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Notifier:
    """Talks to the service manager.

    Args:
        env: the environment; `NOTIFY_SOCKET` names the socket, `WATCHDOG_USEC` how often it wants to hear of us.
    """

    def __init__(self, env: Mapping[str, str]) -> None:
        address = env.get("NOTIFY_SOCKET", "")
        # "@" stands for the abstract namespace.
        self._address = "\0" + address[1:] if address.startswith("@") else address
        mine = env.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        microseconds = env.get("WATCHDOG_USEC", "") if mine else ""
        self.watchdog = int(microseconds) / 1e6 if microseconds.isdigit() and int(microseconds) else None

    def ready(self, status: str) -> None:
        """Say that the service is up, or has taken over a new configuration."""
        self._send(f"READY=1\nSTATUS={_line(status)}")

    def reloading(self) -> None:
        """Say that a new configuration is being read."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def stopping(self) -> None:
        """Say that the service ends."""
        self._send("STOPPING=1\nSTATUS=ending")

    def alive(self, status: str) -> None:
        """Say that it is alive, and what it does."""
        self._send(f"WATCHDOG=1\nSTATUS={_line(status)}")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        # A manager that does not listen is no reason to fail.
        with (
            suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender,
        ):
            sender.sendto(message.encode(), self._address)


def _line(text: str) -> str:
    return " ".join(text.split())
