"""A new configuration as text: what the user answered, with the comments that the example file has for it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import tomlkit

from syncd.config.rewrite import written

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HEAD = """\
# syncd's settings. config/syncd.example.toml names all of them, with what each is for.
#
# Paths are relative to the file that names them, and ~ is your home folder.
"""
LIBRARIES = """
# ── Libraries ─────────────────────────────────────────────────────────────────────────────────────
# Where papers go. Each library has a name of your choice, here "{name}". Without any library, syncd keeps
# one of its own ("embedded"), which needs no account.
"""
PROFILES = """
# ── Profiles ──────────────────────────────────────────────────────────────────────────────────────
# Whom syncd follows. Each profile has a name of your choice.
"""
ENRICH = """
# ── Complete papers ───────────────────────────────────────────────────────────────────────────────

[enrich]
# Services that are asked for what a page leaves out: all authors, DOI, arXiv id, venue, repository. What
# each said of a paper is kept for a month, or for three days where it did not know the paper. None is
# asked unless it is named here, for each learns which papers you look at. All of them, in their order:
# ["arxiv", "semanticscholar", "openalex", "crossref", "dblp", "huggingface"]
# docs/enrichment.md says what each one gives and what it learns.
"""
# What stands above each setting.
COMMENTS: dict[str, str] = {
    "type": """\
# user: your own library on zotero.org. group: a group's library. desktop: Zotero on this computer.
# embedded: syncd's own.
""",
    "id": """\
# Your number at zotero.org: Settings > Security > Applications shows it. For a group, the number in its
# address. desktop and embedded have none.
""",
    "key": """\
# Where the library's API key is kept. The key itself never stands in this file. One of:
#   key = { env = "ZOTERO_API_KEY" }           an environment variable
#   key = { command = ["pass", "zotero"] }     what a command prints, for password stores
#   key = { file = "zotero.key" }              a file that only you can read (chmod 600)
#   key = { keyring = true }                   the system's keyring, service syncd
#   key = { credential = "zotero-key" }        a systemd credential
""",
    "endpoint": """\
# The server, if it is not Zotero's own. It begins with https://, or with http:// on this computer.
""",
    "source": """\
# The profile's page: a file, a folder (its *.txt, *.html, *.htm, *.mhtml, *.mht, *.bib and *.ris files), a
# pattern such as "pages/*.txt", or an address that begins with https:// or http://.
""",
    "library": """\
# Which library the papers go to. Without this setting: the only one there is, or else "main".
""",
    "collection": """\
# The collection that the papers are filed in, nested by "/". It is made if it is not there. Without this
# setting: "Profiles/" and the author's name as the page has it.
""",
    "schedule": """\
# When syncd looks again while it runs in the background: "every 15m", "every 6 hours", "daily", "weekly", or
# a cron line (minute, hour, day of the month, month, day of the week). This one is on workdays at seven:
# "0 7 * * 1-5".
""",
}


@dataclass(frozen=True, slots=True)
class Answers:
    """What the user wants.

    Attributes:
        library: the library's name.
        library_settings: as they stand in the file; empty for a library that is there.
        profile: the profile's name.
        profile_settings: as they stand in the file; empty where nothing changes.
        pinned: other profiles that said no library, and the one that they go to as before.
        services: those that may be asked to complete papers; None leaves that as it is.
    """

    library: str
    profile: str
    library_settings: Mapping[str, Any] = field(default_factory=dict)
    profile_settings: Mapping[str, Any] = field(default_factory=dict)
    pinned: Mapping[str, str] = field(default_factory=dict)
    services: tuple[str, ...] | None = None

    @property
    def tables(self) -> dict[tuple[str, ...], Mapping[str, Any]]:
        """The same for `edit.change`: only the tables in which something is to be written."""
        every: dict[tuple[str, ...], Mapping[str, Any]] = {
            ("libraries", self.library): self.library_settings,
            ("profiles", self.profile): self.profile_settings,
        }
        every |= {("profiles", name): {"library": library} for name, library in self.pinned.items()}
        if self.services is not None:
            every["enrich",] = {"services": list(self.services)}
        return {path: settings for path, settings in every.items() if settings}


def text(answers: Answers) -> str:
    """Return a new configuration."""
    parts = [HEAD, LIBRARIES.replace("{name}", answers.library)]
    parts += _table("libraries", answers.library, answers.library_settings)
    parts.append(PROFILES)
    parts += _table("profiles", answers.profile, answers.profile_settings)
    parts += [ENRICH, _line("services", list(answers.services or ()))]
    return "".join(parts)


def _table(kind: str, name: str, settings: Mapping[str, Any]) -> Iterator[str]:
    yield f"\n[{kind}.{tomlkit.key(name).as_string()}]\n"
    for setting, value in settings.items():
        yield COMMENTS.get(setting, "") + _line(setting, value)


def _line(setting: str, value: Any) -> str:
    return f"{setting} = {written(value)}\n"
