"""New papers in words, and when they are told: once to each channel, whatever fails and restarts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clocks import FakeClock
from syncd.daemon.news import LEASE, MOST_TITLES, Bulletin, NewPaper, digest, next_time
from syncd.digest import Digest, ListedPaper, NewOfProfile
from syncd.errors import SendError, StateError

if TYPE_CHECKING:
    from collections.abc import Collection

    from syncd.daemon.news import Message

BERLIN = ZoneInfo("Europe/Berlin")
EIGHT = time(8)
DAY = 86_400.0


def paper(title: str, profile: str = "Jane Doe", library: str = "main") -> NewPaper:
    """Return a new paper."""
    return NewPaper(library, profile, title, f"KEY{title}")


# In words


def test_digest_names_profiles_by_how_many_papers_they_have() -> None:
    """The subject counts, the body lists, with links where they are known."""
    papers = [
        paper("A"),
        paper("B", "Pengcheng He"),
        NewPaper("main", "Pengcheng He", "C", "K", "https://x/C"),
    ]
    message = digest(papers)
    assert message.subject == "3 new papers: Pengcheng He (2), Jane Doe (1)"
    assert message.body == "Pengcheng He\n- B\n- C\n  https://x/C\n\nJane Doe\n- A\n"


def test_subject_of_one_paper() -> None:
    """No plural and no count."""
    assert digest([paper("A")]).subject == "1 new paper: Jane Doe"


def test_long_news_are_cut() -> None:
    """After so many titles and names the rest is a number."""
    papers = [paper(str(number), f"Author {number % 5}") for number in range(MOST_TITLES + 12)]
    message = digest(papers)
    assert message.subject == "62 new papers: Author 0 (13), Author 1 (13), Author 2 (12) and 2 more"
    assert message.body.count("\n- ") == MOST_TITLES
    assert message.body.endswith("\n\nand 12 more\n")


def test_libraries_are_named_where_there_are_several() -> None:
    """One author may be followed in two."""
    message = digest([paper("A"), paper("A", library="lab")])
    assert message.subject == "2 new papers: Jane Doe in main (1), Jane Doe in lab (1)"


def test_long_titles_are_cut() -> None:
    """Fifty of them still fit into an environment."""
    message = digest([paper("ü" * 10_000) for _ in range(MOST_TITLES)])
    assert len(message.body.encode()) < 40_000
    assert "ü…" in message.body


@given(st.lists(st.tuples(st.text(), st.text()), min_size=1, max_size=80))
def test_any_text_can_be_sent(texts: list[tuple[str, str]]) -> None:
    """The subject is one line; both fit into an environment, whatever a page holds."""
    message = digest([paper(title * 200, profile * 200) for title, profile in texts])
    assert len(message.subject.splitlines()) == 1
    for part in (message.subject, message.body):
        assert "\0" not in part
        assert len(part.encode()) < 128_000


# When


@dataclass
class History:
    """What was done, and marks that outlive a bulletin."""

    clock: FakeClock
    runs: list[tuple[datetime, NewPaper]] = field(default_factory=list)
    marks: dict[str, str] = field(default_factory=dict)
    broken: bool = False

    def created(self, *titles: str, began: datetime | None = None) -> int:
        """Let a run create papers."""
        self.runs += [(began or self.clock.now(), paper(title)) for title in titles]
        return len(titles)

    def created_since(self, since: str) -> list[NewPaper]:
        """Return new papers."""
        return [found for began, found in self.runs if began.isoformat(timespec="seconds") >= since]

    def mark(self, name: str) -> str | None:
        """Return a mark."""
        return self.marks.get(name)

    def set_mark(self, name: str, value: str, instead_of: str | None) -> bool:
        """Keep a mark, unless the disk is full or somebody else did."""
        if self.broken:
            raise StateError("the disk is full")
        if self.marks.get(name) != instead_of:
            return False
        self.marks[name] = value
        return True

    def digests(self, since: datetime, told: Collection[str]) -> list[Digest]:
        """Return the digest of the only library."""
        new = [one for began, one in self.runs if began >= since and one.identity not in told]
        papers = tuple(ListedPaper(one.key, one.title, abstract=f"About {one.title}.") for one in new)
        group = NewOfProfile("main", "jane", "Jane Doe", len(new), papers)
        return [Digest("main", since, len(new), 1, (group,))] if new else []


@dataclass
class Post:
    """A channel that remembers, and can fail."""

    name: str = "post"
    sent: list[Message] = field(default_factory=list)
    failing: bool = False

    def send(self, message: Message) -> None:
        """Take a message."""
        if self.failing:
            raise SendError("nobody took it")
        self.sent.append(message)

    @property
    def titles(self) -> list[str]:
        """The titles of each message, in one string."""
        return ["".join(line[2:] for line in m.body.splitlines() if line[:2] == "- ") for m in self.sent]


class Killed(BaseException):
    """A process ends."""


class Ending(Post):
    """A channel whose process ends while it sends."""

    def send(self, message: Message) -> None:
        """Take nothing."""
        raise Killed(message)


@pytest.fixture
def clock() -> FakeClock:
    """Noon of a day in June."""
    return FakeClock()


@pytest.fixture
def history(clock: FakeClock) -> History:
    """An empty history."""
    return History(clock)


def bulletin(history: History, *posts: Post, at: time | None = None, **options: Any) -> Bulletin:
    """Start telling, as after a start of the daemon."""
    return Bulletin(posts, history, history.clock, at=at, timezone=BERLIN, **options)


def run(news: Bulletin, history: History, *titles: str) -> None:
    """Let a run create papers, and tell what is due."""
    news.ran(history.created(*titles))
    news.publish()


def test_at_once_tells_after_each_run(clock: FakeClock, history: History) -> None:
    """Also when two runs begin in the same second; quiet when nothing is new."""
    post = Post()
    news = bulletin(history, post)
    news.publish()
    assert news.due() is None
    run(news, history, "A", "B")
    run(news, history, "C")
    run(news, history)
    clock.advance(DAY)
    run(news, history)
    assert post.titles == ["AB", "C"]
    assert news.due() is None


def test_daily_tells_once_a_day(clock: FakeClock, history: History) -> None:
    """At eight of the zone, which is six in UTC; nothing on a day without news."""
    post = Post()
    news = bulletin(history, post, at=EIGHT)
    run(news, history, "A")
    run(news, history, "B")
    assert post.sent == []
    assert news.due() == datetime(2026, 6, 3, 6, tzinfo=UTC)
    clock.advance(18 * 3600)
    news.publish()
    news.publish()
    clock.advance(DAY)
    news.publish()
    assert post.titles == ["AB"]
    assert news.due() == datetime(2026, 6, 5, 6, tzinfo=UTC)


def test_weekly_tells_on_mondays(clock: FakeClock, history: History) -> None:
    """Once, with all that came since, as text and as a web page, also after a restart; with abstracts if wished."""
    post = Post()
    news = bulletin(history, post, at=EIGHT, weekday=0, abstracts=True)
    run(news, history, "A")
    clock.advance(4 * DAY)
    run(news, history, "B")
    assert post.sent == []
    assert news.due() == datetime(2026, 6, 8, 6, tzinfo=UTC)
    clock.advance(2 * DAY)
    for _ in range(2):
        bulletin(history, post, at=EIGHT, weekday=0, abstracts=True).publish()
    clock.advance(DAY)
    news.publish()
    assert post.titles == ["AB"]
    assert "<h2>Jane Doe: 2 new papers</h2>" in post.sent[0].page
    assert "About B." in post.sent[0].body


def test_two_processes_tell_once(clock: FakeClock, history: History) -> None:
    """Whoever sends says so before; the other neither sends nor forgets, and takes over from one that is gone."""
    post = Post()
    one, other = bulletin(history, post), bulletin(history, post)
    run(one, history, "A")
    run(other, history)
    assert post.titles == ["A"]
    run(other, history, "B")
    clock.advance(1)
    one.publish()
    assert post.titles == ["A", "B"]

    history.created("C")
    with pytest.raises(Killed):
        bulletin(history, Ending()).publish()
    late = bulletin(history, post)
    late.publish()
    assert post.titles == ["A", "B"]
    clock.advance(LEASE.total_seconds())
    late.publish()
    assert post.titles == ["A", "B", "C"]


def test_first_start_tells_nothing_of_what_was_there(history: History) -> None:
    """Papers of before somebody asked for news are no news."""
    history.created("old")
    post = Post()
    news = bulletin(history, post)
    run(news, history, "new")
    assert post.titles == ["new"]


def test_restart_neither_loses_nor_repeats(clock: FakeClock, history: History) -> None:
    """What was created before the end and not told is told; what was told is not."""
    post = Post()
    run(bulletin(history, post), history, "A")
    history.created("B")
    bulletin(history, post).publish()
    bulletin(history, post).publish()
    assert post.titles == ["A", "B"]
    history.created("C")
    clock.advance(10 * DAY)
    bulletin(history, post, at=EIGHT).publish()
    assert post.titles == ["A", "B", "C"]


def test_paper_of_a_run_that_began_before_the_last_message(clock: FakeClock, history: History) -> None:
    """Runs end in another order than they begin in."""
    post = Post()
    news = bulletin(history, post)
    began = clock.now()
    clock.advance(60)
    run(news, history, "B")
    clock.advance(60)
    news.ran(history.created("A", began=began))
    news.publish()
    assert post.titles == ["B", "A"]


def test_failed_message_is_tried_again_later(clock: FakeClock, history: History) -> None:
    """With longer and longer waits, over restarts too, and with what came meanwhile."""
    post = Post(failing=True)
    news = bulletin(history, post)
    run(news, history, "A")
    waits = []
    for _ in range(3):
        due = news.due()
        assert due
        waits.append((due - clock.now()).total_seconds())
        clock.advance(waits[-1] - 1)
        news.publish()
        assert news.due() == due
        clock.advance(1)
        news.publish()
    assert 20 < waits[0] < 40
    assert waits[2] > 80
    history.created("B")
    post.failing = False
    bulletin(history, post).publish()
    assert post.titles == ["AB"]


def test_one_channel_that_fails_does_not_make_the_other_repeat(clock: FakeClock, history: History) -> None:
    """Each has its own mark."""
    good, bad = Post("good"), Post("bad", failing=True)
    news = bulletin(history, good, bad)
    run(news, history, "A")
    bad.failing = False
    clock.advance(3600)
    news.publish()
    assert (good.titles, bad.titles) == (["A"], ["A"])


def test_mark_that_cannot_be_kept_repeats_nothing(clock: FakeClock, history: History) -> None:
    """It is kept as soon as that is possible."""
    post = Post()
    news = bulletin(history, post)
    history.broken = True
    run(news, history, "A")
    clock.advance(3600)
    news.publish()
    history.broken = False
    clock.advance(3600)
    news.publish()
    bulletin(history, post).publish()
    assert post.titles == ["A"]
    assert "KEYA" in history.marks["news: post"]


@pytest.mark.parametrize(
    "mark", ["", "[]", "{}", '{"until": 1, "told": []}', '{"until": "soon", "told": []}']
)
def test_damaged_mark_begins_anew(history: History, mark: str) -> None:
    """Nothing old is told."""
    history.created("old")
    history.marks["news: post"] = mark
    post = Post()
    run(bulletin(history, post), history, "new")
    assert post.titles == ["new"]


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("at", [None, EIGHT])
def test_a_clock_that_is_set_back_silences_no_news(
    clock: FakeClock, history: History, at: time | None, *, restarted: bool
) -> None:
    """It was a year ahead; what was told then is not told again, what was not is, and so is what comes now."""
    post = Post()
    clock.set(365 * DAY)
    news = bulletin(history, post, at=at)
    for titles in ("A", "B"):
        news.ran(history.created(titles))
        clock.advance(DAY)
        news.publish()
    news.ran(history.created("C"))
    clock.set(-365 * DAY)
    if restarted:
        news = bulletin(history, post, at=at)
    for _ in range(2):
        news.send_due()
        news.close(30)
        news.ran(history.created("D"))
        clock.advance(DAY)
    news.send_due()
    news.close(30)
    assert post.titles[:2] == ["A", "B"]
    assert "".join(post.titles) == "ABCD"


def test_mark_stays_small(clock: FakeClock, history: History) -> None:
    """It holds papers of the last days alone."""
    news = bulletin(history, Post())
    for number in range(20):
        run(news, history, f"T{number}")
        clock.advance(DAY)
    assert history.marks["news: post"].count("KEY") <= 4


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("2026-06-02T05:59:59", "2026-06-02T06:00:00"),
        ("2026-06-02T06:00:00", "2026-06-03T06:00:00"),
        ("2026-06-02T23:30:00", "2026-06-03T06:00:00"),  # already the 3rd in Berlin
        ("2026-10-24T12:00:00", "2026-10-25T07:00:00"),  # summer time ends
        ("2026-12-31T12:00:00", "2027-01-01T07:00:00"),
    ],
)
def test_time_of_day_is_local(after: str, expected: str) -> None:
    """In summer and winter."""
    assert next_time(_utc(after), EIGHT, BERLIN) == _utc(expected)


def test_day_is_local_too() -> None:
    """At ten in the evening in New York it is tomorrow already in UTC."""
    new_york = ZoneInfo("America/New_York")
    assert next_time(_utc("2026-06-03T02:00:00"), time(23), new_york) == _utc("2026-06-03T03:00:00")


def test_time_that_does_not_exist_comes_later() -> None:
    """Half past two on the last Sunday of March in Berlin is half past three."""
    assert next_time(_utc("2026-03-28T12:00:00"), time(2, 30), BERLIN) == _utc("2026-03-29T01:30:00")


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)), st.times())  # noqa: DTZ001 - bounds have none
def test_next_time_is_within_a_day_and_an_hour(after: datetime, at: time) -> None:
    """And always in the future."""
    assert timedelta() < next_time(after, at.replace(tzinfo=None), BERLIN) - after <= timedelta(hours=25)


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
