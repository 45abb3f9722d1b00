"""The configuration: where it is looked for, and what it holds."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from syncd.config import Config, Library, ProfileConfig, SecretRef, find, load
from syncd.errors import ConfigError

USER = '[libraries.main]\ntype = "user"\nid = 475425\nkey = { env = "ZOTERO_API_KEY" }\n'


def written(folder: Path, text: str, name: str = "config.toml") -> Path:
    """Write a file and return its path."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


# ── Where it is looked for ───────────────────────────────────────────────────────────────────────


def test_named_file_comes_before_variable_before_xdg(tmp_path: Path) -> None:
    """`--config`, `$SYNCD_CONFIG`, `$XDG_CONFIG_HOME`: the first that is given is read."""
    named = written(tmp_path, "[guards]\nmax_create = 1\n", "named.toml")
    variable = written(tmp_path, "[guards]\nmax_create = 2\n", "variable.toml")
    written(tmp_path, "[guards]\nmax_create = 3\n", "xdg/syncd/config.toml")
    env = {"SYNCD_CONFIG": str(variable), "XDG_CONFIG_HOME": str(tmp_path / "xdg")}
    assert load(named, env).guards.max_create == 1
    assert load(None, env).guards.max_create == 2
    assert load(None, {**env, "SYNCD_CONFIG": ""}).guards.max_create == 3


def test_home_folder_is_the_default_of_xdg(tmp_path: Path) -> None:
    """Without `$XDG_CONFIG_HOME`, and with a relative one, it is ~/.config."""
    place = written(tmp_path, "", ".config/syncd/config.toml")
    assert find(None, {"HOME": str(tmp_path)}) == place
    assert find(None, {"HOME": str(tmp_path), "XDG_CONFIG_HOME": "relative"}) == place


def test_without_a_file_the_library_is_the_embedded_one(tmp_path: Path) -> None:
    """No configuration is needed: there is one library, and it is embedded."""
    config = load(None, {"HOME": str(tmp_path)})
    assert config.path is None
    assert config.library().name == "embedded"
    assert config.library().type == "embedded"
    assert config.profiles == {}


def test_config_knows_its_file_and_its_parts_their_names(tmp_path: Path) -> None:
    """A library and a profile carry the name that the file gives them."""
    path = written(tmp_path, USER + '[profiles.jane]\nsource = "a.txt"\n')
    config = load(path, {})
    assert config.path == path
    assert config.library("main").name == "main"
    assert config.profile("jane").name == "jane"


@pytest.mark.parametrize("way", ["argument", "variable"])
def test_a_named_file_that_is_missing_is_an_error(tmp_path: Path, way: str) -> None:
    """It is never taken for "no configuration", however it was named."""
    missing = tmp_path / "missing.toml"
    path, env = (missing, {}) if way == "argument" else (None, {"SYNCD_CONFIG": str(missing)})
    with pytest.raises(ConfigError, match="there is no such configuration file") as caught:
        load(path, env)
    assert str(missing) in str(caught.value)


def test_a_folder_in_the_place_of_the_file_is_an_error(tmp_path: Path) -> None:
    """Also in the usual place, where nobody named it."""
    (tmp_path / "syncd" / "config.toml").mkdir(parents=True)
    with pytest.raises(ConfigError, match="this is a folder"):
        load(None, {"XDG_CONFIG_HOME": str(tmp_path)})


def test_a_file_that_can_not_be_read_says_why(tmp_path: Path) -> None:
    """The reason is the system's: here, symbolic links in a circle."""
    loop = tmp_path / "config.toml"
    loop.symlink_to(loop)
    with pytest.raises(ConfigError, match="can't be read: Too many levels of symbolic links"):
        load(None, {"SYNCD_CONFIG": str(loop)})


# ── Libraries ────────────────────────────────────────────────────────────────────────────────────


def test_a_library_knows_where_its_api_is() -> None:
    """The address and the start of its paths follow from type, number and endpoint."""
    ref = SecretRef(env="K")
    user = Library(type="user", id=1, key=ref, endpoint=None)
    group = Library(type="group", id=2, key=ref, endpoint="https://z.example.org")
    desktop = Library(type="desktop", id=None, key=None, endpoint=None)
    embedded = Library(type="embedded", id=None, key=None, endpoint=None)
    assert (user.root, user.prefix) == ("https://api.zotero.org", "users/1")
    assert (group.root, group.prefix) == ("https://z.example.org", "groups/2")
    assert (desktop.root, desktop.prefix) == ("http://127.0.0.1:23119", "users/0")
    assert embedded.root is None


def test_profile_without_library_takes_the_only_one_else_main_else_embedded(tmp_path: Path) -> None:
    """What is meant where nothing is said."""
    profile = '[profiles.a]\nsource = "a"\n'
    lab = '[libraries.lab]\ntype = "embedded"\n'
    for text, name in [(profile, "embedded"), (profile + lab, "lab"), (profile + lab + USER, "main")]:
        config = load(written(tmp_path, text), {})
        assert config.library_of(config.profile("a")).name == name


def test_profile_without_library_is_an_error_where_it_could_be_several(tmp_path: Path) -> None:
    """Two libraries, none called main: the profile has to say which."""
    text = '[libraries.a]\ntype = "embedded"\n[libraries.b]\ntype = "desktop"\n[profiles.p]\nsource = "a"\n'
    with pytest.raises(ConfigError, match=r":5: profiles\.p\.library: .* there are several libraries: a, b"):
        load(written(tmp_path, text), {})


def test_the_implicit_embedded_library_can_be_named(tmp_path: Path) -> None:
    """Without any library in the file, `library = "embedded"` is right."""
    config = load(written(tmp_path, '[profiles.a]\nsource = "a"\nlibrary = "embedded"\n'), {})
    assert config.library_of(config.profile("a")).type == "embedded"


def test_an_unknown_name_on_the_command_line_gets_a_suggestion(tmp_path: Path) -> None:
    """`--library mian` and a profile that is not there."""
    config = load(written(tmp_path, USER + '[profiles.pengcheng-he]\nsource = "a"\n'), {})
    with pytest.raises(ConfigError, match=r'no library "mian", did you mean "main"'):
        config.library("mian")
    with pytest.raises(ConfigError, match=r'no profile "pengcheng", did you mean "pengcheng-he"'):
        config.profile("pengcheng")


# ── Values ───────────────────────────────────────────────────────────────────────────────────────


def test_defaults_are_those_of_the_interface() -> None:
    """A profile needs its source, all else has a default."""
    profile = Config.model_validate({"profiles": {"a": {"source": "a.txt"}}}).profile("a")
    assert profile.model_dump(exclude={"source"}) == {
        "format": "auto",
        "captured": None,
        "library": None,
        "collection": None,
        "schedule": "every 6h",
        "adopt": "fill",
        "tags": ("{category}", "{affiliation}", "code", "{score_band}"),
        "settle": "1d",
        "cut_authors": "others",
        "upgrade": "ask",
    }
    assert Config().guards.max_create == 500


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    """Sources and key files; `~` is the home folder of the environment; addresses stay."""
    text = """
[libraries.main]
type = "user"
id = 1
key = { file = "zotero.key" }
[profiles]
plain.source = "pages/a.txt"
home.source = "~/a.txt"
absolute.source = "/srv/a.txt"
address.source = "https://example.org/~a"
"""
    config = load(written(tmp_path, text, "etc/config.toml"), {"HOME": "/home/jane"})
    assert {name: profile.source for name, profile in config.profiles.items()} == {
        "plain": f"{tmp_path}/etc/pages/a.txt",
        "home": "/home/jane/a.txt",
        "absolute": "/srv/a.txt",
        "address": "https://example.org/~a",
    }
    key = config.library().key
    assert key is not None
    assert key.file == f"{tmp_path}/etc/zotero.key"


def test_a_bracket_in_the_folder_of_the_file_is_no_pattern(tmp_path: Path) -> None:
    """Only what the source itself says is a pattern."""
    path = written(
        tmp_path, "[profiles.a]\nsource='*.txt'\n[profiles.b]\nsource='b.txt'\n", "[x]/config.toml"
    )
    config = load(path, {})
    assert config.profile("a").source == f"{tmp_path}/[[]x]/*.txt"
    assert config.profile("b").source == f"{tmp_path}/[x]/b.txt"


def test_a_relative_config_path_gives_absolute_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A daemon that changes its folder still finds them, and messages name the file as it was named."""
    written(tmp_path, '[profiles.a]\nsource = "a.txt"\n')
    monkeypatch.chdir(tmp_path)
    assert load(Path("config.toml"), {}).profile("a").source == str(tmp_path / "a.txt")
    written(tmp_path, "x = 1\n")
    with pytest.raises(ConfigError, match=r"^config\.toml:1: x: unknown setting"):
        load(Path("config.toml"), {})


def test_config_is_frozen() -> None:
    """Nobody changes a setting on its way."""
    with pytest.raises(ValueError, match="frozen"):
        ProfileConfig(source="a").adopt = "skip"


def test_captured_is_a_date(tmp_path: Path) -> None:
    """A TOML date, as in the interface."""
    path = written(tmp_path, "[profiles.a]\nsource = 'a'\ncaptured = 2026-06-01\n")
    assert load(path, {}).profile("a").captured == date(2026, 6, 1)


def test_importing_the_configuration_is_cheap() -> None:
    """It brings pydantic, and nothing that a network needs."""
    code = "import sys, syncd.config; print(*sys.modules)"
    modules = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"requests", "urllib3", "httpx2", "sqlalchemy", "subprocess32", "keyring"} & set(modules)
