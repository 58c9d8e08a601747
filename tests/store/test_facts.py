"""Facts and decisions that were packed in compiled code are the rows that plain Python makes."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from domain.session import HoldState, Session, SessionState, Walled
from store import rows
from store._facts import pack_decisions, pack_facts
from store.writing import TUPLES
from tests.store.house import decision

KINDS: dict[str, Any] = {
    "int": some.integers(-(2**63) + 1, 2**63 - 1),
    "int | None": some.none() | some.integers(0, 2**62),
    "str": some.text(),
    "str | None": some.none() | some.text(),
    "bool": some.booleans(),
    "bytes": some.binary(),
    "SessionState": some.sampled_from(SessionState),
    "HoldState": some.sampled_from(HoldState),
    "Walled": some.sampled_from(Walled),
}
SESSIONS = some.builds(Session, **{one.name: KINDS[str(one.type)] for one in fields(Session)})


def plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Flags and members of enumerations as the numbers that they are."""
    return tuple(int(one) if isinstance(one, int) else one for one in row)


@given(some.lists(SESSIONS, max_size=5))
def test_packed_facts_are_the_rows_that_tuples_would_be(made: list[Session]) -> None:
    assert pack_facts(made).unpacked() == [plain(row) for row in TUPLES["facts"](made)]


def test_packed_decisions_are_the_rows_that_tuples_would_be() -> None:
    made = [
        decision("user1", 21, request={"a": "\u00eb"}, reply={"n": 5}),
        decision("", 1_007, session_id=2**62),
        decision("user2", 19),
    ]
    packed = pack_decisions(made, rows.json_octets).unpacked()
    assert sorted(packed, key=lambda row: row[1]) == TUPLES["decisions"](made)
    assert [row[:2] for row in packed] == [("user1", 21), ("", 1_007), ("user2", 19)]
