"""Every sentence that syncd says of what happened: its code, and its parameters.

Code that finds something out says `message("no-key-file", path=path)`. The words stand in `words` and nowhere else. A
`Message` is a `str`: the words in English. The daemon sends code and parameters along with them, so that Zotero can say
the same in its own language. Labels, headings and tables belong to whoever shows them, and are not here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

from syncd.words import WORDS

Value = str | int
"""What a parameter may be. Words that depend on a number have it as `count`."""


class Message(str):
    """A sentence.

    Attributes:
        code: a key of `WORDS`.
        params: what it tells, by name.
    """

    __slots__ = ("code", "params")
    code: str
    params: Mapping[str, Value]

    def __new__(cls, code: str, params: Mapping[str, Value]) -> Self:
        """Say it in English."""
        one = f"{code}/one"
        words = WORDS[one] if params.get("count") == 1 and one in WORDS else WORDS[code]
        made = super().__new__(cls, words.format(**params))
        made.code, made.params = code, params
        return made

    def __getnewargs__(self) -> tuple[str, Mapping[str, Value]]:  # type: ignore[override]
        """Let copies be made of the code, not of the words."""
        return self.code, self.params


def message(code: str, /, **params: object) -> Message:
    """Return a sentence.

    >>> message("no-key-file", path="key.txt")
    'there is no key file key.txt'
    """
    return Message(code, {name: _value(each) for name, each in params.items()})


def told(words: str) -> dict[str, Any]:
    """Return a sentence as the daemon sends it: code, parameters, words. What somebody else said has no code."""
    if isinstance(words, Message):
        params = {
            name: told(each) if isinstance(each, Message) else each for name, each in words.params.items()
        }
        return {"code": words.code, "params": params, "words": str(words)}
    return {"code": None, "params": {}, "words": words}


def with_said(value: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return an answer of the daemon's with more of its sentences: beside "reason" stands "reason_said".

    That is what `told` tells of the sentence; a list of such for a list of sentences, None for none.

    >>> with_said({"hint": "Wait."}, "hint")
    {'hint': 'Wait.', 'hint_said': {'code': None, 'params': {}, 'words': 'Wait.'}}
    """
    return value | {f"{name}_said": _said(value[name]) for name in names}


def _said(value: Any) -> Any:
    if value is None:
        return None
    return told(value) if isinstance(value, str) else [told(one) for one in value]


def untold(value: Any) -> str:
    """Return the sentence of which `told` told; its words, where this syncd does not know its code any more."""
    code, params, words = value["code"], value["params"], value["words"]
    try:
        return Message(code, {name: _untold(each) for name, each in params.items()})
    except (KeyError, IndexError, TypeError, AttributeError, ValueError):
        return str(words)


def _untold(value: Any) -> Value:
    return untold(value) if isinstance(value, dict) else value


def kept(words: str) -> str:
    """Return a sentence as a text that keeps its code: JSON where it has one, else the words.

    >>> kept("Not Found")
    'Not Found'
    >>> kept(message("no-run-named"))
    '{"code": "no-run-named", "params": {}, "words": "no run is named"}'
    """
    # Words of somebody else's that look like what is kept stay theirs.
    if isinstance(words, Message) or _parsed(words) is not None:
        return json.dumps(told(words), ensure_ascii=False)
    return str(words)


def recalled(text: str) -> str:
    """Return the sentence that `kept` made a text of; any other text is words without a code.

    >>> recalled('{"code": "no-run-named", "params": {}, "words": "no run is named"}').code
    'no-run-named'
    """
    value = _parsed(text)
    return text if value is None else untold(value)


def _parsed(text: str) -> dict[str, Any] | None:
    """Return what `kept` made a text of; None where it made nothing of it."""
    if not text.startswith("{"):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and value.keys() == {"code", "params", "words"} else None


def listed(sentences: Sequence[str]) -> str:
    """Return sentences as one, with commas; it keeps the code of each; of none, nothing.

    >>> listed(["a", "b", "c"])
    'a, b, c'
    """
    return _joined(sentences, lambda first, rest: message("list", first=first, rest=rest))


def chained(sentences: Sequence[str]) -> str:
    """Return sentences as one, with semicolons, as `listed` does.

    >>> chained(["a, b", "c"])
    'a, b; c'
    """
    return _joined(sentences, lambda first, rest: message("list-of-sentences", first=first, rest=rest))


def alternatives(sentences: Sequence[str]) -> str:
    """Return what may be instead of each other as one, as `listed` does.

    >>> alternatives(["a", "b", "c"])
    'a or b or c'
    """
    return _joined(sentences, lambda first, rest: message("alternatives", first=first, rest=rest))


def together(sentences: Sequence[str]) -> str:
    """Return what holds of all as one, as `listed` does.

    >>> together(["a", "b"])
    'a and b'
    """
    return _joined(sentences, lambda first, rest: message("together", first=first, rest=rest))


def neither(sentences: Sequence[str]) -> str:
    """Return what holds of none as one, as `listed` does.

    >>> neither(["a", "b"])
    'a nor b'
    """
    return _joined(sentences, lambda first, rest: message("neither-nor", first=first, rest=rest))


def _joined(sentences: Sequence[str], join: Callable[[str, str], Message]) -> str:
    """Join them in halves: of a thousand sentences, whoever says the whole goes no more than ten deep."""
    if len(sentences) <= 1:
        return sentences[0] if sentences else ""
    half = len(sentences) // 2
    return join(_joined(sentences[:half], join), _joined(sentences[half:], join))


def reworded(words: str, change: Callable[[str], str]) -> str:
    """Return a sentence after a change of all that it is made of; it keeps its code.

    >>> reworded(message("no-key-file", path="/tmp/key"), lambda words: words.replace("/tmp", "~")).code
    'no-key-file'
    """
    if not isinstance(words, Message):
        return change(words)
    params = {
        name: reworded(each, change) if isinstance(each, str) else each for name, each in words.params.items()
    }
    return Message(words.code, params)


def _value(given: object) -> Value:
    if isinstance(given, Exception) and given.args and isinstance(given.args[0], Message):
        return given.args[0]
    return given if isinstance(given, (int, str)) else str(given)
