"""The door in plain Python: every check in its place, one datagram at a time, nothing shared out.

It is what the compiled road is held against, and no part of the server. It takes the road of each
datagram from the top and counts as it goes; requests end in a list, and outcomes are settled one by
one.
"""

from __future__ import annotations

from dataclasses import dataclass

from aaa.outcome import Outcome
from aaa.request import Request
from nas.blast import admit
from radius import Code, MacState, PacketError
from radius.duplicates import Discard, Ticket
from radius.packet import decode, peek, sign_reply, verify_request
from server.foyer import Foyer
from server.meters import CODE_NAMES
from server.queue import Rank

Peer = tuple[str, int]
RANKS = {1: Rank.START, 2: Rank.STOP, 7: Rank.START, 8: Rank.START}


@dataclass
class Caller:
    """A request, and what is needed to answer it."""

    item: Request
    rank: Rank
    ticket: Ticket
    peer: Peer
    local: str
    entered_us: int


class PlainDoor:
    """One socket that serves some codes. What it sends is in `sent`."""

    def __init__(self, foyer: Foyer, codes: frozenset[Code], socket_n: int) -> None:
        self.foyer, self.codes, self.socket_n = foyer, codes, socket_n
        self.queue: list[Caller] = []
        self.sent: list[tuple[bytes, Peer, str]] = []

    def received(self, octets: bytes, peer: Peer, local: str) -> None:
        """Take one datagram; Status-Server is not for this door."""
        foyer, meters = self.foyer, self.foyer.meters
        now_us = foyer.clock.now_us()
        device = foyer.roster.find(peer[0])
        if device is None:
            meters.unknown_client[()] += 1
            foyer.knocks.note(peer[0], octets, 1, now_us)
            return
        try:
            code, identifier, _length, authenticator = peek(octets)
            if code not in self.codes:
                meters.dropped["code-not-served",] += 1
                return
            signed = verify_request(octets, device.secret) is MacState.VALID
            packet = decode(octets)
        except PacketError as error:
            foyer.count_malformed(device, error)
            return
        meters.requests[device.name, CODE_NAMES[code]] += 1
        login = code == Code.ACCESS_REQUEST
        foyer.observing.requests(device.device_id, now_us, unsigned_n=int(login and not signed))
        if foyer.closed or (foyer.readiness.draining and login):
            meters.dropped["draining",] += 1
            return
        foyer.roster.met(peer[0], local)
        verdict = admit(device, peer[0], packet, signed=signed)
        if not verdict.ok:
            meters.dropped[verdict.drop_reason or "",] += 1
            if not signed:
                meters.missing_message_authenticator[device.name,] += 1
            return
        key = (self.socket_n, peer[0], peer[1], identifier, code)
        known = foyer.duplicates.arrive(key, authenticator, now_us)
        if known is Discard.FULL:
            meters.dropped["too-many-open",] += 1
        elif not isinstance(known, Ticket):
            meters.duplicates[CODE_NAMES[code],] += 1
            if isinstance(known, bytes):
                self.sent.append((known, peer, local))
        else:
            rank = Rank.LOGIN if login else RANKS.get(packet.integer(40) or 0, Rank.INTERIM)
            request = Request(packet, device, peer[0], now_us, signed, verdict.latches)
            self.queue.append(Caller(request, rank, known, peer, local, now_us))

    def settle(self, caller: Caller, outcome: Outcome) -> None:
        """Count, sign, remember and send; outcomes with a delay are not for this door."""
        foyer, request, code = self.foyer, caller.item, outcome.reply_code
        now_us = foyer.clock.now_us()
        foyer.count_decided(request, outcome, now_us - caller.entered_us)
        if outcome.label != "failed":
            request.device.latches.update((request.source_address, one) for one in request.latches)
        if code is None:
            foyer.duplicates.abandon(caller.ticket)
            return
        octets = sign_reply(
            code,
            request.packet.identifier,
            request.packet.authenticator,
            outcome.attributes,
            request.device.secret,
            with_message_authenticator=request.signed or code != Code.ACCOUNTING_RESPONSE,
        )
        if foyer.duplicates.answer(caller.ticket, octets, now_us):
            foyer.meters.responses[request.device.name, CODE_NAMES[code]] += 1
            self.sent.append((octets, caller.peer, caller.local))
