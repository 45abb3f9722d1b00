"""Plant each fault of `mutants.py` in a copy of the tree, run the suite on it, and say which were caught.

Usage: python tests/mutants/run.py [WORD]: only the faults with this word in their description.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from mutants import MUTANTS, Mutant

ROOT = Path(__file__).parent.parent.parent
# From the quickest to the most thorough: most faults are caught before processes are killed and the machine starts.
STAGES = (
    [
        "tests/unit/test_merge.py",
        "tests/unit/test_plan.py",
        "tests/unit/test_match.py",
        "tests/unit/test_edits.py",
        "tests/system/test_excerpt.py",
        "tests/unit/test_members.py",
    ],
    [
        "tests/system/test_same_paper.py",
        "tests/system/test_two_names.py",
        "tests/system/test_two_profiles.py",
        "tests/system/test_undo.py",
        "tests/system/test_reject.py",
    ],
    ["tests/system/test_faults.py", "tests/system/test_push.py"],
    ["tests/contract/test_client.py", "tests/plugin", "tests/contract/test_plugin_answers.py"],
    ["tests/system/test_desktop_plugin.py", "tests/system/test_desktop_moves.py"],
    [
        "tests/system/test_user_actions.py",
        "tests/system/test_user_collections.py",
        "tests/system/test_identifiers.py",
        "tests/system/test_memory.py",
        "tests/system/test_amend.py",
        "tests/system/test_note.py",
    ],
    ["tests/system/test_crash.py"],
    ["tests/system/test_machine.py"],
)


def survives(mutant: Mutant) -> bool:
    """Plant one fault; return whether the suite passes all the same."""
    with tempfile.TemporaryDirectory(prefix="syncd-mutant-") as folder:
        copy = Path(folder)
        for part in ("src", "tests", "config"):
            shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", copy)
        path = copy / "src" / "syncd" / mutant.file
        path.write_text(
            path.read_text(encoding="utf-8").replace(mutant.before, mutant.after), encoding="utf-8"
        )
        env = {**os.environ, "PYTHONPATH": str(copy / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
        words = [
            sys.executable,
            "-m",
            "pytest",
            "-x",
            "-q",
            "-n",
            "2",
            "-p",
            "no:cacheprovider",
            "--no-header",
        ]
        for stage in STAGES:
            done = subprocess.run([*words, *stage], cwd=copy, env=env, capture_output=True, check=False)
            # Stopped at the first failure, pytest with several workers says "interrupted".
            if done.returncode in {1, 2} and b" failed" in done.stdout:
                return False
            if done.returncode != 0:
                raise SystemExit(done.stdout.decode() + done.stderr.decode())
    return True


def main() -> None:
    """Run all, or those that a word chooses."""
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    chosen = [mutant for mutant in MUTANTS if word in mutant.what]
    survivors = []
    for mutant in chosen:
        alive = survives(mutant)
        survivors += [mutant] if alive else []
        print(f"{'SURVIVED' if alive else 'caught  '}  {mutant.what}  ({mutant.file})", flush=True)
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} planted faults were caught")
    sys.exit(1 if survivors else 0)


if __name__ == "__main__":
    main()
