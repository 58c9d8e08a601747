"""The door: a datagram becomes a verified request, or is counted and forgotten.

The checks go from cheap to dear, and none touches what a later one guards: who sent it, what the
header says, whether this port serves that code, whether the sums are right, whether policy lets
it in (BlastRADIUS), whether it came before. Only then is it queued for the desk. All of it is
synchronous and none of it asks the store. The usual case is compiled (`_road.pyx`), in bursts on
the way in and in batches on the way out; here is what is opened, what is not usual, and why.

Replies are signed here. Every Access reply starts with a Message-Authenticator (BLR-01), an
Accounting-Response has one if the request had (AUT-03), and each leaves from the address the
request came to (DUP-11). A request that ends in silence is forgotten, so that its repetition is
worked on as if it were the first.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from aaa.outcome import Outcome
from domain.device import Device, Latch
from domain.seams import DatagramPort, Datagrams
from nas.blast import admit
from radius import Code, MacState, Packet, PacketError
from radius.duplicates import Discard, Ticket
from radius.packet import peek, sign_reply, verify_request
from server._road import Road, Visit
from server.foyer import Foyer
from server.meters import CODE_NAMES

AUTH_CODES: Final = frozenset({Code.ACCESS_REQUEST, Code.STATUS_SERVER})
ACCT_CODES: Final = frozenset({Code.ACCOUNTING_REQUEST, Code.STATUS_SERVER})
DELAYED_MAX: Final = 10_000  # rejects that wait for their delay; more go out at once (S10)


class Door:
    """One bound socket and the codes it serves. `socket_n` tells it apart in the memory of
    answers."""

    def __init__(self, foyer: Foyer, codes: frozenset[Code], socket_n: int) -> None:
        self._foyer = foyer
        self._codes = codes
        self._status_code = (
            Code.ACCESS_ACCEPT if Code.ACCESS_REQUEST in codes else Code.ACCOUNTING_RESPONSE
        )
        self._port: DatagramPort | None = None
        self._post: Callable[[bytes, tuple[str, int], str | None], None] | None = None
        self._flush: Callable[[], None] | None = None
        self._road = Road(
            self,
            foyer,
            socket_n=socket_n,
            logins=Code.ACCESS_REQUEST in codes,
            records=Code.ACCOUNTING_REQUEST in codes,
        )
        self.poll: Callable[[], None] = _never_pausing  # see `server.walk.Ears`
        self.listen: Callable[[], None] = _never_pausing
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
        # A port that can do many at a time says so; a simulated one need not (domain.seams).
        self._post = getattr(self._port, "post", self._port.send)
        self._flush = getattr(self._port, "flush", None)
        getattr(self._port, "in_bursts", _one_by_one)(self.received_all)
        getattr(self._port, "pausing", _one_by_one)(self._foyer.busy)
        self.poll = getattr(self._port, "poll", _never_pausing)
        self.listen = getattr(self._port, "listen", _never_pausing)
        self._road.leads_to(self._post, self._flush)
        self.port_n = int(getattr(self._port, "port", port))  # when any free one would do
        self.address = f"[{host}]:{self.port_n}" if ":" in host else f"{host}:{self.port_n}"

    def close(self) -> None:
        """Give the port back."""
        if self._port is not None:
            self._port.close()
            self._port = self._post = self._flush = None
            self.poll = self.listen = _never_pausing
            self._road.leads_to(None, None)

    def drops(self) -> int:
        """Datagrams the kernel dropped because nobody read them in time, if it can tell."""
        return int(getattr(self._port, "drops", int)())

    def receive_buffer_octets(self) -> int:
        """The receive buffer that the kernel granted, if it can tell."""
        return int(getattr(self._port, "receive_buffer_octets", int)())

    # ---------------------------------------------------------------- in

    def received(self, octets: bytes, peer: tuple[str, int], local: str) -> None:
        """Take one datagram, from `peer`, that came to our address `local`."""
        self.received_all([(octets, peer, local)])

    def received_all(self, burst: list[tuple[bytes, tuple[str, int], str]]) -> None:
        """Take the datagrams of a burst; the new requests among them are queued, in order."""
        visits: list[Visit] = []
        try:
            self._road.admit(burst, visits)
        finally:
            if visits:
                self._foyer.offer_all(visits)
            if self._flush is not None:
                self._flush()

    def stranger(self, octets: bytes, address: str) -> None:
        """A datagram from an address that is no device's: nothing of it is read (PKT-11)."""
        foyer = self._foyer
        foyer.meters.unknown_client[()] += 1
        foyer.knocks.note(address, octets, self.port_n, foyer.clock.now_us())

    def apart(self, device: Device, octets: bytes, peer: tuple[str, int], local: str) -> None:
        """A datagram of a known device that leads to no decision, for one reason or another."""
        foyer = self._foyer
        try:
            code, identifier, _length, authenticator = peek(octets)
            if code not in self._codes:
                foyer.meters.dropped["code-not-served",] += 1
                return
            signed = verify_request(octets, device.secret) is MacState.VALID
        except PacketError as error:
            foyer.count_malformed(device, error)
            return
        foyer.meters.requests[device.name, CODE_NAMES[code]] += 1
        unsigned_n = int(code == Code.ACCESS_REQUEST and not signed)
        foyer.observing.requests(device.device_id, foyer.clock.now_us(), unsigned_n=unsigned_n)
        if foyer.closed or (foyer.readiness.draining and code == Code.ACCESS_REQUEST):
            foyer.meters.dropped["draining",] += 1
            return
        assert code == Code.STATUS_SERVER, "a sound request leads to the desk"
        foyer.roster.met(peer[0], local)
        self._status(device, identifier, authenticator, peer=peer, local=local)

    def latches_of(
        self, packet: Packet, device: Device, source: str, signed: bool
    ) -> tuple[Latch, ...] | None:
        """What an Access-Request proves about its source; None: policy drops it (BLR-03..12)."""
        verdict = admit(device, source, packet, signed=signed)
        if verdict.ok:
            return verdict.latches
        self._foyer.meters.dropped[verdict.drop_reason or "policy",] += 1
        if not signed:
            self._foyer.meters.missing_message_authenticator[device.name,] += 1
        return None

    def repeated(
        self, known: bytes | Discard, code: int, *, peer: tuple[str, int], local: str
    ) -> None:
        """A request that is being worked on or was answered lately, or has no room."""
        meters = self._foyer.meters
        if known is Discard.FULL:
            meters.dropped["too-many-open",] += 1
            return
        meters.duplicates[CODE_NAMES[code],] += 1
        if isinstance(known, bytes) and self._post is not None:
            self._post(known, peer, local)

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
            self.abandon(visit.ticket)
        elif outcome.delay_us > 0 and foyer.delayed_n < DELAYED_MAX:
            foyer.delayed_n += 1
            foyer.spawn.later(outcome.delay_us, partial(self._delayed, visit, outcome))
        else:
            self.reply(visit, outcome)

    def _delayed(self, visit: Visit, outcome: Outcome) -> None:
        self._foyer.delayed_n -= 1
        self.reply(visit, outcome)

    def reply(self, visit: Visit, outcome: Outcome) -> None:
        """Sign, remember and send a reply, unless its request was given up meanwhile (DUP-04)."""
        foyer, request, code = self._foyer, visit.item, outcome.reply_code
        packet = request.packet
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
            self.abandon(visit.ticket)
            return
        now_us = foyer.clock.monotonic_us()
        if foyer.duplicates.answer(visit.ticket, octets, now_us) and self._port is not None:
            foyer.meters.responses[request.device.name, CODE_NAMES[code]] += 1
            self._port.send(octets, visit.peer, visit.local)

    def shed(self, visit: Visit) -> None:
        """A request was turned away for lack of room."""
        self.abandon(visit.ticket)

    def abandon(self, ticket: Ticket) -> None:
        """Forget a request that gets no answer, so that its repetition is worked on."""
        self._foyer.duplicates.abandon(ticket)


def _one_by_one(received_all: object) -> None:
    """A port that hands over one datagram at a time, to `received`."""


def _never_pausing() -> None:
    """A port that hands over all that comes as it comes."""
