"""Whatever is sent, the embedded library answers as it should, and nothing fails inside."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    import pytest

    from syncd.zotero.embedded import EmbeddedLibrary

KEYS = ("AAAA2222", "AAAA3333", "CCCC2222")
TYPES = ("preprint", "book", "note", "attachment", "nosuch")
PROPERTIES = (
    *("key", "version", "itemType", "parentItem", "title", "date", "url", "accessDate", "note", "linkMode"),
    *("creators", "tags", "collections", "relations", "deleted", "dateAdded", "dateModified", "md5", "path"),
    *("name", "parentCollection", "data", "nosuch", "archiveID", "publisher", "inPublications"),
)
plain = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from((*KEYS, *TYPES, "linked_url", "imported_url", "2023-01-01T00:00:00Z")),
)
creator = st.dictionaries(st.sampled_from(("creatorType", "firstName", "lastName", "name", "x")), plain)
tag = st.dictionaries(st.sampled_from(("tag", "type", "x")), plain)
relation = st.dictionaries(
    st.sampled_from(("dc:replaces", "owl:sameAs", "mendeleyDB:documentUUID", "x")), plain
)
value = st.one_of(plain, st.lists(st.one_of(plain, creator, tag), max_size=3), relation)
anything = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner)
)
sound = st.fixed_dictionaries(
    {"itemType": st.sampled_from(TYPES[:4]), "version": st.sampled_from((0, 10**6))},
    optional={
        "key": st.sampled_from(KEYS),
        "title": st.text(max_size=10),
        "linkMode": st.just("linked_url"),
        "parentItem": st.sampled_from((*KEYS, False)),
        "deleted": st.booleans(),
    },
)
wild = st.dictionaries(st.sampled_from(PROPERTIES), value)
objects = st.lists(
    st.one_of(wild, sound, st.builds(lambda a, b: {**a, **b}, sound, wild), anything), max_size=4
)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(("items", "collections")), sent=objects)
def test_any_json_is_answered(
    library: EmbeddedLibrary, api: Any, caplog: pytest.LogCaptureFixture, path: str, sent: Any
) -> None:
    """Each object is reported on once; nothing but the real server's own 500 is one; lists stay readable."""
    reply = api("POST", path, sent)
    assert reply.status in {200, 500}, reply.text
    if reply.status == 200:
        report = reply.json
        reported = [*report["success"], *report["unchanged"], *report["failed"]]
        assert sorted(reported) == sorted(map(str, range(len(sent))))
    else:
        assert reply.text == "An error occurred"
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
    versions = api.versions(f"{path}?includeTrashed=1")
    assert len(set(versions.values())) == len(versions)
    assert len(api.get(f"{path}?includeTrashed=1&limit=100")) == min(len(versions), 100)
    assert api("GET", "items").status == 200
    assert library.url


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")),
    path=st.lists(
        st.sampled_from(("users", "1", "items", "collections", "tags", "top", *KEYS, "%00", "..", "%ff", "é"))
    )
    | st.lists(st.sampled_from(("items", "collections", "tags", "top", "children", *KEYS))).map(
        lambda p: ["users", "1", *p]
    ),
    query=st.dictionaries(
        st.sampled_from(
            ("q", "tag", "since", "limit", "sort", "format", "itemKey", "itemType", "page", "collection")
        ),
        st.sampled_from(
            ("", "0", "-1", "title", "versions", "keys", "%", "%00", "%ff", "||", "-", "\\-", "a||b", *KEYS)
        ),
    ),
    body=anything,
)
def test_any_address_is_answered(
    *,
    api: Any,
    caplog: pytest.LogCaptureFixture,
    method: str,
    path: list[str],
    query: dict[str, str],
    body: Any,
) -> None:
    """A status, never a failure inside."""
    address = "/" + "/".join(part.replace("é", "%C3%A9") for part in path)
    asked = "&".join(f"{name}={text}" for name, text in query.items())
    reply = api(method, f"{address}?{asked}", None if method in {"GET", "HEAD"} else body)
    assert reply.status < 500 or reply.status == 501 or reply.text == "An error occurred"
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
