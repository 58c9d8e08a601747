"""Marks of accounts and what they have, against sets and dictionaries of the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from aaa._index import ById
from aaa._marks import Kin, Marks
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


KIN_STEPS = some.lists(
    some.tuples(
        some.sampled_from(["hold", "drop", "add", "add", "remove", "pop"]),
        some.integers(0, 1),
        some.integers(1, 3),  # of which account
        some.integers(0, 3),  # which row
    ),
    max_size=60,
)


@given(steps=KIN_STEPS)
def test_kin_are_the_rows_of_each_account(steps: list[tuple[str, int, int, int]]) -> None:
    rows = [[n] for n in range(4)]
    accounts: ById[Account] = ById()
    kin: list[Kin[list[int]]] = [Kin(accounts, place) for place in (0, 1)]
    known: list[dict[int, list[list[int]]]] = [{}, {}]
    for step, place, key, n in steps:
        there = known[place].setdefault(key, [])
        if step == "hold":
            before = [one.pop(key) for one in kin]
            accounts[key] = makers.account(0, account_id=key)
            for one, several in zip(kin, before, strict=True):
                for row in several:
                    one.add(key, row)
        elif step == "drop":
            for one in kin:
                one.pop(key)
            accounts.pop(key)
            for own in known:
                own[key] = []
        elif step == "add":
            kin[place].add(key, rows[n])
            if not any(one is rows[n] for one in there):
                there.append(rows[n])
        elif step == "remove":
            kin[place].remove(key, rows[n])
            known[place][key] = [one for one in there if one is not rows[n]]
        else:
            assert kin[place].pop(key) == tuple(there)
            known[place][key] = []
        for one, own in zip(kin, known, strict=True):
            for number in range(5):
                assert one.of(number) == tuple(own.get(number, ()))
                assert (number in one) == bool(own.get(number))


def test_kin_that_there_are_not_are_refused() -> None:
    with pytest.raises(ValueError, match="no kin 2"):
        Kin(ById(), 2)
