"""Sources on a real disk: files, folders, patterns, and everything that is none of these."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from syncd.errors import SourceError
from syncd.read import fetch
from syncd.sources.limits import Limits

PAGE = b"Pengcheng He\r\n\xff\xfe not decoded\x00"


def refusal(source: str, *, limits: Limits | None = None) -> SourceError:
    """Fetch `source`, which must fail, and return the error, whose sentence begins with its origin."""
    with pytest.raises(SourceError) as caught:
        fetch(source, limits=limits)
    return caught.value


def test_file_comes_byte_by_byte_with_its_time(tmp_path: Path) -> None:
    """Undecoded, with the modification time as the day of capture."""
    page = tmp_path / "page.txt"
    page.write_bytes(PAGE)
    moment = datetime(2026, 6, 1, 7, 30, tzinfo=UTC)
    os.utime(page, (moment.timestamp(), moment.timestamp()))
    (snapshot,) = fetch(str(page))
    assert snapshot.data == PAGE
    assert snapshot.origin == str(page)
    assert snapshot.captured == moment
    assert (snapshot.media_type, snapshot.charset) == (None, None)


def test_captured_day_overrides_the_time_of_the_file(tmp_path: Path) -> None:
    """Aware, and on that day."""
    (tmp_path / "page.txt").write_bytes(PAGE)
    (snapshot,) = fetch(str(tmp_path / "page.txt"), captured=date(2025, 2, 28))
    assert snapshot.captured.tzinfo is UTC
    assert snapshot.captured.date() == date(2025, 2, 28)


def test_home_folder_links_and_surrounding_space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`~` is expanded, and a symbolic link is followed."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "page.txt").write_bytes(PAGE)
    (tmp_path / "link").symlink_to("page.txt")
    assert fetch(" ~/link ")[0].data == PAGE


def test_folder_gives_its_pages_in_order(tmp_path: Path) -> None:
    """Text files that are not hidden; no other files, and nothing from folders inside."""
    for name in ("b.txt", "a.TXT", ".hidden.txt", "notes.md", "a.txt~"):
        (tmp_path / name).write_text(name)
    (tmp_path / "folder.txt").mkdir()
    (tmp_path / "folder.txt" / "c.txt").write_text("c")
    assert [snapshot.data for snapshot in fetch(str(tmp_path))] == [b"a.TXT", b"b.txt"]


def test_pattern_gives_matching_files_in_order(tmp_path: Path) -> None:
    """`*`, `?`, `[…]`, `**`; folders that match are left out."""
    for name in ("b.page", "a.page", "x/c.page"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "d.page").mkdir()

    def names(pattern: str) -> list[str]:
        return [Path(snapshot.origin).name for snapshot in fetch(f"{tmp_path}/{pattern}")]

    assert names("*.page") == ["a.page", "b.page"]
    assert names("[bx].page") == ["b.page"]
    assert names("**/*.page") == ["a.page", "b.page", "c.page"]


def test_file_with_a_bracket_in_its_name_is_no_pattern(tmp_path: Path) -> None:
    """What is there is read as it is called."""
    (tmp_path / "page [1].txt").write_bytes(PAGE)
    assert fetch(str(tmp_path / "page [1].txt"))[0].data == PAGE


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("missing.txt", "missing.txt: there is no such file or folder"),
        ("empty", "empty: this folder holds no page (*.bib, *.htm, *.html, *.mht, *.mhtml, *.ris, *.txt)"),
        ("*.nothing", "*.nothing: no file matches this pattern"),
        ("file.txt/inside", "inside: it can't be read: Not a directory"),
        ("pipe", "pipe: this is no regular file"),
        ("loop", "loop: it can't be read: Too many levels of symbolic links"),
        ("dangling/page.txt", "dangling/page.txt: there is no such file"),
        ("x" * 300, "it can't be read: File name too long"),
        ("a\0b", "the source is empty or not a valid name"),
    ],
)
def test_what_can_not_be_read_is_named(tmp_path: Path, source: str, words: str) -> None:
    """One sentence, not to be tried again."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.txt").write_bytes(PAGE)
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "dangling").mkdir()
    (tmp_path / "dangling" / "page.txt").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")
    error = refusal(f"{tmp_path}/{source}")
    assert words in str(error)
    assert not error.transient


@pytest.mark.parametrize("source", ["", "  \n"])
def test_empty_source(source: str) -> None:
    """It is not the current folder."""
    assert "the source is empty" in str(refusal(source))


def test_device_is_refused_without_being_read() -> None:
    """/dev/zero has no end."""
    assert "no regular file" in str(refusal("/dev/zero"))


def test_folder_with_a_page_that_can_not_be_read_gives_nothing(tmp_path: Path) -> None:
    """All or none: a broken link among the pages is not passed over in silence."""
    (tmp_path / "a.txt").write_bytes(PAGE)
    (tmp_path / "b.txt").symlink_to("nowhere")
    assert "b.txt: there is no such file" in str(refusal(str(tmp_path)))


def test_file_that_may_not_be_read_is_told_apart(tmp_path: Path) -> None:
    """Tried as a user without rights, in a process of its own where the test runs as root."""
    page = tmp_path / "page.txt"
    page.write_bytes(PAGE)
    page.chmod(0)
    code = (
        "import os, sys\n"
        "from syncd.errors import SourceError\n"
        "from syncd.read import fetch\nfrom syncd.sources import file\n"
        "folder = os.open(sys.argv[1], os.O_RDONLY)\n"
        "os.fchdir(folder)\n"
        "if os.geteuid() == 0: os.setresuid(65534, 65534, 65534)\n"
        "try: fetch('page.txt')\n"
        "except SourceError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    tmp_path.chmod(0o755)
    assert done.stdout == "page.txt: you may not read this file or folder\n"


def test_file_larger_than_the_limit_is_refused(tmp_path: Path) -> None:
    """The limit itself is fine, one byte more is not, and the sentence says how much may be."""
    page = tmp_path / "page.txt"
    page.write_bytes(b"x" * 100)
    assert len(fetch(str(page), limits=Limits(size=100))[0].data) == 100
    assert "larger than 99 bytes" in str(refusal(str(page), limits=Limits(size=99)))


def test_fifty_megabytes_pass_and_more_than_256_do_not(tmp_path: Path) -> None:
    """With the limits as they are."""
    page = tmp_path / "page.txt"
    page.touch()
    os.truncate(page, 50_000_000)
    assert len(fetch(str(page))[0].data) == 50_000_000
    os.truncate(page, 256_000_001)
    assert "larger than 256 MB" in str(refusal(str(page)))


def test_file_without_a_size_is_limited_too() -> None:
    """What says that it holds nothing and goes on and on, as files in /proc do."""
    source = "/proc/self/smaps"
    assert Path(source).stat().st_size == 0
    assert "larger than 10 bytes" in str(refusal(source, limits=Limits(size=10)))


def change_on_fstat(monkeypatch: pytest.MonkeyPatch, change: list[bytes], page: Path) -> None:
    """Let another program write to `page` after each look at the open file, as long as `change` has content."""
    real = os.fstat

    def fstat(descriptor: int) -> os.stat_result:
        status = real(descriptor)
        if change and status.st_ino == page.stat().st_ino:
            new = page.with_suffix(".new")
            new.write_bytes(change.pop(0))
            new.replace(page)
        return status

    monkeypatch.setattr(os, "fstat", fstat)


def test_file_that_is_replaced_while_it_is_read_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once; then it is whole and new."""
    page = tmp_path / "page.txt"
    page.write_bytes(b"old")
    change_on_fstat(monkeypatch, [b"new and longer"], page)
    assert fetch(str(page))[0].data == b"new and longer"


def test_file_that_keeps_changing_is_for_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A transient error, so that the next run tries again."""
    page = tmp_path / "page.txt"
    page.write_bytes(b"old")
    change_on_fstat(monkeypatch, [b"one", b"two", b"three"], page)
    error = refusal(str(page))
    assert "changed while it was read" in str(error)
    assert error.transient


@pytest.mark.parametrize("source", ["ftp://h/a", "file:///etc/passwd", "FTP://me:secret@h/a", "s3://b/k"])
def test_other_schemes_are_refused(source: str) -> None:
    """With a clear sentence, and without a password."""
    error = refusal(source)
    assert "is no kind of source" in str(error)
    assert "secret" not in f"{error} {vars(error)}"


def test_address_without_scheme_gets_a_hint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What looks like a host and is no file was probably meant as an address."""
    monkeypatch.chdir(tmp_path)
    assert (
        refusal("www.example.org/author/1").hint == "For an address, write https://www.example.org/author/1."
    )
    assert refusal("pages/author.txt").hint == ""
