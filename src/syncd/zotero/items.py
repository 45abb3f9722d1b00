"""From a paper to the Zotero item that it should become, and the create-once keys of what syncd creates. Pure.

A key is derived from what every source knows at first sight, and never from an identifier, which may appear later.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from syncd.messages import message
from syncd.model import DEFAULT_TAGS, Creator, LinkKind, Notice, Paper
from syncd.text.identifiers import category_id, category_name
from syncd.zotero import schema

# Zotero's own alphabet: without 0, 1 and O.
ALPHABET = "23456789ABCDEFGHIJKLMNPQRSTUVWXYZ"
LENGTH = 8
MOST: int = len(ALPHABET) ** LENGTH
# All two digits, the last one of a number first.
PAIRS = tuple(last + other for other in ALPHABET for last in ALPHABET)
# How often one paper can be erased and restored.
MOST_RESTORED = 10


def item_key(library: str, folded_title: str, folded_surname: str, *distinctions: str) -> str:
    """Return the key of a paper's item.

    Args:
        library: the library as Zotero's API addresses it, such as "users/475425".
        folded_title: `text.titles.fold_title` of the paper's title.
        folded_surname: `text.titles.fold_name` of the first author's surname; may be empty.
        distinctions: year and counter, where identifiers say that another paper has the plain key.
    """
    return _derive("item", library, folded_title, folded_surname, *distinctions)


def generations(names: Sequence[str], key: str) -> Iterator[str]:
    """Yield the keys that a paper's item may have: its own, and one for each time that it was restored.

    A key that was erased stays dead: bringing it back would surprise every client that has erased it.

    Args:
        names: the library's names, the one that new keys are made under first.
        key: the paper's own.
    """
    yield key
    for count in range(1, MOST_RESTORED):
        for name in names:
            yield _derive("item", name, key, "restored", str(count))


def child_key(library: str, parent: str, url: str) -> str:
    """Return the key of the attachment that links an item with the key `parent` to `url`."""
    return _derive("child", library, parent, url)


def collection_key(library: str, path: tuple[str, ...], *distinctions: str) -> str:
    """Return the key of the collection at `path`, names from the root downwards."""
    return _derive("collection", library, *path, *distinctions)


def note_key(library: str, week: str) -> str:
    """Return the key of the note of a week, such as "2026-W48"."""
    return _derive("note", library, week)


def _derive(*parts: str) -> str:
    number = int.from_bytes(hashlib.sha256("\0".join(parts).encode()).digest())
    # What is left of it has the same last digits, and divides faster; two digits at once, for a plan has many keys.
    number, first = divmod(number % MOST, len(PAIRS))
    number, second = divmod(number, len(PAIRS))
    fourth, third = divmod(number, len(PAIRS))
    return PAIRS[first] + PAIRS[second] + PAIRS[third] + PAIRS[fourth]


Json = dict[str, Any]
Upgrade = Literal["ask", "auto", "never"]

# Links to these become attachments; an address of another kind in an abstract names another work or a page.
LINK_TITLES: Mapping[LinkKind, str] = {
    "code": "Code",
    "project": "Project",
    "model": "Model",
    "dataset": "Dataset",
    "demo": "Demo",
    "video": "Video",
}
# Where each item type keeps the title of what a paper appeared in, and who published it.
VENUE_FIELDS: Mapping[str, str] = {
    "journalArticle": "publicationTitle",
    "conferencePaper": "proceedingsTitle",
    "bookSection": "bookTitle",
    "magazineArticle": "publicationTitle",
    "presentation": "meetingName",
    "webpage": "websiteTitle",
    "blogPost": "blogTitle",
}
PUBLISHER_FIELDS: Mapping[str, str] = {
    "thesis": "university",
    "report": "institution",
    "dataset": "repository",
    "computerProgram": "company",
    "standard": "organization",
}
PREPRINT = "preprint"
AUTHORS = frozenset(schema.creator_types(item_type)[0] for item_type in schema.ITEM_TYPES)
"""What the authors of some item type are called: "author", "presenter", "programmer"."""
# What BibTeX, CSL styles and Zotero's own list understand as "and others".
OTHERS: Json = {"creatorType": "author", "firstName": "", "lastName": "others"}
SCORE_TAG = "AI Score "


@dataclass(frozen=True, slots=True)
class Policy:
    """What a profile's settings say about its items.

    Attributes:
        profile: the profile's name, for `{profile}`.
        tags: templates of automatic tags.
        cut_authors: end a cut author list with "others", or leave it as it is.
        upgrade: what to do when a preprint that is in the library was published.
    """

    profile: str
    tags: tuple[str, ...] = DEFAULT_TAGS
    cut_authors: Literal["others", "omit"] = "others"
    upgrade: Upgrade = "ask"


@dataclass(frozen=True, slots=True)
class Draft:
    """The item that a paper should become.

    Attributes:
        item_type: Zotero's name of the type.
        fields: by Zotero's name; every field that syncd can fill is there, if only with "".
        creators: as Zotero takes them.
        tags: names of automatic tags.
        links: address and title of each child attachment.
        notices: what had to be changed to fit Zotero's limits.
    """

    item_type: str
    fields: Mapping[str, str]
    creators: tuple[Json, ...]
    tags: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    notices: tuple[Notice, ...] = field(default=())


def draft(paper: Paper, policy: Policy) -> Draft:
    """Return the item for `paper`, within Zotero's limits."""
    notices: list[Notice] = []
    fields = {name: _fitted(name, text, paper, notices) for name, text in _fields(paper).items()}
    tags = tuple(tag for tag in _tags(paper, policy) if _fits(tag, paper, notices))
    return Draft(
        item_type=paper.published_as or PREPRINT,
        fields=fields,
        creators=creators_of(paper.published_as or PREPRINT, _creators(paper, policy)),
        tags=tags,
        links=_links(paper),
        notices=tuple(notices),
    )


def _fields(paper: Paper) -> dict[str, str]:
    """Fill the fields as Zotero's arXiv translator does (2026-05): a published paper without repository."""
    arxiv, doi = paper.identifiers.arxiv, paper.identifiers.doi
    address = paper.url or (f"https://doi.org/{doi}" if doi else "")
    fields = {
        "title": paper.title,
        "abstractNote": paper.abstract,
        "date": paper.date or "",
        "DOI": doi or "",
        "url": f"http://arxiv.org/abs/{arxiv}" if arxiv else address,
        "extra": _arxiv_line(paper),
    }
    if paper.published_as:
        return fields | _published(paper, paper.published_as)
    return fields | {
        "DOI": doi or (f"10.48550/arXiv.{arxiv}" if arxiv else ""),
        "repository": "arXiv" if arxiv else paper.publisher or "",
        "archiveID": f"arXiv:{arxiv}" if arxiv else "",
        "libraryCatalog": "arXiv.org" if arxiv else "",
    }


def _arxiv_line(paper: Paper) -> str:
    """Return the line of `extra` that Zotero's translator writes, or nothing."""
    if not paper.identifiers.arxiv:
        return ""
    category = category_id(paper.category) if paper.category else None
    return f"arXiv:{paper.identifiers.arxiv}" + (f" [{category}]" if category else "")


def _published(paper: Paper, item_type: str) -> dict[str, str]:
    """Fill the fields of a published form, as far as its item type has them."""
    wanted = {
        VENUE_FIELDS.get(item_type, ""): paper.venue,
        PUBLISHER_FIELDS.get(item_type, "publisher"): paper.publisher,
        "volume": paper.volume,
        "issue": paper.issue,
        "pages": paper.pages,
        "libraryCatalog": "",
    }
    valid = set(schema.fields(item_type))
    return {name: text or "" for name, text in wanted.items() if name in valid}


def _creators(paper: Paper, policy: Policy) -> tuple[Json, ...]:
    creators = [_creator(creator) for creator in paper.creators]
    if paper.creators_truncated and creators and policy.cut_authors == "others":
        creators.append(OTHERS)
    return tuple(creators)


def creators_of(item_type: str, creators: Iterable[Json]) -> tuple[Json, ...]:
    """Return creators as an item type takes them: authors of software are programmers, those of a talk presenters.

    Who is no author becomes a contributor where the type has none of that kind.
    """
    types = schema.creator_types(item_type)
    return tuple(
        creator
        if (kind := creator["creatorType"]) in types or not types
        else {**creator, "creatorType": types[0] if kind in AUTHORS else "contributor"}
        for creator in creators
    )


def is_others(creator: Json) -> bool:
    """Tell whether a creator says that there are others."""
    return all(creator.get(part) == OTHERS[part] for part in ("firstName", "lastName"))


def _creator(creator: Creator) -> Json:
    """Return the creator in Zotero's form: two parts, or one where the name has one part."""
    if not creator.given:
        return {"creatorType": "author", "name": creator.name[: schema.MAX_NAME_LENGTH]}
    # Zotero's citation engine reads a suffix after a comma in the given names.
    given = creator.given + (f", {creator.suffix}" if creator.suffix else "")
    return {
        "creatorType": "author",
        "firstName": given[: schema.MAX_NAME_LENGTH],
        "lastName": creator.family[: schema.MAX_NAME_LENGTH],
    }


def _category(paper: Paper) -> list[str]:
    return [category_id(paper.category) or paper.category] if paper.category else []


def _category_name(paper: Paper) -> list[str]:
    name = category_name(paper.category) if paper.category else None
    return [name] if name else []


def _score_band(paper: Paper) -> list[str]:
    if paper.score is None:
        return []
    return [f"{SCORE_TAG}{min(int(paper.score // 10), 9) * 10}+"]


# What a placeholder in a tag template stands for: none, one or several values.
PLACEHOLDERS: Mapping[str, Callable[[Paper], list[str]]] = {
    "category": _category,
    "category_name": _category_name,
    "affiliation": lambda paper: list(paper.affiliations),
    "score_band": _score_band,
    "year": lambda paper: [str(paper.year)] if paper.year else [],
}


def _tags(paper: Paper, policy: Policy) -> list[str]:
    """Fill the templates; one whose value is missing gives no tag, `code` only where there is code."""
    tags: list[str] = []
    for template in policy.tags:
        if template == "code":
            filled = ["code"] if paper.has_code or any(link.kind == "code" for link in paper.links) else []
        else:
            filled = [template.replace("{profile}", policy.profile)]
            for name, values in PLACEHOLDERS.items():
                mark = f"{{{name}}}"
                if mark in template:
                    filled = [text.replace(mark, value) for text in filled for value in values(paper)]
        tags += [tag.strip() for tag in filled]
    if paper.retracted:
        tags.append("retracted")
    return [tag for tag in dict.fromkeys(tags) if tag]


def _links(paper: Paper) -> tuple[tuple[str, str], ...]:
    """Name each link so that no two share a title: Zotero merges links of equal titles."""
    links: dict[str, str] = {}
    for link in paper.links:
        if link.kind not in LINK_TITLES or link.url in links:
            continue
        title = f"{LINK_TITLES[link.kind]}: {link.name}"
        links[link.url] = f"{title} ({link.url})" if title in links.values() else title
    return tuple(links.items())


def _fitted(name: str, text: str, paper: Paper, notices: list[Notice]) -> str:
    """Cut a field that Zotero would refuse, at a word, and say so."""
    raw = text.encode()
    if len(raw) <= schema.MAX_FIELD_BYTES:
        return text
    notices.append(Notice("field-cut", message("field-cut", field=name, paper=repr(paper.title[:60]))))
    kept = raw[: schema.MAX_FIELD_BYTES - len("…".encode())].decode(errors="ignore")
    return kept.rsplit(None, 1)[0] + "…"


def _fits(tag: str, paper: Paper, notices: list[Notice]) -> bool:
    if len(tag) <= schema.MAX_TAG_LENGTH:
        return True
    notices.append(
        Notice("tag-left-out", message("tag-too-long", paper=repr(paper.title[:60]), tag=tag[:40]))
    )
    return False


def problems(item: Json) -> list[str]:
    """Check an object against Zotero's schema before it is sent; one sentence a problem.

    The server answers HTTP 500 for a whole request when one field is of the wrong type, and stops half-way.
    """
    item_type = item.get("itemType")
    found: list[str] = []
    if item_type and item_type not in {"attachment", "note"}:
        allowed = {*schema.fields(item_type), *_COMMON}
        found += [
            message("field-not-of-type", field=name, type=item_type) for name in item if name not in allowed
        ]
        types = schema.creator_types(item_type)
        found += [
            message("creator-not-of-type", creator=creator["creatorType"], type=item_type)
            for creator in item.get("creators", ())
            if creator["creatorType"] not in types
        ]
    found += [
        message("field-not-text", field=name)
        for name, value in item.items()
        if name not in _STRUCTURED and not isinstance(value, str)
    ]
    return found


_STRUCTURED = frozenset({"version", "creators", "tags", "collections", "relations", "deleted"})
_COMMON = frozenset({"key", "itemType", *_STRUCTURED})
