"""Whatever devices say, in whatever order, the sums of an account stay what their causes make them.

Each record is decided as at the desk; after each, every invariant that a database would be asked
about is asked of the books. The last tests permute, repeat and lose the records of a real stream.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aaa import closing, enforce
from aaa.request import Settled
from aaa.turn import Turn
from accounting.charging import Total, price_of
from domain.account import Status
from domain.device import Device
from domain.grant import OrderResult
from domain.ledger import Book
from domain.plan import Plan, Rounding, TimePrice, VolumePrice
from domain.session import HoldState, Session, SessionState
from rating import compile_tariff
from tests.aaa.gate import SECRET
from tests.aaa.room import Room
from tests.accounting.makers import at, plan

PLANS = {
    "volume": plan(sessions_max=3),
    "included": plan(sessions_max=2, session_fee_micros=500, included_octets=3_000, included_s=600),
    "minutes": plan(volume=None, time=TimePrice(1_000, 60, increment_s=60, rounding=Rounding.UP)),
    "both": plan(volume=VolumePrice(3, 1_000, increment_octets=700), time=TimePrice(2, 1)),
    "fee": plan(volume=None, session_fee_micros=700),
    "free": plan(volume=None),
}
macs = st.sampled_from(("", "02:00:00:00:00:01", "02:00:00:00:00:02"))
octets = st.none() | st.integers(0, 300_000) | st.sampled_from((2**32 - 1, 2**50, 2**60))
records = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(("start", "interim", "interim", "stop", "on", "off")),
        "id": st.sampled_from(("A", "B", "")),
        "login": st.sampled_from(("alice", "alice", "alice", "ghost")),
        "t": st.none() | st.integers(-400, 9_000),
        "st": st.none() | st.integers(0, 9_000),
        "o": octets,
        "i": octets,
        "mac": macs,
        "ip": st.sampled_from(("", "10.9.0.1", "10.9.0.2")),
        "whose": st.integers(-1, 3),  # which login's Class it carries
    }
)
logins = st.fixed_dictionaries(
    {
        "kind": st.just("login"),
        "calling_station_id": macs,
        "nas_port": st.none() | st.integers(1, 2),
        "acct_session_id": st.sampled_from(("", "A", "B")),
    }
)
money = st.fixed_dictionaries({"kind": st.just("money"), "micros": st.integers(-2_000, 4_000)})
answers = st.fixed_dictionaries(
    {
        "kind": st.just("answer"),
        "result": st.sampled_from(OrderResult),
        "error_cause": st.sampled_from((0, 404, 503)),
    }
)
timers = st.fixed_dictionaries({"kind": st.sampled_from(("lapse", "stale", "cut", "suspend"))})
events = st.lists(
    st.tuples(st.integers(0, 600), st.one_of(records, records, logins, money, answers, timers)),
    max_size=16,
)
devices = st.builds(
    Device,
    device_id=st.just(1),
    name=st.just("nas"),
    secret=st.just(SECRET),
    prefixes=st.just(()),
    dialect=st.sampled_from(("standard", "mikrotik", "cisco")),
    coa_port=st.just(3799),
    line_rate_bps=st.sampled_from((None, 8_000)),
    gigawords=st.booleans(),
    counter_mode=st.sampled_from(("cumulative", "cumulative", "delta")),
)


def sound(room: Room, seen: dict[int, Session]) -> None:
    """Every invariant that holds between two records."""
    account, owned = room.account, [one for one in room.sessions if one.account_id]
    entries = [entry for change in room.changes for entry in change.entries]
    assert account.held_micros == sum(one.held_micros for one in owned), "L3"
    assert account.open_micros == sum(one.open_micros for one in owned), "L3"
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1)), "L10"
    assert len({entry.key for entry in entries}) == len(entries), "P1"
    for entry in entries:
        assert sum(posting.amount_micros for posting in entry.postings) == 0, "L2"
        assert all(p.book in (Book.CUSTOMER, Book.REVENUE) for p in entry.postings)
    closed: Counter[int | None] = Counter()
    for entry in entries:
        closed[entry.session_id] += -entry.postings[0].amount_micros
    rows: Counter[int] = Counter()
    for change in room.changes:
        for charge in change.charges:
            assert charge.amount_micros >= 0, "no charge is ever refunded"
            rows[charge.session_id] += charge.amount_micros
    tariff = compile_tariff(room.plan)
    for one in room.sessions:
        if one.account_id == 0:
            assert (one.charged_micros, one.held_micros) == (0, 0), "nobody pays nothing"
            continue
        assert one.charged_micros == sum(price_of(tariff, Total.of(one))), "A2"
        assert rows[one.session_id] == one.charged_micros, "A2"
        assert closed[one.session_id] == one.closed_micros
        assert 0 <= one.used_micros <= one.granted_micros or not one.granted_micros, "L6"
        assert one.live or (one.hold_state is not HoldState.HELD), "an end frees the hold"
        assert one.live or one.open_micros == 0, "an end closes the charges"
        assert not one.cut_order_id or one.cut_order_id in room.books.orders, "a cut is under way"
        before = seen.get(one.session_id)
        if before is not None:
            for name in ("input_octets", "output_octets", "session_s", "charged_micros", "part"):
                assert getattr(one, name) >= getattr(before, name), f"A5: {name} fell"
        seen[one.session_id] = replace(one)
    taken = room.books.allowance(1, room.subscriber.period_start_us)
    assert taken.used_octets == sum(one.free_octets for one in owned) <= room.plan.included_octets
    assert taken.used_s == sum(one.free_s for one in owned) <= room.plan.included_s


def happen(room: Room, now: int, event: dict[str, Any], tokens: list[bytes]) -> None:
    said = dict(event)
    kind = said.pop("kind")
    if kind == "login":
        before = room.account.available_micros
        found = room.login(now, **said)
        if isinstance(found, Session):
            tokens.append(room.token(found))
            assert room.account.available_micros >= min(before, 0), "L7"
    elif kind in ("start", "interim", "stop", "on", "off"):
        whose = said.pop("whose")
        token = tokens[whose] if 0 <= whose < len(tokens) else None
        outcome = room.record(kind, now, token=token, **said)
        assert outcome.reply_code == 5, "whatever can be stored is acknowledged (9.5)"
    else:
        turn = room.turn(now)
        decide(room, turn, kind, said)
        room.acked = turn.acked
        room.end(turn)


def decide(room: Room, turn: Turn, kind: str, said: dict[str, Any]) -> None:
    """What is no packet: money from elsewhere, a device's answer, a timer."""
    live = room.books.live_sessions(1)
    if kind == "money":
        room.account.posted_micros += said["micros"]
        enforce.recheck(turn, 1)
    elif kind == "suspend":
        room.subscriber.status = Status.SUSPENDED
        enforce.recheck(turn, 1)
    elif kind == "answer":
        for order in list(room.books.orders.values())[-1:]:
            enforce.settled(turn, Settled(order.order_id, attempts_n=1, at_us=turn.now_us, **said))
    elif kind == "lapse":
        for one in live:
            if one.state is SessionState.ACCEPTED:
                closing.lapse(turn, one, HoldState.EXPIRED)
    elif kind == "stale":
        for one in live[:1]:
            enforce.end_stale(turn, one)
    else:
        for session_id, acked_us in list(turn.acked.items()):
            del turn.acked[session_id]
            enforce.end_without_stop(turn, room.books.sessions[session_id], acked_us)


@given(
    st.sampled_from(sorted(PLANS)), devices, events, st.integers(0, 5_000), st.integers(0, 2_000)
)
def test_no_order_of_events_breaks_an_invariant(
    sold: str,
    device: Device,
    story: list[tuple[int, dict[str, Any]]],
    balance: int,
    limit: int,
) -> None:
    room = Room(PLANS[sold], device=device, balance_micros=balance, credit_limit_micros=limit)
    now, tokens, seen = 0, list[bytes](), dict[int, Session]()
    for pause, event in story:
        now += pause
        happen(room, now, event, tokens)
        sound(room, seen)


# -- a real stream, disturbed

STREAM: list[dict[str, Any]] = [
    {"kind": "start", "t": 0},
    *({"kind": "interim", "t": n * 300, "st": n * 300, "o": n * n * 1_000} for n in range(1, 6)),
    {"kind": "stop", "t": 1_700, "st": 1_700, "o": 31_337},
]


def deliver(arriving: list[dict[str, Any]], sold: Plan, *, signed: bool) -> Room:
    """All of it comes out of a queue after the session, in this order (F-29)."""
    room = Room(sold, balance_micros=10**9)
    accepted = room.login(0, acct_session_id="A") if signed else None
    token = room.token(accepted) if isinstance(accepted, Session) else None
    for n, record in enumerate(arriving):
        said = dict(record)
        now = 1_700 + n
        room.record(said.pop("kind"), now, delay=now - said["t"], token=token, **said)
    return room


@pytest.mark.parametrize("sold", PLANS)
@pytest.mark.parametrize("signed", [False, True])
@given(data=st.data())
def test_a3_any_permutation_with_repeats_leaves_the_same_money(
    sold: str, signed: bool, data: st.DataObject
) -> None:
    extra = data.draw(st.lists(st.sampled_from(STREAM), max_size=5))
    room = deliver(data.draw(st.permutations(STREAM + extra)), PLANS[sold], signed=signed)
    plain = deliver(STREAM, PLANS[sold], signed=signed)
    (one,), (wanted,) = room.sessions, plain.sessions
    for name in ("output_octets", "session_s", "charged_micros", "free_octets", "free_s", "state"):
        assert getattr(one, name) == getattr(wanted, name), name
    assert one.state is SessionState.CLOSED
    assert room.account.balance_micros == plain.account.balance_micros
    assert (room.account.open_micros, room.account.held_micros) == (0, 0)
    assert one.start_us == at(0)


@given(data=st.data())
def test_a3_of_any_part_of_a_stream_the_highest_total_is_billed(data: st.DataObject) -> None:
    arriving = data.draw(st.lists(st.sampled_from(STREAM), min_size=1, max_size=12))
    room = deliver(arriving, PLANS["included"], signed=True)
    (one,) = room.sessions
    assert one.output_octets == max(record.get("o", 0) for record in arriving)
    assert one.session_s == max(record.get("st", 0) for record in arriving)
    stopped = any(record["kind"] == "stop" for record in arriving)
    assert one.state is (SessionState.CLOSED if stopped else SessionState.OPEN)
    assert one.fee_due
