"""Who goes first under overload: sessions near the end of their hold, logins of known people."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as some

from aaa._urgency import near_end as near_end_of_track
from aaa.books import Books
from aaa.request import Request
from aaa.urgency import AHEAD_INTERVALS_N, near_end, urgent
from domain.plan import Plan, TimePrice
from domain.session import HoldState, Session, SessionState
from radius import Packet
from tests.aaa.gate import record_pairs
from tests.aaa.room import Room
from tests.aaa.test_lane import MB, Pair, begun, plans
from tests.accounting.makers import T0_US, at, plan


def interim(room: Room, session_id: str = "A") -> Request:
    packet = Packet(4, 1, bytes(16), record_pairs("interim", id=session_id))
    return Request(packet, room.device, "10.0.0.1", at(0), signed=True)


def login(room: Room, *pairs: tuple[int, bytes]) -> Request:
    return Request(Packet(1, 1, bytes(16), list(pairs)), room.device, "10.0.0.1", at(0), True)


def spending(room: Room, megabytes: int, session_s: int, granted_micros: int) -> Session:
    """A session at a cent for each megabyte that has used so much in so long."""
    charged = megabytes * 10_000
    one = room.open_session(
        output_octets=megabytes * 1_000_000,
        session_s=session_s,
        charged_micros=charged,
        granted_micros=granted_micros,
        used_micros=min(charged, granted_micros),
        hold_state=HoldState.HELD,
        interim_s=300,
    )
    room.books.same_id.know((1, "A"))
    room.books.same_id.add((1, "A"), one)
    return one


@pytest.mark.parametrize(
    ("granted_micros", "near"),
    [
        pytest.param(1_000_000, True, id="nothing is left"),
        pytest.param(1_090_000, True, id="less than two intervals are left"),
        pytest.param(1_110_000, False, id="more than two intervals are left"),
        pytest.param(9_000_000, False, id="plenty is left"),
    ],
)
def test_5_3_a_session_is_near_the_end_when_two_intervals_at_its_pace_take_it_there(
    granted_micros: int, near: bool
) -> None:
    room = Room()
    # 100 MB in 6000 s: two intervals of 300 s take ten more.
    session = spending(room, 100, 6_000, granted_micros)
    assert near_end(room.books, session, T0_US) is near
    assert urgent(room.books, interim(room)) is near


def test_5_3_money_for_two_more_intervals_of_time_is_near_the_end() -> None:
    room = Room(plan(volume=None, time=TimePrice(1, 1)))
    for granted, near in ((1_599, True), (1_600, True), (1_601, False)):
        session = room.open_session(
            session_s=1_000, granted_micros=granted, hold_state=HoldState.HELD, interim_s=300
        )
        assert near_end(room.books, session, T0_US) is near


def test_included_usage_that_runs_out_is_near_the_end_too() -> None:
    for included, near in ((105_000_000, True), (900_000_000, False)):
        room = Room(plan(included_octets=included), balance_micros=0)
        room.books.allowance(1, room.subscriber.period_start_us).used_octets = 100_000_000
        session = room.open_session(
            output_octets=100_000_000,
            free_octets=100_000_000,
            session_s=6_000,
            granted_micros=0,
            hold_state=HoldState.HELD,
            interim_s=300,
        )
        assert near_end(room.books, session, T0_US) is near


@pytest.mark.parametrize("sold", [plan(volume=None), plan(volume=None, session_fee_micros=5)])
def test_who_pays_nothing_by_use_is_never_near_an_end(sold: Plan) -> None:
    room = Room(sold)
    session = room.open_session(session_s=100, output_octets=10**9, granted_micros=5)
    assert not near_end(room.books, session, T0_US)


def test_a_session_that_has_ended_or_is_not_in_memory_presses_nobody() -> None:
    room = Room()
    session = spending(room, 100, 6_000, 1_000_000)
    assert urgent(room.books, interim(room))
    assert not urgent(room.books, interim(room, "B"))
    assert not urgent(Books(), interim(room))
    session.state = SessionState.CLOSED
    assert not urgent(room.books, interim(room))


def test_a_session_whose_account_is_not_held_presses_nobody() -> None:
    room = Room()
    session = spending(room, 100, 6_000, 1_000_000)
    room.books.drop_account(1)
    room.books.sessions[session.session_id] = session
    room.books.same_id.know((1, "A"))
    room.books.same_id.add((1, "A"), session)
    assert not urgent(room.books, interim(room))


def test_the_question_changes_nothing() -> None:
    room = Room(plan(included_octets=1_000))
    session = spending(room, 100, 6_000, 1_000_000)
    before, allowances = (
        replace(session),
        {key: dict(a) for key, a in room.books.allowances.items()},
    )
    urgent(room.books, interim(room))
    urgent(room.books, login(room, (1, b"nobody")))
    assert session == before
    assert room.books.allowances == allowances
    assert not room.books.draft.touched() and not room.books.draft.moves


def test_5_3_a_login_presses_when_its_subscriber_is_online_or_was_lately() -> None:
    room = Room()
    by_name, by_mac = login(room, (1, b" ALICE")), login(room, (31, b"02-00-00-00-00-01"))
    assert not urgent(room.books, by_name)
    session = room.login()
    assert isinstance(session, Session)
    assert urgent(room.books, by_name) and urgent(room.books, by_mac)
    room.record("start")
    room.record("stop", 5, st=5)
    assert not room.books.live_sessions(1)
    assert urgent(room.books, by_name), "was online lately"
    assert not urgent(room.books, login(room, (1, b"mallory")))
    assert not urgent(room.books, login(room))


def both_ways(pair: Pair, now_s: int, user: int = 1) -> tuple[bool | None, bool]:
    """What the track of a user's session says, and what the books say."""
    desk = pair.short.desk
    request = pair.record("interim", at(now_s), user=user, t=now_s, st=now_s, i=0, o=0)
    asked = near_end_of_track(desk._lane, request, AHEAD_INTERVALS_N)
    return asked, any(
        near_end(desk._books, session, at(now_s))
        for session in desk._books.with_id(pair.device.device_id, f"S{user}")
    )


@settings(max_examples=50, deadline=None)
@given(
    sold=plans,
    balance_micros=some.sampled_from([1_000_000, 1_300_000, 5_000_000, 500_000_000]),
    reports=some.lists(
        some.tuples(
            some.sampled_from([1, 60, 300, 900]),
            some.sampled_from([0, 1, 999, 1 * MB, 7 * MB, 30 * MB]),
        ),
        min_size=1,
        max_size=12,
    ),
    until_s=some.sampled_from([None, 2_000]),
)
def test_5_3_a_track_answers_as_the_books_do(
    sold: Plan, balance_micros: int, reports: list[tuple[int, int]], until_s: int | None
) -> None:
    valid_until_us = None if until_s is None else at(until_s)
    pair = begun(plan=sold, balance_micros=balance_micros, valid_until_us=valid_until_us)
    now_s, octets = 60, 2_000
    for later_s, more in reports:
        now_s, octets = now_s + later_s, octets + more
        record = pair.record("interim", at(now_s), t=now_s, st=now_s, i=1_000, o=octets)
        pair.serve(record, t=now_s)
        for user in (1, 2):
            for ahead_s in (0, 4_000):
                tracked, known = both_ways(pair, now_s + ahead_s, user)
                event(f"track {tracked}")
                assert tracked is None or tracked is known


@pytest.mark.parametrize(
    "sold",
    [
        plan(sessions_max=1),
        plan(sessions_max=1, session_fee_micros=250_000),
        plan(sessions_max=1, included_octets=200 * MB),
        plan(sessions_max=1, volume=None, time=TimePrice(1_000, 1)),
        plan(sessions_max=1, volume=None, time=TimePrice(1_000, 1), included_s=900),
        plan(sessions_max=1, time=TimePrice(500, 1), included_s=300),
    ],
)
def test_5_3_on_the_way_to_the_end_a_track_says_when_it_is_near(sold: Plan) -> None:
    pair, heard = begun(plan=sold, balance_micros=5_000_000, dialect="standard"), []
    for step in range(3, 145):
        t, octets = step * 60, step * 5 * MB
        record = pair.record("interim", at(t), t=t, st=t, i=1_000, o=octets)
        pair.serve(record, t=t)
        tracked, known = both_ways(pair, t)
        if tracked is not None:
            assert tracked is known
            heard.append(tracked)
    assert len(heard) > 20 and heard == sorted(heard) and set(heard) == {False, True}


def test_5_3_a_track_is_asked_as_long_as_time_changes_nothing() -> None:
    pair = begun(plan=plan(sessions_max=1), valid_until_us=at(2_000))
    assert both_ways(pair, 61) == (None, False)  # one that has not reported twice has no track
    for now_s, octets, near in ((120, 3 * MB, False), (1_200, 460 * MB, True)):
        record = pair.record("interim", at(now_s), t=now_s, st=now_s, i=1_000, o=octets)
        pair.serve(record, t=now_s)
        assert both_ways(pair, now_s + 1) == (near, near)
        assert urgent(pair.short.desk._books, record) is near
    assert both_ways(pair, 2_001) == (None, True)


def test_a_track_answers_for_records_of_accounting_alone() -> None:
    pair = begun()
    record = pair.record("interim", at(90), t=90, st=90, i=1_000, o=2_000)
    pair.serve(record, t=90)
    lane = pair.short.desk._lane
    assert near_end_of_track(lane, record, AHEAD_INTERVALS_N) is False
    same = Packet(1, 1, bytes(16), record_pairs("interim", id="S1", t=90, st=90, i=1_000, o=2_000))
    asked = Request(same, pair.device, "10.0.0.1", at(90), signed=True)
    assert near_end_of_track(lane, asked, AHEAD_INTERVALS_N) is None
    stop = pair.record("stop", at(90), t=90, st=90, i=1_000, o=2_000)
    assert near_end_of_track(lane, stop, AHEAD_INTERVALS_N) is None
