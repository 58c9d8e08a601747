"""The bounded line before the desk: who waits, who goes first, who is turned away.

A batch is what waits, in order of arrival. Only when more waits than a batch may hold does rank
decide, and only when the line is full is anybody shed: the oldest of the worst rank, for a later
interim repeats what an earlier one said, and an old login has been given up by its router. A Stop
is the last fact of a session and is shed only for lack of anything else. What the server itself
asks for (tasks) is few and is never shed.
"""

from __future__ import annotations

import enum
from collections import deque
from typing import Final, Protocol

from aaa.outcome import Outcome
from aaa.request import Item
from radius import Packet

ACCESS_REQUEST: Final = 1
ACCT_STATUS_TYPE: Final = 40
_STOP: Final = (2).to_bytes(4, "big")
_PROMPT: Final = frozenset(status.to_bytes(4, "big") for status in (1, 7, 8))


class Rank(enum.IntEnum):
    """Who goes first under overload; the lower the better (reliability 5.3)."""

    TASK = 0  # our own: settled orders, rechecks, sweeps
    STOP = 1
    START = 2  # Start, Accounting-On and -Off
    LOGIN = 3
    INTERIM = 4


class Errand(Protocol):
    """One item on its way to the desk and back."""

    rank: Rank
    arrival_n: int  # set by the queue
    entered_us: int  # monotonic

    @property
    def item(self) -> Item:
        """What the desk is asked."""

    def settle(self, outcome: Outcome, now_us: int) -> None:
        """What the desk decided, heard at this monotonic instant."""

    def shed(self) -> None:
        """It was turned away; nothing is sent, a repeat is welcome."""


def rank_of(packet: Packet) -> Rank:
    """The rank of a request, by its code and Acct-Status-Type."""
    if packet.code == ACCESS_REQUEST:
        return Rank.LOGIN
    status = packet.first(ACCT_STATUS_TYPE)
    if status == _STOP:
        return Rank.STOP
    return Rank.START if status in _PROMPT else Rank.INTERIM


class Queue:
    """Errands that wait for the next batch; `limit_n` bounds all but tasks."""

    def __init__(self, limit_n: int, login_age_max_us: int) -> None:
        self._limit_n = limit_n
        self._login_age_max_us = login_age_max_us
        self._lines: tuple[deque[Errand], ...] = tuple(deque() for _ in Rank)
        self._arrivals_n = 0
        self.requests_n = 0  # waiting, tasks left out

    def __len__(self) -> int:
        """How many wait, tasks included."""
        return self.requests_n + len(self._lines[Rank.TASK])

    def lengths(self) -> dict[Rank, int]:
        """How many wait of each rank."""
        return {rank: len(self._lines[rank]) for rank in Rank}

    def offer(self, errand: Errand) -> Errand | None:
        """Take it into the line. The answer is who had to go for it, possibly itself."""
        rank = errand.rank
        evicted = None
        if rank is not Rank.TASK:
            if self.requests_n >= self._limit_n:
                evicted = self._evict(rank)
                if evicted is None:
                    return errand
            self.requests_n += 1
        self._arrivals_n += 1
        errand.arrival_n = self._arrivals_n
        self._lines[rank].append(errand)
        return evicted

    def take(self, most_n: int, now_us: int) -> tuple[list[Errand], list[Errand]]:
        """The next batch in order of arrival, and the logins that waited too long for it."""
        stale = self._stale_logins(now_us)
        batch: list[Errand] = []
        ranks_n = 0
        for line in self._lines:
            room_n = most_n - len(batch)
            if not line or not room_n:
                continue
            ranks_n += 1
            if len(line) <= room_n:
                batch.extend(line)
                line.clear()
            else:
                batch.extend(line.popleft() for _ in range(room_n))
        if ranks_n > 1:
            batch.sort(key=_arrival)
        self.requests_n = sum(len(line) for line in self._lines[1:])
        return batch, stale

    def _evict(self, for_rank: Rank) -> Errand | None:
        """Make room by the oldest of the worst rank, if that is no better than `for_rank`."""
        for rank in range(Rank.INTERIM, for_rank - 1, -1):
            if self._lines[rank]:
                self.requests_n -= 1
                return self._lines[rank].popleft()
        return None

    def _stale_logins(self, now_us: int) -> list[Errand]:
        logins, stale = self._lines[Rank.LOGIN], []
        while logins and now_us - logins[0].entered_us > self._login_age_max_us:
            stale.append(logins.popleft())
        return stale


def _arrival(errand: Errand) -> int:
    return errand.arrival_n
