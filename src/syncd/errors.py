"""The errors that syncd raises, as one tree. They carry data; the command line owns the prose.

`str(error)` is one sentence that says what happened. `hint` says what the user can do, where that is known.
Nothing in an error may hold a key.
"""

from __future__ import annotations

from typing import Literal

from syncd.messages import chained, message

# What a run is told that was asked to end.
ENDING = message("ended-on-request")
# What is remembered of a run that its user ended.
INTERRUPTED = message("interrupted")


def in_words(error: BaseException) -> str:
    """Return an error as a sentence for people, whatever Python calls it."""
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    if isinstance(error, SyncdError):
        return error.words
    return message("fault-because", reason=words_of(error))


def words_of(error: BaseException) -> str:
    """Return what an error says, with its code where it has one; its kind where it says nothing."""
    words = error.words if isinstance(error, SyncdError) else str(error)
    return words or type(error).__name__


class SyncdError(Exception):
    """Base of everything that syncd raises on purpose.

    Attributes:
        words: the same as `str(error)`; with its code, where it is a `Message`.
        hint: what the user can do about it, as a sentence; may be empty.
        sort: what it means for those who wait: "error", "configuration", "permission", "temporary", "waiting",
            "layout", "guard", "locked".
        unreached: a server was not reached at all, as where there is no network.
    """

    sort = "error"
    unreached = False

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.words = message
        self.hint = hint


class SourceError(SyncdError):
    """A source can't be fetched.

    Attributes:
        origin: the path or address.
        transient: trying again later may help.
        retry_after: seconds to wait, if the server said so.
    """

    def __init__(
        self,
        message: str,
        *,
        origin: str,
        transient: bool = False,
        retry_after: float | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(message, hint=hint)
        self.origin = origin
        self.transient = transient
        self.retry_after = retry_after
        self.sort = "temporary" if transient else "error"


class ParseError(SyncdError):
    """A source was fetched and is not what it should be. Nothing of it is used.

    Attributes:
        message: what is wrong, without the place.
        origin: the path or address.
        line: counted from 1, or None where no line is to blame.
        expected: what should have been there.
    """

    def __init__(
        self, message: str, *, origin: str, line: int | None = None, expected: str = "", hint: str = ""
    ) -> None:
        where = origin if line is None else f"{origin}:{line}"
        super().__init__(_at(where, message, expected), hint=hint)
        self.message = message
        self.origin = origin
        self.line = line
        self.expected = expected


def _at(where: str, words: str, expected: str) -> str:
    if expected:
        return message("at-expected", place=where, words=words, expected=expected)
    return message("at", place=where, words=words)


class LayoutError(ParseError):
    """The page is a profile page no longer, or far fewer papers were found than before: a layout alarm."""

    sort = "layout"


class LibraryError(SyncdError):
    """A library did not do what was asked.

    Attributes:
        kind: "transient" (try later), "permanent", "conflict" (the library changed meanwhile),
            "permission" (key or rights).
        library: the library's name in the configuration.
        status: the HTTP status, if there was an answer.
        retry_after: seconds to wait, if the server said so.
    """

    def __init__(  # noqa: PLR0913 - each is a fact that the command line words
        self,
        message: str,
        *,
        kind: Literal["transient", "permanent", "conflict", "permission"],
        library: str = "",
        status: int | None = None,
        retry_after: float | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(message, hint=hint)
        self.kind = kind
        self.sort = {
            "transient": "temporary",
            "conflict": "waiting",
            "permission": "permission",
            "permanent": "error",
        }[kind]
        self.library = library
        self.status = status
        self.retry_after = retry_after


class ConfigError(SyncdError):
    """The configuration has problems, all of which are named.

    Attributes:
        problems: one sentence each, with path and line where known.
    """

    sort = "configuration"

    def __init__(self, problems: list[str], *, hint: str = "") -> None:
        super().__init__(chained(problems), hint=hint)
        self.problems = problems


class StateError(SyncdError):
    """syncd's own data can't be read or written: disk full, locked, from a newer version."""


class KeptError(SyncdError):
    """A file is left as it is: what stands in it is not syncd's, or would be lost."""

    sort = "waiting"


class AwayError(StateError):
    """The database that holds the state does not answer. What it was told stays; the run ends and comes again."""

    sort = "temporary"


class LockedError(SyncdError):
    """Another run holds the lock.

    Attributes:
        holder: what is known of it, such as "process 4711".
    """

    sort = "locked"

    def __init__(self, message: str, *, holder: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.holder = holder


class GuardError(SyncdError):
    """A plan is larger than a guard allows; nothing was written."""

    sort = "guard"


class StoppedError(SyncdError):
    """The run was asked to end. What was written is recorded; the next run goes on from there."""


class ClosedError(LibraryError):
    """A library is left alone for a while, because it failed just now; nothing was asked of it."""


class ServiceError(SyncdError):
    """The computer's service manager is missing, or did not do what was asked."""


class SendError(SyncdError):
    """News could not be sent; they are kept and tried again."""

    sort = "temporary"


class PluginError(SyncdError):
    """The Zotero plugin can't be written."""
