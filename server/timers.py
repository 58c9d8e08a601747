"""What is done every so often or for so long: sweeps, probes, figures, pauses, the drain.

Each piece of work is named, runs alone (a slow one is not started twice) and is started by the
spawn seam, so a simulator's clock drives it like any other. Nothing in the server may ask the loop
itself for a timer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from domain.seams import Clock, Spawn


async def pause(delay_us: int, spawn: Spawn) -> None:
    """Return after `delay_us`."""
    awake = asyncio.Event()
    cancel = spawn.later(delay_us, awake.set)
    try:
        await awake.wait()
    finally:
        cancel()


async def within(limit_us: int, work: Coroutine[Any, Any, None], name: str, spawn: Spawn) -> bool:
    """Run `work` for `limit_us` at most; answers whether it came to its end. What it raises, the
    spawn seam hears of."""
    over, ended = asyncio.Event(), False

    async def run() -> None:
        nonlocal ended
        try:
            await work
            ended = True
        finally:
            over.set()

    stop = spawn.task(run(), name)
    cancel = spawn.later(limit_us, over.set)
    try:
        await over.wait()
    finally:
        cancel()
        stop()
    return ended


class Every:
    """Calls `work` each `period_us` until stopped; a call that still runs is left alone."""

    def __init__(
        self,
        period_us: int,
        work: Callable[[], Awaitable[None]],
        *,
        name: str,
        spawn: Spawn,
    ) -> None:
        self._period_us = period_us
        self._work = work
        self._name = name
        self._spawn = spawn
        self._busy = False
        self._cancel: Callable[[], None] | None = None

    def start(self) -> None:
        """Call for the first time after one period."""
        self._cancel = self._spawn.later(self._period_us, self._tick)

    def stop(self) -> None:
        """Call no more."""
        if self._cancel is not None:
            self._cancel()
            self._cancel = None

    def _tick(self) -> None:
        self._cancel = self._spawn.later(self._period_us, self._tick)
        if not self._busy:
            self._busy = True
            self._spawn.task(self._run(), self._name)

    async def _run(self) -> None:
        try:
            await self._work()
        finally:
            self._busy = False


class LoopLag:
    """How late the loop wakes: the difference between a timer's instant and its call."""

    def __init__(self, period_us: int, *, clock: Clock, spawn: Spawn) -> None:
        self._period_us = period_us
        self._clock = clock
        self._spawn = spawn
        self._due_us = 0
        self._cancel: Callable[[], None] | None = None
        self.lag_us = 0

    def start(self) -> None:
        """Measure from now on."""
        self._due_us = self._clock.monotonic_us() + self._period_us
        self._cancel = self._spawn.later(self._period_us, self._tick)

    def stop(self) -> None:
        """Measure no more."""
        if self._cancel is not None:
            self._cancel()
            self._cancel = None

    def _tick(self) -> None:
        self.lag_us = max(0, self._clock.monotonic_us() - self._due_us)
        self.start()
