"""Publication lists: is each as syncd wrote it, and can it be written where it is to be?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from shlex import quote

from syncd.config import Config
from syncd.config.model import Output
from syncd.doctor.finding import Check, Finding, Scene
from syncd.doctor.memory import rows
from syncd.errors import StateError
from syncd.lists.files import digest_of, place_of
from syncd.lists.outputs import FORCE, check_place, what_is_read
from syncd.messages import message
from syncd.paths import DataFolder
from syncd.state.store import host_of

NAME = "lists"
WRITTEN = "SELECT digest, before FROM output WHERE host = :host AND path = :path"


def checks(scene: Scene) -> Iterator[Check]:
    """Yield the check of the lists, where there are any."""
    if scene.config and scene.config.outputs:
        outputs = scene.config.outputs
        yield Check(NAME, lambda: _lists(scene, outputs))


def _lists(scene: Scene, outputs: tuple[Output, ...]) -> Iterator[Finding]:
    kept = [words for output in outputs if (words := kept_because(output, scene.data))]
    for words in kept:
        yield Finding(NAME, "warning", words, FORCE)
    if not kept:
        yield Finding(NAME, "ok", message("lists-fine", count=len(outputs)))


def hindrance(output: Output, config: Config, data: DataFolder) -> tuple[str, str] | None:
    """Return why a list can't be written where it is to be, and what mends that."""
    try:
        check_place(Path(output.file), what_is_read(config), data)
    except StateError as error:
        return error.words, error.hint
    path = place_of(Path(output.file))
    folder = path.parent
    try:
        if path.is_dir():
            return message("output-is-folder", path=output.file), message("name-another-file")
        if not folder.is_dir():
            words = message("output-folder-missing", folder=folder, path=output.file)
            return words, f"mkdir -p {quote(str(folder))}"
        is_closed = not os.access(folder, os.W_OK | os.X_OK)
    except OSError:  # a folder on the way that may not be entered
        is_closed = True
    return (message("output-folder-closed", folder=folder, path=output.file), "") if is_closed else None


def kept_because(output: Output, data: DataFolder) -> str | None:
    """Return why syncd does not write a list: what stands there is somebody else's."""
    path = place_of(Path(output.file))
    if not path.is_file():
        return None  # nothing that could be kept; a pipe would never end
    try:
        digest = digest_of(path)
    except OSError:
        return None
    known = rows(data, WRITTEN, host=host_of(is_shared=bool(data.database)), path=str(path))
    if not digest or any(digest in {row["digest"], row["before"]} for row in known):
        return None
    changed, strange = (
        message("output-changed", path=output.file),
        message("output-not-ours", path=output.file),
    )
    return changed if known else strange
