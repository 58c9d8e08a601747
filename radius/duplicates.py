"""The memory of answers: a request that comes again gets the same octets, or silence.

Devices repeat a request when they hear nothing for a while (RFC 5080 s2.2.1), with the same
identifier and authenticator. While the first copy is being worked on, further ones are dropped;
after the answer they get that answer again, octet for octet, and nothing happens a second time.

This memory only saves work and keeps replies steady. It is no judge of what was billed: a
repeated accounting record can come with a new identifier, and the books must see that. Ask it
only about requests whose sums are right, so that a forged one cannot touch it (DUP-05).
"""

from __future__ import annotations

import collections
import dataclasses
import enum
from typing import Final

MIN_KEEP_US: Final = 5_000_000
MAX_KEEP_US: Final = 30_000_000

Key = tuple[int, str | bytes, int, int, int]
"""(socket, source address, source port, identifier, code): what one client can have open."""


class Discard(enum.Enum):
    """Why a request is to be dropped without an answer; the values are metric labels."""

    PENDING = "pending"
    FULL = "full"


@dataclasses.dataclass(slots=True, eq=False)
class Ticket:
    """A request that is being worked on; hand it back with the answer.

    `reply` is what was answered, None while it is pending.
    """

    key: Key
    authenticator: bytes
    reply: bytes | None = None
    expires_us: int = 0


class Duplicates:
    """The requests that are pending and the replies that were sent lately.

    `keep_us` is how long a reply is kept (5 to 30 seconds, DUP-06), `limit` how many requests
    are remembered at most: when it is reached the oldest reply gives way, never a pending
    request (DUP-12).
    """

    def __init__(self, *, keep_us: int = MIN_KEEP_US, limit: int = 65_536) -> None:
        if not MIN_KEEP_US <= keep_us <= MAX_KEEP_US:
            raise ValueError("replies are kept for 5 to 30 seconds")
        if limit < 1:
            raise ValueError("at least one request must be remembered")
        self._keep_us = keep_us
        self._limit = limit
        self._pending: dict[Key, Ticket] = {}
        self._answered: collections.OrderedDict[Key, Ticket] = collections.OrderedDict()

    def __len__(self) -> int:
        return len(self._pending) + len(self._answered)

    def arrive(self, key: Key, authenticator: bytes, now_us: int) -> Ticket | bytes | Discard:
        """Say what to do with a request: work on it (a Ticket), send these octets again, or
        drop it.

        Another authenticator under the same key is a new request: the client gave up on the
        old one, whose answer will not be sent (DUP-01 to DUP-04).
        """
        self._forget_until(now_us)
        known = self._pending.get(key) or self._answered.get(key)
        if known is not None:
            if known.authenticator == authenticator:
                return Discard.PENDING if known.reply is None else known.reply
            self._answered.pop(key, None)
        elif len(self) >= self._limit:
            if not self._answered:
                return Discard.FULL
            self._answered.popitem(last=False)
        ticket = self._pending[key] = Ticket(key, authenticator)
        return ticket

    def answer(self, ticket: Ticket, reply: bytes, now_us: int) -> bool:
        """Remember the reply of a request; False if it must not be sent, because its client
        has asked something newer under the same identifier since (DUP-04)."""
        if self._pending.get(ticket.key) is not ticket:
            return False
        del self._pending[ticket.key]
        ticket.reply = reply
        ticket.expires_us = now_us + self._keep_us
        self._answered[ticket.key] = ticket
        return True

    def abandon(self, ticket: Ticket) -> None:
        """Forget a request that will not be answered, so that its repetition is worked on."""
        if self._pending.get(ticket.key) is ticket:
            del self._pending[ticket.key]

    def forget_socket(self, socket: int) -> None:
        """Forget everything that came by one socket, as when it closes (DUP-09)."""
        for memory in (self._pending, self._answered):
            for key in [key for key in memory if key[0] == socket]:
                del memory[key]

    def _forget_until(self, now_us: int) -> None:
        answered = self._answered
        while answered and next(iter(answered.values())).expires_us <= now_us:
            answered.popitem(last=False)
