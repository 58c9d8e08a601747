"""Lanes: what presses goes first, the rest at the device's pace."""

from __future__ import annotations

from server.lanes import Lane, Mission
from tests.server.fakes import order


def joined(lane: Lane, order_id: int, reason: str) -> Mission:
    mission = Mission(order(order_id, order_id, reason=reason), lane)
    lane.queue(mission.order).append(mission)
    return mission


def test_an_empty_lane_has_nobody_to_send() -> None:
    lane = Lane(("192.0.2.1", 3799))
    assert not lane.busy and lane.first(0) is None


def test_what_presses_goes_first_whatever_the_pace_says() -> None:
    lane = Lane(("192.0.2.1", 3799))
    office = joined(lane, 1, "suspended")
    assert lane.first(0) is office and lane.first(1) is None and lane.busy
    cut = joined(lane, 2, "exhausted")
    assert lane.first(0) is cut and lane.first(1) is cut
