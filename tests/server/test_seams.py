"""The real seams: clocks, ids, tasks, and UDP on loopback in both families."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
import uvloop

from domain.seams import ID_LOW_BITS
from domain.share import Share
from server.seams import (
    LoopSpawn,
    MonotoneIds,
    SystemClock,
    SystemRandomness,
    UdpDatagrams,
    announce,
    disk_free_octets,
)
from tests.server.fakes import Clock

LOOPS: list[Callable[[], asyncio.AbstractEventLoop]] = [
    asyncio.new_event_loop,
    uvloop.new_event_loop,
]


def run(
    make_loop: Callable[[], asyncio.AbstractEventLoop], story: Coroutine[Any, Any, None]
) -> None:
    with asyncio.Runner(loop_factory=make_loop) as runner:
        runner.run(asyncio.wait_for(story, 120))


def test_l10_ids_rise_strictly_even_when_the_clock_falls_back() -> None:
    clock = Clock()
    ids = MonotoneIds(clock, SystemRandomness())
    seen = []
    for step in (0, 0, 5_000, -60_000_000, 0, 1_000, 90_000_000, 0):
        clock.us += step
        seen += [ids.next() for _ in range(100)]
    assert seen == sorted(set(seen))
    assert all(0 < number < 1 << 63 for number in seen)


def test_ids_of_two_processes_in_one_millisecond_keep_apart() -> None:
    clock = Clock()
    first, second = (MonotoneIds(clock, SystemRandomness()).next() for _ in range(2))
    assert first >> ID_LOW_BITS == second >> ID_LOW_BITS
    assert first != second


def test_l10_workers_draw_ids_that_are_theirs_alone_and_rise() -> None:
    clock = Clock()
    shares = [Share(number, 3) for number in range(3)]
    drawers = [MonotoneIds(clock, SystemRandomness(), share) for share in shares]
    for share, ids in zip(shares, drawers, strict=True):
        seen = []
        for step in (0, 1_000, -60_000, 0, 90_000):
            clock.us += step
            seen += [ids.next() for _ in range(50)]
        assert seen == sorted(set(seen))
        assert all(share.mine(number) for number in seen)


def test_clocks_and_randomness_are_those_of_the_machine() -> None:
    clock, randomness = SystemClock(), SystemRandomness()
    assert clock.monotonic_us() <= clock.monotonic_us()
    assert clock.now_us() > 1_700_000_000_000_000
    assert len(randomness.octets(16)) == 16
    assert {randomness.below(3) for _ in range(200)} == {0, 1, 2}


def test_a_task_that_fails_is_heard_of() -> None:
    async def story() -> None:
        failed = asyncio.get_running_loop().create_future()
        spawn = LoopSpawn(asyncio.get_running_loop(), lambda *what: failed.set_result(what))

        async def work() -> None:
            raise RuntimeError("broken")

        spawn.task(work(), "worker")
        name, error = await failed
        assert name == "worker" and str(error) == "broken"
        spawn.close()

    run(asyncio.new_event_loop, story())


def test_timers_and_threads_come_back_and_cancelled_ones_do_not() -> None:
    async def story() -> None:
        loop = asyncio.get_running_loop()
        spawn = LoopSpawn(loop, lambda name, error: None)
        called: list[str] = []
        done = asyncio.Event()
        spawn.later(1_000, lambda: called.append("cancelled"))()
        spawn.later(2_000, done.set)
        await done.wait()
        assert called == []
        assert await spawn.thread(lambda: 6 * 7) == 42
        spawn.close()

    run(asyncio.new_event_loop, story())


@pytest.mark.parametrize("make_loop", LOOPS, ids=["asyncio", "uvloop"])
@pytest.mark.parametrize(
    ("listen", "asked", "family"),
    [
        ("127.0.0.1", "127.0.0.1", socket.AF_INET),
        ("0.0.0.0", "127.0.0.1", socket.AF_INET),
        ("0.0.0.0", "127.0.0.2", socket.AF_INET),
        ("::1", "::1", socket.AF_INET6),
        ("::", "::1", socket.AF_INET6),
    ],
)
def test_dup_11_a_datagram_is_answered_from_the_address_it_came_to(
    make_loop: Callable[[], asyncio.AbstractEventLoop],
    listen: str,
    asked: str,
    family: socket.AddressFamily,
) -> None:
    async def story() -> None:
        loop = asyncio.get_running_loop()

        def received(octets: bytes, peer: tuple[str, int], local: str) -> None:
            assert local == asked
            port.send(octets.upper(), peer, local)

        port = UdpDatagrams(loop).bind(listen, 0, received)
        with socket.socket(family, socket.SOCK_DGRAM) as client:
            client.setblocking(False)
            # Connected, so that an answer from any other address would never arrive.
            client.connect((asked, port.port))
            client.send(b"hello")
            assert await loop.sock_recv(client, 100) == b"HELLO"
        assert port.drops() == 0
        port.close()
        port.close()

    run(make_loop, story())


@pytest.mark.parametrize("make_loop", LOOPS, ids=["asyncio", "uvloop"])
def test_many_datagrams_are_read_in_few_turns_and_none_is_lost(
    make_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    async def story() -> None:
        loop = asyncio.get_running_loop()
        seen: list[bytes] = []
        everything = asyncio.Event()

        def received(octets: bytes, peer: tuple[str, int], local: str) -> None:
            seen.append(octets)
            if len(seen) == 1_000:
                everything.set()

        port = UdpDatagrams(loop).bind("0.0.0.0", 0, received)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            for n in range(1_000):
                client.sendto(n.to_bytes(2, "big"), ("127.0.0.1", port.port))
            await everything.wait()
        assert seen == [n.to_bytes(2, "big") for n in range(1_000)]
        port.close()

    run(make_loop, story())


@pytest.mark.parametrize("make_loop", LOOPS)
def test_while_its_owner_is_busy_a_port_is_read_now_and_then_and_when_it_is_polled(
    make_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    """Nothing is lost by that, and once nobody is busy the next datagram is heard of at once."""

    async def story() -> None:
        bursts: list[list[bytes]] = []
        heard, busy = asyncio.Event(), True

        def received_all(burst: list[tuple[bytes, tuple[str, int], str]]) -> None:
            bursts.append([octets for octets, _, _ in burst])
            heard.set()

        port = UdpDatagrams(asyncio.get_running_loop()).bind("127.0.0.1", 0, lambda *_: None)
        port.in_bursts(received_all)
        port.pausing(lambda: busy)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.connect(("127.0.0.1", port.port))
            sender.send(b"first")
            await heard.wait()
            for n in range(3):
                sender.send(b"%d" % n)
            port.poll()  # on loopback they are here
            assert bursts == [[b"first"], [b"0", b"1", b"2"]]
            heard.clear()
            sender.send(b"now and then")
            await heard.wait()
            busy = False
            for text in (b"last of all", b"and one more"):
                heard.clear()
                port.listen()
                sender.send(text)
                await heard.wait()
        assert bursts[2:] == [[b"now and then"], [b"last of all"], [b"and one more"]]
        port.close()

    run(make_loop, story())


def test_what_the_kernel_does_not_take_is_counted_and_raises_nothing() -> None:
    async def story() -> None:
        unsent: list[int] = []
        datagrams = UdpDatagrams(asyncio.get_running_loop(), lambda: unsent.append(1))
        port = datagrams.bind("127.0.0.1", 0, lambda octets, peer, local: None)
        port.send(b"x", ("255.255.255.255", 9), None)
        port.send(bytes(70_000), ("127.0.0.1", 9), None)
        assert len(unsent) == 2
        port.close()

    run(asyncio.new_event_loop, story())


def test_what_does_not_fit_into_the_receive_buffer_is_counted_by_the_kernel() -> None:
    async def story() -> None:
        loop = asyncio.get_running_loop()
        small, large = (
            UdpDatagrams(loop, receive_buffer_octets=octets).bind("127.0.0.1", 0, lambda *_: None)
            for octets in (8_192, 65_536)
        )
        assert small.receive_buffer_octets() == 8_192
        assert large.receive_buffer_octets() == 65_536
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as router:
            for _ in range(50):  # nobody reads before the loop turns
                router.sendto(bytes(1_000), ("127.0.0.1", small.port))
                router.sendto(bytes(100), ("127.0.0.1", large.port))
        assert 0 < small.drops() < 50
        assert large.drops() == 0
        small.close()
        large.close()

    run(asyncio.new_event_loop, story())


def test_a_port_that_is_taken_says_so() -> None:
    async def story() -> None:
        datagrams = UdpDatagrams(asyncio.get_running_loop())
        first = datagrams.bind("127.0.0.1", 0, lambda octets, peer, local: None)
        with pytest.raises(OSError, match="in use"):
            datagrams.bind("127.0.0.1", first.port, lambda octets, peer, local: None)
        first.close()

    run(asyncio.new_event_loop, story())


def test_a_supervisor_is_told_when_it_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(path))
        listener.settimeout(60)
        monkeypatch.setenv("NOTIFY_SOCKET", str(path))
        announce("READY=1")
        assert listener.recv(100) == b"READY=1"
    announce("STOPPING=1")  # nobody listens any more, which is no reason to fail
    monkeypatch.delenv("NOTIFY_SOCKET")
    announce("READY=1")


def test_the_disk_has_room(tmp_path: Path) -> None:
    assert disk_free_octets(str(tmp_path)) > 0


def test_a_closed_port_sends_nothing_whoever_has_its_number_now() -> None:
    async def story() -> None:
        unsent: list[int] = []
        loop = asyncio.get_running_loop()
        port = UdpDatagrams(loop, lambda: unsent.append(1)).bind("127.0.0.1", 0, lambda *_: None)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.bind(("127.0.0.1", 0))
            peer.settimeout(60)
            port.post(b"the last word", peer.getsockname(), None)
            port.close()
            assert peer.recv(100) == b"the last word"
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM):
                port.send(b"too late", peer.getsockname(), None)
            assert unsent == [1]
            peer.setblocking(False)
            with pytest.raises(BlockingIOError):
                peer.recv(100)

    run(asyncio.new_event_loop, story())
