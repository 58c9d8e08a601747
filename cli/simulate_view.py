"""What `tollhouse simulate` shows: one line per record, usage going up and money going down.

On a terminal the lines are a table that is drawn anew with each of them; on a pipe each line is
printed as it happens. Amounts are what the books say, never worked out here; where no books are
at hand their columns are left out.
"""

from __future__ import annotations

import sys
from collections import deque
from dataclasses import dataclass
from types import TracebackType
from typing import Final

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from cli.errors import escape_controls
from cli.output import octets_in_words, seconds_in_words
from domain.money import format_amount

ROWS_SHOWN_N: Final = 30
TITLES: Final = ("TIME", "DOWN", "UP", "PAID", "BALANCE", "WHAT HAPPENED")
WIDTHS: Final = (8, 10, 10, 12, 12, 0)
MONEY_COLUMNS: Final = (3, 4)


@dataclass(frozen=True, slots=True)
class Purse:
    """What the books say of the subscriber's account; micros of `currency`."""

    currency: str
    balance_micros: int
    held_micros: int


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened, with the session's usage as the router counts it."""

    session_s: int
    output_octets: int
    input_octets: int
    what: str
    purse: Purse | None
    paid_micros: int = 0


class View:
    """Shows lines as they come. `silent`: shows nothing, for `--output json`."""

    def __init__(self, *, silent: bool, money: bool) -> None:
        self._silent = silent
        self._columns = [n for n in range(len(TITLES)) if money or n not in MONEY_COLUMNS]
        self._lines: deque[list[str]] = deque(maxlen=ROWS_SHOWN_N)
        self._live: Live | None = None

    def __enter__(self) -> View:
        """Begin to show."""
        if self._silent:
            return self
        if sys.stdout.isatty():
            console = Console(highlight=False, emoji=False, markup=False)
            self._live = Live(self._table(), console=console, auto_refresh=False)
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the last table standing."""
        if self._live is not None:
            self._live.stop()

    def show(self, line: Line) -> None:
        """Add a line."""
        if self._silent:
            return
        cells = _cells(line)
        chosen = [cells[n] for n in self._columns]
        if self._live is None:
            if not self._lines:
                self._print([TITLES[n] for n in self._columns])
            self._print(chosen)
        self._lines.append(chosen)
        if self._live is not None:
            self._live.update(self._table(), refresh=True)

    def _print(self, cells: list[str]) -> None:
        padded = [
            cell.rjust(WIDTHS[n]) if WIDTHS[n] else cell
            for n, cell in zip(self._columns, cells, strict=True)
        ]
        click.echo("  ".join(padded))

    def _table(self) -> Table:
        table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for n in self._columns:
            table.add_column(TITLES[n], justify="right" if WIDTHS[n] else "left")
        for cells in self._lines:
            table.add_row(*(Text(cell) for cell in cells))
        return table


def _cells(line: Line) -> list[str]:
    purse = line.purse
    paid = format_amount(line.paid_micros, purse.currency) if purse else "-"
    balance = format_amount(purse.balance_micros, purse.currency) if purse else "-"
    return [
        seconds_in_words(line.session_s),
        octets_in_words(line.output_octets),
        octets_in_words(line.input_octets),
        paid,
        balance,
        escape_controls(line.what),
    ]
