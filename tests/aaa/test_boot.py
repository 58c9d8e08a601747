"""Accounting-On and -Off: what they end, at which usage, and what they must leave alone (A8)."""

from __future__ import annotations

import pytest

from aaa.closing import NAS_REBOOT
from domain.session import HoldState, Session, SessionState
from tests.aaa.room import Room
from tests.accounting.makers import at, plan

MANY = plan(sessions_max=9)


def effect(room: Room) -> str:
    return room.journal[-1][1].effect


def talking(room: Room, t: int = 600, **said: str) -> Session:
    room.record("interim", t, t=t, st=t, o=250, **said)
    return room.sessions[-1]


@pytest.mark.parametrize("kind", ["on", "off"])
def test_f_10_sessions_end_at_their_last_usage_and_not_at_the_boot(kind: str) -> None:
    room = Room(MANY)
    one = talking(room)
    room.record(kind, 1500, t=1500)
    assert (one.state, one.terminate_cause, one.synthetic) == (
        SessionState.CLOSED,
        NAS_REBOOT,
        True,
    )
    assert (one.stop_us, one.session_s, one.output_octets) == (at(600), 600, 250)
    assert effect(room) == "closed-sessions"
    assert (room.account.held_micros, room.account.open_micros) == (0, 0)


def test_f_12_a_repeated_on_ends_nothing_that_began_since() -> None:
    room = Room(MANY)
    room.record("on", 100, t=100)
    one = talking(room, 600)
    for t in (100, 90):
        room.record("on", 700, t=t, delay=700 - t)
        assert effect(room) == "repeat"
    assert one.state is SessionState.OPEN


def test_s7_an_on_that_is_long_past_by_its_own_clock_is_a_replay() -> None:
    room = Room(MANY)
    one = talking(room)
    room.record("on", 86_400, t=700)
    assert (effect(room), one.state) == ("stale", SessionState.OPEN)
    assert room.books.marks[1] == {}, "and it is not remembered as the newest"


def test_an_on_of_a_device_without_a_clock_counts_when_it_arrives() -> None:
    room = Room(MANY)
    one = talking(room)
    room.record("on", 900, t=-(10**9))
    assert (effect(room), one.state) == ("closed-sessions", SessionState.CLOSED)


def test_q_10_what_began_or_reported_after_the_boot_stays() -> None:
    room = Room(MANY)
    room.record("start", 1510, id="B", t=1510)
    reported = talking(room, 1530, id="C")
    room.record("on", 1540, t=1500, delay=40)
    assert [one.state for one in room.sessions] == [SessionState.OPEN] * 2
    assert reported.session_s == 1530


def test_f_13_each_box_behind_one_device_row_boots_for_itself() -> None:
    room = Room(MANY)
    one = talking(room, id="A", nas_identifier="east")
    other = talking(room, id="B", nas_identifier="west")
    unnamed = talking(room, id="C")
    room.record("on", 700, t=700, nas_identifier="east")
    assert (one.state, other.state) == (SessionState.CLOSED, SessionState.OPEN)
    assert unnamed.state is SessionState.CLOSED, "nothing says that it is another's"
    room.record("on", 710, t=700, nas_identifier="west")
    assert (effect(room), other.state) == ("closed-sessions", SessionState.CLOSED)


def test_logins_that_wait_lapse_and_later_ones_do_not() -> None:
    room = Room(MANY)
    old, new = room.login(0, acct_session_id="A"), room.login(1000, acct_session_id="B")
    room.record("on", 1010, t=500, delay=510)
    assert isinstance(old, Session) and isinstance(new, Session)
    assert (old.state, old.hold_state) == (SessionState.LAPSED, HoldState.EXPIRED)
    assert (new.state, new.hold_state) == (SessionState.ACCEPTED, HoldState.HELD)


def test_a8_a_later_record_brings_a_session_back_and_its_gap_is_charged_once() -> None:
    room = Room(MANY)
    one = talking(room)
    room.record("on", 1500, t=1500)
    room.record("interim", 1800, t=1800, st=1800, o=900_000)
    assert (one.state, one.stop_us, one.synthetic) == (SessionState.OPEN, None, False)
    assert (one.output_octets, one.session_s, one.charged_micros) == (900_000, 1800, 9_000)


def test_f_11_the_stop_that_follows_an_off_has_the_last_word() -> None:
    room = Room(MANY)
    one = talking(room)
    room.record("off", 700, t=700)
    room.record("stop", 705, t=700, st=700, o=300, cause=6)
    assert (one.state, one.terminate_cause, one.synthetic) == (SessionState.CLOSED, 6, False)
    assert (one.output_octets, one.stop_us) == (300, at(700))


def test_the_newest_boot_of_each_box_is_remembered_once() -> None:
    room = Room(MANY)
    room.record("on", 100, t=100, nas_identifier="east")
    room.record("off", 200, t=200, nas_identifier="east")
    assert {name: mark.event_us for name, mark in room.books.marks[1].items()} == {"east": at(200)}
    assert [mark.event_us for mark in room.changes[-1].marks] == [at(200)]
