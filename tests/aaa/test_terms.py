"""What a plan offers at a device: which plans have terms, and what they say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from aaa.terms import lay
from aaa.turn import Turn
from domain.device import Device
from domain.plan import Counted, Hours, Plan, TimePrice
from nas.login import LoginHints
from tests.aaa.room import Room
from tests.accounting import makers
from tests.accounting.makers import CENT_PER_MB, at

PPP = LoginHints(b"alice", "alice", nas_port_type=15, service_type=2, framed_protocol=1)


def laid(room: Room, plan: Plan, device: Device, hints: LoginHints = PPP) -> Any:
    turn: Turn = room.turn(at(0))
    return lay(turn, device, plan, room.subscriber, hints)


@pytest.fixture
def room() -> Room:
    return Room()


@pytest.mark.parametrize(
    ("counted", "names"),
    [
        (Counted.SUM, ("total_limit_octets",)),
        (Counted.UP, ("input_limit_octets",)),
        (Counted.DOWN, ("output_limit_octets",)),
        (Counted.LARGER, ("input_limit_octets", "output_limit_octets")),
    ],
)
def test_the_octet_limits_are_those_of_what_the_plan_counts(
    room: Room, counted: Counted, names: tuple[str, ...]
) -> None:
    plan = makers.plan(volume=replace(CENT_PER_MB, counted=counted), counted=counted)
    assert laid(room, plan, room.device).limit_names == names
    assert laid(room, plan, replace(room.device, dialect="cisco")).limit_names == ()
    assert laid(room, makers.plan(volume=None), room.device).limit_names == ()


@pytest.mark.parametrize(
    "traits",
    [
        {"hours": (Hours(frozenset(range(7)), 0, 86_400),)},
        {"included_octets": 1},
        {"included_s": 1, "time": TimePrice(amount_micros=1, unit_s=1)},
        {"volume": None, "session_fee_micros": 1},
    ],
)
def test_a_plan_that_needs_the_clock_or_other_sessions_has_none(
    room: Room, traits: dict[str, Any]
) -> None:
    assert laid(room, makers.plan(**traits), room.device) is None


def test_the_kind_of_access_is_the_requests(room: Room) -> None:
    plan = makers.plan()
    assert laid(room, plan, room.device).access == "ppp"
    assert laid(room, plan, room.device, LoginHints(b"a", "a", captive=True)).access == "hotspot"
    assert laid(room, plan, room.device, LoginHints(b"a", "a")).access == ""


def test_what_is_told_is_known_to_have_been_told(room: Room) -> None:
    assert laid(room, makers.plan(down_bps=1_000_000, up_bps=1_000_000), room.device).told[:1] == (
        b"\x01"
    )
