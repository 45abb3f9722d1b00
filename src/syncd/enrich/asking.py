"""Asks a service for JSON and words what it answered instead. Pace, repeats and limits are the session's part."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from syncd.errors import SourceError
from syncd.sources.apis.loose import dig
from syncd.sources.pace import retry_after
from syncd.sources.statuses import refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncd.sources.exchange import Answer
    from syncd.sources.web import Web

REFUSED = frozenset({400, 413, 414, 422})
"""Statuses that blame the question: another question may have an answer."""

UNKNOWN = frozenset({404, 410})
"""Statuses by which some services say that they know no such paper."""


class RefusedError(SourceError):
    """A service does not take this question; it says nothing about others."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A service being asked.

    Attributes:
        web: the session.
        title: the service, as people know it.
        headers: sent with each request.
        credentials: likewise, as parameters that are never shown or stored.
    """

    web: Web
    title: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)

    def get(self, url: str, params: Mapping[str, str | int] | None = None) -> Answer:
        """Ask, and take any answer."""
        return self.web.get(url, params=params, headers=self.headers, credentials=self.credentials)

    def checked(self, answer: Answer) -> Answer:
        """Return an answer that is one.

        Raises:
            RefusedError: the question is not taken.
            SourceError: the service can't or won't answer.
        """
        if answer.status == 200:
            return answer
        if answer.status in REFUSED:
            raise RefusedError(f"the question is not taken ({answer.status})", origin=self.title)
        if answer.status in (401, 403) and (self.headers or self.credentials):
            raise self.error(f"the key is not accepted ({answer.status})", hint="Check the API key.")
        wait = retry_after(answer.headers.get("Retry-After"), self.web.clock.now())
        raise refusal(answer.status, answer.headers, answer.url.partition("?")[0], wait)

    def json(self, url: str, params: Mapping[str, str | int] | None = None) -> Any:
        """Ask for JSON that must be there."""
        return self.checked(self.get(url, params)).json()

    def known(self, url: str, params: Mapping[str, str | int] | None = None) -> list[Any]:
        """Ask for JSON where 404 means that there is none of it; returns a list of one, or of none."""
        answer = self.get(url, params)
        return [] if answer.status in UNKNOWN else [self.checked(answer).json()]

    def post(self, url: str, body: Any, params: Mapping[str, str | int]) -> Answer:
        """Ask with a question in JSON, and take any answer."""
        return self.web.post(
            url, json_body=body, params=params, headers=self.headers, credentials=self.credentials
        )

    def rows(self, answer: Any, path: str, what: str) -> list[dict[str, Any]]:
        """Return the records that an answer lists.

        Args:
            answer: JSON.
            path: where in it the list is.
            what: is in the list, for the error where there is none.
        """
        found = dig(answer, path)
        if not isinstance(found, list):
            raise self.odd(f"list of {what}")
        return [row for row in found if isinstance(row, dict)]

    def error(self, message: str, *, transient: bool = False, hint: str = "") -> SourceError:
        """Return an error about this service."""
        return SourceError(message, origin=self.title, transient=transient, hint=hint)

    def odd(self, what: str) -> SourceError:
        """Return the error for an answer that is not what was asked for."""
        return self.error(f"the answer is no {what}", transient=True)
