"""What a session used by bands is charged as one total, whatever order and pieces it came in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from accounting.charging import Total
from accounting.pot_terms import Terms
from accounting.uses import Sheet, Taken, faults, rise_of, sheet_of, since_us, take
from domain.pot import Pot
from domain.session import Session, SessionState
from domain.usage import RecordKind, Usage
from rating.plan_file import parse_plan
from rating.timetable import Timetable

MB, S_US = 1_000_000, 1_000_000
NOON_US = int(datetime(2026, 3, 2, 12, tzinfo=UTC).timestamp()) * S_US
PLAN = """
name = "plain"
currency = "USD"

[price.session]
fee = "0.30"

[price.volume]
amount = "0.10"
per = "MB"

[[cap]]
period = "day"
most = "1"
"""
TERMS = Terms(2, "UTC", 0, (0,), None)


def sheet() -> Sheet:
    made = sheet_of(parse_plan(PLAN))
    assert made is not None
    return made


def session(**said: Any) -> Session:
    return replace(Session(1, 2, 3, 4, 5, SessionState.OPEN, 1, last_event_us=NOON_US), **said)


def used(one: Session, megabytes: int, pots: list[Pot], *, seconds: int = 60) -> Taken:
    """Let it use so much more, until so much later."""
    before, from_us, made = Total.of(one), one.last_event_us, sheet()
    one.output_octets += megabytes * MB
    one.last_event_us += seconds * S_US
    one.fee_due = True
    view = made.pots.view(TERMS, pots, from_us, one.last_event_us)
    taken = take(one, before, made, view, Timetable.of(made.plan), from_us=from_us)
    pots += taken.opened
    return taken


def test_the_rows_of_a_rise_are_the_fee_the_lines_and_what_was_used() -> None:
    one, pots = session(), list[Pot]()
    found = used(one, 4, pots).charges
    assert [(row.step, row.amount_micros) for row in found] == [(1, 0), (0, 300_000), (3, 400_000)]
    assert [row.output_octets for row in found] == [4 * MB, 0, 0]
    assert one.charged_micros == 700_000 and faults(sheet(), one) == []
    assert {row.day for row in found} == {NOON_US // 86_400_000_000}


def test_what_a_cap_lets_go_is_taken_off_the_rows_too() -> None:
    one, pots = session(), list[Pot]()
    used(one, 4, pots)
    (row_of_use, line) = used(one, 5, pots).charges
    assert (row_of_use.step, line.step, line.amount_micros) == (1, 3, 300_000)
    (row_of_use,) = used(one, 5, pots).charges
    assert (row_of_use.output_octets, one.charged_micros) == (5 * MB, 1_000_000)
    assert [(pot.pot, pot.used) for pot in pots] == [("cap/day/plain", 1_000_000)]
    assert faults(sheet(), one) == []
    (_, line) = used(one, 2, pots, seconds=86_400).charges  # the next day has a cap of its own
    assert 0 < line.amount_micros <= 200_000 and len(pots) == 2


def test_nothing_used_changes_nothing() -> None:
    one = session()
    before = replace(one)
    made = sheet()
    view = made.pots.view(TERMS, [], NOON_US, NOON_US)
    found = take(one, Total.of(one), made, view, Timetable.of(made.plan), from_us=NOON_US)
    assert found == Taken([], [], []) and one == before


def test_a_price_that_no_book_can_hold_changes_nothing() -> None:
    made = sheet_of(parse_plan(PLAN.replace('"0.10"', '"1000000000"')))
    assert made is not None
    one = session(output_octets=1 << 50)
    before = replace(one)
    view = made.pots.view(TERMS, [], NOON_US, NOON_US + 1)
    nothing = Total(0, 0, 0, 0, 0, False)
    with pytest.raises(OverflowError):
        take(one, nothing, made, view, Timetable.of(made.plan), from_us=NOON_US - 1)
    assert one == before and view.moves() == []


def test_a2_a_session_whose_charge_is_another_than_its_uses_cost_is_not_charged_further() -> None:
    one, pots = session(), list[Pot]()
    used(one, 1, pots)
    one.charged_micros += 1
    with pytest.raises(AssertionError, match="A2"):
        used(one, 1, pots)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"charged_micros": 1}, "what it used costs 700000"),
        ({"input_octets": 1}, "its rated totals are (1, 4000000, 0)"),
        ({"uses": b"\xff"}, "cannot be read"),
        ({"uses": b""}, "its cells come to (0, 0, 0)"),
    ],
)
def test_a2_what_does_not_fit_a_session_is_said(changed: dict[str, Any], said: str) -> None:
    one = session()
    used(one, 4, [])
    assert any(said in fault for fault in faults(sheet(), replace(one, **changed)))


def test_usage_is_of_the_time_since_the_event_before_or_since_its_own_beginning() -> None:
    said = Usage(RecordKind.INTERIM, "A", "alice", NOON_US, session_s=90)
    assert since_us(session(), said, NOON_US) == NOON_US - 90 * S_US, "the first record"
    known = session(records_n=1)
    assert since_us(known, said, NOON_US + S_US) == NOON_US
    assert since_us(session(records_n=1, last_event_us=0), said, NOON_US) == NOON_US - 90 * S_US


def test_a_rise_is_of_rated_totals() -> None:
    high = session(input_octets=11, output_octets=25, session_s=33, unrated_output=3)
    rise, counted = rise_of(high, Total(1, 2, 3, 0, 0, False), sheet(), 5)
    assert rise is not None and counted == ""


def test_a_simple_plan_has_no_sheet() -> None:
    assert sheet_of(parse_plan('name = "simple"\ncurrency = "USD"\n')) is None
