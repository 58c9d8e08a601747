"""What was put off joins a batch in its time, once; and counts as waiting until then."""

from __future__ import annotations

from aaa.outcome import Outcome
from server.parked import PUT_OFF_MAX, Parked
from tests.server import packets
from tests.server.fakes import Clock, Desk, Log, Spawn
from tests.server.test_batcher import Room, Visit, run


class Bench:
    """A bench with a clock of its own; what became of those who waited on it."""

    def __init__(self) -> None:
        self.spawn = Spawn(Clock())
        self.joined: list[object] = []
        self.shed: list[object] = []
        self.moved_n = 0
        self.parked = Parked(
            self.spawn, Log(), join=self.joined.append, shed=self.shed.append, moved=self.moved
        )

    def moved(self) -> None:
        self.moved_n += 1


def test_a_record_that_was_put_off_comes_again_after_its_time_and_not_before() -> None:
    bench, visit = Bench(), Visit(packets.record())
    bench.parked.put_off(visit, 1_000_000)
    assert visit.item.put_off and bench.parked
    bench.spawn.advance(999_999)
    assert bench.joined == [] and bench.parked.put_off_n == 1
    bench.spawn.advance(1)
    assert bench.joined == [visit] and bench.moved_n == 1
    assert not bench.parked and bench.shed == []


def test_where_too_many_wait_a_record_comes_again_at_once() -> None:
    bench, visit = Bench(), Visit(packets.record())
    bench.parked.put_off_n = PUT_OFF_MAX
    bench.parked.put_off(visit, 1_000_000)
    bench.spawn.advance(0)
    assert bench.joined == [visit]


def test_the_batcher_lets_others_pass_and_is_not_quiet_before_the_last_was_decided() -> None:
    async def story() -> None:
        desk = Desk()
        first, second = Visit(packets.record(1)), Visit(packets.record(2))
        answer = Outcome(5, label="stop")

        def decide(item: object) -> Outcome:
            late = item is first.item and not first.item.put_off
            return Outcome(None, label="awaiting", again_us=20_000) if late else answer

        desk.decide = decide  # type: ignore[assignment]
        room = Room(desk)
        room.batcher.offer(first)
        room.batcher.offer(second)
        await room.batcher.quiet()
        assert desk.items == [first.item, second.item, first.item]
        assert (first.outcome, second.outcome) == (answer, answer)
        room.spawn.close()

    run(story)
