"""`syncd undo`, `restore` and `reject`: what the user says after the fact."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from syncd.cli import output
from syncd.cli.console import (
    ConfigOption,
    Exit,
    LibraryOption,
    configuration,
    escape,
    ports,
    said_plainly,
    say,
    stdout,
    tell,
)
from syncd.cli.output import Column
from syncd.cli.status import RunName, chosen
from syncd.engine.amend import new_collection
from syncd.engine.amend import restore as let_back
from syncd.engine.ports import run_name
from syncd.engine.reject import reject_as_run as say_not_by
from syncd.engine.session import Session, opened
from syncd.engine.undo import Undoing, note_nothing_to_undo, undo_as_run
from syncd.engine.undo import undo as look
from syncd.errors import ConfigError, SyncdError
from syncd.messages import listed, message
from syncd.state.libraries import remembered


@contextmanager
def _session(config: Path | None, library: str | None, *, writes: bool = True) -> Iterator[Session]:
    """Open a library; bring lists up to date, once it `writes` no more."""
    settings = configuration(config)
    world = ports(settings=settings)
    with opened(settings.library(library), world, run_name(world.clock.now())) as session:
        yield session
    if writes and settings.outputs:
        from syncd.cli.export import keep_lists  # noqa: PLC0415 - few have lists

        keep_lists(settings, world)


def undo(
    run: RunName = None,
    config: ConfigOption = None,
    library: LibraryOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be done; write nothing.")
    ] = False,
    last: Annotated[
        bool, typer.Option("--last", help="The last run that did something and is not undone.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
) -> None:
    """Put back what a run did, where nobody touched it since."""
    with said_plainly():
        name = _run_to_undo(run, config, library, last=last)
        asks = sys.stdin.isatty() and not yes
        if dry_run or asks:
            planned = _planned(name, config, library)
            _show_undoing(planned)
            tell(_what_it_does(planned))
        if dry_run:
            undone = message("would-be-undone", count=len(planned.notes))
            tell(listed([undone, message("left-as-they-are", count=len(planned.left))]))
            return
        if asks and not (planned.notes and _agreed()):
            tell(message("nothing-written"))
            if not planned.notes:
                with _session(config, library) as session:
                    note_nothing_to_undo(session, name)
            return
        # While somebody was asked, the library was free for others: it is looked at anew.
        with _session(config, library) as session:
            done = undo_as_run(session, name)
        if not asks:
            _show_undoing(done)
        _tell_undone(done)


def _agreed() -> bool:
    try:
        return typer.confirm("Undo it?")
    except typer.Abort:
        tell("\n" + message("interrupted-nothing-written"), err=True)
        raise typer.Exit(Exit.INTERRUPTED) from None


def _run_to_undo(words: str | None, config: Path | None, library: str | None, *, last: bool) -> str:
    """Return the name of the run that is meant."""
    if words is None and not last:
        raise ConfigError([message("no-run-named")], hint=message("name-run-of-log"))
    settings = configuration(config)
    world = ports(settings=settings)
    with remembered(settings.library(library), world.data, world.clock) as state:
        newest = state.history.left() if last else None
        if last and words is None and newest is None:
            raise SyncdError(message("no-run-to-undo"), hint=message("see-log"))
        return chosen(state.history, words, newest, settings.history.keep).name


def _planned(run: str, config: Path | None, library: str | None) -> Undoing:
    with _session(config, library, writes=False) as session:
        return look(session, run, dry_run=True)


def _what_it_does(planned: Undoing) -> str:
    """Return what an undo will do, as "To undo the push of 2026-11-24 10:00 (R) moves 42 papers to the trash"."""
    began = datetime.fromisoformat(planned.run.started).astimezone()
    run = message("run-of", kind=planned.run.kind, began=f"{began:%Y-%m-%d %H:%M}", run=planned.run.name)
    does = []
    if planned.trashed:
        does.append(message("undo-moves", count=planned.trashed))
    if planned.reverted:
        does.append(message("undo-puts-back", count=planned.reverted))
    if planned.left:
        does.append(message("undo-leaves", count=len(planned.left)))
    return message("undo-will", run=run, does=listed(does)) if does else message("undo-nothing-left", run=run)


def _show_undoing(undoing: Undoing) -> None:
    kinds = {"trash": "[cyan]to the trash[/]", "revert": "[cyan]put back[/]"}
    rows = [(kinds[note.kind], escape(note.title), "") for note in undoing.notes]
    rows += [("[yellow]left[/]", escape(left.title), escape(left.reason)) for left in undoing.left]
    output.show(stdout(), (Column("what"), Column("paper", 3), Column("why", 2)), rows)


def _tell_undone(undone: Undoing) -> None:
    """Say what was done and what failed, and end with the exit code for that."""
    for failed in undone.failed:
        stdout().print(f"[red]failed[/]  {escape(failed.title)}: {escape(failed.reason)}", soft_wrap=True)
    if undone.error is not None:
        say(undone.error)
    counts = [
        message("undone", count=len(undone.notes)),
        message("left-as-they-are", count=len(undone.left)),
    ]
    if undone.failed:
        counts.append(message("counted-failed", count=len(undone.failed)))
    detail = []
    if undone.trashed:
        detail.append(message("moved-to-trash", count=undone.trashed))
    if undone.reverted:
        detail.append(message("put-back", count=undone.reverted))
    words = listed(counts)
    tell(message("with-detail", words=words, detail=listed(detail)) if detail else words)
    if undone.error is not None or undone.failed:
        raise typer.Exit(Exit.PARTLY)


def restore(
    paper: Annotated[str, typer.Argument(metavar="TITLE|KEY", help="The paper, as syncd status names it.")],
    config: ConfigOption = None,
    library: LibraryOption = None,
) -> None:
    """Let a paper back in that you had deleted in Zotero."""
    with said_plainly(), _session(config, library) as session:
        restored, back = let_back(session, paper)
        title = repr(restored.title)
        tell(message("restored", title=title) if back else message("restored-by-next-push", title=title))


def reject(
    paper: Annotated[
        str, typer.Argument(metavar="TITLE|KEY", help="The paper, by its title or its item's key.")
    ],
    profile: Annotated[
        str, typer.Option("--profile", metavar="NAME", help="The profile whose person did not write it.")
    ],
    config: ConfigOption = None,
    library: LibraryOption = None,
) -> None:
    """Say that a paper is not by the person of a profile.

    It is not offered again for that profile.
    """
    with said_plainly():
        settings = configuration(config)
        if library is None and (followed := settings.profiles.get(profile)):
            library = settings.library_of(followed).name
        with _session(config, library) as session:
            done = say_not_by(session, paper, profile)
        title, who = repr(done.title), done.profile
        if done.fate == "trashed":
            tell(message("rejected-trashed", title=title, profile=who))
        elif done.fate == "left":
            tell(message("rejected-left", title=title, profile=who))
        else:
            home = repr(done.collection)
            tell(message("rejected-taken-out", title=title, profile=who, collection=home))
        tell(message("rejected-take-back", run=done.run))


def start_anew(profile: str, config: Path | None, library: str | None) -> None:
    """Let a profile go on in a fresh collection, whose old one was deleted in Zotero."""
    with _session(config, library) as session:
        path = new_collection(session, profile)
        tell(message("collection-to-be-made", collection=repr(path)))
