"""The small languages inside settings: durations, schedules, addresses, tag templates, names.

Each reader takes the text of a setting and returns its value, or raises `ValueError` with a sentence that
fits after the setting's name. No sentence repeats what may hold a secret.
"""

from __future__ import annotations

import calendar
import difflib
import ipaddress
import zoneinfo
from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from urllib.parse import SplitResult, urlsplit

from syncd.messages import message, reworded
from syncd.text.patterns import pattern

PLACEHOLDERS = ("category", "category_name", "affiliation", "score_band", "profile", "year")

DURATION = pattern(r"(?P<count>[0-9]{1,6})(?P<unit>[smhdw])", hostile="1")  # "30m", "12h", "1d"
EVERY = pattern(
    r"every +(?P<count>[0-9]{1,5}) *(?P<unit>[mhd])", hostile=("every", " ", "")
)  # "every 6h", "every 15m"
# "every 6 hours", "every hour", "Every 2 weeks"
SPOKEN = pattern(
    r"every (?:(?P<count>[0-9]{1,4}) ?)?(?P<unit>m|min|minute|h|hour|d|day|w|week)s?",
    hostile=("every ", "1", " "),
)
SPOKEN_UNITS = {"m": ("m", 1), "h": ("h", 1), "d": ("d", 1), "w": ("d", 7)}
SPOKEN_WORDS = {"hourly": "every 1h", "daily": "every 1d", "weekly": "every 7d"}
# "*", "*/15", "1-5", "8-18/2", "mon"
CRON_STEP = pattern(r"(?P<range>\*|[^/*]+)(?:/(?P<step>[0-9]{1,2}))?", hostile="1/")
CRON_NUMBER = pattern(r"[0-9]{1,2}", hostile="1")
PLACEHOLDER = pattern(r"\{(\w+)\}", hostile="{a")  # "{category}"
# "openalex:A5023888391", "dblp:116/8665", and an ORCID iD alone: authors at services, no paths
AUTHOR = pattern(r"[a-z][a-z0-9_-]+:(?!//).+|\d{4}-\d{4}-\d{4}-\d{3}[\dXx]", hostile=("a", "a-", ""))
SCHEME = pattern(r"[A-Za-z][A-Za-z0-9+.-]+://", hostile="a+")  # "https://", "ftp://"
# A Zotero key is 24 letters, small and capital, and digits: no variable's name has such a mixture.
KEY = pattern(
    r"(?<![A-Za-z0-9])(?=[A-Z0-9]*[a-z])(?=[a-z0-9]*[A-Z])(?=[A-Za-z]*[0-9])[A-Za-z0-9]{24}(?![A-Za-z0-9])",
    hostile="a",
)
# "me@example.org"; no spaces and no parentheses, for it goes into a header
CONTACT = pattern(r"[\x21-\x27\x2a-\x7e]+", hostile="!")

CLOCK_TIME = pattern(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]", hostile="1:")  # "08:00"

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")

# The fields of a cron line: what it is called, its smallest and largest number, its words.
_CRON_FIELDS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    (message("cron-minute"), 0, 59, ()),
    (message("cron-hour"), 0, 23, ()),
    (message("cron-day-of-month"), 1, 31, ()),
    (message("cron-month"), 1, 12, _MONTHS),
    (message("cron-day-of-week"), 0, 7, _WEEKDAYS),
)


def masked(sentence: str) -> str:
    """Return `sentence` with everything that looks like a Zotero key taken out."""
    return reworded(sentence, partial(KEY.sub, "(a key, not shown)")) if KEY.search(sentence) else sentence


def closest(word: str, known: Iterable[str]) -> str | None:
    """Return the one of `known` that `word` was probably meant to be, if any."""
    close = difflib.get_close_matches(word.casefold(), list(known), n=1, cutoff=0.6)
    return close[0] if close else None


def did_you_mean(words: str, meant: str | None) -> str:
    """Return a sentence about a wrong word with the right one at its end, where one is close."""
    return message("did-you-mean-rather", words=words, meant=meant) if meant else words


def read_duration(text: object) -> timedelta:
    """Read a length of time.

    >>> read_duration("12h")
    datetime.timedelta(seconds=43200)
    """
    if text == "0":
        return timedelta()
    match = DURATION.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        msg = message("should-be-duration")
        raise ValueError(msg)
    return timedelta(**{_UNITS[match["unit"]]: int(match["count"])})


def write_duration(length: timedelta) -> str:
    """Return the shortest text that `read_duration` reads as `length`.

    >>> write_duration(timedelta(hours=24))
    '1d'
    """
    seconds = int(length.total_seconds())
    for unit, size in (("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s" if seconds else "0"


def read_schedule(text: str) -> str:
    """Check a schedule and return it as `every 6h`, or as a cron line of five fields.

    >>> [read_schedule(text) for text in ("every 6 hours", "Daily", "weekly", "every 2 weeks", "every day")]
    ['every 6h', 'every 1d', 'every 7d', 'every 14d', 'every 1d']
    """
    text = " ".join(text.split())
    if text.casefold() in SPOKEN_WORDS:
        return SPOKEN_WORDS[text.casefold()]
    if text.casefold().startswith("every"):
        match = SPOKEN.fullmatch(text.casefold())
        unit, times = SPOKEN_UNITS[match["unit"][0]] if match else ("", 0)
        count = int(match["count"] or 1) * times if match else 0
        if count == 0:
            msg = message("should-be-interval")
            raise ValueError(msg)
        return f"every {count}{unit}"
    _, _, days, months, _ = cron_fields(text)
    # Where days of the week are named as well, one of them will do.
    if text.split(" ")[4].startswith("*") and all(days[0] > _longest(month) for month in months):
        msg = message("day-never-comes", schedule=text)
        raise ValueError(msg)
    return text


def cron_fields(line: str) -> tuple[tuple[int, ...], ...]:
    """Return the numbers that each field of a cron line means, in order; Sunday is 0.

    >>> cron_fields("0 8-12/2 * jan 5-7")[1], cron_fields("0 8-12/2 * jan 5-7")[3:]
    ((8, 10, 12), ((1,), (0, 5, 6)))

    Raises:
        ValueError: it is none; the sentence fits after the setting's name.
    """
    fields = line.split(" ")
    if len(fields) != len(_CRON_FIELDS):
        msg = message("should-be-schedule")
        raise ValueError(msg)
    found = []
    for field, (name, low, high, words) in zip(fields, _CRON_FIELDS, strict=True):
        parts = [_cron_part(part, low, high, words) for part in field.split(",")]
        if not all(parts):
            msg = message("cron-field-wrong", text=field, field=name, low=low, high=high)
            raise ValueError(msg)
        numbers = {number % 7 if words is _WEEKDAYS else number for part in parts for number in part}
        found.append(tuple(sorted(numbers)))
    return tuple(found)


def _longest(month: int) -> int:
    return calendar.monthrange(2024, month)[1]  # a leap year


def _cron_part(part: str, low: int, high: int, words: tuple[str, ...]) -> range:
    """Return the numbers that one part of a field means; none where it is not right."""
    match = CRON_STEP.fullmatch(part)
    if match is None or match["step"] == "0":
        return range(0)
    step = int(match["step"] or 1)
    if match["range"] == "*":
        return range(low, high + 1, step)
    first_word = low if words is _MONTHS else 0
    ends = [_cron_number(end, words, first_word) for end in match["range"].split("-")]
    numbers = [end for end in ends if end is not None and low <= end <= high]
    if not len(numbers) == len(ends) <= 2 or numbers != sorted(numbers):
        return range(0)
    # "5/15" goes on to the end, as in cron.
    last = high if len(numbers) == 1 and match["step"] else numbers[-1]
    return range(numbers[0], last + 1, step)


def _cron_number(text: str, words: tuple[str, ...], first: int) -> int | None:
    if text.casefold() in words:
        return words.index(text.casefold()) + first
    return int(text) if CRON_NUMBER.fullmatch(text) else None


def read_template(text: str) -> str:
    """Check a tag template: text in which only known placeholders stand in braces."""
    if not text.strip():
        msg = message("is-empty-tag")
        raise ValueError(msg)
    for name in PLACEHOLDER.findall(text):
        if name not in PLACEHOLDERS:
            unknown = message("placeholder-unknown", name=f"{{{name}}}")
            meant = did_you_mean(unknown, closest(name, PLACEHOLDERS))
            known = ", ".join(PLACEHOLDERS)
            raise ValueError(message("known-are", words=unknown, known=known) if meant == unknown else meant)
    if not {"{", "}"}.isdisjoint(PLACEHOLDER.sub("", text)):
        msg = message("brace-without-placeholder")
        raise ValueError(msg)
    return text


def read_endpoint(text: str) -> str:
    """Check the address of a Zotero server and return it without a slash at its end.

    Plain http is for this machine only: on any other way the key would travel in clear.
    """
    parts = split_address(text)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        msg = message("should-be-endpoint")
        raise ValueError(msg)
    if parts.username is not None or parts.password is not None:
        msg = message("endpoint-holds-password")
        raise ValueError(msg)
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        msg = message("endpoint-too-long")
        raise ValueError(msg)
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        msg = message("endpoint-should-be-https")
        raise ValueError(msg)
    return f"{parts.scheme}://{parts.netloc}"


def read_source(text: str) -> str:
    """Check a source as far as that goes without looking at it: not empty, no password inside."""
    if not text.strip():
        msg = message("source-empty")
        raise ValueError(msg)
    if "\0" in text:
        msg = message("holds-nul")
        raise ValueError(msg)
    if not SCHEME.match(text):
        return text
    parts = split_address(text)
    if parts is None:
        msg = message("is-no-address")
        raise ValueError(msg)
    if parts.scheme not in ("http", "https"):
        msg = message("scheme-not-known", scheme=parts.scheme)
        raise ValueError(msg)
    if parts.username is not None or parts.password is not None:
        msg = message("source-holds-password")
        raise ValueError(msg)
    return text


def read_host(text: str) -> str:
    """Check a host: a name, an address, or a network such as "192.168.1.0/24"."""
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        parts = split_address(f"//{text}")
        if parts is None or parts.hostname != text.lower() or not text.isprintable() or " " in text:
            msg = message("should-be-host")
            raise ValueError(msg) from None
    return text


def read_contact(text: str) -> str:
    """Check how to reach the user: an e-mail or web address that may stand in an HTTP header."""
    if not CONTACT.fullmatch(text):
        msg = message("should-be-contact")
        raise ValueError(msg)
    return text


def read_ping(text: str) -> str:
    """Check the address that is told how runs go, and return it without a slash at its end."""
    parts = split_address(text)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        msg = message("should-be-ping-address")
        raise ValueError(msg)
    if parts.query or parts.fragment:
        msg = message("ping-address-without-path")
        raise ValueError(msg)
    return text.rstrip("/")


def is_database(text: str) -> bool:
    """Whether a text is the address of a PostgreSQL database."""
    parts = split_address(text)
    return parts is not None and parts.scheme in ("postgresql", "postgres")


def read_database(text: str) -> str:
    """Check the address of a database; what stands in the configuration holds no password."""
    parts = split_address(text)
    if parts is None or not is_database(text):
        msg = message("should-be-database")
        raise ValueError(msg)
    if parts.password or "password=" in parts.query:
        msg = message("database-with-password", setting='url = { env = "SYNCD_DATABASE_URL" }')
        raise ValueError(msg)
    return text


def read_timezone(text: str) -> str:
    """Check the name of a time zone, as the IANA database has it."""
    try:
        zoneinfo.ZoneInfo(text)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(did_you_mean(message("should-be-time-zone"), _closest_zone(text))) from None
    return text


def _closest_zone(text: str) -> str | None:
    zones = {zone.casefold(): zone for zone in zoneinfo.available_timezones()}
    return zones.get(closest(text, zones) or "")


def read_clock_time(text: str) -> str:
    """Check a time of day: hours and minutes, such as "08:00"."""
    match = CLOCK_TIME.fullmatch(text)
    if match is None:
        msg = message("should-be-time-of-day")
        raise ValueError(msg)
    return text


def read_collection(text: str) -> str:
    """Check a collection's path: names separated by "/", none of them empty."""
    if not all(name.strip() for name in text.split("/")):
        msg = message("should-be-collection")
        raise ValueError(msg)
    return "/".join(name.strip() for name in text.split("/"))


def read_group_collection(text: str) -> str:
    """Check the collection of a list of people: a path in which {name} may stand for each one's name."""
    if not {"{", "}"}.isdisjoint(text.replace("{name}", "")):
        msg = message("only-name-in-braces")
        raise ValueError(msg)
    return read_collection(text)


def split_address(text: str) -> SplitResult | None:
    """Split an address, or return None where it is none (a port that is no number, an open bracket)."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return None
    return parts


def is_loopback(host: str) -> bool:
    """Tell whether `host` names this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
