"""Puts a key where its reference finds it again, and takes it away: the system's keyring, or a file of one's own.

A key goes into nothing else. A file is made for its owner alone, whole or not at all.
"""

from __future__ import annotations

import importlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from syncd.config.secrets import KEYRING_SERVICE
from syncd.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncd.config.secrets import SecretRef

Where = Literal["keyring", "file"]


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a key was put.

    Attributes:
        reference: what the configuration says of it.
        words: where it is, for people.
        before: what was there before, if anything; never shown.
    """

    reference: Mapping[str, str | bool]
    words: str
    before: str | bytes | None = None

    def __repr__(self) -> str:
        return f"Kept({self.words})"


def keep(key: str, library: str, folder: Path, where: Where | None) -> Kept:
    """Put a key away.

    Args:
        key: the key.
        library: the name of the library that it is for.
        folder: the configuration's, for a file.
        where: what the user asked for; None: the keyring, or a file where there is none that works.

    Raises:
        ConfigError: that is not possible.
    """
    if where == "file":
        return _into_file(key, folder, f"{library}.key")
    try:
        return _into_keyring(key, library)
    except ConfigError:
        if where == "keyring":
            raise
        return _into_file(key, folder, f"{library}.key")


def take_back(kept: Kept, library: str, folder: Path) -> None:
    """Make it as it was before a key was put away."""
    if "file" in kept.reference:
        path = folder / str(kept.reference["file"])
        if isinstance(kept.before, bytes):
            _write(path, kept.before)
        else:
            path.unlink(missing_ok=True)
    elif isinstance(kept.before, str):
        _keyring().set_password(KEYRING_SERVICE, library, kept.before)
    else:
        _keyring().delete_password(KEYRING_SERVICE, library)


def forget(ref: SecretRef, library: str) -> bool:
    """Take a key away from where its reference says it is. Tells whether there was one.

    Raises:
        ConfigError: it is somewhere where syncd has put nothing, or can't be taken away.
    """
    if ref.file is not None:
        try:
            Path(ref.file).unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise ConfigError([f"the key file {ref.file} can't be removed: {error.strerror}"]) from None
        return True
    if ref.keyring is None:
        raise ConfigError(
            [f"the key of library {library!r} comes from the {ref}, where syncd can't take it away"],
            hint="Take it away there.",
        )
    try:
        keyring = _keyring()
        if keyring.get_password(KEYRING_SERVICE, library) is None:
            return False
        keyring.delete_password(KEYRING_SERVICE, library)
    except ConfigError:
        raise
    except Exception as error:  # noqa: BLE001 - each keyring raises its own
        raise ConfigError([f"the system's keyring gave no answer ({type(error).__name__})"]) from None
    return True


def _into_file(key: str, folder: Path, name: str) -> Kept:
    path = folder / name
    try:
        before = path.read_bytes() if path.is_file() else None
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(path, f"{key}\n".encode())
    except OSError as error:
        raise ConfigError(
            [f"the key file {path} can't be written: {error.strerror}"],
            hint="Nothing was stored. Another configuration, beside which keys are kept, can be named with --config.",
        ) from None
    return Kept({"file": name}, f"the file {path}, which only you can read", before)


def _write(path: Path, content: bytes) -> None:
    """Write a file for its owner alone, in one step."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", suffix=".new", delete=False) as new:
        try:
            new.write(content)
            new.flush()
            os.fsync(new.fileno())
            Path(new.name).replace(path)
        finally:
            Path(new.name).unlink(missing_ok=True)


def _into_keyring(key: str, library: str) -> Kept:
    keyring = _keyring()
    try:
        before = keyring.get_password(KEYRING_SERVICE, library)
        keyring.set_password(KEYRING_SERVICE, library, key)
        # Some keyrings take everything and keep nothing.
        works = keyring.get_password(KEYRING_SERVICE, library) == key
    except Exception as error:  # noqa: BLE001 - each keyring raises its own
        raise ConfigError([f"the system's keyring can't be used ({type(error).__name__})"]) from None
    if not works:
        raise ConfigError(["the system's keyring does not keep what it is given"])
    return Kept({"keyring": True}, "the system's keyring", before)


def _keyring() -> Any:
    try:
        # No dependency: most servers have no keyring, and desktops bring one.
        return importlib.import_module("keyring")
    except ImportError:
        raise ConfigError(
            ["the system's keyring can't be used: the Python package keyring is not installed"],
            hint="Install it beside syncd with: pip install keyring",
        ) from None
