"""Who is heard: a session ages only while its own device talks without it (F-03, F-35)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aaa.hearing import BREAK_MIN_S, Hearing, Reports, stale_after_us
from domain.seams import US_PER_S
from domain.session import Session, SessionState
from domain.usage import RecordKind, Usage
from tests.accounting import makers
from tests.accounting.makers import at

LEAST_S = 900


def session(**traits: Any) -> Session:
    """One that has reported usage."""
    return makers.session(**({"session_s": 1} | traits))


def heard(*seconds: int, interim_s: int = 0) -> Hearing:
    hearing = Hearing()
    for t in seconds:
        hearing.note(1, at(t), interim_s)
    return hearing


def test_f_03_a_session_is_suspect_after_three_intervals_and_the_least_silence() -> None:
    one = session(last_seen_us=at(0), interim_s=300)
    assert not heard(*range(0, 901, 60)).suspect(one, LEAST_S)
    assert heard(*range(0, 961, 60)).suspect(one, LEAST_S)
    slow = session(last_seen_us=at(0), interim_s=600)
    assert not heard(*range(0, 1801, 60)).suspect(slow, LEAST_S)
    assert heard(*range(0, 1861, 60)).suspect(slow, LEAST_S)


def test_the_least_silence_bounds_short_intervals() -> None:
    one = session(last_seen_us=at(0), interim_s=60)
    assert stale_after_us(one, LEAST_S) == 900 * US_PER_S
    assert stale_after_us(session(interim_s=600), LEAST_S) == 1800 * US_PER_S


def test_f_35_a_device_that_never_spoke_ages_nobody() -> None:
    one = session(last_seen_us=at(-100_000))
    assert Hearing().silent_us(one) == 0
    assert not Hearing().suspect(one, LEAST_S)


def test_f_35_after_a_silence_of_the_device_age_counts_from_its_first_word() -> None:
    one = session(last_seen_us=at(0))
    hearing = heard(0, 3_600)
    assert hearing.silent_us(one) == 0
    hearing.note(1, at(3_660))
    assert hearing.silent_us(one) == 60 * US_PER_S


def test_a_restart_begins_to_listen_anew() -> None:
    one = session(last_seen_us=at(0))
    assert heard(50_000).silent_us(one) == 0


def test_a_break_is_longer_where_the_device_reports_seldom() -> None:
    one = session(last_seen_us=at(0), interim_s=600)
    seldom = range(0, 6_000, 600)
    assert not heard(*seldom).suspect(one, LEAST_S), "450 s of silence break the hearing"
    assert heard(*seldom, interim_s=600).suspect(one, LEAST_S), "600 s of interval do not"
    assert heard(0, BREAK_MIN_S).silent_us(one) == BREAK_MIN_S * US_PER_S
    assert heard(0, BREAK_MIN_S + 1).silent_us(one) == 0


def test_another_device_says_nothing_about_this_one() -> None:
    hearing = Hearing()
    for t in range(0, 9_000, 60):
        hearing.note(2, at(t))
    assert not hearing.suspect(session(last_seen_us=at(0)), LEAST_S)


def test_only_open_sessions_can_be_suspect() -> None:
    hearing = heard(*range(0, 9_000, 60))
    for state in (SessionState.ACCEPTED, SessionState.CLOSED, SessionState.LAPSED):
        assert not hearing.suspect(session(state=state, last_seen_us=at(0)), LEAST_S)


@given(st.lists(st.integers(0, 5_000), min_size=1, max_size=30), st.integers(0, 150_000))
def test_silence_is_never_longer_than_the_time_since_the_session_or_the_hearing_began(
    pauses: list[int], last_seen: int
) -> None:
    hearing, now = Hearing(), 0
    for pause in pauses:
        now += pause
        hearing.note(1, at(now))
    one = session(last_seen_us=at(last_seen))
    assert 0 <= hearing.silent_us(one) <= max(now - last_seen, 0) * US_PER_S
    steady = all(pause <= BREAK_MIN_S for pause in pauses[1:])
    if steady and last_seen >= pauses[0]:
        assert hearing.silent_us(one) == max(now - last_seen, 0) * US_PER_S


def interim(at_s: int, **said: Any) -> Usage:
    return Usage(RecordKind.INTERIM, "A", "alice", at(at_s), **said)


def listened(*interims: Usage) -> tuple[Hearing, Reports]:
    """What is known after these interims of one session."""
    hearing, one = Hearing(), makers.session(device_id=1)
    for usage in interims:
        hearing.note(1, usage.arrived_us)
        hearing.record(one, usage)
        one.records_n, one.last_seen_us = one.records_n + 1, usage.arrived_us
    return hearing, hearing.take_reports()[1]


def test_a_session_of_a_device_without_interims_never_ages() -> None:
    silent = makers.session(last_seen_us=at(0), session_s=0)
    hearing = heard(*range(0, 90_000, 60))
    assert hearing.silent_us(silent) == 0
    hearing.record(makers.session(session_id=2), interim(89_000))
    assert hearing.suspect(silent, LEAST_S), "its neighbour reports"


def test_the_usual_interval_is_the_median_whatever_is_lost_or_sent_twice() -> None:
    times = [300 * n for n in range(40) if n % 7]
    twice = [t + more for t in times for more in (0, 2)]
    _, reports = listened(*map(interim, twice))
    assert 260 <= reports.interim_s <= 340
    assert reports.interims_n == len(times)


def test_what_is_known_of_the_interval_stays_when_the_rest_is_taken() -> None:
    hearing, reports = listened(interim(0), interim(300), interim(600))
    assert reports == Reports(interims_n=3, interim_s=300)
    assert hearing.take_reports() == {1: Reports(interim_s=300)}


@pytest.mark.parametrize(("ahead_s", "delay_s"), [(0, 0), (3_600, 0), (-7_200, 5)])
def test_the_offset_of_a_clock_is_that_of_the_record_that_was_delayed_least(
    ahead_s: int, delay_s: int
) -> None:
    records = [
        interim(t, event_timestamp_us=at(t + ahead_s - delay_s - late), delay_s=delay_s)
        for t, late in ((0, 40), (300, 0), (600, 9))
    ]
    _, reports = listened(*records)
    assert reports.clock_offset_us == ahead_s * US_PER_S
