"""The server in a real process: Twisted's reactor on uvloop, signals, HTTP, systemd.

This is where asyncio meets Twisted, and nowhere else but in `server.http`. The loop is made
first, the reactor put on it, and everything else is an asyncio task. The first SIGTERM or SIGINT
drains (15 s at most), one that comes half a second later or more ends the process at once, which is
safe: nothing was acknowledged that is not durable.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import uvloop
from twisted.internet import asyncioreactor

from aaa.ports import StoreUnavailable
from domain.share import ALONE
from server.http import build_site
from server.lifecycle import Server
from server.limits import Limits, Seams
from server.logs import Log
from server.meters import Meters
from server.ports import Desk, Packages, Store
from server.seams import (
    LoopSpawn,
    MonotoneIds,
    SystemClock,
    SystemRandomness,
    UdpDatagrams,
    announce,
    disk_free_octets,
    exit_now,
)
from server.worker_kit import WorkerKit

SECOND_SIGNAL_STATUS: Final = 143
# A batch makes some ten thousand objects that live until it is committed, and none in a circle. At
# the interpreter's thresholds the collector looks at them ten times and finds nothing: a tenth of
# the processor. What circles other code makes wait a little longer.
COLLECT_AFTER_N: Final = (100_000, 20, 20)
# The database's thread needs the interpreter for some microseconds at the beginning and the end of
# a commit, and everybody waits for that commit; at the interpreter's 5 ms it waited for them.
SWITCH_S: Final = 0.00008
SAME_SIGNAL_US: Final = 500_000  # some supervisors tell the process and its group, in one breath


@dataclass(frozen=True, slots=True)
class Parts:
    """What the wiring builds once the loop runs."""

    store: Store
    desk: Desk
    close: Callable[[], Awaitable[None]]  # checkpoint and close the database
    listen: Callable[[Callable[[], None]], Awaitable[None]] | None = None
    # ^ registers a call for "the feed has something", where the database can tell
    packages: Packages | None = None  # None: nothing renews itself


@dataclass(frozen=True, slots=True)
class Outside:
    """The places of this process in the world, and which of several workers it is."""

    metrics_listen: tuple[str, int] | None = None  # address and TCP port; None: no HTTP
    disk_path: str | None = None  # a directory on the database's disk, if it is here
    version: str = ""
    kit: WorkerKit | None = None  # what a worker was given by the process that watches it


def run_server(
    build: Callable[[Seams], Awaitable[Parts]], *, limits: Limits, outside: Outside, log: Log
) -> int:
    """Serve until told to stop; the exit status. Call once, before anything imports a reactor.

    `build(seams)` opens the database and makes the desk. A failure to start (StoreUnavailable,
    OSError, ValueError) is logged in one line and gives status 1.
    """
    gc.set_threshold(*COLLECT_AFTER_N)
    sys.setswitchinterval(SWITCH_S)
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    asyncioreactor.install(loop)  # type: ignore[no-untyped-call]
    from twisted.internet import reactor  # only after the installation

    process = _Process(build, limits, outside, log=log, loop=loop, reactor=reactor)
    process.catch_signals()
    loop.create_task(process.start(), name="start")
    any_reactor: Any = reactor
    any_reactor.run(installSignalHandlers=False)
    process.close()
    return process.status


def give_back() -> None:
    """Give the system back what the C library keeps of the memory that the start needed."""
    with suppress(AttributeError, OSError):  # other C libraries have no such call
        ctypes.CDLL(None).malloc_trim(0)


class _Process:
    """One run: from the first call of the reactor to its last."""

    def __init__(
        self,
        build: Callable[[Seams], Awaitable[Parts]],
        limits: Limits,
        outside: Outside,
        *,
        log: Log,
        loop: asyncio.AbstractEventLoop,
        reactor: Any,
    ) -> None:
        self._build = build
        self._limits = limits
        self._outside = outside
        self._kit = outside.kit
        self._share = outside.kit.share if outside.kit is not None else ALONE
        self._log = log
        self._loop = loop
        self._reactor = reactor
        self._server: Server | None = None
        self._parts: Parts | None = None
        self._clock = SystemClock()
        self._told_us: int | None = None  # when the first signal came
        self._started = False
        self._stopping: asyncio.Task[None] | None = None
        self._spawn = LoopSpawn(loop, self._task_failed)
        self._meters = Meters()
        self.status = 0

    def catch_signals(self) -> None:
        """SIGTERM and SIGINT come here from now on."""
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self._told_to_stop)
        if self._kit is not None:  # nobody watches it any more: end well
            self._loop.add_reader(self._kit.lifeline, self._orphaned)

    async def start(self) -> None:
        """Build and start everything, or log why not and stop the reactor."""
        try:
            self._parts = await self._build(self._seams())
            self._server = Server(
                self._seams(),
                self._limits,
                store=self._parts.store,
                desk=self._parts.desk,
                log=self._log,
                meters=self._meters,
                version=self._outside.version,
                packages=self._parts.packages if self._share.number == 0 else None,
            )
            await self._server.start()
            gc.freeze()  # what lives now lives on: a look at all of it would hold up every answer
            give_back()
            if self._parts.listen is not None:
                await self._parts.listen(self._server.nudge)
            self._open_http(self._server)
        except (StoreUnavailable, OSError, ValueError) as error:
            self._log.error("cannot start", error=str(error))
            self.status = 1
            await self._rest()
            return
        except BaseException:
            self.status = 1
            self._reactor.stop()
            raise
        self._started = True
        announce("READY=1")
        if self._told_us is not None:
            await self._rest()

    def close(self) -> None:
        """After the reactor: let go of threads and of the loop.

        Everything is at rest by now, so a signal that comes this late has nothing to say.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_IGN)
        self._spawn.close()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    def _seams(self) -> Seams:
        clock, randomness = self._clock, SystemRandomness()
        path = self._outside.disk_path
        return Seams(
            clock=clock,
            randomness=randomness,
            ids=MonotoneIds(clock, randomness, self._share),
            datagrams=UdpDatagrams(
                self._loop,
                self._unsent,
                bound=self._kit.sockets if self._kit is not None else {},
                receive_buffer_octets=self._limits.receive_buffer_octets,
            ),
            spawn=self._spawn,
            disk_free_octets=None if path is None else partial(disk_free_octets, path),
        )

    def _open_http(self, server: Server) -> None:
        if self._kit is not None:
            self._reactor.listenUNIX(self._kit.pages, build_site(server.pages()), mode=0o600)
            return
        if self._outside.metrics_listen is None:
            return
        host, port = self._outside.metrics_listen
        from twisted.internet.error import CannotListenError

        try:
            site = build_site(server.pages())
            bound = self._reactor.listenTCP(port, site, interface=host).getHost()
        except CannotListenError as error:
            raise OSError(f"cannot listen on {host} port {port} (metrics): {error}") from None
        self._log.info("pages", listen=bound.host, port=bound.port)

    def _orphaned(self) -> None:
        assert self._kit is not None
        self._loop.remove_reader(self._kit.lifeline)
        self._told_to_stop()

    def _told_to_stop(self) -> None:
        now_us = self._clock.monotonic_us()
        if self._told_us is not None:
            if now_us - self._told_us > SAME_SIGNAL_US:
                exit_now(SECOND_SIGNAL_STATUS)
            return
        self._told_us = now_us
        announce("STOPPING=1")
        if self._started:
            self._stopping = self._loop.create_task(self._rest(), name="stop")

    async def _rest(self) -> None:
        """Drain, close the database, stop the reactor."""
        try:
            if self._server is not None:
                if self._started:
                    await self._server.drain()
                else:
                    self._server.close()
            if self._parts is not None:
                await self._parts.close()
        except StoreUnavailable as error:
            self._log.warning("the database could not be closed", error=str(error))
        finally:
            self._reactor.stop()

    def _task_failed(self, name: str, error: BaseException) -> None:
        if self._server is not None:
            self._server.broke(name, error)
        else:
            self._log.error("a task has failed", task=name, error=repr(error), exc_info=error)

    def _unsent(self) -> None:
        self._meters.unsent[()] += 1
