"""Which folders are on file systems whose changes nobody tells: network drives, and the like of them.

It reads what Linux says of its mounts. Elsewhere nothing is known, and every folder counts as local.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from syncd.text.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Mapping

MOUNTINFO = Path("/proc/self/mountinfo")

SILENT = pattern(
    r"nfs\d?|cifs|smb\d?|smbfs|ncpfs|afs|coda|9p|virtiofs|drvfs|vboxsf|prl_fs|vmhgfs|davfs|ceph|lustre|gpfs|beegfs"
    r"|glusterfs|orangefs|pvfs2|ocfs2|gfs2?|fuse(?:\..*)?",
    hostile="fuse.",
)
"""Types of file systems that others change without this machine being told.

>>> [bool(SILENT.fullmatch(kind)) for kind in ("nfs4", "smb3", "9p", "fuse.sshfs", "ext4", "fuseblk", "overlay")]
[True, True, True, True, False, False, False]
"""

ESCAPED = pattern(r"\\([0-7]{3})", hostile="\\04")  # "\040" is a space


def mounts(text: str) -> dict[PurePosixPath, str]:
    r"""Return the type of the file system by mount point, the uppermost where several are mounted on one.

    The format is that of proc_pid_mountinfo(5); lines of another form are passed over.

    >>> mounts(r"36 27 0:31 / /mnt/my\040drive rw shared:5 - cifs //nas/share rw")
    {PurePosixPath('/mnt/my drive'): 'cifs'}
    """
    found = {}
    for line in text.splitlines():
        before, dash, after = line.partition(" - ")
        fields = before.split(" ")
        if dash and len(fields) > 5 and after:
            point = ESCAPED.sub(lambda octal: chr(int(octal[1], 8)), fields[4])
            found[PurePosixPath(point)] = after.split(" ", 1)[0]
    return found


def is_silent(folder: str, mounted: Mapping[PurePosixPath, str]) -> bool:
    """Tell whether changes in a folder may come without an event. `folder` is absolute and without links."""
    path = PurePosixPath(folder)
    kinds = (mounted[point] for point in (path, *path.parents) if point in mounted)
    return bool(SILENT.fullmatch(next(kinds, "")))


def mounted_now() -> dict[PurePosixPath, str]:
    """Return what is mounted; nothing where the system does not say so."""
    try:
        return mounts(MOUNTINFO.read_text(encoding="utf-8", errors="surrogateescape"))
    except OSError:
        return {}
