"""Which page and which act of the dashboard stands at which address. Addresses of pages can be kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from syncd.web import acts, exceptions, library, pages
from syncd.web.board import Act, Show

PAGES: Final[Mapping[str, Show]] = {
    "/": pages.today,
    "/reviews": pages.reviews,
    "/runs": pages.runs,
    "/runs/{library}/{run}": pages.run,
    "/runs/{library}/{run}/undo": pages.undoing,
    "/profiles": pages.profiles,
    "/profiles/{library}/{profile:path}": pages.profile,
    "/papers/{library}/{key}": pages.paper,
    "/exceptions": exceptions.exceptions,
    "/library": library.show,
    "/follow": pages.follow,
    "/follow/papers": pages.latest,
}
ACTS: Final[Mapping[str, Act]] = {
    "/reviews": acts.judge,
    "/reviews/back": acts.take_back,
    "/runs/{library}/{run}/undo": acts.undo,
    "/sync": acts.sync,
    "/pause": acts.pause,
    "/resume": acts.resume,
    "/follow": acts.follow,
    "/unfollow": acts.unfollow,
    "/reject": acts.reject,
    "/restore": acts.restore,
    "/start-anew": acts.start_anew,
    "/push-past": acts.push_past,
    "/forget": acts.forget,
}
