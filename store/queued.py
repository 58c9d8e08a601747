"""Writes on the database's thread, each begun as soon as the one before it has ended well.

While one transaction is being written, the next is decided on what it will have made (`aaa.desk`).
The thread need not wait until the loop has heard of the end of the first: the second lies queued
behind it and is begun at once, unless the first has come to nothing; then it comes to nothing too,
and is decided anew. Nothing here knows what is written.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable

from aaa.ports import StoreUnavailable

Carry = Callable[[sqlite3.Connection], int]


def nothing() -> None:
    """What a write is followed by that stands alone."""


class Write:
    """One transaction that the thread is given, and how it ended.

    `well` is set on the thread, which reads it for the next one; the rest is the loop's.
    """

    def __init__(self, before: Write | None = None) -> None:
        """`before` is what it is queued behind; None: it stands alone."""
        self._before = before
        self._over = asyncio.Event()
        self._error: BaseException = StoreUnavailable("a queued write was given up")
        self._ended = False
        self._pages_n = 0
        self.well = False

    def on_thread(
        self, connection: sqlite3.Connection, carry: Carry, then: Callable[[], None] = nothing
    ) -> int:
        """Carry it out, unless what it stands on has come to nothing; what `carry` answers, or 0.

        `carry` raises for whatever is not committed; `then` is called of what is.
        """
        before, self._before = self._before, None  # or each would keep all before it
        if before is not None and not before.well:
            return 0
        pages_n = carry(connection)
        self.well = True
        then()
        return pages_n

    async def ends(self, done: Awaitable[int]) -> None:
        """Note how it ends; `done` is the thread's answer."""
        try:
            self._pages_n = await done
            self._ended = True
        except Exception as error:  # noqa: BLE001 - raised where its outcome is awaited
            self._error = error
        finally:
            self._over.set()

    async def outcome(self) -> int | None:
        """What `carry` has answered, or None: it was not begun. Raises what that has raised."""
        await self._over.wait()
        if not self._ended:
            raise self._error
        return self._pages_n if self.well else None
