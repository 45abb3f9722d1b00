"""What the user says of possible duplicates: it is remembered, and the next push acts on it.

No library is asked.
"""

from __future__ import annotations

from collections.abc import Iterable

from syncd.errors import SyncdError
from syncd.messages import message
from syncd.state.state import Standing, State
from syncd.sync.action import Verdict
from syncd.text.titles import fold_title


def judge(state: State, words: str, verdict: Verdict, key: str | None = None) -> Standing:
    """Remember what the user says of a possible duplicate.

    Args:
        state: of the library.
        words: the paper's title or key, as `syncd review` shows it.
        verdict: "same", "different", "later".
        key: for "same", which item; the best candidate if none is named.

    Raises:
        SyncdError: there is no such review, or no such candidate.
    """
    waiting = one_meant(
        words, [s for s in state.standings() if s.cause == "review"], message("waiting-for-review")
    )
    candidates = [str(candidate["key"]) for candidate in waiting.candidates]
    if key is not None and key not in candidates:
        raise SyncdError(message("item-not-candidate", item=key, candidates=", ".join(candidates)))
    chosen = [key or candidates[0]] if verdict == "same" else candidates
    for candidate in chosen:
        state.decide(waiting.paper, candidate, verdict)
    return waiting


def one_meant(words: str, standings: Iterable[Standing], what: str) -> Standing:
    """Return the one paper that the user means by a key or a title."""
    standings = list(standings)
    folded = fold_title(words) if words.strip() else ""
    exact = [s for s in standings if words in {s.key, s.paper} or fold_title(s.title) == folded]
    found = exact or [s for s in standings if folded and folded in fold_title(s.title)]
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
