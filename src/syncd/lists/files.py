"""Files of lists: written whole or not at all, never over what somebody else wrote, and not at all if nothing changed.

The state remembers the digest of what syncd wrote. While a file takes the place of another, both digests are noted, so
that a crash between the two steps leaves nothing that syncd does not know again.
"""

from __future__ import annotations

import errno
import glob
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

import sqlalchemy as sa

from syncd.errors import KeptError, StateError
from syncd.messages import message
from syncd.paths import PART, part_of, replacing
from syncd.state import tables as db
from syncd.state.store import Store, host_of, upsert

# Who may read a new file: everybody, for it is to be published.
MODE = 0o644


@dataclass(frozen=True, slots=True)
class Record:
    """What syncd remembers of a file.

    Attributes:
        digest: of what it wrote last.
        before: of what stood there until then; the same as `digest` as soon as it stands there no more.
        basis: what it was made of.
        papers: how many stand in it.
    """

    digest: str
    before: str
    basis: str
    papers: int


class File:
    """A file that a list is written to.

    Args:
        path: as the user named it. Through a symbolic link, what it leads to is meant.
        store: syncd's database.
    """

    def __init__(self, path: Path, store: Store) -> None:
        self.named = path
        self.path = place_of(path)
        self._store = store
        self._host = host_of(is_shared=store.is_shared)

    def record(self) -> Record | None:
        """Return what is remembered of it."""
        output = db.output.c
        query = sa.select(output.digest, output.before, output.basis, output.papers).where(
            output.host == self._host, output.path == str(self.path)
        )
        with self._store.reading() as connection:
            row = connection.execute(query).first()
        return Record(*row) if row else None

    def digest(self) -> str:
        """Return the digest of what stands in it now; empty where there is no such file.

        Raises:
            StateError: it is no file, or can't be read.
        """
        try:
            if self.path.exists() and not self.path.is_file():
                folder = message("output-is-folder", path=self.named)
                words = folder if self.path.is_dir() else message("output-is-no-file", path=self.named)
                raise StateError(words, hint=message("name-another-file"))
            return digest_of(self.path)
        except OSError as error:
            raise self._failed(error) from None

    def check_ours(self, digest: str, known: Record | None, command: str) -> None:
        """Make sure that syncd wrote what stands in the file now.

        Raises:
            KeptError: somebody else did.
        """
        if digest and not (known and digest in {known.digest, known.before}):
            changed, strange = (
                message("output-changed", path=self.named),
                message("output-not-ours", path=self.named),
            )
            words = changed if known else strange
            raise KeptError(words, hint=message("output-kept", command=command))

    def write(self, pieces: Iterator[bytes], papers: int, basis: str, command: str, *, force: bool) -> bool:
        """Write it, if that changes it.

        Args:
            pieces: what is to stand in it.
            papers: how many papers these are.
            basis: what they were made of.
            command: what overwrites the file, whatever stands in it.
            force: overwrite it.

        Returns:
            whether anything changed.

        Raises:
            KeptError: somebody else wrote what stands in it, or it would be empty.
            StateError: it can't be written; it is as it was.
        """
        known, before = self.record(), self.digest()
        if not force:
            if known:
                self.check_ours(before, known, command)
            if not papers and known and before and known.papers:
                words = message("output-would-be-empty", path=self.named, count=known.papers)
                raise KeptError(words, hint=message("output-kept", command=command))
        try:
            self._check_folder()
            self._forget_parts()
            with replacing(self.path) as part:
                digest = _filled(part, pieces)
                self._check_still(before, digest, known, command, force=force)
                part.chmod(self._mode())
                self._note(Record(digest, before, basis, papers))
            # What stood there until now is nobody's but its owner's, who may bring it back.
            self._note(Record(digest, digest, basis, papers))
        except _UnchangedError:
            self._note(Record(before, before, basis, papers))
            return False
        except OSError as error:
            raise self._failed(error) from None
        return True

    def _check_still(
        self, before: str, digest: str, known: Record | None, command: str, *, force: bool
    ) -> None:
        """Make sure that the file is to be overwritten, just before it is."""
        if digest == before:
            raise _UnchangedError
        if not force:
            self.check_ours(before, known, command)
        if self.digest() != before:
            raise KeptError(
                message("output-changed", path=self.named), hint=message("output-kept", command=command)
            )

    def _mode(self) -> int:
        try:
            return stat.S_IMODE(self.path.stat().st_mode)
        except FileNotFoundError:
            return MODE

    def _check_folder(self) -> None:
        folder = self.path.parent
        if not folder.is_dir():
            raise StateError(
                message("output-folder-missing", folder=folder, path=self.named),
                hint=message("make-folder", command=f"mkdir -p {quote(str(folder))}"),
            )

    def _forget_parts(self) -> None:
        """Take away what a crash left of an earlier writing: one process at a time writes lists."""
        for part in self.path.parent.glob(f"{glob.escape(part_of(self.path))}*{PART}"):
            with suppress(OSError):
                part.unlink()

    def _note(self, record: Record) -> None:
        row = {
            "host": self._host,
            "path": str(self.path),
            "digest": record.digest,
            "before": record.before,
            "basis": record.basis,
            "papers": record.papers,
        }
        with self._store.writing() as connection:
            upsert(connection, db.output, [row])

    def _failed(self, error: OSError) -> StateError:
        return StateError(
            message("file-not-written", path=self.named, reason=error.strerror or os.strerror(errno.EIO)),
            hint=message("file-as-it-was"),
        )


def place_of(path: Path) -> Path:
    """Return where a file is: what a symbolic link leads to."""
    return Path(os.path.realpath(path))


def digest_of(path: Path) -> str:
    """Return the digest of what stands in a file; empty where there is none.

    Raises:
        OSError: it can't be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return ""


class _UnchangedError(Exception):
    """What was to be written stands there already."""


def _filled(part: Path, pieces: Iterator[bytes]) -> str:
    """Write a file and return its digest."""
    digest = hashlib.sha256()
    with part.open("wb") as file:
        for piece in pieces:
            digest.update(piece)
            file.write(piece)
    return digest.hexdigest()
