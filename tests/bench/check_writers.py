"""What fifty programs that write at once wait for the embedded library: the 95th of a hundred, and the longest."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from syncd.zotero.embedded import EmbeddedLibrary

if TYPE_CHECKING:
    from pathlib import Path

CLIENTS = 50
# Seconds.
MOST, LONGEST = 1.0, 5.0
# The programs are threads of another process, so that they take no time from the library's.
PROGRAMS = """
import http.client, json, sys, threading, time
address, key, clients, posts, papers = *sys.argv[1:3], *map(int, sys.argv[3:])
waited, begin = [], threading.Barrier(clients)
def write(number):
    connection = http.client.HTTPConnection(address, timeout=120)
    begin.wait()
    for post in range(posts):
        made = [{"itemType": "preprint", "title": f"{number} {post} {paper}", "abstractNote": "x" * 1500}
                for paper in range(papers)]
        body = json.dumps(made)
        before = time.monotonic()
        connection.request("POST", "/users/1/items", body, {"Zotero-API-Key": key})
        answer = connection.getresponse()
        assert len(json.loads(answer.read())["successful"]) == papers
        waited.append(time.monotonic() - before)
    connection.close()
threads = [threading.Thread(target=write, args=(number,)) for number in range(clients)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(json.dumps(sorted(waited)))
"""


@pytest.mark.parametrize(("posts", "papers"), [(40, 1), (40, 5), (8, 50)])
def test_nobody_waits_long_to_write(tmp_path: Path, posts: int, papers: int) -> None:
    """First come, first served."""
    with EmbeddedLibrary(tmp_path / "library.sqlite") as library:
        words = [library.url.removeprefix("http://"), library.key, *map(str, (CLIENTS, posts, papers))]
        done = subprocess.run(
            [sys.executable, "-c", PROGRAMS, *words], capture_output=True, text=True, check=True
        )
    waited = json.loads(done.stdout)
    assert len(waited) == CLIENTS * posts
    most, longest = waited[len(waited) * 95 // 100], waited[-1]
    print(f"\n{CLIENTS} write {papers} at once: p95 {most:.2f} s, longest {longest:.2f} s")  # noqa: T201
    assert most < MOST
    assert longest < LONGEST
