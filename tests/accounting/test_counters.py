"""How counters advance: the algorithm of field notes 9.4, its traps, and its promises.

A stream is what a device would report if nothing were ever lost: totals since the session began.
What arrives is some of it, in some order, some of it twice.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from accounting.counters import COUNTER_MAX, WRAP, Line, Reading, Step, advance
from domain.session import Session
from tests.accounting.makers import at, feed, session

MBIT_8 = Line(rate_bps=8_000_000)  # a megabyte each second
NARROW = Line(rate_bps=100_000_000, gigawords=False)
DELTA = Line(delta=True)


class Said(NamedTuple):
    """One reading of a stream."""

    t: int
    st: int
    i: int
    o: int


rises = st.tuples(st.integers(1, 3_600), st.integers(0, 2**33), st.integers(0, 2**33))


@st.composite
def streams(draw: st.DrawFn, most: int = 8) -> list[Said]:
    """What a device says of one session, in order."""
    found, now = [], Said(0, 0, 0, 0)
    for seconds, up, down in draw(st.lists(rises, min_size=1, max_size=most)):
        now = Said(now.t + seconds, now.st + seconds, now.i + up, now.o + down)
        found.append(now)
    return found


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[Said], list[Said]]:
    """A stream, and what arrives of it: any of its records, any number of times, in any order."""
    stream = draw(streams())
    arriving = draw(st.lists(st.sampled_from(stream), min_size=1, max_size=16))
    return stream, arriving


def totals(one: Session) -> tuple[int, int, int]:
    return one.input_octets, one.output_octets, one.session_s


def tell(one: Session, said: Said, *, timed: bool = True, line: Line | None = None) -> Step:
    return feed(one, said.t, said.st if timed else None, said.o, said.i, line=line)


# -- the promises


@given(deliveries(), st.booleans(), st.booleans())
def test_a3_and_a5_whatever_arrives_billed_is_the_highest_total_that_was_seen(
    delivery: tuple[list[Said], list[Said]], timed: bool, judged: bool
) -> None:
    stream, arriving = delivery
    line = Line(rate_bps=10**12) if judged else Line()
    one, before = session(), (0, 0, 0)
    for n, said in enumerate(arriving, start=1):
        tell(one, said, timed=timed, line=line)
        now = totals(one)
        newest = max(arriving[:n])
        assert now[:2] == (newest.i, newest.o), "billed is the highest total seen"
        assert all(new >= old for new, old in zip(now, before, strict=True)), "totals never fall"
        assert now <= (stream[-1].i, stream[-1].o, stream[-1].st), "nor exceed the true total"
        before = now
    assert one.session_s == (max(arriving).st if timed else 0)
    assert (one.epoch, one.input_base, one.output_base) == (0, 0, 0)
    assert (one.review_input, one.review_output) == (0, 0)


@given(streams(), st.data())
def test_when_all_of_a_stream_arrives_billed_is_the_true_total(
    stream: list[Said], data: st.DataObject
) -> None:
    one = session()
    for said in data.draw(st.permutations(stream + stream)):
        tell(one, said)
    assert totals(one) == (stream[-1].i, stream[-1].o, stream[-1].st)


@given(streams(), st.data())
def test_a_device_that_stamps_no_time_may_lose_and_repeat_records(
    stream: list[Said], data: st.DataObject
) -> None:
    kept = [said for said in stream if data.draw(st.integers(1, 3)) > 1] or stream
    one = session()
    for n, said in enumerate(kept):
        for again in range(data.draw(st.integers(1, 3))):
            # The event time is the arrival: some seconds after what was counted.
            feed(one, said.t + n + again, said.st, said.o, said.i)
    assert totals(one) == (kept[-1].i, kept[-1].o, kept[-1].st)


counts = st.one_of(
    st.integers(0, 10**6),
    st.integers(2**31, 2**33),
    st.sampled_from((2**42, 2**60, COUNTER_MAX, COUNTER_MAX + 1)),
)
anything = st.builds(
    Reading,
    at_us=st.integers(0, 20_000).map(at),
    session_s=st.none() | st.integers(0, 20_000),
    input_octets=st.none() | counts,
    output_octets=st.none() | counts,
    final=st.booleans(),
)
lines = st.builds(
    Line,
    rate_bps=st.none() | st.integers(1_000, 10**10),
    gigawords=st.booleans(),
    delta=st.booleans(),
    interval_s=st.integers(0, 3_600),
    unit_octets=st.sampled_from((1, 1024)),
)


@given(st.lists(anything, max_size=20), lines)
def test_a5_no_nonsense_makes_a_total_fall_or_leaves_a_counter_below_its_base(
    readings: list[Reading], line: Line
) -> None:
    one = session()
    for reading in readings:
        before = totals(one), one.last_event_us, one.epoch
        step = advance(one, reading, line)
        one.records_n += 1
        assert all(new >= old for new, old in zip(totals(one), before[0], strict=True)), step
        assert one.last_event_us >= before[1], "a rated boundary never moves back"
        assert one.epoch >= before[2]
        assert one.input_octets >= one.input_base >= 0
        assert one.output_octets >= one.output_base >= 0
        assert one.session_s >= one.session_base_s >= 0
        assert one.review_input >= 0 and one.review_output >= 0
        if step in (Step.STALE, Step.ABSURD, Step.CANDIDATE, Step.UNCHANGED, Step.LOW_STOP):
            assert totals(one)[:2] == before[0][:2], f"{step} bills nothing"


@given(
    st.lists(anything.filter(lambda one: not one.final), max_size=12), st.booleans(), st.booleans()
)
def test_f_05_a_record_at_once_repeated_changes_nothing(
    readings: list[Reading], gigawords: bool, delta: bool
) -> None:
    once, twice = session(), session()
    line = Line(gigawords=gigawords, delta=delta)
    for reading in readings:
        advance(once, reading, line)
        once.records_n += 1
        for _ in range(2):
            advance(twice, reading, line)
            twice.records_n += 1
        assert totals(once) == totals(twice)


@given(st.lists(anything, max_size=12))
def test_a_low_reading_is_never_billed_twice(readings: list[Reading]) -> None:
    """Each counter epoch can bill at most the highest value that was ever read."""
    one = session()
    for reading in readings:
        advance(one, reading, Line())
        one.records_n += 1
    most = max((reading.output_octets or 0 for reading in readings), default=0)
    assert one.output_octets <= most * (one.epoch + 1)


# -- what is absent, repeated, late


def test_f_21_and_f_55_an_absent_counter_is_no_change_and_never_zero() -> None:
    one = session()
    feed(one, 600, 600, o=500, i=40)
    assert feed(one, 900, 900) is Step.ADVANCED
    assert totals(one) == (40, 500, 900)
    feed(one, 1000, 1000, o=700)
    assert totals(one) == (40, 700, 1000)


def test_f_22_an_idle_record_moves_time_only() -> None:
    one = session()
    feed(one, 300, None, o=500)
    assert feed(one, 600, None, o=500) is Step.UNCHANGED
    assert one.last_event_us == at(600)


def test_f_06_a_late_record_is_stale_whichever_clock_tells_it() -> None:
    one = session()
    feed(one, 600, 600, o=250)
    assert feed(one, 300, 300, o=100) is Step.STALE
    assert feed(one, 300, None, o=100) is Step.STALE
    assert totals(one) == (0, 250, 600)


def test_two_records_of_one_second_are_settled_by_the_higher_count() -> None:
    one = session()
    feed(one, 600, 600, o=500)
    assert feed(one, 600, 600, o=512, final=True) is Step.ADVANCED
    assert feed(one, 600, 600, o=500) is Step.STALE
    assert one.output_octets == 512


def test_a1_a_stop_in_the_second_of_its_interim_counts_though_our_clock_was_set_back() -> None:
    one = session()
    feed(one, 90_000, 60, 1_000, 100)
    feed(one, 400, 120, 2_000, 200)  # the clock went back by a day; session time went on
    assert feed(one, 400, 120, 2_500, 250) is Step.ADVANCED
    assert totals(one) == (250, 2_500, 120)
    assert feed(one, 401, 120, 2_400, 240) is Step.STALE


def test_a3_a_record_of_before_a_reset_that_comes_once_more_behind_it_is_stale() -> None:
    one = session()
    feed(one, 289, 289, 1_000, 100)
    feed(one, 578, 578, 3_000, 300)
    assert feed(one, 867, 0, 0, 0) is Step.CANDIDATE
    assert feed(one, 963, 95, 1_200, 120, final=True) is Step.RESET
    assert totals(one) == (420, 4_200, 673)
    assert feed(one, 578, 578, 3_000, 300) is Step.STALE
    assert totals(one) == (420, 4_200, 673)


def test_the_first_record_counts_whatever_it_says_of_time() -> None:
    one = session(last_event_us=0)
    assert feed(one, -5, 0, o=7) is Step.ADVANCED
    assert one.output_octets == 7


# -- wraps


def test_q_11_a_counter_of_32_bits_that_could_have_wrapped_has_wrapped() -> None:
    one = session()
    feed(one, 600, 600, o=3_900_000_000, line=NARROW)
    assert feed(one, 1200, 1200, o=105_032_704, line=NARROW) is Step.WRAPPED
    assert (one.output_octets, one.output_base) == (4_400_000_000, WRAP)
    feed(one, 1800, 1800, o=205_032_704, line=NARROW)
    assert one.output_octets == 4_500_000_000


def test_a1_a_wrap_at_the_full_rate_of_the_line_is_none_the_less_one() -> None:
    one = session()
    feed(one, 316, 316, 2_220_329_377, 2_220_329_377, line=NARROW)
    # 170 whole seconds by the counters, 170.2 in truth, at 100 Mbit/s each way.
    assert feed(one, 486, 486, 52_711_769, 52_711_769, line=NARROW) is Step.WRAPPED
    assert one.output_octets == 52_711_769 + WRAP


def test_a3_what_a_stamp_says_is_of_before_a_reset_is_no_rise_although_it_would_fit() -> None:
    def said(one: Session, t: int, st: int, o: int, *, late: bool, final: bool = False) -> Step:
        step = advance(one, Reading(at(t), st, o // 20, o, final, late=late), Line())
        one.records_n += 1
        return step

    one = session()
    for t, s, o in ((100, 100, 24), (383, 383, 101), (500, 0, 0), (620, 120, 20), (740, 240, 21)):
        said(one, t, s, o, late=False)
    assert (one.epoch, one.output_octets) == (1, 122)
    assert said(one, 842, 383, 101, late=True) is Step.STALE  # 342 s have passed since the reset
    assert said(one, 880, 380, 26, late=True) is Step.ADVANCED  # of a clock that lags, and prompt
    assert said(one, 890, 395, 110, late=True) is Step.ADVANCED  # more than was ever told before
    assert said(one, 891, 399, 111, late=True, final=True) is Step.ADVANCED
    assert one.output_octets == 101 + 111


def test_differences_that_come_to_more_than_any_total_are_noise() -> None:
    one = session()
    assert feed(one, 10, 10, COUNTER_MAX, 5, line=DELTA) is Step.ADVANCED
    assert feed(one, 20, 20, COUNTER_MAX, 5, line=DELTA) is Step.ABSURD
    assert feed(one, 30, 30, 0, 5, line=DELTA) is Step.ADVANCED
    assert totals(one) == (10, COUNTER_MAX, 30)


def test_q_12_a_wrap_that_the_line_could_not_carry_is_a_reset_candidate() -> None:
    slow = Line(rate_bps=50_000_000, gigawords=False)
    one = session()
    feed(one, 600, 600, o=3_900_000_000, line=slow)
    assert feed(one, 602, 602, o=105_032_704, line=slow) is Step.CANDIDATE
    assert one.output_octets == 3_900_000_000


@pytest.mark.parametrize(
    "line", [Line(rate_bps=100_000_000), Line(gigawords=False), Line()], ids=str
)
def test_f_18_nothing_wraps_with_gigawords_or_without_a_known_line(line: Line) -> None:
    one = session(output_octets=3_900_000_000, session_s=600, last_event_us=at(600), records_n=1)
    assert feed(one, 1200, 1200, o=105_032_704, line=line) is Step.CANDIDATE


def test_a_fall_of_less_than_half_the_range_is_no_wrap() -> None:
    one = session()
    feed(one, 600, 600, o=2_000_000_000, line=NARROW)
    assert feed(one, 1200, 1200, o=105_032_704, line=NARROW) is Step.CANDIDATE


def test_a5_a_total_beyond_the_range_of_the_counter_does_not_fall_through_a_wrap() -> None:
    one = session(output_octets=41_250_000_000, session_s=600, last_event_us=at(600), records_n=2)
    assert feed(one, 1200, 1200, o=0, line=NARROW) is Step.CANDIDATE
    assert (one.output_octets, one.output_base) == (41_250_000_000, 0)


def test_f_25_a_device_that_counts_in_units_wraps_at_so_many_times_more() -> None:
    kibibytes = Line(rate_bps=10**11, gigawords=False, unit_octets=1024)
    one = session()
    feed(one, 600, 600, o=(WRAP - 10) * 1024, line=kibibytes)
    assert feed(one, 1200, 1200, o=5 * 1024, line=kibibytes) is Step.WRAPPED
    assert (one.output_octets, one.output_base) == ((WRAP + 5) * 1024, WRAP * 1024)


def test_one_side_may_wrap_while_the_other_rises() -> None:
    one = session()
    feed(one, 600, 600, o=3_900_000_000, i=10, line=NARROW)
    assert feed(one, 1200, 1200, o=105_032_704, i=20, line=NARROW) is Step.WRAPPED
    assert (one.input_octets, one.output_octets) == (20, 4_400_000_000)
    assert one.input_base == 0


@given(st.lists(st.integers(0, 2**31 - 1), min_size=1, max_size=12))
def test_f_18_any_number_of_wraps_adds_up_to_the_true_total(rises: list[int]) -> None:
    one, true = session(), 0
    fast = Line(rate_bps=2_000_000_000, gigawords=False)  # carries 2^31 octets in 9 s
    for n, rise in enumerate(rises, start=1):
        true += rise
        feed(one, n * 60, n * 60, o=true % WRAP, line=fast)
        assert one.output_octets == true


# -- resets


def test_q_13_a_single_zero_is_ignored() -> None:
    one = session()
    feed(one, 600, 600, o=500)
    assert feed(one, 1200, 1200, o=0) is Step.CANDIDATE
    assert feed(one, 1800, 1800, o=700) is Step.ADVANCED
    assert (one.output_octets, one.epoch) == (700, 0)


def test_q_14_a_second_low_reading_that_goes_on_from_the_first_confirms_a_reset() -> None:
    one = session()
    feed(one, 600, 600, o=500)
    feed(one, 1200, 1200, o=20)
    assert feed(one, 1800, 1800, o=60) is Step.RESET
    assert (one.output_octets, one.output_base, one.epoch) == (560, 500, 1)
    assert one.session_s == 1800
    feed(one, 2400, 2400, o=90)
    assert one.output_octets == 590


def test_f_17_a_reset_that_took_the_session_time_along_adds_both_up() -> None:
    one = session()
    feed(one, 6000, 6000, o=500)
    feed(one, 6300, 300, o=20)
    assert feed(one, 6600, 600, o=60) is Step.RESET
    assert totals(one) == (0, 560, 6600)


def test_q_14c_a_stop_that_is_the_first_low_reading_is_put_in_review() -> None:
    one = session()
    feed(one, 600, 600, o=500)
    assert feed(one, 1300, 1300, o=20, final=True) is Step.LOW_STOP
    assert (one.output_octets, one.review_output) == (500, 20)


def test_a_lower_second_reading_is_a_new_candidate_and_no_confirmation() -> None:
    one = session()
    feed(one, 600, 600, o=500)
    feed(one, 1200, 1200, o=60)
    assert feed(one, 1800, 1800, o=20) is Step.CANDIDATE
    assert feed(one, 2400, 2400, o=30) is Step.RESET
    assert one.output_octets == 530


def test_decision_a_lower_session_time_alone_is_a_candidate_that_bills_nothing() -> None:
    one = session()
    feed(one, 6000, 6000, o=5000)
    assert feed(one, 6300, 300, o=5400) is Step.CANDIDATE
    assert totals(one) == (0, 5000, 6000)


def test_two_old_records_that_were_delivered_late_are_no_reset() -> None:
    one = session()
    feed(one, 900, 900, o=400)
    assert feed(one, 910, 300, o=100) is Step.CANDIDATE
    assert feed(one, 920, 600, o=250) is Step.CANDIDATE
    feed(one, 1200, 1200, o=500)
    assert (one.output_octets, one.epoch) == (500, 0)


def test_late_records_of_short_intervals_are_no_reset_either() -> None:
    one = session()
    feed(one, 600, 600, o=250)
    feed(one, 601, 480, o=180)
    feed(one, 602, 540, o=230)
    feed(one, 660, 660, o=280)
    assert (one.output_octets, one.epoch) == (280, 0)


@given(
    st.lists(st.lists(st.integers(1, 1_000), min_size=3, max_size=5), min_size=1, max_size=5),
    st.booleans(),
)
def test_f_17_confirmed_resets_add_up_epoch_by_epoch(
    epochs: list[list[int]], restarts_time: bool
) -> None:
    one, t, st_s, true, last = session(), 0, 0, 0, 0
    for n, rises in enumerate(epochs):
        raws = list(itertools.accumulate(rises))
        assume(n == 0 or raws[1] < last)  # the first two readings lie below what was reached
        st_s = 0 if restarts_time else st_s
        for raw in raws:
            t, st_s = t + 300, st_s + 300
            feed(one, t, st_s, o=raw)
        true, last = true + raws[-1], raws[-1]
    assert (one.output_octets, one.epoch) == (true, len(epochs) - 1)
    assert one.session_s == t


# -- plausibility


def test_f_19_what_the_line_cannot_carry_is_put_aside_and_a_later_record_settles_it() -> None:
    one = session()
    feed(one, 300, 300, o=10**8, line=MBIT_8)
    assert feed(one, 600, 600, o=5 * 10**9, line=MBIT_8) is Step.CAPPED
    cap = 1_000_000 * (300 + 300) * 11 // 10
    assert (one.output_octets, one.review_output) == (10**8 + cap, 5 * 10**9 - 10**8 - cap)
    assert feed(one, 900, 900, o=3 * 10**8, line=MBIT_8) is Step.SETTLED
    assert (one.output_octets, one.review_output) == (10**8 + cap, 0)


def test_readings_after_noise_catch_up_before_they_bill_again() -> None:
    one = session()
    feed(one, 300, 300, o=10**8, line=MBIT_8)
    feed(one, 600, 600, o=5 * 10**9, line=MBIT_8)
    for n in range(4):
        feed(one, 900 + 60 * n, 900 + 60 * n, o=(3 + n) * 10**8, line=MBIT_8)
    assert (one.output_octets, one.epoch) == (760_000_000, 0)
    feed(one, 1500, 1500, o=800_000_000, line=MBIT_8)
    assert one.output_octets == 800_000_000


def test_without_a_configured_line_nothing_is_implausible() -> None:
    one = session()
    assert feed(one, 1, 1, o=2**59) is Step.ADVANCED
    assert one.output_octets == 2**59


def test_decision_the_time_base_is_the_greater_of_both_clocks() -> None:
    by_event, by_session = session(), session()
    for one in (by_event, by_session):
        feed(one, 300, 300, o=0, line=MBIT_8)
    # 1000 s by one clock and 10 s by the other carry 1.4e9 octets either way.
    assert feed(by_event, 1300, 310, o=1_400_000_000, line=MBIT_8) is Step.ADVANCED
    assert feed(by_session, 310, 1300, o=1_400_000_000, line=MBIT_8) is Step.ADVANCED


def test_a_record_without_counters_forgets_nothing_that_was_put_aside() -> None:
    one = session()
    feed(one, 300, 300, o=10**8, line=MBIT_8)
    feed(one, 600, 600, o=5 * 10**9, line=MBIT_8)
    aside = one.review_output
    feed(one, 610, 610, final=True, line=MBIT_8)
    assert one.review_output == aside


def test_a3_an_implausible_record_repeated_bills_no_more() -> None:
    one = session()
    feed(one, 300, 300, o=10**8, line=MBIT_8)
    feed(one, 600, 600, o=5 * 10**9, line=MBIT_8)
    billed = one.output_octets
    for _ in range(3):
        feed(one, 600, 600, o=5 * 10**9, line=MBIT_8)
    assert one.output_octets == billed


def test_a_counter_beyond_all_belief_changes_nothing() -> None:
    one = session()
    feed(one, 300, 300, o=100)
    assert feed(one, 600, 600, o=COUNTER_MAX + 1) is Step.ABSURD
    assert totals(one) == (0, 100, 300)
    assert feed(one, 900, 900, o=120) is Step.ADVANCED


# -- clocks that step, Stops that come last, differences


def test_a5_an_old_record_is_no_wrap() -> None:
    one = session()
    feed(one, 3600, 3600, o=3_900_000_000, line=NARROW)
    feed(one, 3900, 900, o=900_000_000, line=NARROW)
    assert (one.output_octets, one.output_base) == (3_900_000_000, 0)


def test_a_device_that_stepped_its_clock_back_goes_on_by_its_totals() -> None:
    one = session()
    feed(one, 6000, 6000, o=5000)
    feed(one, 6300, 2700, o=5400)
    assert feed(one, 6600, 3000, o=5800) is Step.ADVANCED
    assert totals(one) == (0, 5800, 6000)


def test_a_stop_with_a_lower_session_time_loses_none_of_its_octets() -> None:
    one = session()
    feed(one, 6000, 6000, o=5000)
    feed(one, 6300, 5990, o=5400, final=True)
    assert one.output_octets + one.review_output == 5400


def test_after_a_clock_step_the_line_still_bounds_what_is_billed() -> None:
    one = session()
    feed(one, 6000, 6000, o=5000, line=MBIT_8)
    feed(one, 6300, 2700, o=5400, line=MBIT_8)
    feed(one, 6600, 3000, o=5 * 10**12, line=MBIT_8)
    assert one.output_octets < 2 * 10**9


def test_q_22_differences_are_added_up() -> None:
    one = session()
    steps = [feed(one, t, t, o=o, line=DELTA) for t, o in ((300, 100), (600, 50), (700, 70))]
    assert steps == [Step.ADVANCED] * 3
    assert totals(one) == (0, 220, 700)


def test_f_23_a_difference_repeated_is_not_added_again() -> None:
    one = session()
    feed(one, 300, 300, o=100, line=DELTA)
    assert feed(one, 300, 300, o=100, line=DELTA) is Step.STALE
    # Sent again without a timestamp, it arrives later; its session time tells it.
    feed(one, 303, 300, o=100, line=DELTA)
    assert one.output_octets == 100


def test_f_23_a_difference_without_session_time_is_told_by_its_event_time() -> None:
    one = session()
    feed(one, 300, None, o=100, line=DELTA)
    feed(one, 300, None, o=100, line=DELTA)
    feed(one, 600, None, o=7, line=DELTA)
    assert one.output_octets == 107


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=10), st.data())
def test_f_23_differences_with_repeats_add_up_once_each(
    rises: list[int], data: st.DataObject
) -> None:
    one = session()
    for n, rise in enumerate(rises, start=1):
        for _ in range(data.draw(st.integers(1, 3))):
            feed(one, n * 60, n * 60, o=rise, line=DELTA)
    assert one.output_octets == sum(rises)
