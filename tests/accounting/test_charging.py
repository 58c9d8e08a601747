"""Charges: the price of the new total less that of the old, whatever lay between (A2, T1, T2)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting import charging
from accounting.charging import Total, price_of
from domain.account import Allowance
from domain.period import DAY_S, DAY_US
from domain.plan import Counted, Plan, Rounding, TimePrice, VolumePrice
from domain.session import Charge, Session
from rating import Step, compile_tariff, reference
from tests.accounting.makers import T0_US, at, plan, session

increments = st.one_of(st.just(1), st.integers(1, 10_000_000))
volumes = st.builds(
    VolumePrice,
    amount_micros=st.integers(0, 10**4),
    unit_octets=st.sampled_from((1, 1_000_000, 2**20, 10**9, 2**30)),
    counted=st.sampled_from(Counted),
    increment_octets=increments,
    rounding=st.sampled_from(Rounding),
)
times = st.builds(
    TimePrice,
    amount_micros=st.integers(0, 10**4),
    unit_s=st.sampled_from((1, 60, 3600, 86_400)),
    increment_s=st.integers(1, 3600),
    rounding=st.sampled_from(Rounding),
)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Any plan with prices that people could sell, with and without included usage."""
    volume = draw(st.none() | volumes)
    return plan(
        volume=volume,
        time=draw(st.none() | times),
        counted=volume.counted if volume else draw(st.sampled_from(Counted)),
        session_fee_micros=draw(st.integers(0, 10**6)),
        included_octets=draw(st.sampled_from((0, 1, 10**6, 5 * 10**9))),
        included_s=draw(st.sampled_from((0, 1, 3600))),
    )


rises = st.tuples(st.integers(0, 10**10), st.integers(0, 10**10), st.integers(0, 10**5))


def use(one: Session, rise: tuple[int, int, int], sold: Plan, used: Allowance) -> list[Charge]:
    """The session uses that much more, and is charged for it."""
    tariff = compile_tariff(sold)
    before = Total.of(one)
    one.input_octets += rise[0]
    one.output_octets += rise[1]
    one.session_s += rise[2]
    one.last_event_us += rise[2] * 1_000_000
    one.fee_due = True
    charging.take_included(one, before, sold, tariff, used)
    return charging.charges(one, before, sold, tariff)


def unused() -> Allowance:
    return Allowance(1, T0_US, 0, 0)


def test_the_sample_plan_charges_a_hundredth_of_a_micro_an_octet_rounded_down() -> None:
    one = session(last_event_us=T0_US)
    rows = use(one, (40, 99, 10), plan(), unused())
    assert [(row.step, row.amount_micros) for row in rows] == [(Step.VOLUME, 1)]
    assert (rows[0].input_octets, rows[0].output_octets, rows[0].session_s) == (40, 99, 0)
    assert one.charged_micros == 1


def test_t2_what_rounding_cut_off_comes_back_with_the_next_octets() -> None:
    one = session(last_event_us=T0_US)
    for _ in range(10):
        use(one, (0, 55, 1), plan(), unused())
    assert one.charged_micros == 5, "550 octets, not ten times nothing"


def test_each_step_has_its_row_and_the_fee_is_charged_once() -> None:
    sold = plan(time=TimePrice(1000, 1), session_fee_micros=700)
    one = session(last_event_us=T0_US)
    first, second = (use(one, (0, 1000, 5), sold, unused()) for _ in range(2))
    assert {row.step: row.amount_micros for row in first} == {0: 700, 1: 10, 2: 5000}
    assert {row.step: row.amount_micros for row in second} == {1: 10, 2: 5000}
    assert [(row.input_octets, row.session_s) for row in first] == [(0, 0), (0, 0), (0, 5)]


def test_usage_that_costs_nothing_still_has_its_row() -> None:
    rows = use(session(last_event_us=T0_US), (0, 10, 1), plan(), unused())
    assert [(row.amount_micros, row.output_octets) for row in rows] == [(0, 10)]


def test_nothing_used_is_no_row() -> None:
    one = session(last_event_us=T0_US)
    assert use(one, (0, 0, 0), plan(), unused()) == []


def test_a_charge_falls_on_the_local_day_of_the_newest_event() -> None:
    sold = plan(timezone="Pacific/Auckland")
    one = session(last_event_us=at(DAY_S + DAY_S // 2))  # 20:53 UTC, past midnight there
    (row,) = use(one, (0, 100, 0), sold, unused())
    assert row.day == at(DAY_S) // DAY_US + 1
    assert (row.part, row.plan_id, row.account_id, row.session_id) == (0, 1, 1, 1)


def test_a2_a_session_whose_charges_are_not_the_price_of_its_total_is_not_charged_on() -> None:
    one = session(last_event_us=T0_US, charged_micros=1)
    with pytest.raises(AssertionError, match="A2"):
        use(one, (0, 100, 0), plan(), unused())


@given(plans(), st.lists(rises, min_size=1, max_size=6))
def test_a2_the_charges_of_a_session_add_up_to_the_price_of_its_watermark(
    sold: Plan, parts: list[tuple[int, int, int]]
) -> None:
    one, used = session(last_event_us=T0_US), unused()
    rows = [row for rise in parts for row in use(one, rise, sold, used)]
    assert one.charged_micros == sum(row.amount_micros for row in rows)
    total = Total.of(one)
    assert one.charged_micros == sum(price_of(compile_tariff(sold), total))
    counted = reference.counted_octets(sold, total.input_octets, total.output_octets)
    by_step = reference.price(
        sold,
        counted,
        total.session_s,
        free_octets=total.free_octets,
        free_s=total.free_s,
        fee_due=True,
    )
    for step in Step:
        assert sum(row.amount_micros for row in rows if row.step == step) == by_step[step]
    if sold.volume is not None:
        assert sum(row.output_octets for row in rows) == one.output_octets
    if sold.time is not None:
        assert sum(row.session_s for row in rows) == one.session_s


@given(plans(), st.lists(rises, min_size=1, max_size=5))
def test_t1_how_the_usage_was_reported_does_not_change_its_price(
    sold: Plan, parts: list[tuple[int, int, int]]
) -> None:
    whole, pieces = session(last_event_us=T0_US), session(last_event_us=T0_US)
    used_whole, used_pieces = unused(), unused()
    for rise in parts:
        use(pieces, rise, sold, used_pieces)
    use(whole, tuple(map(sum, zip(*parts, strict=True))), sold, used_whole)  # type: ignore[arg-type]
    if sold.counted is Counted.LARGER and sold.included_octets:
        return  # which direction is the larger one may change on the way; the next test bounds it
    assert whole.charged_micros == pieces.charged_micros
    assert used_whole == used_pieces


@given(plans(), rises, rises)
def test_t1_a_price_never_falls_as_usage_rises_and_nothing_costs_nothing(
    sold: Plan, first: tuple[int, int, int], second: tuple[int, int, int]
) -> None:
    tariff = compile_tariff(sold)
    assert price_of(tariff, Total(0, 0, 0, 0, 0, False)) == (0, 0, 0)
    low = Total(*first, 0, 0, True)
    high = Total(*(a + b for a, b in zip(first, second, strict=True)), 0, 0, True)
    for below, above in zip(price_of(tariff, low), price_of(tariff, high), strict=True):
        assert 0 <= below <= above


@given(plans(), st.lists(st.tuples(st.integers(0, 2), rises), min_size=1, max_size=10))
def test_included_usage_of_several_sessions_never_exceeds_what_is_included(
    sold: Plan, turns: list[tuple[int, tuple[int, int, int]]]
) -> None:
    tariff = compile_tariff(sold)
    sessions = [session(session_id=n, last_event_us=T0_US) for n in range(3)]
    used = unused()
    for n, rise in turns:
        use(sessions[n], rise, sold, used)
    assert used.used_octets == sum(one.free_octets for one in sessions) <= sold.included_octets
    assert used.used_s == sum(one.free_s for one in sessions) <= sold.included_s
    counted = [
        reference.counted_octets(sold, one.input_octets, one.output_octets) for one in sessions
    ]
    assert used.used_octets == min(sum(counted), sold.included_octets)
    assert used.used_s == min(sum(one.session_s for one in sessions), sold.included_s)
    for one, octets in zip(sessions, counted, strict=True):
        assert one.free_octets <= octets and one.free_s <= one.session_s
        assert one.charged_micros == sum(price_of(tariff, Total.of(one)))


def test_a_reconnect_does_not_refill_what_is_included() -> None:
    sold = plan(included_octets=1_000_000)
    used = unused()
    first, second = session(last_event_us=T0_US), session(session_id=2, last_event_us=T0_US)
    use(first, (0, 1_000_000, 1), sold, used)
    use(second, (0, 1_000_000, 1), sold, used)
    assert (first.charged_micros, second.charged_micros) == (0, 10_000)


def test_an_allowance_that_was_overdrawn_elsewhere_gives_nothing() -> None:
    sold = replace(plan(), included_octets=10)
    used = Allowance(1, T0_US, 12, 0)
    one = session(last_event_us=T0_US)
    use(one, (0, 1000, 0), sold, used)
    assert (one.free_octets, used.used_octets) == (0, 12)


def test_a_price_beyond_all_belief_is_an_overflow_and_charges_nothing() -> None:
    one = session(last_event_us=T0_US)
    with pytest.raises(OverflowError):
        use(one, (0, 2**60, 0), plan(), unused())
    assert one.charged_micros == 0


# -- usage that is nobody's to pay


def leave(one: Session, rise: tuple[int, int, int], sold: Plan, used: Allowance) -> list[Charge]:
    """The session uses that much more behind a wall, and is charged for it like for anything."""
    before = Total.of(one)
    one.input_octets += rise[0]
    one.output_octets += rise[1]
    one.session_s += rise[2]
    charging.leave_unrated(one, before)
    assert charging.take_included(one, before, sold, compile_tariff(sold), used) == (0, 0)
    return charging.charges(one, before, sold, compile_tariff(sold))


@given(plans(), st.lists(st.tuples(st.booleans(), rises), min_size=1, max_size=8))
def test_unrated_usage_never_changes_the_price_of_the_rest(
    sold: Plan, parts: list[tuple[bool, tuple[int, int, int]]]
) -> None:
    mixed, pure = session(last_event_us=T0_US), session(last_event_us=T0_US)
    used_mixed, used_pure = unused(), unused()
    for rated, rise in parts:
        if rated:
            use(mixed, rise, sold, used_mixed)
            use(pure, rise, sold, used_pure)
        else:
            assert leave(mixed, rise, sold, used_mixed) == []
    assert mixed.charged_micros == pure.charged_micros
    assert used_mixed == used_pure
    assert Total.of(mixed) == Total.of(pure)
    walled = [rise for rated, rise in parts if not rated]
    unrated = (mixed.unrated_input, mixed.unrated_output, mixed.unrated_s)
    assert unrated == tuple(sum(rise[n] for rise in walled) for n in range(3))


@pytest.mark.parametrize(
    ("counted", "micros"),
    # Behind the wall 900 up and 100 down; rated 200 up and 500 down, at a micro an octet.
    [(Counted.UP, 200), (Counted.DOWN, 500), (Counted.SUM, 700), (Counted.LARGER, 500)],
)
def test_the_larger_direction_is_that_of_the_rated_usage(counted: Counted, micros: int) -> None:
    sold = plan(volume=VolumePrice(1, 1, counted), counted=counted)
    one, used = session(last_event_us=T0_US), unused()
    leave(one, (900, 100, 60), sold, used)
    use(one, (200, 500, 60), sold, used)
    assert one.charged_micros == micros


@pytest.mark.parametrize(
    ("seen", "octets", "unrated", "walled", "begun"),
    [
        (False, 0, 0, False, False),
        (True, 0, 0, False, True),
        (True, 0, 0, True, False),
        (True, 70, 70, True, False),
        (False, 70, 70, False, False),
        (False, 71, 70, True, True),
    ],
)
def test_f_42_a_fee_is_owed_for_rated_usage_or_a_start_before_no_wall(
    seen: bool, octets: int, unrated: int, walled: bool, begun: bool
) -> None:
    one = session(start_seen=seen, output_octets=octets, unrated_output=unrated)
    assert charging.begun(one, walled=walled) is begun
