"""The seams of a simulated process: clock, chance, timers, datagrams, all of one world.

What a dead process asks of a seam has no effect: it may still unwind when its memory is thrown
away, and nothing of that may reach the world. Clocks can be wrong: each machine has an offset to
the world's time, which jumps when the history says so.
"""

from __future__ import annotations

import random
from asyncio import events
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from domain.share import ALONE, Share
from server.limits import Seams
from server.seams import MonotoneIds
from tests.simulation.network import Network, Port, Received
from tests.simulation.world import Process, World

EPOCH_US = 1_760_000_000_000_000  # the world's zero, in UTC microseconds: 2025-10-09


class MachineClock:
    """The clocks of one machine. `offset_us` is how wrong its wall clock is."""

    def __init__(self, world: World) -> None:
        """Right, until somebody turns it."""
        self._world = world
        self.offset_us = 0

    def now_us(self) -> int:
        """UTC, as this machine believes."""
        return EPOCH_US + self._world.now_us + self.offset_us

    def monotonic_us(self) -> int:
        """Never steps."""
        return self._world.now_us


class SeededChance:
    """Randomness that a seed has drawn (domain.seams.Randomness)."""

    def __init__(self, dice: random.Random) -> None:
        """`dice` is a stream of the world's."""
        self._dice = dice

    def octets(self, length: int) -> bytes:
        """As random as a seed can be."""
        return self._dice.randbytes(length)

    def below(self, limit: int) -> int:
        """A number in [0, limit)."""
        return self._dice.randrange(limit)


class ProcessSpawn:
    """Tasks and timers of one process (domain.seams.Spawn)."""

    def __init__(self, process: Process, hash_us: int = 50_000) -> None:
        """`hash_us`: how long a password hash takes."""
        self._process = process
        self._hash_us = hash_us

    def task(self, work: Coroutine[Any, Any, None], name: str) -> Callable[[], None]:
        """Run a coroutine; the answer cancels it."""
        if not self._process.alive:
            work.close()
            return _nothing
        task = self._process.spawn(work, name)
        return lambda: _drop(task.cancel())

    def later(self, delay_us: int, call: Callable[[], None]) -> Callable[[], None]:
        """Call once after a delay; the answer cancels it."""
        if not self._process.alive:
            return _nothing
        at_us = self._process.world.now_us + max(delay_us, 0)
        return self._process.at_us(at_us, call).cancel

    def thread(self, call: Callable[[], Any]) -> Awaitable[Any]:
        """Slow work: the world's time passes, and only then it is done."""

        async def work() -> Any:
            await self._process.world.sleep(self._hash_us)
            return call()

        return work()


class ProcessDatagrams:
    """Sockets of one process (domain.seams.Datagrams); they go with it."""

    def __init__(self, process: Process, network: Network) -> None:
        """Binds nothing yet."""
        self._process = process
        self._network = network

    def bind(self, host: str, port: int, received: Received) -> Port:
        """Bind; raises OSError when the address is taken."""
        return self._network.bind(self._process, host, port, received)


def seams_of(
    process: Process,
    clock: MachineClock,
    network: Network,
    dice: random.Random,
    share: Share = ALONE,
) -> Seams:
    """Everything that a server process takes from the world."""
    chance = SeededChance(dice)
    return Seams(
        clock=clock,
        randomness=chance,
        ids=MonotoneIds(clock, chance, share),
        datagrams=ProcessDatagrams(process, network),
        spawn=ProcessSpawn(process),
        disk_free_octets=None,
    )


def running_process() -> Process:
    """The process whose code is running just now."""
    process = events._get_running_loop()
    assert isinstance(process, Process)
    return process


def _nothing() -> None:
    """Cancel what was never begun."""


def _drop(_result: object) -> None:
    """Turn an answer nobody wants into none."""
