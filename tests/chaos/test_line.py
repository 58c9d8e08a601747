"""A line of the generator: it repeats, obeys, and never goes back or beyond what it was granted."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from tests.chaos import wire
from tests.chaos.line import Line, Request
from tests.chaos.records import INTERIM, LOGIN, START, STOP, Plan, Record, Tail

GRANT = wire.number(wire.MIKROTIK)
STEP_US = 1_500_000


def plan(**changes: Any) -> Plan:
    calm = {"give_up": 0.0, "abandon": 0.0, "unannounced": 0.0, "step_octets": 1_000}
    told: dict[str, Any] = {"seed": 1, "auth_port": 1, "acct_port": 2, "logins": ["ann"]}
    return Plan(**(told | calm | changes))


def line(**changes: Any) -> Line:
    return Line(plan(**changes), 0, cast(Any, None))


def accept(limit_octets: int) -> bytes:
    """What `answered` reads of an Accept; its sums were looked at before."""
    value = GRANT + bytes((17, 6)) + wire.number(limit_octets)
    area = bytes((wire.VENDOR_SPECIFIC, len(value) + 2)) + value
    return bytes((wire.ACCESS_ACCEPT, 1, 0, 20 + len(area))) + bytes(16) + area


def ack() -> bytes:
    return bytes((wire.ACCOUNTING_RESPONSE,)) + bytes(19)


def play(of: Line, limit_octets: int) -> list[Record]:
    """One whole session, everything answered at once."""
    records: list[Record] = []
    at_us = 0
    while not records or records[-1].kind != STOP:
        at_us += STEP_US
        request = of.next(at_us)
        assert request is not None
        records.append(request.record)
        octets = accept(limit_octets) if request.is_login else ack()
        assert of.answered(request, octets, at_us)
    return records


def test_a_session_is_a_login_a_start_rising_interims_and_a_stop() -> None:
    records = play(line(), 1 << 31)
    kinds = [record.kind for record in records]
    assert kinds[:2] == [LOGIN, START]
    assert kinds[-1] == STOP
    assert set(kinds[2:-1]) <= {INTERIM}
    usage = [(r.input_octets, r.output_octets, r.session_s) for r in records[1:]]
    assert usage == sorted(usage)
    assert usage[-1][2] == (records[-1].at_us - records[1].at_us) // 1_000_000


@pytest.mark.parametrize("limit", [1, 700, 2_000])
def test_l7_usage_ends_exactly_at_the_limit_of_the_accept(limit: int) -> None:
    last = play(line(interims_max_n=1_000), limit)[-1]
    assert last.input_octets + last.output_octets == limit


def test_what_is_not_answered_is_repeated_and_only_an_interim_is_given_up() -> None:
    one = line(give_up=1.0, anew=0.0, interims_max_n=1_000)
    at_us, last = 0, None
    for octets in (accept(1 << 31), ack()):
        at_us += STEP_US
        last = one.next(at_us)
        assert last is not None
        one.answered(last, octets, at_us)
    given_up: list[Request] = []
    for _ in range(20):
        at_us += STEP_US
        request = one.next(at_us)
        assert request is not None
        if request is not last and last is not None and last.record.kind == INTERIM:
            given_up.append(last)
        last = request
    assert given_up
    assert not any(request.over for request in given_up)  # an answer to them still counts
    assert not one.answered(given_up[0], ack(), at_us)  # but nothing waits for it


def test_a_disconnect_ends_the_session_with_its_next_record_and_only_once() -> None:
    one = line(interims_max_n=1_000)
    for octets in (accept(1 << 31), ack(), ack()):
        request = one.next(one.due_us + STEP_US)
        assert request is not None
        one.answered(request, octets, one.due_us + STEP_US)
    assert one.ordered(wire.DISCONNECT_REQUEST, [])
    stop = one.next(one.due_us + STEP_US)
    assert stop is not None
    assert stop.record.kind == STOP
    assert one.ordered(wire.DISCONNECT_REQUEST, [])
    assert one.current is stop
    one.answered(stop, ack(), one.due_us)
    assert not one.ordered(wire.DISCONNECT_REQUEST, [])


def test_a_list_that_is_being_written_is_read_line_by_whole_line(tmp_path: Path) -> None:
    path = tmp_path / "acked.jsonl"
    tail = Tail(path)
    assert tail.records() == []
    whole = Record(5, "s", "ann", START, 0, 0, 0).line()
    path.write_text(whole + whole[:10])
    assert [record.session for record in tail.records()] == ["s"]
    assert tail.records() == []
    with path.open("a") as opened:
        opened.write(whole[10:])
    assert len(tail.records()) == 1


def test_a_plan_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    drawn = plan(seed=77, logins=["a", "b"])
    drawn.save(tmp_path)
    assert Plan.load(tmp_path) == drawn
