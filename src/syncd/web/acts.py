"""What a reader of the dashboard can do. Each act is one that the daemon and the commands have; nothing else writes."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final, get_args
from urllib.parse import urlencode

from syncd.daemon.api import StoppedBy
from syncd.daemon.asked import Asked, RefusedError
from syncd.messages import message
from syncd.state.libraries import remembered
from syncd.sync.action import profile_of
from syncd.web.board import Ask, Done, Note, own
from syncd.web.pages import ask_path, library_of

# Of a number that is sent with an act.
DIGITS: Final = 9


def judge(ask: Ask) -> Done:
    """Take the reader's word on a paper that they may have."""
    form = ask.form
    body = {name: form.get(name) or None for name in ("paper", "verdict", "key", "library")}
    if body["verdict"] != "same":
        body["key"] = None
    told = ask.api.judge(Asked({}, body), once=True)
    words = ask.say.label("syncd-dashboard-judged", verdict=told["verdict"], title=told["title"])
    at = form.get("at", "1")
    number = int(at) if at.isascii() and at.isdecimal() and len(at) <= DIGITS else 1
    # What is left for later stays where it is; what was decided makes room for the next.
    to = f"/reviews?{urlencode({'at': number + (told['verdict'] == 'later')})}"
    back = {"paper": str(body["paper"]), "library": str(body["library"]), "at": str(number)}
    return Done(to, Note(words, back=("/reviews/back", back)))


def take_back(ask: Ask) -> Done:
    """Forget what the reader said of a paper."""
    library, paper = library_of(ask, ask.form.get("library")), ask.form.get("paper")
    with remembered(library, ask.ports.data, ask.ports.clock) as state:
        standing = next((one for one in state.standings.of("review") if one.paper == paper), None)
        if standing is None:
            raise RefusedError(HTTPStatus.NOT_FOUND, message("paper-not-waiting", paper=repr(paper)))
        state.standings.take_back(standing)
    words = ask.say.label("syncd-dashboard-taken-back", title=standing.title)
    return Done(f"/reviews?{urlencode({'at': ask.form.get('at', '1')})}", Note(words))


def undo(ask: Ask) -> Done:
    """Undo a run."""
    library, name = library_of(ask, ask.path["library"]), ask.path["run"]
    told = ask.api.undo(Asked({}, {"run": name}))
    counts = {part: told[part] for part in ("trashed", "reverted")}
    counts |= {part: len(told[part]) for part in ("left", "failed")}
    return Done(ask_path("runs", library.name, name), Note(ask.say.label("syncd-did-undo", **counts)))


def sync(ask: Ask) -> Done:
    """Let profiles be looked at now, all where none is named."""
    ask.api.begin(_named(ask))
    return Done(_back(ask), Note(ask.say.label("syncd-at-it")))


def pause(ask: Ask) -> Done:
    """Let a profile rest, or all."""
    ask.api.rest("pause", _named(ask))
    return Done(_back(ask), Note(ask.say.label("syncd-did-pause")))


def resume(ask: Ask) -> Done:
    """Let a profile go on, or all."""
    ask.api.rest("resume", _named(ask))
    return Done(_back(ask), Note(ask.say.label("syncd-did-resume")))


def unfollow(ask: Ask) -> Done:
    """Follow a profile no longer; its papers stay."""
    name = ask.form.get("name", "")
    ask.api.unfollow(Asked({}, {"name": name}))
    return Done("/profiles", Note(ask.say.label("syncd-did-unfollow", profile=name)))


def follow(ask: Ask) -> Done:
    """Follow an author."""
    library, source = library_of(ask, ask.form.get("library")), ask.form.get("source", "")
    told = ask.api.follow_into(library, source)
    to = ask_path("profiles", library.name, told["name"])
    return Done(to, Note(ask.say.label("syncd-did-follow", author=told["author"])))


def reject(ask: Ask) -> Done:
    """Take the reader's word that a paper is not by the person of a profile."""
    library = library_of(ask, ask.form.get("library"))
    told = ask.api.reject_in([library], ask.form.get("paper", ""), ask.form.get("profile", ""))
    words = ask.say.label("syncd-dashboard-rejected", title=told["title"], fate=told["item"])
    to = ask_path("runs", library.name, told["run"]) if told["run"] else _back(ask)
    return Done(to, Note(words))


def restore(ask: Ask) -> Done:
    """Let a paper back in that the reader had deleted."""
    told = ask.api.restore_in(library_of(ask, ask.form.get("library")), ask.form.get("paper", ""))
    label = "syncd-dashboard-is-back" if told["back"] else "syncd-dashboard-comes-back"
    return Done(_back(ask), Note(ask.say.label(label, title=told["title"])))


def start_anew(ask: Ask) -> Done:
    """Let a profile whose collection the reader deleted go on in a fresh one."""
    path = ask.api.start_anew(library_of(ask, ask.form.get("library")), ask.form.get("name", ""))
    return Done(_back(ask), Note(message("collection-to-be-made", collection=repr(path))))


def push_past(ask: Ask) -> Done:
    """Push a profile once past the guard that stopped it."""
    guard: StoppedBy | None = next((one for one in get_args(StoppedBy) if one == ask.form.get("guard")), None)
    names, papers = _named(ask), ask.form.get("papers", "0")
    if guard is None or not names or not (papers.isascii() and papers.isdecimal() and len(papers) <= DIGITS):
        raise RefusedError(HTTPStatus.BAD_REQUEST, message("request-not-understood"))
    counts = ask.api.push_past(guard, profile_of(names[0], ask.config.profiles), int(papers))
    return Done(_back(ask), Note(ask.say.label("syncd-dashboard-pushed", count=counts["create"])))


def forget(ask: Ask) -> Done:
    """Forget what is kept about a person who is not followed any more; items stay."""
    name = ask.form.get("name", "")
    ask.api.forget(name)
    return Done("/profiles", Note(message("is-forgotten", profile=repr(name))))


def _named(ask: Ask) -> list[str]:
    """Return the profile that is meant; none means all.

    Raises:
        RefusedError: it is not followed, or no longer.
    """
    if not (name := ask.form.get("name")):
        return []
    if profile_of(name, ask.config.profiles) not in ask.config.profiles:
        raise RefusedError(HTTPStatus.NOT_FOUND, message("no-profile-of-that-name", profile=repr(name)))
    return [name]


def _back(ask: Ask) -> str:
    return own(ask.form.get("back", "/"))
