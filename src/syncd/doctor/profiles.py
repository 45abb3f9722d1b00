"""The profiles: what is known to keep each from being pushed, and whether its source can be read.

Sources are read as they are; nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from syncd import read
from syncd.config import Config, ProfileConfig
from syncd.doctor import memory
from syncd.doctor.finding import Check, Finding, Scene
from syncd.messages import chained, message
from syncd.model import Profile
from syncd.read import fetch
from syncd.sources.limits import Limits

SECONDS = 10.0


def checks(scene: Scene) -> Iterator[Check]:
    """Yield the checks of the profiles."""
    for profile in scene.config.profiles.values() if scene.config else ():
        name = f"profile {profile.name}"
        yield Check(name, partial(_troubles, name, profile, scene))
        yield Check(name, partial(_source, name, profile, scene), online=read.is_online(profile.source))


def _troubles(name: str, profile: ProfileConfig, scene: Scene) -> Iterator[Finding]:
    for known in memory.troubles(scene, profile):
        yield Finding(name, "warning", known.words, known.mend)


def _source(name: str, profile: ProfileConfig, scene: Scene) -> Iterator[Finding]:
    if scene.config is None:
        return
    read = _read(profile, scene.config, scene)
    papers = sum(len(page.papers) for page in read)
    who = read[0].name if len(read) == 1 else message("pages", number=len(read))
    notices = [notice.message for page in read for notice in page.warnings]
    words = message("source-read", author=who, papers=papers, source=profile.source)
    if notices:
        words = message("source-read-with-notices", read=words, notices=chained(notices))
    yield Finding(name, "ok", words)


def _read(profile: ProfileConfig, config: Config, scene: Scene) -> list[Profile]:
    if not read.is_online(profile.source):
        snapshots = fetch(profile.source, captured=profile.captured, clock=scene.clock)
        return [read.parse(snapshot, profile.format) for snapshot in snapshots]
    from syncd.engine.gather import apis_of  # noqa: PLC0415 - slow to import, and for sources on the web alone
    from syncd.sources.web import Web  # noqa: PLC0415 - as above

    limits = Limits(connect=SECONDS, silence=SECONDS, total=SECONDS)
    with Web(
        scene.clock,
        contact=config.http.contact,
        limits=limits,
        allow_private=config.http.allow_private,
        attempts=1,
    ) as web:
        apis = apis_of(config, scene.env)
        snapshots = fetch(profile.source, captured=profile.captured, clock=scene.clock, web=web, apis=apis)
    return [read.parse(snapshot, profile.format) for snapshot in snapshots]
