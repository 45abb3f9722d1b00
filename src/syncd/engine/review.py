"""What the user says of possible duplicates: it is remembered, and the next push acts on it.

No library is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from syncd.errors import SyncdError
from syncd.messages import message
from syncd.state.profiles import FollowedProfile
from syncd.state.standings import Standing
from syncd.state.state import State
from syncd.sync.action import Verdict
from syncd.sync.belongs import MARK
from syncd.text.titles import fold_title


def judge(
    state: State, words: str, verdict: Verdict, key: str | None = None, *, once: bool = False
) -> Standing:
    """Remember what the user says of a possible duplicate.

    Args:
        state: of the library.
        words: the paper's title or key, as `syncd review` shows it.
        verdict: "same", "different", "later".
        key: for "same", which item; the best candidate if none is named.
        once: only if nothing was decided yet, as whoever asks believes.

    Raises:
        SyncdError: there is no such review, or no such candidate, or it was decided already.
    """
    waiting = one_meant(
        words,
        message("waiting-for-review"),
        lambda: state.standings.named(words, "review"),
        lambda: state.standings.of("review"),
    )
    candidates = [str(candidate["key"]) for candidate in waiting.candidates]
    if key is not None and key not in candidates:
        raise SyncdError(message("item-not-candidate", item=key, candidates=", ".join(candidates)))
    chosen = [key or candidates[0]] if verdict == "same" else candidates
    before = state.standings.decide(waiting.paper, chosen, verdict, once=once)
    if once and before:
        raise SyncdError(_decided(waiting, before), hint=message("take-decision-back"))
    return waiting


def _decided(standing: Standing, before: Mapping[str, Verdict]) -> str:
    """Return what was decided about a paper, in words."""
    same = next((key for key, verdict in before.items() if verdict == "same"), None)
    if any(key.startswith(MARK) for key in before):
        paper = repr(standing.title)
        return (
            message("decided-of-time", paper=paper) if same else message("decided-not-of-time", paper=paper)
        )
    if same is None:
        return message("decided-different", paper=repr(standing.title))
    titles = {one["key"]: one["title"] for one in standing.candidates}
    return message("decided-same", paper=repr(standing.title), item=repr(titles.get(same) or same))


def profile_meant(state: State, words: str) -> FollowedProfile:
    """Return the profile that the user means by its name, its author or its collection.

    Raises:
        SyncdError: none of those that were pushed, or several.
    """
    found = state.profiles.called(words)
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(one.name for one in found)
        raise SyncdError(message("profile-ambiguous", profile=repr(words), names=names))
    known = ", ".join(one.name for one in state.profiles.pushed())
    raise SyncdError(
        message("profile-not-pushed", profile=repr(words), known=known)
        if known
        else message("profile-not-pushed-nor-another", profile=repr(words))
    )


def one_meant(words: str, what: str, *several: Callable[[], Iterable[Standing]]) -> Standing:
    """Return the one paper that the user means by a key or a title.

    Args:
        words: the key or the title.
        what: what is known of the papers.
        several: give the papers, of which the last is asked for all; it is asked only where those before it, which
            cost less, do not give one that has the words for its key or title.

    Raises:
        SyncdError: there is no such paper, or there are several.
    """
    folded = fold_title(words) if words.strip() else ""
    found: list[Standing] = []
    for give in several:
        standings = list(give())
        if found := [s for s in standings if words in {s.key, s.paper} or fold_title(s.title) == folded]:
            break
    else:
        found = [s for s in standings if folded and folded in fold_title(s.title)]
    if len(found) == 1:
        return found[0]
    if found:
        titles = "; ".join(f"{s.title} ({s.paper})" for s in found[:5])
        raise SyncdError(
            message("paper-ambiguous", text=repr(words), titles=titles), hint=message("name-paper-by-key")
        )
    raise SyncdError(
        message("no-such-paper", text=repr(words), state=what), hint=message("see-known-in-status")
    )
