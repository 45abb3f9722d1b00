"""`syncd library`: look at the embedded library, or serve it to other programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.tree import Tree

from syncd.cli.console import (
    ConfigOption,
    JsonOption,
    command,
    escape,
    group,
    own_data,
    papers_in_words,
    said_plainly,
    stdout,
    tell,
)
from syncd.cli.dashboard import interrupted, invited
from syncd.clock import SystemClock
from syncd.messages import message
from syncd.sync.library import IndexedCollection, LibraryView, indexed
from syncd.zotero.client import Address, Client
from syncd.zotero.transport import PoliteTransport

if TYPE_CHECKING:
    from syncd.zotero.embedded import EmbeddedLibrary

app = group("The embedded library.")


@command(app, "serve")
def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, metavar="N", help="0 takes a free one.")] = 0,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Serve the embedded library over HTTP on this computer, until interrupted; people see it in the dashboard."""
    with said_plainly(), _embedded(port) as server, invited("/library", config) as (page, _):
        ended = interrupted()
        if as_json:
            line = {"url": server.url, "library": server.library, "key": server.key, "page": page}
            typer.echo(json.dumps(line))
        else:
            stdout().print(message("open-in-browser", address=f"[bold]{page}[/]"), soft_wrap=True)
            tell(message("address-works-once"))
            tell(message("programs-find-key"))
        ended.wait()


@command(app, "show")
def show() -> None:
    """Show what the embedded library holds."""
    with said_plainly(), _embedded(0) as server:
        _print(_view(server))


def _embedded(port: int) -> EmbeddedLibrary:
    from syncd.zotero.embedded import EmbeddedLibrary  # noqa: PLC0415 - imported where it is used

    return EmbeddedLibrary(own_data().library, port=port)


def _view(server: EmbeddedLibrary) -> LibraryView:
    """Read the whole library through its API, as any client would."""
    transport = PoliteTransport(SystemClock())
    try:
        client = Client(Address("embedded", server.url, server.library, server.key), transport)
        versions, version = client.item_versions_since(0)
        items = [indexed(entry["data"], entry["version"]) for entry in client.items_by_key(list(versions))]
        collections = [entry["data"] for entry in client.collections_since(0).objects]
    finally:
        transport.shutdown()
    return LibraryView(
        server.library,
        version,
        {item.key: item for item in items},
        {
            data["key"]: IndexedCollection(
                data["key"], data["name"], data["parentCollection"] or None, bool(data.get("deleted"))
            )
            for data in collections
        },
        frozenset(),
    )


def _print(view: LibraryView) -> None:
    living = [item.data for item in view.papers if not item.trashed]
    tree = Tree(f"[bold]embedded library[/] · {papers_in_words(len(living))}", guide_style="dim")
    branches: dict[str | None, Tree] = {None: tree}
    left = sorted((c for c in view.collections.values() if not c.trashed), key=lambda c: c.name)
    while ready := [collection for collection in left if collection.parent in branches]:
        for collection in ready:
            left.remove(collection)
            inside = [data for data in living if collection.key in data["collections"]]
            count = f" · {papers_in_words(len(inside))}" if inside else ""
            branch = branches[collection.parent].add(f"[bold cyan]{escape(collection.name)}[/]{count}")
            branches[collection.key] = branch
            for data in sorted(inside, key=lambda data: data["date"], reverse=True):
                branch.add(escape(_line(data))).add(_details(data, view))
    for data in living:
        if not data["collections"]:
            tree.add(escape(_line(data))).add(_details(data, view))
    out = stdout()
    out.print(tree)
    if not living:
        tell(message("library-is-empty"), err=True)


def _line(data: dict[str, Any]) -> str:
    return f"{data['date'] or 'no date':<10} {data['title']}"


def _details(data: dict[str, Any], view: LibraryView) -> str:
    names = [creator.get("lastName") or creator.get("name", "") for creator in data["creators"]]
    tags = ", ".join(entry["tag"] for entry in data["tags"])
    links = [child.data["title"] for child in view.children.get(data["key"], ()) if not child.trashed]
    text = escape(", ".join(names)) + (f" [dim]· {escape(tags)}[/]" if tags else "")
    return text + (f" · [green]{escape(', '.join(links))}[/]" if links else "")
