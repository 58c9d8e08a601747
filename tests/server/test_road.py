"""The compiled road beside the door of plain Python: the same datagrams, the same everything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aaa.outcome import FAILED, SILENT, Outcome
from domain.device import Policy
from radius import encode_attributes
from radius.duplicates import Duplicates
from radius.packet import decode, sign_request
from server._road import Visit, rank_of, settle_all
from server.door import ACCT_CODES, AUTH_CODES
from server.queue import Rank
from server.roster import Roster
from tests.server import packets
from tests.server.fakes import device
from tests.server.plain_door import PlainDoor
from tests.server.test_door import ACCEPT, LOCAL, PEER, Hall

Peer = tuple[str, int]
PEERS: list[Peer] = [PEER, ("192.0.2.7", 50_001), ("192.0.2.8", 50_000), ("203.0.113.9", 50_000)]
OUTCOMES = [
    ACCEPT,
    Outcome(3, label="no-credit"),
    Outcome(5, label="interim"),
    Outcome(5, encode_attributes([(33, b"state")]), label="stop"),
    SILENT,
    FAILED,
]

good = st.builds(
    packets.login,
    st.integers(0, 2),
    signed=st.booleans(),
    authenticator=st.sampled_from([bytes(16), b"1" * 16]),
    extra=st.sampled_from([b"", encode_attributes([(33, b"proxied")])]),
) | st.builds(
    packets.record,
    st.integers(0, 2),
    status=st.sampled_from([1, 2, 3, 7, 8, 15]),
    signed=st.booleans(),
    octets_n=st.integers(0, 2),
)


@st.composite
def bad(draw: st.DrawFn) -> bytes:
    """A packet that was cut, lengthened, bent, or never was one."""
    octets = bytearray(draw(good))
    what = draw(st.sampled_from(["cut", "padded", "bent", "noise", "another code"]))
    if what == "cut":
        return bytes(octets[: draw(st.integers(0, len(octets)))])
    if what == "padded":
        return bytes(octets) + draw(st.binary(max_size=4))
    if what == "noise":
        return draw(st.binary(max_size=40))
    if what == "another code":
        return sign_request(40, 1, None, b"", b"x", with_message_authenticator=False)
    octets[draw(st.integers(0, len(octets) - 1))] ^= 1 << draw(st.integers(0, 7))
    return bytes(octets) if octets[0] != 12 else b""


datagrams = st.tuples(
    good | good | bad(), st.sampled_from(PEERS), st.sampled_from([LOCAL, "198.51.100.2"])
)
bursts = st.tuples(st.just("burst"), st.booleans(), st.lists(datagrams, max_size=6))
batches = st.tuples(
    st.just("batch"), st.booleans(), st.lists(st.sampled_from(range(len(OUTCOMES))), max_size=4)
)
changes = st.tuples(
    st.sampled_from(["drain", "close", "pass", "reload"]), st.booleans(), st.just([])
)


def figures(hall: Hall) -> dict[str, Any]:
    """All that is counted, but for what is nothing."""
    found = {
        name: {labels: n for labels, n in counts.items() if n}
        for name, counts in vars(hall.meters).items()
        if name not in ("durations", "batch_times", "batch_sizes", "order_times")
    }
    found["durations"] = {
        labels: (times.counts, times.total) for labels, times in hall.meters.durations.items()
    }
    found["observed"] = hall.foyer.observing.take({}, 0)
    found["knocks"] = [knock._replace(port=0) for knock in hall.knocks.take()]
    found["remembered"] = len(hall.foyer.duplicates)
    found["latches"] = sorted(hall.device.latches)
    found["paths"] = [hall.foyer.roster.path(peer[0]) for peer in PEERS]
    return found


class Pair:
    """A hall with the compiled road, and one with plain doors."""

    def __init__(self, policy: Policy) -> None:
        self.ours, self.plain = (
            Hall(require_message_authenticator=policy, limit_proxy_state=policy) for _ in range(2)
        )
        for hall in (self.ours, self.plain):
            hall.foyer.duplicates = Duplicates(limit=4)
        # The road was given the memory of answers when it was made.
        for door in (self.ours.auth, self.ours.acct):
            door.__init__(self.ours.foyer, door._codes, int(door is self.ours.acct))  # type: ignore[misc]
            door.open(self.ours.network, "0.0.0.0", 1812)
        self.doors = [
            (self.ours.auth, PlainDoor(self.plain.foyer, AUTH_CODES, 0)),
            (self.ours.acct, PlainDoor(self.plain.foyer, ACCT_CODES, 1)),
        ]
        self.waiting: list[tuple[Visit, Any, PlainDoor]] = []

    def burst(self, acct: bool, burst: list[tuple[bytes, Peer, str]]) -> None:
        """Both take a burst."""
        ours, plain = self.doors[acct]
        ours.received_all([(octets, tuple(peer), local) for octets, peer, local in burst])
        for datagram in burst:
            plain.received(*datagram)
        visits, self.ours.queue[:] = list(self.ours.queue), []
        callers, plain.queue[:] = list(plain.queue), []
        for visit, caller in zip(visits, callers, strict=True):
            assert isinstance(visit, Visit)
            assert visit.rank is caller.rank
            for name in ("packet", "source_address", "arrived_us", "signed", "latches", "hash_ok"):
                assert getattr(visit.item, name) == getattr(caller.item, name), name
            self.waiting.append((visit, caller, plain))

    def batch(self, numbers: Sequence[int]) -> None:
        """Both settle as many as there are numbers of outcomes."""
        taken, self.waiting = self.waiting[: len(numbers)], self.waiting[len(numbers) :]
        outcomes = [
            OUTCOMES[2] if visit.item.packet.code == 4 and OUTCOMES[n] is ACCEPT else OUTCOMES[n]
            for (visit, _, _), n in zip(taken, numbers, strict=False)
        ]
        now_us = self.ours.clock.us
        for errand, outcome, error in settle_all([visit for visit, *_ in taken], outcomes, now_us):
            assert error is None
            errand.settle(outcome, now_us)
        for (_, caller, plain), outcome in zip(taken, outcomes, strict=True):
            plain.settle(caller, outcome)

    def change(self, what: str, on: bool) -> None:
        """Something around the doors is another way from now on."""
        for hall in (self.ours, self.plain):
            if what == "drain":
                hall.readiness.draining = on
            elif what == "close":
                hall.foyer.closed = on
            elif what == "pass":
                hall.clock.us += 6_000_000 if on else 400
            else:
                latches = hall.device.latches
                hall.device = device(name="again" if on else "nas1", latches=latches)
                hall.foyer.roster.replace([hall.device])

    def check(self) -> None:
        """Nothing tells the two apart."""
        assert figures(self.ours) == figures(self.plain)
        ours = [(one.octets, one.address, one.source) for one in self.ours.network.sent]
        plain = [one for _, door in self.doors for one in door.sent]
        assert sorted(ours, key=repr) == sorted(plain, key=repr)


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from([Policy.NO, Policy.AUTO, Policy.YES]),
    st.lists(bursts | bursts | batches | changes, max_size=12),
)
def test_the_road_does_what_the_plain_door_does(
    policy: Policy, steps: list[tuple[str, bool, list[Any]]]
) -> None:
    pair = Pair(policy)
    for what, flag, rest in steps:
        if what == "burst":
            pair.burst(flag, rest)
        elif what == "batch":
            pair.batch(rest)
        else:
            pair.change(what, flag)
    pair.batch([2] * len(pair.waiting))
    pair.check()


def test_a_burst_is_counted_once_for_each_device_and_queued_in_order() -> None:
    hall = Hall()
    hall.foyer.roster = Roster([device(), device(2, prefix="198.51.100.0/24")])
    hall.acct.__init__(hall.foyer, ACCT_CODES, 1)  # type: ignore[misc]
    peers: list[Peer] = [("192.0.2.7", 1), ("198.51.100.7", 1)]
    burst = [(packets.record(n), peers[n % 2], LOCAL) for n in range(9)]
    hall.acct.received_all(burst)
    assert [errand.item.packet.identifier for errand in hall.queue] == list(range(9))  # type: ignore[union-attr]
    assert hall.meters.requests == {
        ("nas1", "accounting-request"): 5,
        ("nas2", "accounting-request"): 4,
    }


@pytest.mark.parametrize("status", range(20))
def test_the_rank_of_a_record_is_told_by_its_type(status: int) -> None:
    ranks = {1: Rank.START, 2: Rank.STOP, 7: Rank.START, 8: Rank.START}
    assert rank_of(decode(packets.record(status=status))) is ranks.get(status, Rank.INTERIM)


def test_what_goes_wrong_with_one_answer_is_told_and_the_others_leave() -> None:
    hall = Hall()
    for n in range(3):
        hall.acct.received(packets.record(n), PEER, LOCAL)
    outcomes = [Outcome(5, label="interim"), Outcome(None, b"", 0, None), Outcome(5, label="stop")]  # type: ignore[arg-type]
    broken = object()
    batch = [hall.queue[0], hall.queue[1], hall.queue[2]]
    left = settle_all(batch, [outcomes[0], broken, outcomes[2]], hall.clock.us)  # type: ignore[list-item]
    ((errand, outcome, error),) = left
    assert errand is batch[1] and outcome is broken and isinstance(error, AttributeError)
    assert len(hall.network.sent) == 2
    assert hall.meters.records == {("interim",): 1, ("stop",): 1}


def test_a_reply_to_a_socket_that_is_closed_is_not_sent_and_harms_nobody() -> None:
    hall = Hall()
    hall.acct.received(packets.record(), PEER, LOCAL)
    hall.acct.close()
    assert settle_all(hall.queue, [Outcome(5, label="interim")], hall.clock.us) == []
    assert hall.network.sent == []
    assert hall.meters.responses == {}


def test_a_port_that_can_do_many_at_a_time_is_asked_to() -> None:
    hall = Hall()
    posted: list[bytes] = []
    flushed: list[int] = []
    hall.acct._road.leads_to(
        lambda octets, address, source: posted.append(octets), lambda: flushed.append(len(posted))
    )
    for n in range(5):
        hall.acct.received(packets.record(n), PEER, LOCAL)
    settle_all(hall.queue, [Outcome(5, label="interim")] * 5, hall.clock.us)
    assert flushed == [5]
