"""The door: a datagram becomes a verified request, or is counted and forgotten.

The checks go from cheap to dear, and none touches what a later one guards: who sent it, what the
header says, whether this port serves that code, whether the sums are right, whether policy lets
it in (BlastRADIUS), whether it came before. Only then is it queued for the desk. All of it is
synchronous and none of it asks the store.

Replies are signed here. Every Access reply starts with a Message-Authenticator (BLR-01), an
Accounting-Response has one if the request had (AUT-03), and each leaves from the address the
request came to (DUP-11). A request that ends in silence is forgotten, so that its repetition is
worked on as if it were the first.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from aaa.outcome import Outcome
from aaa.request import Request
from domain.device import Device, Latch
from domain.seams import DatagramPort, Datagrams
from nas.blast import admit
from radius import Code, MacState, Packet, PacketError
from radius.duplicates import Discard, Ticket
from radius.packet import decode, peek, sign_reply, verify_request
from server.foyer import Foyer
from server.meters import CODE_NAMES
from server.queue import Rank, rank_of

AUTH_CODES: Final = frozenset({Code.ACCESS_REQUEST, Code.STATUS_SERVER})
ACCT_CODES: Final = frozenset({Code.ACCOUNTING_REQUEST, Code.STATUS_SERVER})
DELAYED_MAX: Final = 10_000  # rejects that wait for their delay; more go out at once (S10)


class Visit:
    """One request on its way to the desk and back (server.queue.Errand)."""

    __slots__ = (
        "_door",
        "_local",
        "_peer",
        "_ticket",
        "arrival_n",
        "entered_us",
        "item",
        "rank"
    )  # fmt: skip

    def __init__(
        self, door: Door, request: Request, ticket: Ticket, *, peer: tuple[str, int], local: str
    ) -> None:
        self.item: Request = request
        self.rank: Rank = rank_of(request.packet)
        self.arrival_n = 0
        self.entered_us = 0
        self._door = door
        self._peer = peer
        self._local = local
        self._ticket = ticket

    def settle(self, outcome: Outcome, now_us: int) -> None:
        """The desk has decided and its decision is durable, or it has failed."""
        self._door.settle(self, outcome, now_us)

    def shed(self) -> None:
        """It was turned away for lack of room."""
        self._door.abandon(self._ticket)

    def reply(self, outcome: Outcome) -> None:
        """Sign and send what was decided, to where it came from."""
        assert outcome.reply_code is not None
        self._door.reply(self.item, outcome, self._ticket, peer=self._peer, local=self._local)

    def abandon(self) -> None:
        """Nothing will be sent."""
        self._door.abandon(self._ticket)


class Door:
    """One bound socket and the codes it serves. `socket_n` tells it apart in the memory of
    answers."""

    def __init__(self, foyer: Foyer, codes: frozenset[Code], socket_n: int) -> None:
        self._foyer = foyer
        self._codes = codes
        self._socket_n = socket_n
        self._status_code = (
            Code.ACCESS_ACCEPT if Code.ACCESS_REQUEST in codes else Code.ACCOUNTING_RESPONSE
        )
        self._port: DatagramPort | None = None
        self.port_n = 0
        self.address = ""  # as people write it, once it is open

    def open(self, datagrams: Datagrams, host: str, port: int) -> None:
        """Bind; raises OSError when the address is not to be had."""
        try:
            self._port = datagrams.bind(host, port, self.received)
        except OSError as error:
            raise OSError(
                error.errno, f"cannot listen on {host} port {port}: {error.strerror}"
            ) from None
        self.port_n = int(getattr(self._port, "port", port))  # when any free one would do
        self.address = f"[{host}]:{self.port_n}" if ":" in host else f"{host}:{self.port_n}"

    def close(self) -> None:
        """Give the port back."""
        if self._port is not None:
            self._port.close()
            self._port = None

    def drops(self) -> int:
        """Datagrams the kernel dropped because nobody read them in time, if it can tell."""
        return int(getattr(self._port, "drops", int)())

    def receive_buffer_octets(self) -> int:
        """The receive buffer that the kernel granted, if it can tell."""
        return int(getattr(self._port, "receive_buffer_octets", int)())

    # ---------------------------------------------------------------- in

    def received(self, octets: bytes, peer: tuple[str, int], local: str) -> None:
        """Take one datagram, from `peer`, that came to our address `local`."""
        foyer = self._foyer
        device = foyer.roster.find(peer[0])
        if device is None:
            foyer.meters.unknown_client[()] += 1
            foyer.knocks.note(peer[0], octets, self.port_n, foyer.clock.now_us())
            return
        try:
            code, identifier, _length, authenticator = peek(octets)
            if code not in self._codes:
                foyer.meters.dropped["code-not-served",] += 1
                return
            signed = verify_request(octets, device.secret) is MacState.VALID
            packet = decode(octets)
        except PacketError as error:
            foyer.count_malformed(device, error)
            return
        foyer.meters.requests[device.name, CODE_NAMES[code]] += 1
        unsigned = code == Code.ACCESS_REQUEST and not signed
        foyer.observing.request(device.device_id, foyer.clock.now_us(), unsigned=unsigned)
        if foyer.closed or (foyer.readiness.draining and code == Code.ACCESS_REQUEST):
            foyer.meters.dropped["draining",] += 1
            return
        foyer.roster.met(peer[0], local)
        if code == Code.STATUS_SERVER:
            self._status(device, identifier, authenticator, peer=peer, local=local)
            return
        latches = self._latches(packet, device, peer[0], signed)
        if latches is None:
            return
        key = (self._socket_n, peer[0], peer[1], identifier, code)
        entered_us = foyer.clock.monotonic_us()
        ticket = foyer.duplicates.arrive(key, authenticator, entered_us)
        if not isinstance(ticket, Ticket):
            self._repeated(ticket, code, peer=peer, local=local)
            return
        request = Request(packet, device, peer[0], foyer.clock.now_us(), signed, latches)
        visit = Visit(self, request, ticket, peer=peer, local=local)
        visit.entered_us = entered_us
        foyer.offer(visit)

    def _latches(
        self, packet: Packet, device: Device, source: str, signed: bool
    ) -> tuple[Latch, ...] | None:
        """What an Access-Request proves about its source; None: policy drops it (BLR-03..12)."""
        if packet.code != Code.ACCESS_REQUEST:
            return ()
        verdict = admit(device, source, packet, signed=signed)
        if verdict.ok:
            return verdict.latches
        self._foyer.meters.dropped[verdict.drop_reason or "policy",] += 1
        if not signed:
            self._foyer.meters.missing_message_authenticator[device.name,] += 1
        return None

    def _repeated(
        self, known: bytes | Discard, code: int, *, peer: tuple[str, int], local: str
    ) -> None:
        meters = self._foyer.meters
        if known is Discard.FULL:
            meters.dropped["too-many-open",] += 1
            return
        meters.duplicates[CODE_NAMES[code],] += 1
        if isinstance(known, bytes) and self._port is not None:
            self._port.send(known, peer, local)

    def _status(
        self,
        device: Device,
        identifier: int,
        authenticator: bytes,
        *,
        peer: tuple[str, int],
        local: str,
    ) -> None:
        """Answer Status-Server truly: silence says that we cannot serve (STS-02, STS-04)."""
        foyer = self._foyer
        now_us = foyer.clock.monotonic_us()
        if not foyer.statuses.take(device.device_id, now_us):
            foyer.meters.dropped["status-rate",] += 1
        elif foyer.readiness.ready(now_us) and self._port is not None:
            octets = sign_reply(
                self._status_code,
                identifier,
                authenticator,
                b"",
                device.secret,
                with_message_authenticator=True,
            )
            foyer.meters.responses[device.name, CODE_NAMES[self._status_code]] += 1
            self._port.send(octets, peer, local)
        else:
            foyer.meters.dropped["not-ready",] += 1

    # ---------------------------------------------------------------- out

    def settle(self, visit: Visit, outcome: Outcome, now_us: int) -> None:
        """Count what was decided, and send it now or after its delay (DUP-08)."""
        foyer = self._foyer
        request = visit.item
        foyer.count_decided(request, outcome, now_us - visit.entered_us)
        if request.latches and outcome.label != "failed":
            # The devices may have been read again, before this commit, while it was under way.
            device = foyer.roster.by_id(request.device.device_id)
            if device is not None:
                source = request.source_address
                device.latches.update((source, latch) for latch in request.latches)
        if outcome.reply_code is None:
            visit.abandon()
        elif outcome.delay_us > 0 and foyer.delayed_n < DELAYED_MAX:
            foyer.delayed_n += 1
            foyer.spawn.later(outcome.delay_us, partial(self._delayed, visit, outcome))
        else:
            visit.reply(outcome)

    def _delayed(self, visit: Visit, outcome: Outcome) -> None:
        self._foyer.delayed_n -= 1
        visit.reply(outcome)

    def reply(
        self,
        request: Request,
        outcome: Outcome,
        ticket: Ticket,
        *,
        peer: tuple[str, int],
        local: str,
    ) -> None:
        """Sign, remember and send a reply, unless its request was given up meanwhile (DUP-04)."""
        foyer, packet, code = self._foyer, request.packet, outcome.reply_code
        assert code is not None
        try:
            octets = sign_reply(
                code,
                packet.identifier,
                packet.authenticator,
                outcome.attributes,
                request.device.secret,
                with_message_authenticator=request.signed or code != Code.ACCOUNTING_RESPONSE,
            )
        except ValueError:  # more than a packet holds
            foyer.meters.dropped["reply-too-long",] += 1
            self.abandon(ticket)
            return
        if foyer.duplicates.answer(ticket, octets, foyer.clock.monotonic_us()) and self._port:
            foyer.meters.responses[request.device.name, CODE_NAMES[code]] += 1
            self._port.send(octets, peer, local)

    def abandon(self, ticket: Ticket) -> None:
        """Forget a request that gets no answer, so that its repetition is worked on."""
        self._foyer.duplicates.abandon(ticket)
