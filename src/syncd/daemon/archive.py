"""What news are made of: papers that runs created, in every library, and marks of what was told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from syncd import tables as db
from syncd.daemon.news import NewPaper
from syncd.session import remembered
from syncd.store import Store

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncd.config import Library
    from syncd.session import Ports


class History:
    """The history of some libraries, as `bulletin.Archive` wants it.

    Args:
        libraries: by name.
        ports: the world.
    """

    def __init__(self, libraries: Mapping[str, Library], ports: Ports) -> None:
        self._libraries = dict(libraries)
        self._ports = ports

    def created_since(self, since: str) -> list[NewPaper]:
        """Return the papers that runs created since then."""
        return [paper for name in self._libraries for paper in self._created_in(name, since)]

    def _created_in(self, name: str, since: str) -> list[NewPaper]:
        with remembered(self._libraries[name], self._ports) as state:
            authors = {profile.name: profile.author for profile in state.profiles()}
            created = state.history.created_since(since)
            told = state.facts.about(news.key for news in created)
            # A run may be for a hundred profiles, of which few list a paper.
            whose = {
                news.key: told[news.key].profiles if news.key in told else news.profiles for news in created
            }
            return [
                NewPaper(
                    name,
                    ", ".join(authors.get(profile, profile) for profile in whose[news.key]) or name,
                    news.title,
                    news.key,
                )
                for news in created
            ]

    def mark(self, name: str) -> str | None:
        """Return a mark."""
        store = Store.at(self._ports.data.state)
        try:
            with store.reading() as connection:
                value: str | None = connection.scalar(
                    sa.select(db.mark.c.value).where(db.mark.c.name == name)
                )
                return value
        finally:
            store.close()

    def set_mark(self, name: str, value: str) -> None:
        """Keep a mark."""
        store = Store.at(self._ports.data.state)
        try:
            with store.writing() as connection:
                connection.execute(sa.delete(db.mark).where(db.mark.c.name == name))
                connection.execute(sa.insert(db.mark).values(name=name, value=value))
        finally:
            store.close()
