"""`syncd push` and `syncd plan`, and what a run did and why, for people and as JSON.

Scripts rely on the shape of the JSON: names may be added, none changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Annotated, Any

import typer
from rich.console import Console

from syncd.cli.console import (
    PATIENCE,
    ConfigOption,
    Exit,
    JsonOption,
    LibraryOption,
    configuration,
    each_once,
    escape,
    of_error,
    of_report,
    of_reports,
    papers_in_words,
    ports,
    said_plainly,
    say,
    show_json,
    stderr,
    stdout,
    tell,
)
from syncd.cli.output import WORDS, Bar, Column, before_and_after, named, reasons, show, some, with_the_rest
from syncd.config import Config
from syncd.engine.gather import Unread, jobs, keyless
from syncd.engine.run import Report, RunOptions, push_plan, run_once
from syncd.errors import ConfigError, SourceError, StateError, SyncdError
from syncd.messages import chained, listed, message
from syncd.paths import write_whole
from syncd.read import is_online
from syncd.sync.action import Action, Plan, PlannedProfile
from syncd.sync.plan import dump, is_plan, load
from syncd.text.plain import json_of

COLUMNS = (Column("what"), Column("paper", 3), Column("why", 2), Column("key", style="dim"))
# Notices that are said in another way, or only once.
PARTIAL, OFFLINE = "partial-page", "enricher-offline"


def show_report(report: Report, out: Console, err: Console) -> None:
    """Print a run's report: results on `out`, warnings and errors on `err`."""
    away = _offline(report)
    if away:
        say(away)
    for error in _unread(report, away=away is not None):
        say(error)
    for profile in report.plan.profiles if report.plan else ():
        for notice in profile.notices:
            if notice.code == PARTIAL and _was_said(profile, report):
                continue
            if away and notice.code == OFFLINE:
                continue
            words = notice.message
            if notice.code == PARTIAL and profile.listed:
                words = with_the_rest(words, profile.author, profile.origin)
            err.print(f"[yellow]warning:[/] {escape(profile.origin)}: {escape(words)}", soft_wrap=True)
    show(out, COLUMNS, list(_rows(report)))
    for words in report.notices:
        err.print(f"[yellow]warning:[/] {escape(words)}", soft_wrap=True)
    if report.error is not None:
        say(report.error)
    out.print(_summary(report), soft_wrap=True)


def _unread(report: Report, *, away: bool) -> Iterator[SyncdError]:
    """Yield why profiles could not be read; what those share who were asked about together, once."""
    by_error: dict[int, list[Unread]] = {}
    for failure in report.unread:
        if not (away and failure.error.unreached):
            by_error.setdefault(id(failure.error), []).append(failure)
    for alike in by_error.values():
        error = alike[0].error
        names = [failure.name for failure in alike]
        yield (
            error
            if len(alike) == 1
            else SyncdError(message("at", place=some(names), words=error.words), hint=error.hint)
        )


def _was_said(profile: PlannedProfile, report: Report) -> bool:
    """Tell whether an earlier push said the same of a page that lists a part of its papers."""
    before = report.before.get(profile.name)
    return before is not None and (before.papers, before.listed) == (profile.papers, profile.listed)


def _offline(report: Report) -> SyncdError | None:
    """Return one error for all that needs the network, where nothing of it was reached."""
    online = [failure for failure in report.unread if isinstance(failure.error, SourceError)]
    away = [failure for failure in online if failure.error.unreached]
    profiles = report.plan.profiles if report.plan else ()
    silent = any(notice.code == OFFLINE for profile in profiles for notice in profile.notices)
    reached = any(is_online(profile.origin) for profile in profiles)
    if reached or len(away) < len(online) or len(away) + silent < 2:
        return None
    unread = message("sources-not-read", names=", ".join(failure.name for failure in away))
    incomplete = message("services-not-reached")
    both = message("list-and", first=unread, second=incomplete)
    return SourceError(
        message("no-server-reached", servers=both if away and silent else unread if away else incomplete),
        origin="",
        transient=True,
        hint=message("check-network"),
    )


def _rows(report: Report) -> Iterator[tuple[str, str, str, str]]:
    if report.dry_run:
        # What keeps a whole profile is said once, not once for each of its papers.
        paused = Counter(action.reason for action in report.actions if action.cause == "paused")
        for reason, papers in paused.items():
            yield _word("skip", report), papers_in_words(papers), escape(reason), ""
    for action in report.actions:
        if action.cause == "paused" or is_quiet(action, report):
            continue
        failure = report.failures.get(action.paper)
        kind = "failed" if failure else action.kind
        why = [failure.message if failure else reasons(kind, action.reason, action.changes)]
        if action.kept:
            why.append(message("you-changed-stays", fields=named(action.kept)))
        if action.cause == "review" and action.kind not in {"review", "skip"}:
            why.append(message("review-because", reasons=listed(action.candidates[0].reasons)))
        elif kind == "unchanged" and not action.kept:
            continue
        yield _word(kind, report), escape(action.title), escape(chained(why)), action.key or ""


def is_quiet(action: Action, report: Report) -> bool:
    """Tell whether an action is one of those that `syncd status` lists and that a push need not repeat each time."""
    if report.dry_run or action.paper in report.failures:
        return False
    return action.kind == "skip" or (action.kind == "unchanged" and action.cause != "review")


def _word(kind: str, report: Report) -> str:
    done, planned, colour = WORDS[kind]
    return f"[{colour}]{planned if report.dry_run else done}[/]"


def _summary(report: Report) -> str:
    counts = report.counts
    changed = [kind for kind in WORDS if kind != "unchanged" and counts[kind]]
    parts = [f"{counts[kind]} {WORDS[kind][1 if report.dry_run else 0]}" for kind in changed]
    if report.error is None and (report.plan is not None or report.unchanged) and not changed:
        parts = [message("nothing-is-new")]
    elif report.unchanged:
        parts.append(message("nothing-new-of", count=len(report.unchanged)))
    if counts["unchanged"]:
        parts.append(message("counted-unchanged", count=counts["unchanged"]))
    if any(action.kind == "skip" or action.kept for action in report.actions if is_quiet(action, report)):
        parts.append(message("skipped-are-listed"))
    asked = sum(a.cause == "review" and a.kind not in {"review", "skip"} for a in report.actions)
    if asked:
        parts.append(message("some-to-decide", count=asked))
    requests = report.requests
    seconds = f"{report.seconds:.1f}"
    cost = message("requests-and-seconds", count=requests.total, writing=requests.write, seconds=seconds)
    done = listed(parts or [message("nothing-was-done")])
    head = message("dry-run") if report.dry_run else report.run
    return f"[bold]{escape(report.library)}[/]: {done} · {cost} · {head}"


def to_json(reports: list[Report], *, tell: bool) -> dict[str, Any]:
    """Return one library's report, or those of several under "runs"."""
    if len(reports) == 1:
        return _report(reports[0], tell=tell)
    runs = [_report(report, tell=tell) for report in reports]
    return {"runs": runs, "exit_code": int(of_reports(reports, tell_nothing_new=tell))}


def _report(report: Report, *, tell: bool) -> dict[str, Any]:
    profiles = report.plan.profiles if report.plan else ()
    return {
        **json_of(report, "run", "library", "dry_run"),
        "profiles": [
            {
                "name": profile.author,
                "source": profile.origin,
                **json_of(profile, "collection", "papers", "listed"),
                "warnings": json_of(profile.notices),
            }
            for profile in profiles
        ],
        "unread": [
            {"name": failure.name, "source": failure.origin, **_error(failure.error)}
            for failure in report.unread
        ],
        "unchanged_profiles": list(report.unchanged),
        "counts": report.counts,
        "actions": [_action(report, action) for action in report.actions if _is_news(report, action)],
        "requests": json_of(report.requests, "total", "read", "write"),
        "seconds": round(report.seconds, 3),
        "warnings": list(report.notices),
        "error": _error(report.error) if report.error else None,
        "exit_code": int(of_report(report, tell_nothing_new=tell)),
    }


def _is_news(report: Report, action: Action) -> bool:
    return action.kind != "unchanged" or action.paper in report.failures or bool(action.kept or action.cause)


def _action(report: Report, action: Action) -> dict[str, Any]:
    failure = report.failures.get(action.paper)
    return {
        "action": "failed" if failure else action.kind,
        **json_of(action, "title", "key"),
        "reason": failure.message if failure else action.reason,
        "changes": before_and_after(action.changes),
        "kept": list(action.kept),
        "candidates": [json_of(one, "key", "title", "score", "reasons") for one in action.candidates],
    }


def _error(error: SyncdError) -> dict[str, Any]:
    return {"message": str(error), "hint": error.hint, "exit_code": int(of_error(error))}


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
        settings = configuration(config)
        if plan_file is not None:
            reports = [_push_saved(_read_plan(plan_file), settings, quiet=as_json, wait=wait)]
        else:
            options = _task(sources, library, dry_run, max_create, accept_shrunk, accept_empty)
            reports = _run(options, settings, quiet=as_json, wait=wait)
        if not as_json:
            _show(reports)
        lists = Lists() if dry_run or not settings.outputs else _keep_lists(settings)
        code = of_reports(reports, tell_nothing_new=tell)
        # What became of papers says more than what became of files.
        code = lists.code if lists.code and code in {Exit.DONE, Exit.NOTHING_NEW} else code
        if as_json:
            show_json(to_json(reports, tell=tell) | {"outputs": lists.told, "exit_code": int(code)})
        raise typer.Exit(code)


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
        reports = _run(_task(sources, library, dry_run=True), configuration(config), quiet=as_json)
        if as_json:
            show_json(to_json(reports, tell=False))
        else:
            _show(reports)
        if output is not None:
            _save(reports, output)
        raise typer.Exit(of_reports(reports))


@dataclass(frozen=True, slots=True)
class Lists:
    """What became of the configuration's lists: an exit code, and each as JSON has it."""

    code: Exit = Exit.DONE
    told: tuple[dict[str, Any], ...] = ()


def _keep_lists(settings: Config) -> Lists:
    from syncd.cli.export import exit_of, keep_lists  # noqa: PLC0415 - few have lists

    written = keep_lists(settings, ports(settings=settings))
    told = tuple(
        json_of(one, "file", "outcome", "papers") | {"error": _error(one.error) if one.error else None}
        for one in written
    )
    return Lists(exit_of(written), told)


def _task(
    sources: list[str] | None,
    library: str | None,
    dry_run: bool,
    max_create: int | None = None,
    accept_shrunk: bool = False,
    accept_empty: bool = False,
) -> RunOptions:
    return RunOptions(each_once(sources or ()), library, dry_run, max_create, accept_shrunk, accept_empty)


def _run(options: RunOptions, settings: Config, *, quiet: bool, wait: float = PATIENCE) -> list[Report]:
    if settings.has_stand_in:
        words = message("names-no-library", path=settings.path)
        stderr().print(f"[yellow]warning:[/] {escape(words)}", soft_wrap=True)
    if not options.names and (number := keyless(settings)):
        wanted = f"{message('openalex-key-wanted', count=number)}\n{message('get-openalex-key')}"
        stderr().print(f"[yellow]warning:[/] {escape(wanted)}", soft_wrap=True)
    _check_open(settings, options)
    with _progress(quiet=quiet) as progress:
        return run_once(settings, options, ports(progress, settings, patience=wait))


def _check_open(settings: Config, options: RunOptions) -> None:
    """End at once where nobody has signed in to any of the libraries: no source need be read for that."""
    closed: list[ConfigError] = []
    for job in jobs(settings, options.names, options.library):
        try:
            job.library.check_open()
        except ConfigError as error:
            closed.append(error)
        else:
            return
    raise closed[0]


def _push_saved(saved: Plan, settings: Config, *, quiet: bool, wait: float) -> Report:
    with _progress(quiet=quiet) as progress:
        return push_plan(settings, saved, ports(progress, settings, patience=wait))


def _progress(*, quiet: bool) -> Bar:
    return Bar(stderr(), quiet=quiet)


def _show(reports: list[Report]) -> None:
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
    tell(message("plan-is-saved", path=quote(str(output))), err=True)


def _replace(place: Path, text: str) -> None:
    """Write a file whole, or leave it as it was. Its permissions stay, and so does a symbolic link to it."""
    target = place.resolve() if place.is_file() else place
    mode = target.stat().st_mode & 0o777 if target.exists() else 0o644
    write_whole(target, text.encode(), mode=mode)
