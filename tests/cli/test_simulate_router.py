"""The simulated router believes genuine answers and orders, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from pyrad.client import Timeout

from cli.simulate_router import Ear, Router, Status
from radius import Packet, encode_attributes
from radius.attributes import write_integer
from radius.packet import decode, sign_reply, sign_request
from radius.passwords import unhide_password
from radius.vendors import vendor_attribute
from tests.cli.simulated import NOW_US, SECRET, FakeServer, StoodClock

ACCEPT, REJECT, RESPONSE = 2, 3, 5
DISCONNECT, DISCONNECT_ACK, DISCONNECT_NAK, COA, COA_ACK = 40, 41, 42, 43, 44
MIKROTIK = 14988
GRANT = encode_attributes(
    [
        (25, b"a-class"),
        (27, write_integer(3_600)),
        (85, write_integer(300)),
        vendor_attribute(MIKROTIK, 17, write_integer(705_032_704)),
        vendor_attribute(MIKROTIK, 18, write_integer(1)),
    ]
)


def reply(
    request: Packet,
    code: int,
    attributes: bytes = b"",
    *,
    secret: bytes = SECRET,
    signed: bool = True,
) -> bytes:
    """A reply of the server; `signed`: with a Message-Authenticator."""
    return sign_reply(
        code,
        request.identifier,
        request.authenticator,
        attributes,
        secret,
        with_message_authenticator=signed,
    )


def router_at(server: FakeServer, *, tries: int = 1, timeout_s: int = 60) -> Router:
    """A router with a session, on its way to a server."""
    names = {"User-Name": "alice", "Calling-Station-Id": "02:00:00:00:00:01"}
    uplink = server.uplink(tries=tries, timeout_s=timeout_s)
    return Router(uplink, names, session_id="s1", clock=StoodClock())


def test_a_login_learns_the_limits_and_the_class_goes_into_every_record() -> None:
    def answer(packet: Packet, octets: bytes) -> list[bytes]:
        if packet.code == 1:
            return [reply(packet, ACCEPT, GRANT)]
        return [reply(packet, RESPONSE, signed=False)]

    with FakeServer(answer) as server:
        router = router_at(server)
        assert router.login(b"wonderland", "pap") == (True, "")
        assert router.limits.total_octets == 5_000_000_000
        assert router.limits.session_timeout_s == 3_600
        assert router.report(Status.START)
        router.counters.output_octets = 5_000_000_001
        assert router.report(Status.INTERIM)
    asked, start, interim = server.heard
    hidden = asked.first(2)
    assert hidden is not None
    assert unhide_password(hidden, SECRET, asked.authenticator) == b"wonderland"
    assert start.first(25) == interim.first(25) == b"a-class"
    assert (start.first(43), start.first(44)) == (None, b"s1")
    assert (interim.integer(53), interim.integer(43)) == (1, 705_032_705)
    assert interim.integer(55) == NOW_US // 1_000_000


def test_the_words_of_a_refusal_are_handed_on() -> None:
    words = encode_attributes([(18, b"not today")])
    with FakeServer(lambda packet, octets: [reply(packet, REJECT, words)]) as server:
        assert router_at(server).login(b"x", "chap") == (False, "not today")


@pytest.mark.parametrize("forgery", ["unsigned", "secret", "garbage"])
def test_aut_an_answer_that_is_not_genuine_is_passed_over(forgery: str) -> None:
    def answer(packet: Packet, octets: bytes) -> list[bytes]:
        forged = {
            "unsigned": reply(packet, ACCEPT, GRANT, signed=False),
            "secret": reply(packet, ACCEPT, GRANT, secret=b"mistaken"),
            "garbage": b"\x02\x00garbage",
        }[forgery]
        return [forged]

    with FakeServer(answer) as server, pytest.raises(Timeout):
        router_at(server, timeout_s=1).login(b"x", "pap")


def test_a_record_that_nobody_answers_is_repeated_and_then_given_up() -> None:
    with FakeServer(lambda packet, octets: []) as server:
        assert router_at(server, tries=2, timeout_s=1).report(Status.START) is False
    first, second = server.heard
    assert (first.integer(41), second.integer(41)) == (0, 1)  # Acct-Delay-Time


# -------------------------------------------------------------------- orders


class Wire:
    """Takes what the ear sends (asyncio.DatagramTransport)."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def sendto(self, octets: bytes, peer: tuple[str, int]) -> None:
        """Keep it."""
        self.sent.append(octets)


class Listening:
    """A router with an open ear, and what it heard and said."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []
        self.wire: Any = Wire()
        with FakeServer(lambda packet, octets: []) as server:
            self.router = router_at(server)
        self.ear = Ear(
            self.router,
            SECRET,
            StoodClock(),
            lambda *words: self.heard.append((words[0], words[1])),
        )
        self.ear.connection_made(self.wire)

    def tell(self, octets: bytes) -> Packet | None:
        """Give it a datagram; its answer, if it gave one."""
        before = len(self.wire.sent)
        self.ear.datagram_received(octets, ("127.0.0.1", 4000))
        return decode(self.wire.sent[-1]) if len(self.wire.sent) > before else None


def order(code: int, *more: tuple[int, bytes], secret: bytes = SECRET, late_s: int = 0) -> bytes:
    """An order about the session, as the server makes it."""
    stamp = write_integer(NOW_US // 1_000_000 - late_s)
    content = encode_attributes([(55, stamp), *more])
    return sign_request(code, 9, None, content, secret, with_message_authenticator=True)


def test_a_disconnect_is_acknowledged_once_and_repeats_get_the_same_answer() -> None:
    router = Listening()
    octets = order(DISCONNECT, (44, b"s1"), (1, b"alice"))
    for _ in range(3):
        answer = router.tell(octets)
        assert answer is not None
        assert answer.code == DISCONNECT_ACK
    assert len(set(router.wire.sent)) == 1
    assert router.heard == [("Disconnect-Request", "Disconnect-ACK")]


def test_a_coa_changes_the_limits_that_it_names() -> None:
    router = Listening()
    router.router.limits.session_timeout_s = 77
    limit = vendor_attribute(MIKROTIK, 17, write_integer(123))
    speed = vendor_attribute(MIKROTIK, 8, b"1M/2M")
    answer = router.tell(order(COA, (44, b"s1"), limit, speed))
    assert answer is not None
    assert answer.code == COA_ACK
    assert router.router.limits.total_octets == 123
    assert router.router.limits.session_timeout_s == 77
    assert router.router.limits.speed == "1M/2M"
    router.tell(order(COA, (44, b"s1"), (27, write_integer(9))))
    assert (router.router.limits.speed, router.router.limits.session_timeout_s) == ("1M/2M", 9)


@pytest.mark.parametrize("key", [(44, b"s2"), (1, b"bob"), (8, b"\n\0\0\1")])
def test_coa_11_an_order_for_another_session_is_refused_with_503(key: tuple[int, bytes]) -> None:
    router = Listening()
    answer = router.tell(order(DISCONNECT, key))
    assert answer is not None
    assert (answer.code, answer.integer(101)) == (DISCONNECT_NAK, 503)
    assert router.heard == [("Disconnect-Request", "Disconnect-NAK")]


def test_s9_orders_that_are_forged_stale_or_no_orders_meet_silence() -> None:
    router = Listening()
    genuine = order(DISCONNECT, (44, b"s1"))
    for octets in (
        order(DISCONNECT, (44, b"s1"), secret=b"mistaken"),
        order(DISCONNECT, (44, b"s1"), late_s=301),
        genuine[:-1] + bytes([genuine[-1] ^ 1]),
        order(4, (44, b"s1")),
        b"",
        genuine[:19],
    ):
        assert router.tell(octets) is None
    assert router.heard == []
