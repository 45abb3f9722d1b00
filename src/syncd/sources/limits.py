"""How much a fetch may take, in bytes and seconds. One table for every kind of source."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one fetch.

    Attributes:
        size: bytes of one page, after decompression.
        connect: seconds until a server accepts the connection.
        silence: seconds that a server may send nothing.
        total: seconds for one page in all, redirects included.
        redirects: how many are followed.
    """

    size: int = 64_000_000
    connect: float = 10.0
    silence: float = 30.0
    total: float = 120.0
    redirects: int = 5

    @property
    def size_in_words(self) -> str:
        """The size as people read it, such as "64 MB"."""
        return f"{self.size // 1_000_000} MB" if self.size >= 1_000_000 else f"{self.size} bytes"
