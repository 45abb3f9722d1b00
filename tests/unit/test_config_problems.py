"""What is said about a wrong configuration: everything at once, with lines, in our words, without keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from syncd.config import load
from syncd.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

KEY = "P9NiFoyLeZu2bZNvvuQPDWsd"


def written(folder: Path, text: str, name: str = "config.toml") -> Path:
    """Write a file and return its path."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def problems_of(folder: Path, text: str) -> list[str]:
    """Load `text` and return what is wrong with it, without the path before the file's name."""
    path = written(folder, text)
    with pytest.raises(ConfigError) as caught:
        load(path, {})
    return [problem.replace(f"{folder}/", "") for problem in caught.value.problems]


NO_VALUE = "a value should be here: text in quotes, a number, true, false, a list or a table"

# ── What is no TOML ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a = 1\nb = \n", f"config.toml:2: this is not valid TOML: {NO_VALUE}"),
        ("a = 1\n\nb = [1,\n", f"config.toml:3: this is not valid TOML: {NO_VALUE}"),
        (
            "a = 1\n[t\n",
            "config.toml:2: this is not valid TOML: expected ']' at the end of a table declaration",
        ),
        ("\na = 2026-02-30\n", "config.toml:2: this is not valid TOML: invalid date or datetime"),
        (
            "a = 1\na = 2\n",
            "config.toml:2: this is not valid TOML: something is set twice, or is both a setting and a table",
        ),
        (
            "[profiles.ann]\n[profiles.ann]\n",
            "config.toml:2: this is not valid TOML: the table [profiles.ann] is there twice",
        ),
        ("a = " + "[" * 9000, "config.toml:1: this is not valid TOML: lists or tables are nested too deeply"),
        ("a = " + "1" * 9000, "config.toml:1: this is not valid TOML: a number has too many digits"),
    ],
)
def test_a_syntax_error_names_its_line(tmp_path: Path, text: str, problem: str) -> None:
    """Whatever `tomllib` refuses is one problem with its line."""
    assert problems_of(tmp_path, text) == [problem]


def test_another_encoding_names_its_line(tmp_path: Path) -> None:
    """Latin-1 is refused, not guessed, and the error holds nothing of the file."""
    path = tmp_path / "config.toml"
    path.write_bytes(f'# {KEY}\n[http]\ncontact = "Jos\xe9"\n'.encode("latin-1"))
    with pytest.raises(ConfigError, match=r"config\.toml:3: the file is not UTF-8") as caught:
        load(path, {})
    assert caught.value.__context__ is None


def test_byte_order_mark_and_windows_line_ends_are_fine(tmp_path: Path) -> None:
    """What an editor on Windows writes is read, and lines are counted right."""
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xef\xbb\xbf[guards]\r\nmax_create = 7\r\n")
    assert load(path, {}).guards.max_create == 7
    path.write_bytes(b"\xef\xbb\xbf[guards]\r\n\r\nmax = 7\r\n")
    with pytest.raises(ConfigError, match=r"config\.toml:3: guards\.max: unknown"):
        load(path, {})


# ── What is wrong in it ──────────────────────────────────────────────────────────────────────────


def test_all_problems_are_reported_at_once_in_the_order_of_lines(tmp_path: Path) -> None:
    """Wrong names, types, choices and references in one report, each with its line."""
    text = """\
[libraries.main]
type = "usr"
id = "475425"
kye = { env = "X" }

[profiles.pengcheng-he]
source = "a.txt"
shedule = "every 6h"
captured = "2026-06-01"
library = "mian"
tags = ["{category}",
  "{catgory}", 3]

[guard]
max_create = 5
"""
    main, he = "libraries.main", "profiles.pengcheng-he"
    date_wanted = "should be a date such as 2026-06-01, without quotes and time"
    types = '"user", "group", "desktop" or "embedded"'
    assert problems_of(tmp_path, text) == [
        f'config.toml:2: {main}.type: should be {types}, did you mean "user"?',
        f"config.toml:3: {main}.id: should be a whole number, without quotes",
        f'config.toml:4: {main}.kye: unknown setting, did you mean "key"?',
        f'config.toml:8: {he}.shedule: unknown setting, did you mean "schedule"?',
        f"config.toml:9: {he}.captured: {date_wanted}",
        f'config.toml:10: {he}.library: there is no library "mian", did you mean "main"?',
        f'config.toml:12: {he}.tags: has the unknown placeholder "{{catgory}}", did you mean "category"?',
        f"config.toml:12: {he}.tags: should be text in quotes",
        'config.toml:14: guard: unknown setting, did you mean "guards"?',
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("libraries = 3", "1: libraries: should be a table"),
        ("[metrics]\nport = 65536", "2: metrics.port: should be 65535 or less"),
        ("[[profiles]]\nsource = 'a'", "1: profiles: should be a table"),
        ("[libraries]\nmain = 'user'", "2: libraries.main: should be a table"),
        ("[profiles.a]\n", "1: profiles.a.source: this setting is missing"),
        ("[profiles.a]\nsource = ''", "2: profiles.a.source: is empty; it should be"),
        ("[profiles.a]\nsource = ['a']", "2: profiles.a.source: should be text in quotes"),
        ("[profiles.a]\nsource = 'ftp://h/a'", "2: profiles.a.source: is an address that begins with ftp://"),
        ("[profiles.a]\nsource = 'https://u:p@h/a'", "2: profiles.a.source: is an address with a user name"),
        ("[profiles.a]\nsource = 'https://[h/a'", "2: profiles.a.source: is not a valid address"),
        (
            "[profiles.'x/y']\nsource = 'a'",
            '1: profiles."x/y": a name should have a letter or more, no slash',
        ),
        ("[profiles.'']\nsource = 'a'", '1: profiles."": a name should have a letter or more'),
        (
            "[profiles.a]\nsource = 'a'\nformat = 'A B'",
            "3: profiles.a.format: should be the name of a format",
        ),
        (
            "[profiles.a]\nsource = 'a'\ncaptured = 2026-06-01T07:00:00Z",
            "3: profiles.a.captured: should be a date",
        ),
        ("[profiles.a]\nsource = 'a'\nadopt = 'fil'", 'did you mean "fill"?'),
        (
            "[profiles.a]\nsource = 'a'\nadopt = true",
            '3: profiles.a.adopt: should be "fill", "file" or "skip"',
        ),
        ("[profiles.a]\nsource = 'a'\ntags = 'code'", "3: profiles.a.tags: should be a list such as"),
        ("[profiles.a]\nsource = 'a'\ntags = ['{']", "3: profiles.a.tags: has a brace that belongs to no"),
        ("[profiles.a]\nsource = 'a'\ntags = [' ']", "3: profiles.a.tags: is an empty tag"),
        (
            "[profiles.a]\nsource = 'a'\ncollection = 'A//B'",
            "3: profiles.a.collection: should be names separated",
        ),
        (
            "[profiles.a]\nsource = 'a'\nlibrary = 'mainz'",
            '3: profiles.a.library: there is no library "mainz"',
        ),
        ("[guards]\nmax_create = -1", "2: guards.max_create: should be 0 or more"),
        ("[guards]\nmax_create = 1.5", "2: guards.max_create: should be a whole number"),
        (
            "[http]\nallow_private = true",
            (
                "2: http.allow_private: should be a list of the hosts in your own network that syncd may read,"
                ' such as allow_private = ["nas.local", "192.168.1.0/24"]; instead of false write []'
            ),
        ),
        (
            '[http]\nallow_private = ["nas:80"]',
            "2: http.allow_private: should be a name, an address or a network",
        ),
        ("[guards]\nmax_create = true", "2: guards.max_create: should be a whole number"),
        ("[http]\ncontact = 'a b\\r\\nc'", "2: http.contact: should be an e-mail or web address"),
        ("[libraries.a]\nid = 3", "1: libraries.a.type: this setting is missing"),
        ("[libraries.a]\ntype = 'user'\nid = 0\nkey = {env='K'}", "3: libraries.a.id: should be 1 or more"),
        (
            "[libraries.a]\ntype = 'user'\nkey = {env='K'}",
            "1: libraries.a.id: this setting is missing; it is the",
        ),
        (
            "[libraries.a]\ntype = 'group'",
            "1: libraries.a.id: this setting is missing; it is the number of the group",
        ),
        ("[libraries.a]\ntype = 'desktop'\nid = 1", '3: libraries.a.id: has no meaning for type = "desktop"'),
        (
            "[libraries.a]\ntype = 'embedded'\nid = 1",
            '3: libraries.a.id: has no meaning for type = "embedded"',
        ),
        ("[libraries.a]\ntype = 'embedded'\nkey = {env='K'}", "3: libraries.a.key: has no meaning for"),
        (
            "[libraries.a]\ntype = 'user'\nid = 1\nkey = 7",
            "4: libraries.a.key: should say where the key is kept",
        ),
        (
            "[libraries.a]\ntype = 'user'\nid = 1\nkey = {}",
            "4: libraries.a.key: should say one of env, command",
        ),
        ("[libraries.a]\ntype = 'user'\nid = 1\nkey = {env='A', file='B'}", "it says env and file"),
        (
            "[libraries.a]\ntype = 'user'\nid = 1\nkey = {env='A-B'}",
            "4: libraries.a.key.env: should be the name of",
        ),
        (
            "[libraries.a]\ntype = 'user'\nid = 1\nkey = {keyring=false}",
            "key.keyring: should be true, or left out",
        ),
        (
            "[libraries.a]\ntype = 'user'\nid = 1\nkey = {command='pass'}",
            "key.command: should be a list such as",
        ),
        ("[libraries.a]\ntype = 'user'\nid = 1\nkey = {command=[]}", "4: libraries.a.key.command: is empty"),
        (
            "[libraries.a]\ntype = 'user'\nid = 1\nkey = {credential='a/b'}",
            "key.credential: should be the name of",
        ),
        (
            "[libraries.a]\ntype = 'user'\nid = 1\nkey = {enw='A'}",
            'key.enw: unknown setting, did you mean "env"?',
        ),
    ],
)
def test_a_wrong_setting_is_told_in_our_own_words(tmp_path: Path, text: str, problem: str) -> None:
    """One sentence for each kind of mistake, none of them pydantic's."""
    found = problems_of(tmp_path, text)
    assert any(problem in sentence for sentence in found), found
    assert not any("nput should" in sentence or "validat" in sentence for sentence in found)


def test_a_misspelled_setting_is_not_reported_as_missing_too(tmp_path: Path) -> None:
    """`sorce` was meant to be `source`: one problem, not two."""
    assert problems_of(tmp_path, "[profiles.a]\nsorce = 'a.txt'\n") == [
        'config.toml:2: profiles.a.sorce: unknown setting, did you mean "source"?'
    ]


def test_a_misspelled_setting_does_not_hide_what_is_wrong_with_the_right_one(tmp_path: Path) -> None:
    """Both `shedule` and a wrong `schedule` are reported."""
    found = problems_of(tmp_path, "[profiles.a]\nsource='a'\nshedule='x'\nschedule='x'\n")
    assert [sentence.split(":")[1] for sentence in found] == ["3", "4"]


@pytest.mark.parametrize(
    "line",
    [
        f'key = "{KEY}"',
        f'key = {{ env = "{KEY}" }}',
        f'key = {{ credential = "{KEY}" }}',
        f'key = {{ file = "{KEY}", value = "{KEY}" }}',
        f"key = {{ {KEY} = true }}",
        f'key = [ "{KEY}" ]',
        f'api_key = "{KEY}"',
        f'type = "{KEY}"',
        f'endpoint = "https://{KEY}@api.zotero.org"',
        f'endpoint = "https://api.zotero.org/?key={KEY}"',
        f"key = {KEY}",
        f"{KEY} = 1\n{KEY} = 2",
    ],
)
def test_a_key_in_the_file_is_never_shown(tmp_path: Path, line: str) -> None:
    """Wherever somebody pastes it: not in the problems, not in the exception, not in what led to it."""
    path = written(tmp_path, f"[libraries.main]\nid = 1\n{line}\n")
    with pytest.raises(ConfigError) as caught:
        load(path, {})
    error: BaseException | None = caught.value
    while error is not None:
        assert KEY not in f"{error} {error!r} {vars(error)}"
        error = error.__cause__ or error.__context__


def test_a_literal_key_says_how_to_do_it_right(tmp_path: Path) -> None:
    """The sentence shows the line to write instead."""
    (problem,) = problems_of(tmp_path, f'[libraries.main]\ntype = "user"\nid = 1\nkey = "{KEY}"\n')
    assert problem.startswith("config.toml:4: libraries.main.key: holds the key itself")
    assert 'write key = { env = "ZOTERO_API_KEY" }' in problem


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        (f'[notify]\nurls = ["{KEY}"]\n', 'the address itself, where others can find it; write { env = "SYNCD_NO'),
        (f'[notify]\nurls = [{{ env = "{KEY}" }}]\n', "notify.urls: seems to hold the address itself"),
        (f'[services.s2]\nkey = "{KEY}"\n', "services.s2.key: holds the key itself, where others can find it; write"),
        (f'[services.s2]\nkey = "{KEY}"\n', 'write key = { env = "S2_API_KEY" } and put the key into'),
    ],
)  # fmt: skip
def test_advice_fits_the_setting(tmp_path: Path, text: str, advice: str) -> None:
    """What is to be written instead is what that setting takes."""
    (problem,) = problems_of(tmp_path, text)
    assert advice in problem
    assert KEY not in problem


def test_outputs_that_fit_nothing(tmp_path: Path) -> None:
    """Which papers, which library, which file and which style: each problem with its line; then the names."""
    text = """
[profiles.ann]
source = "ann.txt"

[[outputs]]
file = "a.bib"
format = "bibtexx"

[[outputs]]
file = "b.bib"
format = "bibtex"
profiles = ["ann"]
collection = "Lab"
style = "ieee"

[[outputs]]
file = "./b.bib"
format = "csv"
library = "man"
"""
    formats = '"bibtex", "biblatex", "csl-json", "ris", "html", "atom", "markdown"'
    assert problems_of(tmp_path, text) == [
        f'config.toml:7: outputs.format: should be {formats} or "csv", did you mean "bibtex"?',
        "config.toml:13: outputs.collection: profiles say already which papers are meant",
        'config.toml:14: outputs.style: only a list with format = "html" has a style',
        "config.toml:17: outputs.file: another output is written to ./b.bib already",
        'config.toml:19: outputs.library: there is no library "man"',
    ]
    names = (
        '[profiles.ann]\nsource = "ann.txt"\n[[outputs]]\nfile = "a"\nformat = "ris"\nprofiles = ["anne"]\n'
    )
    assert problems_of(tmp_path, names) == [
        'config.toml:6: outputs.profiles: there is no profile "anne", did you mean "ann"?'
    ]
