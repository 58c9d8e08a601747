"""What a simulated session shows on a pipe."""

from __future__ import annotations

import pytest

from cli.simulate_view import Line, Purse, View

PURSE = Purse("USD", 4_750_000, 4_750_000)


def line(what: str, purse: Purse | None) -> Line:
    """A line after 25 MB."""
    return Line(10, 22_500_000, 2_500_000, what, purse, paid_micros=250_000)


def test_each_line_stands_under_its_titles(capsys: pytest.CaptureFixture[str]) -> None:
    with View(silent=False, money=True) as view:
        view.show(line("interim 1", PURSE))
    titles, shown = capsys.readouterr().out.splitlines()
    assert titles.split() == ["TIME", "DOWN", "UP", "PAID", "BALANCE", "WHAT", "HAPPENED"]
    assert shown == "00:00:10    22.50 MB     2.50 MB      0.25 USD      4.75 USD  interim 1"
    assert titles.index("WHAT") == shown.index("interim")


def test_without_books_there_is_no_money_to_show(capsys: pytest.CaptureFixture[str]) -> None:
    with View(silent=False, money=False) as view:
        view.show(line("interim 1", None))
    titles, shown = capsys.readouterr().out.splitlines()
    assert titles.split() == ["TIME", "DOWN", "UP", "WHAT", "HAPPENED"]
    assert shown.split() == ["00:00:10", "22.50", "MB", "2.50", "MB", "interim", "1"]


def test_a_silent_view_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with View(silent=True, money=True) as view:
        view.show(line("interim 1", PURSE))
    assert capsys.readouterr().out == ""


def test_s30_words_from_the_network_cannot_move_the_cursor(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with View(silent=False, money=False) as view:
        view.show(line("\x1b[2Jgone\rX", None))
    assert r"\x1b[2Jgone\rX" in capsys.readouterr().out
