"""The real seams: the machine's clock, its entropy, its sockets, its threads.

This is the only module of the server that imports `time`, `os`, `socket` or threads. Whatever
else needs the world takes one of these objects as an argument; a simulator passes its own.

UDP is read from reader callbacks in bursts, many datagrams to a call of the kernel, and replies
leave many at a time as well (`_datagrams.pyx`). A socket bound to a wildcard asks the kernel which
local address each datagram came to and answers from the same one (DUP-11, RFC 2865 section 3).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
import struct
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final

from domain.seams import Clock, Randomness, compose_id
from domain.share import ALONE, Share
from server._datagrams import Inlet, Outlet, Timer, prepare
from server.bound import bound_udp

Received = Callable[[bytes, tuple[str, int], str], None]
Datagram = tuple[bytes, tuple[str, int], str]

BURST_N: Final = 256  # datagrams read in one turn of the loop, then others get theirs
BURSTS_MAX, PAUSE_US = 16, 500  # so many of them after a pause, and its length
RECEIVE_BUFFER_OCTETS: Final = 4 * 1024 * 1024
HASH_THREADS_N: Final = 2

# From Linux's headers, which Python 3.11 does not name.
_SO_MEMINFO: Final = 55
_MEMINFO_DROPS: Final = 8


class SystemClock:
    """The machine's clocks (domain.seams.Clock)."""

    def now_us(self) -> int:
        """UTC now, microseconds since 1970."""
        return time.time_ns() // 1000

    def monotonic_us(self) -> int:
        """Microseconds on the clock that never steps."""
        return time.monotonic_ns() // 1000


class SystemRandomness:
    """The kernel's entropy (domain.seams.Randomness, AUT-09)."""

    def octets(self, length: int) -> bytes:
        """`length` unpredictable octets."""
        return os.urandom(length)

    def below(self, limit: int) -> int:
        """A number in [0, limit), uniformly."""
        if limit & (limit - 1) == 0 and 0 < limit <= 1 << 64:
            # A power of two wastes no draw, so it needs no loop, at a third of the time.
            return int.from_bytes(os.urandom(8), "big") & (limit - 1)
        return secrets.randbelow(limit)


class MonotoneIds:
    """Row ids that rise strictly, whatever the clock does (domain.seams.Ids, L10).

    The low part of each new millisecond starts at random, so that processes which share a
    database keep apart; within the millisecond it counts. Workers draw from residues of their own.
    """

    def __init__(self, clock: Clock, randomness: Randomness, share: Share = ALONE) -> None:
        self._share = share
        self._clock = clock
        self._randomness = randomness
        self._last = self._until_us = 0  # an id of an instant before that is not above the last

    def next(self) -> int:
        """A new 63-bit id, greater than all before."""
        now_us = self._clock.now_us()
        if now_us < self._until_us or compose_id(now_us, 0) <= self._last:
            self._last += self._share.of
        else:
            drawn = compose_id(now_us, self._randomness.below(1 << 21))
            self._last = drawn + (self._share.number - drawn) % self._share.of
            self._until_us = now_us - now_us % 1000 + 1000
        return self._last


class LoopSpawn:
    """Tasks, timers and threads of one asyncio loop (domain.seams.Spawn).

    `failed(name, error)` hears of a task that ended by an exception: nothing dies in silence.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, failed: Callable[[str, BaseException], None]
    ) -> None:
        self._loop = loop
        self._failed = failed
        self._tasks: dict[asyncio.Task[None], None] = {}  # in the order of their start
        self._pool = ThreadPoolExecutor(HASH_THREADS_N, thread_name_prefix="tollhouse")

    def task(self, work: Coroutine[Any, Any, None], name: str) -> Callable[[], None]:
        """Run a coroutine; the answer cancels it."""
        task = self._loop.create_task(work, name=name)
        self._tasks[task] = None
        task.add_done_callback(self._ended)
        return lambda: _ignore(task.cancel())

    def later(self, delay_us: int, call: Callable[[], None]) -> Callable[[], None]:
        """Call once after a delay; the answer cancels it."""
        return self._loop.call_later(max(delay_us, 0) / 1_000_000, call).cancel

    def thread(self, call: Callable[[], Any]) -> Awaitable[Any]:
        """Run slow pure work in a pool of a few threads."""
        return self._loop.run_in_executor(self._pool, call)

    def close(self) -> None:
        """Cancel what still runs and let the threads go."""
        for task in tuple(self._tasks):
            task.cancel()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.pop(task, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed(task.get_name(), error)


def _ignore(_result: object) -> None:
    """Turn an answer nobody wants into none."""


class UdpPort:
    """One bound UDP socket (domain.seams.DatagramPort)."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        bound: socket.socket,
        received: Received,
        unsent: Callable[[], None],
    ) -> None:
        self._loop = loop
        self._socket = bound
        self._unsent = unsent
        self.host, self.port = bound.getsockname()[:2]
        wild = self.host in ("0.0.0.0", "::")
        prepare(bound.fileno(), six=bound.family == socket.AF_INET6, wild=wild)
        self._inlet = Inlet(bound.fileno(), self.host)
        self._outlet = Outlet(bound.fileno(), wild=wild)
        self._received_all: Callable[[list[Datagram]], None] = partial(_each, received)
        self.post = self._outlet.post  # as `send`, but it leaves with the next flush
        self._busy: Callable[[], bool] = bool  # False
        self._pausing = False
        self._timer = Timer()  # of pauses
        loop.add_reader(self._timer.fileno(), self._look)
        loop.add_reader(bound.fileno(), self._readable)

    def in_bursts(self, received_all: Callable[[list[Datagram]], None]) -> None:
        """Hand over what comes many at a time from now on."""
        self._received_all = received_all

    def pausing(self, busy: Callable[[], bool]) -> None:
        """While `busy` says so, what comes waits in the kernel for `poll` or the end of a pause: to
        be woken for each of many datagrams costs several times what it takes to read them."""
        self._busy = busy

    def poll(self) -> None:
        """Take what has come during a pause."""
        if self._pausing:
            self._take()

    def listen(self) -> None:
        """The pause is over: be woken by the next datagram."""
        if self._pausing:
            self._pausing = False
            self._timer.set(0)
            self._loop.add_reader(self._socket.fileno(), self._readable)

    def send(self, octets: bytes, address: tuple[str, int], source: str | None) -> None:
        """Send to `address` from local address `source`, if the socket has several.

        What the kernel does not take is counted and lost, like any datagram: the peer repeats.
        """
        self._outlet.post(octets, address, source)
        self.flush()

    def flush(self) -> None:
        """Have everything leave that was posted."""
        for _ in range(self._outlet.flush()):
            self._unsent()

    def close(self) -> None:
        """Stop receiving and give the port back."""
        if self._socket.fileno() >= 0:
            self.listen()
            self._loop.remove_reader(self._socket.fileno())
            self._loop.remove_reader(self._timer.fileno())
            self._timer.close()
            self._outlet.close()
            self._socket.close()

    def receive_buffer_octets(self) -> int:
        """What the kernel granted; it doubles that for its own needs and tells the double."""
        return self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2

    def drops(self) -> int:
        """Datagrams the kernel threw away because this socket's buffer was full, so far."""
        with contextlib.suppress(OSError, struct.error):
            figures = self._socket.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, 36)
            return int(struct.unpack("=9I", figures)[_MEMINFO_DROPS])
        return 0

    def _readable(self) -> None:
        burst = self._inlet.take(BURST_N)
        if self._busy() and len(burst) < BURST_N:
            self._loop.remove_reader(self._socket.fileno())
            self._pausing = True
            self._timer.set(PAUSE_US)
        if burst:
            self._received_all(burst)

    def _look(self) -> None:
        if not self._timer.rang():  # it was called off since the loop has seen it
            return
        self._take()
        if self._pausing and self._busy():
            self._timer.set(PAUSE_US)
        else:
            self.listen()

    def _take(self) -> None:
        for _ in range(BURSTS_MAX):
            burst = self._inlet.take(BURST_N)
            if burst:
                self._received_all(burst)
            if len(burst) < BURST_N:
                return


def _each(received: Received, burst: list[Datagram]) -> None:
    for octets, peer, local in burst:
        received(octets, peer, local)


class UdpDatagrams:
    """Binds UDP sockets on one asyncio loop (domain.seams.Datagrams).

    `unsent()` is called for each datagram the kernel would not take. `receive_buffer_octets` is
    asked for each socket; the kernel grants no more than its own limit and says nothing.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        unsent: Callable[[], None] = lambda: None,
        *,
        receive_buffer_octets: int = RECEIVE_BUFFER_OCTETS,
        bound: Mapping[tuple[str, int], socket.socket] | None = None,
    ) -> None:
        """`bound`: sockets by address and port that another process has bound for this one."""
        self._loop = loop
        self._bound = bound or {}
        self._unsent = unsent
        self._receive_buffer_octets = receive_buffer_octets

    def bind(self, host: str, port: int, received: Received) -> UdpPort:
        """Bind an IPv4 or IPv6 address; raises OSError when it is taken or not ours.

        An IPv6 wildcard takes IPv6 only; IPv4 has its own socket, so addresses keep one spelling.
        """
        bound = self._bound.get((host, port)) or bound_udp(host, port, self._receive_buffer_octets)
        try:
            return UdpPort(self._loop, bound, received, self._unsent)
        except OSError:
            bound.close()
            raise


def announce(state: str) -> None:
    """Tell systemd, where it asked for it with NOTIFY_SOCKET; elsewhere nothing happens."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.sendto(state.encode(), address)


def disk_free_octets(path: str) -> int:
    """Octets an ordinary user may still write on the file system of `path`."""
    figures = os.statvfs(path)
    return figures.f_bavail * figures.f_frsize


def exit_now(status: int) -> None:
    """End the process without another step: what was acknowledged is durable already (A1)."""
    os._exit(status)
