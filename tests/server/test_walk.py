"""How many of a crowd go at once, and what is done beside a batch."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from aaa.outcome import SILENT, Outcome
from server.seams import LoopSpawn
from server.walk import CROWD_N, beside, share_of


@pytest.mark.parametrize(
    "before_n, waiting_n, least_n, share_n",
    [
        (0, 8, 4, 4),
        (0, 9, 4, 5),
        (0, 7, 4, 7),  # too few to be divided
        (4, 4, 4, 4),
        (2, 10, 4, 6),  # half of all that are not answered
        (10, 2, 4, 6),  # more than wait: all of them
        (0, 8, 1, 4),
        (0, 5_000, 16, CROWD_N),
    ],
)
def test_half_of_a_crowd_goes_at_once(
    before_n: int, waiting_n: int, least_n: int, share_n: int
) -> None:
    assert share_of(before_n, waiting_n, least_n) == share_n


def test_what_is_done_beside_a_batch_is_done_when_it_waits() -> None:
    async def story() -> None:
        failed: list[BaseException] = []
        spawn = LoopSpawn(asyncio.get_running_loop(), lambda name, error: failed.append(error))
        said: list[str] = []
        gate = asyncio.Event()

        async def served() -> Sequence[Outcome]:
            said.append("decided")
            await gate.wait()
            said.append("committed")
            return [SILENT]

        def then() -> None:
            said.append("beside")
            gate.set()

        assert await beside(spawn, served(), then) == [SILENT]
        assert said == ["decided", "beside", "committed"] and not failed
        spawn.close()

    asyncio.run(story())
