"""The list of planted faults fits the code."""

from __future__ import annotations

from pathlib import Path

import pytest

import syncd
from mutants import MUTANTS, Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.what)
def test_every_planted_fault_has_its_place(mutant: Mutant) -> None:
    """The piece of code that it replaces stands there, once."""
    text = (Path(syncd.__file__).parent / mutant.file).read_text(encoding="utf-8")
    assert text.count(mutant.before) == 1
    assert mutant.after != mutant.before
