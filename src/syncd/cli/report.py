"""What a run did and why, for people and as JSON.

Scripts rely on the shape of the JSON: names may be added, none changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from rich.console import Console

from syncd.cli.console import escape, of_error, of_report, of_reports, say
from syncd.cli.output import WORDS, Column, before_and_after, named, reasons, rest_of, show
from syncd.engine.run import Report
from syncd.errors import SourceError, SyncdError
from syncd.messages import message
from syncd.sync.action import Action, PlannedProfile
from syncd.text.plain import json_of

COLUMNS = (Column("what"), Column("paper", 3), Column("why", 2), Column("key", style="dim"))
# Notices that are said in another way, or only once.
PARTIAL, OFFLINE = "partial-page", "enricher-offline"


def show_report(report: Report, out: Console, err: Console) -> None:
    """Print a run's report: results on `out`, warnings and errors on `err`."""
    away = _offline(report)
    if away:
        say(away)
    for failure in report.unread:
        if not (away and failure.error.unreached):
            say(failure.error)
    for profile in report.plan.profiles if report.plan else ():
        for notice in profile.notices:
            if notice.code == PARTIAL and _was_said(profile, report):
                continue
            if away and notice.code == OFFLINE:
                continue
            words = notice.message
            if notice.code == PARTIAL and profile.listed:
                words += rest_of(profile.author, profile.origin)
            err.print(f"[yellow]warning:[/] {escape(profile.origin)}: {escape(words)}", soft_wrap=True)
    show(out, COLUMNS, list(_rows(report)))
    if report.error is not None:
        say(report.error)
    out.print(_summary(report), soft_wrap=True)


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
    if len(away) < len(online) or len(away) + silent < 2:
        return None
    names = ", ".join(failure.name for failure in away)
    parts = [f"{names} could not be read"] * bool(away) + ["no service could complete papers"] * silent
    return SourceError(
        message("no-server-reached", servers=", and ".join(parts)),
        origin="",
        transient=True,
        hint=message("check-network"),
    )


def _rows(report: Report) -> Iterator[tuple[str, str, str, str]]:
    if report.dry_run:
        # What keeps a whole profile is said once, not once for each of its papers.
        paused = Counter(action.reason for action in report.actions if action.cause == "paused")
        for reason, papers in paused.items():
            yield _word("skip", report), f"{papers} paper{'s' * (papers != 1)}", escape(reason), ""
    for action in report.actions:
        if action.cause == "paused" or is_quiet(action, report):
            continue
        failure = report.failures.get(action.paper)
        kind = "failed" if failure else action.kind
        why = failure.message if failure else reasons(kind, action.reason, action.changes)
        if action.kept:
            why += f"; you changed {named(action.kept)}, which stays"
        if action.cause == "review" and action.kind not in {"review", "skip"}:
            why += f"; to review: {', '.join(action.candidates[0].reasons)}"
        elif kind == "unchanged" and not action.kept:
            continue
        yield _word(kind, report), escape(action.title), escape(why), action.key or ""


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
    if report.error is None and report.plan is not None and not changed:
        parts = ["nothing is new"]
    if counts["unchanged"]:
        parts.append(f"{counts['unchanged']} unchanged")
    if any(action.kind == "skip" or action.kept for action in report.actions if is_quiet(action, report)):
        parts.append("syncd status lists what is skipped and kept")
    asked = sum(a.cause == "review" and a.kind not in {"review", "skip"} for a in report.actions)
    if asked:
        parts.append(f"{asked} of them to decide with syncd review")
    requests = report.requests
    cost = f"{requests.total} request{'s' * (requests.total != 1)} ({requests.write} writing), {report.seconds:.1f} s"
    head = "dry run, nothing was written" if report.dry_run else report.run
    return f"[bold]{escape(report.library)}[/]: {', '.join(parts) or 'nothing was done'} · {cost} · {head}"


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
        "counts": report.counts,
        "actions": [_action(report, action) for action in report.actions if _is_news(report, action)],
        "requests": json_of(report.requests, "total", "read", "write"),
        "seconds": round(report.seconds, 3),
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
