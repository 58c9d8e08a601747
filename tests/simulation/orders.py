"""How a router takes orders: Disconnect and CoA on its port, answered as the router is.

Only genuine orders are heeded. The session that an order names is found by every key in it, as
RFC 5176 wants, and a repetition of an order gets the answer of the first, never a second effect.
A bad habit may keep the router from obeying; then the truth says that nothing bounds this session.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from radius import Packet
from tests.simulation import wire
from tests.simulation.connection import Connection
from tests.simulation.network import Address, Network, Port
from tests.simulation.profiles import ERROR_CAUSES, Profile
from tests.simulation.seams import EPOCH_US
from tests.simulation.town import SHARED_SECRET
from tests.simulation.world import US_PER_S

if TYPE_CHECKING:
    from tests.simulation.nas import Nas

GONE, FOREIGN, UNKNOWN_ATTRIBUTE = 503, 403, 401
KEPT_N = 64  # answers that are remembered for repetitions
STAMP_MOST_S = 300


class Orders:
    """The order port of one router."""

    def __init__(self, nas: Nas, network: Network) -> None:
        """Binds it."""
        self._nas = nas
        self._world = nas.world
        self._answers: OrderedDict[tuple[Address, bytes], bytes] = OrderedDict()
        outside, router = nas.world.outside, nas.router
        self._port = network.bind(outside, router.address, router.coa_port, self._received)
        self._other = network.bind(outside, router.address, 0, _nothing)

    def _received(self, octets: bytes, peer: Address, local: str) -> None:
        nas, figures = self._nas, self._world.figures
        if not nas.up:
            return
        order = wire.read_order(octets, SHARED_SECRET)
        if order is None or not self._timely(order):
            figures["orders not heeded"] += 1
            return
        key = (peer, octets[:20])
        if key in self._answers:
            figures["orders repeated"] += 1
            kept = self._answers[key]
            if kept:
                self._port.send(kept, peer, None)
            return
        cause, habit = self._obey(order)
        answer = b"" if habit == "deaf" else wire.answer(order, SHARED_SECRET, cause)
        self._answers[key] = answer
        if len(self._answers) > KEPT_N:
            self._answers.popitem(last=False)
        if answer:
            self._reply(answer, peer, habit)

    def _timely(self, order: Packet) -> bool:
        profile = self._nas.profile
        stamp_s = order.integer(wire.EVENT_TIMESTAMP)
        if not profile.strict_clock or self._nas.calming or stamp_s is None:
            return True
        own_s = (EPOCH_US + self._world.now_us + profile.clock_wrong_us) // US_PER_S
        return abs(own_s - stamp_s) <= STAMP_MOST_S

    def _reply(self, answer: bytes, peer: Address, habit: str) -> None:
        port = self._other if habit == "other port" else self._port
        if habit == "late":
            wait_us = self._nas.dice.randrange(US_PER_S, 40 * US_PER_S)
            self._world.after(wait_us, _send, port, answer, peer)
            return
        for _ in range(2 if habit == "twice" else 1):
            port.send(answer, peer, None)

    # ---------------------------------------------------------------- effects

    def _obey(self, order: Packet) -> tuple[int, str]:
        """Do it, or not: the Error-Cause (0: done) and the habit that showed."""
        nas, truth = self._nas, self._nas.truth
        habit = "" if nas.calming else self._habit(nas.profile)
        cause, connection = self._find(order)
        if order.code == wire.DISCONNECT_REQUEST:
            truth.disconnects_n += 1
            self._world.figures["disconnects"] += 1
        else:
            self._world.figures["changes of limits"] += 1
            if not nas.profile.coa_limits:
                cause = UNKNOWN_ATTRIBUTE
        if connection is not None and not cause:
            cause = self._obey_one(order, connection, habit)
        if cause and habit != "deaf":
            truth.naks_n += 1
        return cause, habit

    def _obey_one(self, order: Packet, connection: Connection, habit: str) -> int:
        cut = order.code == wire.DISCONNECT_REQUEST
        if cut and connection.truth.told_off_us is None:
            connection.truth.told_off_us = self._world.now_us
        if habit in ("deaf", "naks", "goes on"):
            connection.truth.obeys = False  # new limits may be narrower ones
            cause = self._nas.dice.choice(ERROR_CAUSES) if habit == "naks" else 0
            connection.truth.denied |= cause == GONE
            return cause
        if cut:
            wait_us = self._nas.dice.choice((0, self._nas.dice.randrange(US_PER_S)))
            self._nas.later(wait_us, self._cut, connection)
        else:
            told = wire.told(order)
            self._world.figures["changes of service"] += bool(told.garden)
            connection.limit(told)
            connection.serve(told)
        return 0

    def _cut(self, connection: Connection) -> None:
        if connection.live:
            self._nas.hang_up(connection, "disconnect")

    def _habit(self, profile: Profile) -> str:
        for name, share in (
            ("deaf", profile.deaf),
            ("naks", profile.naks),
            ("goes on", profile.goes_on),
            ("late", profile.late),
            ("twice", profile.twice),
            ("other port", profile.other_port),
        ):
            if share and self._nas.dice.randrange(1000) < share:
                return name
        return ""

    def _find(self, order: Packet) -> tuple[int, Connection | None]:
        """The session that every key of an order names, or the Error-Cause."""
        nas = self._nas
        address, name = order.first(wire.NAS_IP_ADDRESS), order.first(wire.NAS_IDENTIFIER)
        if address not in (None, wire.address(nas.address)):
            return FOREIGN, None
        if name not in (None, nas.name.encode()):
            return FOREIGN, None
        keys = [
            (kind, order.first(kind))
            for kind in (
                wire.ACCT_SESSION_ID,
                wire.USER_NAME,
                wire.CALLING_STATION_ID,
                wire.FRAMED_IP_ADDRESS,
                wire.NAS_PORT,
            )
        ]
        named = [(kind, value) for kind, value in keys if value is not None]
        for connection in nas.connections.values():
            if named and all(connection.names.get(kind) == value for kind, value in named):
                return 0, connection
        return GONE, None


def _send(port: Port, octets: bytes, peer: Address) -> None:
    port.send(octets, peer, None)


def _nothing(octets: bytes, peer: Address, local: str) -> None:
    """An answer to an answer would be noise."""
