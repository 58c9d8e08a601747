"""How sessions end: the hold goes back, the charges become one entry, and late usage another."""

from __future__ import annotations

import pytest

from aaa import closing
from domain.session import HoldState, Session, SessionState
from tests.aaa.room import Room
from tests.accounting.makers import at


def running(room: Room) -> Session:
    """A session with a hold that has used a tenth of it."""
    accepted = room.login(0, acct_session_id="A")
    assert isinstance(accepted, Session)
    room.record("interim", 300, t=300, st=290, o=50_000_000)
    assert accepted.state is SessionState.OPEN and accepted.held_micros == 4_500_000
    return accepted


def close(room: Room, one: Session, **traits: object) -> closing.Turn:
    turn = room.turn(900)
    said = {"cause": closing.LOST_SERVICE, "stop_us": at(300), "synthetic": True} | traits
    closing.close(turn, one, **said)  # type: ignore[arg-type]
    return turn


def test_closing_frees_the_hold_and_posts_what_was_charged_in_one_entry() -> None:
    room = Room()
    one = running(room)
    change = room.end(close(room, one))
    assert (one.state, one.hold_state, one.held_micros) == (
        SessionState.CLOSED,
        HoldState.POSTED,
        0,
    )
    assert (one.stop_us, one.terminate_cause, one.synthetic) == (at(300), 3, True)
    (entry,) = change.entries
    assert [posting.amount_micros for posting in entry.postings] == [-500_000, 500_000]
    assert change.closings == [(1, one.session_id, 0, entry.entry_id)]
    (move,) = change.accounts
    assert (move.posted_micros, move.open_micros, move.entries_n) == (-500_000, -500_000, 1)
    assert (move.held_micros, move.promise) == (-4_500_000, False)
    assert (room.account.balance_micros, room.account.available_micros) == (4_500_000, 4_500_000)


def test_a_session_is_not_stopped_before_it_started() -> None:
    room = Room()
    one = running(room)
    close(room, one, stop_us=at(-5_000))
    assert one.stop_us == one.start_us


def test_a_session_that_used_nothing_ends_without_an_entry() -> None:
    room = Room()
    accepted = room.login(0, acct_session_id="A")
    assert isinstance(accepted, Session)
    room.record("interim", 10, t=10)
    change = room.end(close(room, accepted))
    assert (change.entries, change.closings) == ([], [])
    assert (accepted.part, room.account.held_micros) == (0, 0)


def test_l8_what_an_ended_session_overran_is_counted() -> None:
    room = Room(balance_micros=100_000)
    room.record("interim", 300, t=300, st=290, o=50_000_000)
    (one,) = room.sessions
    turn = close(room, one)
    assert turn.notes["overrun"] == 1
    assert room.end(turn).entries[0].overrun_micros == 400_000


def test_a6_usage_after_the_end_is_charged_in_a_part_of_its_own() -> None:
    room = Room()
    running(room)
    for t, o in ((600, 60_000_000), (610, 70_000_000), (620, 70_000_000)):
        room.record("stop", 630, t=t, st=t - 10, o=o)
    entries = [entry for change in room.changes for entry in change.entries]
    (one,) = room.sessions
    assert [entry.key for entry in entries] == [
        f"session:{one.session_id}:{part}" for part in range(2)
    ]
    assert [entry.postings[1].amount_micros for entry in entries] == [600_000, 100_000]
    assert (one.part, one.closed_micros, room.account.open_micros) == (2, 700_000, 0)


def test_closing_forgets_the_cut_that_was_under_way() -> None:
    room = Room()
    one = running(room)
    one.cut_order_id = 99
    room.acked[one.session_id] = at(1)
    turn = close(room, one)
    assert one.cut_order_id == 0 and one.session_id not in turn.acked


@pytest.mark.parametrize("state", [HoldState.VOID, HoldState.EXPIRED])
def test_f_42_a_login_that_never_began_gives_its_hold_back_and_owes_nothing(
    state: HoldState,
) -> None:
    room = Room()
    accepted = room.login(0)
    assert isinstance(accepted, Session)
    turn = room.turn(5)
    closing.lapse(turn, accepted, state)
    change = room.end(turn)
    assert (accepted.state, accepted.hold_state) == (SessionState.LAPSED, state)
    assert (room.account.held_micros, room.account.balance_micros) == (0, 5_000_000)
    assert change.entries == [] and turn.notes["lapsed"] == 1
    assert not accepted.fee_due


def test_only_a_login_that_has_not_begun_can_lapse() -> None:
    room = Room()
    one = running(room)
    with pytest.raises(AssertionError):
        closing.lapse(room.turn(5), one, HoldState.VOID)


def test_l6_a_hold_is_released_once() -> None:
    room = Room()
    one = running(room)
    turn = room.turn(5)
    for state in (HoldState.VOID, HoldState.POSTED, HoldState.EXPIRED):
        closing.release(turn, one, state)
    assert (one.hold_state, room.account.held_micros) == (HoldState.VOID, 0)


def test_a_session_that_is_nobodys_ends_without_money() -> None:
    room = Room()
    room.record("interim", 300, login="ghost", t=300, st=300, o=10**9)
    (one,) = room.sessions
    change = room.end(close(room, one))
    assert (one.state, change.entries, change.accounts) == (SessionState.CLOSED, [], [])
