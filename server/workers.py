"""Several workers on the same ports: bound once, started, watched, and shown as one server.

The process that watches takes no packet and opens no database. It binds a socket for each worker
at each address (`server.worker_kit` says why), has all packets of one address reach one worker,
starts the workers, starts a dead one again, passes SIGTERM on and waits for all to drain. It asks
each worker twice a second how it is, and shows all of them on the one HTTP port: ready when all
are, figures added up.
"""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import uvloop
from twisted.internet import asyncioreactor

from domain.share import Share
from server.bound import bound_udp, steer
from server.http import build_site
from server.lifecycle import NO_IPV6
from server.limits import Limits
from server.logs import Log
from server.metrics import CONTENT_TYPE
from server.pages import PLAIN, Page
from server.process import SAME_SIGNAL_US, SECOND_SIGNAL_STATUS, Outside
from server.seams import SystemClock, announce
from server.worker_figures import WorkerFigures
from server.worker_kit import VARIABLE, Address, kit_line

LOOK_S: Final = 0.5  # between two questions to a worker whether it is ready
FIGURES_EVERY_N: Final = 4  # for its figures at every fourth: they cost it more
ANSWER_S: Final = 2.0
AGAIN_S: Final = 1.0  # before a dead worker is started again
DRAIN_S: Final = 25.0  # longer than a worker takes at most


def run_workers(
    command: Sequence[str], workers_n: int, *, limits: Limits, outside: Outside, log: Log
) -> int:
    """Serve with several workers until told to stop; the exit status.

    `command` starts one worker, which finds its kit in its environment. Status 1 when an address
    is taken or a worker cannot start.
    """
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    asyncioreactor.install(loop)  # type: ignore[no-untyped-call]
    from twisted.internet import reactor

    with tempfile.TemporaryDirectory(prefix="tollhouse-") as directory:
        watch = Watch(command, workers_n, Path(directory), limits=limits, log=log)
        clock = SystemClock()

        def told() -> None:
            """The first signal drains; one that is not of the same breath ends everything."""
            if watch.told_us is None:
                watch.told_us = clock.monotonic_us()
                watch.stop()
            elif clock.monotonic_us() - watch.told_us > SAME_SIGNAL_US:
                watch.kill()

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, told)
        any_reactor: Any = reactor
        watching = loop.create_task(_watch(watch, outside, any_reactor, log), name="watch")
        any_reactor.run(installSignalHandlers=False)
        if not watching.done():
            loop.run_until_complete(watching)
        loop.close()
    return watch.status


async def _watch(watch: Watch, outside: Outside, reactor: Any, log: Log) -> None:
    from twisted.internet.error import CannotListenError

    try:
        if outside.metrics_listen is not None:
            host, port = outside.metrics_listen
            bound = reactor.listenTCP(port, build_site(watch.pages()), interface=host).getHost()
            log.info("pages", listen=bound.host, port=bound.port)
        await watch.run()
    except (OSError, CannotListenError) as error:
        log.error("cannot start", error=str(error))
        watch.status = 1
    except Exception as error:  # nobody would watch: all drain
        log.error("the watch is broken", error=repr(error), exc_info=error)
        watch.status = 1
        watch.stop()
    finally:
        reactor.stop()


class Watch:
    """The workers and what is known of them."""

    def __init__(
        self, command: Sequence[str], workers_n: int, directory: Path, *, limits: Limits, log: Log
    ) -> None:
        self._command = tuple(command)
        self._workers_n = workers_n
        self._directory = directory
        self._limits = limits
        self._log = log
        self._figures = WorkerFigures(workers_n)
        self._running: dict[int, asyncio.subprocess.Process] = {}
        self._reasons = dict.fromkeys(range(workers_n), "starting")
        self._stopping = asyncio.Event()
        self._figures_of: set[int] = set()  # workers whose figures were heard since they started
        self._ready_once = False
        self.told_us: int | None = None  # when the first signal came
        self.status = 0

    async def run(self) -> None:
        """Bind, start and watch until told to stop and all have drained. Raises OSError."""
        sockets = [self._bind(number) for number in range(self._workers_n)]
        self._steer(sockets)
        works = [self._keep(number, found) for number, found in enumerate(sockets)]
        works.append(self._look_after())
        await asyncio.gather(*works)
        for found in sockets:
            for one in found.values():
                one.close()

    def stop(self) -> None:
        """Have all workers drain; what they accepted is committed and answered first."""
        if not self._stopping.is_set():
            announce("STOPPING=1")
        self._stopping.set()
        for process in self._running.values():
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End all workers at once: what was acknowledged is durable already (A1)."""
        self.status = SECOND_SIGNAL_STATUS
        for process in self._running.values():
            if process.returncode is None:
                process.kill()

    # ---------------------------------------------------------------- one worker

    def _steer(self, sockets: Sequence[Mapping[Address, Any]]) -> None:
        """What comes from one address is for one worker."""
        try:
            for one in sockets[0].values():
                steer(one, self._workers_n)
        except OSError as error:
            self._log.warning("workers share what one router sends", why=error.strerror)

    def _bind(self, number: int) -> dict[Address, Any]:
        found = {}
        for host in self._limits.listen:
            for port in (self._limits.auth_port, self._limits.acct_port):
                octets = self._limits.receive_buffer_octets
                try:
                    if number == 0:  # sharing is for us: who is there already is not asked
                        bound_udp(host, port, octets).close()
                    found[host, port] = bound_udp(host, port, octets, shared=True)
                except OSError as error:
                    if host == "::" and error.errno in NO_IPV6:
                        continue
                    text = f"cannot listen on {host} port {port}: {error.strerror}"
                    raise OSError(error.errno, text) from None
        return found

    async def _keep(self, number: int, sockets: Mapping[Address, Any]) -> None:
        """Start a worker, and again whenever it ends."""
        while not self._stopping.is_set():
            process = await self._started(number, sockets)
            status = await process.wait()
            self._figures.ended(number)
            self._figures_of.discard(number)
            self._running.pop(number, None)
            self._reasons[number] = "is being started again"
            if self._stopping.is_set():
                self.status = self.status or (0 if status == 0 else 1)
                return
            self._log.error("a worker has ended", worker=number, status=status)
            if not self._ready_once:
                self.status = 1
                self.stop()
                return
            await self._pause(AGAIN_S)

    async def _started(
        self, number: int, sockets: Mapping[Address, Any]
    ) -> asyncio.subprocess.Process:
        descriptors = {address: one.fileno() for address, one in sockets.items()}
        share = Share(number, self._workers_n, guarded=True)
        pages = self._pages_of(number)
        pages.unlink(missing_ok=True)
        environment = {name: os.environ[name] for name in os.environ if name != "NOTIFY_SOCKET"}
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,  # its lifeline: it ends when we do
            start_new_session=True,  # Ctrl-C is for us, and we pass it on
            pass_fds=tuple(descriptors.values()),
            env=environment | {VARIABLE: kit_line(share, descriptors, 0, str(pages))},
        )
        self._running[number] = process
        if self._stopping.is_set():
            process.send_signal(signal.SIGTERM)
        return process

    def _pages_of(self, number: int) -> Path:
        return self._directory / f"worker-{number}"

    # ---------------------------------------------------------------- all of them

    async def _look_after(self) -> None:
        """Ask how they are until all have ended; who does not drain in time is killed."""
        looks_n = 0
        while not self._stopping.is_set():
            for number in tuple(self._running):
                unheard = number not in self._figures_of
                await self._ask(number, figures=unheard or looks_n % FIGURES_EVERY_N == 0)
            looks_n += 1
            if not self._ready_once and not any(self._reasons.values()):
                self._ready_once = True
                announce("READY=1")
            await self._pause(LOOK_S)
        for process in tuple(self._running.values()):
            try:
                async with asyncio.timeout(DRAIN_S):
                    await process.wait()
            except TimeoutError:
                process.kill()

    async def _ask(self, number: int, *, figures: bool) -> None:
        process = self._running.get(number)
        if process is None:  # it ended while another was asked
            return
        try:
            async with asyncio.timeout(ANSWER_S):
                status, reasons = await self._page(number, "readyz")
                page = (await self._page(number, "metrics"))[1] if figures else None
        except (OSError, TimeoutError, ValueError, IndexError):
            if self._ready_once:
                self._reasons[number] = "does not answer"
            return
        if self._running.get(number) is process:
            if page is not None:
                self._figures.heard(number, page)
                self._figures_of.add(number)
            said = ", ".join(reasons.splitlines())
            self._reasons[number] = "" if status == 200 else said or "is not ready"

    async def _page(self, number: int, name: str) -> tuple[int, str]:
        reader, writer = await asyncio.open_unix_connection(str(self._pages_of(number)))
        try:
            writer.write(f"GET /{name} HTTP/1.0\r\n\r\n".encode())
            head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        finally:
            writer.close()
        return int(head.split()[1]), body.decode()

    async def _pause(self, seconds: float) -> None:
        """Return after so long, or at once when all are to stop."""
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return

    def pages(self) -> Mapping[str, Page]:
        """The pages of the HTTP port, for all workers together."""
        return {"metrics": self._metrics, "livez": self._livez, "readyz": self._readyz}

    def _metrics(self) -> tuple[int, str, bytes]:
        return 200, CONTENT_TYPE, self._figures.page()

    def _livez(self) -> tuple[int, str, bytes]:
        return 200, PLAIN, b"alive\n"

    def _readyz(self) -> tuple[int, str, bytes]:
        reasons = [f"worker {number}: {why}" for number, why in self._reasons.items() if why]
        if self._stopping.is_set():
            reasons.insert(0, "draining")
        if reasons:
            return 503, PLAIN, "".join(f"{reason}\n" for reason in reasons).encode()
        return 200, PLAIN, b"ready\n"
