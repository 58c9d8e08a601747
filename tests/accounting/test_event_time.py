"""When something happened: what a device says of the time, and how far it is believed (9.3)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting.event_time import CLOCK_UNSET_US, DELAY_MAX_S, event_time
from domain.seams import US_PER_S
from domain.usage import RecordKind, Usage
from tests.accounting.makers import T0_US, at, usage

SKEW_S = 300


def test_a_record_that_says_nothing_of_time_happened_when_it_arrived() -> None:
    assert event_time(usage(t=100), SKEW_S) == (at(100), False, False)


def test_acc_08_a_delay_is_taken_off_the_arrival() -> None:
    assert event_time(usage(t=100, delay_s=40), SKEW_S) == (at(60), False, False)


def test_q_18_an_hour_in_a_queue_is_rated_an_hour_earlier() -> None:
    assert event_time(usage(t=7200, delay_s=3600), SKEW_S).at_us == at(3600)


def test_a_delay_of_seven_days_is_believed_and_one_second_more_is_not() -> None:
    assert event_time(usage(t=0, delay_s=DELAY_MAX_S), SKEW_S).at_us == at(-DELAY_MAX_S)
    assert event_time(usage(t=0, delay_s=DELAY_MAX_S + 1), SKEW_S).at_us == at(0)
    assert event_time(usage(t=0, delay_s=2**32 - 1), SKEW_S).at_us == at(0)


def test_a_timestamp_within_the_limit_is_the_event_time() -> None:
    said = usage(t=100, event_timestamp_us=at(20))
    assert event_time(said, SKEW_S) == (at(20), False, False)


def test_f_29_a_timestamp_is_compared_with_the_time_of_sending_not_of_arrival() -> None:
    said = usage(t=20_000, event_timestamp_us=at(100), delay_s=19_900)
    assert event_time(said, SKEW_S) == (at(100), False, False)


@pytest.mark.parametrize(
    ("skew_s", "believed"), [(-301, False), (-300, True), (300, True), (301, False)]
)
def test_f_32_a_clock_is_believed_to_the_limit_and_reported_beyond_it(
    skew_s: int, believed: bool
) -> None:
    found = event_time(usage(t=1000, event_timestamp_us=at(1000 + skew_s)), SKEW_S)
    assert found.clock_wrong is not believed
    assert found.at_us == (min(at(1000 + skew_s), at(1000)) if believed else at(1000))


def test_q_17_a_clock_of_1970_is_not_obeyed_and_no_sign_of_a_replay() -> None:
    found = event_time(usage(t=300, event_timestamp_us=0), SKEW_S)
    assert found == (at(300), True, False)


def test_f_12_a_timestamp_of_yesterday_from_a_set_clock_is_stale() -> None:
    found = event_time(usage(t=300, event_timestamp_us=at(-86_400)), SKEW_S)
    assert found == (at(300), True, True)


def test_a_timestamp_of_tomorrow_is_wrong_but_not_stale() -> None:
    found = event_time(usage(t=300, event_timestamp_us=at(86_400)), SKEW_S)
    assert found == (at(300), True, False)


def test_the_mark_of_an_unset_clock_is_where_hostapd_draws_it() -> None:
    unset = usage(event_timestamp_us=CLOCK_UNSET_US - US_PER_S)
    just_set = usage(event_timestamp_us=CLOCK_UNSET_US)
    assert not event_time(unset, SKEW_S).stale
    assert event_time(just_set, SKEW_S).stale


@given(
    stamp_s=st.none() | st.integers(0, 2**32 - 1),
    delay_s=st.integers(0, 2**32 - 1),
    near_s=st.none() | st.integers(-1000, 1000),
)
def test_9_3_an_event_is_never_later_than_its_arrival_nor_earlier_than_its_bounds(
    stamp_s: int | None, delay_s: int, near_s: int | None
) -> None:
    if near_s is not None:
        stamp_s = T0_US // US_PER_S + near_s
    stamped_us = None if stamp_s is None else stamp_s * US_PER_S
    said = Usage(RecordKind.INTERIM, "A", "alice", T0_US, stamped_us, delay_s)
    found = event_time(said, SKEW_S)
    assert T0_US - (DELAY_MAX_S + SKEW_S) * US_PER_S <= found.at_us <= T0_US
    assert found.clock_wrong or not found.stale
