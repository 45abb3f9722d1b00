"""What a library is called: a person's own has two names."""

from __future__ import annotations

import pytest

from clocks import FakeClock
from syncd.zotero.client import Address, Client
from syncd.zotero.desktop import Plugin, PluginClient
from syncd.zotero.transport import PoliteTransport


@pytest.mark.parametrize(
    ("prefix", "names"),
    [
        ("users/117", ("users/117", "users/0")),
        ("users/0", ("users/0",)),
        ("groups/117", ("groups/117",)),
    ],
)
def test_keys_may_be_made_under_each_name_of_a_library(prefix: str, names: tuple[str, ...]) -> None:
    """New ones are made under the first."""
    client = Client(Address("main", "http://127.0.0.1:1", prefix, "a-key"), PoliteTransport(FakeClock()))
    assert client.names == names


@pytest.mark.parametrize(("user", "names"), [(117, ("users/117", "users/0")), (None, ("users/0",))])
def test_on_the_desktop_a_library_is_called_as_online_once_its_user_signed_in(
    user: int | None, names: tuple[str, ...]
) -> None:
    """Whatever its address says."""
    address = Address("main", "http://127.0.0.1:1", "users/0", "a-key")
    client = PluginClient(address, PoliteTransport(FakeClock()), Plugin("server", "database", user=user))
    assert client.names == names
