"""Looks at everything that can be wrong with syncd on this computer, and says what mends it.

Each check stands alone: one that breaks hides no other. Nothing is written, unless the caller wants what is safe to
mend mended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from syncd.doctor import computer, libraries, lists, memory, profiles, settings, workers
from syncd.doctor.finding import Check, Finding, Scene
from syncd.errors import ConfigError, SyncdError, words_of
from syncd.messages import message


def examine(
    scene: Scene, *, fix: bool = False, tell: Callable[[str], None] = lambda _: None
) -> Iterator[Finding]:
    """Look at everything, and yield what is found as it is found.

    Args:
        scene: what there is to look at.
        fix: mend what is safe to mend.
        tell: is told the name of each check before it begins.
    """
    parts = (
        computer.checks,
        settings.checks,
        memory.checks,
        lists.checks,
        workers.checks,
        libraries.checks,
        profiles.checks,
        computer.background,
    )
    for checks in parts:
        for check in checks(scene):
            if check.online and scene.offline:
                continue
            tell(check.name)
            yield from _looked(check, fix=fix)


def _looked(check: Check, *, fix: bool) -> list[Finding]:
    """Look, mend, and look again where something was mended."""
    found = _found(check)
    repairs = [finding for finding in found if fix and finding.repair is not None]
    if not repairs:
        return found
    return [*(_repaired(finding) for finding in repairs), *_found(check)]


def _found(check: Check) -> list[Finding]:
    try:
        return list(check.look())
    except ConfigError as error:
        return [Finding(check.name, "failure", problem, error.hint) for problem in error.problems]
    except SyncdError as error:
        return [Finding(check.name, "failure", error.words, error.hint)]
    except Exception as error:  # noqa: BLE001 - a check that breaks must not hide the others
        words = message("check-faulty", error=type(error).__name__)
        return [Finding(check.name, "failure", words)]


def _repaired(finding: Finding) -> Finding:
    assert finding.repair is not None  # noqa: S101 - the caller chose those that have one
    try:
        return Finding(finding.name, "ok", message("mended", what=finding.repair()))
    except (OSError, SyncdError) as error:
        words = (error.strerror if isinstance(error, OSError) else None) or words_of(error)
        return Finding(finding.name, "warning", message("not-mended", reason=words), finding.mend)
