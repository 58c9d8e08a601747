"""Figures, life and readiness as pages."""

from __future__ import annotations

import asyncio

from server.lifecycle import Server
from server.limits import Limits, Seams
from server.meters import Meters
from server.metrics import FAMILIES
from server.pages import LIVE_LAG_US
from server.seams import MonotoneIds
from tests.server.fakes import Clock, Datagrams, Desk, Log, Randomness, Spawn, Store, device


def unstarted() -> Server:
    clock = Clock()
    return Server(
        Seams(
            clock=clock,
            randomness=Randomness(),
            ids=MonotoneIds(clock, Randomness()),
            datagrams=Datagrams(),
            spawn=Spawn(clock),
            disk_free_octets=lambda: 12_345_678_900,
        ),
        Limits(listen=("127.0.0.1",)),
        store=Store([device()]),
        desk=Desk(),
        log=Log(),
    )


def test_a_server_that_has_not_started_is_alive_and_not_ready() -> None:
    pages = unstarted().pages()
    assert pages["livez"]() == (200, "text/plain; charset=utf-8", b"alive\n")
    status, _, body = pages["readyz"]()
    assert status == 503 and b"starting\n" in body


def test_a_loop_that_is_late_is_not_well() -> None:
    server = unstarted()
    server.lag.lag_us = LIVE_LAG_US + 1
    assert server.pages()["livez"]()[0] == 503


def test_a_whole_server_starts_and_stops_on_fake_seams_alone() -> None:
    async def story() -> None:
        server = unstarted()
        await server.start()
        assert server.pages()["readyz"]()[0] == 200
        figures = server.pages()["metrics"]()[2].decode()
        server.close()
        assert "aaa_disk_free_bytes 1.23456789e+10" in figures
        assert 'aaa_sessions_active{client="nas1"} 3.0' in figures

    asyncio.run(story())


def test_what_the_kernel_says_of_sockets_is_shown_by_port() -> None:
    server = unstarted()

    async def story() -> None:
        await server.start()
        bound = [door._port for door in server.doors()]
        for at, port in enumerate(bound):
            setattr(port, "drops", lambda at=at: 3 + at)  # noqa: B010 - as a real socket has it
            setattr(port, "receive_buffer_octets", lambda: 212_992)  # noqa: B010
        text = server.pages()["metrics"]()[2].decode()
        server.close()
        assert 'aaa_radius_socket_drops_total{port="1812"} 3.0' in text
        assert 'aaa_radius_socket_drops_total{port="1813"} 4.0' in text
        assert 'aaa_radius_receive_buffer_bytes{port="1813"} 212992.0' in text
        assert "aaa_radius_receive_buffer_wanted_bytes 4.194304e+06" in text

    asyncio.run(story())


def test_every_family_that_meters_do_not_count_is_looked_up() -> None:
    meters = Meters()
    looked_up = {family.source for family in FAMILIES if not hasattr(meters, family.source)}
    server = unstarted()
    text = server.pages()["metrics"]()[2].decode()
    for family in FAMILIES:
        assert f"# HELP {family.name}" in text
    assert len(looked_up) == 14
