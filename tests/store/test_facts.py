"""Facts and decisions that were packed in compiled code are the rows that plain Python makes."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from aaa._decided import LetIn
from domain.session import HoldState, Session, SessionState, Walled
from store import rows
from store._facts import pack_decisions, pack_facts
from store.writing import TUPLES
from tests.aaa.test_decided import kept
from tests.aaa.test_turnstile import Doors
from tests.accounting import makers
from tests.accounting.makers import at
from tests.store.house import decision

KINDS: dict[str, Any] = {
    "int": some.integers(-(2**63) + 1, 2**63 - 1),
    "int | None": some.none() | some.integers(0, 2**62),
    "str": some.text() | some.sampled_from(("aa", "AA")),
    "str | None": some.none() | some.text() | some.sampled_from(("aa", "AA")),
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


@pytest.mark.parametrize(
    "station", ["02:00:AA", "\u00c4:\u0130", "\u1e9e", "x" * 300, "", "\u00e4"]
)
def test_a_text_in_small_letters_is_written_whole(station: str) -> None:
    one = makers.session(calling_station_id=station, mac=station.lower(), nas_port_id="ether1")
    assert pack_facts([one]).unpacked() == [plain(row) for row in TUPLES["facts"]([one])]


@pytest.mark.parametrize("name", ["02:00:AA", "02:00:aa"])
@pytest.mark.parametrize("station", ["02:00:AA", "02:00:aa"])
def test_a_login_by_mac_whose_texts_are_all_the_same_is_written_whole(
    name: str, station: str
) -> None:
    one = makers.session(
        acct_session_id=name, user_name=name, calling_station_id=station, mac=station.lower()
    )
    assert pack_facts([one]).unpacked() == [plain(row) for row in TUPLES["facts"]([one])]
    assert (one.user_name, one.calling_station_id, one.mac) == (name, station, station.lower())


def test_what_was_packed_stays_when_the_session_says_something_else() -> None:
    one = makers.session(acct_session_id="A" * 90, told=b"\x01told", nas_identifier="tower")
    before = [plain(row) for row in TUPLES["facts"]([one])]
    packed = pack_facts([one])
    one.acct_session_id, one.told, one.nas_identifier = "B" * 9_000, b"", "else"
    assert packed.unpacked() == before


def test_packed_decisions_are_the_rows_that_tuples_would_be() -> None:
    made = [
        decision("user1", 21, request={"a": "\u00eb"}, reply={"n": 5}),
        decision("", 1_007, session_id=2**62),
        decision("user2", 19),
    ]
    packed = pack_decisions(made, rows.json_octets).unpacked()
    assert sorted(packed, key=lambda row: row[1]) == TUPLES["decisions"](made)
    assert [row[:2] for row in packed] == [("user1", 21), ("", 1_007), ("user2", 19)]


# Whatever JSON has to spell otherwise, and what it has not.
ODD = some.text(some.sampled_from('a" \\/\n\r\t\b\f\x00\x1f\x7f\u00eb\u2028\U0001f600'), min_size=1)


@settings(max_examples=60, deadline=None)
@given(
    policies=some.tuples(ODD, ODD),
    said=some.lists(some.tuples(some.sampled_from([30, 87, 44]), ODD), max_size=3),
    down_bps=some.sampled_from([None, 1, 2**62]),
    address=some.sampled_from([b"", bytes([10, 0, 0, 255])]),
)
def test_what_lets_somebody_in_writes_the_octets_that_the_encoder_writes(
    policies: tuple[str, str], said: list[tuple[int, str]], down_bps: int | None, address: bytes
) -> None:
    up, down = policies
    plan = makers.plan(policy_up=up, policy_down=down, down_bps=down_bps)
    pair = Doors(plan=plan, dialect="standard")
    short, long = kept(pair.short), kept(pair.long)
    extra = (*((kind, text.encode()[:253]) for kind, text in said), (8, address))
    pair.serve(
        pair.login(at(0), extra=extra), pair.login(at(0), user="USER2", mac="", port=None), t=0
    )
    assert {type(one) for one in short} == {LetIn}
    mixed = [short[0], decision("user2", 19), short[1]]
    packed = pack_decisions(mixed, rows.json_octets)
    assert sorted(packed.unpacked(), key=lambda row: row[1]) == TUPLES["decisions"](
        [long[0], decision("user2", 19), long[1]]
    )
