"""`syncd status` of many profiles: what matters first, the rest summed up; and what services let one ask for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from background import write
from clocks import FakeClock
from syncd.config import load
from syncd.engine.gather import web_of
from syncd.engine.ports import Ports
from syncd.engine.run import RunOptions, run_once
from syncd.errors import SourceError
from syncd.sources.pace import Pace
from syncd.state import budgets
from websites import Reply, Site, website

if TYPE_CHECKING:
    from collections.abc import Iterator

    from desk import Desk

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def site() -> Iterator[Site]:
    """A running server."""
    with website() as running:
        yield running


def many(desk: Desk, number: int, extra: str = "") -> None:
    """Push so many profiles of a paper each, of which the last can't be read."""
    names = [f"p{n:03}" for n in range(number)]
    for name in names[:-1]:
        write(desk.folder / f"{name}.txt", f"A Study of {name * 3}", name=f"Author {name}")
    write(desk.page, "Alpha")
    desk.configure("".join(f'[profiles.{name}]\nsource = "{name}.txt"\n' for name in names) + extra)
    desk.data.create()
    config = load(desk.folder / "config.toml", desk.env)
    run_once(config, RunOptions(), Ports(desk.env, desk.data, desk.clock))


def test_troubles_come_first_and_the_rest_is_one_line(desk: Desk) -> None:
    """Of sixty profiles the one with a trouble is the first, and most are summed up."""
    many(desk, 60)
    lines = desk.syncd("status").out.splitlines()
    first = next(n for n, line in enumerate(lines) if line.startswith("profile"))
    assert lines[first + 1].startswith("p059") or lines[first + 2].startswith("p059")
    assert sum(line.startswith("p0") for line in lines) < 30
    assert any("others are well" in line for line in lines)


def test_many_troubles_are_summed_up_too(desk: Desk) -> None:
    """Where a server is down, ten thousand profiles may have one."""
    many(desk, 60)
    for n in range(59):
        (desk.folder / f"p{n:03}.txt").write_text("nothing", encoding="utf-8")
    config = load(desk.folder / "config.toml", desk.env)
    run_once(config, RunOptions(), Ports(desk.env, desk.data, desk.clock))
    out = desk.syncd("status").out
    assert len(out.splitlines()) < 80
    assert "with troubles" in out


def test_few_profiles_are_all_shown(desk: Desk) -> None:
    """With the one first that has a trouble, however the configuration orders them."""
    many(desk, 5)
    names = [line.split()[0] for line in desk.syncd("status").out.splitlines() if line[:2] in {"p0", "an"}]
    assert names == ["p004", "ann", "p000", "p001", "p002", "p003"]


def test_above_a_hundred_profiles_of_openalex_a_key_is_wanted(desk: Desk) -> None:
    """It is free, and its hint says where it is had; one who has it is not told."""
    authors = "".join(f'[profiles.a{n}]\nsource = "openalex:A{5000000000 + n}"\n' for n in range(101))
    desk.configure(authors)
    assert "you follow 101 profiles of OpenAlex without a key" in desk.syncd("status").out
    desk.configure(authors + '[services.openalex]\nkey = { env = "OPENALEX_KEY" }\n')
    assert "without a key" not in desk.syncd("status").out


def test_that_a_key_is_wanted_is_said_where_profiles_are_added_and_pushed(desk: Desk) -> None:
    """Once a command: by the push, by the doctor, and where a list of people is followed."""
    wanted = "you follow 101 profiles of OpenAlex without a key"
    desk.configure()
    rows = "".join(f"Author {n},openalex:A{5000000000 + n}\n" for n in range(101))
    (desk.folder / "people.csv").write_text(f"name,id\n{rows}", encoding="utf-8")
    assert desk.syncd("follow", "--list", "people.csv").out.count(wanted) == 1
    assert desk.syncd("doctor", "--offline").out.count(wanted) == 1
    # No service is asked: nobody has signed in to the library.
    path = desk.folder / "config.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("key =", "# key ="), encoding="utf-8")
    pushed = desk.syncd("push").err
    assert pushed.count(wanted) == 1
    assert "api.openalex.org" not in pushed


def test_what_a_host_still_lets_one_ask_for_outlives_the_process(desk: Desk, site: Site) -> None:
    """`status` shows it, another process waits where it is used up, and no key is kept; a new key begins anew."""
    desk.clock = FakeClock(now := datetime.now(UTC).replace(microsecond=0))
    headers = {"x-ratelimit-limit": "100", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "7200"}
    site.replies["/authors"] = Reply({"results": []}, headers=headers)
    desk.configure('[http]\nallow_private = ["127.0.0.1"]\n')
    desk.data.create()
    config = load(desk.folder / "config.toml", desk.env)

    def ask(key: str) -> int:
        with web_of(config, Ports(desk.env, desk.data, desk.clock)) as web:
            return web.get(f"{site.address}/authors", credentials={"api_key": key}).status

    assert ask("s3cret") == 200
    (kept,) = budgets.known(desk.data, now)
    assert (kept.left, kept.limit, kept.until) == (0, 100, now + timedelta(hours=2))
    assert b"s3cret" not in desk.data.state.read_bytes()
    with pytest.raises(SourceError, match="asks for a pause"):
        ask("s3cret")
    assert ask("another") == 200
    shown = desk.syncd("status", "--json").json["budgets"]
    assert [one["left"] for one in shown] == [0, 0]
    assert "0 of 100 requests left until" in desk.syncd("status").out
    desk.clock.sleep(7201)
    assert ask("s3cret") == 200


def test_a_host_s_budget_is_kept_until_it_begins_anew() -> None:
    """As the host said last; who says nothing of a limit has none."""
    pace = Pace()
    headers = {"x-ratelimit-limit": "1000", "x-ratelimit-remaining": "988", "x-ratelimit-reset": "3600"}
    pace.learn("api.openalex.org", headers, 0.0, NOW)
    pace.learn("dblp.org", {}, 0.0, NOW)
    (budget,) = pace.budgets(NOW)
    assert (budget.host, budget.left, budget.limit) == ("api.openalex.org", 988, 1000)
    assert budget.until == NOW + timedelta(hours=1)
    assert pace.budgets(NOW + timedelta(hours=2)) == []
