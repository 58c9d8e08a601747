"""What the line before the desk costs a record: all fit, more wait than fit, and the bare minimum.

The bare minimum is a deque that is filled and emptied. As long as all that waits fits into one
batch nobody is ranked, so the first two must be close; under overload each record is ranked once,
asked about, and compared with the last report of its session. The rows are made beforehand, and
one in ten sessions has a second report in line. Run with `python -m benchmarks.bench_queue`.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from aaa.books import Books
from aaa.outcome import Outcome
from aaa.ports import Loaded, Want
from aaa.request import Request
from aaa.urgency import urgent
from domain.device import Device
from domain.session import HoldState
from radius import Packet
from server.queue import Queue, Rank
from tests.accounting import makers

ERRANDS_N = 1_024
SESSIONS_N = 930
BATCH_N = 64
ROUNDS_N = 100
DEVICE = Device(1, "bench", b"testing123", ("192.0.2.0/24",), "mikrotik", 3799)


class Waiting:
    """An interim in line."""

    __slots__ = ("arrival_n", "entered_us", "item", "rank")

    def __init__(self, n: int) -> None:
        octets = (n * 1_000_000 & 0xFFFFFFFF).to_bytes(4, "big")
        pairs = [
            (1, b"user%d" % (n % SESSIONS_N)),
            (40, (3).to_bytes(4, "big")),
            (44, b"s%d" % (n % SESSIONS_N)),
            (46, (n * 60).to_bytes(4, "big")),
            (42, octets),
            (43, octets),
        ]
        self.item = Request(Packet(4, n % 256, bytes(16), pairs), DEVICE, "192.0.2.1", 0, True)
        self.rank, self.arrival_n, self.entered_us = Rank.INTERIM, 0, 0

    def settle(self, outcome: Outcome, now_us: int) -> None:
        """Nobody waits for the answer."""

    def shed(self) -> None:
        """Nobody misses it."""


def full_books() -> Books:
    """An account with SESSIONS_N live sessions at a cent for each megabyte."""
    books = Books()
    account = makers.account(10**12)
    found = Loaded(accounts=[account], subscribers=[makers.subscriber()], plans=[makers.plan()])
    keys = {(1, f"s{n}") for n in range(SESSIONS_N)}
    books.take_in(Want(session_keys=keys), found)
    for n in range(SESSIONS_N):
        books.add_session(
            makers.session(
                session_id=n + 1,
                acct_session_id=f"s{n}",
                session_s=600,
                output_octets=10**8,
                charged_micros=10**6,
                granted_micros=10**8,
                used_micros=10**6,
                hold_state=HoldState.HELD,
                interim_s=300,
            )
        )
    return books


def bare(errands: list[Waiting]) -> None:
    """The least that a line can do."""
    line: deque[Waiting] = deque()
    for errand in errands:
        line.append(errand)
    list(line)


def through(errands: list[Waiting], batch_n: int, asked: Callable[[Request], bool]) -> None:
    """All through a queue, in batches."""
    queue = Queue(16_384, 5_000_000, asked)
    for errand in errands:
        errand.rank = Rank.INTERIM
        queue.offer(errand)
    while queue:
        queue.take(batch_n, 0)


def best_ns(work: Callable[[], None]) -> float:
    """Nanoseconds for one errand, in the best of ROUNDS_N rounds."""
    best = float("inf")
    for _ in range(ROUNDS_N):
        began = time.perf_counter_ns()
        work()
        best = min(best, time.perf_counter_ns() - began)
    return best / ERRANDS_N


def main() -> None:
    """Measure each way and print a table."""
    errands = [Waiting(n) for n in range(ERRANDS_N)]
    books = full_books()
    ways: tuple[tuple[str, Callable[[], None]], ...] = (
        ("a bare deque", lambda: bare(errands)),
        ("all fit", lambda: through(errands, ERRANDS_N, lambda request: urgent(books, request))),
        ("overload, not asked", lambda: through(errands, BATCH_N, lambda request: False)),
        ("overload", lambda: through(errands, BATCH_N, lambda request: urgent(books, request))),
    )
    print(f"{'':24}{'ns each':>9}{'ratio':>8}")
    floor_ns = 0.0
    for name, work in ways:
        took_ns = best_ns(work)
        floor_ns = floor_ns or took_ns
        print(f"{name:24}{took_ns:>9,.0f}{took_ns / floor_ns:>8.1f}")


if __name__ == "__main__":
    main()
