"""Rows come out exact for programs, readable for people, harmless for both (S30, S33)."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from cli import output
from cli.output import Column, Kind

COLUMNS = [
    Column("login", "LOGIN"),
    Column("posted_micros", "BALANCE", Kind.MONEY),
    Column("used_octets", "USED", Kind.OCTETS),
    Column("note", "NOTE", only_if_set=True),
    Column("currency", "CURRENCY", hidden=True),
]
ROW = {"login": "alice", "posted_micros": 4_990_000, "used_octets": 1_234_567, "currency": "USD"}


def printed(rows: Any, style: str, *, one: bool = False) -> str:
    @click.command()
    def command() -> None:
        (output.render_one if one else output.render)(rows, COLUMNS, style)

    result = CliRunner().invoke(command, [])
    assert result.exit_code == 0, result.exception
    return result.stdout


def test_a_table_shows_money_as_people_write_it() -> None:
    text = printed([ROW], "table")
    assert "4.99 USD" in text and "1.23 MB" in text
    assert "NOTE" not in text and "CURRENCY" not in text


def test_json_and_csv_carry_exact_integers_under_the_names_of_the_books() -> None:
    assert json.loads(printed([ROW], "json")) == [{**ROW, "note": None}]
    (row,) = csv.DictReader(io.StringIO(printed([ROW], "csv")))
    assert row["posted_micros"] == "4990000" and row["note"] == ""


def test_one_thing_is_an_object_a_line_or_names_with_values() -> None:
    assert json.loads(printed(ROW, "json", one=True))["login"] == "alice"
    assert printed(ROW, "csv", one=True).splitlines()[1].startswith("alice,4990000")
    assert "balance  4.99 USD" in printed(ROW, "table", one=True)


def test_an_empty_list_is_empty_in_every_style() -> None:
    assert printed([], "table") == "(none)\n"
    assert json.loads(printed([], "json")) == []
    assert printed([], "csv").count("\n") == 1


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\0x"])
def test_s33_no_text_becomes_a_formula(text: str) -> None:
    (row,) = csv.DictReader(io.StringIO(printed([{**ROW, "login": text}], "csv")))
    assert row["login"].startswith("'")


def test_s33_negative_numbers_stay_numbers() -> None:
    (row,) = csv.DictReader(io.StringIO(printed([{**ROW, "posted_micros": -5}], "csv")))
    assert row["posted_micros"] == "-5"


@given(st.text(max_size=30))
def test_s30_no_text_can_move_the_cursor(text: str) -> None:
    for style in ("table", "csv"):
        shown = printed([{**ROW, "login": text}], style)
        assert all(char.isprintable() or char == "\n" for char in shown), style
    (row,) = json.loads(printed([{**ROW, "login": text}], "json"))
    assert row["login"] == text


def test_markup_in_a_value_is_only_text() -> None:
    assert "[bold]x[/bold]" in printed([{**ROW, "login": "[bold]x[/bold]"}], "table")


def test_nothing_is_cut_or_folded_on_a_pipe() -> None:
    assert "x" * 300 in printed([{**ROW, "login": "x" * 300}], "table")


@pytest.mark.parametrize(
    ("value", "kind", "words"),
    [
        (0, Kind.OCTETS, "0 B"),
        (999, Kind.OCTETS, "999 B"),
        (1_999_999, Kind.OCTETS, "1.99 MB"),
        (2**63, Kind.OCTETS, "9223372.03 TB"),
        (10_000_000, Kind.BITS_PER_S, "10 Mbit/s"),
        (1_500, Kind.BITS_PER_S, "1500 bit/s"),
        (3_661, Kind.SECONDS, "01:01:01"),
        (90_061, Kind.SECONDS, "1d 01:01:01"),
        (True, Kind.FLAG, "yes"),
        (None, Kind.MONEY, "-"),
        (-1, Kind.MONEY, "-0.000001 USD"),
        (["a", "b"], Kind.TEXT, "a, b"),
        ([], Kind.TEXT, "-"),
    ],
)
def test_values_in_words(value: Any, kind: Kind, words: str) -> None:
    assert output.in_words(value, kind, "USD") == words


def test_an_instant_is_shown_with_its_offset() -> None:
    assert output.instant_in_words(1_700_000_000_000_000)[-5] in "+-"


def test_a_listing_on_a_pipe_is_laid_out_as_rich_lays_it_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    columns = [Column("a", "NAME"), Column("n", "USED", Kind.OCTETS), Column("t", "")]
    rows: list[dict[str, Any]] = [
        {"a": "María 日本", "n": 10**9, "t": ""},
        {"a": "x" * 20, "n": None, "t": "e"},
    ]
    output.render(rows, columns, "table")
    ours = capsys.readouterr().out
    shown, cells = output._cells(rows, columns, ["", ""])
    output._print_table(output._table(shown, cells))
    assert ours == capsys.readouterr().out
    # What is wider than a pipe is folded, as before.
    output.render([{"a": "y" * 1500, "n": 1, "t": "e"}], columns, "table")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4 and max(map(len, lines)) == output.PIPE_COLUMNS
