"""The periods of a span of time, and the terms they are reckoned from."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounting.pot_terms import BACK_MAX_US, Span, Terms, spans, terms_of
from domain.period import DAY_US
from domain.plan import Package, Plan, Validity
from domain.pricing import Period
from tests.accounting.makers import T0_US, subscriber

UTC = Terms(7, "UTC", 0, (5 * DAY_US, 8 * DAY_US), 20 * DAY_US)
PERIODS = st.sampled_from((Period.DAY, Period.WEEK, Period.MONTH))
INSTANTS = st.integers(T0_US, T0_US + 1000 * DAY_US)


def test_the_terms_of_a_subscriber_are_its_own_zone_anchor_and_paid_time() -> None:
    plan = Plan(1, "home", 1, "USD", timezone="Asia/Dhaka", package=Package(Validity(30)))
    one = subscriber(
        period_start_us=50, periods_ahead_us=(90, 70), valid_until_us=100, created_us=40
    )
    assert terms_of(one, plan) == Terms(1, "Asia/Dhaka", 40, (50, 70, 90), 100)
    one.timezone, one.anchor_us = "Asia/Tokyo", 45
    assert terms_of(one, plan)[1:3] == ("Asia/Tokyo", 45)


def test_time_that_is_not_sold_has_no_end() -> None:
    one = subscriber(period_start_us=50, valid_until_us=100)
    assert terms_of(one, Plan(1, "home", 1, "USD")).until_us is None


@pytest.mark.parametrize(
    ("from_day", "to_day", "expected"),
    [
        (6, 7, [Span(5 * DAY_US, 8 * DAY_US)]),
        (7, 8, [Span(5 * DAY_US, 8 * DAY_US)]),
        (8, 8, [Span(8 * DAY_US, None)]),
        (7, 9, [Span(5 * DAY_US, 8 * DAY_US), Span(8 * DAY_US, None)]),
        (30, 31, [Span(8 * DAY_US, None)]),
        (1, 2, [Span(5 * DAY_US, 8 * DAY_US)]),  # before all that is known
        (9, 2, [Span(5 * DAY_US, 8 * DAY_US)]),  # nothing but the end counts
    ],
)
def test_validity_periods_end_where_the_next_begins(
    from_day: int, to_day: int, expected: list[Span]
) -> None:
    assert spans(UTC, Period.VALIDITY, from_day * DAY_US, to_day * DAY_US) == expected


@settings(max_examples=80, deadline=None)
@given(to_us=INSTANTS, length_us=st.integers(-5, 100 * DAY_US), period=PERIODS, anchor_us=INSTANTS)
def test_t5_periods_of_a_span_follow_one_another_and_hold_it(
    to_us: int, length_us: int, period: Period, anchor_us: int
) -> None:
    said = Terms(7, "America/St_Johns", anchor_us, (0,), None)
    found = spans(said, period, to_us - length_us, to_us)
    assert all(one.until_us == other.start_us for one, other in pairwise(found))
    last = found[-1]
    assert last.until_us is not None
    if length_us > 0:
        from_us = to_us - min(length_us, BACK_MAX_US)
        first_us = found[0].until_us
        assert first_us is not None and found[0].start_us <= from_us < first_us
        assert last.start_us < to_us <= last.until_us
    else:
        assert len(found) == 1 and last.start_us <= to_us < last.until_us
