"""What is seen while syncd works: a spinner, then a bar. On standard error, and only on a terminal."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from syncd.cli.console import escape


class Bar:
    """A spinner with words while syncd reads, a bar while it writes.

    Args:
        console: standard error.
        quiet: show nothing.
    """

    def __init__(self, console: Console, *, quiet: bool) -> None:
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[count]}"),
            console=console,
            transient=True,
            disable=quiet or not console.is_terminal,
        )
        self._written = self._objects = 0
        self._task = self._bar.add_task("starting", total=None, count="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def stage(self, words: str) -> None:
        """Say what is being done."""
        self._bar.update(self._task, description=escape(words), total=None, count="")

    def total(self, objects: int) -> None:
        """Say how many objects will be written."""
        self._written, self._objects = 0, objects
        self._bar.update(self._task, description="writing", total=objects, completed=0, count="")

    def advance(self, objects: int) -> None:
        """Say how many more were."""
        self._written += objects
        self._bar.update(self._task, completed=self._written, count=f"{self._written} of {self._objects}")
