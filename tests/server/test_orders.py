"""Orders: sent at once, repeated, answered or not, one at a time for each session."""

from __future__ import annotations

import pytest

from aaa.request import Settled
from domain.grant import Order, OrderKind, OrderResult
from radius import encode_attributes
from radius.packet import sign_reply
from server.meters import Meters
from server.orders import LIMITS_AGE_MAX_US, WINDOW_N, OrderSender
from server.roster import Roster
from tests.server.fakes import SECRET, Clock, Datagram, Datagrams, Randomness, Spawn, device, order

DISCONNECT, DISCONNECT_ACK, DISCONNECT_NAK, COA = 40, 41, 42, 43
NAS = ("192.0.2.1", 3799)


class Yard:
    """A sender on a fake network."""

    def __init__(self, *, sockets: int = 2, hosts: tuple[str, ...] = ("0.0.0.0",)) -> None:
        self.clock = Clock()
        self.spawn = Spawn(self.clock)
        self.network = Datagrams()
        self.meters = Meters()
        self.roster = Roster([device()])
        self.settled: list[Settled] = []
        self.sender = OrderSender(
            self.roster,
            clock=self.clock,
            randomness=Randomness(),
            datagrams=self.network,
            spawn=self.spawn,
            meters=self.meters,
            settle=self.settled.append,
            sockets_n=sockets,
        )
        for host in hosts:
            self.sender.open(host)

    @property
    def sent(self) -> list[Datagram]:
        return self.network.sent

    def answer(
        self,
        asked: Datagram,
        code: int = DISCONNECT_ACK,
        *,
        cause: int = 0,
        peer: tuple[str, int] = NAS,
        secret: bytes = SECRET,
    ) -> None:
        octets = asked.octets
        attributes = encode_attributes([(101, cause.to_bytes(4, "big"))]) if cause else b""
        reply = sign_reply(
            code, octets[1], octets[4:20], attributes, secret, with_message_authenticator=True
        )
        asked.port.received(reply, peer, "0.0.0.0")

    def results(self) -> list[tuple[int, OrderResult, int, int]]:
        return [(s.order_id, s.result, s.error_cause, s.attempts_n) for s in self.settled]


def limits(order_id: int, session_id: int = 1, **fields: int) -> Order:
    return order(order_id, session_id, kind=OrderKind.LIMITS, **fields)


def test_an_order_leaves_within_the_call_that_carries_it() -> None:
    yard = Yard()
    yard.sender.carry([order(1)])
    octets, address, *_ = yard.sent[0]
    assert octets[0] == DISCONNECT and address == NAS
    assert octets[20:22] == b"\x50\x12", "COA-02: Message-Authenticator first"


def test_an_order_already_known_is_not_sent_twice() -> None:
    yard = Yard()
    yard.sender.carry([order(1)])
    yard.sender.carry([order(1), order(1)])
    assert len(yard.sent) == 1
    yard.answer(yard.sent[0])
    yard.sender.carry([order(1)])
    assert len(yard.sent) == 1, "its end is not durable yet"
    yard.sender.forget(1)
    assert yard.sender.pending_n == 0


def test_an_ack_and_a_nak_with_its_cause_settle_an_order() -> None:
    yard = Yard()
    yard.sender.carry([order(1, 1), order(2, 2)])
    yard.answer(yard.sent[0])
    yard.answer(yard.sent[1], DISCONNECT_NAK, cause=503)
    assert yard.results() == [(1, OrderResult.ACK, 0, 1), (2, OrderResult.NAK, 503, 1)]
    assert yard.meters.orders["disconnect", "ack"] == 1


def test_coa_03_silence_repeats_the_same_octets_and_ends_after_30_seconds() -> None:
    yard = Yard()
    yard.sender.carry([order(1)])
    yard.spawn.advance(29_000_000)
    assert yard.settled == []
    assert len({octets for octets, *_ in yard.sent}) == 1
    assert len(yard.sent) == 4  # at 0, 2, 6 and 14 seconds
    yard.spawn.advance(1_000_000)
    assert yard.results() == [(1, OrderResult.SILENCE, 0, 4)]
    yard.spawn.advance(60_000_000)
    assert len(yard.sent) == 4


@pytest.mark.parametrize(
    "forgery",
    [{"peer": ("192.0.2.2", 3799)}, {"peer": ("192.0.2.1", 3798)}, {"secret": b"wrong" * 4}],
    ids=["address", "port", "secret"],
)
def test_s09_a_forged_answer_settles_nothing(forgery: dict[str, object]) -> None:
    yard = Yard()
    yard.sender.carry([order(1)])
    yard.answer(yard.sent[0], **forgery)  # type: ignore[arg-type]
    assert yard.settled == []
    assert yard.meters.dropped["order-reply-invalid",] == 1
    yard.answer(yard.sent[0])
    assert yard.results() == [(1, OrderResult.ACK, 0, 1)]


def test_s09_a_late_answer_settles_nothing() -> None:
    yard = Yard(sockets=1)
    yard.sender.carry([order(1)])
    old = yard.sent[0]
    yard.spawn.advance(31_000_000)
    assert yard.results() == [(1, OrderResult.SILENCE, 0, 4)]
    yard.answer(old)
    for n in range(2, 258):  # until the identifier is used again
        yard.sender.carry([order(n, n)])
        if yard.sent[-1][0][1] == old.octets[1]:
            break
        yard.answer(yard.sent[-1])
    before = len(yard.settled)
    yard.answer(old)
    assert len(yard.settled) == before


@pytest.mark.parametrize("octets", [b"", b"\x29", bytes(19), bytes(20), b"\x29\x00" + bytes(40)])
def test_noise_on_a_source_socket_harms_nothing(octets: bytes) -> None:
    yard = Yard()
    yard.sender.carry([order(1)])
    for port in yard.network.ports:
        port.received(octets, NAS, "0.0.0.0")
    assert yard.settled == []


def test_coa_05_orders_of_one_session_go_one_after_the_other() -> None:
    yard = Yard()
    yard.sender.carry([order(1, 9), order(2, 9)])
    assert len(yard.sent) == 1
    yard.answer(yard.sent[0])
    assert len(yard.sent) == 2
    yard.answer(yard.sent[1])
    assert [s.order_id for s in yard.settled] == [1, 2]


def test_a_disconnect_does_not_wait_for_an_unanswered_coa() -> None:
    yard = Yard()
    yard.sender.carry([limits(1, 9)])
    yard.sender.carry([order(2, 9)])
    assert [octets[0] for octets, *_ in yard.sent] == [COA, DISCONNECT]
    assert yard.results() == [(1, OrderResult.OBSOLETE, 0, 1)]
    yard.answer(yard.sent[1])
    assert yard.results()[1] == (2, OrderResult.ACK, 0, 1)


def test_limits_for_a_session_that_is_being_cut_are_obsolete() -> None:
    yard = Yard()
    yard.sender.carry([order(1, 9), limits(2, 9)])
    assert len(yard.sent) == 1
    assert yard.results() == [(2, OrderResult.OBSOLETE, 0, 0)]


def test_newer_limits_replace_those_that_wait() -> None:
    yard = Yard()
    yard.sender.carry([limits(1, 9), limits(2, 9), limits(3, 9)])
    assert yard.results() == [(2, OrderResult.OBSOLETE, 0, 0)]
    yard.answer(yard.sent[0], 44)
    assert len(yard.sent) == 2


def test_limits_of_long_ago_are_not_sent() -> None:
    yard = Yard()
    yard.sender.carry([limits(1, created_us=yard.clock.us - LIMITS_AGE_MAX_US - 1)])
    assert yard.sent == []
    assert yard.results() == [(1, OrderResult.OBSOLETE, 0, 0)]


def test_one_device_has_a_bounded_number_of_orders_open() -> None:
    yard = Yard()
    yard.sender.carry([order(n, n) for n in range(1, 101)])
    assert len(yard.sent) == WINDOW_N
    for n in range(100):
        yard.answer(yard.sent[n])
    assert len(yard.sent) == 100
    assert [s.order_id for s in yard.settled] == list(range(1, 101))


def test_s14_ten_thousand_disconnects_at_once_all_come_to_an_end() -> None:
    yard = Yard(sockets=1)
    yard.roster.replace([device(prefix="192.0.0.0/16")])
    yard.sender.carry([order(n, n, address=f"192.0.{n % 200}.1") for n in range(1, 10_001)])
    assert len(yard.sent) == 256, "as many as one socket has identifiers"
    answered = 0
    while answered < len(yard.sent):
        octets, peer, *_ = yard.sent[answered]
        reply = sign_reply(
            DISCONNECT_ACK, octets[1], octets[4:20], b"", SECRET, with_message_authenticator=False
        )
        yard.network.ports[0].received(reply, peer, "0.0.0.0")
        answered += 1
    assert answered == 10_000
    assert sorted(s.order_id for s in yard.settled) == list(range(1, 10_001))
    assert {s.result for s in yard.settled} == {OrderResult.ACK}


def test_s14_identifiers_are_used_again_as_late_as_possible() -> None:
    yard = Yard(sockets=1)
    for n in range(1, 300):
        yard.sender.carry([order(n, n)])
        yard.answer(yard.sent[-1])
    assert [octets[1] for octets, *_ in yard.sent] == [n % 256 for n in range(299)]


def test_an_order_for_a_device_that_is_no_more_ends_in_silence() -> None:
    yard = Yard()
    yard.sender.carry([order(n, n, device_id=99) for n in range(1, 5_001)])
    assert yard.sent == []
    assert {s.result for s in yard.settled} == {OrderResult.SILENCE}
    assert len(yard.settled) == 5_000


def test_an_order_too_long_for_a_packet_gives_its_identifier_back() -> None:
    yard = Yard(sockets=1)
    yard.sender.carry([order(1, attributes=b"\x2c\xff" + bytes(253)) for _ in range(1)])
    yard.sender.carry([order(2, 2, attributes=(b"\x2c\xff" + bytes(253)) * 20)])
    assert yard.results() == [(2, OrderResult.SILENCE, 0, 0)]
    assert len(yard.sent) == 1


def test_coa_01_an_order_leaves_from_the_address_the_device_knows() -> None:
    yard = Yard(hosts=("198.51.100.1", "198.51.100.2"))
    yard.roster.met("192.0.2.1", "198.51.100.2")
    yard.sender.carry([order(1)])
    assert yard.sent[0].port.host == "198.51.100.2"
    wild = Yard()
    wild.roster.met("192.0.2.1", "198.51.100.2")
    wild.sender.carry([order(1)])
    assert wild.sent[0][2] == "198.51.100.2"


def test_an_order_leaves_by_a_socket_of_the_right_family() -> None:
    yard = Yard(hosts=("0.0.0.0", "::"))
    yard.roster.replace([device(prefix="2001:db8::/64")])
    yard.sender.carry([order(1, address="2001:db8::1")])
    assert yard.sent[0].port.host == "::"
    four = Yard(hosts=("0.0.0.0",))
    four.roster.replace([device(prefix="2001:db8::/64")])
    four.sender.carry([order(1, address="2001:db8::1")])
    assert four.results() == [(1, OrderResult.SILENCE, 0, 0)]


def test_closing_stops_all_repeats_and_settles_nothing() -> None:
    yard = Yard()
    yard.sender.carry([order(1), order(2, 2)])
    yard.sender.close()
    yard.spawn.advance(60_000_000)
    assert len(yard.sent) == 2 and yard.settled == []
    assert all(port.closed for port in yard.network.ports)


def test_an_order_that_follows_one_that_cannot_be_sent_is_not_forgotten() -> None:
    yard = Yard()
    yard.sender.carry([order(n, n) for n in range(1, WINDOW_N + 1)])
    yard.sender.carry([order(100, 100), order(101, 100, address="192.0.2.7")])
    yard.roster.replace([])
    yard.answer(yard.sent[0])
    assert [settled.order_id for settled in yard.settled] == [1, 100, 101]


def test_orders_that_cannot_be_sent_leave_no_lanes_behind() -> None:
    yard = Yard()
    yard.roster.replace([])
    yard.sender.carry([order(n, n, address=f"192.0.2.{n}") for n in range(1, 50)])
    assert len(yard.settled) == 49
    assert not yard.sender._lanes


def test_lanes_are_given_back_when_their_orders_have_ended() -> None:
    yard = Yard()
    yard.sender.carry([order(n, n) for n in range(1, WINDOW_N + 9)])
    yard.spawn.advance(100_000_000)
    assert len(yard.settled) == WINDOW_N + 8
    assert not yard.sender._lanes


def test_coa_01_no_order_for_another_machine_leaves_from_loopback() -> None:
    yard = Yard(hosts=("127.0.0.1", "192.0.2.200", "::1"))
    yard.sender.carry([order(n, n) for n in range(1, 9)])
    assert {sent.port.host for sent in yard.sent} == {"192.0.2.200"}
    yard.sender.carry([order(9, 9, address="127.0.0.2")])
    assert yard.sent[-1].port.host == "127.0.0.1"


def office(order_id: int, session_id: int | None = None, **fields: object) -> Order:
    """An order of the office: it costs nothing while it waits."""
    return order(order_id, session_id or order_id, reason="suspended", **fields)


def service(order_id: int, session_id: int = 1, reason: str = "service-changed") -> Order:
    return order(order_id, session_id, kind=OrderKind.SERVICE, reason=reason)


def test_orders_of_the_office_go_at_the_pace_of_the_device() -> None:
    yard = Yard()
    yard.roster.replace([device(coa_per_s=20)])
    yard.sender.carry([office(n) for n in range(1, 101)])
    assert len(yard.sent) == 1
    yard.answer(yard.sent[0])
    for second in range(1, 5):
        for _ in range(20):
            yard.spawn.advance(50_000)
            yard.answer(yard.sent[-1])
        assert len(yard.sent) == second * 20 + 1
    yard.spawn.advance(1_000_000)
    assert len(yard.sent) == 100
    assert not yard.sender._lanes[NAS].waiting


def test_two_boxes_have_each_their_own_pace() -> None:
    yard = Yard()
    yard.roster.replace([device(coa_per_s=1)])
    yard.sender.carry([office(n, address=f"192.0.2.{n % 2}") for n in range(1, 5)])
    assert len(yard.sent) == 2
    yard.spawn.advance(1_000_000)
    assert len(yard.sent) == 4


def test_what_costs_money_while_it_waits_goes_ahead_and_unpaced() -> None:
    yard = Yard()
    yard.roster.replace([device(coa_per_s=1)])
    yard.sender.carry([office(n) for n in range(1, 11)])
    yard.sender.carry([order(n, n) for n in range(11, 16)])
    assert len(yard.sent) == 6, "one, and then all five"
    yard.spawn.advance(999_999)
    assert len(yard.sent) == 6
    yard.spawn.advance(1)
    assert len(yard.sent) == 7


def test_a_session_that_must_end_at_once_does_not_wait_for_its_change() -> None:
    yard = Yard()
    yard.roster.replace([device(coa_per_s=1)])
    yard.sender.carry([office(1), service(2, 9)])
    yard.sender.carry([order(3, 9)])
    assert yard.results() == [(2, OrderResult.OBSOLETE, 0, 0)]
    assert [sent.octets[0] for sent in yard.sent] == [DISCONNECT, DISCONNECT]


def test_a_lane_that_waits_for_its_pace_is_given_back_and_closing_stops_it() -> None:
    yard = Yard()
    yard.roster.replace([device(coa_per_s=1)])
    yard.sender.carry([office(1), office(2)])
    yard.answer(yard.sent[0])
    yard.spawn.advance(1_000_000)
    yard.answer(yard.sent[1])
    assert not yard.sender._lanes
    yard.sender.carry([office(3), office(4)])
    yard.sender.close()
    yard.spawn.advance(60_000_000)
    assert len(yard.sent) == 2


def test_changes_of_a_service_go_one_after_another_and_none_is_left_out() -> None:
    yard = Yard()
    yard.sender.carry([service(n, 9, "restored") for n in (1, 2, 3)])
    for n in range(3):
        assert len(yard.sent) == n + 1
        yard.answer(yard.sent[n], 44)
    assert [settled.order_id for settled in yard.settled] == [1, 2, 3]
    assert {settled.result for settled in yard.settled} == {OrderResult.ACK}


def test_limits_are_replaced_by_what_comes_after_them_and_a_service_is_not() -> None:
    yard = Yard()
    yard.sender.carry([service(1, 9, "restored"), limits(2, 9), service(3, 9, "restored")])
    assert yard.results() == [(2, OrderResult.OBSOLETE, 0, 0)]
    yard.sender.carry([limits(4, 9), limits(5, 9)])
    assert yard.results()[1:] == [(4, OrderResult.OBSOLETE, 0, 0)]
    yard.sender.carry([order(6, 9)])
    assert [one for one, *_ in yard.results()] == [2, 4, 3, 5, 1], "nothing follows its end"
    yard.sender.carry([service(7, 9, "restored")])
    assert yard.results()[-1] == (7, OrderResult.OBSOLETE, 0, 0)
    assert [sent.octets[0] for sent in yard.sent] == [COA, DISCONNECT]


def test_limits_that_were_not_sent_yet_give_way_to_newer_ones() -> None:
    yard = Yard()
    yard.roster.replace([device(coa_per_s=1)])
    yard.sender.carry([office(1)])
    told = [order(n, 9, kind=OrderKind.LIMITS, reason="validity-changed") for n in (2, 3)]
    yard.sender.carry(told)
    assert yard.results() == [(2, OrderResult.OBSOLETE, 0, 0)]
    yard.spawn.advance(1_000_000)
    assert len(yard.sent) == 2
    yard.answer(yard.sent[1], 44)
    assert yard.results()[1:] == [(3, OrderResult.ACK, 0, 1)]
