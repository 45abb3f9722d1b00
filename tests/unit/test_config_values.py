"""The small languages inside settings: endpoints, durations, schedules, tag templates."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.config import values


@pytest.mark.parametrize(
    ("endpoint", "kept"),
    [
        ("https://api.zotero.org", "https://api.zotero.org"),
        ("https://zotero.example.org:8443/", "https://zotero.example.org:8443"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost:23119", "http://localhost:23119"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
    ],
)
def test_endpoints_that_keep_the_key_safe_are_taken(endpoint: str, kept: str) -> None:
    """Https anywhere, plain http on this machine."""
    assert values.read_endpoint(endpoint) == kept


@pytest.mark.parametrize(
    ("endpoint", "reason"),
    [
        ("http://api.zotero.org", "begin with https"),
        ("http://localhost.example.org", "begin with https"),
        ("http://127.0.0.1.example.org", "begin with https"),
        ("http://192.168.0.5", "begin with https"),
        ("https://api.zotero.org/users/1", "end after the host"),
        ("https://api.zotero.org?key=x", "end after the host"),
        ("https://me:pw@api.zotero.org", "user name or password"),
        ("api.zotero.org", "should be an address"),
        ("ftp://api.zotero.org", "should be an address"),
        ("https://", "should be an address"),
        ("https://host:port", "should be an address"),
        ("https://[::1", "should be an address"),
        ("", "should be an address"),
    ],
)
def test_other_endpoints_are_refused(endpoint: str, reason: str) -> None:
    """Among them plain http to another machine, on whose way the key could be read."""
    with pytest.raises(ValueError, match=reason):
        values.read_endpoint(endpoint)


@pytest.mark.parametrize("host", ["nas.local", "nas", "10.0.0.5", "fd00::1", "192.168.1.0/24", "fd00::/8"])
def test_hosts_are_names_addresses_and_networks(host: str) -> None:
    """Kept as they are written."""
    assert values.read_host(host) == host


@pytest.mark.parametrize(
    "host", ["", "nas:80", "http://nas", "nas/a", "me@nas", "[fd00::1]", "10.0.0.0/33", "a b", "a\x1bb"]
)
def test_what_is_no_host_is_refused(host: str) -> None:
    """Ports and addresses of pages among them."""
    with pytest.raises(ValueError, match="should be a name, an address or a network"):
        values.read_host(host)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("1d", timedelta(days=1)),
        ("12h", timedelta(hours=12)),
        ("30m", timedelta(minutes=30)),
        ("0", timedelta()),
    ],
)
def test_durations(text: str, length: timedelta) -> None:
    """What the interface promises, there and back."""
    assert values.read_duration(text) == length
    assert values.write_duration(length) == text


@pytest.mark.parametrize("text", ["", "1", "d", "1 d", "1y", "-1d", "1.5h", "1d12h", "٣d", 0, None, True])
def test_other_durations_are_refused(text: object) -> None:
    """Nothing is guessed."""
    with pytest.raises(ValueError, match="should be a length of time"):
        values.read_duration(text)


@given(st.integers(min_value=0, max_value=999_999))
def test_every_duration_reads_back(seconds: int) -> None:
    """What is written is read as the same length."""
    length = timedelta(seconds=seconds)
    assert values.read_duration(values.write_duration(length)) == length


@pytest.mark.parametrize(
    "text",
    [
        "every 6h",
        "every 15m",
        "every 1d",
        "0 7 * * 1-5",
        "*/15 8-18/2 1,15 jan-mar mon,FRI",
        "0 0 31 12 7",
        "5 4 * * sun",
    ],
)
def test_schedules(text: str) -> None:
    """Intervals and cron lines of five fields."""
    assert values.read_schedule(f" {text.replace(' ', '  ')} ") == text


@pytest.mark.parametrize(
    ("words", "short"),
    [
        ("every 6 hours", "every 6h"),
        ("Every 1 hour", "every 1h"),
        ("every hour", "every 1h"),
        ("every 30 minutes", "every 30m"),
        ("every 90min", "every 90m"),
        ("every day", "every 1d"),
        ("every 2 weeks", "every 14d"),
        ("every 9999 weeks", "every 69993d"),
        ("hourly", "every 1h"),
        ("Daily", "every 1d"),
        ("weekly", "every 7d"),
    ],
)
def test_schedules_in_words(words: str, short: str) -> None:
    """People write them out; what they mean is an interval, which the daemon can read."""
    assert values.read_schedule(words) == short
    assert values.EVERY.fullmatch(short)


@pytest.mark.parametrize(
    "text",
    [
        "", "every", "every 0h", "every 6", "every six hours", "everyday", "every -1 days",
        "every 2 dayss", "sometimes", "* * * *", "* * * * * *",
        "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "*/0 * * * *", "5-1 * * * *",
        "1-2-3 * * * *", ", * * * *", "-1 * * * *", "* * * * mon-", "** * * * *", "a * * * *", "jan * * * *",
    ],
)  # fmt: skip
def test_other_schedules_are_refused(text: str) -> None:
    """Now, not when the daemon starts."""
    with pytest.raises(ValueError, match="should be"):
        values.read_schedule(text)


@pytest.mark.parametrize("text", ["code", "{category}", "cs.{category}", "{profile} {year}", "Ünïcode"])
def test_tag_templates(text: str) -> None:
    """Text with known placeholders, or none."""
    assert values.read_template(text) == text


@pytest.mark.parametrize(
    "text", ["{cat}", "{}", "{{category}}", "{category", "category}", "{year:04d}", "{a b}"]
)
def test_other_tag_templates_are_refused(text: str) -> None:
    """Among them what Python's `format` would take."""
    with pytest.raises(ValueError, match=r"placeholder|brace"):
        values.read_template(text)
