"""What a NAS has been seen to do, as `nas show`, `nas list` and `doctor` tell it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cli.nas_seen import RECENT_US, Seen
from domain.device import Device, Observation
from domain.seams import US_PER_S
from store.observations import Crowd
from tests.cli.house import House, record

NOW_US = 1_800_000_000 * US_PER_S
DEVICE = Device(1, "t3", b"", (), "mikrotik", 3799)
MIXED = Crowd(live_n=2, old_n=2, unheard_n=1)
QUIET = Observation(1, NOW_US - 5, NOW_US, requests_n=4, interims_n=2, interim_s=300)


def complaints(observation: Observation, crowd: Crowd = MIXED) -> str:
    seen = Seen(DEVICE, observation, crowd)
    return "; ".join(text for text, _ in seen.complaints(NOW_US, 300))


def test_a_nas_that_does_all_well_is_not_complained_about() -> None:
    assert complaints(replace(QUIET, clock_offset_us=-300 * US_PER_S)) == ""


def test_a_nas_none_of_whose_old_sessions_ever_reported_sends_no_interims() -> None:
    assert complaints(QUIET, Crowd(5, 3, 3)) == "sends no interims"
    assert complaints(QUIET, Crowd(5, 0, 0)) == "", "they are too young to tell"


@pytest.mark.parametrize(("ago_us", "said"), [(5, True), (RECENT_US, False)])
def test_wrong_secrets_of_long_ago_are_over(ago_us: int, said: bool) -> None:
    wrong = replace(QUIET, wrong_sums_n=3, wrong_sums_us=NOW_US - ago_us)
    assert ("its secret is probably another one (3 packets" in complaints(wrong)) is said


def test_a_clock_that_is_not_believed_is_named() -> None:
    assert "off by -301 s" in complaints(replace(QUIET, clock_offset_us=-301 * US_PER_S))


def test_a_nas_that_was_never_heard_of_has_nothing_to_show(sample: House) -> None:
    shown = sample.json("nas", "show", "local")
    assert (shown["last_seen_us"], shown["requests_n"], shown["live_n"]) == (None, 0, 0)
    assert sample.json("nas", "list")[0]["complaints"] == []


def test_live_sessions_are_counted(sample: House) -> None:
    sample.serve(record("interim", seconds=60, up=1, down=1))
    assert sample.json("nas", "show", "local")["live_n"] == 1
    assert sample.json("nas", "list")[0]["live_n"] == 1
