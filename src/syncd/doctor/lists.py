"""Publication lists: is each as syncd wrote it? Whether it can be written at all is a question of the configuration."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

from syncd.config.model import Output
from syncd.doctor.finding import Check, Finding, Scene
from syncd.doctor.memory import rows
from syncd.lists.files import digest_of, place_of
from syncd.lists.outputs import FORCE
from syncd.messages import message

NAME = "lists"
WRITTEN = "SELECT digest, before FROM output WHERE host = :host AND path = :path"


def checks(scene: Scene) -> Iterator[Check]:
    """Yield the check of the lists, where there are any."""
    if scene.config and scene.config.outputs:
        outputs = scene.config.outputs
        yield Check(NAME, lambda: _lists(scene, outputs))


def _lists(scene: Scene, outputs: tuple[Output, ...]) -> Iterator[Finding]:
    kept = [found for output in outputs if (found := _kept(scene, output.file))]
    yield from kept
    if not kept:
        yield Finding(NAME, "ok", message("lists-fine", count=len(outputs)))


def _kept(scene: Scene, file: str) -> Finding | None:
    """Return what keeps syncd from writing a file: somebody else did."""
    path = place_of(Path(file))
    try:
        digest = digest_of(path)
    except OSError:
        return None
    known = rows(scene.data, WRITTEN, host=socket.gethostname(), path=str(path))
    if not digest or any(digest in {row["digest"], row["before"]} for row in known):
        return None
    changed, strange = message("output-changed", path=file), message("output-not-ours", path=file)
    return Finding(NAME, "warning", changed if known else strange, FORCE)
