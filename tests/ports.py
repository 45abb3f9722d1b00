"""Ports that are free now and stay so until a test takes them."""

from __future__ import annotations

import random
import socket

# Outside of those that a system gives to whoever does not mind which: other tests, at the same time, get these.
LOWEST, HIGHEST = 20_000, 32_000


def free_port() -> int:
    """Return a port of this computer that nobody listens on, and nobody gets by chance."""
    while True:
        port = random.randint(LOWEST, HIGHEST)
        try:
            with socket.create_server(("127.0.0.1", port)):
                return port
        except OSError:
            continue
