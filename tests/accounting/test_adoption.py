"""Adoption: which sessions ran before, and where our counting of them begins."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting.adoption import ran_before, take_baseline
from accounting.charging import Total
from domain.device import Device
from domain.usage import RecordKind, Usage
from tests.accounting.makers import at, session

SINCE = 1_000
DAY_S = 86_400


def device(since_us: int = at(SINCE)) -> Device:
    return Device(1, "nas", b"s", ("10.0.0.1/32",), "standard", 3799, accounting_since_us=since_us)


def record(kind: RecordKind, **said: Any) -> Usage:
    return Usage(kind, "A", "alice", at(0), **said)


@pytest.mark.parametrize(
    ("kind", "at_s", "session_s", "before"),
    [
        (RecordKind.INTERIM, 1_300, 301, True),
        (RecordKind.INTERIM, 1_300, 300, False),
        (RecordKind.STOP, 9_000, 8_001, True),
        (RecordKind.START, 999, None, True),
        (RecordKind.START, 1_001, None, False),
        (RecordKind.INTERIM, 1_300, None, True),
        (RecordKind.INTERIM, SINCE + DAY_S, None, False),
    ],
)
def test_a_session_ran_before_if_its_inferred_start_did(
    kind: RecordKind, at_s: int, session_s: int | None, before: bool
) -> None:
    assert ran_before(record(kind, session_s=session_s), at(at_s), device()) is before


def test_nothing_ran_before_a_device_that_was_always_ours() -> None:
    long_ago = device(since_us=0)
    assert not ran_before(record(RecordKind.INTERIM), at(5), long_ago)
    assert not ran_before(record(RecordKind.INTERIM, session_s=10**6), at(5), long_ago)


def test_a_session_of_the_second_in_which_the_device_became_ours_is_ours() -> None:
    """A record made 0.9 s after says the second in which both were."""
    switched = device(at(SINCE) + 50_000)
    assert not ran_before(record(RecordKind.START), at(SINCE), switched)
    assert ran_before(record(RecordKind.START), at(SINCE) - 1, switched)


def test_a_counter_that_comes_later_than_the_others_has_a_baseline_of_its_own() -> None:
    one = session(adopted=True)
    before = Total.of(one)
    one.session_s = 600
    take_baseline(one, before)
    before = Total.of(one)
    one.session_s, one.input_octets = 900, 5_000
    take_baseline(one, before)
    rated = Total.of(one)
    assert (rated.session_s, rated.input_octets, rated.output_octets) == (300, 0, 0)


@given(st.lists(st.tuples(*[st.integers(0, 10**9)] * 3), min_size=1, max_size=8))
def test_what_is_rated_is_what_came_after_the_first_sight_of_each_counter(
    rises: list[tuple[int, int, int]],
) -> None:
    one = session(adopted=True)
    for rise in rises:
        before = Total.of(one)
        one.input_octets += rise[0]
        one.output_octets += rise[1]
        one.session_s += rise[2]
        take_baseline(one, before)
    rated = Total.of(one)
    for n, total in enumerate((rated.input_octets, rated.output_octets, rated.session_s)):
        seen = [rise[n] for rise in rises if rise[n]]
        assert total == sum(seen[1:])
