"""How long a large BibTeX file takes, measured against what pybtex alone takes for it."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pybtex.database import parse_string

from syncd.model import Snapshot
from syncd.read import parse

if TYPE_CHECKING:
    from collections.abc import Callable

ENTRIES = 10_000
WORDS = (
    "adversarial attention based bayesian causal contrastive data deep diffusion efficient embedding federated"
    " few-shot gradient graph language large learning low-rank model multi-task neural optimisation robust"
    " self-supervised semantic sparse stochastic transformer "
)
LATEX = r"$\alpha$-stable 5\% {BERT} \emph{very} ``new''"
GIVEN = r"Ann Bo Carla Dmitri Eva Feng Giulia Hans In\'es Jun Karl Li Maria Nils Olga Qing Rosa Sven Tao"
FAMILY = r"Lee Sand Rossi Ivanov Weber Zhang Conti M{\"u}ller L\'opez Wang Novak Chen Garc{\'i}a Berg Liu"


def entry(number: int, chance: random.Random) -> str:
    """An entry as reference managers export it, with an abstract of some 150 words."""
    names = " and ".join(
        f"{chance.choice(FAMILY.split())}, {chance.choice(GIVEN.split())} {chance.choice('ABCDEF')}."
        for _ in range(chance.randint(2, 6))
    )
    words = (4 * WORDS + LATEX).split()
    abstract = " ".join(" ".join(chance.choices(words, k=15)).capitalize() + "." for _ in range(10))
    return (
        f"@article{{key{number},\n  title = {{{{{' '.join(chance.choices(words, k=9))}}}}},\n"
        f"  author = {{{names}}},\n  journal = {{Journal of {chance.choice(words)} Studies}},\n"
        f"  year = {{{chance.randint(1995, 2025)}}},\n  volume = {{{chance.randint(1, 60)}}},\n"
        f"  pages = {{{number}--{number + 12}}},\n  doi = {{10.1000/x.{number}}},\n"
        f"  url = {{https://doi.org/10.1000/x.{number}}},\n  abstract = {{{abstract}}}\n}}\n"
    )


def seconds(function: Callable[[], object]) -> float:
    """The processor time that a function takes."""
    start = time.process_time()
    function()
    return time.process_time() - start


def test_bibtex_against_pybtex() -> None:
    """10,000 entries take at most twice what pybtex alone takes in the same run."""
    chance = random.Random(1)
    text = "\n".join(entry(number, chance) for number in range(ENTRIES))
    snapshot = Snapshot(text.encode(), "pubs.bib", datetime(2026, 6, 1, tzinfo=UTC))
    alone = min(seconds(lambda: parse_string(text, "bibtex")) for _ in range(2))
    ours = min(seconds(lambda: parse(snapshot)) for _ in range(2))
    print(  # noqa: T201 - the figures are what this is for
        f"\n{ENTRIES:,} entries, {len(text) / 1e6:.0f} MB: syncd {ours:.1f} s, pybtex alone {alone:.1f} s"
    )
    assert ours <= 2 * alone
