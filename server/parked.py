"""Requests that come to the desk a second time: what the desk wants to know, or wait for, first.

A login whose password is kept as a slow hash waits for a thread to compute it; a Stop waits a
moment for what the services of its session still have to say. Neither holds up a batch: the request
joins a later one, and until it is decided it is unanswered like any that waits in line, so a server
that dies forgets nothing that it has acknowledged.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from aaa.request import Request
from domain.seams import Spawn
from server.logs import Log
from server.queue import Errand

HASHES_MAX: Final = 256  # logins whose password hash is being computed or waits for it
PUT_OFF_MAX: Final = 10_000  # records; beyond, they are decided at once


class Parked:
    """Holds what was put off; `join(errand)` lets it join a batch, `shed(errand)` gives it up.

    `moved()` is called whenever one fewer waits.
    """

    def __init__(
        self,
        spawn: Spawn,
        log: Log,
        *,
        join: Callable[[Errand], None],
        shed: Callable[[Errand], None],
        moved: Callable[[], None],
    ) -> None:
        self._spawn = spawn
        self._log = log
        self._join = join
        self._shed = shed
        self._moved = moved
        self.hashes_n = 0
        self.put_off_n = 0

    def __bool__(self) -> bool:
        """Does anything wait here?"""
        return bool(self.hashes_n or self.put_off_n)

    def hash(self, errand: Errand, slow: Callable[[], bool]) -> None:
        """Compute a slow hash in a thread; beyond a number the login is given up."""
        if self.hashes_n >= HASHES_MAX:
            self._shed(errand)
            return
        self.hashes_n += 1
        self._spawn.task(self._hashed(errand, slow), "password hash")

    def put_off(self, errand: Errand, delay_us: int) -> None:
        """Let a record come to the desk again in a while, and be decided then."""
        assert isinstance(errand.item, Request)
        errand.item.put_off = True
        self.put_off_n += 1
        if self.put_off_n > PUT_OFF_MAX:
            delay_us = 0
        self._spawn.later(delay_us, partial(self._back, errand))

    def _back(self, errand: Errand) -> None:
        self.put_off_n -= 1
        self._join(errand)
        self._moved()

    async def _hashed(self, errand: Errand, slow: Callable[[], bool]) -> None:
        assert isinstance(errand.item, Request)
        try:
            errand.item.hash_ok = await self._spawn.thread(slow)
        except Exception as error:  # noqa: BLE001 - an unreadable hash must not stop the door
            self._log.error("password hash failed", error=type(error).__name__)
            errand.shed()
        else:
            self._join(errand)
        finally:
            self.hashes_n -= 1
            self._moved()
