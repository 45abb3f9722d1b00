"""What pages say, in English and German: labels from the plugin's Fluent files, sentences by their codes.

The catalogue is the plugin's own. Nothing is said here that does not stand there.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Any, Final

from syncd.figures import TITLES
from syncd.messages import told
from syncd.words import WORDS

Json = dict[str, Any]
# Folders of the catalogue by language, the usual one first.
FOLDERS: Final = {"en": "en-US", "de": "de"}
FILES: Final = ("syncd-views.ftl", "syncd-dashboard.ftl")
# Behind a code: what is said where its number is one.
ONE: Final = "/one"


def language_of(accepted: str) -> str:
    """Return the language to speak to a browser that accepts these, as its header says: "en" or "de".

    >>> language_of("fr-FR, de;q=0.8, en;q=0.5"), language_of("de;q=0.2,en-GB"), language_of("")
    ('de', 'en', 'en')
    """
    ranked = []
    for place, part in enumerate(accepted.split(",")[:20]):
        name, _, quality = part.partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            weight = 0.0
        ranked.append((-weight, place, name.strip()[:2].lower()))
    return next((name for weight, _, name in sorted(ranked) if weight and name in FOLDERS), "en")


class Strings:
    """What pages say in one language.

    Args:
        language: "en" or "de".
    """

    def __init__(self, language: str) -> None:
        # It takes a while to import, and who never looks at the dashboard does without.
        from fluent.runtime import FluentBundle, FluentResource  # noqa: PLC0415

        self.language = language
        folder = files("syncd.plugin") / "source" / "locale" / FOLDERS[language]
        # Texts from outside stand in elements of their own, which keep their directions apart.
        self._bundle = FluentBundle([FOLDERS[language]], use_isolating=False)
        for name in FILES:
            self._bundle.add_resource(FluentResource((folder / name).read_text(encoding="utf-8")))
        words = {} if language == "en" else json.loads((folder / "messages.json").read_text(encoding="utf-8"))
        self._sentences: dict[str, str] = words

    def label(self, name: str, /, **values: Any) -> str:
        """Return what stands in the catalogue under this id."""
        text, wrong = self._bundle.format_pattern(self._pattern(name), values)
        if wrong:
            raise wrong[0]
        return str(text)

    def titles(self) -> dict[str, str]:
        """Return what figures are called, by their names."""
        return {name: self.label("syncd-dashboard-figure", figure=name) for name in TITLES}

    def _pattern(self, name: str) -> Any:
        value = self._bundle.get_message(name).value
        if value is None:
            raise KeyError(name)
        return value

    def sentence(self, words: str) -> str:
        """Return a sentence of syncd's in this language; in English, where the catalogue lacks it."""
        return str(words) if self.language == "en" else self._said(told(words))

    def _said(self, said: Json) -> str:
        code, params = said["code"], said["params"]
        one = self._sentences.get(f"{code}{ONE}") if params.get("count") == 1 else None
        text = one or self._sentences.get(code)
        if code not in WORDS or text is None:
            return str(said["words"])
        values = {
            name: self._said(value) if isinstance(value, dict) else value for name, value in params.items()
        }
        if any(name not in values for _, name, _, _ in Formatter().parse(text) if name is not None):
            return str(said["words"])
        return text.format(**values)

    def day(self, moment: date | str) -> str:
        """Return a day as people write it: "2 Jun 2026", "2. Juni 2026"; words that are no day stay."""
        try:
            known = _local(moment) if isinstance(moment, str) else moment
        except ValueError:
            return str(moment)
        month = self.label("syncd-dashboard-month", month=known.month)
        return self.label("syncd-dashboard-day", day=str(known.day), month=month, year=str(known.year))

    def time(self, moment: str) -> str:
        """Return an ISO time as day and time of this computer's clock."""
        known = _local(moment)
        return f"{self.day(known)}, {known:%H:%M}"

    def number(self, value: float) -> str:
        """Return a number with its thousands apart: "12,345.5", "12.345,5"."""
        text = f"{value:,.10g}"
        return text if self.language == "en" else text.translate({ord(","): ".", ord("."): ","})


def _local(moment: str) -> datetime:
    known = datetime.fromisoformat(moment)
    return known.astimezone() if known.tzinfo else known


@cache
def strings(language: str) -> Strings:
    """Return what pages say in a language; read once."""
    return Strings(language)
