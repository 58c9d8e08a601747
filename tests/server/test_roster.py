"""The devices as they are now."""

from __future__ import annotations

import pytest

from server.roster import PATHS_MAX, Roster
from tests.server.fakes import device


def test_a_device_is_found_by_its_address_whatever_the_scope() -> None:
    roster = Roster([device(1, prefix="fe80::/10"), device(2)])
    found = roster.find("fe80::1%3")
    assert found is not None and found.device_id == 1
    assert roster.find("203.0.113.1") is None
    assert roster.names() == {"nas1", "nas2"}


def test_devices_are_exchanged_whole() -> None:
    roster = Roster([device(1)])
    roster.replace([device(2)])
    found = roster.find("192.0.2.1")
    assert found is not None and found.device_id == 2
    assert roster.by_id(1) is None


def test_devices_that_contradict_one_another_change_nothing() -> None:
    roster = Roster([device(1)])
    with pytest.raises(ValueError, match="belongs to both"):
        roster.replace([device(2), device(3)])
    assert roster.by_id(1) is not None


def test_paths_are_bounded() -> None:
    roster = Roster()
    for n in range(PATHS_MAX + 1):
        roster.met(str(n), "198.51.100.1")
    assert roster.path(str(PATHS_MAX)) == "198.51.100.1"
    assert roster.path("0") is None
