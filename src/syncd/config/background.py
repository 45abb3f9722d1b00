"""Settings of syncd in the background: the daemon, how long history is kept, and who is told of what it does."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from syncd.config import values
from syncd.config.base import Duration, Settings, text
from syncd.config.secrets import SecretRef  # noqa: TC001 - pydantic reads the annotations


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
    when: Literal["daily", "at once"] = Field(
        default="daily", description="daily: one digest a day; at once: after each run that brought some."
    )
    at: Annotated[str, text(values.read_clock_time)] = Field(
        default="08:00", description="The time of day of the digest."
    )
