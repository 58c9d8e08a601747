"""What a batch has changed: rows are written once, and sums move by what all decisions moved."""

from __future__ import annotations

from dataclasses import replace

from aaa.draft import Draft
from aaa.ports import Changes
from domain.account import Allowance
from domain.session import Charge
from tests.accounting.makers import T0_US, account, at, session


def changes(draft: Draft, *allowances: Allowance) -> Changes:
    held = {one.account_id: {one.period_start_us: one} for one in allowances}
    return draft.as_changes(at(0), feed_seq=0, allowances=held, journal_id=0, journal=b"")


def test_a_session_is_versioned_once_a_batch_and_a_new_one_not_at_all() -> None:
    draft, old, new = Draft(), session(version=4), session(session_id=2)
    draft.new_sessions[2] = new
    for one in (old, old, new, old):
        draft.touch(one)
    made = changes(draft)
    assert [(one.session_id, one.version) for one in made.sessions] == [(1, 5)]
    assert [(one.session_id, one.version) for one in made.sessions_new] == [(2, 1)]
    later = Draft()
    later.touch(new)
    assert new.version == 2, "in the next batch it is a session like others"


def test_a_session_that_the_lane_moved_and_others_then_changed_is_written_as_changed() -> None:
    draft, one = Draft(), session(version=5)  # the lane has raised the version already
    draft.moved_sessions[1] = one
    draft.touch(one)
    made = changes(draft)
    assert (made.sessions, made.moved, one.version) == ([one], [], 5)
    assert draft.touched() == [one]


def test_the_moves_of_an_account_add_up() -> None:
    draft, purse = Draft(), account(1_000)
    draft.move(purse, posted=-5, opened=-5, entries=1)
    draft.move(purse, held=7, promise=True)
    draft.move(purse, held=-2)
    draft.move(account(1_000, account_id=2), held=1)
    move, other = changes(draft).accounts
    assert move.after is purse and other.held_micros == 1
    assert (move.posted_micros, move.open_micros, move.held_micros) == (-5, -5, 5)
    assert (move.entries_n, move.promise) == (1, True)
    assert draft.held_moved_micros() == 6


def test_l7_a_promise_is_checked_by_the_store_unless_facts_went_below_the_floor() -> None:
    for opened_micros, promised in ((0, True), (1, False)):
        draft, purse = Draft(), account(1_000)
        draft.move(purse, held=1_000, promise=True)
        purse.held_micros, purse.open_micros = 1_000, opened_micros
        draft.move(purse, opened=opened_micros)
        (move,) = changes(draft).accounts
        assert move.promise is promised


def test_charges_of_one_row_add_up_and_others_stand_apart() -> None:
    draft = Draft()
    row = Charge(1, 1, 0, 1, 20_000, 1, input_octets=1, output_octets=2, session_s=3)
    for extra in (
        replace(row, amount_micros=4),
        replace(row, amount_micros=5),
        replace(row, day=20_001, amount_micros=6),
        replace(row, part=1, amount_micros=7),
    ):
        draft.add_charge(extra)
    rows = changes(draft).charges
    assert [(one.day, one.part, one.amount_micros) for one in rows] == [
        (20_000, 0, 9),
        (20_001, 0, 6),
        (20_000, 1, 7),
    ]
    assert (rows[0].input_octets, rows[0].output_octets, rows[0].session_s) == (2, 4, 6)


def test_what_is_consumed_of_an_allowance_adds_up_and_nothing_is_no_row() -> None:
    draft, used, idle = Draft(), Allowance(1, T0_US, 30, 4), Allowance(2, T0_US, 0, 0)
    draft.consume(used, 10, 0)
    draft.consume(used, 20, 4)
    draft.consume(idle, 0, 0)
    assert changes(draft, used, idle).allowances == [(used, 30, 4)]


def test_an_empty_draft_is_nothing_to_commit() -> None:
    assert not changes(Draft())
