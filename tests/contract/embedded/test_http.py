"""The embedded library on the wire: who reaches it, what it makes of bad requests, its end."""

from __future__ import annotations

import http.client
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from doubles import FaultyLibrary
from syncd.errors import LibraryError
from syncd.zotero.embedded import EmbeddedLibrary
from syncd.zotero.embedded.exchange import Request

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TITLE = {"itemType": "preprint", "title": "x"}


def _raw(library: EmbeddedLibrary, sent: bytes, *, finish: bool = True) -> bytes:
    """Send bytes as they are; everything that comes back until the connection is closed."""
    port = int(library.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(sent)
        if finish:
            connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def _post(library: EmbeddedLibrary, body: bytes, *headers: str) -> bytes:
    lines = ["POST /users/1/items HTTP/1.1", "Host: localhost", f"Zotero-API-Key: {library.key}", *headers]
    return "\r\n".join((*lines, "", "")).encode() + body


@pytest.mark.parametrize("name", ["users", "users/0", "users/1/items", "../x", "groups/x"])
def test_a_library_has_a_name_like_zoteros(tmp_path: Path, name: str) -> None:
    """Anything else is a mistake of the caller."""
    with pytest.raises(ValueError, match="A library is called"):
        EmbeddedLibrary(tmp_path / "l.sqlite", library=name)


def test_a_port_in_use_is_reported_in_words(tmp_path: Path, library: EmbeddedLibrary) -> None:
    """A permanent error, with what to do."""
    port = int(library.url.rpartition(":")[2])
    with pytest.raises(LibraryError, match=f"can't listen on 127.0.0.1, port {port}") as caught:
        EmbeddedLibrary(tmp_path / "other.sqlite", port=port).start()
    assert caught.value.kind == "permanent"
    assert caught.value.hint


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "localhost.evil"]
)
def test_other_host_names_are_refused(api: Any, host: str) -> None:
    """A page in a browser that points its own name at this computer gets nothing."""
    for path in ("/", "items"):
        reply = api("GET", path, headers={"Host": host})
        assert reply.status == 400
        assert "Host header" in reply.text


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1234", "127.0.0.1:80", "[::1]:80", "[::1]"])
def test_names_of_this_computer_are_fine(api: Any, host: str) -> None:
    """With any port: it may be forwarded."""
    assert api("GET", "items", headers={"Host": host}).status == 200


def test_keys_are_random(tmp_path: Path, library: EmbeddedLibrary) -> None:
    """Two libraries have two keys."""
    assert library.key != EmbeddedLibrary(tmp_path / "other.sqlite").key


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n", b"505"),
        (b"BREW /pot HTTP/1.1\r\nHost: localhost\r\n\r\n", b"501"),
        (b"GET " + b"/a" * 40_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", b"414"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"A: b\r\n" * 200 + b"\r\n", b"431"),
        (b"GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\n\r\n", b"400"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"400"),
    ],
)
def test_requests_that_are_none_are_answered_in_words(
    library: EmbeddedLibrary, sent: bytes, status: bytes
) -> None:
    """A status and a sentence, never a traceback or a hang."""
    answer = _raw(library, sent)
    assert answer.split(b" ")[1] == status
    assert b"Traceback" not in answer
    assert b"<html" not in answer.lower()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ((), b"411"),
        (("Content-Length: x",), b"400"),
        (("Content-Length: -1",), b"400"),
        (("Content-Length: 2", "Content-Length: 3"), b"400"),
        (("Content-Length: 10485761",), b"413"),
        (("Content-Length: 99999999999999999999999",), b"413"),
        (("Transfer-Encoding: chunked",), b"501"),
    ],
)
def test_bodies_need_a_sane_length(library: EmbeddedLibrary, headers: tuple[str, ...], status: bytes) -> None:
    """The connection is closed: what follows may be anything."""
    answer = _raw(library, _post(library, b"[]", *headers))
    assert answer.split(b" ")[1] == status
    assert b"\r\nconnection: close\r\n" in answer.lower()


def test_a_body_that_is_too_long_still_gets_its_answer(library: EmbeddedLibrary) -> None:
    """The connection is not torn down while the client is sending."""
    body = b"x" * (10 * 1024 * 1024 + 1)
    answer = _raw(library, _post(library, body, f"Content-Length: {len(body)}"))
    assert answer.endswith(b"The body is longer than 10485760 bytes")


def test_a_client_that_disappears_in_the_middle_of_a_body_writes_nothing(
    library: EmbeddedLibrary, api: Any
) -> None:
    """Half a list that would be a list by itself is not executed."""
    body = json.dumps([TITLE]).encode()
    assert _raw(library, _post(library, body, f"Content-Length: {len(body) + 10}")) == b""
    assert api.versions() == {}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "POST data not provided"),
        (b"{", "JSON Error: Syntax error, malformed JSON"),
        (b"[NaN]", "JSON Error: Syntax error, malformed JSON"),
        (b"\xff\xfe", "JSON Error: Malformed UTF-8 characters, possibly incorrectly encoded"),
        (b'["\\ud800"]', "JSON Error: Single unpaired high surrogate in Unicode escape"),
        (b"[" * 100_000, "JSON Error: Maximum stack depth exceeded"),
        (b"7", "Uploaded data must be a JSON array"),
    ],
)
def test_bodies_that_are_no_json_are_refused_in_words(
    library: EmbeddedLibrary, body: bytes, words: str
) -> None:
    """400 and the real server's sentence."""
    answer = _raw(library, _post(library, body, f"Content-Length: {len(body)}", "Connection: close"))
    assert answer.split(b" ")[1] == b"400"
    assert answer.endswith(words.encode())


def test_connections_are_kept_alive(library: EmbeddedLibrary) -> None:
    """Many requests use one connection, HEAD and empty answers among them."""
    connection = http.client.HTTPConnection(library.url.removeprefix("http://"), timeout=10)
    headers = {"Zotero-API-Key": library.key}
    sockets = set()
    for method, path in (("GET", "items"), ("HEAD", "items"), ("GET", "nosuch"), ("GET", "items")):
        connection.request(method, f"/users/1/{path}", headers=headers)
        answer = connection.getresponse()
        answer.read()
        sockets.add(connection.sock)
    connection.close()
    assert len(sockets) == 1


def test_methods_that_do_not_fit_are_refused(api: Any) -> None:
    """405 names those that do."""
    reply = api("PUT", "items", {})
    assert (reply.status, reply.headers["Allow"]) == (405, "GET, POST, DELETE")
    assert api("DELETE", "tags?tag=x").status == 501
    assert api("OPTIONS", "items").status == 501
    assert api("GET", "/nosuch").status == 404
    assert api("GET", "/users/2/items").status == 403


def test_stopping_ends_idle_connections_and_can_be_repeated(tmp_path: Path) -> None:
    """A client that keeps its connection does not keep the library alive."""
    library = EmbeddedLibrary(tmp_path / "l.sqlite").start()
    port = int(library.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as idle:
        idle.sendall(b"HEAD /nosuch HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"404" in idle.recv(1000)
        library.stop()
        assert idle.recv(1000) == b""
    library.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=10)
    with library:
        assert library.url


def test_stopping_waits_for_the_write_that_is_being_served(
    tmp_path: Path, client_of: Callable[[EmbeddedLibrary], Any]
) -> None:
    """The client gets its answer, and the file is closed when stop() returns."""
    entered, proceed = Event(), Event()

    def hold(_: Request) -> None:
        entered.set()
        proceed.wait(60)

    library = FaultyLibrary(tmp_path / "l.sqlite", faults=hold).start()
    api = client_of(library)
    with ThreadPoolExecutor(2) as pool:
        reply = pool.submit(api, "POST", "items", [TITLE])
        assert entered.wait(60)
        stopped = pool.submit(library.stop)
        with pytest.raises(TimeoutError):
            stopped.result(timeout=0.3)
        proceed.set()
        assert reply.result(60).status == 200
        stopped.result(60)
    assert [each.name for each in tmp_path.iterdir()] == ["l.sqlite"]
