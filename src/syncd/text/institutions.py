"""Names of institutions for people, where a source has slugs such as "microsoft-research". Pure.

Only what is told goes through here. Tags keep the slugs: a change would go through whole libraries.
"""

from __future__ import annotations

from collections.abc import Iterable

from syncd.text.patterns import pattern

SLUG = pattern(r"[a-z0-9&.]+(?:-[a-z0-9&.]+)*", hostile="a-")
# Slugs that are not their name's words.
NAMES = {"gatech": "Georgia Tech", "caltech": "Caltech", "huggingface": "Hugging Face", "ethz": "ETH Zurich"}
# Words that are not written with just one capital, in front.
WRITTEN = """
    AI AWS BAAI CMU CNRS CUHK EPFL ETH HKUST HP IBM IIT IST KAIST KIT LMU ML MIT NEC NLP NTU NUS NYU SAP SJTU TU TUM UC
    UCB UCL UCLA UCSD UIUC UK UNC USA USC USTC UT
    AllenAI ByteDance DeepMind DeepSeek EleutherAI GitHub LinkedIn NVIDIA OpenAI
    and at de del der des di do du for in of the und von
"""
WORDS = {word.casefold(): word for word in WRITTEN.split()}


def institution(text: str) -> str:
    """Return an institution's name as people write it: a slug in words, anything else as it is.

    >>> [institution(text) for text in ("microsoft-research", "apple-ml", "university-of-oxford", "École 42")]
    ['Microsoft Research', 'Apple ML', 'University of Oxford', 'École 42']
    """
    if not SLUG.fullmatch(text):
        return text
    name = " ".join(WORDS.get(word, word.capitalize()) for word in text.split("-"))
    return NAMES.get(text, name[0].upper() + name[1:])


def institutions(texts: Iterable[str]) -> list[str]:
    """Return names of institutions, each once, in the order of their first mention.

    >>> institutions(["gatech", "microsoft-research", "Microsoft Research", "Georgia Tech"])
    ['Georgia Tech', 'Microsoft Research']
    """
    found: dict[str, str] = {}
    for name in map(institution, texts):
        found.setdefault(name.casefold(), name)
    return list(found.values())
