"""Asks one service after the other about papers, and completes the papers with what is certain.

Each answer is kept on disk under its question, so that a second run does not ask again. A service that fails leaves all
papers as they were.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from syncd import services
from syncd.clock import Clock
from syncd.enrich.complete import Completed, by_identifier, by_title, complete
from syncd.errors import ConfigError, SourceError, SyncdError
from syncd.messages import message, reworded
from syncd.model import Notice, Paper
from syncd.parse.record import UNREADABLE
from syncd.services.base import Enricher, Records, RefusedError, words
from syncd.sources.cache import Cache, key
from syncd.sources.web import Web
from syncd.text.patterns import pattern
from syncd.text.titles import fold_name, fold_title

if TYPE_CHECKING:
    from syncd.enrich.complete import Choice, Verdict

    Ask = Callable[[Sequence["Thing"], Web], Sequence[Records]]
    Choose = Callable[[Paper, Sequence[Paper]], Choice]

SERVICES = tuple(service.name for service in services.SERVICES if service.completes)
"""The services that complete papers, in the order in which they are asked."""


def enrichers(
    names: Iterable[str] = SERVICES,
    *,
    contact: str | None = None,
    keys: Mapping[str, str] | None = None,
    bases: Mapping[str, str] | None = None,
) -> tuple[Enricher, ...]:
    """Make the enrichers that a configuration names; a service is loaded when it is wanted.

    Args:
        names: of `SERVICES`; they are asked in its order, whatever the order here.
        contact: an e-mail or web address; Crossref serves those better whom it can write to.
        keys: API keys by their names in the configuration, see `services.SOURCES`.
        bases: addresses by name, instead of the usual ones.

    Raises:
        ConfigError: there is no such service.
    """
    wanted = set(names)
    if unknown := sorted(wanted - set(SERVICES)):
        known = ", ".join(SERVICES)
        raise ConfigError([message("no-such-service", name=name, known=known) for name in unknown])
    made = []
    for service in services.SERVICES:
        name = service.name
        if not service.completes or name not in wanted:
            continue
        settings: dict[str, Any] = {}
        if base := (bases or {}).get(name):
            settings["base"] = base
        if key := (keys or {}).get(service.source):
            settings["key"] = key
        if name == "crossref":
            settings["contact"] = contact
        made.append(service.module().Api(**settings))
    return tuple(made)


MOST_BYTES = 64_000_000

FOUND, MISSING = 200, 404
"""The status of an entry says whether the paper was found."""

LASTS = {FOUND: timedelta(days=30), MISSING: timedelta(days=3)}
"""How long a service is not asked again. One that does not know a paper today may know it soon."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service said.

    Attributes:
        records: what it found; also for a miss, where nothing of it was certain.
        fresh: new enough to do without asking.
    """

    records: Records
    fresh: bool


class Answers:
    """The answers of all services.

    Args:
        folder: the data folder's cache; answers are in a folder of their own there.
        clock: tells how old an answer is.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._cache = Cache(folder / "enrich", clock, MOST_BYTES)

    def recall(self, question: str) -> Answer | None:
        """Return what was answered, also if that was long ago."""
        entry = self._cache.find(key(question))
        if entry is None:
            return None
        try:
            kept = json.loads(entry.data)
        except (ValueError, RecursionError):
            return None
        if not isinstance(kept, dict) or kept.get("question") != question:
            return None
        records = kept.get("records")
        if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
            return None
        return Answer(records, entry.age < LASTS.get(entry.status, timedelta()).total_seconds())

    def keep(self, question: str, records: Records, *, found: bool) -> None:
        """Keep an answer."""
        kept = json.dumps({"question": question, "records": records}, separators=(",", ":"))
        self._cache.keep(key(question), FOUND if found else MISSING, {}, kept.encode())


Thing = TypeVar("Thing")

MOST_REFUSALS = 3
"""After more refusals than this, the service must have changed, and it is not asked any more in this run."""

MOST_REQUESTS = 200
"""How often a service is asked in one run, so that no run takes hours. The next runs ask for the rest."""


def enrich(
    papers: Sequence[Paper],
    enrichers: Sequence[Enricher],
    answers: Answers,
    web: Web,
    *,
    stage: Callable[[str], None] | None = None,
) -> tuple[tuple[Completed, ...], tuple[Notice, ...]]:
    """Complete papers.

    Args:
        papers: as their source shows them.
        enrichers: the services, in the order in which they are asked.
        answers: what they said earlier.
        web: the session.
        stage: is told which service is being asked.

    Returns:
        The papers in their order, with what each service gave; and what was odd: "enricher-failed",
        "enricher-refused", "enricher-later", "odd-record", "no-certain-match", "identifier-conflict" once a service,
        "enricher-offline" once where several were not reached, "retracted" once a paper.
    """
    current = [Completed(paper) for paper in papers]
    notices: list[Notice] = []
    turns: list[_Turn] = []
    for enricher in enrichers:
        if stage and papers:
            stage(message("asking-service", service=enricher.title))
        turn = _Turn(enricher, answers, web, papers, current)
        turn.take()
        turns.append(turn)
    failed = [turn for turn in turns if turn.failure]
    if len(failed) > 1 and all(turn.failure and turn.failure.unreached for turn in failed):
        # Without a network, each service would say the same.
        titles = ", ".join(turn.enricher.title for turn in failed)
        said = message("enrichers-unreachable", services=titles)
        notices.append(Notice("enricher-offline", said))
        turns = [turn for turn in turns if not turn.failure]
    for turn in turns:
        notices += turn.notices()
    return tuple(current), (*notices, *_retractions(papers, current))


def _retractions(papers: Sequence[Paper], current: Sequence[Completed]) -> Iterator[Notice]:
    for before, after in zip(papers, current, strict=True):
        if after.paper.retracted and not before.retracted:
            service = next((who for name, who in after.facts if name == "retracted"), "")
            yield Notice("retracted", message("paper-retracted-says", title=before.title, service=service))


@dataclass(slots=True)
class _Turn:
    """One service's turn.

    Attributes:
        enricher: the service.
        answers: what it said earlier.
        web: the session.
        shown: the papers as their source shows them.
        current: the same as they are now; completed in place.
        failure: why the service is not asked any more.
        refused: how many questions it did not take.
        requests: how often it was asked.
        left: how many questions it was not asked for want of requests.
        unreadable: how many of its records have a form that can't be read.
        verdicts: numbers of papers by what was decided about its records.
    """

    enricher: Enricher
    answers: Answers
    web: Web
    shown: Sequence[Paper]
    current: list[Completed]
    failure: SourceError | None = None
    refused: int = 0
    requests: int = 0
    left: int = 0
    unreadable: int = 0
    verdicts: dict[Verdict, set[int]] = field(default_factory=lambda: defaultdict(set))

    def take(self) -> None:
        """Look the papers up by identifier, then search those by title that are not known so."""
        places_of: dict[str, list[int]] = defaultdict(list)
        for place, one in enumerate(self.current):
            if identifier := self.enricher.identifier(one.paper):
                places_of[identifier].append(place)
        questions = {f"{self.enricher.name} id {identifier}": identifier for identifier in places_of}
        places = {f"{self.enricher.name} id {key}": found for key, found in places_of.items()}
        self._ask(questions, places, self.enricher.per_lookup, self.enricher.lookup, by_identifier)
        settled = self.verdicts["certain"] | self.verdicts["conflict"]
        self._search([place for place in range(len(self.current)) if place not in settled])

    def _search(self, left: Sequence[int]) -> None:
        questions: dict[str, Paper] = {}
        places: dict[str, list[int]] = defaultdict(list)
        for place in left:
            paper = self.current[place].paper
            if paper.surname and words(paper.title) and self.enricher.searches(paper):
                title = f"{fold_title(paper.title)} {fold_name(paper.surname)}"
                questions.setdefault(f"{self.enricher.name} title {title}", paper)
                places[f"{self.enricher.name} title {title}"].append(place)
        self._ask(questions, places, self.enricher.per_search, self.enricher.search, by_title)

    def _ask(
        self,
        questions: Mapping[str, Thing],
        places: Mapping[str, Sequence[int]],
        most: int,
        ask: Ask[Thing],
        choose: Choose,
    ) -> None:
        """Answer questions from what is known, ask the others, and complete the papers that they are about."""
        stale: dict[str, Records] = {}
        asked: list[str] = []
        for question in questions:
            known = self.answers.recall(question)
            if known and known.fresh:
                self._use(known.records, places[question], choose)
                continue
            asked.append(question)
            if known:
                stale[question] = known.records
        rest = iter(asked)
        while chunk := list(islice(rest, most)):
            for question, records in self._answered(chunk, questions, ask):
                found = self._use(records, places[question], choose)
                self.answers.keep(question, records, found=found)
                stale.pop(question, None)
        for question, records in stale.items():  # nobody could say anything newer
            self._use(records, places[question], choose)

    def _answered(
        self, chunk: Sequence[str], questions: Mapping[str, Thing], ask: Ask[Thing]
    ) -> Iterator[tuple[str, Records]]:
        """Ask some questions at once; if these are not taken, find out by halves which one is to blame."""
        if self.failure:
            return
        if self.requests >= MOST_REQUESTS:
            self.left += len(chunk)
            return
        self.requests += 1
        try:
            found = ask([questions[question] for question in chunk], self.web)
        except RefusedError as error:
            if len(chunk) > 1:
                middle = len(chunk) // 2
                yield from self._answered(chunk[:middle], questions, ask)
                yield from self._answered(chunk[middle:], questions, ask)
                return
            self.refused += 1
            if self.refused > MOST_REFUSALS:
                self.failure = error
            else:
                yield chunk[0], []
        except SourceError as error:
            self.failure = error
        else:
            yield from zip(chunk, found, strict=True)

    def _use(self, records: Records, places: Sequence[int], choose: Choose) -> bool:
        """Complete papers with the record that is certainly theirs; tell whether there is one."""
        read = [paper for record in records if (paper := self._read(record))]
        found = False
        for place in places:
            choice = choose(self.current[place].paper, read)
            self.verdicts[choice.verdict].add(place)
            if choice.record:
                found = True
                self.current[place] = complete(
                    self.current[place],
                    choice.record,
                    self.enricher.title,
                    self.enricher.gives,
                    self.shown[place],
                )
        return found

    def _read(self, record: dict[str, object]) -> Paper | None:
        try:
            return self.enricher.read_paper(record)
        except (SyncdError, *UNREADABLE):
            self.unreadable += 1
            return None

    def notices(self) -> Iterator[Notice]:
        """Say what was odd, once each."""
        title = self.enricher.title
        if self.failure:
            yield Notice(
                "enricher-failed",
                message("enricher-failed", service=title, reason=_brief(self.failure)),
            )
        elif self.refused:
            yield Notice(
                "enricher-refused",
                message("enricher-refused", service=title, count=self.refused),
            )
        if self.left and not self.failure:
            yield Notice(
                "enricher-later",
                message("enricher-later", service=title, count=self.left),
            )
        if self.unreadable:
            yield Notice(
                "odd-record",
                message("enricher-odd-records", service=title, count=self.unreadable),
            )
        if unsure := self.verdicts["uncertain"] - self.verdicts["certain"]:
            yield Notice(
                "no-certain-match",
                message("enricher-unsure", service=title, count=len(unsure)),
            )
        if conflicts := self.verdicts["conflict"] - self.verdicts["certain"]:
            yield Notice(
                "identifier-conflict",
                message(
                    "enricher-contradicts",
                    service=title,
                    count=len(conflicts),
                ),
            )


QUESTION = pattern(r"\?\S*?(?=: |\s|$)", hostile="?")
"""The question in an address, which a colon may follow."""


def _brief(failure: object) -> str:
    """Return an error without the question in its address, which may be as long as a page.

    >>> _brief("https://api.example.org/works?query=A+Long+Title: the host can't be found")
    "https://api.example.org/works: the host can't be found"
    """
    words = failure.words if isinstance(failure, SyncdError) else str(failure)
    return reworded(words, partial(QUESTION.sub, "", count=1))
