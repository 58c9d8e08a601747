"""Batches of datagrams against plain sockets: every octet, address and length arrives as sent."""

from __future__ import annotations

import os
import resource
import select
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack

import hypothesis
import hypothesis.strategies as st
import pytest

from server._datagrams import Inlet, Outlet, Timer, prepare

Peer = tuple[str, int]
LOOPBACKS = [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]


def opened(family: int, host: str) -> socket.socket:
    """A bound socket that waits for nobody."""
    made = socket.socket(family, socket.SOCK_DGRAM)
    made.setblocking(False)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    made.bind((host, 0))
    return made


def plainly(line: socket.socket) -> Iterator[tuple[bytes, Peer]]:
    """The plain road: one datagram to a call, until nothing is left."""
    while select.select([line], [], [], 0)[0]:
        octets, peer = line.recvfrom(70_000)
        yield octets, (peer[0], peer[1])


@pytest.mark.parametrize(("family", "host"), LOOPBACKS, ids=["4", "6"])
@hypothesis.settings(max_examples=30, deadline=None)
@hypothesis.given(
    posts=st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from([0, 1, 20, 38, 512, 513, 1_400, 9_000])),
        max_size=300,
    )
)
def test_what_is_posted_arrives_as_if_each_had_been_sent_alone(
    family: int, host: str, posts: list[tuple[int, int]]
) -> None:
    with ExitStack() as stack:
        server, *routers = (stack.enter_context(opened(family, host)) for _ in range(4))
        wanted: list[Counter[bytes]] = [Counter() for _ in routers]
        outlet = Outlet(server.fileno(), wild=False)
        for n, (router, size) in enumerate(posts):
            octets = n.to_bytes(2, "big").ljust(size, b".")[:size]
            outlet.post(octets, routers[router].getsockname()[:2], None)
            wanted[router][octets] += 1
        assert outlet.flush() == 0
        for router, expected in zip(routers, wanted, strict=True):
            came = list(plainly(router))
            assert Counter(octets for octets, _ in came) == expected
            assert {peer for _, peer in came} <= {server.getsockname()[:2]}


@pytest.mark.parametrize(("family", "host"), LOOPBACKS, ids=["4", "6"])
@pytest.mark.parametrize("cut", [0, 30, 300], ids=["alone", "small segments", "segments"])
def test_what_was_sent_is_taken_in_order_with_its_peer(family: int, host: str, cut: int) -> None:
    with ExitStack() as stack:
        server, *routers = (stack.enter_context(opened(family, host)) for _ in range(3))
        prepare(server.fileno(), six=family == socket.AF_INET6, wild=False)
        inlet = Inlet(server.fileno(), host)
        for router in routers:
            router.connect(server.getsockname())
            if cut:  # one message of the kernel, cut into datagrams: the last one is shorter
                router.setsockopt(socket.IPPROTO_UDP, 103, cut)
                router.send(bytes(n % 251 for n in range(cut * 39 + 7)))
            else:
                for n in range(40):
                    router.send(bytes([n]) * (n + 1))
        everything: list[tuple[bytes, Peer, str]] = []
        while burst := inlet.take(1):
            everything += burst
        assert [peer for _, peer, _ in everything] == sorted(
            (peer for _, peer, _ in everything),
            key=[router.getsockname()[:2] for router in routers].index,
        )
        for router in routers:
            whole = bytes(n % 251 for n in range(cut * 39 + 7))
            wanted = (
                [whole[at : at + cut] for at in range(0, len(whole), cut)]
                if cut
                else [bytes([n]) * (n + 1) for n in range(40)]
            )
            came = [found for found in everything if found[1] == router.getsockname()[:2]]
            assert [octets for octets, *_ in came] == wanted
            assert {local for _, _, local in came} == {host}
            assert len({id(peer) for _, peer, _ in came}) == 1, "made once"


def test_a_datagram_that_is_too_long_for_a_packet_is_seen_to_be() -> None:
    with opened(socket.AF_INET, "127.0.0.1") as server, opened(socket.AF_INET, "127.0.0.1") as peer:
        peer.sendto(bytes(9_000), server.getsockname())
        peer.sendto(b"", server.getsockname())
        burst = Inlet(server.fileno(), "127.0.0.1").take(10)
        assert [len(octets) for octets, *_ in burst] == [4_097, 0]


def test_datagrams_to_several_of_our_addresses_tell_and_keep_them() -> None:
    with ExitStack() as stack:
        server = stack.enter_context(opened(socket.AF_INET, "0.0.0.0"))
        prepare(server.fileno(), six=False, wild=True)
        inlet, outlet = Inlet(server.fileno(), "0.0.0.0"), Outlet(server.fileno(), wild=True)
        asked = [f"127.0.0.{n}" for n in range(1, 9)]
        routers = {}
        for host in asked:
            routers[host] = stack.enter_context(opened(socket.AF_INET, "127.0.0.1"))
            # Connected, so that an answer from any other address would never arrive.
            routers[host].connect((host, server.getsockname()[1]))
            routers[host].send(host.encode())
        burst = inlet.take(100)
        assert [(octets.decode(), local) for octets, _, local in burst] == [(a, a) for a in asked]
        for octets, peer, local in burst * 3:
            outlet.post(octets.upper(), peer, local)
        assert outlet.flush() == 0
        for host, router in routers.items():
            assert [octets for octets, _ in plainly(router)] == [host.encode()] * 3


def test_what_the_kernel_does_not_take_is_counted_and_the_others_leave() -> None:
    with ExitStack() as stack:
        server, router = (stack.enter_context(opened(socket.AF_INET, "127.0.0.1")) for _ in "12")
        outlet = Outlet(server.fileno(), wild=False)
        good = router.getsockname()
        posts: list[tuple[bytes, Peer]] = [
            (b"one", good),
            (b"broadcast is not allowed", ("255.255.255.255", 9)),
            (b"no such address", ("nowhere", 9)),
            (b"no such port", ("127.0.0.1", 70_000)),
            (b"another family", ("::1", 9)),
            (bytes(70_000), good),
            (b"nowhere at all", ("127.0.0.1", 0)),
            (b"nowhere at all", ("127.0.0.1", 0)),
            (b"two", good),
        ]
        for octets, address in posts:
            outlet.post(octets, address, None)
        assert outlet.flush() == 7
        assert outlet.flush() == 0
        assert sorted(octets for octets, _ in plainly(router)) == [b"one", b"two"]


def test_more_than_one_flush_holds_leaves_all_the_same() -> None:
    with ExitStack() as stack:
        server, router = (stack.enter_context(opened(socket.AF_INET, "127.0.0.1")) for _ in "12")
        outlet = Outlet(server.fileno(), wild=False)
        for n in range(2_500):
            outlet.post(n.to_bytes(20, "big"), router.getsockname(), None)
        assert outlet.flush() == 0
        assert [octets for octets, _ in plainly(router)] == [
            n.to_bytes(20, "big") for n in range(2_500)
        ]


def test_peers_without_number_find_a_bound() -> None:
    with opened(socket.AF_INET, "127.0.0.1") as server:
        outlet = Outlet(server.fileno(), wild=False)
        for n in range(66_000):
            outlet.post(b"x", (f"127.{n >> 16}.{n >> 8 & 255}.{n & 255}", 9), None)
        assert outlet.flush() < 66_000


def heard(timer: Timer, within_s: float) -> bool:
    """Does it become readable in that time?"""
    return bool(select.select([timer], [], [], within_s)[0])


def test_a_timer_rings_once_and_is_told_once() -> None:
    timer = Timer()
    assert not timer.rang()
    timer.set(500)
    assert heard(timer, 60)
    assert timer.rang()
    assert not timer.rang()
    assert not heard(timer, 0)
    timer.close()


def test_a_timer_that_is_called_off_or_put_off_forgets_that_it_has_rung() -> None:
    timer = Timer()
    timer.set(1)
    assert heard(timer, 60)
    timer.set(0)
    assert not timer.rang()
    timer.set(1)
    assert heard(timer, 60)
    timer.set(3_600_000_000)
    assert not timer.rang()
    assert not heard(timer, 0)
    timer.close()


def test_a_timer_gives_its_file_back_once() -> None:
    timer = Timer()
    number = timer.fileno()
    timer.close()
    with open(os.devnull) as another:  # it is given the same number
        assert another.fileno() == number
        timer.close()
        del timer
        assert another.read() == ""
    with pytest.raises(OSError):
        os.fstat(number)


def test_no_timer_without_a_file_for_it() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        with pytest.raises(OSError, match="Too many open files"):
            Timer()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
