"""Orders to devices: Disconnect and CoA, sent in the turn of the loop in which they are durable.

An order is a row before it is a datagram. What is known here is only what is under way; a crash
loses nothing, for the next start finds the rows that are still pending and sends them again.

One session hears one order at a time (COA-05): a Disconnect ends an unanswered CoA, newer limits
replace those that still wait, changes of a service go one after another. One device has a bounded
number of orders open, so that a thousand cuts do not drown it; `server.lanes` has their order.
Each source socket has 256 identifiers, reused as late as possible (S14). An answer counts only
from the address and port that was asked, with sums that are right (S9).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Final

from aaa.request import Settled
from domain.grant import Order, OrderKind, OrderResult
from domain.seams import Clock, Datagrams, Randomness, Spawn
from nas.disconnect import JITTER_MAX_PERMILLE, Exchange
from server.lanes import Lane, Mission
from server.meters import Meters
from server.pace import Drip
from server.roster import Roster
from server.source_sockets import SourceSockets

WINDOW_N: Final = 32  # orders open at one device
LIMITS_AGE_MAX_US: Final = 60_000_000  # limits older than this describe a session that was


class OrderSender:
    """Carries out orders and tells `settle` how each of them ended."""

    def __init__(
        self,
        roster: Roster,
        *,
        clock: Clock,
        randomness: Randomness,
        datagrams: Datagrams,
        spawn: Spawn,
        meters: Meters,
        settle: Callable[[Settled], None],
        sockets_n: int,
    ) -> None:
        self._roster = roster
        self._clock = clock
        self._randomness = randomness
        self._spawn = spawn
        self._meters = meters
        self._settle = settle
        self._sockets = SourceSockets(datagrams, sockets_n, self._received)
        self._lanes: dict[tuple[str, int], Lane] = {}
        self._missions: dict[int, Mission] = {}  # by session: waiting or flying
        self._next: dict[int, list[Order]] = {}  # by session: the orders after that
        self._drip = Drip()
        self._known: set[int] = set()  # order ids until their end is durable
        self._starved = False  # an order waits for a free identifier

    @property
    def pending_n(self) -> int:
        """Orders whose end is not durable yet."""
        return len(self._known)

    def open(self, host: str) -> None:
        """Bind the source sockets on one of our addresses; raises OSError."""
        self._sockets.open(host)

    def close(self) -> None:
        """Send nothing more; the rows stay for the next start."""
        for mission in self._missions.values():
            if mission.cancel is not None:
                mission.cancel()
        for lane in self._lanes.values():
            if lane.cancel is not None:
                lane.cancel()
        self._missions.clear()
        self._next.clear()
        self._lanes.clear()
        self._sockets.close()

    def forget(self, order_id: int) -> None:
        """The end of this order is durable."""
        self._known.discard(order_id)

    def carry(self, orders: Sequence[Order]) -> None:
        """Carry out orders that are durable; those already known are left alone."""
        for order in orders:
            if order.order_id not in self._known:
                self._known.add(order.order_id)
                self._admit(order)

    # ---------------------------------------------------------------- one session at a time

    def _admit(self, order: Order) -> None:
        old_us = self._clock.now_us() - order.created_us
        if order.kind is OrderKind.LIMITS and old_us > LIMITS_AGE_MAX_US:
            self._end(order, OrderResult.OBSOLETE)
            return
        current = self._missions.get(order.session_id)
        if current is None:
            self._pump(self._line_up(order))
        elif order.kind is OrderKind.DISCONNECT:
            self._follow(order, dropping=OrderKind)
            if current.order.kind is not OrderKind.DISCONNECT:
                self._finish(current, OrderResult.OBSOLETE)
        elif self._ending(current):
            self._end(order, OrderResult.OBSOLETE)
        else:
            # What changed of a service is told once, so no change may be left out; limits are told
            # whole, and with each change of service.
            limits = (OrderKind.LIMITS,)
            self._follow(order, dropping=limits)
            if current.exchange is None and current.order.kind is OrderKind.LIMITS:
                self._finish(current, OrderResult.OBSOLETE)

    def _ending(self, current: Mission) -> bool:
        """Is the session told to end, now or next?"""
        orders = [current.order, *self._next.get(current.order.session_id, ())]
        return any(order.kind is OrderKind.DISCONNECT for order in orders)

    def _follow(self, order: Order, *, dropping: Iterable[OrderKind]) -> None:
        """It goes next in its session; those of these kinds that were to go are not needed."""
        waiting = self._next.get(order.session_id, [])
        drop = tuple(dropping)
        self._next[order.session_id] = [one for one in waiting if one.kind not in drop] + [order]
        for one in waiting:
            if one.kind in drop:
                self._end(one, OrderResult.OBSOLETE)

    def _line_up(self, order: Order) -> Lane:
        address = (order.address, order.port)
        lane = self._lanes.get(address)
        if lane is None:
            lane = self._lanes[address] = Lane(address)
        mission = Mission(order, lane)
        self._missions[order.session_id] = mission
        lane.queue(order).append(mission)
        return lane

    # ---------------------------------------------------------------- lanes and flights

    def _pump(self, lane: Lane) -> None:
        while lane.flying_n < WINDOW_N and lane.busy:
            mission = lane.first(self._drip.wait_us(lane.address, self._clock.monotonic_us()))
            if mission is None:
                self._wake_later(lane)
                return
            if not self._launch(mission):
                self._starved = True
                return
        if not lane.busy and not lane.flying_n and self._lanes.get(lane.address) is lane:
            del self._lanes[lane.address]

    def _wake_later(self, lane: Lane) -> None:
        """Go on when the device's pace allows."""
        if lane.cancel is None:
            wait_us = self._drip.wait_us(lane.address, self._clock.monotonic_us())
            lane.cancel = self._spawn.later(wait_us, partial(self._wake, lane))

    def _wake(self, lane: Lane) -> None:
        lane.cancel = None
        self._pump(lane)

    def _launch(self, mission: Mission) -> bool:
        """Send for the first time; False: no identifier is free just now."""
        order, lane = mission.order, mission.lane
        source = self._roster.path(order.address)
        device = self._roster.by_id(order.device_id)
        if device is None or not self._sockets.reaches(order.address):
            lane.queue(order).popleft()
            self._give_up(mission)
            return True
        seat = self._sockets.seat(order.address, source, mission)
        if seat is None:
            return False
        lane.queue(order).popleft()
        lane.flying_n += 1
        mission.seat = seat
        mission.began_us = self._clock.monotonic_us()
        if not order.pressing:
            self._drip.went(lane.address, mission.began_us, per_s=device.coa_per_s)
        try:
            mission.exchange = Exchange(
                order,
                device.secret,
                identifier=seat.identifier,
                now_us=mission.began_us,
                stamp_us=self._clock.now_us(),
                jitter_permille=self._jitter(),
            )
        except ValueError:  # it does not fit into a packet
            self._give_up(mission)
            return True
        seat.send(mission.exchange.octets, (order.address, order.port), source)
        self._arm(mission, mission.exchange)
        return True

    def _arm(self, mission: Mission, exchange: Exchange) -> None:
        delay_us = exchange.next_send_us - self._clock.monotonic_us()
        mission.cancel = self._spawn.later(delay_us, partial(self._tick, mission, exchange))

    def _tick(self, mission: Mission, exchange: Exchange) -> None:
        octets = exchange.on_timer(self._clock.monotonic_us(), jitter_permille=self._jitter())
        if exchange.result is not None:
            self._finish(mission, exchange.result)
            return
        if octets is not None and mission.seat is not None:
            order = mission.order
            source = self._roster.path(order.address)
            mission.seat.send(octets, (order.address, order.port), source)
        self._arm(mission, exchange)

    def _received(self, mission: Mission | None, octets: bytes, peer: tuple[str, int]) -> None:
        """A datagram came to a source socket; `mission` holds the identifier it bears."""
        if mission is None or mission.exchange is None:
            self._meters.dropped["order-reply-unknown",] += 1
            return
        answer = mission.exchange.on_reply(octets, peer, self._clock.monotonic_us())
        if answer.result is None:
            self._meters.dropped["order-reply-invalid",] += 1
            return
        self._finish(mission, answer.result)

    # ---------------------------------------------------------------- ends

    def _finish(self, mission: Mission, result: OrderResult) -> None:
        """It is over: the next of its session and of its device may go."""
        lane = mission.lane
        follower = self._conclude(mission, result)
        self._pump(lane)
        if follower is not None and follower is not lane:
            self._pump(follower)
        if self._starved:
            self._feed_starved()

    def _give_up(self, mission: Mission) -> None:
        """It cannot be sent at all. Its own lane is being pumped just now."""
        follower = self._conclude(mission, OrderResult.SILENCE)
        if follower is not None and follower is not mission.lane:
            self._pump(follower)

    def _conclude(self, mission: Mission, result: OrderResult) -> Lane | None:
        """Take it out; what was to follow in its session waits in the lane that is returned."""
        order, lane = mission.order, mission.lane
        if mission.cancel is not None:
            mission.cancel()
        if mission.seat is not None:
            mission.seat.leave()
            lane.flying_n -= 1
            waited_us = self._clock.monotonic_us() - mission.began_us
            self._meters.order_times[order.kind.value,].observe(waited_us)
        elif mission in (queue := lane.queue(order)):
            queue.remove(mission)
        self._missions.pop(order.session_id, None)
        self._end(order, result, mission.exchange)
        following = self._next.pop(order.session_id, [])
        if following[1:]:
            self._next[order.session_id] = following[1:]
        return self._line_up(following[0]) if following else None

    def _feed_starved(self) -> None:
        self._starved = False
        for lane in tuple(self._lanes.values()):
            self._pump(lane)
            if self._starved:
                return

    def _end(self, order: Order, result: OrderResult, exchange: Exchange | None = None) -> None:
        self._meters.orders[order.kind.value, result.value] += 1
        self._settle(
            Settled(
                order.order_id,
                result,
                exchange.error_cause if exchange is not None else 0,
                exchange.attempts_n if exchange is not None else 0,
                self._clock.now_us(),
            )
        )

    def _jitter(self) -> int:
        return self._randomness.below(2 * JITTER_MAX_PERMILLE + 1) - JITTER_MAX_PERMILLE
