"""The watcher on a real disk, by the system's events and by looking again and again; only its clock is held."""

from __future__ import annotations

import array
import fcntl
import os
import queue
import resource
import shutil
import termios
import threading
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pytest

from clocks import FakeClock
from syncd.daemon.folders import Folders, Inotify, Interest
from syncd.daemon.watch import ROUND, Watcher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

DEADLINE = 120.0
QUIET = 1.0


class Observed:
    """A watcher, and what it told.

    Attributes:
        wakes: how often it woke the loop.
        said: its sentences.
    """

    def __init__(
        self, sources: Mapping[str, Path | str], *, polling: bool | None, every: float = 0.05
    ) -> None:
        self.clock = FakeClock()
        self.wakes = 0
        self.said: list[str] = []
        self._woken = threading.Event()
        self.watcher = Watcher(
            {name: str(source) for name, source in sources.items()},
            self._wake,
            self.clock,
            say=self.said.append,
            quiet=QUIET,
            polling=polling,
            poll_every=every,
        )

    def _wake(self) -> None:
        self.wakes += 1
        self._woken.set()

    def woken(self) -> None:
        """Wait until it wakes the loop."""
        assert self._woken.wait(DEADLINE), "nothing was noticed"
        self._woken.clear()

    def settle(self) -> list[str]:
        """Let time pass until nothing stirs, and return what became due, in order."""
        told: list[str] = []
        for _ in range(int(ROUND / QUIET) - 1):
            due, seconds = self.watcher.due()
            told += sorted(due)
            assert seconds is not None
            if seconds > QUIET:
                return told
            self.clock.advance(QUIET)
        pytest.fail("it never became quiet")

    def changed(self) -> list[str]:
        """Wait for something to happen, then until all is quiet; return what became due.

        An event may come when what came before it is settled already: then once more.
        """
        deadline = time.monotonic() + DEADLINE
        told: list[str] = []
        while not told and time.monotonic() < deadline:
            self.woken()
            told = self.settle()
        return told


@pytest.fixture(params=[None, True], ids=["events", "polling"])
def polling(request: pytest.FixtureRequest) -> bool | None:
    """Return how to watch: by events, or by looking again and again."""
    value: bool | None = request.param
    return value


@contextmanager
def watching(
    sources: Mapping[str, Path | str], *, polling: bool | None = None, every: float = 0.05
) -> Iterator[Observed]:
    """Watch sources, from a moment on at which nothing stirs."""
    observed = Observed(sources, polling=polling, every=every)
    threads = threading.active_count()
    observed.watcher.start()
    try:
        assert observed.settle() == []
        yield observed
    finally:
        observed.watcher.stop()
        assert threading.active_count() == threads


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """Return a page in a folder of its own."""
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "page.txt").write_text("as it was")
    return folder / "page.txt"


def write(page: Path) -> None:
    """Write as `echo > page` does: at once, in place."""
    page.write_text("rewritten")


def truncate(page: Path) -> None:
    """Make it empty, then write."""
    with page.open("r+") as file:
        file.truncate(0)
        file.flush()
        file.write("written after it was cut off")


def append(page: Path) -> None:
    """Add to its end."""
    with page.open("a") as file:
        file.write(", and more")


def rename_over(page: Path) -> None:
    """Write another file and put it in its place, as most editors do."""
    (page.parent / ".page.swp").write_text("saved at a stroke")
    (page.parent / ".page.swp").replace(page)


def back_up(page: Path) -> None:
    """Rename the old one away and write anew, as vim does with `backupcopy=no`."""
    page.rename(page.parent / "page.txt~")
    page.write_text("with a backup")


def delete(page: Path) -> None:
    """Delete it."""
    page.unlink()


def become_a_link(page: Path) -> None:
    """Replace it by a link to another file."""
    (page.parent.parent / "elsewhere").write_text("linked")
    (page.parent / "new").symlink_to("../elsewhere")
    (page.parent / "new").replace(page)


def move_the_folder(page: Path) -> None:
    """Put another folder in the place of its folder."""
    page.parent.rename(page.parent.parent / "old")
    page.parent.mkdir()
    page.write_text("in another folder")


def remake_the_folder(page: Path) -> None:
    """Delete its folder, and make it anew at once."""
    shutil.rmtree(page.parent)
    page.parent.mkdir()
    page.write_text("in a new folder")


CHANGES = (
    write,
    truncate,
    append,
    rename_over,
    back_up,
    delete,
    become_a_link,
    move_the_folder,
    remake_the_folder,
)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("source", ["page.txt", "", "p*.txt"], ids=["file", "folder", "pattern"])
def test_change_is_due_once_and_so_is_the_next(
    page: Path, source: str, change: Callable[[Path], None], *, polling: bool | None
) -> None:
    """However it is done, the page is still watched after it."""
    with watching({"he": page.parent / source}, polling=polling) as observed:
        change(page)
        assert set(observed.changed()) == {"he"}
        assert observed.settle() == []
        page.unlink(missing_ok=True)
        page.write_text("the next change, which is longer")
        assert set(observed.changed()) == {"he"}


def test_half_written_page_is_never_due(page: Path, *, polling: bool | None) -> None:
    """Each part that is written makes it wait again, however long the whole takes."""
    with watching({"he": page}, polling=polling) as observed, page.open("w") as file:
        for part in range(100):
            file.write(f"part {part}")
            file.flush()
            if part == 0:
                observed.woken()
            due, seconds = observed.watcher.due()
            assert not due
            assert seconds is not None
            observed.clock.advance(QUIET)
        assert observed.settle() == ["he"]


def test_page_is_due_as_soon_as_it_was_quiet(page: Path) -> None:
    """Not after twice that time, where no event comes late."""
    with watching({"he": page}) as observed:
        page.write_text("rewritten")
        observed.woken()
        wait_until_silent(observed)
        assert observed.watcher.due() == (set(), QUIET)
        observed.clock.advance(QUIET / 2)
        assert observed.watcher.due() == (set(), QUIET / 2)
        observed.clock.advance(QUIET / 2)
        assert observed.watcher.due()[0] == {"he"}


def wait_until_silent(observed: Observed) -> None:
    """Wait until all events so far were heard: the kernel has none left."""
    observer = observed.watcher._folders._observers[False]
    assert isinstance(observer, Inotify)
    deadline = time.monotonic() + DEADLINE
    left = array.array("i", [1])
    while left[0]:
        assert time.monotonic() < deadline
        time.sleep(0.01)
        with observer._lock:
            fcntl.ioctl(observer._file, termios.FIONREAD, left)


def test_other_files_in_the_folder_do_not_hold_up_a_page_for_ever(page: Path) -> None:
    """A log that is written all the time, beside it: events only make it look, what counts are the pages."""
    with watching({"he": page.parent}) as observed, (page.parent / "run.log").open("w") as log:
        page.write_text("rewritten")
        observed.woken()
        begun = observed.clock.monotonic()
        told: list[str] = []
        while not told and observed.clock.monotonic() < ROUND:
            told += observed.watcher.due()[0]
            log.write("another line\n")
            log.flush()
            observed.woken()
            observed.clock.advance(QUIET)
        assert told == ["he"]
        assert observed.clock.monotonic() - begun <= 3 * QUIET


def test_another_file_in_the_folder_of_a_file_wakes_nobody(page: Path) -> None:
    """Nor does reading the page, or syncd would wake itself for ever."""
    other = page.parent / "other.txt"
    with watching({"he": page, "other": other}) as observed:
        for number in range(20):
            page.read_text()
            (page.parent / f"{number}.txt").write_text("no page of theirs")
        list(page.parent.iterdir())
        other.write_text("the last, so that all before it was heard")
        observed.woken()
        assert observed.watcher._marked == {"other"}
        assert observed.settle() == ["other"]


def test_file_in_a_folder_that_is_no_page_is_not_due(page: Path, *, polling: bool | None) -> None:
    """The folder is looked at, and nothing is found."""
    with watching({"he": page.parent}, polling=polling) as observed:
        (page.parent / "notes.md").write_text("no page")
        observed.woken()
        assert observed.settle() == []
        (page.parent / "new.txt").write_text("a new page")
        assert observed.changed() == ["he"]


def test_new_match_of_a_pattern_is_due(page: Path, *, polling: bool | None) -> None:
    """Also in a folder that is made with it, and what does not match is not."""
    pattern = page.parent / "*" / "cv.html"
    with watching({"he": pattern}, polling=polling) as observed:
        (page.parent / "a").mkdir()
        (page.parent / "a" / "other.html").write_text("no match")
        observed.woken()
        assert observed.settle() == []
        (page.parent / "b").mkdir()
        (page.parent / "b" / "cv.html").write_text("a match")
        assert observed.changed() == ["he"]
        (page.parent / "b" / "cv.html").write_text("another text")
        assert observed.changed() == ["he"]


def test_link_that_is_retargeted_is_due(page: Path, *, polling: bool | None) -> None:
    """And then the new target is watched where it is."""
    for name in ("a", "b"):
        (page.parent.parent / name).mkdir()
        (page.parent.parent / name / "target").write_text("same text")
    page.unlink()
    page.symlink_to("../a/target")
    with watching({"he": page}, polling=polling) as observed:
        (page.parent / "new").symlink_to("../b/target")
        (page.parent / "new").replace(page)
        assert observed.changed() == ["he"]
        (page.parent.parent / "b" / "target").write_text("changed in place")
        assert observed.changed() == ["he"]


def test_swapped_link_on_the_way_is_due(tmp_path: Path, *, polling: bool | None) -> None:
    """As Kubernetes updates a volume: page.txt -> ..data/page.txt, and ..data is swapped for another folder."""
    for name in ("..1", "..2", "..3"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "page.txt").write_text("same text")
    (tmp_path / "..data").symlink_to("..1")
    (tmp_path / "page.txt").symlink_to("..data/page.txt")
    with watching({"file": tmp_path / "page.txt", "folder": tmp_path}, polling=polling) as observed:
        for name in ("..2", "..3"):
            (tmp_path / "..tmp").symlink_to(name)
            (tmp_path / "..tmp").replace(tmp_path / "..data")
            told: set[str] = set()
            while told < {"file", "folder"}:
                told.update(observed.changed())


@pytest.mark.parametrize("source", ["a/b/page.txt", "a/b", "a/b/*.txt"])
def test_folder_that_appears_later_is_watched_then(
    tmp_path: Path, source: str, *, polling: bool | None
) -> None:
    """Level by level; before there is a page nothing is due but, for a folder, that it is there."""
    with watching({"he": tmp_path / source}, polling=polling) as observed:
        (tmp_path / "a").mkdir()
        observed.woken()
        assert observed.settle() == []
        (tmp_path / "a" / "b").mkdir()
        observed.woken()
        observed.settle()
        for text in ("a page", "another text"):
            (tmp_path / "a" / "b" / "page.txt").write_text(text)
            assert observed.changed() == ["he"]
        shutil.rmtree(tmp_path / "a")
        assert observed.changed() == ["he"]
        (tmp_path / "a" / "b").mkdir(parents=True)
        (tmp_path / "a" / "b" / "page.txt").write_text("again")
        assert observed.changed() == ["he"]


def test_storm_of_events_becomes_one_run(page: Path) -> None:
    """Ten thousand, of many files: one wake, no more threads, due once."""
    with watching({"he": page.parent}) as observed:
        threads = threading.active_count()
        for number in range(2500):
            (page.parent / f"{number % 100}.txt").write_text(f"{number}")
        observed.woken()
        assert observed.wakes == 1
        assert threading.active_count() == threads
        wait_until_silent(observed)
        assert observed.settle() == ["he"]
        assert observed.wakes <= 5
        assert observed.settle() == []


def test_touch_is_told_and_left_to_who_compares_contents(page: Path, *, polling: bool | None) -> None:
    """The time is all that is known here; touching it twice is not two changes while it stirs."""
    with watching({"he": page}, polling=polling) as observed:
        os.utime(page, (1, 1))
        assert observed.changed() == ["he"]


def test_change_while_the_watch_begins_is_due(page: Path) -> None:
    """Between the first look and the first event; here none comes for an hour."""
    observed = Observed({"he": page}, polling=True, every=3600)
    observed.watcher.start()
    page.write_text("rewritten")
    try:
        assert observed.settle() == ["he"]
    finally:
        observed.watcher.stop()


def test_lost_events_are_made_up_for(page: Path) -> None:
    """Every five minutes everything is looked at; here nothing else would notice for an hour."""
    with watching({"he": page}, polling=True, every=3600) as observed:
        page.write_text("rewritten")
        assert observed.settle() == []
        observed.clock.advance(ROUND)
        assert observed.settle() == ["he"]
        assert observed.wakes == 0


def test_profiles_that_share_a_page_are_both_due(page: Path) -> None:
    """And one that does not is not; all folders are watched once."""
    other = page.parent.parent / "other.txt"
    sources = {"a": str(page), "b": str(page.parent), "c": str(other), "d": f"{page.parent}/*.txt"}
    with watching(sources) as observed:
        threads = threading.active_count()
        page.write_text("rewritten")
        assert observed.changed() == ["a", "b", "d"]
        observed.watcher.replace({**sources, "e": str(page), "f": str(page.parent)})
        assert threading.active_count() == threads


def test_addresses_and_authors_are_not_watched() -> None:
    """Then there is nothing to ask for, and no thread."""
    threads = threading.active_count()
    observed = Observed({"a": "https://example.org/", "b": "dblp:h/PengchengHe"}, polling=None)
    observed.watcher.start()
    assert observed.watcher.due() == (set(), None)
    assert threading.active_count() == threads
    observed.watcher.stop()


def test_replaced_sources_are_watched_instead(page: Path, *, polling: bool | None) -> None:
    """What a profile already had is not forgotten; a new one is known as it is; an old one is let go."""
    other = page.parent.parent / "other" / "other.txt"
    other.parent.mkdir()
    with watching({"he": page, "old": other}, polling=polling) as observed:
        other.write_text("changed before the configuration")
        page.write_text("changed before the configuration")
        observed.watcher.replace({"he": str(page), "new": str(page.parent)})
        assert observed.changed() == ["he"]
        page.write_text("changed after the configuration")
        told: set[str] = set()
        while told < {"he", "new"}:
            told.update(observed.changed())
        observed.watcher.replace({})
        assert observed.watcher.due() == (set(), None)
        assert not observed.watcher._folders._watched


def test_pattern_that_looks_deeper_than_before_is_watched_deeper(page: Path, *, polling: bool | None) -> None:
    """The folder is the same, but what is inside it matters now."""
    inside = page.parent / "a"
    inside.mkdir()
    with watching({"he": page.parent / "*.txt"}, polling=polling) as observed:
        observed.watcher.replace({"he": f"{page.parent}/*/*.txt"})
        assert observed.settle() == []
        (inside / "page.txt").write_text("a match")
        assert observed.changed() == ["he"]


def test_many_folders_take_one_thread(tmp_path: Path) -> None:
    """Each profile may have its own; a pattern over all of them hears of the same folders."""
    pages = {f"p{number}": tmp_path / "all" / str(number) / "page.txt" for number in range(50)}
    for page in pages.values():
        page.parent.mkdir(parents=True)
        page.write_text("as it was")
    before = threading.active_count()
    with watching({**pages, "every": tmp_path / "all" / "**" / "*.txt"}) as observed:
        assert threading.active_count() == before + 1
        pages["p7"].write_text("rewritten")
        assert set(observed.changed()) == {"p7", "every"}
        (tmp_path / "new").mkdir()
        (tmp_path / "new" / "page.txt").write_text("moved in with its folder")
        (tmp_path / "new").rename(tmp_path / "all" / "new")
        assert observed.changed() == ["every"]
        (tmp_path / "all" / "new" / "page.txt").write_text("rewritten there")
        assert observed.changed() == ["every"]


@pytest.mark.parametrize(("kind", "polled"), [("nfs4", True), ("ext4", False)])
def test_network_drive_is_looked_at_again_and_again(page: Path, kind: str, *, polled: bool) -> None:
    """What is on it may be changed by other computers; folders that are only passed through are left alone."""
    heard: queue.SimpleQueue[frozenset[str]] = queue.SimpleQueue()
    drive = PurePosixPath(os.path.realpath(page.parent.parent))
    folders = Folders(heard.put, heard_nothing, polling=None, poll_every=0.05, mounted=lambda: {drive: kind})
    passed = Interest(frozenset(), {page.parent.name: frozenset({"he"})}, recursive=False, passing=True)
    wanted = Interest(frozenset({"he"}), {}, recursive=False, passing=False)
    folders.watch({str(drive): passed, str(drive / page.parent.name): wanted})
    try:
        page.write_text("rewritten")
        assert heard.get(timeout=DEADLINE) == {"he"}
        assert set(folders._observers) == {polled}
        assert len(folders._watched) == (1 if polled else 2)
    finally:
        folders.stop()


def heard_nothing(sentence: str) -> None:
    """Fail, for nothing should be said."""
    pytest.fail(sentence)


def test_without_more_watches_the_folders_are_looked_at_instead(page: Path) -> None:
    """The system refuses; that is said once, and changes are noticed all the same."""
    other = page.parent.parent / "other.txt"
    observed = Observed({"he": page, "other": other}, polling=None)
    with ExitStack() as stack:
        stack.callback(observed.watcher.stop)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        with ExitStack() as full:
            resource.setrlimit(resource.RLIMIT_NOFILE, (128, hard))
            full.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
            take_all_files_but_one(full)
            observed.watcher.start()
        assert observed.settle() == []
        page.write_text("rewritten")
        assert observed.changed() == ["he"]
        assert len(observed.said) == 1
        assert "max_user_instances" in observed.said[0]


def take_all_files_but_one(stack: ExitStack) -> None:
    """Open files until the system refuses, and leave one: watching needs two."""
    files = []
    while True:
        try:
            files.append(stack.enter_context(Path(os.devnull).open("rb")))  # noqa: SIM115 - it does
        except OSError:
            break
    files[-1].close()


def test_folder_that_may_not_be_listed_is_said_once(tmp_path: Path) -> None:
    """Its page is still noticed in the course of the rounds."""
    page = tmp_path / "page.txt"
    page.write_text("as it was")
    page.chmod(0o666)
    with may_not_list(tmp_path), watching({"he": page}) as observed:
        page.write_text("rewritten")
        observed.clock.advance(ROUND)
        assert observed.settle() == ["he"]
        observed.clock.advance(ROUND)
        observed.settle()
        assert observed.said == [f"{tmp_path}: changes in this folder are noticed late: you may not list it."]


@contextmanager
def may_not_list(folder: Path) -> Iterator[None]:
    """Take away the right to list a folder, from root by being nobody meanwhile."""
    with ExitStack() as stack:
        on_the_way = [parent for parent in folder.parents if parent.stat().st_uid == os.getuid()]
        for parent in on_the_way:
            stack.callback(parent.chmod, parent.stat().st_mode)
            parent.chmod(parent.stat().st_mode | 0o111)
        stack.callback(folder.chmod, 0o700)
        folder.chmod(0o311)
        if os.geteuid() == 0:
            stack.callback(os.seteuid, 0)
            os.seteuid(65534)
        yield
