"""The line before the desk: arrival order, ranks, shedding."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from aaa.outcome import Outcome
from aaa.request import Item, Recheck
from radius.packet import decode
from server.queue import Queue, Rank, rank_of
from tests.server import packets

AGE_US = 5_000_000


@dataclass
class Waiting:
    rank: Rank
    entered_us: int = 0
    arrival_n: int = 0
    item: Item = field(default_factory=lambda: Recheck(frozenset()))

    def settle(self, outcome: Outcome, now_us: int) -> None:
        pass

    def shed(self) -> None:
        pass


def test_a_batch_is_everything_that_waits_in_order_of_arrival() -> None:
    queue = Queue(100, AGE_US)
    ranks = [Rank.INTERIM, Rank.STOP, Rank.LOGIN, Rank.START, Rank.INTERIM, Rank.TASK]
    waiting = [Waiting(rank) for rank in ranks]
    for errand in waiting:
        assert queue.offer(errand) is None
    assert queue.take(100, 0) == (waiting, [])
    assert len(queue) == 0


def test_when_more_waits_than_fits_the_better_ranks_go_first() -> None:
    queue = Queue(100, AGE_US)
    interims = [Waiting(Rank.INTERIM) for _ in range(5)]
    stops = [Waiting(Rank.STOP) for _ in range(5)]
    for errand in interims + stops:
        queue.offer(errand)
    assert queue.take(6, 0)[0] == [interims[0], *stops]
    assert queue.take(6, 0)[0] == interims[1:]


def test_a_full_line_sheds_the_oldest_interim_before_anything_else() -> None:
    queue = Queue(3, AGE_US)
    first, login, second = Waiting(Rank.INTERIM), Waiting(Rank.LOGIN), Waiting(Rank.INTERIM)
    for errand in (first, login, second):
        queue.offer(errand)
    assert queue.offer(Waiting(Rank.STOP)) is first
    assert queue.offer(Waiting(Rank.START)) is second
    assert queue.offer(Waiting(Rank.STOP)) is login
    assert queue.requests_n == 3


def test_a_worse_rank_never_takes_the_place_of_a_better_one() -> None:
    queue = Queue(2, AGE_US)
    queue.offer(Waiting(Rank.STOP))
    queue.offer(Waiting(Rank.START))
    for rank in (Rank.INTERIM, Rank.LOGIN):
        errand = Waiting(rank)
        assert queue.offer(errand) is errand


def test_tasks_are_taken_however_full_it_is() -> None:
    queue = Queue(1, AGE_US)
    queue.offer(Waiting(Rank.STOP))
    assert queue.offer(Waiting(Rank.TASK)) is None
    assert len(queue) == 2


def test_logins_that_waited_too_long_are_given_back_and_not_decided() -> None:
    queue = Queue(10, AGE_US)
    old, young = Waiting(Rank.LOGIN, entered_us=0), Waiting(Rank.LOGIN, entered_us=AGE_US)
    record = Waiting(Rank.INTERIM, entered_us=0)
    for errand in (old, young, record):
        queue.offer(errand)
    assert queue.take(10, AGE_US + 1) == ([young, record], [old])


def test_ranks_are_read_from_code_and_status_type() -> None:
    assert rank_of(decode(packets.login())) is Rank.LOGIN
    for status, rank in ((1, Rank.START), (2, Rank.STOP), (3, Rank.INTERIM), (7, Rank.START),
                         (8, Rank.START), (15, Rank.INTERIM)):  # fmt: skip
        assert rank_of(decode(packets.record(status=status))) is rank


@given(st.lists(st.sampled_from(list(Rank)), max_size=60), st.integers(1, 20), st.integers(1, 20))
def test_nobody_is_lost_and_the_bound_holds(ranks: list[Rank], limit: int, most: int) -> None:
    queue = Queue(limit, AGE_US)
    offered = [Waiting(rank) for rank in ranks]
    shed = [gone for errand in offered if (gone := queue.offer(errand)) is not None]
    assert queue.requests_n <= limit
    served: list[object] = []
    while queue:
        batch, stale = queue.take(most, 0)
        assert 0 < len(batch) <= most and not stale
        assert [errand.arrival_n for errand in batch] == sorted(e.arrival_n for e in batch)
        served += batch
    assert sorted(map(id, served + shed)) == sorted(map(id, offered))
    assert all(errand.rank is not Rank.TASK for errand in shed)
