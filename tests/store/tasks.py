"""Tasks for a store under test, as the server's seams give it (domain.seams.Spawn)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any


class Tasks:
    """What spawns in these tests (domain.seams.Spawn)."""

    def __init__(self) -> None:
        """Nothing runs yet."""
        self.begun: list[asyncio.Task[None]] = []

    def task(self, work: Coroutine[Any, Any, None], name: str) -> Callable[[], None]:
        """Run it."""
        self.begun.append(asyncio.get_running_loop().create_task(work, name=name))
        return lambda: None

    def later(self, delay_us: int, call: Callable[[], None]) -> Callable[[], None]:
        """Nothing here has a timer."""
        raise AssertionError("a store sets no timer")

    def thread(self, call: Callable[[], Any]) -> Awaitable[Any]:
        """Nothing here is slow."""
        raise AssertionError("a store has threads of its own")
