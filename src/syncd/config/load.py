"""Finds the configuration file, reads it and makes a `Config` of it, with every problem named at once.

It reads this one file and fetches no secret. `effective` lists what is in effect and where each setting comes from.
"""

from __future__ import annotations

import glob
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

from syncd.config import members, values
from syncd.config.model import EMBEDDED, STYLE_FILE, Config, ProfileConfig, Service
from syncd.config.problems import Problem, cross_check, translate, worded
from syncd.config.secrets import SecretRef
from syncd.config.toml import locate
from syncd.errors import ConfigError
from syncd.messages import message
from syncd.paths import config_home, expand
from syncd.text.patterns import pattern

if TYPE_CHECKING:
    from syncd.config.model import Database, Library, Metrics, Output, Services
    from syncd.config.toml import Path as Setting

SYSTEM_FILE = Path("/etc/syncd/config.toml")

# such as: Invalid value (at line 3, column 7); Unclosed array (at end of document)
TOML_ERROR = pattern(
    r"(?P<what>.*) \(at (?:line (?P<line>\d+), column \d+|end of document)\)",
    hostile=" (at line 1, column 1",
    flags=re.DOTALL,
)


# What Python says of TOML that is hard to understand without knowing Python.
TWICE = pattern(r"Cannot declare \((?P<path>[^()]*)\) twice", hostile=("Cannot declare (", "(", ""))
PLAIN = {
    "Cannot overwrite a value": message("toml-set-twice"),
    "Invalid value": message("toml-value-missing"),
    "Invalid statement": message("toml-neither"),
    "Expected newline or end of document after a statement": message("toml-after-end"),
}


def find(path: Path | None, env: Mapping[str, str]) -> Path | None:
    """Return the configuration file to read: the one that was named, else the first one that is there.

    Looked for in this order: `path`, `$SYNCD_CONFIG`, `$XDG_CONFIG_HOME/syncd/config.toml`, `SYSTEM_FILE`.
    A file that was named is returned whether it exists or not; None: no file was named and there is none.
    """
    if path is not None:
        return expand(str(path), env)
    if env.get("SYNCD_CONFIG"):
        return expand(env["SYNCD_CONFIG"], env)
    usual = (config_home(env) / "syncd" / "config.toml", SYSTEM_FILE)
    return next((file for file in usual if _is_there(file)), None)


def _is_there(file: Path) -> bool:
    try:
        return file.exists() or file.is_symlink()
    except OSError:  # a folder on the way that may not be entered
        return False


def load(path: Path | None, env: Mapping[str, str]) -> Config:
    """Read the configuration.

    Args:
        path: the file that the user named, if any.
        env: the environment.

    Returns:
        the settings, or the defaults with the embedded library where there is no file.

    Raises:
        ConfigError: with every problem there is, each with its file and line.
    """
    file = find(path, env)
    if file is None:
        return defaults()
    label = str(file)
    raw, text = _parsed(_read(file, label), label)
    config, problems = _validated(raw)
    problems += cross_check(raw)
    if config is None or problems:
        raise ConfigError(worded(problems, label=label, lines=locate(text)))
    anchored = _with_members(_anchored(config, file, env))
    if problems := _unknown_profiles(anchored):
        raise ConfigError(worded(problems, label=label, lines=locate(text)))
    anchored._has_stand_in = not raw.get("libraries")  # noqa: SLF001 - private to keep it out of the file's settings
    return anchored


def defaults() -> Config:
    """Return the settings where there is no file."""
    return _with_embedded({})


def _read(file: Path, label: str) -> str:
    try:
        data = file.read_bytes()
    except IsADirectoryError:
        raise ConfigError([message("config-is-folder", path=label)]) from None
    except FileNotFoundError:
        raise ConfigError(
            [message("no-config-file", path=label)],
            hint=message("make-config", path=quote(label)),
        ) from None
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or message("name-not-valid")
        raise ConfigError([message("config-file-unreadable", path=label, reason=reason)]) from None
    return _decoded(data, label)


def _decoded(data: bytes, label: str) -> str:
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
    # Raised out here, for an exception that was being handled would carry the file's content along.
    raise ConfigError([message("file-not-utf8", path=label, line=line)], hint=message("save-as-utf8"))


def _parsed(text: str, label: str) -> tuple[dict[str, Any], str]:
    try:
        return tomllib.loads(text), text
    except tomllib.TOMLDecodeError as error:
        raise not_toml(error, label, text) from None
    except RecursionError:
        problem = message("toml-nested-too-deeply")
    except ValueError:
        problem = message("toml-number-too-long")
    raise ConfigError([message("not-toml", path=label, line=1, problem=problem)])


def not_toml(error: tomllib.TOMLDecodeError, label: str, text: str) -> ConfigError:
    """Return the error of a file that is no TOML, in plain words and with its line."""
    match = TOML_ERROR.fullmatch(str(error))
    what = match["what"] if match else str(error)
    line = (match and match["line"]) or text.rstrip().count("\n") + 1
    return ConfigError([values.masked(message("not-toml", path=label, line=line, problem=_plainly(what)))])


def _plainly(what: str) -> str:
    """Say in plain words what Python's reader of TOML said.

    >>> _plainly("Cannot declare ('libraries', 'main') twice"), _plainly("Unclosed array")
    ('the table [libraries.main] is there twice', 'unclosed array')
    """
    if twice := TWICE.fullmatch(what):
        names = (name.strip().strip("'\"") for name in twice["path"].split(","))
        return message("toml-table-twice", table=".".join(filter(None, names)))
    return PLAIN.get(what, what[:1].lower() + what[1:])


def _validated(raw: dict[str, Any]) -> tuple[Config | None, list[Problem]]:
    try:
        return _with_embedded(raw), []
    except ValidationError as error:
        return None, translate(error.errors(include_url=False))


def _with_embedded(raw: dict[str, Any]) -> Config:
    """Make the model; without any library there is the embedded one."""
    if raw.get("libraries", {}) == {}:
        raw = {**raw, "libraries": {EMBEDDED: {"type": EMBEDDED}}}
    return Config.model_validate(raw)


def _anchored(config: Config, file: Path, env: Mapping[str, str]) -> Config:
    """Make the paths in `config` absolute; they are relative to the file."""
    base = file.absolute().parent
    anchored = config.model_copy(
        update={
            "libraries": {
                name: _anchored_library(part, base, env) for name, part in config.libraries.items()
            },
            "profiles": {name: _anchored_profile(part, base, env) for name, part in config.profiles.items()},
            "groups": {
                name: part.model_copy(update={"members": str(base / expand(part.members, env))})
                for name, part in config.groups.items()
            },
            "database": _anchored_database(config.database, base, env),
            "services": _anchored_services(config.services, base, env),
            "metrics": _anchored_metrics(config.metrics, base, env),
            "outputs": tuple(_anchored_output(part, base, env) for part in config.outputs),
            "notify": config.notify.model_copy(
                update={"urls": tuple(_anchored_secret(ref, base, env) for ref in config.notify.urls)}
            ),
        }
    )
    anchored._path = file.absolute()  # noqa: SLF001 - private to keep it out of the file's settings
    return anchored


def _anchored_library(library: Library, base: Path, env: Mapping[str, str]) -> Library:
    if library.key is None:
        return library
    return library.model_copy(update={"key": _anchored_secret(library.key, base, env)})


def _anchored_secret(secret: SecretRef, base: Path, env: Mapping[str, str]) -> SecretRef:
    if secret.file is None:
        return secret
    return secret.model_copy(update={"file": str(base / expand(secret.file, env))})


def _anchored_services(services: Services, base: Path, env: Mapping[str, str]) -> Services:
    keys = {name: service.key for name, service in services if service.key is not None}
    return services.model_copy(
        update={name: Service(key=_anchored_secret(key, base, env)) for name, key in keys.items()}
    )


def _anchored_database(database: Database, base: Path, env: Mapping[str, str]) -> Database:
    if not isinstance(database.url, SecretRef):
        return database
    return database.model_copy(update={"url": _anchored_secret(database.url, base, env)})


def _anchored_metrics(metrics: Metrics, base: Path, env: Mapping[str, str]) -> Metrics:
    if metrics.textfile is None:
        return metrics
    return metrics.model_copy(update={"textfile": str(base / expand(metrics.textfile, env))})


def _anchored_output(output: Output, base: Path, env: Mapping[str, str]) -> Output:
    paths = {"file": str(base / expand(output.file, env))}
    if output.style and output.style.endswith(STYLE_FILE):
        paths["style"] = str(base / expand(output.style, env))
    return output.model_copy(update=paths)


def _anchored_profile(profile: ProfileConfig, base: Path, env: Mapping[str, str]) -> ProfileConfig:
    if values.SCHEME.match(profile.source) or values.AUTHOR.fullmatch(profile.source):
        return profile
    # A bracket in the folder's own name is no pattern. A path that is absolute stays as it is.
    folder = glob.escape(str(base)) if glob.has_magic(profile.source) else str(base)
    # There may be ten thousand of them, and a path takes long to make.
    source = expand(profile.source, env) if profile.source.startswith("~") else profile.source
    return profile.model_copy(update={"source": str(Path(folder, source))})


def _with_members(config: Config) -> Config:
    """Add the people of all lists to the profiles.

    Raises:
        ConfigError: with every problem of every list, each with its line.
    """
    profiles = dict(config.profiles)
    places: dict[str, tuple[str, int]] = {}
    problems: list[str] = []
    hint = ""
    for group in config.groups.values():
        path = group.members
        try:
            people = members.read(read_list(Path(path)))
        except ConfigError as error:
            problems += error.problems
            hint = hint or error.hint
            continue
        found = list(people.problems)
        for one in people.members:
            if one.name in places:
                other, line = places[one.name]
                words = message("member-of-other-list", name=repr(one.name), path=other, line=line)
                found.append(members.Problem(one.line, words))
            elif one.name in profiles:
                found.append(members.Problem(one.line, message("member-taken", name=repr(one.name))))
            else:
                places[one.name] = (path, one.line)
                profiles[one.name] = group.profile(one.name, one.source, one.span)
        found.sort(key=lambda problem: problem.line)
        problems += [message("at", place=f"{path}:{problem.line}", words=problem.words) for problem in found]
    if problems:
        raise ConfigError(problems, hint=hint)
    return config.model_copy(update={"profiles": profiles})


def _unknown_profiles(config: Config) -> list[Problem]:
    """Return what is wrong with the profiles of lists, once everybody is known."""
    known = config.profiles.keys() | config.groups.keys()
    return [
        Problem(
            ("outputs", number, "profiles"),
            values.did_you_mean(message("no-such-profile", name=name), values.closest(name, known)),
        )
        for number, output in enumerate(config.outputs)
        for name in output.profiles
        if name not in known
    ]


def read_list(file: Path) -> str:
    """Return the text of a list of people.

    Raises:
        ConfigError: it can't be read.
    """
    try:
        data = file.read_bytes()
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or message("name-not-valid")
        raise ConfigError([message("list-unreadable", path=file, reason=reason)]) from None
    return _decoded(data, str(file))


CUT = "…"


@dataclass(frozen=True, slots=True)
class Effective:
    """One setting.

    Attributes:
        path: from the outermost table inwards.
        value: as it stands in JSON; of a secret, where it is kept.
        line: of the file; None where it is the default.
        secrets: the references that it consists of, if it does.
    """

    path: Setting
    value: Any
    line: int | None
    secrets: tuple[SecretRef, ...] = ()


def effective(config: Config) -> list[Effective]:
    """Return every setting that has a value."""
    return list(_walk(config, (), lines_of(config.path) if config.path else {}))


def lines_of(file: Path) -> dict[Setting, int]:
    """Return the line of each setting of a file that was loaded.

    Raises:
        ConfigError: it can't be read any more.
    """
    return locate(_read(file, str(file)))


def _walk(table: BaseModel, path: Setting, lines: dict[Setting, int]) -> Iterator[Effective]:
    plain = table.model_dump(mode="json")
    # What only a profile or only a list has stands before what both have.
    own = type(table).__annotations__
    for name in sorted(type(table).model_fields, key=lambda name: name not in own):
        value, here = getattr(table, name), (*path, name)
        if isinstance(value, SecretRef):
            yield Effective(here, str(value), lines.get(here), (value,))
        elif isinstance(value, BaseModel):
            yield from _walk(value, here, lines)
        elif isinstance(value, dict) or name == "outputs":
            for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
                if not (isinstance(inner, ProfileConfig) and inner.group):  # its list stands for it
                    yield from _walk(inner, (*here, key), lines)
        elif name == "urls" and value:
            yield Effective(here, [str(ref) for ref in value], lines.get(here), tuple(value))
        elif value is not None:
            yield Effective(here, _cut(here, plain[name]), lines.get(here))


def _cut(path: Setting, value: Any) -> Any:
    """Cut short what others could misuse: who knows a ping's address can ping, and commands may hold passwords."""
    if path == ("ping", "url"):
        parts = urlsplit(value)
        return f"{parts.scheme}://{parts.hostname}/{CUT}"
    if path == ("notify", "command") and len(value) > 1:
        return [value[0], CUT]
    return value
