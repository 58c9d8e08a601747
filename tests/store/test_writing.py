"""A batch as rows: order, merging, and what each statement must meet."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from aaa.ports import AccountMove, Changes
from domain.device import Latch
from domain.session import DeviceMark
from store.statements import Insert, sqlite_sql
from store.writes import WRITES
from store.writing import TUPLES, Expect, Step, commit_steps, touched_accounts
from tests.store.house import NOW_US, account, advanced, charge, decision, full_batch, session


def rows_of(changes: Changes, write: str) -> list[tuple[Any, ...]]:
    """The rows of one statement of a batch."""
    moved, changed = changes.sessions, list[object]()
    steps: list[Step] = commit_steps(changes, moved, changed, TUPLES)  # type: ignore[arg-type]
    return next((step.rows for step in steps if step.write == write), [])


def test_purses_come_first_then_the_books_then_the_sessions() -> None:
    order = [step.write for step in commit_steps(full_batch(), [], [], TUPLES)]
    assert order[:5] == ["move", "journal", "entries", "postings", "sessions_new"]
    assert order.index("sessions_new") < order.index("charges") < order.index("close")
    assert len(order) == len(set(order))


def test_a_row_has_as_many_values_as_its_statement_has_parameters() -> None:
    changes = full_batch()
    before = session(12)
    moved, changed = [advanced(before)], [advanced(session(13))]
    changes.sessions = [*moved, *changed]
    changes.orders = changes.orders_new
    for step in commit_steps(changes, moved, changed, TUPLES):
        recipe = WRITES[step.write]
        values_n = len(recipe.names if isinstance(recipe, Insert) else recipe.row)  # type: ignore[union-attr]
        assert all(len(row) == values_n for row in step.rows), step.write
        assert f"?{values_n}" in sqlite_sql(recipe)


def test_rows_that_somebody_else_may_change_are_expected_to_be_met() -> None:
    changes = full_batch()
    expected = {step.write: step.expect for step in commit_steps(changes, [session(1)], [], TUPLES)}
    for write in ("move", "advance", "use", "learn"):
        assert expected[write] is Expect.CONFLICT, write
    assert expected["charges"] is Expect.INVARIANT


@given(some.permutations(range(1, 30)))
def test_l11_rows_go_in_key_order_whatever_order_they_come_in(order: list[int]) -> None:
    changes = Changes(NOW_US, 0)
    changes.accounts = [AccountMove(account(n), posted_micros=1) for n in order]
    changes.sessions = [session(100 - n, n) for n in order]
    changes.charges = [charge(session(100 - n, n), 5) for n in order]
    changes.latches = [(n, "192.0.2.1", Latch.NO_PROXY_STATE) for n in order]
    changes.marks = [DeviceMark(n, "", 30 - n) for n in order]
    changes.orders = [replace(full_batch().orders_new[0], order_id=n) for n in order]
    for write in ("move", "advance", "charges", "latches", "marks", "settle"):
        keys = [row[0] for row in rows_of(changes, write)]
        assert keys == sorted(keys), write
    assert touched_accounts(changes) == list(range(1, 30))


def test_account_0_has_no_lock_to_take() -> None:
    changes = Changes(NOW_US, 0, sessions_new=[session(10, 0), session(11, 4)])
    assert touched_accounts(changes) == [4]


MOVING = {"now_us", "feed_seq", "accounts", "moved", "charges", "journal_id", "journal"}


@pytest.mark.parametrize("field", fields(Changes), ids=lambda field: field.name)
def test_whatever_is_more_than_sums_that_moved_is_seen(field: Any) -> None:
    changes = Changes(NOW_US, 0)
    assert changes.only_moves and not changes
    setattr(changes, field.name, [object()] if "list" in field.type else b"1")
    assert changes.only_moves is (field.name in MOVING)
    assert bool(changes) is (field.name not in ("now_us", "feed_seq"))


def test_where_only_sums_moved_the_steps_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = full_batch()
    changes = Changes(NOW_US, 0, accounts=whole.accounts, charges=whole.charges)
    changes.journal_id, changes.journal = whole.journal_id, whole.journal
    moved = [advanced(session(12)), advanced(session(11))]
    short = commit_steps(changes, moved, [], TUPLES)
    assert [step.write for step in short] == ["move", "journal", "advance", "charges"]
    monkeypatch.setattr(Changes, "only_moves", False)
    assert commit_steps(changes, moved, [], TUPLES) == short


@given(some.lists(some.tuples(some.integers(1, 3), some.integers(0, 2), some.integers(0, 99))))
def test_additions_to_one_charge_row_become_one(parts: list[tuple[int, int, int]]) -> None:
    changes = Changes(NOW_US, 0)
    changes.charges = [
        charge(session(10), amount, octets=amount, part=part, step=step)
        for part, step, amount in parts
    ]
    made = rows_of(changes, "charges")
    keys = [row[:5] for row in made]
    assert len(keys) == len(set(keys))
    assert sum(row[9] for row in made) == sum(amount for _, _, amount in parts)
    assert sum(row[7] for row in made) == sum(amount for _, _, amount in parts)


def test_a_login_is_named_once_to_lose_what_it_has_outgrown() -> None:
    decided = [decision("a", 21), decision("", 3), decision("a", 1)]
    changes = Changes(NOW_US, 0, decisions=decided)
    assert [row[:2] for row in rows_of(changes, "decisions")] == [("a", 1), ("", 3), ("a", 21)]
    assert rows_of(changes, "outgrown") == [("", 1_000), ("a", 20)]


def test_of_two_marks_of_one_box_the_newer_stays() -> None:
    marks = [DeviceMark(5, "a", 9), DeviceMark(5, "a", 7), DeviceMark(5, "b", 1)]
    made = rows_of(Changes(NOW_US, 0, marks=marks), "marks")
    assert made == [(5, "a", 9), (5, "b", 1)]


def test_an_entry_s_postings_are_numbered_within_it() -> None:
    changes = full_batch()
    changes.entries.append(replace(changes.entries[0], entry_id=103, seq=3, key="other"))
    keys = [row[:3] for row in rows_of(changes, "postings")]
    assert keys == [(1, 102, 0), (1, 102, 1), (1, 103, 0), (1, 103, 1)]
