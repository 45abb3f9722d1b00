"""References to secrets: where a key is kept, never the key itself; putting one there, and taking it away.

`SecretRef.resolve` fetches a key when it is needed, `look` says how a reference stands without fetching anything. A key
goes into the keyring or a file of its own and nowhere else; no error and no `repr` shows one.
"""

from __future__ import annotations

import importlib
import os
import shutil
import stat
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from shlex import quote
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from syncd.config.values import KEY
from syncd.errors import ConfigError
from syncd.messages import message, together
from syncd.paths import write_whole
from syncd.text.patterns import pattern

COMMAND_SECONDS = 30
KEYRING_SERVICE = "syncd"
LONGEST = 64 * 1024
WORD = pattern(r"[\x21-\x7e]+", hostile="!")
VARIABLE = r"^[A-Za-z_][A-Za-z0-9_]*$"

WAYS = ("env", "command", "file", "keyring", "credential")


class LiteralSecretError(ValueError):
    """The configuration itself seems to hold a secret, or does so for certain.

    Attributes:
        certain: it stands there as the value of the setting.
    """

    def __init__(self, *, certain: bool) -> None:
        super().__init__(message("secret-in-the-open"))
        self.certain = certain


class SecretRef(BaseModel):
    """Where a key is kept; exactly one of the settings is given."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    env: str | None = Field(
        default=None, pattern=VARIABLE, description="Name of an environment variable that holds the key."
    )
    command: tuple[Annotated[str, Field(min_length=1)], ...] | None = Field(
        default=None,
        strict=False,
        min_length=1,
        description='A command that prints the key, such as ["pass", "zotero"].',
    )
    file: str | None = Field(
        default=None,
        min_length=1,
        description="A file that holds the key and that only you can read (chmod 600).",
    )
    keyring: Literal[True] | None = Field(
        default=None, description="true: the key is in the system's keyring."
    )
    credential: str | None = Field(
        default=None, pattern=r"^[^/\x00]+$", description="Name of a systemd credential (LoadCredential=)."
    )

    @model_validator(mode="before")
    @classmethod
    def _refuse_a_literal_key(cls, value: object) -> object:
        if isinstance(value, str):
            raise LiteralSecretError(certain=True)
        if isinstance(value, dict) and any(_looks_like_a_key(part) for part in value.values()):
            raise LiteralSecretError(certain=False)
        return value

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        given = [way for way in WAYS if getattr(self, way) is not None]
        if len(given) != 1:
            ways = ", ".join(WAYS)
            if given:
                raise ValueError(message("should-say-one-way", ways=ways, given=together(given)))
            raise ValueError(message("should-say-a-way", ways=ways))
        return self

    def __repr__(self) -> str:
        return f"SecretRef({self})"

    def __str__(self) -> str:
        if self.command is not None:
            return message("place-command", command=self.command[0])
        if self.env is not None:
            return message("place-variable", name=self.env)
        if self.file is not None:
            return message("place-file", path=self.file)
        if self.credential is not None:
            return message("place-credential", name=self.credential)
        return message("place-keyring")

    def resolve(self, env: Mapping[str, str], *, user: str = "") -> str:
        """Fetch the key.

        Args:
            env: the environment to look into, also the command's.
            user: under which name the keyring has it: the library's.

        Raises:
            ConfigError: it can't be had, or is no key; the sentence says why, without the key.
        """
        found: str | bytes
        if self.env is not None:
            found = _from_variable(self.env, env)
        elif self.command is not None:
            found = _from_command(self.command, env)
        elif self.file is not None:
            found = _from_file(Path(self.file))
        elif self.credential is not None:
            found = _from_credential(self.credential, env)
        else:
            found = _from_keyring(user)
        return checked(found, str(self))


def checked(found: str | bytes, origin: str) -> str:
    """Return a key without the white space around it.

    Args:
        found: what should be a key.
        origin: where it comes from, in words.

    Raises:
        ConfigError: it is none; the sentence does not show it.
    """
    text = found if isinstance(found, str) else found.decode("ascii", errors="replace")
    key = text.strip()
    if not key:
        raise ConfigError([message("key-empty", origin=origin)])
    if not WORD.fullmatch(key):
        raise ConfigError(
            [message("key-not-one-word", origin=origin)],
            hint=message("key-alone-on-one-line"),
        )
    return key


def _looks_like_a_key(part: object) -> bool:
    return isinstance(part, str) and KEY.fullmatch(part.strip()) is not None


def _from_variable(name: str, env: Mapping[str, str]) -> str:
    if not env.get(name, "").strip():
        raise ConfigError(
            [_lacking(name, env)],
            hint=message("set-variable", name=name),
        )
    return env[name]


def _lacking(name: str, env: Mapping[str, str]) -> str:
    return message("variable-empty", name=name) if name in env else message("variable-not-set", name=name)


def _from_command(command: tuple[str, ...], env: Mapping[str, str]) -> bytes:
    name = command[0]
    try:
        done = subprocess.run(  # noqa: S603 - the user's own command
            command,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=COMMAND_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        problem = message("key-command-timeout", command=name, seconds=COMMAND_SECONDS)
    except OSError as error:
        problem = message("key-command-not-run", command=name, reason=error.strerror)
    except ValueError:
        problem = message("key-command-holds-nul", command=name)
    else:
        if done.returncode == 0:
            return done.stdout
        problem = message("key-command-failed", command=name, status=done.returncode)
    # Raised out here, for an exception that was being handled would carry the command's output along.
    raise ConfigError([problem], hint=message("run-key-command-by-hand"))


def _open_without_waiting(path: str, flags: int) -> int:
    # Opening a pipe would wait for its writer.
    return os.open(path, flags | os.O_NONBLOCK)


def _from_file(path: Path) -> bytes:
    try:
        with open(path, "rb", opener=_open_without_waiting) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise ConfigError([message("key-file-not-regular", path=path)])
            if status.st_mode & 0o077:
                raise ConfigError(
                    [message("key-file-open-to-others", path=path)],
                    hint=message("make-yours-alone", path=quote(str(path))),
                )
            return file.read(LONGEST)
    except FileNotFoundError:
        raise ConfigError([message("no-key-file", path=path)]) from None
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or message("name-not-valid")
        raise ConfigError([message("key-file-unreadable", path=path, reason=reason)]) from None


def _from_credential(name: str, env: Mapping[str, str]) -> bytes:
    folder = env.get("CREDENTIALS_DIRECTORY")
    if not folder:
        raise ConfigError(
            [message("credentials-directory-unset", name=name)],
            hint=message("set-credential", name=name),
        )
    try:
        with (Path(folder) / name).open("rb") as file:
            return file.read(LONGEST)
    except OSError as error:
        raise ConfigError([message("credential-unreadable", name=name, reason=error.strerror)]) from None


def _from_keyring(user: str) -> str:
    keyring = _keyring()
    try:
        found = keyring.get_password(KEYRING_SERVICE, user)
    except Exception as error:  # noqa: BLE001 - each keyring raises its own
        raise ConfigError([message("keyring-silent", error=type(error).__name__)]) from None
    if found is None:
        raise ConfigError(
            [message("keyring-without-key", user=user)],
            hint=message("sign-in-as", user=quote(user)) if user else message("put-key-in-keyring"),
        )
    return str(found)


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
            write_whole(path, kept.before)
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
            raise ConfigError(
                [message("key-file-not-removed", path=ref.file, reason=error.strerror)]
            ) from None
        return True
    if ref.keyring is None:
        raise ConfigError(
            [message("key-kept-elsewhere", library=repr(library), place=ref)],
            hint=message("take-away-there"),
        )
    try:
        keyring = _keyring()
        if keyring.get_password(KEYRING_SERVICE, library) is None:
            return False
        keyring.delete_password(KEYRING_SERVICE, library)
    except ConfigError:
        raise
    except Exception as error:  # noqa: BLE001 - each keyring raises its own
        raise ConfigError([message("keyring-silent", error=type(error).__name__)]) from None
    return True


def _into_file(key: str, folder: Path, name: str) -> Kept:
    path = folder / name
    try:
        before = path.read_bytes() if path.is_file() else None
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(path, f"{key}\n".encode())
    except OSError as error:
        raise ConfigError(
            [message("key-file-not-written", path=path, reason=error.strerror)],
            hint=message("nothing-stored-name-config"),
        ) from None
    return Kept({"file": name}, message("in-private-file", path=path), before)


def _into_keyring(key: str, library: str) -> Kept:
    keyring = _keyring()
    try:
        before = keyring.get_password(KEYRING_SERVICE, library)
        keyring.set_password(KEYRING_SERVICE, library, key)
        # Some keyrings take everything and keep nothing.
        works = keyring.get_password(KEYRING_SERVICE, library) == key
    except Exception as error:  # noqa: BLE001 - each keyring raises its own
        raise ConfigError([message("keyring-unusable", error=type(error).__name__)]) from None
    if not works:
        raise ConfigError([message("keyring-keeps-nothing")])
    return Kept({"keyring": True}, message("in-system-keyring"), before)


def _keyring() -> Any:
    try:
        # No dependency: most servers have no keyring, and desktops bring one.
        return importlib.import_module("keyring")
    except ImportError:
        raise ConfigError(
            [message("keyring-not-installed")],
            hint=message("install-keyring"),
        ) from None


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """How a secret stands.

    Attributes:
        words: for people.
        found: it is where the reference says; None where only fetching it would tell.
        mend: the command that mends it, where there is one.
    """

    words: str
    found: bool | None = None
    mend: str = ""


def look(ref: SecretRef, env: Mapping[str, str]) -> Whereabouts:
    """Return how a secret stands, as far as that can be told without fetching it."""
    if ref.env is not None:
        is_set = bool(env.get(ref.env, "").strip())
        words = message("variable-set", name=ref.env) if is_set else _lacking(ref.env, env)
        return Whereabouts(words, is_set, "" if is_set else f"export {ref.env}=…")
    if ref.command is not None:
        return _program(ref.command[0], env)
    if ref.file is not None:
        return _file(Path(ref.file))
    if ref.credential is not None:
        return _credential(ref.credential, env)
    if find_spec("keyring") is None:
        return Whereabouts(message("keyring-package-missing"), found=False, mend="pip install keyring")
    return Whereabouts(message("keyring-not-asked"))


def _program(name: str, env: Mapping[str, str]) -> Whereabouts:
    if shutil.which(name, path=env.get("PATH")) is None:
        return Whereabouts(message("command-missing", command=name), found=False)
    return Whereabouts(message("command-there", command=name))


def _file(path: Path) -> Whereabouts:
    try:
        status = path.stat()
    except OSError as error:
        return Whereabouts(message("secret-file-unreadable", path=path, reason=error.strerror), found=False)
    if not stat.S_ISREG(status.st_mode):
        return Whereabouts(message("path-not-regular", path=path), found=False)
    if status.st_mode & 0o077:
        return Whereabouts(
            message("secret-file-open-to-others", path=path),
            found=False,
            mend=f"chmod 600 {quote(str(path))}",
        )
    return Whereabouts(message("secret-file-private", path=path), found=True)


def _credential(name: str, env: Mapping[str, str]) -> Whereabouts:
    folder = env.get("CREDENTIALS_DIRECTORY")
    if not folder:
        return Whereabouts(message("credential-for-service", credential=name))
    found = (Path(folder) / name).is_file()
    words = message("credential-there", name=name) if found else message("credential-missing", name=name)
    return Whereabouts(words, found)
