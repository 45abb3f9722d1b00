"""Services with many authors, on loopback: they answer as OpenAlex, Semantic Scholar and arXiv do, and count."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from websites import Asked, Reply

if TYPE_CHECKING:
    from websites import Site

Json = dict[str, Any]
FIRST = 5_000_000_000
PER_PAGE = 100


def identifier(number: int) -> str:
    """Return an author's identifier."""
    return f"A{FIRST + number}"


def title(of: str) -> str:
    """Return a title that is unlike all others."""
    return hashlib.sha256(of.encode()).hexdigest()


@dataclass
class OpenAlex:
    """OpenAlex with so many authors of one work each.

    Attributes:
        site: where it is.
        works: by author, the works, newest last.
        merged: identifiers that lead to another author.
        asked: how many requests of each kind there were: "author", "authors", "works of one", "works of many".
        headers: sent along with each answer.
    """

    site: Site
    works: dict[str, list[Json]] = field(default_factory=lambda: defaultdict(list))
    merged: dict[str, str] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Answer."""
        self.site.replies |= {"/authors": self._authors, "/works": self._works}

    def follow(self, number: int) -> str:
        """Have authors with a work each; return their profiles, as a configuration has them."""
        for author in map(identifier, range(number)):
            self.add(author, title(author), "2020-01-01")
        return "".join(f'[profiles.p{n}]\nsource = "openalex:{identifier(n)}"\n' for n in range(number))

    def add(self, author: str, title: str, day: str) -> None:
        """Let an author have published something."""
        if not self.works[author]:
            self.site.replies[f"/authors/{author}"] = self._author
        self.works[author].append(
            {
                "id": f"https://openalex.org/W{author}{len(self.works[author])}",
                "title": title,
                "publication_date": day,
                "type": "article",
                "authorships": [
                    {"author": {"id": f"https://openalex.org/{author}", "display_name": "Ann Lee"}}
                ],
            }
        )

    def merge(self, author: str, into: str) -> None:
        """Find out that two authors are one."""
        self.merged[author] = into
        self.site.replies[f"/authors/{into}"] = self._author
        self.works[into] += self.works.pop(author)

    def _author(self, asked: Asked) -> Reply:
        self.asked["author"] += 1
        author = asked.path.rpartition("/")[2]
        if author in self.merged:
            return Reply(b"", 301, {"Location": f"/authors/{self.merged[author]}?select=id"})
        return Reply(self._record(author), headers=self.headers)

    def _record(self, author: str) -> Json:
        return {
            "id": f"https://openalex.org/{author}",
            "display_name": f"Ann {author}",
            "works_count": len(self.works[author]),
            "summary_stats": {"h_index": 3},
        }

    def _authors(self, asked: Asked) -> Reply:
        self.asked["authors"] += 1
        wanted = _filter(asked)["openalex"].split("|")
        assert len(wanted) <= PER_PAGE
        return Reply(
            {"results": [self._record(one) for one in wanted if one in self.works]}, headers=self.headers
        )

    def _works(self, asked: Asked) -> Reply:
        where = _filter(asked)
        authors = where["author.id"].split("|")
        assert len(authors) <= PER_PAGE
        self.asked["works of many" if "from_publication_date" in where else "works of one"] += 1
        since = where.get("from_publication_date", "")
        works = [
            work for one in authors for work in self.works.get(one, ()) if work["publication_date"] >= since
        ]
        start = 0 if asked.query["cursor"] == "*" else int(asked.query["cursor"])
        page = works[start : start + PER_PAGE]
        # As the real one: the last page names a next one, which is empty.
        following = str(start + PER_PAGE) if page else None
        return Reply({"meta": {"next_cursor": following}, "results": page}, headers=self.headers)


def _filter(asked: Asked) -> dict[str, str]:
    return dict(part.partition(":")[::2] for part in asked.query["filter"].split(","))


@dataclass
class SemanticScholar:
    """Semantic Scholar, with the papers of each author by title; identifiers that were merged lead to another one."""

    site: Site
    papers: dict[str, list[str]] = field(default_factory=dict)
    merged: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Answer."""
        self.site.replies["/author/batch"] = self._batch

    def follow(self, number: int) -> str:
        """Have authors with a paper each; return their profiles."""
        for author in map(str, range(number)):
            self.papers[author] = [title(author)]
            self.site.replies |= {f"/author/{author}": self._author, f"/author/{author}/papers": self._papers}
        return "".join(f'[profiles.s{n}]\nsource = "s2:{n}"\n' for n in range(number))

    def merge(self, author: str, into: str) -> None:
        """Find out that two authors are one."""
        self.merged[author] = into
        self.papers[into] += self.papers.pop(author)

    def _record(self, author: str) -> Json | None:
        author = self.merged.get(author, author)
        if author not in self.papers:
            return None
        return {"authorId": author, "name": f"Bo {author}", "paperCount": len(self.papers[author])}

    def _batch(self, asked: Asked) -> Reply:
        return Reply([self._record(author) for author in json.loads(asked.body)["ids"]])

    def _author(self, asked: Asked) -> Reply:
        return Reply(self._record(asked.path.split("/")[2]))

    def _papers(self, asked: Asked) -> Reply:
        author = asked.path.split("/")[2]
        titles = self.papers[self.merged.get(author, author)]
        return Reply({"data": [{"paperId": title, "title": title, "year": 2020} for title in titles]})


@dataclass
class Arxiv:
    """arXiv, with entries of people of one name each, newest first."""

    site: Site
    entries: list[tuple[str, str, datetime]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Answer."""
        self.site.replies["/query"] = self._query

    def follow(self, number: int) -> str:
        """Have people with an entry each; return their profiles."""
        names = [f"Ann {chr(65 + n)}ay" for n in range(number)]
        for name in names:
            self.add(name, title(name), datetime(2020, 1, 1, tzinfo=UTC))
        return "".join(f'[profiles.x{n}]\nsource = "arxiv:{name}"\n' for n, name in enumerate(names))

    def add(self, name: str, of: str, day: datetime) -> None:
        """Let somebody of this name submit something, and somebody else with them."""
        self.entries.append((name, of, day))

    def _query(self, asked: Asked) -> Reply:
        names = re.findall(r'au:"(.*?)"', asked.query["search_query"])
        found = sorted((one for one in self.entries if one[0] in names), key=lambda one: one[2], reverse=True)
        entries = "".join(
            f"<entry><id>http://arxiv.org/abs/26{n // 100:02}.{n:05}v1</id><title>{of}</title>"
            f"<published>{day:%Y-%m-%dT%H:%M:%SZ}</published><summary>It is so.</summary>"
            f"<author><name>{name}</name></author><author><name>Bo Li</name></author></entry>"
            for name, of, day in found
            for n in [self.entries.index((name, of, day)) + 1]
        )
        head = f"<title>arXiv Query: {len(names)}</title><o:totalResults>{len(found)}</o:totalResults>"
        spaces = 'xmlns="http://www.w3.org/2005/Atom" xmlns:o="http://a9.com/-/spec/opensearch/1.1/"'
        return Reply(
            f"<feed {spaces}>{head}{entries}</feed>", headers={"Content-Type": "application/atom+xml"}
        )
