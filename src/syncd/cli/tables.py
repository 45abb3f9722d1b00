"""What people see of a run: a table of what was done and why, warnings, and one line that sums it up."""

from __future__ import annotations

from collections import Counter
from shlex import quote
from typing import TYPE_CHECKING

from syncd.cli import grid
from syncd.cli.console import escape, say
from syncd.cli.grid import Column
from syncd.errors import SourceError
from syncd.sources import registry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rich.console import Console

    from syncd.action import Action
    from syncd.errors import SyncdError
    from syncd.pipeline import Report
    from syncd.plan import PlannedProfile

# For each kind of action: the word once it is done, the word while it is only planned, the colour.
WORDS = {
    "create": ("created", "create", "green"),
    "update": ("updated", "update", "cyan"),
    "adopt": ("adopted", "adopt", "cyan"),
    "skip": ("skipped", "skip", "dim"),
    "review": ("to review", "review", "yellow"),
    "failed": ("failed", "fails", "red"),
    "unchanged": ("unchanged", "unchanged", "dim"),
}

COLUMNS = (Column("what"), Column("paper", 3), Column("why", 2), Column("key", style="dim"))
FIELDS = {
    "abstractNote": "abstract",
    "archiveID": "arXiv id",
    "conferenceName": "conference",
    "creators": "authors",
    "itemType": "type of item",
    "libraryCatalog": "library catalogue",
    "proceedingsTitle": "proceedings",
    "publicationTitle": "journal",
    "repository": "repository",
    "url": "address",
}
# Notices that are said in another way, or only once.
PARTIAL, OFFLINE = "partial-page", "enricher-offline"


def counted(counts: Mapping[str, int]) -> str:
    """Return what became of papers, as "50 created, 2 to review"; of an undo too, which has words of its own."""
    return ", ".join(
        f"{number} {WORDS[kind][0] if kind in WORDS else kind}" for kind, number in counts.items() if number
    )


def show_report(report: Report, out: Console, err: Console) -> None:
    """Print a run's report: results on `out`, warnings and errors on `err`."""
    away = _offline(report)
    if away:
        say(away)
    for failure in report.sources:
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
    grid.show(out, COLUMNS, list(_rows(report)))
    if report.error is not None:
        say(report.error)
    out.print(_summary(report), soft_wrap=True)


def _was_said(profile: PlannedProfile, report: Report) -> bool:
    """Tell whether an earlier push said the same of a page that lists a part of its papers."""
    before = report.before.get(profile.name)
    return before is not None and (before.papers, before.listed) == (profile.papers, profile.listed)


def rest_of(author: str, origin: str) -> str:
    """Say how the papers are had that a page does not list, as the end of a sentence about that."""
    if registry.recognise(origin) is not None:
        return ""
    again = "" if "://" in origin else "open the page, scroll to its end and save it again, or "
    return f". For the rest, {again}follow the author at a service: syncd follow {quote(author)}"


def _offline(report: Report) -> SyncdError | None:
    """Return one error for all that needs the network, where nothing of it was reached."""
    online = [failure for failure in report.sources if isinstance(failure.error, SourceError)]
    away = [failure for failure in online if failure.error.unreached]
    profiles = report.plan.profiles if report.plan else ()
    silent = any(notice.code == OFFLINE for profile in profiles for notice in profile.notices)
    if len(away) < len(online) or len(away) + silent < 2:
        return None
    names = ", ".join(failure.name for failure in away)
    parts = [f"{names} could not be read"] * bool(away) + ["no service could complete papers"] * silent
    return SourceError(
        f"this computer reaches no server: {', and '.join(parts)}",
        origin="",
        transient=True,
        hint="Check the network. What is in the library stays as it is.",
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


def reasons(kind: str, reason: str, changes: Iterable[str]) -> str:
    """Return why something was done to a paper, and to what of it."""
    changed = list(changes)
    if not changed or kind == "create":
        return reason
    if kind == "update":
        return f"the source changed {named(changed)}"
    return f"{reason}; syncd filled in {named(changed)}" if kind == "adopt" else f"{reason}: {named(changed)}"


def named(fields: Iterable[str]) -> str:
    """Return Zotero's fields as people call them.

    >>> named(["abstractNote", "creators", "volume"])
    'abstract, authors and volume'
    """
    *others, last = (FIELDS.get(name, name) for name in fields)
    return f"{', '.join(others)} and {last}" if others else last


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
