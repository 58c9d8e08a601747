"""Identifiers of source sockets: each once, reused late."""

from __future__ import annotations

from server.source_sockets import SourceSocket, SourceSockets
from tests.server.fakes import Datagrams


def test_a_socket_gives_each_of_256_identifiers_once() -> None:
    socket = SourceSocket()
    seats = [socket.seat("holder") for _ in range(256)]
    assert sorted(seat.identifier for seat in seats if seat) == list(range(256))
    assert socket.seat("one too many") is None


def test_an_identifier_given_back_is_found_again() -> None:
    socket = SourceSocket()
    seats = [socket.seat("holder") for _ in range(256)]
    assert seats[77] is not None
    seats[77].leave()
    again = socket.seat("next")
    assert again is not None and again.identifier == 77


def test_holders_are_spread_over_the_sockets_and_found_by_identifier() -> None:
    network = Datagrams()
    heard: list[object] = []
    sockets = SourceSockets(network, 2, lambda holder, octets, peer: heard.append(holder))
    sockets.open("0.0.0.0")
    seats = [sockets.seat("192.0.2.1", None, n) for n in range(4)]
    for port in network.ports:
        for identifier in (0, 1, 2):
            port.received(bytes([41, identifier]) + bytes(18), ("192.0.2.1", 3799), "")
    assert sorted(str(holder) for holder in heard) == ["0", "1", "2", "3", "None", "None"]
    assert all(seats)


def test_what_no_socket_reaches_is_said_so() -> None:
    sockets = SourceSockets(Datagrams(), 1, lambda holder, octets, peer: None)
    sockets.open("::")
    assert sockets.reaches("2001:db8::1") and not sockets.reaches("192.0.2.1")
    assert sockets.seat("192.0.2.1", None, "holder") is None
