"""Profile pages for tests."""

from __future__ import annotations

from pathlib import Path

REAL_PAGE = Path(__file__).parent.parent / "config" / "profiles" / "pengcheng-he.txt"

HEAD = """Ann Lee

CL
h-index7
{count}papers
1,234citations
Novelty57%
AI Score66

{count} Papers
"""

ENTRY = """
{line}
{title}

{authors} · microsoft-research

{abstract}
"""


def entry(
    title: str, *, line: str = "CLApr 25, 2023", authors: str = "Ann Lee, Bo Chen", abstract: str = ""
) -> str:
    """Return one paper as the page shows it."""
    abstract = (
        abstract
        or f"We present {title}. Code is at https://github.com/ann/{title.split(maxsplit=1)[0].lower()}."
    )
    return ENTRY.format(line=line, title=title, authors=authors, abstract=abstract)


def page(*entries: str, name: str = "Ann Lee") -> str:
    """Return a profile page with these papers."""
    return (HEAD.format(count=len(entries)) + "".join(entries)).replace("Ann Lee\n\nCL", f"{name}\n\nCL", 1)
