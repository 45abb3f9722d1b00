"""What has to be watched for a source, and which file systems tell of changes."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncd.daemon.folders import is_silent, mounts
from syncd.daemon.watch import MOST_LINKED, Page, Place, is_on_disk, look, walk

if TYPE_CHECKING:
    pass

MOUNTINFO = r"""
22 1 8:2 / / rw,relatime shared:1 - ext4 /dev/sda2 rw
40 22 0:35 / /home rw,relatime shared:20 - autofs systemd-1 rw,fd=40
41 40 0:50 / /home rw,relatime shared:21 master:3 - nfs4 server:/home rw,vers=4.2
42 22 0:51 / /mnt/my\040drive rw - cifs //nas/share rw
43 22 0:52 / /home/he/remote rw,nosuid - fuse.sshfs he@host:/ rw
44 41 8:3 / /home/he/local rw - ext4 /dev/sda3 rw
45 22 8:4 / /mnt/usb rw - fuseblk /dev/sdb1 rw
broken line
46 22 0:53 / /mnt/none rw -
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return an empty folder, without links on the way to it."""
    return Path(os.path.realpath(tmp_path))


def near(root: Path, source: Path) -> set[Place]:
    """Return the places of a source from `root` on down; those above it are passed through only."""
    found = look(str(source)).places
    above = {place for place in found if not Path(place.folder).is_relative_to(root)}
    assert all(place.passing for place in above)
    return set(found - above)


def test_file_is_one_name_in_its_folder(root: Path) -> None:
    """Nothing else in the folder matters."""
    (root / "page.txt").write_text("page")
    assert near(root, root / "page.txt") == {Place(str(root), "page.txt")}


def test_folder_on_the_way_is_only_passed_through(root: Path) -> None:
    """It matters that it stays the one it is, not what else is in it."""
    (root / "a").mkdir()
    (root / "a" / "page.txt").write_text("page")
    assert near(root, root / "a" / "page.txt") == {
        Place(str(root), "a", passing=True),
        Place(str(root / "a"), "page.txt"),
    }


def test_missing_folder_is_waited_for_in_the_nearest_that_is_there(root: Path) -> None:
    """By its name, however deep the source is."""
    for source in ("a/b/page.txt", "a/b/*.txt", "a/b"):
        assert near(root, root / source) == {Place(str(root), "a")}
    assert look(str(root / "a" / "b")).pages == (Page(str(root / "a" / "b")),)
    assert look(str(root / "a" / "*.txt")).pages == ()


def test_file_in_the_way_of_a_folder_is_watched_itself(root: Path) -> None:
    """It may be replaced by the folder."""
    (root / "a").write_text("no folder")
    assert near(root, root / "a" / "page.txt") == {Place(str(root), "a")}


def test_folder_matters_as_a_whole(root: Path) -> None:
    """Not only the pages that are in it now; folders inside do not."""
    (root / "page.txt").write_text("page")
    (root / "notes.md").write_text("no page")
    seen = look(str(root))
    assert Place(str(root)) in seen.places
    assert [page.path for page in seen.pages] == [str(root / "page.txt")]


@pytest.mark.parametrize(
    ("pattern", "recursive"),
    [("*.txt", False), ("p?ge.[th]*", False), ("*/page.txt", True), ("**", True), ("**/*.txt", True)],
)
def test_pattern_is_watched_below_its_last_plain_folder(root: Path, pattern: str, *, recursive: bool) -> None:
    """Inside folders, too, only where it looks into them."""
    (root / "a").mkdir()
    assert near(root, root / "a" / pattern) == {
        Place(str(root), "a", passing=True),
        Place(str(root / "a"), recursive=recursive),
    }


def test_name_with_brackets_is_a_file_where_there_is_one(root: Path) -> None:
    """As for reading."""
    (root / "page[1].txt").write_text("page")
    assert near(root, root / "page[1].txt") == {Place(str(root), "page[1].txt")}


def test_links_are_followed_with_each_name_on_the_way(root: Path) -> None:
    """The way of a mounted Kubernetes volume: page.txt -> ..data/page.txt, ..data -> ..2026."""
    (root / "..2026").mkdir()
    (root / "..2026" / "page.txt").write_text("page")
    (root / "..data").symlink_to("..2026")
    (root / "page.txt").symlink_to("..data/page.txt")
    assert near(root, root / "page.txt") == {
        Place(str(root), "page.txt"),
        Place(str(root), "..data"),
        Place(str(root), "..2026", passing=True),
        Place(str(root / "..2026"), "page.txt"),
    }


@pytest.mark.parametrize("absolute", [False, True])
def test_linked_page_of_a_folder_is_followed(root: Path, *, absolute: bool) -> None:
    """What it leads to may change where it is."""
    (root / "pages").mkdir()
    (root / "target.txt").write_text("page")
    (root / "pages" / "page.txt").symlink_to(root / "target.txt" if absolute else "../target.txt")
    for source in ("pages", "pages/*.txt"):
        assert near(root, root / source) >= {
            Place(str(root / "pages"), "page.txt"),
            Place(str(root), "target.txt"),
        }


@pytest.mark.parametrize("pattern", ["*/page.txt", "**/page.txt", "**"])
def test_pattern_looks_through_a_link_into_another_folder(root: Path, pattern: str) -> None:
    """A watch does not follow links by itself."""
    (root / "pages").mkdir()
    (root / "elsewhere").mkdir()
    (root / "pages" / "linked").symlink_to("../elsewhere")
    assert Place(str(root / "elsewhere"), recursive=True) in near(root, root / "pages" / pattern)


def test_number_of_followed_links_is_bounded(root: Path) -> None:
    """A folder of ten thousand links does not take ten thousand watches."""
    (root / "pages").mkdir()
    for number in range(MOST_LINKED + 10):
        (root / str(number)).mkdir()
        (root / str(number) / "p").write_text("page")
        (root / "pages" / f"{number}.txt").symlink_to(f"../{number}/p")
    seen = look(str(root / "pages"))
    assert len(seen.pages) == MOST_LINKED + 10
    assert len([place for place in seen.places if place.name == "p"]) == MOST_LINKED


def test_links_in_a_circle_end(root: Path) -> None:
    """They lead nowhere, and are watched for better times."""
    (root / "a").symlink_to("b")
    (root / "b").symlink_to("a")
    found, real = walk(root / "a")
    assert real is None
    assert {Place(str(root), "a"), Place(str(root), "b")} <= set(found)
    assert look(str(root / "a")).pages in ((), (Page(str(root / "a")),))


def test_home_folder_is_expanded(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As for reading."""
    monkeypatch.setenv("HOME", str(root))
    assert Place(str(root), "page.txt") in look(" ~/page.txt ").places


def test_signature_differs_after_whatever_is_done_to_a_page(root: Path) -> None:
    """Written, replaced by an equal file, its time put back, its permissions changed, moved away, or linked."""
    page, other = root / "page.txt", root / "other"
    signatures = []

    def note() -> None:
        signatures.append(look(str(page)).pages)

    page.write_text("page")
    note()
    before = page.stat()
    page.write_text("egap")
    os.utime(page, ns=(before.st_atime_ns, before.st_mtime_ns))
    note()
    other.write_text("egap")
    other.replace(page)
    note()
    page.chmod(0o600)
    note()
    page.rename(other)
    note()
    page.symlink_to("other")
    other.write_text("longer")
    note()
    assert len(set(signatures)) == len(signatures)
    assert look(str(page)).pages == signatures[-1]


def test_addresses_and_authors_are_not_on_the_disk() -> None:
    """Nor is what can't be a name."""
    for source in ("https://example.org/a.txt", "ftp://example.org", "dblp:h/PengchengHe", "", "a\0b"):
        assert not is_on_disk(source)
    for source in ("page.txt", "/pages/*.txt", "~/pages", "C:page"):
        assert is_on_disk(source)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_path_leads_where_the_system_says(root: Path, data: st.DataObject) -> None:
    """Whatever links, dots and missing names are on the way, and each place is one that can be watched."""
    names = st.sampled_from(["a", "b", "c", "..", "."])
    paths = st.lists(names, min_size=1, max_size=4).map("/".join)
    world = Path(os.path.realpath(root)) / str(len(list(root.iterdir())))
    for folder in ("", "a", "b", "a/b"):
        (world / folder).mkdir(parents=True, exist_ok=True)
    for link in data.draw(
        st.lists(st.sampled_from(["c", "a/c", "b/a", "a/b/c", "b/b"]), min_size=2, unique=True)
    ):
        target = data.draw(paths)
        (world / link).symlink_to(data.draw(st.sampled_from([target, f"{world}/{target}"])))
    way = world / data.draw(paths)
    found, real = walk(way)
    try:
        expected = os.path.realpath(way, strict=True)
    except OSError:
        expected = None
    assert real == expected
    for place in found:
        assert os.path.realpath(place.folder, strict=True) == place.folder
        assert Path(place.folder).is_dir()


@pytest.mark.parametrize(
    ("folder", "silent"),
    [
        ("/etc", False),
        ("/home/he", True),
        ("/home", True),
        ("/homely", False),
        ("/home/he/remote/pages", True),
        ("/home/he/local/pages", False),
        ("/mnt/my drive/pages", True),
        ("/mnt/usb", False),
        ("/mnt/none", False),
    ],
)
def test_uppermost_mount_on_the_way_decides(folder: str, *, silent: bool) -> None:
    """Of several on one point the last; names with spaces are unescaped; broken lines are passed over."""
    assert is_silent(folder, mounts(MOUNTINFO)) is silent


@pytest.mark.parametrize(
    ("kind", "silent"),
    [("nfs", True), ("smb3", True), ("fuse.rclone", True), ("9p", True), ("btrfs", False), ("nfsd", False)],
)
def test_type_of_the_file_system_tells(kind: str, *, silent: bool) -> None:
    """The whole name counts: the server of NFS is no network drive."""
    assert is_silent("/mnt/a", {PurePosixPath("/mnt"): kind}) is silent


def test_without_a_list_of_mounts_every_folder_is_local() -> None:
    """As on other systems than Linux."""
    assert not is_silent("/home", {})


@given(st.text())
def test_any_list_of_mounts_is_read(text: str) -> None:
    """Never an error."""
    assert all(isinstance(point, PurePosixPath) for point in mounts(text))
