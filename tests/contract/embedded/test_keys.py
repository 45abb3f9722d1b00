"""The `keys` addresses as zotero/dataserver has them: rights, giving a key up, signing in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from syncd.zotero.embedded import Grant

if TYPE_CHECKING:
    from syncd.zotero.embedded import EmbeddedLibrary

NOBODY = {"Zotero-API-Key": ""}


def test_what_a_key_may_do_changes_while_the_library_is_served(api: Any, library: EmbeddedLibrary) -> None:
    """A right that is not given is absent; for a group it is false."""
    library.accounts.give(library.key, Grant(1, "jane", frozenset({"library"}), {"5": False, "all": True}))
    assert api.get("/keys/current")["access"] == {
        "user": {"library": True},
        "groups": {"5": {"library": True, "write": False}, "all": {"library": True, "write": True}},
    }
    refused = api("POST", "items", [])
    assert (refused.status, refused.text) == (403, "Write access denied")
    library.accounts.give(library.key, Grant(2, "bob"))
    assert (api("GET", "items").status, api("GET", "items").text) == (403, "Forbidden")
    library.accounts.revoke(library.key)
    assert (api("GET", "items").status, api("GET", "items").text) == (403, "Invalid key")


def test_a_key_can_be_given_up(api: Any) -> None:
    """204; after that nobody knows it."""
    assert api("DELETE", "/keys/current").status == 204
    assert api("GET", "/keys/current").status == 403


def test_signing_in(api: Any, library: EmbeddedLibrary) -> None:
    """201 with token and page, pending, completed with key, user and name; then it can't be cancelled."""
    library.accounts.sign_in = True
    begun = api("POST", "/keys/sessions", {}, headers=NOBODY)
    token = begun.json["sessionToken"]
    assert begun.status == 201
    assert len(token) == 32
    assert token in begun.json["loginURL"]
    address = f"/keys/sessions/{token}"
    assert api("GET", address, headers=NOBODY).json == {"status": "pending"}
    assert library.accounts.complete(token, "new", Grant(7, "ann"))
    assert api("GET", address, headers=NOBODY).json == {
        "status": "completed",
        "apiKey": "new",
        "userID": 7,
        "username": "ann",
    }
    assert api("DELETE", address, headers=NOBODY).status == 409


def test_a_sign_in_that_ends_without_a_key(api: Any, library: EmbeddedLibrary) -> None:
    """Cancelled is a status, expired is 410, unknown is 404."""
    library.accounts.sign_in = True
    one, two = (f"/keys/sessions/{library.accounts.begin()}" for _ in range(2))
    assert api("DELETE", one, headers=NOBODY).status == 204
    assert api("GET", one, headers=NOBODY).json == {"status": "cancelled"}
    assert library.accounts.end(two.rpartition("/")[2], "expired")
    assert api("GET", two, headers=NOBODY).status == 410
    assert api("GET", "/keys/sessions/none", headers=NOBODY).status == 404


def test_nobody_signs_in_where_nobody_could_complete_it(api: Any) -> None:
    """501 with its name, as everything that the embedded library lacks."""
    refused = api("POST", "/keys/sessions", {})
    assert (refused.status, "signing in" in refused.text) == (501, True)
