"""`syncd digest`: what came in the last days and what waits, from syncd's own records."""

from __future__ import annotations

import email
import socketserver
import threading
from datetime import UTC, time, timedelta
from email import policy
from typing import TYPE_CHECKING

import pytest

from pages import entry, page
from syncd.config import load
from syncd.daemon.news import Bulletin, History, channels
from syncd.digest import Moved
from syncd.engine.digest import digest_of
from syncd.engine.ports import Ports
from syncd.state.libraries import remembered

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from email.message import EmailMessage

    from desk import Desk, Zotero
    from syncd.digest import Digest

AUTHORS = [{"creatorType": "author", "firstName": "Ann", "lastName": "Lee"}]


def lists(desk: Desk, *titles: str, h_index: int = 7) -> None:
    """Let the page list papers, and a push bring them in."""
    text = page(*(entry(title) for title in titles)).replace("h-index7", f"h-index{h_index}")
    desk.page.write_text(text, encoding="utf-8")
    assert desk.run().error is None


def told(desk: Desk, since: datetime) -> Digest:
    """Return the digest of the desk's library."""
    library = load(desk.folder / "config.toml", desk.env).library()
    with remembered(library, desk.data, desk.clock) as state:
        return digest_of(state, library, since)


def titles_of(digest: Digest) -> set[str]:
    """Return the titles of the papers that a digest names."""
    return {paper.title for group in digest.new for paper in group.papers}


def test_a_digest_of_a_push_and_for_scripts(desk: Desk) -> None:
    """What came, with its address in Zotero; the same as JSON; nothing of a time in which nothing came."""
    desk.page.write_text(page(entry("Alpha"), entry("Beta")), encoding="utf-8")
    assert "Nothing came." in desk.syncd("digest").out
    assert desk.syncd("push").code == 0
    done = desk.syncd("digest", "--since", "1d")
    assert done.code == 0, done.err
    assert "Ann Lee: 2 new papers\n- Alpha\n  zotero://select/library/items/" in done.out
    (library,) = desk.syncd("digest", "--json").json["libraries"]
    assert (library["papers"], library["new"][0]["author"]) == (2, "Ann Lee")
    assert "--since" in desk.syncd("digest", "--since", "soon").err


def test_a_digest_is_of_its_time(desk: Desk, zotero: Zotero) -> None:
    """Papers of before are none of it, nor what went again; figures show what they were; what waits is counted."""
    lists(desk, "Alpha")
    desk.clock.advance(7 * 86400)
    since = desk.clock.now() - timedelta(days=1)
    zotero.write({"itemType": "preprint", "title": "Delta", "date": "1999", "creators": AUTHORS})
    lists(desk, "Alpha", "Beta", "Gamma", "Delta", h_index=9)
    zotero.edit("Gamma", deleted=1)
    desk.run()
    digest = told(desk, since)
    assert titles_of(digest) == {"Beta"}
    assert digest.papers == 1
    assert Moved("Ann Lee", "h_index", 7, 9) in digest.moved
    assert (digest.reviews, digest.asked) == (1, ("Delta",))


class Letters(socketserver.ThreadingTCPServer):
    """A mail server that keeps what it gets."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Letter)
        self.kept: list[EmailMessage] = []


class Letter(socketserver.StreamRequestHandler):
    """One connection to it."""

    def handle(self) -> None:
        """Take mail as RFC 5321 has it, as far as a sender needs that."""
        assert isinstance(self.server, Letters)
        self.wfile.write(b"220 here\r\n")
        for line in self.rfile:
            word = line[:4].upper().strip()
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                text = b"".join(iter(self.rfile.readline, b".\r\n"))
                self.server.kept.append(email.message_from_bytes(text, policy=policy.default))
            self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 yes\r\n")
            if word == b"QUIT":
                return


@pytest.fixture
def letters() -> Iterator[Letters]:
    """Give a mail server."""
    with Letters() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
def test_the_digest_of_a_week_comes_by_mail_and_to_a_command(desk: Desk, letters: Letters) -> None:
    """As text and as a web page in one mail, with abstracts; a command has the page in a variable."""
    command = ["sh", "-c", 'cat > "$HOME/text"; printf %s "$SYNCD_HTML" > "$HOME/page"']
    address = f"mailto://127.0.0.1:{letters.server_address[1]}?from=a@example.org&to=b@example.org"
    lists(desk, "Old")
    desk.clock.advance(86400)
    library = load(desk.folder / "config.toml", desk.env).library()
    history = History({library.name: library}, Ports(desk.env, desk.data, desk.clock))
    news = Bulletin(
        channels(command, [address], desk.env),
        history,
        desk.clock,
        at=time(8),
        timezone=UTC,
        weekday=0,
        abstracts=True,
    )
    lists(desk, "Old", "Alpha <b>")
    desk.clock.advance(7 * 86400)
    news.publish()
    news.publish()
    (letter,) = letters.kept
    assert letter["Subject"] == "1 new paper: Ann Lee"
    html = letter.get_body(("html",))
    plain = letter.get_body(("plain",))
    assert html
    assert plain
    assert 'href="zotero://select/library/items/' in html.get_content()
    assert "Alpha &lt;b&gt;</a>" in html.get_content()
    assert "We present Alpha" in plain.get_content()
    assert "Old" not in plain.get_content()
    assert (desk.folder / "page").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert "- Alpha <b>\n  zotero://select/" in (desk.folder / "text").read_text(encoding="utf-8")
