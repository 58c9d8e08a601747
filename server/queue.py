"""The bounded line before the desk: who waits, who goes first, who is turned away.

A batch is what waits, in order of arrival, and as long as all of it fits into one batch nobody is
sorted. Only when more waits does rank decide who goes first, and only when the line is full is
anybody shed: first interims that a later one covers, then the oldest of the worst rank, for a later
interim repeats what an earlier one said, and an old login has been given up by its router. A Stop
is the last fact of a session and is shed only for lack of anything else. What the server itself
asks for (tasks) is few and is never shed.

Covered interims are not dropped: each leaves with its cover, or after it, so that it is answered
only when what covers it is durable. Within a batch, which is durable as one, they go in order of
arrival: to the desk an interim that comes behind a newer one is a rarity, and costs fifty times as
much to decide as one whose turn it is.
"""

from __future__ import annotations

import enum
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Final, NamedTuple, Protocol

from aaa.outcome import Outcome
from aaa.request import Item, Request
from server.cover import Key, Report, report_of

COVERED_MAX: Final = 3  # interims that wait behind one that covers them; as many as routers repeat


class Rank(enum.IntEnum):
    """Who goes first under overload; the lower the better (reliability 5.3)."""

    TASK = 0  # our own: settled orders, rechecks, sweeps
    STOP = 1
    START = 2  # Start, Accounting-On and -Off
    NEAR = 3  # an interim of a session that comes to the end of its hold: lateness is money
    KNOWN = 4  # a login of somebody who is online or was lately
    LOGIN = 5  # any other login; the newest first
    INTERIM = 6
    COVERED = 7  # an interim that a later one covers


# By name, since a flood has them looked at for each datagram.
_TASK: Final = Rank.TASK
_NEAR: Final = Rank.NEAR
_INTERIM: Final = Rank.INTERIM
_LOGIN: Final = Rank.LOGIN
_COVERED: Final = Rank.COVERED
_LOGINS: Final = (Rank.KNOWN, Rank.LOGIN)


class Errand(Protocol):
    """One item on its way to the desk and back."""

    rank: Rank  # by its packet alone; the queue refines it under overload
    arrival_n: int  # set by the queue, when it sorts
    entered_us: int  # monotonic

    @property
    def item(self) -> Item:
        """What the desk is asked."""

    def settle(self, outcome: Outcome, now_us: int) -> None:
        """What the desk decided, heard at this monotonic instant."""

    def shed(self) -> None:
        """It was turned away; nothing is sent, a repeat is welcome."""


class Taken(NamedTuple):
    """What leaves the line at once."""

    batch: list[Errand]  # in order of arrival
    stale: list[Errand]  # logins that waited too long: not to be decided any more
    covered_n: int  # interims in the batch that another one in it covers


class _Place:
    """A place in the line of one rank: an errand, and the interims it covers, oldest first.

    A newer report takes over the place of the one it covers, or a session whose router repeats
    would never come to the front.
    """

    __slots__ = ("covered", "errand", "rank", "report")

    def __init__(self, errand: Errand, report: Report | None) -> None:
        self.errand = errand
        self.rank = errand.rank
        self.report = report
        self.covered: list[Errand] = []


class Queue:
    """Errands that wait for the next batch; `limit_n` bounds all but tasks.

    `urgent(request)` tells whether a request goes before others of its kind; it is asked once, and
    only under overload. Of a session that has a report in line already it is known.
    """

    def __init__(
        self, limit_n: int, login_age_max_us: int, urgent: Callable[[Request], bool]
    ) -> None:
        self._limit_n = limit_n
        self._login_age_max_us = login_age_max_us
        self._urgent = urgent
        self._fresh: deque[Errand] = deque()  # not sorted, in order of arrival
        self._fresh_logins_n = 0
        self._lines: tuple[deque[_Place], ...] = tuple(deque() for _ in Rank)
        self._worst_first = self._lines[::-1]
        self._covered: OrderedDict[int, _Place] = OrderedDict()  # by arrival: behind whom
        self._newest: dict[Key, _Place] = {}  # of each session with an interim in the lines
        self._arrivals_n = 0
        self._waiting_n = 0
        self._tasks_n = 0

    def __len__(self) -> int:
        """How many wait, tasks included."""
        return self._waiting_n

    @property
    def requests_n(self) -> int:
        """How many wait, tasks left out."""
        return self._waiting_n - self._tasks_n

    def lengths(self) -> dict[Rank, int]:
        """How many wait of each rank, as far as they are sorted."""
        lengths = {rank: len(self._lines[rank]) for rank in Rank}
        lengths[Rank.COVERED] = len(self._covered)
        for errand in self._fresh:
            lengths[errand.rank] += 1
        return lengths

    def offer(self, errand: Errand) -> Errand | None:
        """Take it into the line. The answer is who had to go for it, possibly itself."""
        if errand.rank is _TASK:
            self._fresh.append(errand)
            self._waiting_n += 1
            self._tasks_n += 1
            return None
        shed = self.offer_all((errand,))
        return shed[0] if shed else None

    def offer_all(self, errands: Sequence[Errand]) -> list[Errand]:
        """Take several into the line, none of them a task: who had to go for them."""
        self._fresh += errands
        if errands and errands[0].rank in _LOGINS:  # a burst is of one port
            self._fresh_logins_n += len(errands)
        self._waiting_n += len(errands)
        over_n = self._waiting_n - self._tasks_n - self._limit_n
        if over_n <= 0:
            return []
        self._sort()
        self._waiting_n -= over_n
        return [self._turn_away() for _ in range(over_n)]

    @property
    def is_crowd(self) -> bool:
        """Are most of those who wait logins, none of which has to go before others?"""
        waiting_n = self._waiting_n
        return 2 * self._fresh_logins_n > waiting_n == len(self._fresh)

    def take(self, most_n: int, now_us: int, enough_n: int | None = None) -> Taken:
        """The next batch of at most `most_n`, and the logins that waited too long for it.

        If all that wait would fit, `enough_n` of them are enough: the first.
        """
        fresh = self._fresh
        oldest_us = now_us - self._login_age_max_us
        if len(fresh) == self._waiting_n <= most_n and (
            not fresh or fresh[0].entered_us >= oldest_us
        ):
            if enough_n is not None and enough_n < len(fresh):
                batch = [fresh.popleft() for _ in range(enough_n)]
                self._waiting_n -= enough_n
                self._tasks_n -= sum(errand.rank is _TASK for errand in batch)
                self._fresh_logins_n = max(self._fresh_logins_n - enough_n, 0)
                return Taken(batch, [], 0)
            batch = list(fresh)
            fresh.clear()
            self._waiting_n = self._tasks_n = self._fresh_logins_n = 0
            return Taken(batch, [], 0)
        self._sort()
        stale = self._stale_logins(oldest_us)
        batch, covered_n = self._fill(most_n)
        self._waiting_n -= len(stale) + len(batch)
        self._tasks_n = len(self._lines[Rank.TASK])
        return Taken(batch, stale, covered_n)

    # ---------------------------------------------------------------- overload

    def _sort(self) -> None:
        """Give everybody who came since the last time a place in the line of their rank."""
        newest, lines, urgent = self._newest, self._lines, self._urgent
        for number, errand in enumerate(self._fresh, self._arrivals_n + 1):
            errand.arrival_n = number
            item, rank = errand.item, errand.rank
            report = waiting = None
            if rank is _INTERIM and isinstance(item, Request):
                report = report_of(item)
                if report is not None:
                    waiting = newest.get(report.key)
                if urgent(item) if waiting is None else waiting.rank is _NEAR:
                    errand.rank = rank = _NEAR
            elif rank is _LOGIN and isinstance(item, Request) and urgent(item):
                errand.rank = rank = Rank.KNOWN
            if waiting is None or report is None or not self._cover(waiting, errand, report):
                place = _Place(errand, report)
                lines[rank].append(place)
                if report is not None:
                    newest[report.key] = place
        self._arrivals_n += len(self._fresh)
        self._fresh.clear()
        self._fresh_logins_n = 0

    def _cover(self, place: _Place, errand: Errand, report: Report) -> bool:
        """Let it take the place of an earlier report of its session, if it covers that."""
        if place.report is None or place.rank is not errand.rank:
            return False
        if len(place.covered) >= COVERED_MAX or not report.covers(place.report):
            return False
        earlier, place.errand, place.report = place.errand, errand, report
        earlier.rank = _COVERED
        place.covered.append(earlier)
        self._covered[earlier.arrival_n] = place
        return True

    def _fill(self, most_n: int) -> tuple[list[Errand], int]:
        """The best ranks first, as many as there is room for; then in order of arrival."""
        batch: list[Errand] = []
        covered_n = 0
        for rank, line in zip(Rank, self._lines, strict=True):
            pop = line.pop if rank is _LOGIN else line.popleft
            while line and len(batch) < most_n:
                place = pop()
                self._leave(place)
                if len(place.covered) >= most_n - len(batch):
                    self._let_loose(place, most_n - len(batch) - 1)
                batch.append(place.errand)
                if place.covered:
                    batch += place.covered
                    covered_n += len(place.covered)
        batch.sort(key=_arrival)
        return batch, covered_n

    def _leave(self, place: _Place) -> None:
        """It is no longer in the line: nothing can be covered there."""
        if place.report is not None:
            key = place.report.key
            if self._newest.get(key) is place:
                del self._newest[key]
        for errand in place.covered:
            del self._covered[errand.arrival_n]

    def _let_loose(self, place: _Place, keep_n: int) -> None:
        """Those for whom the batch has no room go by themselves, after their cover."""
        loose = place.covered[keep_n:]
        del place.covered[keep_n:]
        for errand in reversed(loose):
            errand.rank = place.rank
            self._lines[place.rank].appendleft(_Place(errand, None))

    def _turn_away(self) -> Errand:
        """The oldest of the worst rank; all are sorted, and there is one beside the tasks."""
        if self._covered:
            arrival_n, place = self._covered.popitem(last=False)
            at = next(n for n, one in enumerate(place.covered) if one.arrival_n == arrival_n)
            return place.covered.pop(at)
        for line in self._worst_first:
            if line:
                break
        place = line.popleft()
        self._leave(place)
        return place.errand

    def _stale_logins(self, oldest_us: int) -> list[Errand]:
        stale: list[Errand] = []
        for rank in _LOGINS:
            line = self._lines[rank]
            while line and line[0].errand.entered_us < oldest_us:
                stale.append(line.popleft().errand)
        return stale


_arrival: Final = attrgetter("arrival_n")
