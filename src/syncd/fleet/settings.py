"""The settings that workers get: from the scheduler's configuration to texts in tables, and back.

Secrets stand in it as references alone, and no worker runs a command for one: whoever can write to the database could
run programs on all computers of the fleet. What only the scheduler needs, such as whom it notifies, stays with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from syncd import services
from syncd.config import Config, Library, ProfileConfig
from syncd.config.model import DESKTOP, EMBEDDED, Services
from syncd.daemon.looks import host_of
from syncd.daemon.schedule import from_rule, trigger, zone
from syncd.engine.fleet import fleets
from syncd.errors import ConfigError
from syncd.messages import message
from syncd.model import Span
from syncd.read import is_online

# What all workers need of a configuration, beside its libraries and profiles.
SHARED = frozenset({"guards", "http", "enrich", "services", "history", "digest"})


@dataclass(frozen=True, slots=True)
class Shared:
    """What holds for all profiles.

    Attributes:
        settings: the tables `SHARED`, as JSON.
        zone: the time zone that cron lines mean: a name, or a rule such as `$TZ` has.
    """

    settings: str
    zone: str

    @classmethod
    def of(cls, config: Config) -> Shared:
        """Return what workers need of a configuration."""
        settings = config.model_dump_json(include=set(SHARED), exclude_none=True)
        return cls(settings, str(zone(config.daemon.timezone)))

    @property
    def timezone(self) -> tzinfo:
        """The time zone."""
        try:
            return ZoneInfo(self.zone)
        except (KeyError, ValueError, OSError):
            return from_rule(self.zone) if any(map(str.isdigit, self.zone)) else UTC


@dataclass(frozen=True, slots=True)
class Entry:
    """A profile as the tables have it.

    Attributes:
        name: of the profile.
        library: the name of its library.
        settings: as JSON.
        place: the host or service where its source is read; empty where that is a file of the scheduler's computer.
        together: the service that is asked about it with others; empty without one.
    """

    name: str
    library: str
    settings: str
    place: str
    together: str


def is_for_workers(library: Library) -> bool:
    """Whether workers push to a library: one of another kind belongs to the daemon of its computer."""
    return library.type not in {DESKTOP, EMBEDDED}


def entries(config: Config) -> list[Entry]:
    """Return the profiles whose libraries workers push to."""
    together = fleets(config)
    return [
        Entry(
            name,
            library.name,
            _kept(profile, library.name),
            place_of(profile.source),
            together.get(name, ""),
        )
        for name, profile in config.profiles.items()
        if is_for_workers(library := config.library_of(profile))
    ]


def place_of(source: str) -> str:
    """Return where a source is read: a host or a service; empty where it is a file of the scheduler's computer."""
    return host_of(source) if is_online(source) else ""


def libraries(config: Config) -> dict[str, str]:
    """Return the settings of the libraries that workers push to, as JSON, by name."""
    return {
        name: library.model_dump_json(exclude_none=True)
        for name, library in config.libraries.items()
        if is_for_workers(library)
    }


def _kept(profile: ProfileConfig, library: str) -> str:
    return json.dumps(
        {
            "settings": profile.model_dump(mode="json", exclude_none=True) | {"library": library},
            "group": profile.group,
            "span": [profile.span.since, profile.span.until],
        }
    )


def restored(shared: Shared, libraries: Mapping[str, str], profiles: Mapping[str, str]) -> Config:
    """Return the configuration for a job.

    Args:
        shared: what holds for all.
        libraries: settings of those that the job is for, by name.
        profiles: settings by name.
    """
    told = {name: json.loads(text) for name, text in profiles.items()}
    whole = {
        **json.loads(shared.settings),
        "libraries": {name: json.loads(text) for name, text in libraries.items()},
        "profiles": {one: words["settings"] for one, words in told.items()},
    }
    config = Config.model_validate_json(json.dumps(whole))
    for one, words in told.items():
        profile = config.profiles[one]
        # Private, to keep them out of the file's settings.
        profile._group, profile._span = words["group"], Span(*words["span"])  # noqa: SLF001
    return config


def together(configs: Iterable[Config]) -> Config:
    """Return one configuration with the libraries and profiles of several that share all else."""
    several = list(configs)
    return several[0].model_copy(
        update={
            "libraries": {name: one for config in several for name, one in config.libraries.items()},
            "profiles": {name: one for config in several for name, one in config.profiles.items()},
        }
    )


def next_time(settings: str, timezone: tzinfo, now: datetime) -> datetime:
    """Return when a profile's schedule comes next.

    Args:
        settings: the profile's, as JSON.
        timezone: what cron lines mean.
        now: the time.
    """
    told = json.loads(settings)["settings"]
    when = trigger(told["schedule"], timezone, now, jitter=is_online(told["source"]))
    # An interval begins now, which is not its first time.
    following: datetime | None = when.get_next_fire_time(now, now)
    # A cron line that never comes again is not valid.
    return following or datetime.max.replace(tzinfo=UTC)


def check_runs_nothing(config: Config) -> None:
    """Make sure that no key of a configuration comes from a command.

    Raises:
        ConfigError: one does.
    """
    keys = {name: library.key for name, library in config.libraries.items()}
    keys |= {name: service.key for name, service in config.services}
    for name, key in keys.items():
        if key is not None and key.command is not None:
            raise ConfigError(
                [message("key-by-command", name=repr(name))], hint=message("keep-key-with-workers")
            )


def with_keys_for(config: Config, sources: Iterable[str]) -> Config:
    """Return a configuration with the keys of those services alone that are asked about some sources."""
    asked = {author.name for source in sources if (author := services.recognise(source))}
    asked |= {service.source for service in services.SERVICES if service.name in config.enrich.services}
    kept = {name: key for name, key in config.services if name in asked}
    return config.model_copy(update={"services": Services(**kept)})
