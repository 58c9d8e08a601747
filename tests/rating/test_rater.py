"""The compiled rater against the tables, against the reference, and against its own promises."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from domain.plan import Counted, Plan, Rounding, TimePrice, VolumePrice
from rating import allowance, compile_tariff, counted_octets, price, rate_many, reference
from rating._rater import Tariff

MOST = 2**63 - 1
USAGE = st.one_of(st.integers(0, 10**7), st.integers(0, 10**14), st.integers(0, MOST))
SMALL = st.integers(0, 10**12)

many = settings(
    max_examples=800,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
some = settings(many, max_examples=300)


def answer_of(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """What a function returns, or the kind of its refusal."""
    try:
        return function(*arguments, **named)
    except OverflowError:
        return OverflowError


def plan_of(**parts: Any) -> Plan:
    """A plan with these parts."""
    return Plan(plan_id=1, name="p", version=1, currency="USD", **parts)


def test_every_row_of_the_hand_worked_tables_is_priced_to_the_micro(hand_table: Any) -> None:
    tariff = compile_tariff(hand_table.plan)
    for row in hand_table.rows:
        counted = counted_octets(tariff, row.get("up", 0), row.get("down", 0))
        assert counted == row.get("counted", counted), row
        priced = price(
            tariff,
            counted,
            row.get("seconds", 0),
            row.get("free", 0),
            row.get("free_s", 0),
            bool(row.get("begun", 0)),
        )
        expected = row.get("fee", 0), row.get("volume", 0), row.get("time", 0)
        assert priced == expected, row


def test_a_month_adds_up_however_its_sessions_were_reported(month_table: Any) -> None:
    tariff = compile_tariff(month_table.plan)
    for reports in (1, 2, 7):
        left, total = month_table.plan.included_octets, 0
        for row in month_table.rows:
            taken = charged = counted = 0
            for report in range(1, reports + 1):
                before = counted
                up, down = (row[name] * report // reports for name in ("up", "down"))
                counted = counted_octets(tariff, up, down)
                covered = allowance.take(left, before, counted)
                left, taken = left - covered, taken + covered
                charged = price(tariff, counted, 0, taken, 0, False)[1]
            total += charged
            assert (taken, left, charged, total) == (
                row["taken"],
                row["left"],
                row["volume"],
                row["sum"],
            ), (row, reports)


@many
@given(data=st.data(), up=USAGE, down=USAGE, seconds=USAGE, fee_due=st.booleans())
def test_compiled_and_reference_agree_on_any_plan_and_usage(
    plans: st.SearchStrategy[Plan],
    data: st.DataObject,
    up: int,
    down: int,
    seconds: int,
    fee_due: bool,
) -> None:
    plan = data.draw(plans)
    tariff = compile_tariff(plan)
    counted = answer_of(counted_octets, tariff, up, down)
    assert counted == answer_of(reference.counted_octets, plan, up, down)
    assume(counted is not OverflowError)
    free = data.draw(st.one_of(st.just(0), st.integers(0, counted), USAGE))
    free_s = data.draw(st.one_of(st.just(0), st.integers(0, seconds), USAGE))
    compiled = answer_of(price, tariff, counted, seconds, free, free_s, fee_due)
    assert compiled == answer_of(
        reference.price,
        plan,
        counted,
        seconds,
        free_octets=free,
        free_s=free_s,
        fee_due=fee_due,
    )


@some
@given(data=st.data(), less=st.tuples(SMALL, SMALL), more=st.tuples(SMALL, SMALL))
def test_t1_a_larger_total_never_costs_less_and_nothing_costs_nothing(
    plans: st.SearchStrategy[Plan],
    data: st.DataObject,
    less: tuple[int, int],
    more: tuple[int, int],
) -> None:
    tariff = compile_tariff(data.draw(plans))
    assert price(tariff, 0, 0, 0, 0, False) == (0, 0, 0)
    octets, seconds = less
    low = answer_of(price, tariff, octets, seconds, 0, 0, True)
    high = answer_of(price, tariff, octets + more[0], seconds + more[1], 0, 0, True)
    assume(OverflowError not in (low, high))
    assert low[0] == high[0]
    assert low[1] <= high[1]
    assert low[2] <= high[2]


@some
@given(
    data=st.data(),
    included=st.tuples(SMALL, SMALL),
    rises=st.lists(st.tuples(SMALL, SMALL, SMALL), min_size=1, max_size=12),
)
def test_t1_a2_what_is_charged_does_not_depend_on_how_a_total_was_reported(
    plans: st.SearchStrategy[Plan],
    data: st.DataObject,
    included: tuple[int, int],
    rises: list[tuple[int, int, int]],
) -> None:
    tariff = compile_tariff(data.draw(plans))
    whole = tuple(sum(column) for column in zip(*rises, strict=True))

    def charge(readings: list[tuple[int, int, int]]) -> Any:
        """Sum of the debits of all readings, each the new price less what was charged."""
        left, left_s = included
        taken = taken_s = before = before_s = charged = debits = 0
        for up, down, seconds in readings:
            counted = counted_octets(tariff, up, down)
            octets = allowance.take(left, before, counted)
            covered_s = allowance.take(left_s, before_s, seconds)
            left, taken = left - octets, taken + octets
            left_s, taken_s = left_s - covered_s, taken_s + covered_s
            before, before_s = counted, seconds
            now = sum(price(tariff, counted, seconds, taken, taken_s, True))
            debits += now - charged
            charged = now
        return debits

    readings = [
        tuple(sum(column) for column in zip(*rises[: n + 1], strict=True))
        for n in range(len(rises))
    ]
    assert readings[-1] == whole
    at_once = answer_of(charge, [whole])
    assume(at_once is not OverflowError)
    assert charge(readings) == at_once
    assert charge([reading for reading in readings for _ in range(2)]) == at_once


def test_t2_rounding_happens_once_on_the_total_and_the_rest_stays_in_it() -> None:
    tariff = compile_tariff(plan_of(volume=VolumePrice(10_000, 1_000_000)))
    totals = [price(tariff, octets, 0, 0, 0, False)[1] for octets in range(0, 1001, 50)]
    assert totals == [step // 2 for step in range(21)]


@pytest.mark.parametrize("direction", list(Counted))
def test_down_is_output_and_up_is_input(direction: Counted) -> None:
    tariff = compile_tariff(plan_of(counted=direction))
    expected = {Counted.DOWN: 7, Counted.UP: 5, Counted.SUM: 12, Counted.LARGER: 7}
    assert counted_octets(tariff, 5, 7) == expected[direction]


def test_a_plan_without_prices_costs_nothing_for_anything() -> None:
    assert price(compile_tariff(plan_of()), MOST, MOST, 0, 0, True) == (0, 0, 0)


def test_a_price_of_exactly_63_bits_is_given_and_one_more_is_refused() -> None:
    tariff = compile_tariff(plan_of(volume=VolumePrice(1, 1)))
    assert price(tariff, MOST, 0, 0, 0, False) == (0, MOST, 0)
    tariff = compile_tariff(plan_of(volume=VolumePrice(1, 1), session_fee_micros=1))
    assert price(tariff, MOST - 1, 0, 0, 0, True) == (1, MOST - 1, 0)
    with pytest.raises(OverflowError, match="63 bits"):
        price(tariff, MOST, 0, 0, 0, True)
    tariff = compile_tariff(plan_of(volume=VolumePrice(2, 1)))
    assert price(tariff, 2**62 - 1, 0, 0, 0, False) == (0, 2**63 - 2, 0)
    with pytest.raises(OverflowError, match="63 bits"):
        price(tariff, 2**62, 0, 0, 0, False)


def test_a_price_beyond_128_bits_of_nothing_is_refused_and_does_not_wrap() -> None:
    tariff = compile_tariff(
        plan_of(
            volume=VolumePrice(10**15, 1, increment_octets=10**12, rounding=Rounding.UP),
            time=TimePrice(10**15, 1, increment_s=86_400, rounding=Rounding.HALF_UP),
        )
    )
    for octets, seconds in ((MOST, 0), (0, MOST), (MOST, MOST), (2**33, 0), (0, 2**40)):
        with pytest.raises(OverflowError, match="63 bits"):
            price(tariff, octets, seconds, 0, 0, False)


@pytest.mark.parametrize("position", range(4))
@pytest.mark.parametrize("wrong", [-1, 2**63, 2**64, -(2**63) - 1])
def test_quantities_outside_63_bits_are_refused(position: int, wrong: int) -> None:
    tariff = compile_tariff(plan_of(volume=VolumePrice(1, 10**9)))
    octets, seconds, free, free_s = (wrong if n == position else 0 for n in range(4))
    with pytest.raises(OverflowError):
        price(tariff, octets, seconds, free, free_s, False)


@pytest.mark.parametrize(("up", "down"), [(-1, 0), (0, -1), (MOST, 1), (2**63, 0)])
def test_directions_outside_63_bits_are_refused(up: int, down: int) -> None:
    with pytest.raises(OverflowError):
        counted_octets(compile_tariff(plan_of()), up, down)


def test_a_float_is_no_quantity() -> None:
    with pytest.raises(TypeError):
        price(compile_tariff(plan_of()), 1.0, 0, 0, 0, False)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "step", [(-1, 1, 1, 0), (1, 0, 1, 0), (1, 1, 0, 0), (1, 1, 2**62 + 1, 0), (1, 1, 1, 3)]
)
def test_a_tariff_with_which_the_arithmetic_would_not_be_exact_cannot_be_made(
    step: tuple[int, int, int, int],
) -> None:
    for volume, time in ((step, None), (None, step)):
        with pytest.raises(ValueError, match="step"):
            Tariff(2, 0, volume, time)


@pytest.mark.parametrize("counted", [-1, 4])
def test_a_tariff_counts_one_of_four_ways(counted: int) -> None:
    with pytest.raises(ValueError, match="0 to 3"):
        Tariff(counted, 0, None, None)


@pytest.mark.parametrize("step", [-1, 3])
def test_a_tariff_has_three_steps(step: int) -> None:
    with pytest.raises(IndexError):
        Tariff(2, 0, None, None).step(step)


@some
@given(data=st.data())
def test_rate_many_gives_what_price_gives_row_by_row(
    plans: st.SearchStrategy[Plan], data: st.DataObject
) -> None:
    tariff = compile_tariff(data.draw(plans))
    row = st.tuples(SMALL, SMALL, SMALL, SMALL, st.integers(0, 1))
    rows = data.draw(st.lists(row, max_size=20))
    micros = array("q", [-1] * 3 * len(rows))
    answers = [answer_of(price, tariff, *row[:4], bool(row[4])) for row in rows]
    usage = array("q", [number for row in rows for number in row])
    if OverflowError not in answers:
        rate_many(tariff, usage, micros)
        assert micros.tolist() == [number for answer in answers for number in answer]
        return
    refused = answers.index(OverflowError)
    with pytest.raises(OverflowError, match=f"row {refused} "):
        rate_many(tariff, usage, micros)
    written = [number for answer in answers[:refused] for number in answer]
    assert micros.tolist() == written + [-1] * (3 * len(rows) - len(written))


@pytest.mark.parametrize(("usage", "micros"), [(5, 2), (4, 3), (6, 3), (0, 3), (5, 0)])
def test_rate_many_refuses_buffers_that_do_not_fit_together(usage: int, micros: int) -> None:
    with pytest.raises(ValueError, match="five numbers"):
        rate_many(
            compile_tariff(plan_of()), array("q", bytes(8 * usage)), array("q", bytes(8 * micros))
        )


@pytest.mark.parametrize("position", range(4))
def test_rate_many_refuses_negative_quantities(position: int) -> None:
    usage = array("q", [0] * 10)
    usage[5 + position] = -1
    with pytest.raises(OverflowError, match="row 1 "):
        rate_many(compile_tariff(plan_of()), usage, array("q", bytes(48)))
