"""The bad network does what its weather says, in both directions, and nothing else."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tests.chaos.udp_proxy import UdpProxy, Weather

HEARD_S = 60.0
OCTETS = bytes(range(64))


class Ends:
    """A server, a proxy before it, and a client."""

    def __init__(self) -> None:
        self.server = self._open()
        self.client = self._open()
        self.proxy = UdpProxy("127.0.0.1", seed=1)
        self.port = self.proxy.door(self.server.getsockname())
        self.proxy.start()

    def _open(self) -> socket.socket:
        opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        opened.bind(("127.0.0.1", 0))
        opened.settimeout(HEARD_S)
        return opened

    def ask(self, octets: bytes = OCTETS) -> None:
        self.client.sendto(octets, ("127.0.0.1", self.port))

    def close(self) -> None:
        self.proxy.close()
        self.server.close()
        self.client.close()


@pytest.fixture
def ends() -> Iterator[Ends]:
    made = Ends()
    yield made
    made.close()


def test_in_good_weather_everything_passes_both_ways(ends: Ends) -> None:
    ends.ask()
    octets, peer = ends.server.recvfrom(4_096)
    assert octets == OCTETS
    ends.server.sendto(b"answer", peer)
    answer, from_whom = ends.client.recvfrom(4_096)
    assert (answer, from_whom[1]) == (b"answer", ends.port)


def test_each_socket_of_the_client_has_one_of_its_own(ends: Ends) -> None:
    other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with other:
        ends.ask()
        other.sendto(OCTETS, ("127.0.0.1", ends.port))
        ends.ask()
        peers = [ends.server.recvfrom(4_096)[1] for _ in range(3)]
    assert len(set(peers)) == 2


def test_a_repeat_arrives_twice_and_a_loss_not_at_all(ends: Ends) -> None:
    ends.proxy.weather = Weather(twice=1.0)
    ends.ask()
    assert [ends.server.recv(4_096) for _ in range(2)] == [OCTETS, OCTETS]
    ends.proxy.weather = Weather(loss=1.0)
    ends.ask()
    until_lost(ends)
    ends.proxy.weather = Weather()
    ends.ask(b"next")
    assert ends.server.recv(4_096) == b"next"


def until_lost(ends: Ends) -> None:
    """The proxy works in a thread of its own; wait for the datagram to be dropped."""
    ends.client.settimeout(0.01)
    for _ in range(6_000):
        if ends.proxy.figures["lost"]:
            break
        with pytest.raises(TimeoutError):
            ends.client.recv(1)
    assert ends.proxy.figures["lost"] == 1


def test_a_flip_is_one_bit_and_a_truncation_a_prefix(ends: Ends) -> None:
    ends.proxy.weather = Weather(flip=1.0)
    ends.ask()
    flipped = ends.server.recv(4_096)
    assert sum((a ^ b).bit_count() for a, b in zip(flipped, OCTETS, strict=True)) == 1
    ends.proxy.weather = Weather(truncate=1.0)
    ends.ask()
    cut = ends.server.recv(4_096)
    assert len(cut) < len(OCTETS)
    assert OCTETS.startswith(cut)


def test_delays_reorder(ends: Ends) -> None:
    ends.proxy.weather = Weather(delay_ms=200)
    sent = [bytes((n,)) for n in range(50)]
    for octets in sent:
        ends.ask(octets)
    heard = [ends.server.recv(4_096) for _ in sent]
    assert sorted(heard) == sent
    assert heard != sent
    assert ends.proxy.figures["reordered"] > 0
