"""`syncd push` and `syncd plan`."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from syncd.cli.bar import Bar
from syncd.cli.console import (
    PATIENCE,
    ConfigOption,
    JsonOption,
    LibraryOption,
    configuration,
    each_once,
    escape,
    of_reports,
    ports,
    said_plainly,
    show_json,
    stderr,
    stdout,
)
from syncd.cli.report import show_report, to_json
from syncd.config import Config
from syncd.engine.gather import jobs
from syncd.engine.run import Report, Task, push_plan, run_once
from syncd.errors import ConfigError, SourceError, StateError
from syncd.messages import message
from syncd.paths import write_whole
from syncd.sync.action import Plan
from syncd.sync.plan import dump, is_plan, load

Sources = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SOURCE|PROFILE", help="Pages, or profiles of the configuration. None: all profiles."
    ),
]


def push(
    sources: Sources = None,
    config: ConfigOption = None,
    library: LibraryOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be done; write nothing.")
    ] = False,
    as_json: JsonOption = False,
    max_create: Annotated[
        int | None, typer.Option("--max-create", metavar="N", min=0, help="Add at most N papers, or none.")
    ] = None,
    tell: Annotated[bool, typer.Option("--exit-code", help="Exit with 9 where nothing was new.")] = False,
    accept_shrunk: Annotated[
        bool, typer.Option("--accept-shrunk", help="Believe a page that lists far fewer papers than before.")
    ] = False,
    accept_empty: Annotated[
        bool, typer.Option("--accept-empty", help="Push anew what the library has lost.")
    ] = False,
    plan_file: Annotated[
        Path | None, typer.Option("--plan", metavar="FILE", help="Carry out a plan that was saved.")
    ] = None,
    wait: Annotated[
        float,
        typer.Option("--wait", metavar="SECONDS", min=0, help="Wait so long while another run is at work."),
    ] = PATIENCE,
) -> None:
    """Bring new papers of profiles into a Zotero library."""
    with said_plainly():
        given = sources or library or dry_run or max_create is not None or accept_shrunk or accept_empty
        if plan_file is not None and given:
            raise ConfigError(
                [message("plan-says-what-and-where")],
                hint=message("plan-leave-out-options"),
            )
        if plan_file is not None:
            reports = [_push_saved(_read_plan(plan_file), config, quiet=as_json, wait=wait)]
        else:
            task = _task(sources, library, dry_run, max_create, accept_shrunk, accept_empty)
            reports = _run(task, config, quiet=as_json, wait=wait)
        _show(reports, as_json=as_json, tell=tell)
        raise typer.Exit(of_reports(reports, tell_nothing_new=tell))


def plan(
    sources: Sources = None,
    config: ConfigOption = None,
    library: LibraryOption = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Save the plan for push --plan.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a push would do, and save it with -o."""
    with said_plainly():
        reports = _run(_task(sources, library, dry_run=True), config, quiet=as_json)
        _show(reports, as_json=as_json, tell=False)
        if output is not None:
            _save(reports, output)
        raise typer.Exit(of_reports(reports))


def _task(
    sources: list[str] | None,
    library: str | None,
    dry_run: bool,
    max_create: int | None = None,
    accept_shrunk: bool = False,
    accept_empty: bool = False,
) -> Task:
    return Task(each_once(sources or ()), library, dry_run, max_create, accept_shrunk, accept_empty)


def _run(task: Task, config: Path | None, *, quiet: bool, wait: float = PATIENCE) -> list[Report]:
    settings = configuration(config)

    if settings.has_stand_in:
        words = f"{settings.path} names no library: papers go into syncd's own. To use yours: syncd login"
        stderr().print(f"[yellow]warning:[/] {escape(words)}", soft_wrap=True)
    _check_open(settings, task)
    with _progress(quiet=quiet) as progress:
        return run_once(settings, task, ports(progress, settings, patience=wait))


def _check_open(settings: Config, task: Task) -> None:
    """End at once where nobody has signed in to any of the libraries: no source need be read for that."""
    closed: list[ConfigError] = []
    for job in jobs(settings, task.names, task.library):
        try:
            job.library.check_open()
        except ConfigError as error:
            closed.append(error)
        else:
            return
    raise closed[0]


def _push_saved(saved: Plan, config: Path | None, *, quiet: bool, wait: float) -> Report:
    settings = configuration(config)

    with _progress(quiet=quiet) as progress:
        return push_plan(settings, saved, ports(progress, settings, patience=wait))


def _progress(*, quiet: bool) -> Bar:
    return Bar(stderr(), quiet=quiet)


def _show(reports: list[Report], *, as_json: bool, tell: bool) -> None:
    if as_json:
        show_json(to_json(reports, tell=tell))
        return
    for report in reports:
        show_report(report, stdout(), stderr())


def _read_plan(path: Path) -> Plan:
    try:
        return load(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else message("not-utf8-text")
        raise SourceError(message("plan-unreadable", path=path, reason=reason), origin=str(path)) from None


def _save(reports: list[Report], output: Path) -> None:
    plans = [report.plan for report in reports if report.plan is not None]
    if len(plans) != 1 or len(reports) != 1:
        raise StateError(
            message("plan-wants-one-library"),
            hint=message("name-library-or-mend"),
        )
    try:
        if output.is_file() and not is_plan(output.read_text(encoding="utf-8", errors="replace")):
            raise StateError(
                message("plan-not-overwriting", path=output),
                hint=message("name-another-output"),
            )
        _replace(output, dump(plans[0]))
    except OSError as error:
        raise StateError(message("plan-not-saved", path=output, reason=error.strerror)) from None
    stderr().print(
        f"The plan is saved. Carry it out with: syncd push --plan {quote(str(output))}", soft_wrap=True
    )


def _replace(place: Path, text: str) -> None:
    """Write a file whole, or leave it as it was. Its permissions stay, and so does a symbolic link to it."""
    target = place.resolve() if place.is_file() else place
    mode = target.stat().st_mode & 0o777 if target.exists() else 0o644
    write_whole(target, text.encode(), mode=mode)
