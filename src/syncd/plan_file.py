"""A plan as a file: what `plan -o` saves and `push --plan` carries out. Pure; JSON in, JSON out."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from syncd.action import Action, Said
from syncd.errors import ParseError
from syncd.filing import NewCollection
from syncd.match import Candidate
from syncd.merge import Base
from syncd.model import Notice
from syncd.plan import Fact, Figures, Plan, PlannedProfile

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
        raise ParseError("this is not JSON", origin=origin, line=line, expected="a plan") from None
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise ParseError("this is no plan of this syncd", origin=origin, expected="what syncd plan -o writes")
    try:
        return _plan(value["plan"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        message = f"a part of the plan is missing or of another kind: {error}"
        raise ParseError(message, origin=origin, expected="what syncd plan -o writes") from None


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
        facts=tuple(_fact(fact) for fact in value.get("facts", ())),
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


def _fact(value: dict[str, Any]) -> Fact:
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
