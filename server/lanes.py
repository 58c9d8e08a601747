"""Who goes next at one device: missions and the lanes they wait in.

What costs money while it waits (`Order.pressing`) goes at once and ahead of the rest; the rest goes
at the pace that the device was given, so that a plan changed for thousands does not keep a router
from its work. Nothing is sent from here, and nothing here reads a clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from domain.grant import Order
from nas.disconnect import Exchange
from server.source_sockets import Seat


@dataclass(slots=True, eq=False)
class Mission:
    """An order on its way: waiting in its lane, or flying when it has an exchange."""

    order: Order
    lane: Lane
    began_us: int = 0
    exchange: Exchange | None = None
    seat: Seat | None = None
    cancel: Callable[[], None] | None = None


@dataclass(slots=True, eq=False)
class Lane:
    """The orders of one device address."""

    address: tuple[str, int]
    pressing: deque[Mission] = field(default_factory=deque)
    waiting: deque[Mission] = field(default_factory=deque)  # at the device's pace
    flying_n: int = 0
    cancel: Callable[[], None] | None = None  # the timer that wakes it when its pace allows

    @property
    def busy(self) -> bool:
        """Does anything wait?"""
        return bool(self.pressing or self.waiting)

    def first(self, wait_us: int) -> Mission | None:
        """What goes next, when the device's pace has others wait so long; None: nothing yet."""
        if self.pressing:
            return self.pressing[0]
        return self.waiting[0] if self.waiting and not wait_us else None

    def queue(self, order: Order) -> deque[Mission]:
        """Where an order waits."""
        return self.pressing if order.pressing else self.waiting
