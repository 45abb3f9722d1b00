"""From sources to what a plan takes: fetch, parse, complete. A profile that can't be read holds up no other.

Nothing here knows a library.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pydantic import ValidationError

from syncd import services
from syncd.config import Config, Library, ProfileConfig
from syncd.config.problems import translate
from syncd.engine.ports import Ports
from syncd.errors import ConfigError, SourceError, StateError, SyncdError
from syncd.messages import message
from syncd.model import Profile, Snapshot, Span
from syncd.read import fetch, is_online, watching
from syncd.services import Api
from syncd.sources import file
from syncd.sync.action import Intake, page_name
from syncd.zotero.items import Policy
from syncd.zotero.schema import MAX_NAME_LENGTH

if TYPE_CHECKING:
    from syncd.sources.web import Web

# Of a digest of settings, which only has to tell them from those before.
DIGITS = 16
# Of OpenAlex's free budget without a key little is left for more profiles.
MOST_KEYLESS = 100


@dataclass(frozen=True, slots=True)
class Unread:
    """A profile that could not be read; the others are not held up by it."""

    name: str
    origin: str
    error: SyncdError


@dataclass(frozen=True, slots=True)
class Job:
    """A source to read, with the settings that apply to it."""

    name: str
    source: str
    settings: ProfileConfig
    library: Library


def jobs(config: Config, names: Sequence[str], library: str | None) -> list[Job]:
    """Turn the names on the command line into sources with their settings.

    Args:
        config: the settings.
        names: profiles of the configuration, paths and addresses; empty for all profiles.
        library: the library that the user chose, if any.

    Raises:
        ConfigError: a name is not known, or there is nothing to do.
    """
    names = names or tuple(config.profiles)
    if not names:
        raise ConfigError(
            [message("nothing-to-push")],
            hint=message("set-up-or-try-page"),
        )
    found = []
    for name in names:
        settings = config.profiles.get(name) or _ad_hoc(config, name)
        found.append(Job(name, settings.source, settings, config.library(library or settings.library)))
    return found


def _ad_hoc(config: Config, name: str) -> ProfileConfig:
    """Return the settings of a source that is named without configuration.

    A bare word that is no file is taken for the name of a profile, mistyped.
    """
    if ":" not in name and not file.looks_like_file(name) and not services.recognise(name):
        try:
            config.profile(name)
        except ConfigError as error:
            raise ConfigError([message("nor-file", problem=error)]) from None
    try:
        return ProfileConfig(source=name)
    except ValidationError as error:
        raise ConfigError(
            [message("at-source", problem=problem.text) for problem in translate(error.errors())]
        ) from None


@contextmanager
def web_of(config: Config, ports: Ports) -> Iterator[Web]:
    """Give a session with web servers as the configuration wants it. What they say of budgets is kept."""
    # A page on the disk needs neither an HTTP client nor a database.
    from syncd.sources.web import Web  # noqa: PLC0415
    from syncd.state import budgets  # noqa: PLC0415

    now = ports.clock.now()
    # A database that can't be used is told of where it is needed.
    with suppress(StateError):
        ports.pace.remember(budgets.known(ports.data, now), ports.clock.monotonic(), now)
    try:
        with Web(
            ports.clock,
            contact=config.http.contact,
            cache=ports.data.cache,
            allow_private=config.http.allow_private,
            pace=ports.pace,
        ) as web:
            yield web
    finally:
        if news := ports.pace.news():
            with suppress(StateError):
                budgets.keep(news, ports.data, ports.clock.now())


def apis_of(config: Config, env: Mapping[str, str], bases: Mapping[str, str] | None = None) -> dict[str, Api]:
    """Return the services' APIs for which the configuration has a key, or that are elsewhere.

    Args:
        config: the settings.
        env: the environment, for keys.
        bases: addresses of services, instead of the usual ones, by name.
    """
    changes = {name: {"key": key} for name, key in config.services.keys(env).items()}
    for service in services.SERVICES:
        if service.source and bases and service.name in bases:
            changes.setdefault(service.source, {})["base"] = bases[service.name]
    return {name: replace(services.api(name), **change) for name, change in changes.items()}  # type: ignore[type-var]


def keyless(config: Config) -> int:
    """Return how many profiles of OpenAlex are asked for without a key, if these are too many; else 0."""
    if config.services.openalex.key is not None or len(config.profiles) <= MOST_KEYLESS:
        return 0
    sources = [services.recognise(profile.source) for profile in config.profiles.values()]
    number = sum(author is not None and author.name == "openalex" for author in sources)
    return number if number > MOST_KEYLESS else 0


def digest_of_settings(settings: ProfileConfig, config: Config) -> str:
    """Return what tells whether a profile is read by the settings that it was read by before."""
    told = (settings.model_dump_json(exclude={"schedule", "library"}), *config.enrich.services)
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:DIGITS]


def web_for(sources: Sequence[str], config: Config, ports: Ports) -> AbstractContextManager[Web | None]:
    """Return a session, if one of the sources is on the web."""
    online = any(map(is_online, sources))
    return web_of(config, ports) if online else nullcontext()


def read(
    jobs: Sequence[Job],
    config: Config,
    ports: Ports,
    fetched: Mapping[str, tuple[Snapshot, ...]] | None = None,
) -> tuple[list[Intake], list[Unread]]:
    """Fetch, parse and complete all sources; those on the web in one session.

    Args:
        jobs: the sources.
        config: the settings.
        ports: the world.
        fetched: pages that are not fetched again, by the job's name.

    Returns:
        the profiles, and those that could not be read.
    """
    intakes: list[Intake] = []
    unread: list[Unread] = []
    sources = [job.source for job in jobs if job.name not in (fetched or {})]
    online = web_of(config, ports) if config.enrich.services else web_for(sources, config, ports)
    with online as web:
        apis = apis_of(config, ports.env, ports.services) if web else {}
        for job in jobs:
            ports.progress.stage(message("reading-source", source=job.source))
            try:
                snapshots = (fetched or {}).get(job.name) or fetch(
                    job.source, captured=job.settings.captured, clock=ports.clock, web=web, apis=apis
                )
            except SourceError as error:
                unread.append(Unread(job.name, job.source, error))
                continue
            for snapshot in snapshots:
                try:
                    with watching(ports.progress.stage, snapshot):
                        profile = ports.parse(snapshot, job.settings.format, ports.clock)
                except SyncdError as error:
                    unread.append(Unread(job.name, snapshot.origin, error))
                else:
                    profile = replace(profile, whole=snapshot.whole)
                    profile = _completed(profile, job.settings.span, config, ports, web)
                    several = len(snapshots) > 1
                    origin, digest = snapshot.origin, snapshot.digest
                    intakes.append(intake_of(job, config, profile, origin, digest, several=several))
    return intakes, unread


def _completed(profile: Profile, span: Span, config: Config, ports: Ports, web: Web | None) -> Profile:
    """Complete a profile's papers from the services that the configuration names; of those that are wanted."""
    if web is None or not config.enrich.services:
        return profile
    from syncd.enrich.run import Answers, enrich, enrichers  # noqa: PLC0415 - few configurations name services

    services = enrichers(
        config.enrich.services,
        contact=config.http.contact,
        keys=config.services.keys(ports.env),
        bases=ports.services,
    )
    answers = Answers(ports.data.cache, ports.clock)
    wanted = [place for place, paper in enumerate(profile.papers) if span.holds(paper.date) is not False]
    asked = tuple(profile.papers[place] for place in wanted)
    found, notices = enrich(asked, services, answers, web, stage=ports.progress.stage)
    completed = {place: one.paper for place, one in zip(wanted, found, strict=True)}
    papers = tuple((dict(enumerate(profile.papers)) | completed).values())
    return replace(profile, papers=papers, warnings=(*profile.warnings, *notices))


def intake_of(  # noqa: PLR0913 - what a plan takes is made of these
    job: Job, config: Config, profile: Profile, origin: str, digest: str, *, several: bool
) -> Intake:
    """Return what a plan takes of a page.

    Args:
        job: the source.
        config: the settings that it was read by.
        profile: what the page says.
        origin: where it was read from.
        digest: of its bytes.
        several: the source has more than one.
    """
    settings = job.settings
    # Of a longer name Zotero would take no collection, and a run that can't make one ends for all of its profiles.
    own = profile.name[:MAX_NAME_LENGTH].strip() or settings.source[:MAX_NAME_LENGTH]
    path = tuple(settings.collection.split("/")) if settings.collection else ("Profiles", own)
    name = settings.name or "/".join(path)
    if several and settings.name:
        name = page_name(name, profile.name)
    return Intake(
        name=name,
        profile=profile,
        origin=origin,
        digest=digest,
        collection=path,
        policy=Policy(profile.name, settings.tags, settings.cut_authors, settings.upgrade),
        adopt=settings.adopt,
        settle=settings.settle,
        span=settings.span,
        settings=digest_of_settings(settings, config),
    )
