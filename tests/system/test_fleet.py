"""Many profiles of one service: with how few requests it is found out who has something new, and what becomes of it."""

from __future__ import annotations

import json
import queue
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from authors import Arxiv, OpenAlex, SemanticScholar, identifier, title
from doubles import Fault
from syncd.cli.push import _summary
from syncd.config import load
from syncd.daemon.events import Events
from syncd.daemon.looks import Looks
from syncd.daemon.roster import Roster
from syncd.daemon.tell import Reporter
from syncd.daemon.work import Looker, Outcome
from syncd.engine.fleet import sift
from syncd.engine.gather import jobs
from syncd.engine.ports import Ports
from syncd.engine.run import Report, RunOptions, run_once
from syncd.services.openalex import Api as OpenAlexApi
from syncd.sources.pace import Pace
from syncd.state.libraries import remembered
from websites import Asked, Reply, Site, website

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from desk import Desk, Zotero

HOUR = 3600.0
DAY = 24 * HOUR
HTTP = '[http]\nallow_private = ["127.0.0.1"]\n'


@pytest.fixture
def site() -> Iterator[Site]:
    """A running server."""
    with website() as running:
        yield running


@dataclass
class Fleet:
    """The daemon's looks, without its loop: all that is due is looked at, and it is told how that ended.

    Attributes:
        looks: the looks.
        roster: who is due.
        outcomes: how looks ended, by profile, since the last `look`.
        ports: the world.
    """

    desk: Desk
    site: Site
    inbox: queue.SimpleQueue[Callable[[], None]] = field(default_factory=queue.SimpleQueue)
    outcomes: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Follow whom the configuration names."""
        desk = self.desk
        desk.data.create()
        self.config = load(desk.folder / "config.toml", desk.env)
        bases = {
            "openalex": self.site.address,
            "semanticscholar": self.site.address,
            "arxiv": f"{self.site.address}/query",
        }
        self.ports = ports = Ports(desk.env, desk.data, desk.clock, services=bases, pace=Pace(0.0, {}))
        self.roster = Roster(lambda: 0.5)
        self.roster.follow(dict.fromkeys(self.config.profiles, "main"))
        self.reporter = Reporter(self.config, ports)
        self.looks = Looks(
            self.config,
            self.roster,
            Looker(ports, lambda library: self.roster.admits(library, desk.clock.now())),
            self.reporter,
            Events(),
            desk.clock,
            threading.Event(),
            self.inbox.put,
            self._finished,
        )

    def _finished(self, outcome: Outcome) -> None:
        for look in outcome.looks:
            self.outcomes[look.profile] = look
            self.roster.finish(look.profile, look.trouble, self.desk.clock.now())

    def look(self, *names: str, why: str = "schedule") -> dict[str, Any]:
        """Look at these profiles, or at all, and return how that ended, by profile."""
        wanted = names or tuple(self.config.profiles)
        self.outcomes = {}
        self.roster.want(wanted, why)
        while len(self.outcomes) < len(wanted):
            self.looks.begin()
            try:
                self.inbox.get(timeout=0.05)()
            except queue.Empty:
                # Nothing waits for others that are slow where time moves.
                self.desk.clock.sleep(0.05)
        while self.looks.under_way:
            self.inbox.get(timeout=120)()
        return self.outcomes

    def push(self, **options: Any) -> Report:
        """Push all profiles, or those that are named, as `syncd push` does."""
        (report,) = run_once(self.config, RunOptions(max_create=1000, **options), self.ports)
        return report

    def later(self, seconds: float = 6 * HOUR) -> None:
        """Let time pass."""
        self.desk.clock.sleep(seconds)

    @property
    def state(self) -> Any:
        """What is remembered of the library; good to look at while the test lasts."""
        with remembered(self.config.library(None), self.desk.data, self.desk.clock) as state:
            return state


def following(desk: Desk, site: Site, profiles: str) -> Fleet:
    """Return a fleet that follows these, and nobody else."""
    desk.configure()
    settings = desk.folder / "config.toml"
    library = settings.read_text(encoding="utf-8").partition("[profiles.ann]")[0]
    settings.write_text(library + HTTP + profiles, encoding="utf-8")
    return Fleet(desk, site)


def kinds(looks: dict[str, Any]) -> dict[str, int]:
    """Return how many looks asked together and found nothing, and how many read something."""
    sifted = sum(look.sifted for look in looks.values())
    return {"unchanged": sifted, "read": len(looks) - sifted}


def test_a_look_in_between_asks_about_a_hundred_at_a_time(desk: Desk, zotero: Zotero, site: Site) -> None:
    """Of 230 authors three published something: three requests tell all of it, and what is new is pushed."""
    openalex = OpenAlex(site)
    fleet = following(desk, site, openalex.follow(230))
    for number in range(9):
        # Beside what this author has, what is new is little.
        openalex.add(identifier(7), title(f"old {number}"), "2020-01-01")
    assert kinds(fleet.look()) == {"unchanged": 0, "read": 230}
    assert len(zotero.papers()) == 239
    filed = {(one.name, one.author, one.collection) for one in fleet.state.profiles.pushed()}
    fleet.later()
    for number in (7, 107, 207):
        openalex.add(identifier(number), title(f"news {number}"), f"{desk.clock.now():%Y-%m-%d}")
    openalex.asked.clear()
    assert kinds(fleet.look()) == {"unchanged": 227, "read": 3}
    assert openalex.asked == {"works of many": 3}
    assert {title(f"news {number}") for number in (7, 107, 207)} < zotero.papers().keys()
    assert all(look.error is None for look in fleet.outcomes.values())
    assert {(one.name, one.author, one.collection) for one in fleet.state.profiles.pushed()} == filed
    fleet.later()
    openalex.asked.clear()
    assert kinds(fleet.look()) == {"unchanged": 230, "read": 0}
    assert openalex.asked == {"works of many": 3}


def test_once_a_day_the_numbers_of_works_are_compared(desk: Desk, zotero: Zotero, site: Site) -> None:
    """A work of long ago that an author gets late is seen then, and this author is read whole."""
    openalex = OpenAlex(site)
    fleet = following(desk, site, openalex.follow(20))
    fleet.look()
    openalex.add(identifier(3), "Found late", "2011-05-01")
    fleet.later()
    assert kinds(fleet.look()) == {"unchanged": 20, "read": 0}
    fleet.later(DAY)
    openalex.asked.clear()
    assert kinds(fleet.look()) == {"unchanged": 19, "read": 1}
    assert openalex.asked == {"authors": 1, "author": 1, "works of one": 2}
    assert "Found late" in zotero.papers()
    fleet.later()
    openalex.asked.clear()
    assert kinds(fleet.look()) == {"unchanged": 20, "read": 0}
    assert openalex.asked == {"works of many": 1}
    assert {one.pushed[:16] for one in fleet.state.profiles.pushed()} == {
        f"{desk.clock.now():%Y-%m-%dT%H:%M}"
    }


def test_an_author_who_was_merged_is_read_whole_once(desk: Desk, zotero: Zotero, site: Site) -> None:
    """And is asked for by the new identifier from then on."""
    openalex = OpenAlex(site)
    fleet = following(desk, site, openalex.follow(20))
    fleet.look()
    openalex.add("A99999", "Lasers and the same person", "2020-01-01")
    openalex.merge(identifier(3), "A99999")
    fleet.later(DAY)
    assert kinds(fleet.look()) == {"unchanged": 19, "read": 1}
    assert "Lasers and the same person" in zotero.papers()
    fleet.later(DAY)
    openalex.asked.clear()
    assert kinds(fleet.look()) == {"unchanged": 20, "read": 0}
    assert openalex.asked == {"authors": 1}
    openalex.add("A99999", "And more", f"{desk.clock.now():%Y-%m-%d}")
    fleet.later()
    assert kinds(fleet.look()) == {"unchanged": 19, "read": 1}
    assert "And more" in zotero.papers()


def test_an_author_who_was_merged_is_to_be_read_until_that_was_done(desk: Desk, site: Site) -> None:
    """Though syncd is ended in between, and the number of works is what it was."""
    openalex = OpenAlex(site)
    fleet = following(desk, site, openalex.follow(20))
    fleet.look()
    openalex.merge(identifier(3), "A99999")
    fleet.later(DAY)
    for _ in range(2):
        found = list(sift(jobs(fleet.config, (), None), fleet.config, fleet.ports))
        assert [name for one in found for name in one.whole] == ["p3"]
        fleet.later(DAY)


def test_semantic_scholar_is_asked_about_a_thousand_at_a_time(desk: Desk, zotero: Zotero, site: Site) -> None:
    """One request for all, and papers only of whom the number moved."""
    scholar = SemanticScholar(site)
    fleet = following(desk, site, scholar.follow(30))
    fleet.look()
    fleet.later()
    scholar.papers["4"].append("News of 4")
    site.asked.clear()
    assert kinds(fleet.look()) == {"unchanged": 29, "read": 1}
    assert site.paths == ["/author/batch", "/author/4", "/author/4/papers"]
    assert "News of 4" in zotero.papers()


def test_an_author_whom_semantic_scholar_merged_is_read_whole_once(
    desk: Desk, zotero: Zotero, site: Site
) -> None:
    """Also where another profile follows whom the identifier leads to: each paper is there once."""
    scholar = SemanticScholar(site)
    fleet = following(desk, site, scholar.follow(20))
    fleet.look()
    scholar.merge("3", "7")
    fleet.later(DAY)
    # The number of both moved.
    assert kinds(fleet.look()) == {"unchanged": 18, "read": 2}
    assert len(zotero.papers()) == 20
    fleet.later(DAY)
    site.asked.clear()
    assert kinds(fleet.look()) == {"unchanged": 20, "read": 0}
    (asked,) = site.asked
    assert json.loads(asked.body)["ids"].count("7") == 1
    assert "3" not in json.loads(asked.body)["ids"]
    scholar.papers["7"].append("News of both")
    fleet.later(DAY)
    assert kinds(fleet.look()) == {"unchanged": 18, "read": 2}
    assert len(zotero.papers()) == 21


def test_arxiv_is_asked_about_several_names_in_between(desk: Desk, zotero: Zotero, site: Site) -> None:
    """Twenty in a request; once a day each name is read whole, for arXiv does not count."""
    arxiv = Arxiv(site)
    fleet = following(desk, site, arxiv.follow(25))
    for number in range(9):
        arxiv.add("Ann Kay", title(f"old {number}"), datetime(2020, 1, 1, tzinfo=UTC))
    fleet.look()
    assert len(zotero.papers()) == 34
    fleet.later()
    arxiv.add("Ann Kay", title("news"), desk.clock.now())
    site.asked.clear()
    assert kinds(fleet.look()) == {"unchanged": 24, "read": 1}
    assert len(site.asked) == 2
    assert title("news") in zotero.papers()
    (collection,) = {name for name in zotero.collections() if "Kay" in name}
    assert collection == "Ann Kay"
    fleet.later(DAY)
    assert kinds(fleet.look()) == {"unchanged": 0, "read": 25}


def test_what_could_not_be_pushed_is_read_again(desk: Desk, zotero: Zotero, site: Site) -> None:
    """Nobody takes it for known because it was asked for once."""
    openalex = OpenAlex(site)
    fleet = following(desk, site, openalex.follow(20))
    fleet.look()
    fleet.later()
    openalex.add(identifier(3), "News", f"{desk.clock.now():%Y-%m-%d}")
    zotero.trouble.plan("POST", Fault("answer", status=403, body=b"Write access denied"))
    assert fleet.look()["p3"].error is not None
    fleet.later(2 * DAY)
    fleet.look()
    assert "News" in zotero.papers()


def test_settings_that_changed_are_applied(desk: Desk, site: Site) -> None:
    """Though the source says nothing new."""
    openalex = OpenAlex(site)
    profiles = openalex.follow(20)
    following(desk, site, profiles).look()
    changed = profiles.replace('A5000000003"\n', 'A5000000003"\ntags = ["mine"]\n')
    fleet = following(desk, site, changed)
    fleet.later()
    assert kinds(fleet.look()) == {"unchanged": 19, "read": 1}


def test_what_was_decided_about_a_paper_is_carried_out(desk: Desk, zotero: Zotero, site: Site) -> None:
    """Though the source of its profile says nothing new."""
    openalex = OpenAlex(site)
    profiles = openalex.follow(20)
    zotero.post({"itemType": "preprint", "title": "Alpha Waves in Deep Sleep", "date": "2019"})
    openalex.add(identifier(3), "Alpha Waves in Deeper Sleep", "2019-01-01")
    fleet = following(desk, site, profiles)
    fleet.look()
    (waiting,) = fleet.state.standings.of()
    fleet.later()
    assert kinds(fleet.look()) == {"unchanged": 20, "read": 0}
    fleet.state.standings.decide(waiting.paper, [waiting.candidates[0]["key"]], "different")
    fleet.later()
    assert kinds(fleet.look()) == {"unchanged": 19, "read": 1}
    assert "Alpha Waves in Deeper Sleep" in zotero.papers()


def test_that_nothing_is_new_is_told_once(desk: Desk, site: Site) -> None:
    """Of all profiles that were asked about together, in one ping."""
    openalex = OpenAlex(site)
    site.replies |= {"/ping": Reply(), "/ping/start": Reply()}
    fleet = following(desk, site, openalex.follow(120) + f'[ping]\nurl = "{site.address}/ping"\n')
    with fleet.reporter:
        fleet.look()
        fleet.later()
        asked = len(site.asked)
        fleet.look()
    pings = [asked.body.decode() for asked in site.asked[asked:] if asked.path == "/ping"]
    assert pings[-1:] == ["nothing is new of 120 profiles"]
    assert len([ping for ping in pings if "120" in ping]) == 1


def test_profiles_of_one_service_belong_together(desk: Desk, site: Site) -> None:
    """So that the times of those come now that come soon; a page on the disk belongs to nobody."""
    fleet = following(desk, site, OpenAlex(site).follow(20) + '[profiles.ann]\nsource = "page.txt"\n')
    assert fleet.looks.alongside("p3") == {f"p{n}" for n in range(20)} - {"p3"}
    assert fleet.looks.alongside("ann") == set()


def test_few_profiles_of_a_service_are_read_whole(desk: Desk, site: Site) -> None:
    """Each time, as thoroughly as can be: nothing is saved by asking less."""
    openalex = OpenAlex(site)
    fleet = following(desk, site, openalex.follow(10))
    fleet.look()
    fleet.later()
    openalex.asked.clear()
    assert kinds(fleet.look()) == {"unchanged": 0, "read": 10}
    assert openalex.asked["works of many"] == 0


def test_who_is_asked_for_is_read_whole(desk: Desk, site: Site) -> None:
    """Who wants to see a few profiles now does not want to save requests."""
    openalex = OpenAlex(site)
    fleet = following(desk, site, openalex.follow(20))
    fleet.look()
    fleet.later()
    assert kinds(fleet.look("p3", why="asked")) == {"unchanged": 0, "read": 1}


def test_everything_is_read_anew_after_some_weeks(desk: Desk, site: Site) -> None:
    """Titles are corrected, and no number tells of it: not all at once, but all in the end."""
    openalex = OpenAlex(site)
    fleet = following(desk, site, openalex.follow(20))
    fleet.look()
    read = []
    for _ in range(5):
        fleet.later(7.1 * DAY)
        read.append(kinds(fleet.look())["read"])
    assert read[:2] == [0, 0]
    assert sum(read) == 20
    assert max(read) < 20


def test_a_push_by_hand_asks_as_the_daemon_does(desk: Desk, zotero: Zotero, site: Site) -> None:
    """About many at a time, unless profiles are named; a dry run remembers nothing, and its plan can be pushed."""
    openalex = OpenAlex(site)
    fleet = following(desk, site, openalex.follow(20))
    fleet.push()
    assert len(zotero.papers()) == 20
    fleet.later()
    for number in (7, 8, 9):
        openalex.add(identifier(number), title(f"news {number}"), f"{desk.clock.now():%Y-%m-%d}")
    openalex.asked.clear()
    for _ in range(2):
        dry = fleet.push(dry_run=True)
        assert (dry.counts["create"], len(dry.unchanged)) == (3, 17)
    assert dry.plan is not None
    assert {intake.whole for intake in dry.plan.profiles} == {True}
    openalex.asked.clear()
    report = fleet.push()
    assert (report.counts["create"], len(report.unchanged), report.error) == (3, 17, None)
    assert openalex.asked == {"works of many": 1}
    openalex.asked.clear()
    fleet.push(names=("p7",))
    assert openalex.asked["works of many"] == 0
    assert "nothing is new" in _summary(fleet.push())


def test_a_question_that_fails_takes_no_other_with_it(
    desk: Desk, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some fail once and all others are asked about; where it fails twice, the service is left alone."""
    monkeypatch.setattr(OpenAlexApi, "per_recent", 5)
    openalex = OpenAlex(site)
    fleet = following(desk, site, openalex.follow(15))
    fleet.push()
    fleet.later()
    answer, asked = site.replies["/works"], []

    def failing(*which: int) -> Callable[[Asked], Reply]:
        def reply(question: Asked) -> Reply:
            if question.query["filter"] not in asked:
                asked.append(question.query["filter"])
            return Reply(b"", 500) if len(asked) in which else answer(question)  # type: ignore[operator]

        return reply

    site.replies["/works"] = failing(2)
    report = fleet.push()
    assert (len(report.unchanged), len(report.unread)) == (10, 5)
    assert len(fleet.state.profiles.problems()) == 5
    asked.clear()
    site.replies["/works"] = failing()
    report = fleet.push()
    assert (len(report.unchanged), fleet.state.profiles.problems()) == (15, [])
    asked.clear()
    site.replies["/works"] = failing(1, 2, 3)
    report = fleet.push()
    assert (len(report.unchanged), len(asked)) == (0, 2)
    assert len({id(failure.error) for failure in report.unread}) == 2


def test_an_identifier_that_a_service_refuses_is_found_out(desk: Desk, site: Site) -> None:
    """By halves: it is read by itself, and the others as before."""
    openalex = OpenAlex(site)
    fleet = following(desk, site, openalex.follow(20))
    fleet.push()
    fleet.later()
    answer = site.replies["/works"]
    site.replies["/works"] = lambda asked: (
        Reply(b"", 400)
        if identifier(13) in asked.query["filter"] and "|" in asked.query["filter"]
        else answer(asked)  # type: ignore[operator]
    )
    assert kinds(fleet.look()) == {"unchanged": 20, "read": 0}
    site.replies["/works"] = lambda asked: (
        Reply(b"", 400) if identifier(13) in asked.query["filter"] else answer(asked)  # type: ignore[operator]
    )
    looks = fleet.look()
    assert [name for name, look in looks.items() if look.error] == ["p13"]


def test_a_service_that_can_not_be_asked_is_their_trouble(desk: Desk, site: Site) -> None:
    """Each is told of, and none counts as looked at."""
    openalex = OpenAlex(site)
    fleet = following(desk, site, openalex.follow(20))
    fleet.look()
    before = {one.name: one.pushed for one in fleet.state.profiles.pushed()}
    fleet.later()
    site.replies["/works"] = Reply(b"", 400)
    looks = fleet.look()
    assert all(look.error is not None for look in looks.values())
    assert {one.name: one.pushed for one in fleet.state.profiles.pushed()} == before
