"""Marks of accounts, against sets of those that are held."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from aaa._index import ById
from aaa._marks import Marks
from domain.account import Account
from tests.accounting import makers

STEPS = some.lists(
    some.tuples(
        some.sampled_from(["hold", "drop", "add", "add", "discard", "clear"]),
        some.integers(0, 1),  # which mark
        some.integers(1, 5),  # of which account
    ),
    max_size=60,
)


@given(steps=STEPS)
def test_marks_are_sets_of_the_accounts_that_are_held(steps: list[tuple[str, int, int]]) -> None:
    accounts: ById[Account] = ById()
    marks = [Marks(accounts, place) for place in (0, 1)]
    known: list[set[int]] = [set(), set()]
    for step, place, key in steps:
        if step in ("hold", "drop"):
            for one in known:
                one.discard(key)
            accounts.pop(key)
            if step == "hold":
                accounts[key] = makers.account(0, account_id=key)
        elif step == "clear":
            marks[place].clear()
            known[place].clear()
        elif step == "add":
            marks[place].add(key)
            known[place] |= {key} & set(accounts)
        else:
            marks[place].discard(key)
            known[place].discard(key)
        for own, one in zip(marks, known, strict=True):
            assert sorted(own) == sorted(one) and len(own) == len(one)
            assert all((key in own) == (key in one) for key in range(7))


def test_a_mark_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="no mark 2"):
        Marks(ById(), 2)
