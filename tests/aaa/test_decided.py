"""A login that was let in is remembered as the long road remembers it, and looks like that."""

from __future__ import annotations

from typing import Any

from aaa._decided import LetIn
from aaa.ports import Changes, Decision
from tests.aaa.test_lane import House
from tests.aaa.test_turnstile import MACS, Doors
from tests.accounting.makers import at


def kept(house: House) -> list[Any]:
    """The decisions that the house commits from now on."""
    found: list[Any] = []
    commit = house.shelf.commit

    async def committed(changes: Changes) -> None:
        found.extend(changes.decisions)
        await commit(changes)

    house.shelf.commit = committed  # type: ignore[method-assign]
    return found


def test_what_is_kept_of_a_common_login_is_what_the_long_road_keeps() -> None:
    pair = Doors()
    short, long = kept(pair.short), kept(pair.long)
    pair.serve(pair.login(at(0), id="A", extra=((30, b"tower"),)), t=0)
    pair.serve(pair.login(at(1), user="user2", mac="", port=None), t=1)
    assert [type(one) for one in short] == [LetIn, LetIn]
    assert [type(one) for one in long] == [Decision, Decision]
    assert short == long and repr(short) == repr(long)
    for one, other in zip(short, long, strict=True):
        assert one.plain() == other and one.plain() is not one
        for name in Decision.__slots__:
            assert getattr(one, name) == getattr(other, name)
    assert short[0].request["Called-Station-Id"] == "tower"
    assert short[0].mac == MACS[0] and short[1].mac == ""


def test_two_of_them_are_equal_if_all_that_they_say_is() -> None:
    pair = Doors()
    short = kept(pair.short)
    pair.serve(pair.login(at(0)), pair.login(at(0), user="user2"), t=0)
    assert short[0] == short[0] and short[0] != short[1] and short[0] != "accepted"


def test_what_was_granted_is_kept_though_the_session_changes_in_the_same_batch() -> None:
    pair = Doors()
    short, long = kept(pair.short), kept(pair.long)
    pair.serve(*(pair.login(at(0), id=name) for name in "AB"), t=0)
    assert short == long and short[0].reply["granted_micros"] > 0
