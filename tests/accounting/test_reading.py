"""One reading of a record, for live rating and for its replay."""

from __future__ import annotations

import inspect
from dataclasses import replace

import pytest

from aaa import record
from accounting import replay
from accounting.counters import Step
from accounting.event_time import event_time
from accounting.reading import read_into
from domain.device import Device
from domain.session import Session, SessionState
from domain.usage import RecordKind, Usage

DEVICE = Device(5, "nas", b"x" * 16, ("10.0.0.0/8",), "mikrotik", 3799)


def session(**changed: int) -> Session:
    made = Session(1, 9, 2, 5, 7, SessionState.OPEN, 1, records_n=1, output_octets=500)
    return replace(made, **{"session_s": 600, "last_event_us": 600_000_000, **changed})


def usage(kind: RecordKind, at_s: int, octets: int | None) -> Usage:
    return Usage(kind, "A", "alice", at_s * 1_000_000, session_s=at_s, output_octets=octets)


def read(one: Session, said: Usage, device: Device = DEVICE, *, ended: bool = False) -> Step:
    when = event_time(said, 300)
    return read_into(one, said, device, when=when, ended=ended, interval_s=300)


def test_the_counters_of_a_start_say_nothing() -> None:
    one = session()
    assert read(one, usage(RecordKind.START, 900, 0)) is Step.UNCHANGED
    assert (one.output_octets, one.candidate_event_us) == (500, None)


@pytest.mark.parametrize("kind", [RecordKind.INTERIM, RecordKind.STOP])
def test_f_07_nothing_low_is_believed_of_a_session_that_was_stopped(kind: RecordKind) -> None:
    one = session()
    assert read(one, usage(kind, 900, 20), ended=True) is Step.STALE
    assert (one.output_octets, one.review_output, one.candidate_event_us) == (500, 0, None)


def test_q_11_nobodys_counters_go_through_2_32_as_anybodys_do() -> None:
    line = replace(DEVICE, line_rate_bps=100_000_000, gigawords=False)
    for account_id in (9, 0):
        one = session(account_id=account_id, output_octets=4_000_000_000)
        assert read(one, usage(RecordKind.INTERIM, 700, 100_000_000), line) is Step.WRAPPED
        assert one.output_octets == (1 << 32) + 100_000_000


@pytest.mark.parametrize("stamped", [True, False])
def test_a3_old_interims_sent_again_at_the_pace_at_which_they_were_made_are_no_reset(
    stamped: bool,
) -> None:
    epoch_us = 1_700_000_000 * 1_000_000
    one = session(last_event_us=600 * 1_000_000 + epoch_us)
    steps = []
    for made_s, octets in ((100, 80), (200, 160)):
        made_us = made_s * 1_000_000 + epoch_us
        again = usage(RecordKind.INTERIM, made_s, octets)._replace(
            arrived_us=made_us + 3_600 * 1_000_000,
            event_timestamp_us=made_us if stamped else None,
        )
        steps.append(read(one, again))
    # Without a timestamp nothing tells them from counters that began anew.
    wanted = [Step.STALE, Step.STALE] if stamped else [Step.CANDIDATE, Step.RESET]
    assert steps == wanted
    assert one.output_octets == (500 if stamped else 660)


def test_nobodys_usage_is_in_doubt_as_a_whole_and_nothing_is_put_aside_besides() -> None:
    slow = replace(DEVICE, line_rate_bps=8_000)
    for account_id, step in ((9, Step.CAPPED), (0, Step.ADVANCED)):
        one = session(account_id=account_id)
        assert read(one, usage(RecordKind.INTERIM, 900, 10**9), slow) is step


def test_a3_an_implausible_reading_repeated_behind_the_one_that_settled_it_is_stale() -> None:
    slow, one = replace(DEVICE, line_rate_bps=8_000), session()
    absurd = usage(RecordKind.INTERIM, 700, 10**9)
    # The Stop is of the next second by the device's clock, and of the same one of the session.
    stop = usage(RecordKind.STOP, 700, 600)._replace(arrived_us=701_000_000)
    assert read(one, absurd, slow) is Step.CAPPED
    charged = one.output_octets
    assert read(one, stop, slow) is Step.SETTLED
    for ended in (False, True):
        assert read(one, absurd, slow, ended=ended) is Step.STALE
        assert (one.output_octets, one.review_output) == (charged, 0)


def test_a11_live_rating_and_its_replay_read_by_the_same_rules() -> None:
    for module in (record, replay):
        assert module.read_into is read_into  # type: ignore[attr-defined]
        assert "advance(" not in inspect.getsource(module)
