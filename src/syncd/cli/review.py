"""`syncd review`: the user's word on possible duplicates."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from syncd.cli import output
from syncd.cli.console import (
    ConfigOption,
    Exit,
    JsonOption,
    LibraryOption,
    configuration,
    escape,
    own_data,
    said_plainly,
    show_json,
    stdout,
    tell,
)
from syncd.cli.output import Column, named
from syncd.clock import SystemClock
from syncd.engine.review import judge
from syncd.errors import ConfigError
from syncd.messages import listed, message
from syncd.state.libraries import remembered
from syncd.state.standings import Standing
from syncd.state.state import State
from syncd.sync.action import Verdict
from syncd.sync.belongs import MARK
from syncd.text.plain import json_of


def review(
    paper: Annotated[str | None, typer.Argument(metavar="TITLE|KEY", help="Decide about this paper.")] = None,
    config: ConfigOption = None,
    library: LibraryOption = None,
    same: Annotated[bool, typer.Option("--same", help="It is the item in the library.")] = False,
    different: Annotated[bool, typer.Option("--different", help="It is another paper: add it.")] = False,
    later: Annotated[bool, typer.Option("--later", help="Leave it for now.")] = False,
    key: Annotated[
        str | None, typer.Option("--item", metavar="KEY", help="Which item, if there are several.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Decide about possible duplicates. Preprints that were published are asked about as well."""
    verdicts: dict[Verdict, bool] = {"same": same, "different": different, "later": later}
    chosen = [verdict for verdict, wanted in verdicts.items() if wanted]
    with said_plainly():
        if len(chosen) > 1 or bool(chosen) != (paper is not None):
            raise ConfigError([message("review-wants-paper-and-verdict")])
        if key and not same:
            raise ConfigError([message("item-without-same")])

        settings = configuration(config)
        with remembered(settings.library(library), own_data(settings), SystemClock()) as state:
            if chosen and paper is not None:
                judged = judge(state, paper, chosen[0], key)
                _said(judged, chosen[0])
                return
            waiting = state.standings.of("review")
            if as_json:
                show_json([json_of(standing, "paper", "record", "candidates") for standing in waiting])
            elif not waiting:
                tell(message("nothing-waits"))
            elif sys.stdin.isatty():
                _ask(state, waiting)
            else:
                for standing in waiting:
                    _show(standing)
                tell(message("decide-with"))
                raise typer.Exit(Exit.WAITING)


def _ask(state: State, waiting: list[Standing]) -> None:
    answers: dict[str, Verdict] = {"s": "same", "d": "different", "l": "later"}
    for standing in waiting:
        _show(standing)
        while (answer := typer.prompt("[s]ame, [d]ifferent, [l]ater").strip().lower()[:1]) not in answers:
            pass
        _said(judge(state, standing.paper, answers[answer]), answers[answer])


def _show(standing: Standing) -> None:
    if _is_undated(standing):
        out = stdout()
        facts = [(named([name]), escape(value)) for name, value in standing.record.items()]
        output.show(out, (Column(""), Column(f"paper {standing.key or standing.paper}", 1)), facts)
        for candidate in standing.candidates:
            out.print(
                f"[dim]{escape(message('is-it-of-time', reason=listed(candidate['reasons'])))}[/]\n",
                soft_wrap=True,
            )
        return
    for candidate in standing.candidates:
        ours = f"its item {standing.key}" if standing.key else f"new paper {standing.paper}"
        columns = (Column(""), Column(ours, 1), Column(f"in the library {candidate['key']}", 1))
        there: dict[str, Any] = candidate["record"]
        rows = [
            (named([name]), escape(standing.record.get(name, "")), escape(str(there.get(name, ""))))
            for name in dict.fromkeys((*standing.record, *there))
        ]
        out = stdout()
        output.show(out, columns, rows)
        percent, why = f"{candidate['score']:.0%}", listed(candidate["reasons"])
        out.print(
            f"[dim]{escape(message('alike-because', percent=percent, reasons=why))}[/]\n", soft_wrap=True
        )


def _is_undated(standing: Standing) -> bool:
    """Whether the question is if a paper is of the time that is wanted of somebody."""
    return any(str(candidate["key"]).startswith(MARK) for candidate in standing.candidates)


def _said(standing: Standing, verdict: Verdict) -> None:
    if _is_undated(standing) and verdict != "later":
        title = repr(standing.title)
        same = verdict == "same"
        tell(message("review-of-time", title=title) if same else message("review-not-of-time", title=title))
        return
    # Where the paper has its item already, the question was what type that should have, or about a second item.
    published, title = standing.key is not None, repr(standing.title)
    if published and all(candidate["key"] != standing.key for candidate in standing.candidates):
        said, mend = message("review-twice", title=title), message("merge-or-delete")
        answers = {
            "same": message("one-and-another", one=said, another=mend),
            "different": said,
            "later": message("review-twice-later", title=title, mend=mend),
        }
    else:
        answers = {
            "same": message("review-published", title=title)
            if published
            else message("review-same", title=title),
            "different": message("review-preprint", title=title)
            if published
            else message("review-another", title=title),
            "later": message("review-waits", title=title),
        }
    tell(answers[verdict])
