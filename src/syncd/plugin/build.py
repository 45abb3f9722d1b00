"""The plugin's source put together into the one file that Zotero installs.

The same source gives the same bytes, on every computer and day. Nothing is compiled, and nothing is fetched. Where it
goes is the caller's to say; nothing is put into Zotero's own folders.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from syncd import __version__
from syncd.errors import PluginError
from syncd.messages import message
from syncd.paths import write_whole
from syncd.plugin import ID, UPDATES
from syncd.words import WORDS

# Defines the object to which all the others add, so it comes first.
FIRST = "lifecycle.js"
# Files of their own in the xpi: Zotero reads one by this name, and runs the other in its window of preferences.
APART = frozenset({"prefs.js", "preferences-window.js"})
# The languages that Zotero comes in (chrome/locale of its source). Before version 10, a window into which strings are
# brought that are not there in its language shows all of Zotero's own in English too.
# fmt: off
LOCALES = (
    "af-ZA", "ar", "bg-BG", "br", "ca-AD", "cs-CZ", "da-DK", "de", "el-GR", "en-GB", "en-US", "es-ES",
    "et-EE", "eu-ES", "fa", "fi-FI", "fr-FR", "gl-ES", "he-IL", "hr-HR", "hu-HU", "id-ID", "is-IS",
    "it-IT", "ja-JP", "km", "ko-KR", "lt-LT", "mn-MN", "nb-NO", "nl-NL", "nn-NO", "pl-PL", "pt-BR",
    "pt-PT", "ro-RO", "ru-RU", "sk-SK", "sl-SI", "sr-RS", "sv-SE", "ta", "th-TH", "tr-TR", "uk-UA",
    "vi-VN", "zh-CN", "zh-TW",
)
# fmt: on
# Stands in for a language that the plugin does not speak.
SPOKEN = "en-US"
# What syncd says, by codes: the English one is made of `WORDS`, others are in the folders of their languages.
WORDS_FILE = "messages.json"
# What the dashboard alone says.
PAGES_FILE = "syncd-dashboard.ftl"
# The earliest time that a zip can tell.
_TIME = (1980, 1, 1, 0, 0, 0)


def source() -> Traversable:
    """Return the folder with the plugin's source."""
    return files("syncd.plugin") / "source"


def scripts(folder: Traversable) -> Iterator[tuple[str, str]]:
    """Yield name and text of each script, in the order in which they are put together."""
    yield FIRST, (folder / FIRST).read_text(encoding="utf-8")
    for part, prefix in ((folder, ""), (folder / "views", "views/")):
        if not part.is_dir():
            continue
        for file in sorted(part.iterdir(), key=lambda file: file.name):
            if file.name.endswith(".js") and file.name not in APART | {FIRST}:
                yield f"{prefix}{file.name}", file.read_text(encoding="utf-8")


def bootstrap(folder: Traversable) -> str:
    """Return the one script: every part but the first in a block, so that its names stay its own."""
    (_, first), *rest = scripts(folder)
    parts = (f"// {name}\n{{\n{text}}}\n" for name, text in rest)
    return "\n".join(('"use strict";\n', first, *parts))


def manifest(folder: Traversable) -> str:
    """Return the manifest with what the package knows."""
    text = (folder / "manifest.json").read_text(encoding="utf-8")
    for name, value in {"@VERSION@": __version__, "@ID@": ID, "@UPDATE_URL@": UPDATES}.items():
        text = text.replace(name, value)
    return text


def contents() -> dict[str, bytes]:
    """Return each file of the xpi by its name in there."""
    folder = source()
    found = {"bootstrap.js": bootstrap(folder).encode(), "manifest.json": manifest(folder).encode()}
    for name, file in _walk(folder):
        script = name.endswith(".js") and name not in APART
        if not script and name != "manifest.json" and not name.endswith(f"/{PAGES_FILE}"):
            found[name] = file.read_bytes()
    # What a syncd of another version says has no words here; the plugin says it in the English words that were sent.
    return _in_every_language(found) | {f"locale/{SPOKEN}/{WORDS_FILE}": _json(WORDS)} | _translated(found)


def _translated(found: dict[str, bytes]) -> dict[str, bytes]:
    """Return the files of translated words, in the form of the English one."""
    names = [name for name in found if name.endswith(f"/{WORDS_FILE}")]
    return {name: _json(json.loads(found[name])) for name in names}


def _json(words: Mapping[str, str]) -> bytes:
    """Return words by their codes as a file that has one meaning, whatever characters its reader expects."""
    return json.dumps(words, indent=1, sort_keys=True).encode()


def _in_every_language(found: dict[str, bytes]) -> dict[str, bytes]:
    """Add the strings for languages that have none of their own."""
    own = f"locale/{SPOKEN}/"
    names = [name.removeprefix(own) for name in found if name.startswith(own)]
    spoken = {f"locale/{locale}/{name}": found[own + name] for locale in LOCALES for name in names}
    return spoken | found


def _walk(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, Traversable]]:
    for file in folder.iterdir():
        if file.is_dir():
            yield from _walk(file, f"{prefix}{file.name}/")
        else:
            yield prefix + file.name, file


def xpi() -> bytes:
    """Return the plugin as Zotero installs it.

    Nothing in it is compressed, for each zlib does so in its own way.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sorted(contents().items()):
            entry = zipfile.ZipInfo(name, _TIME)
            entry.create_system = 3  # Unix, wherever it is built
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, content)
    return buffer.getvalue()


def write(place: Path) -> None:
    """Write the plugin whole, or leave what was there.

    Raises:
        PluginError: that is not possible.
    """
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        write_whole(place, xpi(), mode=0o644)
    except OSError as error:
        raise PluginError(
            message("file-not-written", path=place, reason=error.strerror), hint=message("nothing-changed")
        ) from None
