"""Work that is done every so often."""

from __future__ import annotations

import asyncio
from typing import Any

from server.seams import LoopSpawn
from server.timers import Every, LoopLag, pause, within
from tests.server.fakes import Clock, Spawn


def finish(spawn: Spawn) -> None:
    """Run what was spawned to its end."""

    async def all_of_it(tasks: list[Any]) -> None:
        await asyncio.gather(*tasks)

    tasks, spawn.tasks = spawn.tasks, []
    asyncio.run(all_of_it(tasks))


def test_work_is_done_each_period_until_stopped() -> None:
    spawn, calls = Spawn(Clock()), []

    async def work() -> None:
        calls.append(spawn.clock.us)

    every = Every(1_000, work, name="work", spawn=spawn)
    every.start()
    for _ in range(3):
        spawn.advance(1_000)
        finish(spawn)
    assert len(calls) == 3
    every.stop()
    spawn.advance(10_000)
    assert spawn.tasks == []


def test_slow_work_is_not_started_twice() -> None:
    spawn = Spawn(Clock())

    async def work() -> None:
        pass

    every = Every(1_000, work, name="work", spawn=spawn)
    every.start()
    spawn.advance(5_000)
    assert len(spawn.tasks) == 1
    finish(spawn)
    spawn.advance(1_000)
    assert len(spawn.tasks) == 1
    finish(spawn)


def test_the_loops_lag_is_how_late_a_timer_is() -> None:
    spawn = Spawn(Clock())
    lag = LoopLag(1_000_000, clock=spawn.clock, spawn=spawn)
    lag.start()
    spawn.advance(1_000_000)
    assert lag.lag_us == 0
    spawn.clock.us += 1_300_000  # the loop was busy
    spawn.advance(0)
    assert lag.lag_us == 300_000
    lag.stop()


def run_within(limit_us: int, fault: Exception | None, steps_n: int) -> tuple[bool, list[str]]:
    """Did work of so many pauses of a millisecond end, and who was heard to fail?"""
    failed: list[str] = []
    left: list[int] = []

    async def story() -> bool:
        spawn = LoopSpawn(asyncio.get_running_loop(), lambda name, error: failed.append(name))

        async def work() -> None:
            for n in range(steps_n):
                await pause(1_000, spawn)
                left.append(n)
            if fault is not None:
                raise fault

        ended = await within(limit_us, work(), "work", spawn)
        done_n = len(left)
        await pause(5_000, spawn)
        assert len(left) == done_n, "it does not go on behind our back"
        spawn.close()
        return ended

    return asyncio.run(story()), failed


def test_work_that_ends_in_time_has_ended() -> None:
    assert run_within(60_000_000, None, 3) == (True, [])


def test_work_that_takes_too_long_is_stopped() -> None:
    assert run_within(1_000, None, 100_000) == (False, [])


def test_work_that_fails_did_not_end_and_is_heard_of() -> None:
    assert run_within(60_000_000, RuntimeError("a fault in the house"), 1) == (False, ["work"])
