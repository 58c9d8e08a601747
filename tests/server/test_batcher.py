"""Group commit: what a batch is, when replies and orders leave, what becomes of failures."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import pytest

from aaa.outcome import FAILED, SILENT, Outcome
from aaa.request import Item, Recheck, Request, Sweep, SweepKind
from domain.grant import Order
from radius.packet import decode
from server._road import rank_of
from server.batcher import Batcher
from server.meters import Meters
from server.one_at_a_time import CountedLock
from server.parked import HASHES_MAX
from server.queue import Queue, Rank
from server.readiness import Readiness
from server.seams import LoopSpawn, SystemClock
from tests.server import packets
from tests.server.fakes import Desk, Log, device, order


class Visit:
    """A request that keeps its outcome."""

    def __init__(self, octets: bytes) -> None:
        packet = decode(octets)
        self.item = Request(packet, device(), "192.0.2.1", 0, True)
        self.rank = rank_of(packet)
        self.arrival_n = 0
        self.entered_us = SystemClock().monotonic_us()
        self.outcome: Outcome | None = None
        self.was_shed = False

    def settle(self, outcome: Outcome, now_us: int) -> None:
        self.outcome = outcome

    def shed(self) -> None:
        self.was_shed = True


class Room:
    """A batcher with everything it needs."""

    def __init__(self, desk: Desk, *, limit: int = 100, batch: int = 50, ahead: int = 1) -> None:
        self.desk, self.meters, self.readiness, self.log = desk, Meters(), Readiness(), Log()
        self.carried: list[Order] = []
        self.done: list[Item] = []
        self.failures: list[BaseException] = []
        self.turnstile = CountedLock()
        spawn = LoopSpawn(
            asyncio.get_running_loop(), lambda name, error: self.failures.append(error)
        )
        self.spawn = spawn
        self.batcher = Batcher(
            desk,
            Queue(limit, 5_000_000, desk.urgent),
            batch_max_n=batch,
            ahead_min_n=ahead,
            clock=SystemClock(),
            spawn=spawn,
            meters=self.meters,
            readiness=self.readiness,
            carry=self._carry,
            done=self.done.append,
            turnstile=self.turnstile,
            log=self.log,
        )
        spawn.task(self.batcher.run(), "batcher")

    def _carry(self, orders: Sequence[Order]) -> None:
        self.carried += orders


def run(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def bounded() -> None:
        await asyncio.wait_for(story(), 120)

    asyncio.run(bounded())


def test_the_next_batch_is_what_arrived_while_the_last_one_was_committed() -> None:
    async def story() -> None:
        desk, gate, entered = Desk(), asyncio.Event(), asyncio.Event()

        async def hold() -> None:
            entered.set()
            await gate.wait()

        desk.before = hold
        room = Room(desk)
        visits = [Visit(packets.record(n)) for n in range(10)]
        room.batcher.offer(visits[0])
        await entered.wait()
        for visit in visits[1:]:
            room.batcher.offer(visit)
        assert all(visit.outcome is None for visit in visits)
        gate.set()
        await room.batcher.quiet()
        assert [len(batch) for batch in desk.batches] == [1, 9]
        assert desk.items == [visit.item for visit in visits]
        assert all(visit.outcome is not None for visit in visits)
        room.spawn.close()

    run(story)


def gated(desk: Desk) -> tuple[asyncio.Event, asyncio.Event]:
    """The desk's first batch stays at the store until the second event is set."""
    entered, gate = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        entered.set()
        await gate.wait()

    desk.before, desk.looks_ahead = hold, True
    return entered, gate


def test_what_comes_during_a_commit_is_decided_behind_it_and_committed_next() -> None:
    async def story() -> None:
        desk = Desk()
        entered, gate = gated(desk)
        room = Room(desk, ahead=3)
        visits = [Visit(packets.record(n)) for n in range(6)]
        room.batcher.offer(visits[0])
        await entered.wait()
        for visit in visits[1:3]:
            room.batcher.offer(visit)
        assert desk.tried == [], "for so few it is better to wait for more"
        for visit in visits[3:]:
            room.batcher.offer(visit)
        assert desk.tried == [[visit.item for visit in visits[1:4]]]
        answered: list[int] = []
        first = visits[0]
        first.settle = lambda outcome, now_us: answered.append(len(desk.batches))  # type: ignore[method-assign]
        gate.set()
        await room.batcher.quiet()
        assert [len(batch) for batch in desk.batches] == [1, 3, 2]
        assert answered == [2], "the second commit has begun before the first is answered"
        assert all(visit.outcome is not None for visit in visits[1:])
        assert not room.failures
        room.spawn.close()

    run(story)


def test_what_cannot_be_decided_ahead_is_held_and_more_may_join_it() -> None:
    async def story() -> None:
        desk = Desk()
        desk.ahead_ok = False
        entered, gate = gated(desk)
        room = Room(desk)
        visits = [Visit(packets.record(n)) for n in range(5)]
        room.batcher.offer(visits[0])
        await entered.wait()
        for visit in visits[1:]:
            room.batcher.offer(visit)
        assert desk.tried == [[visits[1].item]], "it is asked once"
        gate.set()
        await room.batcher.quiet()
        assert [len(batch) for batch in desk.batches] == [1, 4]
        assert desk.items == [visit.item for visit in visits]
        room.spawn.close()

    run(story)


@pytest.mark.parametrize("ahead_ok", [True, False])
def test_of_a_crowd_of_logins_half_is_decided_while_the_other_half_is_committed(
    ahead_ok: bool,
) -> None:
    async def story() -> None:
        desk = Desk()
        desk.ahead_ok = ahead_ok
        entered, gate = gated(desk)
        room = Room(desk, ahead=4)
        visits = [Visit(packets.login(n)) for n in range(9)]
        room.batcher.offer_all(visits)
        await entered.wait()
        later = [Visit(packets.login(n)) for n in range(9, 13)]
        room.batcher.offer_all(later)
        await asyncio.sleep(0)
        assert desk.tried[:1] == [[visit.item for visit in visits[5:]]], "who came first"
        gate.set()
        await room.batcher.quiet()
        sizes = [len(batch) for batch in desk.batches]
        assert sizes == ([5, 4, 4] if ahead_ok else [5, 8])
        assert desk.items == [visit.item for visit in [*visits, *later]]
        assert all(visit.outcome is not None for visit in [*visits, *later])
        assert not room.failures
        room.spawn.close()

    run(story)


def test_what_a_commit_has_left_to_be_done_is_done_beside_the_next_one() -> None:
    async def story() -> None:
        desk = Desk()
        entered, gate = gated(desk)
        room = Room(desk)
        visits = [Visit(packets.record(n)) for n in range(2)]
        room.batcher.offer(visits[0])
        await entered.wait()
        room.batcher.offer(visits[1])
        assert desk.caught_up_n == 0
        gate.set()
        await room.batcher.quiet()
        assert desk.caught_up_n == 1, "there was one batch behind another"
        room.spawn.close()

    run(story)


def test_who_waits_for_the_store_is_let_in_before_more_is_decided_ahead() -> None:
    async def story() -> None:
        desk = Desk()
        entered, gate = gated(desk)
        room = Room(desk)
        room.batcher.offer(Visit(packets.record()))
        await entered.wait()

        async def probe() -> None:
            async with room.turnstile:
                batches_n.append(len(desk.batches))

        batches_n: list[int] = []
        room.spawn.task(probe(), "probe")
        await asyncio.sleep(0)
        room.batcher.offer(Visit(packets.record(2)))
        assert desk.tried == []
        gate.set()
        await room.batcher.quiet()
        assert batches_n == [1] and len(desk.batches) == 2
        room.spawn.close()

    run(story)


def test_a_batch_is_bounded() -> None:
    async def story() -> None:
        desk = Desk()
        room = Room(desk, batch=4)
        for n in range(10):
            room.batcher.offer(Visit(packets.record(n)))
        await room.batcher.quiet()
        assert [len(batch) for batch in desk.batches] == [4, 4, 2]
        room.spawn.close()

    run(story)


def test_orders_are_carried_out_before_the_loop_turns_again() -> None:
    async def story() -> None:
        desk = Desk()
        room = Room(desk)
        turned: list[int] = []

        def decide(item: Item) -> Outcome:
            desk.orders.append(order(7))
            asyncio.get_running_loop().call_soon(lambda: turned.append(len(room.carried)))
            return Outcome(5, label="interim")

        desk.decide = decide
        room.batcher.offer(Visit(packets.record()))
        await room.batcher.quiet()
        assert turned == [1], "the order had left by the next turn of the loop"
        room.spawn.close()

    run(story)


def test_what_the_desk_wishes_is_in_the_next_batch_and_its_end_is_heard() -> None:
    async def story() -> None:
        desk = Desk()
        room = Room(desk)
        wish = Recheck(frozenset({5}))
        desk.wishes = [wish]
        room.batcher.offer(Visit(packets.record()))
        await room.batcher.quiet()
        assert desk.batches[1] == [wish]
        assert room.done == [wish]
        room.spawn.close()

    run(story)


def test_a_failed_batch_is_silent_and_makes_us_not_ready() -> None:
    async def story() -> None:
        desk = Desk(lambda item: FAILED)
        room = Room(desk)
        room.readiness.store_proved(SystemClock().monotonic_us())
        visit = Visit(packets.record())
        room.batcher.offer(visit)
        await room.batcher.quiet()
        assert visit.outcome is FAILED
        assert not room.readiness.store_up(SystemClock().monotonic_us())
        assert room.meters.failed_batches[()] == 1
        room.spawn.close()

    run(story)


def test_a_desk_that_raises_costs_its_batch_an_answer_and_nothing_else() -> None:
    async def story() -> None:
        def decide(item: Item) -> Outcome:
            if len(desk.batches) == 1:
                raise RuntimeError("a fault in the house")
            return Outcome(5, label="interim")

        desk = Desk(decide)
        room = Room(desk)
        first, second = Visit(packets.record(1)), Visit(packets.record(2))
        room.batcher.offer(first)
        await room.batcher.quiet()
        room.batcher.offer(second)
        await room.batcher.quiet()
        assert first.outcome is FAILED
        assert second.outcome is not None and second.outcome.reply_code == 5
        assert room.log.events("error") == ["batch failed"]
        room.spawn.close()

    run(story)


def test_a_failed_task_is_tried_again_but_a_sweep_is_not() -> None:
    async def story() -> None:
        desk = Desk(lambda item: FAILED)
        room = Room(desk)
        later: list[Callable[[], None]] = []
        room.spawn.later = (  # type: ignore[method-assign]
            lambda delay_us, call: (later.append(call), lambda: None)[1]
        )
        task, sweep = Recheck(frozenset({5})), Sweep(SweepKind.STALE, frozenset({1}))
        room.batcher.task(task)
        room.batcher.task(sweep)
        await room.batcher.quiet()
        assert len(later) == 1
        desk.decide = lambda item: SILENT
        later[0]()
        await room.batcher.quiet()
        assert desk.batches[-1] == [task]
        assert room.done == [task]
        room.spawn.close()

    run(story)


def test_overload_sheds_interims_and_counts_them() -> None:
    async def story() -> None:
        desk, gate, entered = Desk(), asyncio.Event(), asyncio.Event()

        async def hold() -> None:
            entered.set()
            await gate.wait()

        desk.before = hold
        room = Room(desk, limit=5)
        room.batcher.offer(Visit(packets.record()))
        await entered.wait()
        interims = [Visit(packets.record(n, session=b"s%d" % n)) for n in range(20)]
        stops = [Visit(packets.record(n, status=packets.STOP)) for n in range(5)]
        for visit in interims + stops:
            room.batcher.offer(visit)
        gate.set()
        await room.batcher.quiet()
        assert all(visit.was_shed for visit in interims)
        assert all(visit.outcome is not None for visit in stops)
        assert room.meters.shed["interim",] == 20
        room.spawn.close()

    run(story)


def backlog(desk: Desk, *, fail: bool) -> list[Visit]:
    """A batch is under way while three reports of one session and one of another come in; a batch
    holds three. The visits of that session, oldest first, when all is over."""
    visits = [Visit(packets.record(n, octets_n=n * 1000, session_s=n)) for n in (1, 2, 3)]

    async def story() -> None:
        gate, entered = asyncio.Event(), asyncio.Event()

        async def hold() -> None:
            assert all(visit.outcome is None for visit in visits), "before it was durable"
            entered.set()
            await gate.wait()

        desk.before = hold
        room = Room(desk, batch=3)
        room.batcher.offer(Visit(packets.record(session=b"s9")))
        await entered.wait()
        for visit in [*visits, Visit(packets.record(session=b"s8"))]:
            room.batcher.offer(visit)
        if fail:
            desk.decide = lambda item: FAILED
        gate.set()
        await room.batcher.quiet()
        assert room.meters.coalesced[()] == 2
        room.spawn.close()

    run(story)
    return visits


def test_a1_a_covered_report_is_decided_in_its_turn_in_the_batch_of_its_cover() -> None:
    desk = Desk()
    first, second, third = backlog(desk, fail=False)
    assert desk.batches[1] == [first.item, second.item, third.item]
    assert all(visit.outcome is not None for visit in (first, second, third))


def test_a1_a_cover_that_fails_leaves_all_that_it_covers_unanswered() -> None:
    visits = backlog(Desk(), fail=True)
    assert [visit.outcome for visit in visits] == [FAILED] * 3


def test_a_login_that_needs_a_slow_hash_joins_a_batch_with_its_result() -> None:
    async def story() -> None:
        desk = Desk()
        desk.slow = lambda request: lambda: request.packet.identifier == 2
        room = Room(desk, ahead=1000)
        visits = [Visit(packets.login(n)) for n in (1, 2)]
        for visit in visits:
            room.batcher.offer(visit)
        record = Visit(packets.record(3))
        room.batcher.offer(record)
        await room.batcher.quiet()
        assert record.outcome is not None
        assert record.item in desk.batches[0], "accounting does not wait for a hash"
        assert record.item not in desk.batches[1]
        assert [visit.item.hash_ok for visit in visits] == [False, True]
        assert room.batcher.parked.hashes_n == 0
        room.spawn.close()

    run(story)


def test_s11_hashes_under_way_are_bounded() -> None:
    async def story() -> None:
        desk = Desk()
        desk.slow = lambda request: lambda: True
        room = Room(desk, limit=10_000, ahead=1000)
        visits = [Visit(packets.login(n % 256)) for n in range(HASHES_MAX + 3)]
        for visit in visits:
            room.batcher.offer(visit)
        await room.batcher.quiet()
        assert sum(visit.was_shed for visit in visits) == 3
        assert room.batcher.lengths()[Rank.LOGIN] == 0
        room.spawn.close()

    run(story)


def test_an_answer_that_cannot_be_given_costs_nobody_else_his() -> None:
    async def story() -> None:
        room = Room(Desk())
        visits = [Visit(packets.login(identifier=n)) for n in range(3)]

        def refuse(outcome: Outcome, now_us: int) -> None:
            raise RuntimeError("no such network")

        visits[1].settle = refuse  # type: ignore[method-assign]
        for visit in visits:
            room.batcher.offer(visit)
        await room.batcher.quiet()
        assert [visit.outcome is not None for visit in visits] == [True, False, True]
        assert visits[1].was_shed, "its repetition is worked on"
        assert room.log.events("error") == ["an answer failed"]
        later = Visit(packets.login(identifier=9))
        room.batcher.offer(later)
        await room.batcher.quiet()
        assert later.outcome is not None and not room.failures
        room.spawn.close()

    run(story)


def test_orders_that_cannot_be_carried_out_stop_nothing() -> None:
    async def story() -> None:
        room = Room(Desk(lambda item: SILENT))

        def refuse(orders: Sequence[Order]) -> None:
            raise RuntimeError("no such network")

        room.batcher._carry = refuse
        room.desk.orders.append(order(1))
        for n in range(2):
            visit = Visit(packets.login(identifier=n))
            room.batcher.offer(visit)
            await room.batcher.quiet()
            assert visit.outcome is not None
        assert room.log.events("error") == ["orders failed"] and not room.failures
        room.spawn.close()

    run(story)


def test_sts_04_tasks_that_may_have_written_nothing_prove_no_store() -> None:
    async def story() -> None:
        room = Room(Desk())
        room.batcher.task(Recheck(frozenset({1})))
        await room.batcher.quiet()
        assert not room.readiness.store_up(SystemClock().monotonic_us())
        room.batcher.offer(Visit(packets.login()))
        await room.batcher.quiet()
        assert room.readiness.store_up(SystemClock().monotonic_us())
        room.spawn.close()

    run(story)
