"""Plan a whole run before any of it is done: papers, library and memory in, actions out. Pure: no I/O, no clock.

`--dry-run`, `plan -o` and a push are about the same object; `dump` and `load` make a file of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from syncd.errors import ParseError
from syncd.messages import message
from syncd.model import Notice, Paper, Span
from syncd.sync.action import Action, Fact, Figures, Intake, Memory, NewCollection, Plan, PlannedProfile, Said
from syncd.sync.belongs import Belonging, undated, word_on
from syncd.sync.decide import Decisions
from syncd.sync.filing import Filing, Listing, ProfileCollection, Wanted
from syncd.sync.library import LibraryView
from syncd.sync.match import Candidate
from syncd.sync.merge import Base
from syncd.sync.paper_keys import paper_keys
from syncd.text.identifiers import category_id
from syncd.zotero.items import PREPRINT, Draft, draft


def plan(library: str, view: LibraryView, memory: Memory, intakes: Sequence[Intake], now: datetime) -> Plan:
    """Compare what the sources list with what the library has.

    Args:
        library: the library's name in the configuration.
        view: the library now.
        memory: what syncd wrote into it before.
        intakes: the profiles that go into it.
        now: the time, aware; decides whether an edit of the user's is recent.
    """
    filing = Filing(view, memory.collections)
    named = paper_keys(view, memory, intakes)
    listings: dict[str, list[Listing]] = {}
    paused: dict[str, Action] = {}
    places: dict[str, str] = {}
    profiles: list[PlannedProfile] = []
    facts: list[Fact] = []
    listed: dict[str, list[str]] = {}
    asked: dict[str, list[Listing]] = {}
    spans = {intake.name: intake.span for intake in intakes}
    for intake in intakes:
        collection = filing.collection(intake.collection)
        if collection.key:
            places["/".join(intake.collection)] = collection.key
        notices = list(intake.profile.warnings)
        if collection.closed:
            notices.append(Notice("paused", message("collection-closed", reason=collection.closed)))
        for paper in intake.papers:
            key = named[intake.name, paper].key
            if (word := word_on(memory, intake, paper, key)) == "different":
                continue
            listed.setdefault(intake.name, []).append(key)
            made = draft(paper, intake.policy)
            notices += made.notices
            if collection.closed:
                paused[key] = Action("skip", paper.title, key, None, collection.closed, cause="paused")
            elif word == "later":
                asked.setdefault(key, []).append(_listing(intake, key, paper, made, collection))
            else:
                listings.setdefault(key, []).append(_listing(intake, key, paper, made, collection))
                facts.append(_fact(intake, paper, key))
        profiles.append(_planned(intake, collection.closed, notices))
    aliases = {one.key: one.aliases for one in named.values()}
    wanted = [Wanted(key, tuple(entries), aliases[key]) for key, entries in listings.items()]
    whole = frozenset(intake.name for intake in intakes if intake.profile.whole)
    decisions = Decisions(view, memory, now, whole)
    actions = list(decisions.about(wanted))
    actions = _with_undated(actions, asked, spans, view, memory)
    actions += [action for key, action in paused.items() if key not in listings and key not in asked]
    used = {key for action in actions for key in action.item.get("collections", ())}
    new = filing.new(used)
    there = {*view.collections, *(collection.key for collection in new)}
    return Plan(
        library=library,
        prefix=view.prefix,
        version=view.version,
        profiles=tuple(profiles),
        collections=new,
        places={path: key for path, key in places.items() if key in there},
        actions=tuple(actions),
        facts=tuple(fact for fact in facts if (fact.profile, fact.paper) not in decisions.rejected),
        listed={name: tuple(papers) for name, papers in listed.items()},
    )


def _with_undated(
    actions: Sequence[Action],
    asked: Mapping[str, Sequence[Listing]],
    spans: Mapping[str, Span],
    view: LibraryView,
    memory: Memory,
) -> list[Action]:
    """Return the actions with those that ask about papers without a date, by whose listings that is."""
    found = {action.paper: action for action in actions}
    rejections = Belonging(view, memory)
    for key, listings in asked.items():
        if wanted := rejections.without(Wanted(key, tuple(listings)), memory.claims.get(key, "")):
            theirs = [(name, spans[name]) for name in wanted.profiles]
            found[key] = undated(wanted, theirs, memory, found.get(key))
    return list(found.values())


def _fact(intake: Intake, paper: Paper, key: str) -> Fact:
    links = tuple((link.url, link.kind) for link in paper.links)
    category = (category_id(paper.category) or paper.category) if paper.category else ""
    affiliations = paper.affiliation_names or paper.affiliations
    return Fact(key, intake.name, paper.score, affiliations, links, category)


def _listing(intake: Intake, key: str, paper: Paper, made: Draft, collection: ProfileCollection) -> Listing:
    unpublished = (
        made
        if made.item_type == PREPRINT
        else draft(replace(paper, published_as=None, publisher=None), intake.policy)
    )
    return Listing(
        key=key,
        profile=intake.name,
        paper=paper,
        draft=made,
        unpublished=unpublished,
        collection=collection,
        adopt=intake.adopt,
        settle=intake.settle,
        upgrade=intake.policy.upgrade,
    )


def _planned(intake: Intake, paused: str, notices: Sequence[Notice]) -> PlannedProfile:
    return PlannedProfile(
        name=intake.name,
        author=intake.profile.name,
        origin=intake.origin,
        digest=intake.digest,
        collection="/".join(intake.collection),
        papers=len(intake.profile.papers),
        listed=intake.profile.paper_count,
        paused=paused,
        notices=tuple(dict.fromkeys(notices)),
        figures=Figures(
            h_index=intake.profile.h_index,
            citations=intake.profile.citations,
            novelty=intake.profile.novelty,
            ai_score=intake.profile.ai_score,
        ),
        whole=intake.profile.whole,
        settings=intake.settings,
    )


FORMAT = 2


def dump(plan: Plan) -> str:
    """Return a plan as JSON text, for people to read too."""
    return json.dumps({"format": FORMAT, "plan": asdict(plan)}, ensure_ascii=False, indent=1) + "\n"


def is_plan(text: str) -> bool:
    """Whether this is what `dump` gave, of this syncd or another."""
    try:
        value = json.loads(text)
    except ValueError:
        return False
    return isinstance(value, dict) and value.keys() == {"format", "plan"}


def load(text: str, origin: str) -> Plan:
    """Read what `dump` gave.

    Raises:
        ParseError: it is no plan, or one of another syncd.
    """
    try:
        value = json.loads(text)
    except ValueError as error:
        line = getattr(error, "lineno", None)
        raise ParseError(
            message("not-json"), origin=origin, line=line, expected=message("expected-plan")
        ) from None
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise ParseError(message("not-a-plan"), origin=origin, expected=message("expected-saved-plan"))
    try:
        return _plan(value["plan"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        said = message("plan-part-wrong", reason=error)
        raise ParseError(said, origin=origin, expected=message("expected-saved-plan")) from None


def _plan(value: dict[str, Any]) -> Plan:
    return Plan(
        library=str(value["library"]),
        prefix=str(value["prefix"]),
        version=int(value["version"]),
        profiles=tuple(_profile(profile) for profile in value["profiles"]),
        collections=tuple(
            NewCollection(new["key"], new["parent"], tuple(new["path"])) for new in value["collections"]
        ),
        places=dict(value["places"]),
        actions=tuple(_action(action) for action in value["actions"]),
        # A plan that was saved before there were facts and figures has none to tell.
        facts=tuple(_fact_plan_file(fact) for fact in value.get("facts", ())),
        listed={name: tuple(papers) for name, papers in value.get("listed", {}).items()},
    )


def _profile(value: dict[str, Any]) -> PlannedProfile:
    return PlannedProfile(
        **{
            **value,
            "notices": tuple(Notice(**notice) for notice in value["notices"]),
            "figures": Figures(**value.get("figures", {})),
        }
    )


def _fact_plan_file(value: dict[str, Any]) -> Fact:
    links = tuple((url, kind) for url, kind in value["links"])
    return Fact(**{**value, "affiliations": tuple(value["affiliations"]), "links": links})


def _action(value: dict[str, Any]) -> Action:
    return Action(
        **{
            **value,
            "children": tuple(value["children"]),
            "changes": {name: (before, after) for name, (before, after) in value["changes"].items()},
            "kept": tuple(value["kept"]),
            "base": Base.from_json(value["base"]) if value["base"] else None,
            "said": Said.from_json(value["said"]) if value["said"] else None,
            "candidates": tuple(
                Candidate(**{**candidate, "reasons": tuple(candidate["reasons"])})
                for candidate in value["candidates"]
            ),
        }
    )
