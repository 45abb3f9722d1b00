"""What people see of a run: a table of what was done and why, warnings, and one line that sums it up."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.table import Table

from syncd.cli.console import escape, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from syncd.pipeline import Report

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


def counted(counts: Mapping[str, int]) -> str:
    """Return what became of papers, as "50 created, 2 to review"; of an undo too, which has words of its own."""
    return ", ".join(
        f"{number} {WORDS[kind][0] if kind in WORDS else kind}" for kind, number in counts.items() if number
    )


def show_report(report: Report, out: Console, err: Console) -> None:
    """Print a run's report: results on `out`, warnings and errors on `err`."""
    for failure in report.sources:
        say(failure.error)
    for profile in report.plan.profiles if report.plan else ():
        for notice in profile.notices:
            err.print(
                f"[yellow]warning:[/] {escape(profile.origin)}: {escape(notice.message)}", soft_wrap=True
            )
    table = _table(report)
    if table.row_count:
        out.print(table)
    if report.error is not None:
        say(report.error)
    out.print(_summary(report), soft_wrap=True)


def _table(report: Report) -> Table:
    table = Table(box=None, pad_edge=False, show_edge=False, header_style="bold")
    table.add_column("what", no_wrap=True)
    table.add_column("paper", ratio=3, overflow="fold")
    table.add_column("why", ratio=2, overflow="fold")
    table.add_column("key", no_wrap=True, style="dim")
    paused = Counter(action.reason for action in report.actions if action.cause == "paused")
    for reason, papers in paused.items():
        # What keeps a whole profile is said once, not once for each of its papers.
        table.add_row(_word("skip", report), f"{papers} paper{'s' * (papers != 1)}", escape(reason), "")
    for action in report.actions:
        if action.cause == "paused":
            continue
        failure = report.failures.get(action.paper)
        kind = "failed" if failure else action.kind
        why = failure.message if failure else action.reason
        if action.changes and action.kind != "create":
            why += ": " + ", ".join(action.changes)
        if action.kept:
            why += "; kept yours: " + ", ".join(action.kept)
        if action.cause == "review" and action.kind not in {"review", "skip"}:
            why += f"; to review: {', '.join(action.candidates[0].reasons)}"
        elif kind == "unchanged" and not action.kept:
            continue
        table.add_row(_word(kind, report), escape(action.title), escape(why), action.key or "")
    return table


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
    asked = sum(a.cause == "review" and a.kind not in {"review", "skip"} for a in report.actions)
    if asked:
        parts.append(f"{asked} of them to decide with syncd review")
    requests = report.requests
    cost = f"{requests.total} request{'s' * (requests.total != 1)} ({requests.write} writing), {report.seconds:.1f} s"
    head = "dry run, nothing was written" if report.dry_run else report.run
    return f"[bold]{escape(report.library)}[/]: {', '.join(parts) or 'nothing was done'} · {cost} · {head}"
