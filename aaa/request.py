"""What the server hands to the desk: packets that arrived, and tasks of its own.

Both travel in the same batch, so one place decides about a session whatever the reason is, and
what a timer or an operator wants can never cross what a packet says.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from aaa._request import Request
from domain.grant import OrderResult

__all__ = ["Item", "Recheck", "Request", "Settled", "Sweep", "SweepKind"]


@dataclass(frozen=True, slots=True)
class Recheck:
    """Money, status or plan of these accounts changed elsewhere: look at their sessions.

    `plan_ids` are new versions of plans: whom they concern is known once they have been read.
    """

    account_ids: frozenset[int]
    plan_ids: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Settled:
    """A device answered an order, or did not."""

    order_id: int
    result: OrderResult
    error_cause: int
    attempts_n: int
    at_us: int


class SweepKind(enum.Enum):
    """What a timer asks for."""

    LAPSED = "lapsed"  # accepted sessions that never started, holds past their end
    STALE = "stale"  # open sessions that fell silent while their device did not
    CUT = "cut"  # disconnected sessions whose Stop never came
    LOOK = "look"  # live sessions whose entitlement has changed with time alone


@dataclass(frozen=True, slots=True)
class Sweep:
    """Look for sessions that time has decided about. `session_ids` were picked by the cache.

    `more`: others of the kind wait for their turn.
    """

    kind: SweepKind
    session_ids: frozenset[int]
    more: bool = False


Item = Request | Recheck | Settled | Sweep
