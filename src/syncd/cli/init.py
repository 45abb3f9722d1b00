"""`syncd init`: a short conversation that ends with a configuration and a look at what a push would do.

Nothing is written before the last answer. Run again, it changes what is there and keeps the rest.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncd.cli import questions as asking
from syncd.cli.console import ports, said_plainly, stderr, stdout, tell, to_be_edited
from syncd.cli.exit_codes import Exit, of_reports
from syncd.cli.questions import TYPES, Questions
from syncd.cli.usage import CollectionOption, ConfigOption, EndpointOption, ScheduleOption
from syncd.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from syncd.config import Config
    from syncd.config.template import Answers


def init(
    config: ConfigOption = None,
    library: Annotated[
        str | None, typer.Option("--library", metavar="TYPE", help=f"One of {', '.join(TYPES)}.")
    ] = None,
    number: Annotated[
        int | None, typer.Option("--id", metavar="N", min=1, help="The number of the user or group.")
    ] = None,
    key_env: Annotated[
        str | None, typer.Option("--key-env", metavar="NAME", help="The variable that holds the key.")
    ] = None,
    endpoint: EndpointOption = None,
    profile: Annotated[
        str | None, typer.Option("--profile", metavar="SOURCE|NAME", help="Whom to follow; as syncd follow.")
    ] = None,
    collection: CollectionOption = None,
    schedule: ScheduleOption = None,
    services: Annotated[
        str | None,
        typer.Option(
            "--services", metavar="NAMES", help="Services that may complete papers: all, none, or names."
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing; take what is usual.")] = False,
) -> None:
    """Set syncd up in a short conversation. It writes the configuration and shows what a push would do."""
    with said_plainly():
        place, settings = to_be_edited(config)
        complete = bool(library and profile and (library != "group" or number))
        questions = Questions(talks=sys.stdin.isatty() and not yes and not complete)
        with _nothing_written():
            if not questions.talks:
                _check_complete(settings, library, number, profile, yes=yes)
            _introduce(place, settings, questions)
            chosen, table = asking.library(questions, settings, library, number, key_env, endpoint)
            name, source = asking.profile(questions, settings, place, profile)
            filed = asking.filing(questions, settings, name, source, collection, schedule)
            asked = asking.services(questions, settings, services)
            answers = replace(_answers(settings, chosen, table, name, source, filed), services=asked)
            _write(place, answers)
        _finish(place, answers)


@contextmanager
def _nothing_written() -> Iterator[None]:
    try:
        yield
    except (KeyboardInterrupt, typer.Abort):
        stderr().print("\nInterrupted. Nothing was written.")
        raise typer.Exit(Exit.INTERRUPTED) from None


def _check_complete(
    settings: Config, library: str | None, number: int | None, profile: str | None, *, yes: bool
) -> None:
    """Make sure that there is an answer to everything, where nobody can be asked."""
    missing = []
    if library is None and settings.path is None and not yes:
        missing.append("--library")
    if profile is None and not settings.profiles:
        missing.append("--profile")
    groups = [known for known in settings.named_libraries.values() if known.type == "group"]
    if library == "group" and number is None and not groups:
        missing.append("--id")
    if missing:
        raise ConfigError(
            [f"there is nobody to ask, and no answer is given for {', '.join(missing)}"],
            hint="Such as: syncd init --library embedded --profile PAGE.txt",
        )


def _introduce(place: Path, settings: Config, questions: Questions) -> None:
    if settings.path is None:
        if questions.talks:
            tell(f"A configuration is made in {place}. Ctrl-C ends this, and nothing is written.\n")
        return
    libraries = ", ".join(
        f"{lib.name} ({lib.type}{f' {lib.id}' if lib.id else ''})"
        for lib in settings.named_libraries.values()
    )
    tell(f"{place} has:")
    tell(f"  libraries: {libraries or 'none yet'}")
    for profile in settings.profiles.values():
        tell(f"  profile {profile.name}: {profile.source}, {profile.schedule}")
    if questions.talks:
        tell("Enter keeps what is there. Ctrl-C ends this, and nothing is written.\n")


def _answers(
    settings: Config,
    library: str,
    table: dict[str, Any],
    name: str,
    source: tuple[str, str] | None,
    filed: dict[str, str],
) -> Answers:
    from syncd.config.model import default_library  # noqa: PLC0415 - imported where it is used
    from syncd.config.template import Answers  # noqa: PLC0415

    chosen: dict[str, str] = {"source": source[0]} if source else {}
    there = {*settings.named_libraries, *([library] if table else ())}
    old = settings.profiles.get(name)
    if library in there and (default_library(dict.fromkeys(there)) != library or (old and old.library)):
        chosen |= {} if old and old.library == library else {"library": library}
    before, after = default_library(settings.named_libraries), default_library(dict.fromkeys(there))
    others = [p.name for p in settings.profiles.values() if p.library is None and p.name != name]
    # Where they go must not change behind the user's back; out of the embedded library, they go along.
    stay = before is not None and before != after and settings.libraries[before].type != "embedded"
    pinned = dict.fromkeys(others, before) if stay and before else {}
    if before != after and not pinned and others and settings.path:
        tell(f"  {', '.join(others)} will go to {after} as well")
    return Answers(library, name, table, chosen | filed, pinned)


def _write(place: Path, answers: Answers) -> None:
    from syncd.config import edit, template  # noqa: PLC0415 - imported where it is used

    if not place.exists():
        edit.create(place, os.environ, template.text(answers))
        tell(f"\nThe configuration is in {place}.")
    elif answers.tables:
        edit.change(place, os.environ, answers.tables)
        tell(f"\n{place} is changed; the rest of it is as it was.")
    else:
        tell(f"\n{place} is as it was.")


def _finish(place: Path, answers: Answers) -> None:
    """Show what the first push would do, or what the source gives where there is no key yet."""
    from syncd.config import load  # noqa: PLC0415 - imported where it is used

    settings = load(place, os.environ)
    login = _login(settings, answers.library)
    if login is not None:
        _show_source(settings, answers.profile)
        tell(f"syncd has no key for this library yet. Next: {login}")
        tell("Then bring the papers in with: syncd push")
        return
    _dry_run(settings, answers.profile)


def _login(settings: Config, library: str) -> str | None:
    """Return the command that gets a library's key; None where it has one."""
    found = settings.libraries[library]
    try:
        found.check_open()
        found.resolve_key(os.environ)
    except ConfigError:
        return found.login
    return None


def _show_source(settings: Config, profile: str) -> None:
    from syncd import parse  # noqa: PLC0415 - imported where it is used
    from syncd.cli.inspect import show_profile  # noqa: PLC0415
    from syncd.intake import apis_of, web_of  # noqa: PLC0415 - heavy
    from syncd.sources import fetch  # noqa: PLC0415

    followed = settings.profile(profile)
    with web_of(settings, ports()) as web:
        apis = apis_of(settings, os.environ)
        for snapshot in fetch(followed.source, captured=followed.captured, web=web, apis=apis):
            show_profile(parse.parse(snapshot, followed.format), snapshot.origin)


def _dry_run(settings: Config, profile: str) -> None:
    from syncd.cli.tables import show_report  # noqa: PLC0415 - imports rich
    from syncd.config.model import Enrich  # noqa: PLC0415
    from syncd.pipeline import Task, run_once  # noqa: PLC0415 - heavy

    # Completing papers takes minutes; the push does it.
    quick = settings.model_copy(update={"enrich": Enrich()})
    reports = run_once(quick, Task((profile,), dry_run=True), ports(None, settings))
    for report in reports:
        show_report(report, stdout(), stderr())
    if settings.enrich.services:
        tell(f"The push completes papers from {', '.join(settings.enrich.services)}; this look did not.")
    tell("Nothing was written to the library. Bring the papers in with: syncd push")
    raise typer.Exit(of_reports(reports))
