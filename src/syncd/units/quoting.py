"""How systemd wants words to be written in a unit file, so that odd ones mean themselves.

The rules are those of systemd.syntax(7), "Quoting", systemd.service(5), "Command lines", and systemd.unit(5),
"Specifiers". Control characters are no matter of this: `Start` refuses them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from syncd.errors import ConfigError
from syncd.text.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

_PLAIN = pattern(r"[\w@./:=+,-]+", hostile="a", flags=re.ASCII)


def command_line(words: Sequence[str]) -> str:
    """Return what stands after `ExecStart=`: the executable, absolute, and its arguments.

    The colon in front keeps systemd from replacing `$NAME`; two dollars would not do, for in the executable's own name
    they stay two.

    Raises:
        ConfigError: systemd starts no executable whose name holds a quotation mark or a backslash.
    """
    if set(words[0]) & set("\"'\\"):
        raise ConfigError(
            [f"systemd can't start {words[0]}, for its name holds a quotation mark or a backslash"],
            hint="Install syncd elsewhere, then try again.",
        )
    return ":" + " ".join(word(each) for each in words)


def word(text: str) -> str:
    r"""Return a word of a command line, of `Environment=` or of a list of paths, quoted where it has to be.

    >>> print(word("/opt/my tools/100%/syncd"))
    "/opt/my tools/100%%/syncd"
    """
    literal = text.replace("%", "%%")
    if _PLAIN.fullmatch(text):
        return literal
    return '"' + literal.replace("\\", "\\\\").replace('"', '\\"') + '"'
