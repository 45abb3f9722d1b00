"""Exit codes, and which error means which. Scripts rely on them: `docs/` lists them for users."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from syncd.errors import SyncdError
    from syncd.pipeline import Report


class Exit(IntEnum):
    """What syncd tells the shell."""

    DONE = 0
    ERROR = 1
    USAGE = 2
    PARTLY = 3
    PERMISSION = 4
    TEMPORARY = 5
    WAITING = 6
    LAYOUT = 7
    GUARD = 8
    NOTHING_NEW = 9
    LOCKED = 11
    INTERRUPTED = 130


# What each sort of error means to the shell.
OF_SORT = {
    "error": Exit.ERROR,
    "configuration": Exit.USAGE,
    "permission": Exit.PERMISSION,
    "temporary": Exit.TEMPORARY,
    "waiting": Exit.WAITING,
    "layout": Exit.LAYOUT,
    "guard": Exit.GUARD,
    "locked": Exit.LOCKED,
}


def of_error(error: SyncdError) -> Exit:
    """Return the exit code of an error that ended a command."""
    return OF_SORT[error.sort]


def of_report(report: Report, *, tell_nothing_new: bool = False) -> Exit:
    """Return the exit code of a run on one library.

    Args:
        report: of the run.
        tell_nothing_new: give `Exit.NOTHING_NEW` where nothing was to be done (`--exit-code`).
    """
    if report.error is not None:
        written = any(report.counts[kind] for kind in ("create", "update", "adopt"))
        return Exit.PARTLY if written and not report.dry_run else of_error(report.error)
    if report.sources:
        return Exit.PARTLY if report.plan is not None else of_error(report.sources[0].error)
    if report.failures:
        written = any(report.counts[kind] for kind in ("create", "update", "adopt"))
        passes = all(failure.passes for failure in report.failures.values())
        return Exit.TEMPORARY if passes and not written else Exit.PARTLY
    if any(action.cause == "review" and action.kind != "skip" for action in report.actions):
        return Exit.WAITING
    changed = any(report.counts[kind] for kind in ("create", "update", "adopt"))
    return Exit.NOTHING_NEW if tell_nothing_new and not changed else Exit.DONE


def of_reports(reports: Iterable[Report], *, tell_nothing_new: bool = False) -> Exit:
    """Return the exit code of a run on several libraries: theirs if they agree, else `Exit.PARTLY`."""
    codes = {of_report(report, tell_nothing_new=tell_nothing_new) for report in reports}
    codes = codes - {Exit.NOTHING_NEW} or codes
    return codes.pop() if len(codes) == 1 else Exit.PARTLY
