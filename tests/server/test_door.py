"""The door: who is let in, what is silently dropped, and how replies leave."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aaa.outcome import FAILED, Outcome
from aaa.request import Request
from domain.device import Latch, Policy
from radius.duplicates import Duplicates
from server.door import ACCT_CODES, AUTH_CODES, Door
from server.foyer import Foyer
from server.knocks import Knocks
from server.meters import Meters
from server.pace import Pace
from server.queue import Errand
from server.readiness import Readiness
from server.roster import Roster
from tests.server import packets
from tests.server.fakes import Clock, Datagrams, Spawn, device

PEER = ("192.0.2.7", 50_000)
LOCAL = "198.51.100.1"
ACCEPT = Outcome(2, b"\x12\x04hi", label="accepted")
MALFORMED = json.loads((Path(__file__).parent / "malformed.json").read_text())


class Hall:
    """An auth and an accounting door, with the queue replaced by a list."""

    def __init__(self, **fields: object) -> None:
        self.clock = Clock()
        self.spawn = Spawn(self.clock)
        self.meters = Meters()
        self.readiness = Readiness()
        self.readiness.started = True
        self.readiness.store_proved(self.clock.us)
        self.knocks = Knocks()
        self.device = device(**fields)  # type: ignore[arg-type]
        self.queue: list[Errand] = []
        self.foyer = Foyer(
            busy=lambda: False,
            roster=Roster([self.device]),
            duplicates=Duplicates(limit=1_000),
            readiness=self.readiness,
            knocks=self.knocks,
            meters=self.meters,
            clock=self.clock,
            spawn=self.spawn,
            offer_all=self.queue.extend,
            statuses=Pace(per_s=5, burst_n=5),
        )
        self.network = Datagrams()
        self.auth = Door(self.foyer, AUTH_CODES, 0)
        self.acct = Door(self.foyer, ACCT_CODES, 1)
        self.auth.open(self.network, "0.0.0.0", 1812)
        self.acct.open(self.network, "0.0.0.0", 1813)

    def settle(self, outcome: Outcome, index: int = -1) -> None:
        self.queue[index].settle(outcome, self.clock.us)

    def dropped(self) -> dict[str, int]:
        return {labels[0]: n for labels, n in self.meters.dropped.items()}


def test_a_login_is_queued_with_what_it_proved_and_answered_from_where_it_came_to() -> None:
    hall = Hall()
    request = packets.login()
    hall.auth.received(request, PEER, LOCAL)
    item = hall.queue[0].item
    assert isinstance(item, Request)
    assert item.signed and item.source_address == "192.0.2.7" and item.device is hall.device
    assert item.latches == (Latch.MESSAGE_AUTHENTICATOR, Latch.NO_PROXY_STATE)
    hall.settle(ACCEPT)
    octets, address, source, _ = hall.network.sent[0]
    assert (address, source) == (PEER, LOCAL), "DUP-11"
    packets.check_reply(octets, request, 2)
    assert hall.meters.logins["accept", "accepted"] == 1


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("code", [2, 3, 11])
def test_blr_01_every_access_reply_starts_with_a_message_authenticator(
    signed: bool, code: int
) -> None:
    hall = Hall()
    hall.auth.received(packets.login(signed=signed), PEER, LOCAL)
    hall.settle(Outcome(code, b"\x12\x04hi"))
    assert hall.network.sent[0][0][20:22] == b"\x50\x12"


@pytest.mark.parametrize("signed", [True, False])
def test_aut_03_an_accounting_response_has_a_message_authenticator_if_the_request_had(
    signed: bool,
) -> None:
    hall = Hall()
    request = packets.record(signed=signed)
    hall.acct.received(request, PEER, LOCAL)
    hall.settle(Outcome(5, label="interim"))
    octets = hall.network.sent[0][0]
    packets.check_reply(octets, request, 5)
    assert len(octets) == (38 if signed else 20)


def test_pkt_11_an_unknown_source_gets_nothing_and_is_remembered_within_bounds() -> None:
    hall = Hall()
    for n in range(100_000):
        address = f"203.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"
        hall.auth.received(packets.login() if n % 2 else b"", (address, 1000), LOCAL)
    assert hall.network.sent == [] and hall.queue == []
    assert len(hall.knocks) <= 256
    assert len(hall.foyer.duplicates) == 0
    assert hall.meters.unknown_client[()] == 100_000
    assert hall.meters.malformed == {} and hall.meters.requests == {}


@pytest.mark.parametrize("packet", MALFORMED, ids=lambda packet: packet["id"])
def test_malformed_packets_harm_nothing_on_either_port(packet: dict[str, str]) -> None:
    hall = Hall(require_message_authenticator=Policy.NO)
    octets = bytes.fromhex(packet["octets"])
    for door in (hall.auth, hall.acct):
        door.received(octets, PEER, LOCAL)
    assert len(hall.queue) <= (0 if packet["expect"] == "drop" else 1)
    assert hall.network.sent == []
    hall.auth.received(packets.login(), PEER, LOCAL)
    hall.settle(ACCEPT)
    assert len(hall.network.sent) == 1, "and the next login is served"


def test_aut_01_a_record_with_a_wrong_secret_is_dropped_and_counted_by_device() -> None:
    hall = Hall(secret=b"another secret altogether")
    hall.acct.received(packets.record(), PEER, LOCAL)
    assert hall.queue == []
    assert hall.meters.bad_authenticator["nas1",] == 1
    assert hall.meters.malformed["bad-authenticator",] == 1


def test_blr_07_a_wrong_message_authenticator_leaves_the_memory_of_answers_alone() -> None:
    hall = Hall()
    good = packets.login()
    bad = good[:22] + bytes(16) + good[38:]
    hall.auth.received(bad, PEER, LOCAL)
    assert len(hall.foyer.duplicates) == 0
    hall.auth.received(good, PEER, LOCAL)
    assert len(hall.queue) == 1


def test_a_port_serves_its_own_codes_only() -> None:
    hall = Hall()
    hall.auth.received(packets.record(), PEER, LOCAL)
    hall.acct.received(packets.login(), PEER, LOCAL)
    assert hall.queue == []
    assert hall.dropped() == {"code-not-served": 2}


def test_blr_03_a_source_that_once_signed_must_always_sign() -> None:
    hall = Hall()
    hall.auth.received(packets.login(1), PEER, LOCAL)
    hall.settle(ACCEPT)
    assert (PEER[0], Latch.MESSAGE_AUTHENTICATOR) in hall.device.latches
    hall.auth.received(packets.login(2, signed=False), PEER, LOCAL)
    assert len(hall.queue) == 1
    assert hall.dropped() == {"message-authenticator-required": 1}
    assert hall.meters.missing_message_authenticator["nas1",] == 1
    other = ("192.0.2.8", 50_000)
    hall.auth.received(packets.login(3, signed=False), other, LOCAL)
    assert len(hall.queue) == 2, "a latch belongs to one address"


def test_a_latch_holds_only_once_it_is_durable() -> None:
    hall = Hall()
    hall.auth.received(packets.login(1), PEER, LOCAL)
    hall.settle(FAILED)
    assert hall.device.latches == set()


def test_blr_03_a_latch_outlives_devices_that_are_read_again_meanwhile() -> None:
    hall = Hall()
    hall.auth.received(packets.login(1), PEER, LOCAL)
    hall.foyer.roster.replace([device()])
    hall.settle(ACCEPT)
    hall.auth.received(packets.login(2, signed=False), PEER, LOCAL)
    assert hall.dropped() == {"message-authenticator-required": 1}


def test_a_device_that_was_removed_meanwhile_latches_nothing_and_harms_nothing() -> None:
    hall = Hall()
    hall.auth.received(packets.login(1), PEER, LOCAL)
    hall.foyer.roster.replace([])
    hall.settle(ACCEPT)
    assert hall.device.latches == set()


def test_dup_02_a_repeat_of_a_pending_request_is_dropped() -> None:
    hall = Hall()
    for _ in range(3):
        hall.auth.received(packets.login(), PEER, LOCAL)
    assert len(hall.queue) == 1
    assert hall.meters.duplicates["access-request",] == 2


def test_dup_03_a_repeat_of_an_answered_request_gets_the_same_octets() -> None:
    hall = Hall()
    hall.auth.received(packets.login(), PEER, LOCAL)
    hall.settle(ACCEPT)
    hall.auth.received(packets.login(), PEER, LOCAL)
    first, second = (octets for octets, *_ in hall.network.sent)
    assert first == second
    assert len(hall.queue) == 1


def test_dup_04_a_new_request_under_an_old_identifier_silences_the_old_one() -> None:
    hall = Hall()
    hall.auth.received(packets.login(), PEER, LOCAL)
    newer = packets.login(authenticator=b"n" * 16)
    hall.auth.received(newer, PEER, LOCAL)
    hall.settle(ACCEPT, 0)
    assert hall.network.sent == []
    hall.settle(ACCEPT, 1)
    packets.check_reply(hall.network.sent[0][0], newer, 2)


def test_dup_08_a_reject_waits_its_delay_and_repeats_meanwhile_are_dropped() -> None:
    hall = Hall()
    request = packets.login()
    hall.auth.received(request, PEER, LOCAL)
    hall.settle(Outcome(3, delay_us=100_000, label="wrong-credential"))
    hall.auth.received(request, PEER, LOCAL)
    hall.spawn.advance(99_999)
    assert hall.network.sent == [] and hall.foyer.delayed_n == 1
    hall.spawn.advance(1)
    assert len(hall.network.sent) == 1 and hall.foyer.delayed_n == 0
    assert hall.meters.logins["reject", "wrong-credential"] == 1


def test_a_request_that_ended_in_silence_is_worked_on_again_when_repeated() -> None:
    hall = Hall()
    request = packets.record()
    hall.acct.received(request, PEER, LOCAL)
    hall.settle(FAILED)
    assert hall.network.sent == []
    hall.acct.received(request, PEER, LOCAL)
    assert len(hall.queue) == 2
    hall.queue[1].shed()
    hall.acct.received(request, PEER, LOCAL)
    assert len(hall.queue) == 3


def test_sts_02_status_server_is_answered_by_the_port_it_came_to() -> None:
    hall = Hall()
    for door, code in ((hall.auth, 2), (hall.acct, 5)):
        door.received(packets.status(), PEER, LOCAL)
        octets = hall.network.sent[-1][0]
        packets.check_reply(octets, packets.status(), code)
        assert octets[20:22] == b"\x50\x12"
    assert hall.queue == []


def test_sts_04_status_server_is_silent_when_we_cannot_serve() -> None:
    hall = Hall()
    hall.readiness.store_failed()
    hall.auth.received(packets.status(1), PEER, LOCAL)
    hall.readiness.store_proved(hall.clock.us)
    hall.readiness.draining = True
    hall.acct.received(packets.status(2), PEER, LOCAL)
    assert hall.network.sent == []
    assert hall.dropped() == {"not-ready": 2}


def test_sts_03_status_server_is_limited_by_device() -> None:
    hall = Hall()
    for n in range(9):
        hall.auth.received(packets.status(n), PEER, LOCAL)
    assert len(hall.network.sent) == 5
    assert hall.dropped() == {"status-rate": 4}


def test_while_draining_logins_are_met_with_silence_and_accounting_goes_on() -> None:
    hall = Hall()
    hall.readiness.draining = True
    hall.auth.received(packets.login(), PEER, LOCAL)
    hall.acct.received(packets.record(), PEER, LOCAL)
    assert [errand.item.packet.code for errand in hall.queue] == [4]  # type: ignore[union-attr]
    hall.foyer.closed = True
    hall.acct.received(packets.record(2), PEER, LOCAL)
    assert len(hall.queue) == 1


def test_a_reply_that_fits_no_packet_is_not_sent_and_harms_nobody() -> None:
    hall = Hall()
    hall.auth.received(packets.login(), PEER, LOCAL)
    hall.settle(Outcome(2, b"\x12\x04hi" * 1_100))
    assert hall.network.sent == []
    assert hall.dropped() == {"reply-too-long": 1}


def test_the_way_a_device_reached_us_is_remembered_for_orders() -> None:
    hall = Hall()
    hall.acct.received(packets.record(), PEER, LOCAL)
    assert hall.foyer.roster.path(PEER[0]) == LOCAL
    assert hall.foyer.roster.path("192.0.2.99") is None


def test_what_a_device_does_is_observed_and_what_a_stranger_sends_is_not() -> None:
    hall = Hall()
    hall.auth.received(packets.login(signed=True), PEER, LOCAL)
    hall.auth.received(packets.login(signed=False), PEER, LOCAL)
    hall.acct.received(packets.record(), PEER, LOCAL)
    spoilt = bytearray(packets.record())
    spoilt[7] ^= 1
    hall.acct.received(bytes(spoilt), PEER, LOCAL)
    hall.acct.received(packets.record(), ("203.0.113.9", 1813), LOCAL)
    (found,) = hall.foyer.observing.take({}, 0)
    assert (found.device_id, found.requests_n) == (hall.device.device_id, 3)
    assert (found.unsigned_n, found.wrong_sums_n) == (1, 1)
