"""Work that is done every so often."""

from __future__ import annotations

import asyncio
from typing import Any

from server.timers import Every, LoopLag
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
