"""A batch and its walk through the desk, and the ears that hear of the next one meanwhile.

What comes while the desk is busy cannot be decided at once anyway. To be woken for each datagram
then costs several times what reading it takes, so it waits in the kernel and is read when it is of
use: when a batch has ended, and every now and then. Nothing here decides what a batch is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final, NamedTuple, Protocol

from aaa.outcome import Outcome
from domain.seams import Spawn
from server.queue import Errand


class Ears(Protocol):
    """The doors, as the batcher uses them."""

    def poll(self) -> None:
        """Take in what waits in the kernel."""

    def listen(self) -> None:
        """There is nothing to do: hear of the next datagram at once."""


class Deaf:
    """Whoever brings what has come by himself."""

    def poll(self) -> None:
        """Nothing waits."""

    def listen(self) -> None:
        """Nothing is heard."""


DEAF: Final = Deaf()
CROWD_N: Final = 256  # logins of a crowd in one transaction: more gain nothing


class Batch(NamedTuple):
    """What goes to the desk at once, and when that began (monotonic)."""

    errands: list[Errand]
    covered_n: int
    began_us: int


def share_of(before_n: int, waiting_n: int, least_n: int) -> int:
    """How many of a crowd of logins go to the desk at once, while `before_n` are at the store.

    To decide a login takes about as long as to commit it, so a half of those who are not answered
    is decided while the other half is committed, each with a flush of its own. To decide an interim
    takes a fraction of that, and a flush for twice as many is the better bargain.
    """
    half_n = max((before_n + waiting_n + 1) // 2, least_n)
    return min(half_n, CROWD_N) if before_n + waiting_n >= 2 * least_n else waiting_n


async def beside(
    spawn: Spawn, served: Coroutine[Any, Any, Sequence[Outcome]], then: Callable[[], None]
) -> Sequence[Outcome]:
    """What becomes of a batch. `then` is done when it waits first: its commit has begun, or it has
    to wait for something else, or it is over."""
    begun, over = asyncio.Event(), asyncio.Event()
    outcomes: Sequence[Outcome] = ()

    async def walk() -> None:
        nonlocal outcomes
        begun.set()  # heard when nothing more is done at once
        outcomes = await served
        over.set()

    stop = spawn.task(walk(), "batch")
    try:
        await begun.wait()
        then()
        await over.wait()
    finally:
        stop()
    return outcomes
