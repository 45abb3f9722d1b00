"""Reads pages from the disk: one file, the pages of a folder, or the files that a pattern matches.

It reads regular files only, whole, and as they were at one moment. It never writes.
"""

from __future__ import annotations

import glob
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

from syncd.errors import SourceError
from syncd.messages import message
from syncd.model import Snapshot
from syncd.sources.limits import Limits
from syncd.text.patterns import pattern

PAGE_SUFFIXES = frozenset({".txt", ".html", ".htm", ".mhtml", ".mht", ".bib", ".ris"})
TRIES = 2
CHUNK = 1 << 20

SUFFIX = pattern(r"[^\s.]\.(?:[a-z][a-z0-9]{1,5}|[A-Z]{3,6})", hostile="a.")
"""The end of a file's name: a letter, a dot and a suffix, all small or all capital.

>>> [bool(SUFFIX.search(name[-8:])) for name in ("he.bib", "page.TXT", "J. Smith", "John Smith Jr.", "P.He")]
[True, True, False, False, False]
"""
HOST = pattern(r"[\w-]+(?:\.[\w-]+)+/", hostile="a.")  # "www.example.org/author/1"


def read(source: str, limits: Limits) -> tuple[Snapshot, ...]:
    """Read a file, a folder or a pattern.

    Raises:
        SourceError: there is nothing to read, or not all of it can be read.
    """
    if not source or "\0" in source:
        raise SourceError(message("source-name-not-valid"), origin=source.replace("\0", ""))
    return tuple(_read_page(page, limits) for page in pages(expand(source)))


def looks_like_file(text: str) -> bool:
    r"""Tell whether words are the name of a file or folder rather than of a person, whether it is there or not.

    >>> [looks_like_file(text) for text in ("he.bib", "~/pages", "a/b", "pages\\a", "*.txt", "Jean-Luc Picard")]
    [True, True, True, True, True, False]
    """
    text = text.strip()
    last = SUFFIX.search(text, max(0, len(text) - 8))
    marks = text.startswith((".", "~")) or any(mark in text for mark in "/\\*?[")
    return marks or (last is not None and last.end() == len(text)) or expand(text).exists()


def expand(source: str) -> Path:
    """Return the path of a file, folder or pattern, with `~` replaced by the home folder."""
    return Path(os.path.expanduser(source))  # noqa: PTH111 - unlike pathlib's it leaves an unknown user alone


def shown(path: Path) -> str:
    r"""Return a path as text that any database and log can hold; bytes in it that are no UTF-8 are spelt out.

    >>> shown(Path(os.fsdecode(b"Andr\xe9.txt")))
    'Andr\\xe9.txt'
    """
    return os.fsencode(path).decode("utf-8", errors="backslashreplace")


def pages(path: Path) -> list[Path]:
    """Return the files that `path` means, in the order of their names; a single file need not be there.

    Raises:
        SourceError: a folder or a pattern without a page, or one that can't be read.
    """
    try:
        there = stat.S_ISDIR(path.stat().st_mode)
    except FileNotFoundError:
        # A name with a bracket in it may be a file's; only where there is none is it a pattern.
        return _matching(path) if glob.has_magic(str(path)) else [path]
    except OSError as error:
        raise _unreadable(path, error) from error
    return _in_folder(path) if there else [path]


def _matching(pattern: Path) -> list[Path]:
    found = sorted(Path(name) for name in glob.iglob(str(pattern), recursive=True))  # noqa: PTH207 - pathlib's needs a root
    files = [page for page in found if not _is_folder(page)]
    if not files:
        raise _trouble(pattern, message("no-file-matches"))
    return files


def _in_folder(folder: Path) -> list[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise _unreadable(folder, error) from error
    files = [entry for entry in entries if is_page(entry) and not _is_folder(entry)]
    if not files:
        kinds = ", ".join(f"*{suffix}" for suffix in sorted(PAGE_SUFFIXES))
        raise _trouble(folder, message("folder-without-pages", kinds=kinds))
    return files


def is_page(path: Path) -> bool:
    """Tell whether a file of this name, in a folder that is a source, is a page of it.

    >>> [is_page(Path(name)) for name in ("he.BIB", ".he.bib", "he.csv")]
    [True, False, False]
    """
    return path.suffix.casefold() in PAGE_SUFFIXES and not path.name.startswith(".")


def _is_folder(path: Path) -> bool:
    """Tell whether it is a folder; of what may not be looked at, reading it will say so."""
    return os.path.isdir(path)  # noqa: PTH112 - pathlib's raises for a link into a forbidden folder


def _read_page(path: Path, limits: Limits) -> Snapshot:
    for _ in range(TRIES):
        try:
            snapshot = _read_once(path, limits)
        except OSError as error:
            raise _unreadable(path, error) from error
        if snapshot is not None:
            return snapshot
    raise _trouble(
        path,
        message("file-changed-meanwhile"),
        transient=True,
        hint=message("try-when-written"),
    )


def _open_without_waiting(path: str, flags: int) -> int:
    # Should a pipe have taken the file's place just now, opening it would wait for a writer.
    return os.open(path, flags | os.O_NONBLOCK)


def _read_once(path: Path, limits: Limits) -> Snapshot | None:
    """Read a file; None if it was changed or replaced meanwhile."""
    _refuse_unless_regular(path, path.stat().st_mode)
    with open(path, "rb", buffering=0, opener=_open_without_waiting) as file:
        before = os.fstat(file.fileno())
        _refuse_unless_regular(path, before.st_mode)
        if before.st_size > limits.size:
            raise _too_large(path, limits)
        data = bytearray()
        while len(data) <= limits.size and (chunk := file.read(CHUNK)):
            data += chunk
    if len(data) > limits.size:
        raise _too_large(path, limits)
    if _moment(path.stat()) != _moment(before):
        return None
    return Snapshot(bytes(data), origin=shown(path), captured=datetime.fromtimestamp(before.st_mtime, UTC))


def _moment(status: os.stat_result) -> tuple[int, int, int, int]:
    """Return what differs when a file was written to or replaced."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _refuse_unless_regular(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise _trouble(
            path,
            message("not-regular-file"),
            hint=message("no-pipes-or-devices"),
        )


def _too_large(path: Path, limits: Limits) -> SourceError:
    return _trouble(path, message("file-too-large", most=limits.size_in_words))


def _unreadable(path: Path, error: OSError) -> SourceError:
    if isinstance(error, FileNotFoundError):
        hint = message("write-as-address", path=shown(path)) if HOST.match(str(path)) else ""
        return _trouble(path, message("file-missing"), hint=hint)
    if isinstance(error, PermissionError):
        return _trouble(path, message("file-not-yours-to-read"))
    return _trouble(path, message("file-not-readable", reason=error.strerror))


def _trouble(path: Path, words: str, *, transient: bool = False, hint: str = "") -> SourceError:
    return SourceError(
        message("at", place=shown(path), words=words), origin=shown(path), transient=transient, hint=hint
    )
