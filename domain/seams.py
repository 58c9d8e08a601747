"""The seams: everything a process takes from the world that is not bytes or a row.

Clock, randomness, ids, datagrams and spawning are handed to the floors that need them as objects
of these shapes. The real ones live in `server/seams.py`; a simulator supplies seeded twins. No
other module may read a clock or draw a random number, or a history could not be replayed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol

US_PER_S = 1_000_000

# Ids are 63-bit: milliseconds since 2020-01-01 UTC in the upper 41 bits, 22 bits below to tell
# apart what happens within one of them. Rows then sort by age, which keeps index pages warm.
ID_EPOCH_US = 1_577_836_800_000_000
ID_LOW_BITS = 22


class Clock(Protocol):
    """Tells the time: wall time for stamps, monotonic time for intervals (F-33)."""

    def now_us(self) -> int:
        """UTC now, microseconds since 1970."""

    def monotonic_us(self) -> int:
        """Microseconds on a clock that never steps; only differences mean anything."""


class Randomness(Protocol):
    """Draws unpredictable octets (authenticators, salts, nonces: AUT-09, HID-05)."""

    def octets(self, length: int) -> bytes:
        """`length` octets from a cryptographic source."""

    def below(self, limit: int) -> int:
        """A number in [0, limit), uniformly."""


class Ids(Protocol):
    """Hands out row ids, strictly increasing within a process whatever the clock does (L10)."""

    def next(self) -> int:
        """A new 63-bit id."""


class DatagramPort(Protocol):
    """One bound UDP socket.

    One that can do many at a time has three methods more, and who has a port asks whether it has
    them: `in_bursts(received_all)` hands over lists of (octets, peer, local address) from then on;
    `post` is like `send`, but what is posted leaves with the next `flush()`.
    """

    def send(self, octets: bytes, address: tuple[str, int], source: str | None) -> None:
        """Send to `address`, from local address `source` where the socket has several (DUP-11)."""

    def close(self) -> None:
        """Stop receiving and give the port back."""


class Datagrams(Protocol):
    """Binds UDP sockets."""

    def bind(
        self, host: str, port: int, received: Callable[[bytes, tuple[str, int], str], None]
    ) -> DatagramPort:
        """Bind and call `received(octets, peer, local address)` for each datagram."""


class Spawn(Protocol):
    """Starts background work and timers."""

    def task(self, work: Coroutine[Any, Any, None], name: str) -> Callable[[], None]:
        """Run a coroutine; the answer cancels it."""

    def later(self, delay_us: int, call: Callable[[], None]) -> Callable[[], None]:
        """Call once after a delay; the answer cancels it."""

    def thread(self, call: Callable[[], Any]) -> Awaitable[Any]:
        """Run slow pure work (a password hash) off the loop, in a bounded pool."""


def compose_id(now_us: int, low: int) -> int:
    """The id for an instant and a low part (kept to its 22 bits)."""
    return max(now_us - ID_EPOCH_US, 0) // 1000 << ID_LOW_BITS | low & (1 << ID_LOW_BITS) - 1
