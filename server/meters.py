"""Counting, as cheap as it gets: plain integers that the packet path adds to.

Nothing here knows how figures are published (`server.metrics` does). Labels are bounded: device
names, packet codes and words of our own; never a user, a MAC or a session.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Container, Sequence
from typing import Final

Counts = defaultdict[tuple[str, ...], int]

# Upper bounds. Waiting times in microseconds, from a fast commit to a router's last patience.
TIME_BOUNDS_US: Final = (
    500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
    1_000_000, 2_500_000, 5_000_000, 10_000_000, 30_000_000,
)  # fmt: skip
SIZE_BOUNDS_N: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024)

CODE_NAMES: Final = {
    1: "access-request",
    2: "access-accept",
    3: "access-reject",
    4: "accounting-request",
    5: "accounting-response",
    11: "access-challenge",
    12: "status-server",
}


class Histogram:
    """How often a whole number fell under each bound, and the sum of all."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: tuple[int, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0

    def observe(self, value: int) -> None:
        """Count one."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def add(self, counts: Sequence[int], total: int) -> None:
        """Count many that were sorted under the same bounds already."""
        for n, count_n in enumerate(counts):
            self.counts[n] += count_n
        self.total += total


def _times() -> Histogram:
    return Histogram(TIME_BOUNDS_US)


def _counts() -> Counts:
    return defaultdict(int)


class Meters:
    """Everything the server counts. Keys are tuples of label values, () where there is none."""

    def __init__(self) -> None:
        self.requests = _counts()  # client, code
        self.responses = _counts()  # client, code
        self.dropped = _counts()  # reason
        self.duplicates = _counts()  # code
        self.malformed = _counts()  # reason
        self.bad_authenticator = _counts()  # client
        self.missing_message_authenticator = _counts()  # client
        self.unknown_client = _counts()
        self.shed = _counts()  # class
        self.coalesced = _counts()
        self.unsent = _counts()
        self.logins = _counts()  # result, reason
        self.records = _counts()  # type
        self.orders = _counts()  # kind, result
        self.renewals = _counts()  # result
        self.failed_batches = _counts()
        self.failed_tasks = _counts()  # task
        self.durations: defaultdict[tuple[str, ...], Histogram] = defaultdict(_times)  # code
        self.batch_times: dict[tuple[str, ...], Histogram] = {(): _times()}
        self.batch_sizes: dict[tuple[str, ...], Histogram] = {(): Histogram(SIZE_BOUNDS_N)}
        self.order_times: defaultdict[tuple[str, ...], Histogram] = defaultdict(_times)  # kind

    def forget_clients(self, known: Container[str]) -> None:
        """Drop the figures of devices that are no more, so that labels stay bounded."""
        for counts in (
            self.requests,
            self.responses,
            self.bad_authenticator,
            self.missing_message_authenticator,
        ):
            for labels in [labels for labels in counts if labels[0] not in known]:
                del counts[labels]
