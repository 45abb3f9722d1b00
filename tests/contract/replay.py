"""Replays the recorded exchanges of the real Zotero server against any server, and says what differs.

    python tests/contract/replay.py --base http://127.0.0.1:8080 --library users/1 --key KEY

Versions in `exchanges.jsonl` are relative to the library's version at the start: "<v+3>". The library must
not have the keys used there; a fresh one is best. Wording counts. Standard library only.
"""

from __future__ import annotations

import argparse
import http.client
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

EXCHANGES = Path(__file__).with_name("exchanges.jsonl")
COMPARED_HEADERS = ("Last-Modified-Version", "Total-Results", "Retry-After")
VARYING = frozenset({"links", "library", "dateAdded", "dateModified", "createdByUser", "lastModifiedByUser"})
_PLACEHOLDER = re.compile(r"<v([+-]\d+)>")
_KEY = re.compile(r"[2-9A-NP-Z]{8}")
_VERSION_IN_TEXT = re.compile(r"(expected|found|use) (\d+)")
_LIBRARY_IN_TEXT = re.compile(r"'\d+/([2-9A-NP-Z]{8})'")
_INVENTED_VERSION = 5000  # versions this far ahead were made up by the recorder, so they stay as they are


@dataclass(frozen=True)
class Target:
    """The server under test.

    Attributes:
        start: the library's version before the first exchange.
    """

    base: str
    library: str
    key: str
    start: int = 0

    def send(self, method: str, path: str, headers: dict[str, str], body: object) -> dict[str, Any]:
        """One request and its answer, comparable but for its versions."""
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        address = urlsplit(self.base)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
        try:
            connection.request(method, path, None if body is None else data, headers)
            answer = connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
        finally:
            connection.close()
        try:
            parsed = json.loads(text)
        except ValueError:
            parsed = text.strip()
        got = {name: answer.headers[name] for name in COMPARED_HEADERS if name in answer.headers}
        return {"status": answer.status, "headers": got, "body": parsed}

    def absolute(self, value: Any) -> Any:
        """A recorded value with real versions and the real library."""
        if isinstance(value, str):
            if whole := _PLACEHOLDER.fullmatch(value):
                return self.start + int(whole[1])
            filled = _PLACEHOLDER.sub(lambda found: str(self.start + int(found[1])), value)
            return filled.replace("{lib}", self.library)
        if isinstance(value, list):
            return [self.absolute(each) for each in value]
        if isinstance(value, dict):
            return {name: self.absolute(each) for name, each in value.items()}
        return value

    def relative(self, value: Any, name: str = "") -> Any:
        """A real value with relative versions, without what differs from run to run."""
        if isinstance(value, dict):
            return {k: self.relative(v, k) for k, v in value.items() if k not in VARYING}
        if isinstance(value, list):
            return [self.relative(each) for each in value]
        if isinstance(value, int) and not isinstance(value, bool):
            is_version = name == "version" or _KEY.fullmatch(name)
            return f"<v{value - self.start:+d}>" if is_version else value
        if isinstance(value, str):
            text = _LIBRARY_IN_TEXT.sub(r"'\1'", value.replace(self.library, "{lib}"))
            return _VERSION_IN_TEXT.sub(self._relative_in_text, text)
        return value

    def _relative_in_text(self, found: re.Match[str]) -> str:
        version = int(found[2])
        if version == 0 or version > self.start + _INVENTED_VERSION:
            return found[0]
        return f"{found[1]} <v{version - self.start:+d}>"

    def exchange(self, request: dict[str, Any]) -> dict[str, Any]:
        """Send a recorded request; the answer is as it would be recorded."""
        headers = {"Zotero-API-Version": "3", "Content-Type": "application/json"}
        if not request.get("anonymous"):
            headers["Zotero-API-Key"] = self.key
        headers |= {name: str(value) for name, value in self.absolute(request.get("headers", {})).items()}
        path, body = str(self.absolute(request["path"])), self.absolute(request.get("body"))
        got = self.send(request["method"], path, headers, body)
        if "Last-Modified-Version" in got["headers"]:
            version = int(got["headers"]["Last-Modified-Version"])
            got["headers"]["Last-Modified-Version"] = f"<v{version - self.start:+d}>"
        return {**got, "body": self.relative(got["body"])}


def connect(base: str, library: str, key: str) -> Target:
    """A target with the library's version as it is now."""
    target = Target(base, library, key)
    headers = {"Zotero-API-Version": "3", "Zotero-API-Key": key}
    answer = target.send("GET", f"/{library}/items?format=versions&limit=1", headers, None)
    return Target(base, library, key, int(answer["headers"]["Last-Modified-Version"]))


def replay(target: Target, recording: Path = EXCHANGES) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Send all recorded requests in order; their names, the recorded and the real answers."""
    lines = recording.read_text(encoding="utf-8").splitlines()
    recorded = [json.loads(line) for line in lines]
    return [(each["id"], each["response"], target.exchange(each["request"])) for each in recorded]


def main() -> int:
    """Print what differs; exit 1 if anything does."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    for name in ("--base", "--library", "--key"):
        parser.add_argument(name, required=True)
    options = parser.parse_args()
    results = replay(connect(options.base, options.library, options.key))
    differing = [result for result in results if result[1] != result[2]]
    for name, want, got in differing:
        sys.stdout.write(f"{name}\n   want {json.dumps(want)[:600]}\n   got  {json.dumps(got)[:600]}\n")
    sys.stdout.write(f"{len(results) - len(differing)} alike, {len(differing)} differ\n")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
