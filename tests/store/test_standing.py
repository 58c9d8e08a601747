"""Only what this process knows to be unchanged is left out of a statement."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from aaa.ports import Changes, Want
from domain.session import HoldState, Session, SessionState, Walled
from store.standing import Standing
from store.writes import FACTS
from tests.store.house import NOW_US, House, advanced, session, tell

OTHER: dict[str, Any] = {"int": 41, "int | None": 42, "str": "other", "bool": True}
OTHER |= {"str | None": "other", "bytes": b"other", "Walled": Walled.EXPIRED}
OTHER |= {"SessionState": SessionState.ACCEPTED, "HoldState": HoldState.VOID}
STANDING = [one for one in fields(Session) if one.name in FACTS]


def known(of: Session) -> Standing:
    """What is known after `of` was committed."""
    standing = Standing()
    standing.learn(standing.after([], [of]))
    return standing


def test_an_interim_of_a_known_session_only_moves() -> None:
    first = session(10)
    second = advanced(first, output_octets=5, charged_micros=9, last_event_us=8)
    assert known(first).split([second]) == ([second], [])


def test_a_session_that_is_not_known_is_written_in_full() -> None:
    second = advanced(session(10))
    assert Standing().split([second]) == ([], [second])


@pytest.mark.parametrize("field", STANDING, ids=lambda field: field.name)
def test_a_change_of_any_other_column_is_written_in_full(field: Any) -> None:
    first = session(10)
    second = advanced(first, **{field.name: OTHER[str(field.type)]})
    assert known(first).split([second]) == ([], [second])


def test_a_version_that_was_not_committed_here_is_written_in_full() -> None:
    first = session(10)
    third = replace(first, version=3)
    assert known(first).split([third]) == ([], [third])


def test_knowledge_grows_with_each_commit_and_ends_with_the_session() -> None:
    first = session(10)
    standing, second = known(first), advanced(first)
    standing.learn(standing.after(*standing.split([second])))
    third = advanced(second)
    assert standing.split([third]) == ([third], [])
    closed = advanced(second, state=SessionState.CLOSED)
    standing.learn(standing.after(*standing.split([closed])))
    late = advanced(closed)
    assert standing.split([late]) == ([], [late])


def test_what_both_statements_write_is_what_is_read_again(house_url: str) -> None:
    """Interims, a change of address, interims again, an outside version, the end."""

    async def story(house: House) -> None:
        await house.settle()
        now = session(10)
        await house.store.commit(Changes(NOW_US, 0, sessions_new=[now]))
        for changed in (
            {"output_octets": 10},
            {"output_octets": 20, "free_octets": 5},
            {"framed_ip_address": "100.64.0.9", "output_octets": 30},
            {"last_seen_us": 7, "granted_micros": 9, "used_micros": 9},
            {"state": SessionState.CLOSED, "stop_us": 9, "output_octets": 40},
            {"output_octets": 50},
        ):
            now = advanced(now, **changed)
            await house.store.commit(Changes(NOW_US, 0, sessions=[now]))
            (found,) = (await house.store.load(Want(session_ids={10}))).sessions
            assert found == now

    tell(house_url, story)


def test_what_the_desk_knows_to_have_moved_only_needs_no_comparison(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle()
        now = session(10)
        await house.store.commit(Changes(NOW_US, 0, sessions_new=[now]))
        for changes in (
            {"output_octets": 10, "last_seen_us": 4},
            {"output_octets": 20, "granted_micros": 9, "used_micros": 9},
        ):
            now = advanced(now, **changes)
            # What stands is not written, whatever it is: it is not looked at.
            told = replace(now, interim_s=77)
            await house.store.commit(Changes(NOW_US, 0, moved=[told]))
            (found,) = (await house.store.load(Want(session_ids={10}))).sessions
            assert found == now

    tell(house_url, story)


def test_knowledge_of_a_session_outlives_what_moved_without_a_comparison() -> None:
    standing, second = known(session(10)), advanced(session(10))
    standing.learn(standing.after([second], []))
    third = advanced(second, output_octets=7)
    assert standing.split([third]) == ([third], [])
    stranger = session(11)
    standing.learn(standing.after([stranger], []))
    assert standing.split([advanced(stranger)]) == ([], [advanced(stranger)])
