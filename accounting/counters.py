"""How a session's counters advance: the one algorithm of field notes 9.4 and 9.3.

A device reports totals since the session began. `advance` compares them with what is known and
moves the session forward by the difference, or not at all: totals never fall (A5), absent
attributes never mean zero (F-21), a repeat or an old record has no effect (A3), a wrap of 32 bits
is told from a reset by what the line could carry, and a reset needs a second low reading to be
believed. What is possible but not plausible is put aside on the session, neither billed nor
forgotten. Nothing here knows prices; the caller rates the difference between before and after.
"""

from __future__ import annotations

import enum
from operator import attrgetter
from typing import Final, NamedTuple

from domain.seams import US_PER_S
from domain.session import Session

WRAP = 1 << 32
START_TOLERANCE_US = 60 * US_PER_S  # implied start times within this are the same start
PROMPT_US = 5 * US_PER_S  # two records of a device that are not late are as long on the way
COUNTER_MAX = (1 << 62) - 1  # a total beyond this is no counter but noise


class Step(enum.StrEnum):
    """What a record did to the counters; a bounded word for metrics and `explain charge`."""

    ADVANCED = "advanced"
    UNCHANGED = "unchanged"
    STALE = "stale"  # older than what is known: no effect
    WRAPPED = "wrapped"  # a 32-bit counter went through zero (F-18)
    CANDIDATE = "reset-candidate"  # a first low reading: no effect until a second one (F-17)
    RESET = "reset"  # confirmed: a new counter epoch began
    LOW_STOP = "low-stop"  # the first low reading is the last one: put in review (Q-14c)
    CAPPED = "implausible"  # more than the line could carry: the excess is put aside
    SETTLED = "settled"  # a lower reading after an implausible one: the excess was noise
    ABSURD = "absurd"  # no counter reads like this


LOW_STEPS: Final = frozenset({Step.CANDIDATE, Step.RESET, Step.LOW_STOP, Step.SETTLED})
"""What a lower reading may lead to; of a session that has ended none of it is believed."""


class Reading(NamedTuple):
    """One record's counters, as reported. None: the attribute was absent."""

    at_us: int  # event time
    session_s: int | None
    input_octets: int | None
    output_octets: int | None
    final: bool  # it is a Stop
    late: bool = False  # its own timestamp is long past: a replay, or a device that lags


class Line(NamedTuple):
    """What is known of the device's counters and of the line behind them."""

    rate_bps: int | None = None  # bits/s; None: no plausibility is judged
    gigawords: bool = True
    delta: bool = False  # reports differences instead of totals (F-23)
    interval_s: int = 300
    judged: bool = True  # False: nothing is put aside, the speed only tells wraps from resets
    unit_octets: int = 1  # octets in one unit of the device's 32-bit counters (F-25)


_COUNTERS: Final = (
    "input_octets", "output_octets", "session_s", "input_base", "output_base", "session_base_s",
    "epoch", "candidate_event_us", "candidate_input", "candidate_output", "candidate_s",
    "review_input", "review_output",
)  # fmt: skip


_MOVED = attrgetter(*_COUNTERS)


def snapshot(session: Session) -> tuple[int, ...]:
    """All that `advance` moves except the event time, for `restore`."""
    kept: tuple[int, ...] = _MOVED(session)
    return kept


def restore(session: Session, kept: tuple[int, ...]) -> None:
    """Undo an `advance` that turned out not to count; the event time stays."""
    for name, value in zip(_COUNTERS, kept, strict=True):
        setattr(session, name, value)


def advance(session: Session, reading: Reading, line: Line) -> Step:
    """Move the session's counters by one record and say what happened.

    Changes `session` in place: counters, bases, candidate, review, `last_event_us`. The last
    event time never goes back, so a later record is never rated before an earlier one.
    """
    if line.delta:
        return _advance_by_difference(session, reading)
    raw_input = _or_last(reading.input_octets, session.input_octets - session.input_base)
    raw_output = _or_last(reading.output_octets, session.output_octets - session.output_base)
    if max(raw_input, raw_output, reading.session_s or 0) > COUNTER_MAX:
        return Step.ABSURD
    last_input = session.input_octets - session.input_base
    last_output = session.output_octets - session.output_base
    last_s = session.session_s - session.session_base_s
    low = raw_input < last_input or raw_output < last_output
    if _stale(session, reading, last_s, low):
        return Step.STALE
    if low:
        if not _wrapped(session, reading, line, (raw_input, raw_output)):
            return _low_reading(session, reading, raw_input, raw_output, last_s)
        step = Step.WRAPPED
    elif reading.session_s is not None and reading.session_s < last_s:
        return _time_went_back(session, reading, line, raw_input, raw_output)
    else:
        step = Step.ADVANCED
    return _accept(session, reading, line, (raw_input, raw_output), step)


def _or_last(value: int | None, last: int) -> int:
    return last if value is None else value


def _stale(session: Session, reading: Reading, last_s: int, low: bool) -> bool:
    """Event time and session time both at or before what is known (9.4, A5).

    Two records of the same second of a session are not told apart by time: the higher one counts,
    so that a Stop right behind an Interim keeps its last octets, also when a clock was set back.
    """
    if session.records_n == 0:
        return False
    at_us, known_us = reading.at_us, session.last_event_us
    if reading.session_s is None:
        return at_us < known_us and (low or session.epoch > 0)
    if session.epoch and at_us < known_us and _of_earlier_epoch(session, reading, last_s):
        return True
    if session.epoch and reading.late and _was_told_before(session, reading, last_s):
        return True
    if at_us > known_us or reading.session_s > last_s:
        return False
    if low or reading.session_s < last_s:
        return True
    if _catching_up(session) and at_us <= (session.candidate_event_us or 0):
        return True  # perhaps the implausible reading that was settled, once more
    return at_us < known_us and session.epoch > 0  # perhaps of an epoch that is over


def _of_earlier_epoch(session: Session, reading: Reading, last_s: int) -> bool:
    """Did what the record counts begin before the counters began anew (A3)?"""
    began_us = reading.at_us - (reading.session_s or 0) * US_PER_S
    return began_us < session.last_event_us - last_s * US_PER_S - START_TOLERANCE_US


def _was_told_before(session: Session, reading: Reading, last_s: int) -> bool:
    """May a record whose own timestamp is long past be one of before the reset, sent again (A3)?

    It says no more than was counted by then, and comes earlier than its session time allows. A
    Stop is believed, and a device that lags is by its next record beyond what it had.
    """
    if reading.final or reading.session_s is None:
        return False
    told = (reading.input_octets or 0, reading.output_octets or 0, reading.session_s)
    base = (session.input_base, session.output_base, session.session_base_s)
    began_us = reading.at_us - reading.session_s * US_PER_S
    early = began_us < session.last_event_us - last_s * US_PER_S - PROMPT_US
    return early and all(one <= most for one, most in zip(told, base, strict=True))


def _wrapped(session: Session, reading: Reading, line: Line, raw: tuple[int, int]) -> bool:
    """Did each fallen counter go through 2^32? Then its base rises by 2^32 (Q-11, Q-12)."""
    if line.gigawords or line.rate_bps is None:
        return False
    if reading.session_s is not None:
        if reading.session_s <= session.session_s - session.session_base_s:
            return False  # an old record, not a wrap (A5)
    # Both times are whole seconds, cut off: up to one more has passed between them.
    carried = line.rate_bps * (_elapsed_s(session, reading) + 1) // 8
    wrap = WRAP * line.unit_octets
    last_input = session.input_octets - session.input_base
    last_output = session.output_octets - session.output_base
    rises = [0, 0]
    for side, (value, last) in enumerate(zip(raw, (last_input, last_output), strict=True)):
        if value >= last:
            continue
        rise = value + wrap - last
        if last - value <= wrap // 2 or not 0 <= rise <= carried:
            return False
        rises[side] = wrap
    session.input_base += rises[0]
    session.output_base += rises[1]
    return True


def _elapsed_s(session: Session, reading: Reading) -> int:
    """The greater of session time and event time since the last accepted record."""
    by_event_s = (reading.at_us - session.last_event_us) // US_PER_S if session.records_n else 0
    by_session_s = 0
    if reading.session_s is not None:
        by_session_s = reading.session_s - (session.session_s - session.session_base_s)
    return max(by_event_s, by_session_s, 0)


def _accept(
    session: Session, reading: Reading, line: Line, raw: tuple[int, int], step: Step
) -> Step:
    """Take the totals, less what the line could not have carried; absent ones change nothing."""
    before = (session.input_octets, session.output_octets, session.session_s)
    cap = None
    if line.rate_bps is not None and line.judged:
        # One interval more than the time elapsed, and a tenth, is possible (9.4). The interval
        # is granted once: not again while what exceeded it still waits, or repeats would earn it.
        waiting = session.review_input or session.review_output
        span_s = _elapsed_s(session, reading) + (0 if waiting else line.interval_s)
        cap = line.rate_bps * span_s * 11 // 80
    if reading.input_octets is not None:
        rise = session.input_base + raw[0] - session.input_octets
        session.review_input = max(rise - cap, 0) if cap is not None else 0
        session.input_octets += rise - session.review_input
    if reading.output_octets is not None:
        rise = session.output_base + raw[1] - session.output_octets
        session.review_output = max(rise - cap, 0) if cap is not None else 0
        session.output_octets += rise - session.review_output
    if reading.input_octets is not None or reading.output_octets is not None:
        session.candidate_event_us = None
        if session.review_input or session.review_output:
            step = Step.CAPPED
    if reading.session_s is not None:
        session.session_s = max(session.session_s, session.session_base_s + reading.session_s)
    session.last_event_us = max(session.last_event_us, reading.at_us)
    after = (session.input_octets, session.output_octets, session.session_s)
    return Step.UNCHANGED if step is Step.ADVANCED and before == after else step


def _low_reading(
    session: Session, reading: Reading, raw_input: int, raw_output: int, last_s: int
) -> Step:
    """A counter fell: remember it, or believe it if it is the second one (F-17, Q-13, Q-14).

    Not if its own timestamp is long past: old interims that are sent again at the pace at which
    they were made look like a reset, and would be charged once more (A3).
    """
    if session.review_input or session.review_output or _catching_up(session):
        # The reading before was noise, and part of it was billed as plausible: no reset, but
        # readings that must first catch up with what was billed.
        _await_catching_up(session, reading)
        return Step.SETTLED
    if reading.late and not reading.final:
        return Step.STALE
    if _confirms(session, reading, raw_input, raw_output, last_s):
        session.input_base = session.input_octets
        session.output_base = session.output_octets
        if reading.session_s is not None and reading.session_s < last_s:
            session.session_base_s = session.session_s
        session.epoch += 1
        _accept(session, reading, Line(), (raw_input, raw_output), Step.RESET)
        return Step.RESET
    if reading.final:
        session.review_input = raw_input
        session.review_output = raw_output
        session.last_event_us = max(session.last_event_us, reading.at_us)
        return Step.LOW_STOP
    _remember(session, reading, raw_input, raw_output)
    return Step.CANDIDATE


def _catching_up(session: Session) -> bool:
    return session.candidate_event_us is not None and (
        (session.candidate_input, session.candidate_output, session.candidate_s)
        == (
            session.input_octets - session.input_base,
            session.output_octets - session.output_base,
            -1,
        )
    )


def _await_catching_up(session: Session, reading: Reading) -> None:
    session.review_input = session.review_output = 0
    session.candidate_event_us = reading.at_us
    session.candidate_input = session.input_octets - session.input_base
    session.candidate_output = session.output_octets - session.output_base
    session.candidate_s = -1
    session.last_event_us = max(session.last_event_us, reading.at_us)
    if reading.session_s is not None:
        session.session_s = max(session.session_s, session.session_base_s + reading.session_s)


def _time_went_back(
    session: Session, reading: Reading, line: Line, raw_input: int, raw_output: int
) -> Step:
    """Only the session time fell: no effect at first; a device that stepped its clock goes on.

    The octets never fell, so there is no reset to add up: the second such reading that agrees
    with the first about when the session began is taken by the highest total alone.
    """
    session_s = reading.session_s or 0
    agrees = (
        session.candidate_event_us is not None
        and reading.at_us > session.candidate_event_us
        and session_s > session.candidate_s
        and _same_start(session, reading)
        and _same_pace(session, reading)
    )
    if agrees:
        step = _accept(session, reading, line, (raw_input, raw_output), Step.ADVANCED)
        _remember(session, reading, raw_input, raw_output)
        return step
    if reading.final:
        # No second reading can come: what rose goes to review (Q-14c).
        session.review_input = session.input_base + raw_input - session.input_octets
        session.review_output = session.output_base + raw_output - session.output_octets
        return Step.LOW_STOP
    _remember(session, reading, raw_input, raw_output)
    return Step.CANDIDATE


def _remember(session: Session, reading: Reading, raw_input: int, raw_output: int) -> None:
    session.candidate_event_us = reading.at_us
    session.candidate_input = raw_input
    session.candidate_output = raw_output
    session.candidate_s = reading.session_s or 0


def _same_start(session: Session, reading: Reading) -> bool:
    assert session.candidate_event_us is not None
    first_us = session.candidate_event_us - session.candidate_s * US_PER_S
    second_us = reading.at_us - (reading.session_s or 0) * US_PER_S
    return abs(first_us - second_us) <= START_TOLERANCE_US


def _same_pace(session: Session, reading: Reading) -> bool:
    """Did both clocks of the two readings go on alike? Old records sent in one burst do not."""
    assert session.candidate_event_us is not None
    by_event_s = (reading.at_us - session.candidate_event_us) // US_PER_S
    by_session_s = (reading.session_s or 0) - session.candidate_s
    return abs(by_event_s - by_session_s) <= max(5, by_session_s // 2)


def _confirms(
    session: Session, reading: Reading, raw_input: int, raw_output: int, last_s: int
) -> bool:
    """Is this the second low reading of one new counter epoch?

    It must have gone on from the first one: later, not lower, and further in session time. Where
    the session time fell too, both must agree about when the new epoch began: two old records
    that were delivered late do not.
    """
    if session.candidate_event_us is None or reading.at_us <= session.candidate_event_us:
        return False
    if raw_input < session.candidate_input or raw_output < session.candidate_output:
        return False
    if reading.session_s is None:
        return raw_input + raw_output > session.candidate_input + session.candidate_output
    if reading.session_s <= session.candidate_s:
        return False
    return reading.session_s >= last_s or (
        _same_start(session, reading) and _same_pace(session, reading)
    )


def _advance_by_difference(session: Session, reading: Reading) -> Step:
    """A device that reports differences (F-23, Q-22): each new record adds; a repeat does not."""
    first = session.records_n == 0
    if reading.session_s is not None:
        news = first or reading.session_s > session.session_s
    else:
        news = first or reading.at_us > session.last_event_us
    if not news:
        return Step.STALE
    longer = reading.session_s is not None and reading.session_s > session.session_s
    added = (reading.input_octets or 0, reading.output_octets or 0)
    if max(*added, session.input_octets + added[0], session.output_octets + added[1]) > COUNTER_MAX:
        return Step.ABSURD
    session.input_octets += added[0]
    session.output_octets += added[1]
    session.session_s = max(session.session_s, reading.session_s or 0)
    session.last_event_us = max(session.last_event_us, reading.at_us)
    return Step.ADVANCED if any(added) or longer else Step.UNCHANGED
