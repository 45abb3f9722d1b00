"""Whether a paper is somebody's: it was rejected for a profile, or has no date where a time is wanted. Pure.

What a user says of it stands. Nothing is guessed: what has no date waits for a review.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import cache

from syncd.messages import message
from syncd.model import Paper, Span
from syncd.sync.action import Action, Intake, Kind, Memory, Said, Verdict
from syncd.sync.filing import Listing, Wanted, said_of
from syncd.sync.library import LibraryView
from syncd.sync.match import Candidate, record
from syncd.sync.paper_keys import is_one_paper
from syncd.text.titles import fold_name, fold_title

# Before what stands in the place of an item's key where a profile is meant: no key of Zotero's has it.
MARK = "~"


def profile_mark(profile: str) -> str:
    """Return what stands for a profile in the place of an item's key.

    >>> profile_mark("Ann Lee")
    '~a36e143'
    """
    return MARK + hashlib.sha256(profile.encode()).hexdigest()[:7]


def word_on(memory: Memory, intake: Intake, paper: Paper, key: str) -> Verdict:
    """Return whether a paper is of the time that is wanted: "same" means yes, "later" that it is asked about.

    Args:
        memory: with what the user said of undated papers.
        intake: the profile that lists it.
        paper: of the time, or without a date.
        key: its create-once key.
    """
    if intake.span.holds(paper.date):
        return "same"
    return memory.dated.get(key, {}).get(profile_mark(intake.name), "later")


def undated(wanted: Wanted, spans: Sequence[tuple[str, Span]], memory: Memory, done: Action | None) -> Action:
    """Return what asks the user whether a paper without a date is of the time that is wanted.

    Args:
        wanted: the paper, as those list it who ask.
        spans: the profiles that ask, with the time of each.
        memory: with what the user said of it.
        done: what is done about the paper because others list it.
    """
    candidates = tuple(
        Candidate(profile_mark(profile), profile, 1.0, (_reason(profile, span),), {"profile": profile})
        for profile, span in spans
    )
    first, answers = wanted.first, memory.dated.get(wanted.key, {})
    kind: Kind = "skip" if all(answers.get(one.key) == "later" for one in candidates) else "review"
    asking = Action(
        kind,
        wanted.title,
        wanted.key,
        None,
        candidates[0].reasons[0],
        cause="review",
        candidates=candidates,
        record=record({**first.draft.fields, "creators": first.draft.creators}),
        said=said_of(wanted),
    )
    if done is None:
        return asking
    if done.cause:
        return done
    return replace(done, cause="review", candidates=asking.candidates, record=asking.record)


def _reason(profile: str, span: Span) -> str:
    if not span.until:
        return message("undated-since", profile=profile, since=span.since)
    if not span.since:
        return message("undated-until", profile=profile, until=span.until)
    return message("undated-between", profile=profile, since=span.since, until=span.until)


Sign = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Rejected:
    """What was rejected for one profile, of which there may be much: keys of papers and items, what sources said."""

    papers: AbstractSet[str]
    items: AbstractSet[str]
    said: Mapping[Sign, Sequence[Said]]


def _signs(record: Paper | Said) -> Iterator[Sign]:
    """Yield what another record of the same paper has as well, one of them at least."""
    ids = record.identifiers
    yield fold_title(record.title), fold_name(record.surname)
    if ids.arxiv:
        yield "arXiv", ids.arxiv
    if ids.doi:
        yield "DOI", ids.doi


class Belonging:
    """Which papers of a plan are not by the person of a profile, as the user said.

    Args:
        view: the library.
        memory: what syncd remembers of it.

    Attributes:
        found: profile and create-once key of what was left out of a plan.
    """

    def __init__(self, view: LibraryView, memory: Memory) -> None:
        self._view = view
        self._memory = memory
        self.found: set[tuple[str, str]] = set()
        self._rejected = cache(self._rejected_by)

    def without(self, entry: Wanted, key: str) -> Wanted | None:
        """Return a paper without the profiles whose it is not; None where it is no one's.

        Args:
            entry: the paper.
            key: its item's, there or to be created; empty where it has none.
        """
        away = [one for one in entry.listings if self._is_rejected(one, entry, key)]
        self.found.update((one.profile, entry.key) for one in away)
        left = tuple(one for one in entry.listings if one not in away)
        return replace(entry, listings=left) if left else None

    def _is_rejected(self, listing: Listing, entry: Wanted, key: str) -> bool:
        """Whether a listing is a record of a paper that was rejected for its profile."""
        if listing.profile not in self._memory.rejected:
            return False
        rejected = self._rejected(listing.profile)
        if key in rejected.items or not rejected.papers.isdisjoint((entry.key, *entry.aliases)):
            return True
        alike = (said for sign in _signs(listing.paper) for said in rejected.said.get(sign, ()))
        return any(is_one_paper(listing.paper, said) for said in alike)

    def _rejected_by(self, profile: str) -> _Rejected:
        """Return what was rejected for a profile."""
        papers = self._memory.rejected[profile]
        claimed = {key for paper in papers if (key := self._memory.claims.get(paper))}
        living = {item.key for key in claimed if (item := self._view.living(key))}
        said: defaultdict[Sign, list[Said]] = defaultdict(list)
        for one in filter(None, papers.values()):
            for sign in _signs(one):
                said[sign].append(one)
        return _Rejected(papers.keys(), claimed | living, said)


def not_theirs(entry: Wanted, key: str | None) -> Action:
    """Return that nothing is done about a paper, for it is by nobody who lists it."""
    reason = message("not-by-profile", profile=", ".join(entry.profiles))
    return Action("unchanged", entry.title, entry.key, key, reason)
