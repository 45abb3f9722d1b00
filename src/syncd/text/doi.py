"""Digital object identifiers, found in text and normalised. Nothing here asks a registry."""

from __future__ import annotations

from urllib.parse import unquote

from syncd.text.patterns import pattern
from syncd.text.urls import trim

DOI = pattern(r"(?<![\w.])10\.\d{4,9}(?:\.\d+)*/[^\s\"“”]+", hostile=("10.1234", ".1", ""))
"""A DOI and what clings to it: `trim` takes the punctuation off.

>>> DOI.search("(https://doi.org/10.1162/tacl_a_00123).")[0]
'10.1162/tacl_a_00123).'
"""


def doi(text: str) -> str | None:
    """Find a DOI: bare, in an address or after "doi:".

    Returns:
        The first one, bare and in lower case; None without one, or where it is arXiv's own
        (`10.48550/arXiv.…`), which names a preprint that its arXiv identifier names better.

    >>> doi("https://doi.org/10.1162/TACL_a_00123."), doi("doi:10.1109/5.771073")
    ('10.1162/tacl_a_00123', '10.1109/5.771073')
    >>> doi("10.48550/arXiv.2304.12526"), doi("version 10.2/3")
    (None, None)
    """
    found = DOI.search(unquote(text) if "%2f" in text.lower() else text)
    if found is None:
        return None
    bare = trim(found[0]).lower()
    return None if bare.startswith("10.48550/arxiv.") or bare.endswith("/") else bare
