"""What can be set, with defaults, limits and a description each: the one source of validation and schema.

Everything is frozen, strict about names and types, and silent about what it held.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from shlex import quote
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainSerializer,
    PrivateAttr,
    StringConstraints,
    Tag,
    WithJsonSchema,
    model_validator,
)

from syncd.config import values
from syncd.config.secrets import SecretRef
from syncd.errors import ConfigError
from syncd.messages import message
from syncd.model import ALWAYS, DEFAULT_TAGS, Span

Name = Annotated[str, StringConstraints(pattern=r"^[^/\x00-\x1f\x7f]+$")]
Duration = Annotated[
    timedelta,
    BeforeValidator(values.read_duration),
    PlainSerializer(values.write_duration, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^(0|[0-9]{1,6}[smhdw])$"}),
]


def text(check: Callable[[str], str]) -> AfterValidator:
    """Return the validator that passes a text through `check`."""
    return AfterValidator(check)


class Settings(BaseModel):
    """A table of the configuration."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class Daemon(Settings):
    """How syncd runs in the background."""

    timezone: Annotated[str, text(values.read_timezone)] | None = Field(
        default=None,
        description='The time zone that cron lines and clock times mean, such as "Europe/Berlin". Usual: the'
        " computer's own.",
    )
    watch: Literal["auto", "poll", "off"] = Field(
        default="auto",
        description="How changed files are noticed. auto: at once, or by looking where a drive tells of no"
        " changes; poll: by looking every few seconds; off: on the profile's schedule alone.",
    )


class Control(Settings):
    """How programs on this computer, such as the plugin in Zotero, talk with the daemon."""

    http: bool | None = Field(
        default=None,
        description="Answer programs on this computer that were paired. Usual: once Zotero was paired.",
    )
    port: int = Field(default=23129, ge=1, le=65535, description="The port to answer on.")


class Proxy(Settings):
    """A web server before the dashboard, at which people sign in."""

    host: str = Field(
        min_length=1,
        pattern=r"^[A-Za-z0-9.-]+(:[0-9]+)?$",
        description='What it is called by browsers, such as "papers.example.org".',
    )
    header: str = Field(
        min_length=1,
        pattern=r"^[A-Za-z0-9-]+$",
        description="The header in which it tells who signed in, and which it takes from nobody else, such as"
        ' "X-Remote-User". Whoever can reach the port of the dashboard on this computer can send it too.',
    )


class Dashboard(Settings):
    """The pages that `syncd dashboard` opens."""

    port: int = Field(default=23130, ge=1, le=65535, description="The port that they are on.")
    proxy: Proxy | None = Field(
        default=None,
        description="A web server on this computer that asks people to sign in and passes on to the dashboard"
        " who did. Usual: none.",
    )


class History(Settings):
    """How long syncd remembers what it did."""

    keep: Duration = Field(
        default=timedelta(days=364),
        description="Runs that are older are forgotten, and can't be undone any more, such as 52w or 90d.",
    )


class Metrics(Settings):
    """Figures for Prometheus."""

    port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description="Serve figures for Prometheus on this port, to this computer only.",
    )
    textfile: str | None = Field(
        default=None,
        min_length=1,
        description="Write the figures to this file after each run, for the textfile collector of node_exporter.",
    )


class Ping(Settings):
    """An address that is told how runs go, such as healthchecks.io's."""

    url: Annotated[str, text(values.read_ping)] | None = Field(
        default=None,
        description="Is asked with /start when a run begins, as it is when it succeeded, with /fail when it"
        " failed.",
    )


class Notify(Settings):
    """Notifications of new papers."""

    command: tuple[Annotated[str, Field(min_length=1)], ...] | None = Field(
        default=None,
        strict=False,
        min_length=1,
        description="A command that is run with the text on its standard input, and with SYNCD_SUBJECT and"
        " SYNCD_BODY in its environment. Of syncd's own environment it gets PATH, HOME, the locale and the"
        " desktop, and no key.",
    )
    urls: tuple[SecretRef, ...] = Field(
        default=(),
        strict=False,
        description="Where the addresses of services are kept that apprise sends to, each written like a"
        " library's key, for they hold passwords.",
    )
    when: Literal["daily", "weekly", "at once"] = Field(
        default="daily",
        description="daily: one list a day; weekly: on Mondays the digest of a week, with figures and what waits, as"
        " text and HTML; at once: after each run that brought some.",
    )
    at: Annotated[str, text(values.read_clock_time)] = Field(
        default="08:00", description="The time of day of the daily list, or the weekly digest."
    )
    abstracts: bool = Field(default=False, description="Tell abstracts too in the weekly digest.")


class Digest(Settings):
    """A note in Zotero of what came in a week."""

    note: Literal["weekly", "off"] = Field(
        default="off",
        description="weekly: one note a library and week, of what came, which figures moved and what waits; off: none.",
    )
    collection: Annotated[str, text(values.read_collection)] = Field(
        default="Profiles", description='The collection to file it in, nested by "/".'
    )


LibraryType = Literal["user", "group", "desktop", "embedded"]
EMBEDDED = "embedded"
DESKTOP = "desktop"
MAIN = "main"

# Where each type of library is, unless `endpoint` says otherwise.
_ROOTS: dict[str, str] = {
    "user": "https://api.zotero.org",
    "group": "https://api.zotero.org",
    DESKTOP: "http://127.0.0.1:23119",
}


class Library(Settings):
    """A Zotero library that papers are pushed to."""

    type: LibraryType = Field(
        description="user: your own library on zotero.org; group: a group's library; desktop: Zotero running"
        " on this computer, with syncd's plugin in it; embedded: a library of syncd's own, no account needed."
    )
    id: int | None = Field(
        default=None,
        ge=1,
        description="The number of the user or group, as zotero.org/settings/keys and the group's address"
        " show it.",
    )
    key: SecretRef | None = Field(
        default=None,
        description="Where the library's API key is kept. The key itself never stands in this file.",
    )
    endpoint: Annotated[str, text(values.read_endpoint)] | None = Field(
        default=None,
        description="Address of the server, for a Zotero server of your own. Usual: https://api.zotero.org,"
        " and http://127.0.0.1:23119 for desktop.",
    )
    _name: str = PrivateAttr("")

    @property
    def name(self) -> str:
        """Its name in the configuration."""
        return self._name

    @property
    def root(self) -> str | None:
        """The address that API paths are appended to, without a slash at its end; None for embedded."""
        return None if self.type == EMBEDDED else self.endpoint or _ROOTS[self.type]

    @property
    def prefix(self) -> str:
        """The start of its API paths: `users/475425`, `groups/12`, `users/0` on the desktop."""
        return f"groups/{self.id}" if self.type == "group" else f"users/{self.id or 0}"

    @property
    def whereabouts(self) -> tuple[str, str]:
        """Where it is and which it is there: what it is known by, whatever its name."""
        return (self.root, self.prefix) if self.root else (EMBEDDED, "users/1")

    @property
    def login(self) -> str:
        """The command that opens it: gets its key, and a user's number."""
        return f"syncd login {'--desktop ' if self.type == DESKTOP else ''}{quote(self.name)}"

    def check_open(self) -> None:
        """Make sure that somebody has signed in to it, as far as the configuration tells.

        Raises:
            ConfigError: nobody has; the hint names the command.
        """
        if self.key is None and self.type != EMBEDDED:
            raise ConfigError(
                [message("no-key-yet", library=repr(self.name))],
                hint=message("nothing-written-sign-in", command=self.login),
            )

    def resolve_key(self, env: Mapping[str, str]) -> str | None:
        """Fetch the API key, or return None where no key is configured.

        Raises:
            ConfigError: the key can't be had; the sentence names the library, never the key.
        """
        if self.key is None:
            return None
        try:
            return self.key.resolve(env, user=self.name)
        except ConfigError as error:
            problems: list[str] = [
                message("key-problem", library=self.name, problem=problem) for problem in error.problems
            ]
            hint = error.hint or message("put-key-there", command=self.login)
            raise ConfigError(problems, hint=hint) from None


class Followed(Settings):
    """What a profile and a list of people have in common."""

    library: Name | None = Field(
        default=None, description="Name of the library to push to. Usual: the only one there is, else main."
    )
    collection: Annotated[str, text(values.read_collection)] | None = Field(
        default=None,
        description='The collection to file papers in, nested by "/". Usual: Profiles/ and the author.',
    )
    schedule: Annotated[str, text(values.read_schedule)] = Field(
        default="every 6h",
        description='When syncd in the background looks again: "every 6 hours", "daily", "weekly", or a cron line:'
        ' "0 7 * * 1-5".',
    )
    adopt: Literal["fill", "file", "skip"] = Field(
        default="fill",
        description="What to do with a paper that the library already has. fill: file it in the collection"
        " and fill blank fields; file: only file it; skip: leave it alone.",
    )
    tags: tuple[Annotated[str, text(values.read_template)], ...] = Field(
        default=DEFAULT_TAGS,
        strict=False,
        description="Automatic tags. In braces: " + ", ".join(values.PLACEHOLDERS) + ".",
    )
    settle: Duration = Field(
        default=timedelta(days=1),
        description="Leave an item alone for this long after you edited it, such as 1d, 12h or 0.",
    )
    cut_authors: Literal["others", "omit"] = Field(
        default="others",
        description="What stands for authors that the page leaves out. others: a last author called others;"
        " omit: nothing.",
    )
    upgrade: Literal["ask", "auto", "never"] = Field(
        default="ask",
        description="What to do when a preprint in the library was published. ask: syncd review asks you;"
        " auto: it becomes a journal article, conference paper, … under the same key; never: it stays.",
    )


class ProfileConfig(Followed):
    """An author's profile that syncd follows."""

    source: Annotated[str, text(values.read_source)] = Field(
        description="The profile's page: a file, a folder of pages, a pattern such as pages/*.txt, or"
        " an http(s) address. Relative to this file; ~ is your home folder."
    )
    format: str = Field(
        default="auto", pattern=r"^[a-z][a-z0-9-]*$", description="The page's format; auto recognises it."
    )
    captured: date | None = Field(
        default=None,
        description="The day on which the page was saved, if its file time does not say, such as"
        " 2026-06-01, without quotes.",
    )
    _name: str = PrivateAttr("")
    _group: str = PrivateAttr("")
    # Without one for most: a default that is an object is copied, part by part, for each of ten thousand profiles.
    _span: Span | None = PrivateAttr(None)

    @property
    def name(self) -> str:
        """Its name in the configuration, or in a list of people."""
        return self._name

    @property
    def group(self) -> str:
        """The list of people that it comes from; empty where the configuration names it itself."""
        return self._group

    @property
    def span(self) -> Span:
        """The time for which papers are wanted."""
        return self._span or ALWAYS


class Group(Followed):
    """A list of people, each of whom is a profile."""

    members: Annotated[str, text(values.read_source)] = Field(
        description="The list: a CSV file whose first line names its columns. name; id, an ORCID iD or an author at"
        " a service such as openalex:A5023888391; from and to, the days between which papers are wanted, both"
        " included, which may be left out. Relative to this file; ~ is your home folder."
    )
    collection: Annotated[str, text(values.read_group_collection)] | None = Field(
        default=None,
        description='The collection to file papers in, nested by "/". With {name} each person has one, such as'
        ' "Lab/{name}"; without it all have the same. Usual: Profiles/ and the author.',
    )

    _name: str = PrivateAttr("")

    @property
    def name(self) -> str:
        """Its name in the configuration."""
        return self._name

    def profile(self, name: str, source: str, span: Span) -> ProfileConfig:
        """Return the profile of one of its people.

        Args:
            name: as the list has it.
            source: an author at a service.
            span: the time for which papers are wanted.
        """
        settings = {setting: getattr(self, setting) for setting in Followed.model_fields}
        if self.collection:
            settings["collection"] = self.collection.replace("{name}", name)
        # All of it was checked.
        made = ProfileConfig.model_construct(source=source, **settings)
        made._name, made._group, made._span = name, self._name, span  # noqa: SLF001 - as above
        return made


class Guards(Settings):
    """Limits that stop a run before it does harm."""

    max_create: int = Field(
        default=500, ge=0, description="The most papers that one run may add to a library."
    )


class Http(Settings):
    """How syncd introduces itself to web servers."""

    contact: Annotated[str, text(values.read_contact)] | None = Field(
        default=None,
        description="An e-mail or web address that syncd shows to the servers it reads, as good manners ask.",
    )
    allow_private: tuple[Annotated[str, text(values.read_host)], ...] = Field(
        default=(),
        strict=False,
        description="Hosts of your own network that syncd may read: names, addresses, or networks such as"
        " 192.168.1.0/24. Needed for a page on your own server.",
    )


def _sort_of_address(value: object) -> str:
    return "[address]" if isinstance(value, str) else "[secret]"


class Database(Settings):
    """Where the state is kept, if not in the data folder."""

    url: (
        Annotated[
            Annotated[Annotated[str, text(values.read_database)], Tag("[address]")]
            | Annotated[SecretRef, Tag("[secret]")],
            Discriminator(_sort_of_address),
        ]
        | None
    ) = Field(
        default=None,
        description="The PostgreSQL that holds the state for all computers that name it, such as"
        " postgresql://syncd@db.example.org/syncd. One with a password is kept elsewhere, and written like a"
        " library's key. Usual: a file in the data folder.",
    )

    def address(self, env: Mapping[str, str]) -> str:
        """Fetch the address; "" where the state is in the data folder.

        Raises:
            ConfigError: it can't be had, or is none.
        """
        if not isinstance(self.url, SecretRef):
            return self.url or ""
        found = self.url.resolve(env)
        if values.is_database(found):
            return found
        raise ConfigError([message("no-database-there", place=self.url)])


class Service(Settings):
    """A service that syncd asks about authors and papers."""

    key: SecretRef | None = Field(
        default=None,
        description="Where your key for it is kept, if you have one. Written like a library's key.",
    )

    def resolve_key(self, env: Mapping[str, str]) -> str | None:
        """Fetch the key, or return None where none is configured.

        Raises:
            ConfigError: the key can't be had.
        """
        return None if self.key is None else self.key.resolve(env)


class Services(Settings):
    """The services for which a key is of use."""

    scholarfeed: Service = Field(default=Service(), description="Scholar Feed.")
    openalex: Service = Field(default=Service(), description="OpenAlex.")
    s2: Service = Field(default=Service(), description="Semantic Scholar.")

    def keys(self, env: Mapping[str, str]) -> dict[str, str]:
        """Return the keys that are configured, by the service's name."""
        found = {name: getattr(self, name).resolve_key(env) for name in type(self).model_fields}
        return {name: key for name, key in found.items() if key is not None}


# In the order in which they are asked; the table in `services` says what each can do.
Completing = Literal["arxiv", "semanticscholar", "openalex", "crossref", "dblp", "huggingface"]


class Enrich(Settings):
    """Services that complete papers."""

    services: tuple[Completing, ...] = Field(
        default=(),
        strict=False,
        description="Services that are asked for what a page leaves out: all authors, DOI, arXiv id, venue,"
        " repository. None is asked unless it is named here, for each learns which papers you look at.",
    )


# How a citation style's file ends; what ends otherwise is a style's name.
STYLE_FILE = ".csl"


class Output(Settings):
    """A publication list that syncd writes after each run that changed something in it."""

    file: str = Field(
        min_length=1,
        description='The file, such as "publications.bib". Relative to this file; ~ is your home folder. One that'
        " syncd did not write, or that was changed since, is never overwritten.",
    )
    format: Literal["bibtex", "biblatex", "csl-json", "ris", "html", "atom", "markdown", "csv"] = Field(
        description="What it is written as. html: a web page; atom: a feed."
    )
    profiles: tuple[Name, ...] = Field(
        default=(),
        strict=False,
        description="Papers of these profiles, or of lists of people, by their names.",
    )
    collection: Annotated[str, text(values.read_collection)] | None = Field(
        default=None,
        description='Papers in this collection and in those within it, nested by "/".',
    )
    library: Name | None = Field(
        default=None,
        description="The library that the papers are in; all of it, where no collection is named. Usual: the only"
        " one there is, else main.",
    )
    style: str | None = Field(
        default=None,
        min_length=1,
        description="For html, a citation style: a file in CSL, such as ieee.csl. Usual: syncd's own way.",
    )
    sort: Literal["date", "title", "author"] = Field(
        default="date", description="date: the latest first; title, author: from A on."
    )


class Config(Settings):
    """All of syncd's settings.

    Attributes:
        path: the file they came from; None where there was none.
    """

    libraries: dict[Name, Library] = Field(
        default_factory=dict, description="The libraries, each under a name of your choice."
    )
    profiles: dict[Name, ProfileConfig] = Field(
        default_factory=dict, description="The profiles that syncd follows, each under a name of your choice."
    )
    groups: dict[Name, Group] = Field(
        default_factory=dict,
        description="Lists of people, each of whom is a profile; under a name of your choice.",
    )
    guards: Guards = Field(default=Guards(), description="Limits that stop a run before it does harm.")
    http: Http = Field(default=Http(), description="How syncd introduces itself to web servers.")
    enrich: Enrich = Field(default=Enrich(), description="Services that complete papers.")
    services: Services = Field(
        default=Services(), description="Keys for services that give more to those they know."
    )
    daemon: Daemon = Field(default=Daemon(), description="How syncd runs in the background.")
    control: Control = Field(
        default=Control(), description="How programs on this computer talk with the daemon."
    )
    dashboard: Dashboard = Field(default=Dashboard(), description="The pages that `syncd dashboard` opens.")
    database: Database = Field(default=Database(), description="Where the state is kept.")
    history: History = Field(default=History(), description="How long syncd remembers what it did.")
    metrics: Metrics = Field(default=Metrics(), description="Figures for Prometheus.")
    ping: Ping = Field(
        default=Ping(), description="An address that is told how runs go, such as healthchecks.io's."
    )
    notify: Notify = Field(default=Notify(), description="Notifications of new papers.")
    outputs: tuple[Output, ...] = Field(
        default=(), strict=False, description="Publication lists that are kept up to date, each a file."
    )
    digest: Digest = Field(default=Digest(), description="A note in Zotero of what came in a week.")
    _path: Path | None = PrivateAttr(None)
    _has_stand_in: bool = PrivateAttr(default=False)

    @model_validator(mode="after")
    def _name_the_parts(self) -> Self:
        for name, library in self.libraries.items():
            library._name = name  # noqa: SLF001 - private to keep it out of the file's settings
        for name, profile in self.profiles.items():
            profile._name = name  # noqa: SLF001 - as above
        for name, group in self.groups.items():
            group._name = name  # noqa: SLF001 - as above
        return self

    @property
    def path(self) -> Path | None:
        """The file that the settings came from; None where there was none."""
        return self._path

    @property
    def is_a_workers(self) -> bool:
        """Whether it names a database, and leaves profiles and libraries to the scheduler of a fleet."""
        return bool(self.database.url) and self.has_stand_in and not self.profiles

    @property
    def has_stand_in(self) -> bool:
        """Whether there is a file that names no library, so that the embedded one stands in for the user's."""
        return self._has_stand_in

    @property
    def named_libraries(self) -> Mapping[str, Library]:
        """The libraries that the file names."""
        return {} if self._path is None or self._has_stand_in else self.libraries

    def library(self, name: str | None = None) -> Library:
        """Return the library called `name`, or the one that is meant where none is named.

        Raises:
            ConfigError: there is no such library, or several and none is called "main".
        """
        if name is None:
            name = default_library(self.libraries)
        if name is None:
            raise ConfigError([message("no-main-library", main=MAIN, libraries=", ".join(self.libraries))])
        if name not in self.libraries:
            missing = message("no-such-library", name=name)
            words = values.did_you_mean(missing, values.closest(name, self.libraries))
            if words == missing:
                words = message("there-are", words=missing, known=", ".join(self.libraries))
            raise ConfigError([words])
        return self.libraries[name]

    def profile(self, name: str) -> ProfileConfig:
        """Return the profile called `name`.

        Raises:
            ConfigError: there is no such profile.
        """
        if name not in self.profiles:
            meant = values.closest(name, self.profiles)
            raise ConfigError([values.did_you_mean(message("no-such-profile", name=name), meant)])
        return self.profiles[name]

    def library_of(self, profile: ProfileConfig) -> Library:
        """Return the library that `profile` is pushed to.

        Raises:
            ConfigError: see `library`.
        """
        return self.library(profile.library)


def default_library(names: Mapping[str, object]) -> str | None:
    """Return which of `names` is meant where none is said: the only one, else "main", else None."""
    if len(names) == 1:
        return next(iter(names))
    return MAIN if MAIN in names else None
