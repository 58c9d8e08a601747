"""The sockets orders leave from, and the 256 identifiers that each of them has (COA-05, S14).

An identifier that was given back is used again as late as possible, so that a late answer to its
old order finds nobody, or somebody whose sums it does not match.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from domain.seams import DatagramPort, Datagrams

IDENTIFIERS_N: Final = 256
HEADER_OCTETS: Final = 20
WILDCARDS: Final = ("0.0.0.0", "::")


class Seat:
    """One identifier of one socket, taken until `leave`."""

    __slots__ = ("_socket", "identifier")

    def __init__(self, socket: SourceSocket, identifier: int) -> None:
        self._socket = socket
        self.identifier = identifier

    def send(self, octets: bytes, address: tuple[str, int], source: str | None) -> None:
        """Send from this socket, and from the local address `source` where it has several."""
        self._socket.send(octets, address, source)

    def leave(self) -> None:
        """Give the identifier back; it becomes the last one to be used again."""
        self._socket.holders.pop(self.identifier, None)


class SourceSocket:
    """One bound socket: who holds which identifier, and which comes next."""

    __slots__ = ("_next", "_port", "holders")

    def __init__(self) -> None:
        self._port: DatagramPort | None = None
        self._next = 0
        self.holders: dict[int, object] = {}

    def open(self, port: DatagramPort) -> None:
        """Use this port from now on."""
        self._port = port

    def close(self) -> None:
        """Give the port back."""
        if self._port is not None:
            self._port.close()
            self._port = None

    def send(self, octets: bytes, address: tuple[str, int], source: str | None) -> None:
        """Send, if it is still open."""
        if self._port is not None:
            self._port.send(octets, address, source)

    def seat(self, holder: object) -> Seat | None:
        """A free identifier, the one that was used longest ago; None: all are taken."""
        if len(self.holders) >= IDENTIFIERS_N:
            return None
        while self._next in self.holders:
            self._next = (self._next + 1) % IDENTIFIERS_N
        seat = Seat(self, self._next)
        self.holders[self._next] = holder
        self._next = (self._next + 1) % IDENTIFIERS_N
        return seat


class SourceSockets:
    """Several sockets for each of our addresses.

    `received(holder, octets, peer)` gets each datagram with whoever holds its identifier on the
    socket it came to, or None.
    """

    def __init__(
        self,
        datagrams: Datagrams,
        each_n: int,
        received: Callable[[Any, bytes, tuple[str, int]], None],
    ) -> None:
        self._datagrams = datagrams
        self._each_n = each_n
        self._received = received
        self._by_host: dict[str, list[SourceSocket]] = {}
        self._turn = 0

    def open(self, host: str) -> None:
        """Bind the sockets of one local address; raises OSError."""
        made = self._by_host.setdefault(host, [])
        for _ in range(self._each_n):
            socket = SourceSocket()
            socket.open(self._datagrams.bind(host, 0, partial(self._heard, socket)))
            made.append(socket)

    def close(self) -> None:
        """Give all ports back."""
        for sockets in self._by_host.values():
            for socket in sockets:
                socket.close()
        self._by_host.clear()

    def reaches(self, address: str) -> bool:
        """Is there a socket of the family of `address`?"""
        return any((":" in host) == (":" in address) for host in self._by_host)

    def seat(self, address: str, source: str | None, holder: object) -> Seat | None:
        """An identifier on a socket that reaches `address`, best on our address `source`."""
        sockets = self._candidates(address, source)
        for step in range(len(sockets)):
            seat = sockets[(self._turn + step) % len(sockets)].seat(holder)
            if seat is not None:
                self._turn += 1
                return seat
        return None

    def _candidates(self, address: str, source: str | None) -> list[SourceSocket]:
        if source is not None and source in self._by_host:
            return self._by_host[source]
        hosts = [host for host in self._by_host if (":" in host) == (":" in address)]
        wild = [host for host in hosts if host in WILDCARDS]
        # Nothing leaves the machine from a loopback address, and nothing else reaches one.
        inside = _is_loopback(address)
        fit = wild or [host for host in hosts if _is_loopback(host) == inside] or hosts
        return [socket for host in fit for socket in self._by_host[host]]

    def _heard(
        self, socket: SourceSocket, octets: bytes, peer: tuple[str, int], _local: str
    ) -> None:
        holder = socket.holders.get(octets[1]) if len(octets) >= HEADER_OCTETS else None
        self._received(holder, octets, peer)


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return address == "localhost"
