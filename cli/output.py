"""What commands print: the same rows as a table for people, as JSON or CSV for programs.

A column knows what its numbers mean. In a table money stands as people write it, octets as MB and
instants as local time; JSON and CSV carry the exact integers under the names that the books use
(`posted_micros`, `created_us`). Text from routers cannot move the cursor (S30) or become a formula
in a spreadsheet (S33).
"""

from __future__ import annotations

import csv
import enum
import io
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

import click
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.errors import escape_controls
from domain.money import format_amount

ABBREVIATIONS = ("NAS", "MAC")
PIPE_COLUMNS = 1000  # a pipe has no width; nothing is folded or cut there

# What rich puts between columns and below their titles.
_GAP: Final = "   "
_RULE: Final = "\N{BOX DRAWINGS LIGHT HORIZONTAL}"

Row = Mapping[str, Any]


class Kind(enum.Enum):
    """What the values of a column are."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"  # micros, of the row's `currency`
    OCTETS = "octets"
    SECONDS = "seconds"
    INSTANT = "instant"  # microseconds since 1970, UTC
    FLAG = "flag"
    BITS_PER_S = "bits per second"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name in the books, what a table calls it, what its values are.

    `only_if_set`: the column is left out of a table when no row has a value for it;
    `hidden`: it is never in a table, because other columns say it already.
    """

    name: str
    title: str
    kind: Kind = Kind.TEXT
    only_if_set: bool = False
    hidden: bool = False


def render(rows: Iterable[Row], columns: Sequence[Column], style: str) -> None:
    """Print a listing in the style that `--output` names."""
    chosen = [{column.name: row.get(column.name) for column in columns} for row in rows]
    currencies = [str(row.get("currency") or "") for row in chosen]
    if style == "json":
        click.echo(json.dumps(chosen, indent=2))
    elif style == "csv":
        click.echo(_csv(chosen, columns), nl=False)
    elif chosen:
        _print_rows(*_cells(chosen, columns, currencies))
    else:
        click.echo("(none)")


def render_one(row: Row, columns: Sequence[Column], style: str) -> None:
    """Print one thing: an object in JSON, one line in CSV, a name and a value a line in a table."""
    chosen = {column.name: row.get(column.name) for column in columns}
    if style == "json":
        click.echo(json.dumps(chosen, indent=2))
        return
    if style == "csv":
        click.echo(_csv([chosen], columns), nl=False)
        return
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for column in columns:
        if column.hidden or (column.only_if_set and not chosen[column.name]):
            continue
        shown = in_words(chosen[column.name], column.kind, str(row.get("currency") or ""))
        table.add_row(Text(_plain(column.title)), Text(shown))
    _print_table(table)


def _plain(title: str) -> str:
    """The title of a list's column as a name beside its value; only abbreviations stay capitals."""
    return title.lower() if title.isupper() and title not in ABBREVIATIONS else title


def _cells(
    rows: Sequence[Row], columns: Sequence[Column], currencies: Sequence[str]
) -> tuple[list[Column], list[list[str]]]:
    """The columns that are shown, and the rows as words."""
    shown = [
        column
        for column in columns
        if not column.hidden and (not column.only_if_set or any(row[column.name] for row in rows))
    ]
    return shown, [
        [in_words(row[column.name], column.kind, currency) for column in shown]
        for row, currency in zip(rows, currencies, strict=True)
    ]


def _print_rows(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    """Draw a listing: laid out here where there is room, and folded by rich where there is not.

    A month of reports is nine thousand rows; rich would take a millisecond for each.
    """
    laid = [
        _laid([column.title, *cells], right=_right(column))
        for column, cells in zip(columns, zip(*rows, strict=True), strict=True)
    ]
    width = sum(cell_len(cells[0]) for cells in laid) + len(_GAP) * (len(laid) - 1)
    if sys.stdout.isatty() or width + len(_GAP) > PIPE_COLUMNS:
        _print_table(_table(columns, rows))
        return
    title, *lines = [_GAP.join(row).rstrip() for row in zip(*laid, strict=True)]
    click.echo("\n".join([title, _RULE * width, *lines]))


def _laid(cells: Sequence[str], *, right: bool) -> list[str]:
    """The cells of a column, all as wide as the widest is on a terminal."""
    if all(map(str.isascii, cells)):
        width = max(map(len, cells))
        return [cell.rjust(width) if right else cell.ljust(width) for cell in cells]
    widths = [cell_len(cell) for cell in cells]
    rooms = [" " * (max(widths) - width) for width in widths]
    pairs = zip(cells, rooms, strict=True)
    return [room + cell if right else cell + room for cell, room in pairs]


def _right(column: Column) -> bool:
    """Do its values stand at the right, as numbers do?"""
    return column.kind not in (Kind.TEXT, Kind.INSTANT, Kind.FLAG)


def _table(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> Table:
    """The rows as a table of rich's."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        justify: Literal["left", "right"] = "right" if _right(column) else "left"
        table.add_column(column.title, justify=justify, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _print_table(table: Table) -> None:
    """Draw on standard output; on a pipe without colours, and as wide as it needs to be."""
    terminal = sys.stdout.isatty()
    drawing = io.StringIO()
    console = Console(
        file=sys.stdout if terminal else drawing,
        width=None if terminal else PIPE_COLUMNS,
        highlight=False,
        emoji=False,
        markup=False,
    )
    console.print(table)
    if not terminal:
        for line in drawing.getvalue().splitlines():
            click.echo(line.rstrip())


def _csv(rows: Sequence[Row], columns: Sequence[Column]) -> str:
    """Comma separated values with a header of machine names."""
    drawing = io.StringIO()
    writer = csv.writer(drawing, lineterminator="\n")
    writer.writerow([column.name for column in columns])
    for row in rows:
        writer.writerow([_csv_cell(row[column.name]) for column in columns])
    return drawing.getvalue()


def _csv_cell(value: Any) -> Any:
    """A cell; text that a spreadsheet would take for a formula gets an apostrophe (S33)."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return value
    text = str(value) if not isinstance(value, list | tuple) else " ".join(map(str, value))
    if text.startswith(("=", "+", "-", "@", "\t", "\r", "\0")):
        text = f"'{text}"
    return escape_controls(text)


def in_words(value: Any, kind: Kind, currency: str = "") -> str:
    """One value as a person reads it; `-` when there is none."""
    if value is None or (not value and value in ("", [], ())):
        return "-"
    if kind is Kind.MONEY:
        return format_amount(int(value), currency)
    if kind is Kind.FLAG:
        return "yes" if value else "no"
    if kind is Kind.INSTANT and not value:
        return "-"
    words = _IN_WORDS.get(kind)
    if words is not None:
        return words(int(value))
    if isinstance(value, list | tuple):
        return ", ".join(escape_controls(str(part)) for part in value)
    return escape_controls(str(value))


def octets_in_words(octets: int) -> str:
    """Octets in decimal units with two places, rounded down: 1234567 is 1.23 MB."""
    for unit, size in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if abs(octets) >= size:
            hundredths = abs(octets) * 100 // size
            sign = "-" if octets < 0 else ""
            return f"{sign}{hundredths // 100}.{hundredths % 100:02d} {unit}"
    return f"{octets} B"


def bits_in_words(bps: int) -> str:
    """A speed in the largest unit that divides it: 10000000 is 10 Mbit/s."""
    for unit, size in (("Gbit/s", 10**9), ("Mbit/s", 10**6), ("kbit/s", 10**3)):
        if bps and bps % size == 0:
            return f"{bps // size} {unit}"
    return f"{bps} bit/s"


def seconds_in_words(seconds: int) -> str:
    """A length of time: 2d 03:04:05."""
    days, rest = divmod(abs(seconds), 86_400)
    clock = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    return ("-" if seconds < 0 else "") + (f"{days}d {clock}" if days else clock)


def instant_in_words(us: int) -> str:
    """An instant in this machine's zone, with its offset, to the second."""
    instant = datetime.fromtimestamp(us // 1_000_000, UTC).astimezone()
    return instant.strftime("%Y-%m-%d %H:%M:%S %z")


_IN_WORDS: Final[dict[Kind, Callable[[int], str]]] = {
    Kind.OCTETS: octets_in_words,
    Kind.SECONDS: seconds_in_words,
    Kind.INSTANT: instant_in_words,
    Kind.BITS_PER_S: bits_in_words,
}
