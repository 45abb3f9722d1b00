"""The process behind `forks.py`: it has imported what syncd imports, and forks once for each program.

A fork runs what `python -m syncd` runs, and ends as an interpreter ends, but that it leaves its memory to the system:
to take that apart would cost more than most commands. The list of commands is not imported beforehand, since it looks
at the terminal while it is imported. This file never decides what a command does.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import runpy
import secrets
import select
import signal
import socket
import sys
import tempfile
import threading
import time
from contextlib import suppress
from itertools import count
from typing import Any

import clock_child
import statements

# What a command loads when it first needs it.
LIBRARIES = (
    *("encodings.utf_8_sig", "filelock", "pydantic.dataclasses", "tzdata.zoneinfo", "uvicorn.lifespan.off"),
    *("rich._emoji_codes", "rich.console", "rich.progress", "rich.table", "typer.main"),
)
NOT_YET = ("syncd.cli.main", "syncd.state.migrations.")
STREAMS = {"stdin": "r", "stdout": "w", "stderr": "w"}


def load() -> None:
    """Import what a command may need, but for the list of them, and make the statements of a push."""
    for name in LIBRARIES:
        importlib.import_module(name)
    syncd = importlib.import_module("syncd")
    for module in pkgutil.walk_packages(syncd.__path__, "syncd."):
        if not module.name.startswith(NOT_YET) and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    statements.make()
    gc.collect()
    gc.freeze()


def serve(line: socket.socket) -> dict[str, Any]:
    """Fork once for each message on the line; return, in a fork, what it is to do.

    A message brings a channel and three streams. The fork reads its task from the channel, and this process writes
    into it: the fork's number at its start, and at its end how it ended.
    """
    woken, wakes = os.pipe()
    for end in (woken, wakes):
        os.set_blocking(end, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wakes)
    channels: dict[int, int] = {}
    while True:
        ready = select.select([line.fileno(), woken], [], [])[0]
        if woken in ready:
            os.read(woken, 65_536)
            _report_ended(channels)
        if line.fileno() in ready:
            message, files, _, _ = socket.recv_fds(line, 1, 4)
            if not message:
                sys.exit()
            channel, *streams = files
            pid = os.fork()
            if not pid:
                line.detach()
                return _become(channel, streams)
            for stream in streams:
                os.close(stream)
            channels[pid] = channel
            _write(channel, pid)


def _report_ended(channels: dict[int, int]) -> None:
    while channels:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        channel = channels.pop(pid)
        _write(channel, os.waitstatus_to_exitcode(status))
        os.close(channel)


def _write(channel: int, number: int) -> None:
    with suppress(BrokenPipeError):  # the test has ended already
        os.write(channel, number.to_bytes(4, "big", signed=True))


def _become(channel: int, streams: list[int]) -> dict[str, Any]:
    """Be a process of one's own, in the world that the task names; return the task."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    text = b""
    while not text.endswith(b"\n"):
        text += os.read(channel, 65_536)
    task: dict[str, Any] = json.loads(text)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.closerange(3, 1024)
    if task["leads"]:
        os.setsid()
    os.chdir(task["folder"])
    os.environ.clear()
    os.environ.update(task["env"])
    tempfile.tempdir = None
    time.tzset()
    for number, (name, mode) in enumerate(STREAMS.items()):
        old = getattr(sys, name)
        lines = 1 if name == "stderr" or os.isatty(number) else -1
        new = open(  # noqa: SIM115 - open as long as the process
            number, mode, lines, encoding=old.encoding, errors=old.errors, closefd=False
        )
        setattr(sys, name, new)
        setattr(sys, f"__{name}__", new)
    # The one thing that a process draws while it imports. Where it has another name, each fork fails and says so.
    drawn = vars(importlib.import_module("syncd.engine.ports"))
    assert isinstance(drawn["_numbers"], count)
    drawn["_numbers"] = count(secrets.randbits(32))
    sys.path[0] = task["folder"]
    more = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[1:1] = [place for place in more if place and place not in sys.path]
    return task


def main() -> None:
    """Serve; in a fork, be syncd."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    load()
    task = serve(socket.socket(fileno=int(sys.argv[1])))
    sys.argv[1:] = task["words"]
    try:
        if task["clock"]:
            sys.argv.insert(1, task["clock"])
            clock_child.main()
        else:
            runpy.run_module("syncd", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        _leave(end.code)
        raise


def _leave(code: str | int | None) -> None:
    """End as an interpreter does: wait for threads, do what was left for the end, write what was printed.

    Where it has more to say, because of its code or because that can't be written, it is left to say that itself.
    """
    if isinstance(code, str):
        return
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    with suppress(OSError, ValueError):
        for stream in filter(None, (sys.stdout, sys.stderr)):
            stream.flush()
        os._exit(code or 0)


if __name__ == "__main__":
    main()
