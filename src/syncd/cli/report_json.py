"""A run's report as JSON: the shape that scripts rely on. Names may be added, none changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from syncd.cli.exit_codes import of_error, of_report, of_reports

if TYPE_CHECKING:
    from syncd.action import Action
    from syncd.errors import SyncdError
    from syncd.pipeline import Report


def to_json(reports: list[Report], *, tell: bool) -> dict[str, Any]:
    """Return one library's report, or those of several under "runs"."""
    if len(reports) == 1:
        return _report(reports[0], tell=tell)
    runs = [_report(report, tell=tell) for report in reports]
    return {"runs": runs, "exit_code": int(of_reports(reports, tell_nothing_new=tell))}


def _report(report: Report, *, tell: bool) -> dict[str, Any]:
    profiles = report.plan.profiles if report.plan else ()
    return {
        "run": report.run,
        "library": report.library,
        "dry_run": report.dry_run,
        "profiles": [
            {
                "name": profile.author,
                "source": profile.origin,
                "collection": profile.collection,
                "papers": profile.papers,
                "listed": profile.listed,
                "warnings": [{"code": n.code, "message": n.message} for n in profile.notices],
            }
            for profile in profiles
        ],
        "unread": [
            {"name": failure.name, "source": failure.origin, **_error(failure.error)}
            for failure in report.sources
        ],
        "counts": report.counts,
        "actions": [_action(report, action) for action in report.actions if _is_news(report, action)],
        "requests": {
            "total": report.requests.total,
            "read": report.requests.read,
            "write": report.requests.write,
        },
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
        "title": action.title,
        "key": action.key,
        "reason": failure.message if failure else action.reason,
        "changes": {name: {"before": b, "after": a} for name, (b, a) in action.changes.items()},
        "kept": list(action.kept),
        "candidates": [
            {"key": c.key, "title": c.title, "score": c.score, "reasons": list(c.reasons)}
            for c in action.candidates
        ],
    }


def _error(error: SyncdError) -> dict[str, Any]:
    return {"message": str(error), "hint": error.hint, "exit_code": int(of_error(error))}
