"""A movement of an account is a dataclass like others, though it is made of plain numbers."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from aaa.ports import AccountMove
from tests.accounting import makers


def test_a_movement_moves_nothing_until_it_is_told_to() -> None:
    move = AccountMove(makers.account(5))
    assert [getattr(move, one.name) for one in fields(move)][1:] == [0, 0, 0, 0, False]
    move.held_micros += 7
    move.promise |= True
    assert move == AccountMove(makers.account(5), held_micros=7, promise=True)
    assert move != AccountMove(makers.account(6), held_micros=7, promise=True)
    assert move != replace(move, entries_n=1) and move != "AccountMove"


def test_it_prints_as_a_dataclass_does_and_takes_no_money_beyond_its_numbers() -> None:
    move = AccountMove(makers.account(5), 1, -2, 3, 4, True)
    assert repr(move) == (
        f"AccountMove(after={move.after!r}, posted_micros=1, open_micros=-2, held_micros=3, "
        "entries_n=4, promise=True)"
    )
    with pytest.raises(OverflowError):
        move.held_micros += 2**63
