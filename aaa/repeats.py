"""Late copies of a login: an Access-Request that was sent again, or was long under way.

The door answers copies for some seconds from what it answered first. A copy that comes later looks
like a redial: it would end the session that its first copy began, and hold its money until nobody
comes. So for as long as a router may still be asking it is remembered which session a request has
begun. Only in memory: after a restart a copy counts as a redial, and the session goes on when the
router reports it. Nothing here decides.
"""

from __future__ import annotations

from typing import Final

from aaa._begun import Begun
from aaa._sums import login_sum
from aaa.request import Request
from domain.seams import US_PER_S

KEEP_US: Final = 300 * US_PER_S  # no router asks so long, and no network keeps a datagram so long
KEPT_MAX_N: Final = 50_000  # under more logins than that the oldest are forgotten sooner


class Repeats:
    """Which session each login of the last minutes has begun."""

    def __init__(self) -> None:
        self.kept = Begun()

    def session_of(self, key: bytes, now_us: int) -> int:
        """The session that a login of this `key_of` has begun; 0: none is known."""
        session_id, at_us = self.kept.find(key)
        return session_id if abs(now_us - at_us) <= KEEP_US else 0

    def keep(self, begun: dict[bytes, int], now_us: int) -> None:
        """Remember what a batch has begun, once that is durable."""
        self.kept.add(begun, now_us)
        self.kept.forget(now_us - KEEP_US, KEPT_MAX_N)


def key_of(request: Request) -> bytes:
    """What a login and its copies have in common, and no other: device and octets (RFC 5080
    section 2.2.2)."""
    packet, device_id = request.packet, request.device.device_id
    return login_sum(device_id, packet.identifier, packet.authenticator, packet.attribute_octets)
