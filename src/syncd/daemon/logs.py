"""What the daemon says of itself, a line each: readable on a terminal, JSON elsewhere, with priorities for journald.

Libraries' warnings go the same way. No line holds a key or a registered secret, and none that can't be written
ever stops the daemon.
"""

from __future__ import annotations

import io
import json
import logging
import math
import os
import traceback
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import quote

import structlog
from structlog import dev
from structlog.typing import EventDict, ExcInfo, FilteringBoundLogger, Processor

from syncd.clock import Clock
from syncd.config.values import masked
from syncd.engine.ports import run_name
from syncd.text.plain import spelt_in_json, spelt_out

# Priorities of sd-daemon(3), which journald takes from the start of a line.
PRIORITIES = {"critical": 2, "error": 3, "warning": 4, "info": 6, "debug": 7}
COLOURS = {"critical": dev.RED, "error": dev.RED, "warning": dev.YELLOW, "info": dev.GREEN, "debug": dev.BLUE}
FRAMES = 8
CAUSES = 3
# Journald cuts a line at 48 KiB into several, and a half is no JSON any more.
LONGEST = 8000
DEEPEST = 4

_hidden: tuple[str, ...] = ()


def get_logger() -> FilteringBoundLogger:
    """Return a logger; it may be made before `configure` is called."""
    logger: FilteringBoundLogger = structlog.get_logger()
    return logger


def hide(secret: str) -> None:
    """Keep a secret out of every line from now on, as it is and as addresses spell it."""
    global _hidden  # noqa: PLW0603 - a process has one log
    if secret:
        forms = {*_hidden, secret, quote(secret), quote(secret, safe="")}
        # A secret that is a part of another one must not take it apart.
        _hidden = tuple(sorted(forms, key=len, reverse=True))


def without_secrets(text: str) -> str:
    """Return `text` with all that looks like a Zotero key, and all that is hidden, taken out."""
    for secret in _hidden:
        text = text.replace(secret, "(a secret, not shown)")
    return masked(text)


def configure(stream: TextIO | None, env: Mapping[str, str], *, clock: Clock) -> str:
    """Let all of the process's lines go to `stream`.

    A line carries what is bound with `structlog.contextvars`; outside a run it carries the process's own id.
    `$SYNCD_DEBUG` lets lines for programmers through, `$NO_COLOR` takes colours away.

    Args:
        stream: standard error; None where the process has none.
        env: the environment.
        clock: the time of each line.

    Returns:
        the process's own id.
    """
    own = run_name(clock.now())
    terminal = stream is not None and stream.isatty()
    renderer = _for_terminal(env) if terminal else _for_programs(stream, env)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.ExceptionRenderer(in_one_line),
            _Facts(own, clock, local=terminal),
            _plain,
            *renderer,
            _encoded,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.DEBUG if env.get("SYNCD_DEBUG") else logging.INFO
        ),
        logger_factory=structlog.BytesLoggerFactory(_Lines(_descriptor(stream))),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[_Foreign()], level=logging.WARNING, force=True)
    logging.captureWarnings(capture=True)
    return own


class _Lines(io.FileIO):
    """A file that loses a line rather than raise: the pipe's reader has gone, the disk is full.

    It writes past the stream's buffer, where a line that failed would stay and spoil those after it.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor, "wb", closefd=False)

    def write(self, line: Any, /) -> int:
        rest = memoryview(line)
        with suppress(OSError, ValueError):
            while rest:
                rest = rest[super().write(rest) or 0 :]
        return len(line) - len(rest)


def _descriptor(stream: TextIO | None) -> int:
    # Without a standard error its number may by now belong to a database.
    return os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC) if stream is None else stream.fileno()


class _Foreign(logging.Handler):
    """Takes what libraries log through the standard library."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sentence = record.getMessage()
        except Exception:  # noqa: BLE001 - a library's mistake in its own sentence
            sentence = str(record.msg)
        level = min((n for n in (30, 40, 50) if n >= record.levelno), default=50)
        structlog.get_logger().log(level, sentence.strip(), logger=record.name, exc_info=record.exc_info)


class _Facts:
    """Adds the time and the process's id, and puts what every line has to the front."""

    def __init__(self, own: str, clock: Clock, *, local: bool) -> None:
        self._own = own
        self._clock = clock
        self._local = local

    def __call__(self, _logger: object, _method: str, event: EventDict) -> EventDict:
        now = self._clock.now()
        time = f"{now.astimezone():%H:%M:%S}" if self._local else now.isoformat(timespec="milliseconds")
        run = event.pop("run", self._own)
        first = {"time": time, "level": event.pop("level"), "event": event.pop("event", "")}
        # On a terminal the sentence's own facts come before the name of the run.
        return {**first, **event, "run": run} if self._local else {**first, "run": run, **event}


def in_one_line(exc_info: ExcInfo) -> str:
    """Return what an exception was, where it came from and what caused it, without anything of the data.

    >>> try:
    ...     {}["a"]
    ... except KeyError as error:
    ...     in_one_line((KeyError, error, None))
    "KeyError: 'a'"
    """
    error: BaseException | None = exc_info[1]
    words = [_one(error, exc_info[2])]
    while (error := _cause(error)) is not None and len(words) <= CAUSES:
        words.append(_one(error, error.__traceback__))
    return "; caused by ".join(words)


def _one(error: BaseException | None, trace: Any) -> str:
    frames = traceback.extract_tb(trace)[-FRAMES:]
    places = " < ".join(f"{_place(f.filename)}:{f.lineno} {f.name}" for f in reversed(frames))
    return f"{type(error).__name__}: {_words(error)}" + (f" ({places})" if places else "")


def _cause(error: BaseException | None) -> BaseException | None:
    if error is None or error.__suppress_context__:
        return error and error.__cause__
    return error.__cause__ or error.__context__


def _place(file: str) -> str:
    return "/".join(Path(file).parts[-2:])


def _words(value: object) -> str:
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - a log must not fail for what it is about
        return f"(a {type(value).__name__})"


def _plain(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Make every value one that JSON knows, with all secrets taken out."""
    return {_clean(str(key)): _simple(value) for key, value in event.items() if value is not None}


def _simple(value: object, depth: int = 0) -> Any:
    if isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if depth < DEEPEST and isinstance(value, dict):
        return {_clean(_words(key)): _simple(part, depth + 1) for key, part in value.items()}
    if depth < DEEPEST and isinstance(value, list | tuple | set | frozenset):
        return [_simple(part, depth + 1) for part in value]
    return _clean(_words(value))


def _clean(text: str) -> str:
    # Cut last: a half secret would not be recognised.
    clean = without_secrets(text)
    return clean if len(clean) <= LONGEST else clean[:LONGEST] + "…"


def _for_programs(stream: TextIO | None, env: Mapping[str, str]) -> list[Processor]:
    def renderer(_logger: Any, _method: str, event: EventDict) -> str:
        # People read these too: in a file, in journalctl.
        return spelt_in_json(json.dumps(event, ensure_ascii=False))

    if not _is_journal(stream, env):
        return [renderer]

    def with_priority(logger: Any, method: str, event: EventDict) -> str:
        priority = PRIORITIES.get(event["level"], PRIORITIES["info"])
        return f"<{priority}>{renderer(logger, method, event)}"

    return [with_priority]


def _is_journal(stream: TextIO | None, env: Mapping[str, str]) -> bool:
    """Tell whether the stream is the one that systemd connected to the journal, see systemd.exec(5)."""
    if stream is None or not env.get("JOURNAL_STREAM"):
        return False
    status = os.fstat(stream.fileno())
    return env["JOURNAL_STREAM"] == f"{status.st_dev}:{status.st_ino}"


def _for_terminal(env: Mapping[str, str]) -> list[Processor]:
    colours = not env.get("NO_COLOR") and env.get("TERM") != "dumb"
    columns = [dev.Column(name, _Words(colours=colours)) for name in ("time", "level", "event", "")]
    return [_fault_last, dev.ConsoleRenderer(columns=columns, sort_keys=False)]


class _Words:
    """Writes one part of a line for people: the sentence as it is, everything else dim or coloured."""

    def __init__(self, *, colours: bool) -> None:
        self._colours = colours

    def __call__(self, key: str, value: object) -> str:
        text = spelt_out(str(value))
        if key == "event":
            return text
        if key == "level":
            return self._in(COLOURS.get(text, ""), f"{text:<7}")
        if key == "time":
            return self._in(dev.DIM, text)
        return self._in(dev.DIM, f'{key}="{text}"' if " " in text else f"{key}={text}")

    def _in(self, colour: str, text: str) -> str:
        return f"{colour}{text}{dev.RESET_ALL}" if self._colours and colour else text


def _fault_last(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Rename the exception, which the renderer would put on lines of its own."""
    fault = event.pop("exception", None)
    return event if fault is None else {**event, "fault": fault}


def _encoded(_logger: object, _method: str, line: EventDict | str) -> bytes:
    return str(line).encode("utf-8", errors="backslashreplace")
