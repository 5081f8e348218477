"""What the commands print: tables for people, JSON for programs, progress on standard error only."""

import json
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import typer

from broker.cli.failure import USAGE, CommandFailed


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def print_table(columns: Sequence[str], rows: Sequence[Sequence[Any]], *, title: str | None = None) -> None:
    """A table fit to the terminal; columns whose every cell is a number are set to the right. Piped, it keeps its full width."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False)
    for index, column in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[index], int | float) or row[index] == "-" for row in rows)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*[str(cell) for cell in row])
    console = Console() if sys.stdout.isatty() else Console(width=200)
    console.print(table, markup=False) if title is None else console.print(table)


def note(text: str) -> None:
    """A line for the person at the terminal; never mixed into data on standard output."""
    sys.stderr.write(text + "\n")


def confirm(question: str) -> None:
    """Ask the person at the terminal before something is lost for good; where nobody can be asked, --yes must have been given."""
    try:
        typer.confirm(question, abort=True, err=True)
    except typer.Abort:
        if sys.stdin.isatty():
            raise
        raise CommandFailed("not confirmed, nothing was done: without a terminal to ask at, give --yes", USAGE) from None


class Progress(AbstractContextManager["Progress"]):
    """A progress bar on standard error while something long runs; silent when nobody watches."""

    def __init__(self, what: str, total: int | None, unit: str = "records") -> None:
        self._bar: Any = None
        self._task: Any = None
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
            from rich.progress import Progress as RichProgress

            self._bar = RichProgress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn(unit),
                TimeElapsedColumn(),
                console=Console(stderr=True),
                transient=True,
                refresh_per_second=5,
            )
            self._task = self._bar.add_task(what, total=total)

    def __enter__(self) -> "Progress":
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, *exc: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def advance(self, count: int = 1) -> None:
        if self._bar is not None:
            self._bar.advance(self._task, count)

    def update(self, done: int) -> None:
        if self._bar is not None:
            self._bar.update(self._task, completed=done)
