"""A Gecko for all of these tests, and in it the plugin as it is built, at work in a window like Zotero's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from firefox import Gecko, firefox
from syncd.plugin import ID
from syncd.plugin.build import LOCALES, xpi

if TYPE_CHECKING:
    from collections.abc import Iterator

# What every script of a test finds: the small Zotero, what is built, a paper, a window, the plugin and its object.
BEGIN = """
    const { w, plugin, item, collection } = globalThis.here ?? {};
    const Syncd = plugin?.scope.Syncd;
    const d = w?.document;
"""
OPEN = """
    const collection = { id: 3, key: "CCCC2222", libraryID: 1, name: "Ann Author" };
    const link = { title: "Code: o/r", url: "https://github.com/o/r" };
    const item = {
      id: 5, key: "AAAA2222", libraryID: 1, dateAdded: "2026-11-24 10:00:00",
      isRegularItem: () => true,
      getTags: () => [{ tag: "AI Score 90+", type: 1 }],
      getAttachments: () => [{ attachmentLinkMode: 3, getField: (name) => link[name] }],
      getCreators: () => [{ firstName: "Ann", lastName: "Author" }, { firstName: "Bob", lastName: "Other" }],
    };
    for (const told of [z.complaints, z.debug, z.launched, z.notes, z.questions]) {
      told.length = 0;
    }
    // Gecko forgets them whenever strings go.
    Services.locale.availableLocales = words[1];
    Services.locale.requestedLocales = [words[0]];
    const w = await z.openMain();
    const plugin = build();
    globalThis.here = { item, collection, w, plugin };
    await plugin.call("startup", "APP_STARTUP");
    w.focus();
    await z.until(() => w.document.hasFocus());
"""
CLOSE = """
    await Syncd.keys.removeAll();
    await plugin.call("shutdown", "ADDON_DISABLE");
    plugin.unload();
    for (const window of [...z.windows, ...z.others]) {
      z.close(window);
    }
    Services.prefs.deleteBranch("extensions.syncd.");
    globalThis.here = null;
    return z.complaints;
"""


@dataclass
class Client:
    """The plugin at work in a window."""

    gecko: Gecko

    def run(self, script: str, *words: Any) -> Any:
        """Run a script and return what it returns.

        It sees `z`, the small Zotero; `w` and `d`, window and document; `plugin` and its `Syncd`; `item` and
        `collection`, which may be shown; and `words`.
        """
        return self.gecko.run(BEGIN + script, *words)

    def open(self, locale: str = "en-US") -> None:
        """Open a window and start the plugin in it."""
        self.gecko.run(OPEN, locale, LOCALES)

    def close(self) -> list[str]:
        """Take the plugin and the windows away, and return what Gecko complained of."""
        complaints: list[str] = self.run(CLOSE)
        return complaints


@pytest.fixture(scope="session")
def gecko(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gecko]:
    """Start Gecko, and give it the small Zotero beside this file."""
    if firefox() is None:
        pytest.skip("there is no Firefox here")
    file = tmp_path_factory.mktemp("xpi") / "syncd.xpi"
    file.write_bytes(xpi())
    with Gecko() as running:
        running.register("zotero-gecko", "chrome")
        running.run(
            """
            globalThis.z = ChromeUtils.importESModule("chrome://zotero-gecko/content/zotero.sys.mjs");
            const [rootURI, id] = words;
            globalThis.build = () => new z.Plugin(rootURI, id);
            """,
            f"jar:{file.as_uri()}!/",
            ID,
        )
        yield running


@pytest.fixture
def client(gecko: Gecko) -> Iterator[Client]:
    """Give the plugin in a window; what Gecko complains of is a failure."""
    made = Client(gecko)
    made.open()
    yield made
    assert made.close() == []
