"""The survey against the long road: who gets a track by it, who does not, and the same books.

That what it lays is what `aaa.lane` would lay is also what `test_lane.py` looks at: its histories
have records with a Class, whose tracks are laid by the survey from the second session on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from aaa import token
from aaa.lane import lay
from aaa.request import Request
from domain.account import MacMode, Status
from domain.plan import Package, Validity
from domain.session import Session
from radius import Packet
from tests.aaa.gate import record_pairs
from tests.aaa.room import SEALER
from tests.aaa.test_lane import MB, Pair, begun
from tests.accounting import makers
from tests.accounting.makers import at

ADDRESS = (8, bytes([10, 1, 1, 2]))


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Grows by one for each interim that the long road's rules had to look at."""
    found: list[int] = []

    def counted(*args: Any) -> bool:
        found.append(1)
        return lay(*args)

    monkeypatch.setattr("aaa.desk.lay", counted)
    yield found


def reported(looked: list[int], **traits: Any) -> Pair:
    """Two sessions that have reported, and the first of them twice: it has a track."""
    pair = begun(classed=True, **traits)
    record = pair.record("interim", at(120), t=120, st=120, i=1 * MB, o=2 * MB)
    pair.serve(record, t=120)
    looked.clear()
    return pair


def second(pair: Pair, **said: Any) -> Request:
    """The next interim of the second session."""
    said = {"t": 121, "st": 121, "i": 1 * MB, "o": 2 * MB} | said
    return pair.record("interim", at(121), user=2, **said)


def session_id(pair: Pair, user: int) -> int:
    return next(n for n, one in pair.long.shelf.sessions.items() if one.account_id == user)


def short_session(pair: Pair, user: int) -> Session:
    return pair.short.desk._books.sessions[session_id(pair, user)]


def test_a_session_like_one_that_has_a_track_gets_one_without_the_long_road(
    looked: list[int],
) -> None:
    pair = reported(looked)
    taken_n = pair.taken_n
    pair.serve(second(pair), t=121)
    assert not looked and pair.taken_n == taken_n + 1
    assert pair.short.desk._lane.known(short_session(pair, 2))
    pair.serve(second(pair, st=180, t=180, i=2 * MB), t=180)
    assert not looked and pair.taken_n == taken_n + 2


def test_two_records_of_it_in_one_batch_have_one_track(looked: list[int]) -> None:
    pair = reported(looked)
    pair.serve(second(pair), second(pair, i=3 * MB, st=122, t=122), t=122)
    assert not looked


def test_two_records_with_other_names_in_one_batch_come_to_the_same(looked: list[int]) -> None:
    pair = reported(looked)
    other = second(pair, i=3 * MB, st=122, t=122, extra=((61, bytes(4)),))
    pair.serve(second(pair), other, t=122)
    pair.serve(second(pair, i=4 * MB, st=182, t=182), t=182)


def forged(pair: Pair) -> bytes:
    genuine = token.issue(session_id(pair, 2), SEALER.class_key)
    return genuine[:-1] + (b"A" if genuine[-1:] != b"A" else b"B")


@pytest.mark.parametrize(
    "said",
    [
        {"token": None},
        {"token": b""},
        {"token": b"th1." + b"*" * 24},
        {"token": b"th2." + b"A" * 24},
        {"token": b"th1." + b"A" * 24},
        {"login": "user1"},
        {"login": "USER2"},
        {"login": "user2\0"},
        {"id": "S3"},
        {"id": "S1"},
        {"extra": (ADDRESS,)},
        {"extra": ((5, bytes(4)),)},
        {"extra": ((30, b"tower"),)},
        {"extra": ((31, b"02:00:00:00:00:09"),)},
        {"extra": ((32, b"nas"),)},
        {"extra": ((4, bytes([10, 0, 0, 1])),)},
        {"extra": ((95, bytes(15) + b"\1"),)},
        {"extra": ((87, b"ether2"),)},
        {"extra": ((50, b"multi"),)},
        {"extra": ((97, b"\0\x40" + bytes(16)),)},
        {"extra": ((123, b"\0\x40" + bytes(16)),)},
        {"extra": ((168, bytes(15) + b"\1"),)},
        {"st": None},
        {"i": None},
        {"extra": ((33, b"proxy"),)},
        {"extra": ((2, b"secret"),)},
    ],
)
def test_whatever_is_not_known_of_it_is_for_the_long_road(
    said: dict[str, Any], looked: list[int]
) -> None:
    pair = reported(looked)
    pair.serve(second(pair, **said), t=121)
    assert looked
    pair.serve(second(pair, i=2 * MB, st=181, t=181), t=181)


def test_a_forged_class_names_nobody(looked: list[int]) -> None:
    pair = reported(looked)
    pair.serve(second(pair, token=forged(pair)), t=121)
    assert looked


def test_the_class_of_another_session_is_for_the_long_road(looked: list[int]) -> None:
    pair = reported(looked)
    pair.serve(second(pair, token=token.issue(session_id(pair, 1), SEALER.class_key)), t=121)
    assert looked


def test_from_another_address_of_its_device_it_is_for_the_long_road(looked: list[int]) -> None:
    pair = reported(looked)
    moved = record_pairs(
        "interim", id="S2", login="user2", st=121, i=1 * MB, o=2 * MB,
        token=token.issue(session_id(pair, 2), SEALER.class_key),
    )  # fmt: skip
    packet = Packet(4, 1, bytes(16), moved)
    pair.serve(Request(packet, pair.device, "10.0.0.2", at(121), signed=True), t=121)
    assert looked


@pytest.mark.parametrize(
    "traits",
    [
        {"plan": makers.plan(included_octets=40 * MB)},
        {"plan": makers.plan(included_s=600)},
        {"dialect": "cisco"},
        {"mac_mode": MacMode.FIXED, "mac": "02:00:00:00:00:09"},
    ],
)
def test_what_may_differ_between_two_like_it_has_no_ground(
    traits: dict[str, Any], looked: list[int]
) -> None:
    pair = reported(looked, **traits)
    pair.serve(second(pair), t=121)
    assert looked


@pytest.mark.parametrize(
    "traits",
    [
        {"plan": makers.plan(volume=None, session_fee_micros=250_000)},
        {"plan": makers.plan(time=None, down_bps=20_000_000)},
        {"plan": makers.plan(package=Package(Validity(30), grace_s=100)),
         "valid_until_us": at(5_000)},
        {"dialect": "standard"},
        {"device": {"line_rate_bps": 100_000_000, "swap": True, "octets_unit": 1024}},
        {"balance_micros": 60_000},
    ],
)  # fmt: skip
def test_what_is_alike_for_both_may_be_anything(traits: dict[str, Any], looked: list[int]) -> None:
    pair = reported(looked, **traits)
    pair.serve(second(pair), t=121)
    assert not looked
    for t in range(180, 900, 60):
        pair.serve(second(pair, st=t, t=t, i=t * 10_000, o=t * 20_000), t=t)


def test_time_that_has_come_since_is_seen_by_the_lane(looked: list[int]) -> None:
    pair = reported(looked, valid_until_us=at(130))
    pair.serve(second(pair, st=140, t=140), t=140)
    pair.serve(second(pair, st=150, t=150), t=150)


@pytest.mark.parametrize("status", [Status.SUSPENDED, Status.CLOSED])
def test_who_is_not_active_is_for_the_long_road(status: Status, looked: list[int]) -> None:
    pair = reported(looked)
    for house in (pair.short, pair.long):
        house.desk._books.subscribers["user2"].status = status
    pair.serve(second(pair), t=121)
    assert looked


def test_another_device_row_takes_all_ground_away(looked: list[int]) -> None:
    pair = reported(looked)
    pair.device = replace(pair.device, swap=True)
    for house in (pair.short, pair.long):
        house.desk.equip([pair.device])
    assert not pair.short.desk._lane.grounds
    pair.serve(second(pair), t=121)
    assert looked
