"""`syncd export`: publication lists of what a library holds, once, or those of the configuration."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from syncd.cli.console import (
    ConfigOption,
    Exit,
    LibraryOption,
    configuration,
    escape,
    of_error,
    ports,
    said_plainly,
    say,
    stderr,
    tell,
)
from syncd.config import Config, Library
from syncd.config.values import closest, did_you_mean
from syncd.engine.ports import Ports, run_name
from syncd.engine.review import profile_meant
from syncd.engine.session import opened as opened_library
from syncd.errors import ConfigError, SyncdError
from syncd.lists.files import File
from syncd.lists.formats import WRITERS, format_of, pieces
from syncd.lists.outputs import Written, check_place, what_is_read, write_list, write_outputs, writing
from syncd.lists.selection import PUBLICATIONS, SORTS, Selection, Sort, opened, selection_of
from syncd.messages import message
from syncd.state.contents import Choice
from syncd.state.libraries import remembered


def export(
    form: Annotated[
        str | None,
        typer.Option(
            "--format", metavar="F", help=f"{', '.join(WRITERS)}. Usual: what FILE's name says, or bibtex."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write this file.")
    ] = None,
    profiles: Annotated[
        list[str] | None,
        typer.Option("--profile", metavar="NAME", help="Papers of this profile; may be repeated."),
    ] = None,
    collection: Annotated[
        str | None,
        typer.Option("--collection", metavar="PATH", help="Papers in this collection, and within it."),
    ] = None,
    config: ConfigOption = None,
    library: LibraryOption = None,
    sort: Annotated[
        str, typer.Option("--sort", metavar="BY", help="date (the latest first), title or author.")
    ] = "date",
    style: Annotated[
        str | None,
        typer.Option("--style", metavar="STYLE", help="For html: a citation style, a file in CSL or a name."),
    ] = None,
    outputs: Annotated[
        bool, typer.Option("--outputs", help="Write the files that the configuration names in [[outputs]].")
    ] = False,
    force: Annotated[
        bool,
        typer.Option("--force", help="Overwrite a file that syncd did not write, or that was changed since."),
    ] = False,
) -> None:
    """Write a publication list: BibTeX, a web page, a feed and so on."""
    with said_plainly():
        settings = configuration(config)
        if outputs:
            if form or out or profiles or collection or library or style or sort != "date":
                raise ConfigError([message("outputs-alone")])
            raise typer.Exit(_write_all(settings, force=force))
        wanted = form or format_of(out)
        _check_known(wanted, WRITERS, message("no-such-format", name=wanted, known=", ".join(WRITERS)))
        _check_known(sort, SORTS, message("no-such-order", name=sort, known=", ".join(SORTS)))
        if style and wanted != "html":
            raise ConfigError([message("style-of-html-alone")])
        world = ports(settings=settings)
        selection = _chosen(settings, profiles or [], collection, library, SORTS[sort], world)
        _read_libraries([one for one, _ in selection.libraries], world)
        if out is None:
            _print(selection, wanted, style, world)
            return
        with writing(world.data, world.clock) as store:
            command = "syncd export … --force"
            file = File(out, store)
            check_place(out, what_is_read(settings), world.data)
            written = write_list(
                file,
                selection,
                wanted,
                world.data,
                world.clock,
                style=style,
                force=force,
                command=command,
            )
        raise typer.Exit(_tell([written]))


def _chosen(
    settings: Config,
    profiles: Sequence[str],
    collection: str | None,
    library: str | None,
    sort: Sort,
    world: Ports,
) -> Selection:
    """Return which papers are meant. Profiles may also be those of pages that no configuration names."""
    if profiles and collection:
        raise ConfigError([message("output-profiles-alone")])
    if all(name in settings.profiles or name in settings.groups for name in profiles):
        return selection_of(settings, profiles=profiles, collection=collection, library=library, sort=sort)
    meant = settings.library(library)
    with remembered(meant, world.data, world.clock) as state:
        names = tuple(profile_meant(state, name).name for name in profiles)
    return Selection(((meant, Choice(profiles=names)),), sort, "" if len(names) == 1 else PUBLICATIONS)


def _check_known(given: str, known: Iterable[str], words: str) -> None:
    if given not in known:
        raise ConfigError([did_you_mean(words, closest(given, known))])


def _write_all(settings: Config, *, force: bool) -> Exit:
    if not settings.outputs:
        raise ConfigError([message("no-outputs")])
    world = ports(settings=settings)
    meant = {
        one.name: one
        for output in settings.outputs
        for one, _ in selection_of(
            settings, profiles=output.profiles, collection=output.collection, library=output.library
        ).libraries
    }
    _read_libraries(list(meant.values()), world)
    return _tell(write_outputs(settings, world.data, world.clock, force=force))


def _tell(written: Sequence[Written]) -> Exit:
    """Say what became of files; return the exit code that tells it too."""
    for one in written:
        if one.outcome == "written":
            tell(message("list-written", path=one.file, count=one.papers))
        elif one.outcome == "unchanged":
            tell(message("list-unchanged", path=one.file))
    say_kept(written)
    return exit_of(written)


def say_kept(written: Sequence[Written]) -> None:
    """Say which files were not written, and why; what holds of all of them, once."""
    for error in {id(one.error): one.error for one in written if one.error}.values():
        say(error)


def exit_of(written: Sequence[Written]) -> Exit:
    """Return the exit code of files: one that could not be written says more than one that was kept."""
    failed = [one for one in written if one.outcome == "failed"]
    if failed and len(failed) < len(written):
        return Exit.PARTLY
    if failed and failed[0].error:
        return of_error(failed[0].error)
    return Exit.WAITING if any(one.outcome == "kept" for one in written) else Exit.DONE


def keep_lists(settings: Config, world: Ports) -> list[Written]:
    """Bring the lists of the configuration up to date after a run, and say which could not be."""
    written = write_outputs(settings, world.data, world.clock)
    say_kept(written)
    return written


def _read_libraries(libraries: Sequence[Library], world: Ports) -> None:
    """Read what changed in libraries. One that can't be asked is taken as it was read last; that is said."""
    for library in libraries:
        try:
            with opened_library(library, world, run_name(world.clock.now())) as session:
                session.refresh()
        except SyncdError as error:
            with remembered(library, world.data, world.clock) as state:
                is_known = state.index().version() > 0
            if not is_known and len(libraries) == 1:
                raise
            words = message("list-as-read-last", reason=error.words) if is_known else error.words
            stderr().print(f"[yellow]warning:[/] {escape(words)}", soft_wrap=True)


def _print(selection: Selection, form: str, style: str | None, world: Ports) -> None:
    """Write a list to standard output, as UTF-8, whatever the terminal takes."""
    with opened(selection, world.data, world.clock) as libraries:
        papers = libraries.papers()
        for piece in pieces(papers, selection, form, style):
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
