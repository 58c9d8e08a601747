"""Sockets of several workers on one port: what one address sends reaches one of them."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import pytest

from server.bound import bound_udp, steer
from tests.peers.ports import free_port

OCTETS = 1 << 16


@contextlib.contextmanager
def shared(host: str, port: int, count: int) -> Iterator[list[socket.socket]]:
    """So many sockets on one address and port, steered."""
    opened = [bound_udp(host, port, OCTETS, shared=True) for _ in range(count)]
    steer(opened[0], count)
    try:
        yield opened
    finally:
        for one in opened:
            one.close()


def heard(sockets: list[socket.socket]) -> dict[bytes, set[int]]:
    """What was sent, and the numbers of the sockets that heard it."""
    found: dict[bytes, set[int]] = {}
    for number, one in enumerate(sockets):
        with contextlib.suppress(BlockingIOError):
            while True:
                found.setdefault(one.recv(100), set()).add(number)
    return found


def test_whatever_port_a_router_sends_from_one_worker_hears_it() -> None:
    port, routers = free_port(), [f"127.0.0.{n}" for n in range(2, 34)]
    with shared("127.0.0.1", port, 3) as sockets:
        for router in 4 * routers:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.bind((router, 0))
                sender.sendto(router.encode(), ("127.0.0.1", port))
        found = heard(sockets)
    assert sorted(found) == sorted(router.encode() for router in routers)
    assert all(len(numbers) == 1 for numbers in found.values())
    assert set.union(*found.values()) == {0, 1, 2}


def test_authentication_and_accounting_of_a_router_reach_the_same_worker() -> None:
    ports, routers = [free_port(), free_port()], [f"127.0.0.{n}" for n in range(2, 12)]
    with shared("127.0.0.1", ports[0], 2) as auth, shared("127.0.0.1", ports[1], 2) as acct:
        for router in routers:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.bind((router, 0))
                for port in ports:
                    sender.sendto(router.encode(), ("127.0.0.1", port))
        assert heard(auth) == heard(acct)


def test_ipv6_is_steered_as_well() -> None:
    port = free_port()
    with shared("::1", port, 4) as sockets:
        for _ in range(8):
            with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sender:
                sender.sendto(b"six", ("::1", port))
        assert [len(numbers) for numbers in heard(sockets).values()] == [1]


def test_a_port_that_is_taken_says_so_unless_both_share_it() -> None:
    port = free_port()
    with contextlib.closing(bound_udp("127.0.0.1", port, OCTETS)):
        for together in (False, True):
            with pytest.raises(OSError, match="in use"):
                bound_udp("127.0.0.1", port, OCTETS, shared=together)
