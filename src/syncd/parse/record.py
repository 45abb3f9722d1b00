"""A paper as a bibliographic file or a service has it, and the one way from there to a `Paper`.

LaTeX and markup become plain text, identifiers and links are found, and what names a preprint server is no venue.
Nothing here knows a format.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from syncd.model import Creator, Identifiers, Link, Paper
from syncd.parse.markup import ENTITY, TAG, plain, unescaped
from syncd.sources.limits import (
    CREATORS,
    FIELD,
    TOO_MANY_AUTHORS_OF_PAPER,
    TOO_MANY_CHARACTERS_IN_FIELD,
    within,
)
from syncd.text.identifiers import arxiv_id, doi
from syncd.text.latex import to_unicode
from syncd.text.links import classify, find_links
from syncd.text.patterns import pattern
from syncd.text.titles import fold_title

PREPRINT = pattern(
    r"(?i)(?:arxiv|(?:bio|med|chem|psy|tech|open)rxiv|corr|computing research repository|ssrn)\b"
    r"(?!.*\bjournal\b).*",
    hostile=("arxiv ", "journal", "s"),
)
"""A "journal" that holds preprints.

>>> [bool(PREPRINT.fullmatch(text)) for text in ("arXiv preprint arXiv:2304.12526", "CoRR", "Corrosion Science")]
[True, True, False]
"""

SERVERS = pattern(
    r"(?i)(?:the )?(?:ssrn\b.*|social science research network|research ?square\b.*|preprints(?:\.org)?"
    r"|open ?review(?:\.net)?|zenodo\b.*|figshare\b.*|osf preprints|authorea\b.*|hal\b.*|vixra\b.*"
    r"|research ?gate|openrxiv|e-?print archive|cold spring harbor laboratory|arxiv\b.*|e-?prints? arxiv\b.*"
    r"|\w*rxiv(?:\.org)?(?:\s*\([^)]*\))?)",
    hostile="rxiv",
)
"""Preprint servers and repositories, as services write them where a venue or a publisher should be.

>>> names = "SSRN Electronic Journal", "arXiv (Cornell University)", "OpenReview", "bioRxiv", "ICLR", "Halogen Studies"
>>> [bool(SERVERS.fullmatch(name)) for name in names]
[True, True, True, True, False, False]
"""

PREPRINT_DOI = pattern(
    r"10\.(?:1101/\d|64898/|21203/|2139/|20944/|26434/|3123[45]/|31219/|31222/|35542/|36227/|22541/|5281/|6084/"
    r"|13140/|48550/)\S*",
    hostile=("10.5281/", "a", " "),
)
"""A DOI that a preprint server or a repository registered.

>>> dois = "10.1101/2020.01.01.123456", "10.1101/gr.123.4", "10.2139/ssrn.288970", "10.1162/tacl_a_00123"
>>> [bool(PREPRINT_DOI.fullmatch(doi)) for doi in dois]
[True, False, True, False]
"""

ARXIV_ITSELF = (
    "arxiv",
    "corr",
    "computing research",
    "e-print",
    "eprint",
    "e-prints",
    "cold spring",
    "openrxiv",
)
"""How the names of arXiv, of its mirrors and of servers' owners start. They say no more than the arXiv id does."""

ARTICLES = frozenset({None, "journalArticle", "conferencePaper", "bookSection", "report", "magazineArticle"})
"""Forms that a paper does not have where its venue is a preprint server. Data and software may lie in a repository."""

DBLP_VOLUME = pattern(r"\Aabs/(?=\S+$)", hostile=("abs/", "a", " "))
"""What DBLP writes before an arXiv id that it calls a volume: "abs/2304.12526"."""

ARXIV_NOTE = pattern(
    r"(?i)(?:arxiv preprint\s*)?arxiv:\s*\S+(?:\s*\[[\w.-]+\])?\.?", hostile=("arxiv:", "[a", "")
)
"""A note that says nothing but the paper's own arXiv id.

>>> bool(ARXIV_NOTE.fullmatch("arXiv:2304.12526 [cs]")), bool(ARXIV_NOTE.fullmatch("extends arXiv:2304.12526"))
(True, False)
"""

DASHES = pattern(r"(?:(?<!\s)\s+)?(?:--+|[‐-―−])\s*", hostile=" ")  # noqa: RUF001 - dashes are meant
"""What stands between the first and the last page.

>>> DASHES.sub("-", "100--112"), DASHES.sub("-", "e1--e9")
('100-112', 'e1-e9')
"""

UNREADABLE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""Errors that a record of an unexpected shape may raise. Such a record is left out, and a notice says so."""

FINAL_STOP = pattern(r"(?<![.\s])(?<!\.\w)(?<!\bal)(?<!\betc)(?<!\bInc)(?<!\bJr)(?<!\bvs)\.$", hostile=".")
"""The full stop that DBLP and PubMed end titles with; dots that mean something stay.

>>> [FINAL_STOP.sub("", text) for text in ("A Title.", "And so on...", "Made in the U.S.", "Lee et al.", "Why?")]
['A Title', 'And so on...', 'Made in the U.S.', 'Lee et al.', 'Why?']
"""

CAPTION = pattern(
    r"\A\s*(?:(?i:abstract|summary)(?:[ \t]*[:\u2014][ \t]*|[ \t]*\n\n)|Abstract\.[ \t]+(?=[A-Z])|ABSTRACT[ \t]+)",
    hostile=("Abstract", " ", ""),
)
"""What stands above an abstract, or before its first word.

>>> [CAPTION.sub("", text) for text in ("Abstract\\n\\nWe", "ABSTRACT We", "Abstract: We", "Abstract art is")]
['We', 'We', 'We', 'Abstract art is']
"""

HREF = pattern(r"\bhref\s*=\s*[\"'](https?://[^\"'<>\s]+)", hostile=("href", " ", ""), flags=re.IGNORECASE)
"""The address of a link in markup. The text of the link may not show it.

>>> HREF.findall('<a href="https://a.org/b">here</a>')
['https://a.org/b']
"""

WEB = pattern(r"(?i)https?://[^\s/]\S*", hostile=("https://", "a", " "))


@dataclass(slots=True)
class Record:
    """A paper as a bibliographic format has it; text may hold LaTeX and markup.

    Attributes:
        title: as written.
        creators: the authors.
        truncated: the list of authors was cut.
        abstract: as written.
        date: ISO 8601.
        category: of arXiv.
        dois: texts that are or hold the paper's DOI, the best first.
        arxivs: texts that are or hold its arXiv id, the best first.
        url: its page.
        texts: what is searched for links besides the abstract.
        venue: journal or proceedings.
        form: Zotero's item type of the published form.
        volume: as written, like the next three.
        issue: as written.
        pages: as written.
        publisher: as written.
        repository: of a preprint, where that is not its venue; one that is no known preprint server counts nothing.
    """

    title: str = ""
    creators: tuple[Creator, ...] = ()
    truncated: bool = False
    abstract: str = ""
    date: str | None = None
    category: str | None = None
    dois: Iterable[str] = ()
    arxivs: Iterable[str] = ()
    url: str = ""
    texts: Iterable[str] = field(default=())
    venue: str = ""
    form: str | None = None
    volume: str = ""
    issue: str = ""
    pages: str = ""
    publisher: str = ""
    repository: str = ""


def paper_of(record: Record) -> Paper | None:
    """Make the paper of a record, or None where it has no title.

    Raises:
        TooMuchError: a field is too long, or there are too many authors.
    """
    within(len(record.abstract), FIELD, TOO_MANY_CHARACTERS_IN_FIELD)
    within(len(record.creators), CREATORS, TOO_MANY_AUTHORS_OF_PAPER)
    title = one_line(plain(record.title))
    if title.endswith("."):
        title = FINAL_STOP.sub("", title)
    if not title:
        return None
    identifiers = Identifiers(
        next(filter(None, map(doi, record.dois)), None),
        next(filter(None, (arxiv_id(DBLP_VOLUME.sub("", text)) for text in record.arxivs)), None),
    )
    url = plain(record.url).strip()
    url = url if WEB.fullmatch(url) else ""
    venue = one_line(plain(record.venue)) or None
    abstract = plain(record.abstract)
    paper = Paper(
        title=title,
        creators=record.creators,
        creators_truncated=record.truncated,
        abstract=_without_caption(to_unicode(abstract)),
        date=record.date,
        category=record.category,
        links=_links(url, abstract, *addresses(record.abstract), *record.texts),
        identifiers=identifiers,
        url=url or None,
        former_titles=_former_titles(record.title, title),
    )
    if (is_server(venue) and record.form in ARTICLES) or (
        record.form == "journalArticle" and not venue and identifiers.arxiv
    ):
        return replace(paper, publisher=_repository(venue or ""))
    if record.form is None and not venue and is_server(repository := one_line(record.repository)):
        return replace(paper, publisher=_repository(repository))
    return _published(paper, record, venue)


def _former_titles(written: str, title: str) -> tuple[str, ...]:
    r"""Return a title with its markup left in it, and with none of its LaTeX read.

    >>> _former_titles("The <scp>R</scp> package", "The R package"), _former_titles("R&D costs $5", "R&D costs $5")
    (('The <scp>R</scp> package',), ())
    >>> _former_titles(r"On \ce{H2O}", "On H₂O")
    ('On \\ce{H2O}',)
    """
    markup, latex = TAG.search(written) or ENTITY.search(written), "\\" in written
    if not markup and not latex:
        return ()
    read = [one_line(unescaped(written))] if markup else []
    found = {fold_title(each): each for each in (*read, *([written] if latex else []))}
    found.pop(fold_title(title), None)
    return tuple(found.values())


def _repository(name: str) -> str | None:
    """Return what Zotero's own translators call a repository, or None where that is arXiv or says nothing.

    >>> _repository("bioRxiv (Cold Spring Harbor Laboratory)"), _repository("SSRN Electronic Journal")
    ('bioRxiv', 'Social Science Research Network')
    >>> _repository("arXiv preprint arXiv:2304.12526")
    """
    bare = name.partition(" (")[0].strip()
    folded = bare.casefold()
    if not folded or folded.startswith(ARXIV_ITSELF):
        return None
    return "Social Science Research Network" if folded.startswith(("ssrn", "social science")) else bare


def is_server(name: str | None) -> bool:
    """Tell whether a venue or publisher is a preprint server.

    >>> is_server("SSRN Electronic Journal"), is_server("CoRR"), is_server("Nature"), is_server(None)
    (True, True, False, False)
    """
    return bool(name and (SERVERS.fullmatch(name) or PREPRINT.fullmatch(name)))


def is_preprint_doi(doi: str | None) -> bool:
    """Tell whether a DOI is that of a preprint.

    >>> is_preprint_doi("10.2139/ssrn.288970"), is_preprint_doi("10.1162/tacl_a_00123"), is_preprint_doi(None)
    (True, False, False)
    """
    return bool(doi and PREPRINT_DOI.fullmatch(doi))


def _without_caption(text: str) -> str:
    caption = CAPTION.match(text)
    return text[caption.end() :] if caption else text


def addresses(text: str) -> list[str]:
    """Return the addresses of the links in markup.

    >>> addresses('<a href="https://a.org/b">here</a>'), addresses("https://a.org/b")
    (['https://a.org/b'], [])
    """
    return HREF.findall(text) if "<" in text else []


def _published(paper: Paper, record: Record, venue: str | None) -> Paper:
    publisher: str | None = one_line(plain(record.publisher))
    if record.form is None and is_server(publisher):
        publisher = _repository(publisher or "")
    elif record.form in ARTICLES and PREPRINT.fullmatch(publisher or ""):
        publisher = None
    return replace(
        paper,
        venue=venue,
        published_as=record.form,
        volume=None if DBLP_VOLUME.match(record.volume) else one_line(record.volume) or None,
        issue=one_line(record.issue) or None,
        pages=DASHES.sub("-", one_line(record.pages)) or None,
        publisher=publisher or None,
    )


def _links(url: str, *texts: str) -> tuple[Link, ...]:
    """The links in the texts, and the page itself where it is a repository or the like."""
    links = {link.url: link for text in texts if text for link in find_links(text)}
    page = classify(url) if url else None
    if page and page.kind not in {"paper", "other"}:
        links.setdefault(page.url, page)
    return tuple(links.values())


def one_line(text: str) -> str:
    r"""Convert a field that is one line, however it was broken.

    >>> one_line("{BERT}:\n\n  a \\'etude")
    'BERT: a étude'

    Raises:
        TooMuchError: it is too long.
    """
    within(len(text), FIELD, TOO_MANY_CHARACTERS_IN_FIELD)
    return to_unicode(" ".join(text.split())) if text else ""
