"""The shelf of one bundle: rows that are opened, lost from and drawn on."""

from __future__ import annotations

from accounting.pot_terms import Terms
from accounting.rollover import Shelf, by_key
from domain.period import DAY_US
from domain.pot import Pot
from domain.pricing import Bundle, Period, Rollover

DAILY = Bundle("d", octets=10, period=Period.DAY, rollover=Rollover(most=12, periods=2))
TERMS = Terms(7, "UTC", 0, (0,), None)


def shelf(*rows: Pot) -> Shelf:
    """A shelf of a daily bundle with these rows."""
    return Shelf(DAILY, "k", TERMS, by_key(rows).get("k", {}))


def row(day: int, used: int = 0) -> Pot:
    """The row of a day since 1970."""
    ends_us = (day + 3) * DAY_US
    return Pot(7, "k", day * DAY_US, 10, used, until_us=(day + 1) * DAY_US, ends_us=ends_us)


def test_rows_are_found_by_key_and_beginning() -> None:
    other = Pot(7, "x", 0, 1)
    found = by_key([row(3), other, row(4)])
    assert found == {"k": {3 * DAY_US: row(3), 4 * DAY_US: row(4)}, "x": {0: other}}


def test_no_row_is_changed_by_being_looked_at() -> None:
    rows = [row(5), row(6, used=1)]
    one = shelf(*rows)
    one.lives(7 * DAY_US, 7 * DAY_US)
    assert rows == [row(5), row(6, used=1)]
    assert one.lost == {5 * DAY_US: 7}
    assert one.opened == [row(7)]


def test_each_boundary_that_was_missed_loses_its_own_excess() -> None:
    one = shelf(row(2))
    lives = one.lives(5 * DAY_US, 5 * DAY_US)
    assert [pot.period_start_us // DAY_US for pot in one.opened] == [3, 4, 5]
    # At day 4 two rows of ten were carried, at day 5 again; the first of them had ended then.
    assert one.lost == {2 * DAY_US: 8, 3 * DAY_US: 8}
    assert sorted(life.pot.period_start_us // DAY_US for life in lives) == [3, 4, 5]


def test_a_row_is_drawn_on_until_what_is_left_of_it_ends() -> None:
    (own, *carried) = shelf(row(5), row(6)).lives(7 * DAY_US, 7 * DAY_US + 5)
    assert (own.from_us, own.until_us, own.ends_us) == (7 * DAY_US, 8 * DAY_US, 10 * DAY_US)
    assert [(life.from_us // DAY_US, life.ends_us // DAY_US) for life in carried] == [
        (6, 8),
        (7, 9),
    ]
