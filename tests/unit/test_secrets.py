"""References to keys: each kind fetches its key, and no failure shows one."""

from __future__ import annotations

import os
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from syncd.config import Library, SecretRef
from syncd.config import secrets as module
from syncd.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

KEY = "P9NiFoyLeZu2bZNvvuQPDWsd"


def script(code: str) -> tuple[str, ...]:
    """Return a command that runs Python code."""
    return (sys.executable, "-c", code)


def key_file(folder: Path, content: bytes, mode: int) -> str:
    """Write a key file with `mode` and return its path."""
    path = folder / "zotero.key"
    path.write_bytes(content)
    path.chmod(mode)
    return str(path)


def refusal(ref: SecretRef, env: dict[str, str] | None = None, user: str = "") -> ConfigError:
    """Resolve `ref`, which must fail, and return the error, which must not show the key."""
    with pytest.raises(ConfigError) as caught:
        ref.resolve(env or {}, user=user)
    error: BaseException | None = caught.value
    while error is not None:
        assert KEY not in f"{error} {error!r} {vars(error)}"
        error = error.__cause__ or error.__context__
    return caught.value


def test_key_from_a_variable() -> None:
    """The variable's content, without surrounding white space."""
    assert SecretRef(env="ZOTERO_API_KEY").resolve({"ZOTERO_API_KEY": f" {KEY}\n"}) == KEY


def test_variable_that_is_not_set() -> None:
    """The sentence names it."""
    assert "environment variable ZOTERO_API_KEY is not set" in str(refusal(SecretRef(env="ZOTERO_API_KEY")))


def test_key_from_a_command() -> None:
    """What it prints; it sees the environment that was passed."""
    ref = SecretRef(command=script("import os; print(os.environ['SECRET'])"))
    assert ref.resolve({"SECRET": KEY}) == KEY


def test_command_is_found_on_the_path_of_the_environment(tmp_path: Path) -> None:
    """A password store's program need not be named with its folder."""
    program = tmp_path / "my-store"
    program.write_text(f"#!/bin/sh\necho {KEY}\n")
    program.chmod(0o700)
    assert SecretRef(command=("my-store",)).resolve({"PATH": str(tmp_path)}) == KEY


def test_command_that_fails_shows_its_exit_code_but_not_its_output() -> None:
    """For the output may be the key."""
    code = f"import sys; print('{KEY}'); print('{KEY}', file=sys.stderr); sys.exit(3)"
    ref = SecretRef(command=script(code))
    assert "failed with exit code 3" in str(refusal(ref))


def test_command_that_does_not_exist() -> None:
    """The system's reason is told."""
    error = refusal(SecretRef(command=("/nonexistent/pass", "zotero")))
    assert str(error) == "the command /nonexistent/pass can't be run: No such file or directory"


def test_command_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """It prints the key and then waits for ever: after the time is up, the key is not in the error."""
    monkeypatch.setattr(module, "COMMAND_SECONDS", 0.3)
    code = f"import sys, threading; print('{KEY}', flush=True); threading.Event().wait()"
    assert "gave no key within 0.3 seconds" in str(refusal(SecretRef(command=script(code))))


def test_command_gets_no_input() -> None:
    """One that asks on standard input ends at once instead of waiting, or of eating what syncd is to read."""
    read, write = os.pipe()
    kept = os.dup(0)
    os.write(write, b"asked")
    os.close(write)
    os.dup2(read, 0)
    try:
        ref = SecretRef(command=script("import sys; print('in' + sys.stdin.read())"))
        assert ref.resolve({}) == "in"
        assert os.read(0, 10) == b"asked"
    finally:
        os.dup2(kept, 0)
        os.close(kept)
        os.close(read)


def test_command_writes_nothing_to_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    """What it says beside the key could be the key again, and would end up in a service's log."""
    ref = SecretRef(command=script(f"import sys; print('{KEY}'); print('{KEY}', file=sys.stderr)"))
    assert ref.resolve({}) == KEY
    assert capfd.readouterr() == ("", "")


def test_key_from_a_file_of_ones_own(tmp_path: Path) -> None:
    """Mode 600 and 400 are fine."""
    for mode in (0o600, 0o400):
        ref = SecretRef(file=key_file(tmp_path, f"{KEY}\n".encode(), mode))
        assert ref.resolve({}) == KEY
        (tmp_path / "zotero.key").unlink()


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660, 0o604, 0o602])
def test_file_that_others_can_read_or_write_is_refused(tmp_path: Path, mode: int) -> None:
    """With the command that mends it."""
    path = key_file(tmp_path, KEY.encode(), mode)
    error = refusal(SecretRef(file=path))
    assert "can be read or written by others" in str(error)
    assert error.hint == f"Make it yours alone with: chmod 600 {path}"


def test_file_that_is_missing_or_none(tmp_path: Path) -> None:
    """A missing file, a folder, and a pipe, which must not make syncd wait."""
    assert "there is no key file" in str(refusal(SecretRef(file=str(tmp_path / "none"))))
    assert "can't be read: Is a directory" in str(refusal(SecretRef(file=str(tmp_path))))
    os.mkfifo(tmp_path / "pipe", 0o600)
    assert "no regular file" in str(refusal(SecretRef(file=str(tmp_path / "pipe"))))


def test_key_from_a_systemd_credential(tmp_path: Path) -> None:
    """It is in the folder that systemd names."""
    (tmp_path / "zotero-key").write_text(KEY)
    ref = SecretRef(credential="zotero-key")
    assert ref.resolve({"CREDENTIALS_DIRECTORY": str(tmp_path)}) == KEY
    assert "CREDENTIALS_DIRECTORY is not set" in str(refusal(ref))
    (tmp_path / "zotero-key").unlink()
    assert "No such file" in str(refusal(ref, {"CREDENTIALS_DIRECTORY": str(tmp_path)}))


def test_key_from_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under the service syncd and the library's name."""
    store = {("syncd", "main"): KEY}
    keyring = SimpleNamespace(get_password=lambda service, user: store.get((service, user)))
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    ref = SecretRef(keyring=True)
    assert ref.resolve({}, user="main") == KEY
    assert 'has no key of syncd for "lab"' in str(refusal(ref, user="lab"))


def test_keyring_that_is_not_installed_or_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Either is a sentence; what a keyring says is left out, for it may be the key."""
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert "keyring is not installed" in str(refusal(SecretRef(keyring=True)))

    def locked(_service: str, _user: str) -> str:
        raise RuntimeError("locked")

    monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(get_password=locked))
    assert "gave no answer (RuntimeError)" in str(refusal(SecretRef(keyring=True)))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the key is empty"),
        (b" \n\t", "the key is empty"),
        (f"{KEY}\nuser: jane\n".encode(), "no single word"),
        (f"{KEY} {KEY}".encode(), "no single word"),
        (f"{KEY}\x00".encode(), "no single word"),
        (f"{KEY}é".encode("latin-1"), "no single word"),
        (b"\xff\xfe" + KEY.encode("utf-16-le"), "no single word"),
    ],
)
def test_what_is_no_key_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    """Empty, several lines or words, binary: nothing that could go into an HTTP header by mistake."""
    assert reason in str(refusal(SecretRef(file=key_file(tmp_path, content, 0o600))))


def test_a_library_names_itself_when_its_key_can_not_be_had() -> None:
    """Which of several libraries it was is told; a library without a key has none."""
    library = Library(type="user", id=1, key=SecretRef(env="K"))
    with pytest.raises(ConfigError, match=r"^libraries\..*key: the environment variable K is not set"):
        library.resolve_key({})
    assert library.resolve_key({"K": KEY}) == KEY
    assert Library(type="embedded").resolve_key({}) is None


def test_a_reference_shows_where_and_not_what() -> None:
    """Neither `str` nor `repr` shows the words of a command, which may hold a secret."""
    assert repr(SecretRef(command=("echo", KEY[:-1] + "!"))) == "SecretRef(command echo)"
    assert str(SecretRef(env="ZOTERO_API_KEY")) == "environment variable ZOTERO_API_KEY"
    assert str(SecretRef(keyring=True)) == "system keyring"
