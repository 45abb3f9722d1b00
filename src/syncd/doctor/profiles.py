"""The profiles: what is known to keep each from being pushed, and whether its source can be read.

Sources are read as they are; nothing is written. Of many profiles, services are asked about a hundred with one request,
and of the others some are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, cast

from syncd import read, services
from syncd.config import Config, ProfileConfig
from syncd.doctor import memory
from syncd.doctor.finding import Check, Finding, Level, Scene
from syncd.messages import chained, message
from syncd.model import Profile
from syncd.read import fetch
from syncd.services import FleetApi
from syncd.sources.limits import Limits

if TYPE_CHECKING:
    from syncd.sources.web import Web

SECONDS = 10.0
# So many sources are read, and so many troubles told one by one; of more, these stand for the rest.
MOST = 50
ALL = "profiles"


def checks(scene: Scene) -> Iterator[Check]:
    """Yield the checks of the profiles."""
    if scene.config is None:
        return
    yield Check(ALL, partial(_troubles, scene))
    together = _together(scene.config)
    for service, names in together.items():
        yield Check(
            f"authors of {service}", partial(_authors, service, names, scene.config, scene), online=True
        )
    asked = {name for names in together.values() for name in names}
    alone = [profile for name, profile in scene.config.profiles.items() if name not in asked]
    read_now = alone[:: -(-len(alone) // MOST) or 1]
    for profile in read_now:
        name = f"profile {profile.name}"
        yield Check(name, partial(_source, name, profile, scene), online=read.is_online(profile.source))
    if len(read_now) < len(alone):
        words = message("sources-sampled", number=len(read_now), of=len(alone))
        yield Check(ALL, lambda: [Finding(ALL, "ok", words)])


def _together(config: Config) -> dict[str, list[str]]:
    """Return the profiles that a service can be asked about many at a time, by service."""
    from syncd.engine.fleet import fleets  # noqa: PLC0415 - slow to import, and for sources on the web alone

    found: dict[str, list[str]] = {}
    for name, service in fleets(config).items() if len(config.profiles) > MOST else ():
        if cast("FleetApi", services.api(service)).per_count:
            found.setdefault(service, []).append(name)
    return found


def _troubles(scene: Scene) -> Iterator[Finding]:
    known = memory.troubles(scene)
    for name in list(known)[:MOST]:
        for one in known[name]:
            yield Finding(f"profile {name}", "warning", one.words, one.mend)
    if more := len(known) - MOST if len(known) > MOST else 0:
        yield Finding(ALL, "warning", message("more-rest-or-fail", count=more), "syncd status")


def _authors(service: str, names: Sequence[str], config: Config, scene: Scene) -> Iterator[Finding]:
    """Ask a service whether it knows the authors whom profiles are of, many with one request."""
    from syncd.engine.gather import apis_of  # noqa: PLC0415 - slow to import, and for sources on the web alone

    api = cast("FleetApi", services.api(service, apis_of(config, scene.env, scene.services)))
    sources = {name: services.recognise(config.profiles[name].source) for name in names}
    authors = {name: source.author for name, source in sources.items() if source}
    known: set[str] = set()
    wanted = list(dict.fromkeys(authors.values()))
    with _web(config, scene) as web:
        for start in range(0, len(wanted), api.per_count):
            known |= api.counts(wanted[start : start + api.per_count], web).keys()
    unknown = [name for name, author in authors.items() if author not in known]
    for name in unknown[:MOST]:
        words = message("author-not-there", service=api.title, author=authors[name])
        yield Finding(f"profile {name}", "failure", words, message("search-for-author"))
    level: Level = "failure" if unknown else "ok"
    words = message("authors-there", service=api.title, known=len(authors) - len(unknown), count=len(authors))
    yield Finding(f"authors of {service}", level, words)


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

    with _web(config, scene) as web:
        apis = apis_of(config, scene.env, scene.services)
        snapshots = fetch(profile.source, captured=profile.captured, clock=scene.clock, web=web, apis=apis)
    return [read.parse(snapshot, profile.format) for snapshot in snapshots]


def _web(config: Config, scene: Scene) -> Web:
    from syncd.sources.web import Web  # noqa: PLC0415 - slow to import, and for sources on the web alone

    limits = Limits(connect=SECONDS, silence=SECONDS, total=SECONDS)
    return Web(
        scene.clock,
        contact=config.http.contact,
        limits=limits,
        allow_private=config.http.allow_private,
        attempts=1,
    )
