"""A played session: its counters are exact, and limits are obeyed only when they should be."""

from __future__ import annotations

import asyncio

import pytest

from cli.errors import HouseError
from cli.simulate_play import Play, Script
from domain.seams import US_PER_S
from tests.cli.simulated import FakeServer, StoodClock


def play_of(server: FakeServer, *, obey_limits: bool = False) -> Play:
    """A play at 8 Mbit/s, so a million octets in a second."""
    script = Script(
        uplink=server.uplink(timeout_s=1),
        login="alice",
        password=b"wonderland",
        method="pap",
        rate_bps=8_000_000,
        interval_s=10,
        speed=1,
        count=0,
        obey_limits=obey_limits,
    )
    return Play(script, None, clock=StoodClock(), tag="t")


def test_counters_are_those_of_exact_instants_and_never_fall() -> None:
    with FakeServer(lambda packet, octets: []) as server:
        play = play_of(server)
    counters = play.router.counters
    for session_s, expected in ((10, 10_000_000), (5, 10_000_000), (5_000, 5_000_000_000)):
        assert play._advance(session_s * US_PER_S) == ""
        assert counters.input_octets + counters.output_octets == expected
    assert counters.input_octets * 10 == 5_000_000_000
    assert counters.session_s == 5_000


@pytest.mark.parametrize(
    ("limits", "reached", "octets", "seconds"),
    [
        ((None, 25_000_001), "limit", 25_000_001, 30),
        ((20, None), "timeout", 20_000_000, 20),
        ((20, 19_000_000), "limit", 19_000_000, 20),
        ((31, 31_000_000), "", 30_000_000, 30),
    ],
)
def test_an_obedient_router_stops_at_the_limit_to_the_octet(
    limits: tuple[int | None, int | None], reached: str, octets: int, seconds: int
) -> None:
    with FakeServer(lambda packet, octets: []) as server:
        play = play_of(server, obey_limits=True)
        careless = play_of(server)
    for one in (play, careless):
        one.router.limits.session_timeout_s, one.router.limits.total_octets = limits
    assert play._advance(30 * US_PER_S) == reached
    counters = play.router.counters
    assert (counters.input_octets + counters.output_octets, counters.session_s) == (octets, seconds)
    assert careless._advance(30 * US_PER_S) == ""
    assert careless.router.counters.session_s == 30


def test_a_server_that_does_not_answer_the_login_is_told_in_one_line() -> None:
    with FakeServer(lambda packet, octets: []) as server:
        play = play_of(server)
        with pytest.raises(HouseError, match="is `tollhouse serve` running there"):
            asyncio.run(play.perform(silent=True))


def test_a_speed_is_shown_when_it_is_told_and_when_a_coa_changes_it() -> None:
    with FakeServer(lambda packet, octets: []) as server:
        play = play_of(server)
    limits = play.router.limits
    limits.total_octets, limits.speed = 500_000_000, "5M/20M"
    assert play._told() == ", 500.00 MB, speed 5M/20M"
    said = []
    for speed in ("5M/20M", "1M/1M", "1M/1M", "5M/20M"):
        limits.speed = speed
        play._heard("CoA-Request", "CoA-ACK")
        said.append(play._notes.get_nowait())
    same = "CoA-Request, 500.00 MB; answered CoA-ACK"
    assert said == [
        same,
        "CoA-Request, 500.00 MB, speed 1M/1M; answered CoA-ACK",
        same,
        "CoA-Request, 500.00 MB, speed 5M/20M; answered CoA-ACK",
    ]
    play._heard("CoA-Request", "CoA-NAK")
    assert play._notes.get_nowait() == "CoA-Request, for another session; answered CoA-NAK"
    assert play.ending.orders[1]["speed"] == "1M/1M"
    assert play.ending.orders[-1] == {"request": "CoA-Request", "answer": "CoA-NAK"}
