"""A small world with its own time: what runs in it, when, and in which order.

The world is one seeded scheduler. Everything that happens is a callback of some `Process`, which
is an asyncio loop to the code inside; many processes share one clock, and nothing else. Time
stands still while a callback runs and jumps to the next timer when nobody has anything to do, so
an hour passes in a blink and a history depends on its seed alone.

A process that is killed is dropped in mid-step: none of its callbacks run any more, no `finally`
helps it, and whatever it still does through a seam has no effect. Nothing here may read a real
clock, or draw from any dice but the world's.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import heapq
import logging
import random
import sys
import warnings
import zlib
from asyncio import events
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any, NoReturn

US_PER_S = 1_000_000
MINUTE_US = 60 * US_PER_S
STEPS_MAX = 3_000_000  # of one history; more is a loop that makes no progress


class Crashed(BaseException):
    """The process this is raised in is dead: unwind, nothing you do counts any more."""


class Stuck(AssertionError):
    """Nothing can happen any more, or too much did: a deadlock or a livelock."""


class Handle:
    """A callback that will run, unless it is cancelled or its process dies."""

    __slots__ = ("_args", "_call", "_context", "at_us", "called_off", "process")

    def __init__(
        self,
        process: Process,
        call: Callable[..., Any],
        args: tuple[Any, ...],
        context: contextvars.Context | None,
        at_us: int,
    ) -> None:
        self.process = process
        self._call = call
        self._args = args
        self._context = context or contextvars.copy_context()
        self.at_us = at_us
        self.called_off = False

    def cancel(self) -> None:
        """Do not run."""
        self.called_off = True

    def cancelled(self) -> bool:
        """Was it cancelled?"""
        return self.called_off

    def when(self) -> float:
        """The instant of a timer, in the loop's seconds."""
        return self.at_us / US_PER_S

    def run(self) -> None:
        """Call, with the process as the running loop."""
        process = self.process
        events._set_running_loop(process)
        try:
            self._context.run(self._call, *self._args)
        except Crashed:
            process.kill()
        except Exception as error:  # noqa: BLE001 - it is a finding, not the end of the world
            if process.alive:
                process.failed(f"a callback of {process.name}", error)
        finally:
            events._set_running_loop(None)


class Process(asyncio.AbstractEventLoop):
    """One process of the world, and the asyncio loop of the code that runs in it."""

    def __init__(self, world: World, name: str) -> None:
        """Alive from now on. `failed` hears of exceptions that nobody caught."""
        world.processes.append(self)
        self.world = world
        self.name = name
        self.alive = True
        self.steps_n = 0
        self.crash_at_step: int | None = None
        self.on_death: list[Callable[[], None]] = []
        self.failed: Callable[[str, BaseException], None] = world.failed
        self.tasks: set[asyncio.Task[Any]] = set()

    def kill(self) -> None:
        """Dead from this instant on (kill -9)."""
        if self.alive:
            self.alive = False
            self.world.say(f"{self.name} is dead")
            for call in self.on_death:
                call()

    def crash(self) -> NoReturn:
        """Die here and now, in the middle of what is being done."""
        self.kill()
        raise Crashed

    async def hang(self) -> NoReturn:
        """Wait for ever: what a coroutine of a dead process does."""
        await self.create_future()
        raise AssertionError("a dead process woke up")

    def spawn(self, work: Coroutine[Any, Any, Any], name: str = "") -> asyncio.Task[Any]:
        """Run a coroutine in this process; an exception of it goes to `failed`."""
        task = self.create_task(work, name=name or None)
        self.tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None and self.alive:
            self.failed(task.get_name(), error)

    # ---------------------------------------------------------------- what asyncio asks of a loop

    def call_soon(  # type: ignore[override]
        self,
        callback: Callable[..., Any],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> Handle:
        """Run in this instant, after what is waiting already."""
        handle = Handle(self, callback, args, context, 0)
        self.world.ready.append(handle)
        return handle

    def call_at(  # type: ignore[override]
        self,
        when: float,
        callback: Callable[..., Any],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> Handle:
        """Run at an instant of `time()`."""
        return self.at_us(round(when * US_PER_S), callback, *args, context=context)

    def call_later(  # type: ignore[override]
        self,
        delay: float,
        callback: Callable[..., Any],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> Handle:
        """Run after some seconds."""
        at_us = self.world.now_us + max(round(delay * US_PER_S), 0)
        return self.at_us(at_us, callback, *args, context=context)

    def at_us(
        self,
        at_us: int,
        callback: Callable[..., Any],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> Handle:
        """Run at an instant of the world."""
        handle = Handle(self, callback, args, context, at_us)
        self.world.push(handle)
        return handle

    def time(self) -> float:
        """The world's clock in seconds."""
        return self.world.now_us / US_PER_S

    def create_future(self) -> asyncio.Future[Any]:
        """A future of this loop."""
        return asyncio.Future(loop=self)

    def create_task(  # type: ignore[override]
        self, coro: Coroutine[Any, Any, Any], *, name: str | None = None, context: Any = None
    ) -> asyncio.Task[Any]:
        """A task of this loop."""
        task = asyncio.Task(coro, loop=self, name=name, context=context)
        task._log_destroy_pending = False  # type: ignore[attr-defined]
        return task

    def get_debug(self) -> bool:
        """Never: debugging would show a real clock to asyncio."""
        return False

    def is_running(self) -> bool:
        """As far as anybody inside can tell."""
        return True

    def is_closed(self) -> bool:
        """Is it dead?"""
        return not self.alive

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """What asyncio complains of is a failure of the world."""
        if self.alive and not self.world.over:
            error = context.get("exception") or AssertionError(context.get("message"))
            self.failed(str(context.get("message")), error)

    def call_soon_threadsafe(self, *args: Any, **kwargs: Any) -> NoReturn:
        """There are no threads here."""
        raise AssertionError("a thread was used inside the world")

    run_in_executor = call_soon_threadsafe


class World:
    """The scheduler of one history."""

    def __init__(self, seed: int, *, start_us: int = 0, shuffle_permille: int = 0) -> None:
        """`shuffle_permille`: how often what waits is not run in the order in which it came."""
        self.seed = seed
        self.now_us = start_us
        self.start_us = start_us
        self.over = False
        self.ready: deque[Handle] = deque()
        self.figures: Counter[str] = Counter()
        self.failures: list[str] = []
        self.timeline: list[str] | None = None
        self.trace = 0
        self.steps_n = 0
        self._timers: list[tuple[int, int, Handle]] = []
        self._pushed_n = 0
        self._shuffle_permille = shuffle_permille
        self._order = self.dice("order")
        self.processes: list[Process] = []
        self.outside = Process(self, "outside")

    # ---------------------------------------------------------------- chance and speech

    def dice(self, name: str) -> random.Random:
        """A stream of chance of its own: what one part draws does not shift another's."""
        return random.Random(f"{self.seed}/{name}")

    def say(self, text: str) -> None:
        """Something worth a line of the timeline; it is part of the trace in any case."""
        self.trace = zlib.crc32(f"{self.now_us} {self.steps_n} {text}".encode(), self.trace)
        self.show(text)

    def show(self, text: str) -> None:
        """A line for readers of the timeline only."""
        if self.timeline is not None:
            self.timeline.append(f"{self.stamp()}  {text}")

    def stamp(self) -> str:
        """How long the history has run, for people."""
        passed_us = self.now_us - self.start_us
        minutes, seconds_us = divmod(passed_us, MINUTE_US)
        return f"{minutes // 60:3d}:{minutes % 60:02d}:{seconds_us / US_PER_S:09.6f}"

    def mark(self, octets: bytes) -> None:
        """Make octets part of the trace."""
        self.trace = zlib.crc32(octets, self.trace ^ self.now_us & 0xFFFF_FFFF)

    def failed(self, where: str, error: BaseException) -> None:
        """An exception that nobody caught: a violation of its own."""
        self.violation(f"{where}: {error!r}")
        if self.timeline is not None:
            import traceback

            self.timeline.extend(traceback.format_exception(error))

    def violation(self, text: str) -> None:
        """What must never be has happened."""
        self.failures.append(text)
        self.say(f"VIOLATION: {text}")

    # ---------------------------------------------------------------- time

    def push(self, handle: Handle) -> None:
        """Set a timer."""
        self._pushed_n += 1
        heapq.heappush(self._timers, (handle.at_us, self._pushed_n, handle))

    def after(self, delay_us: int, call: Callable[..., Any], *args: Any) -> Handle:
        """Call from outside all processes after a delay."""
        return self.outside.at_us(self.now_us + max(delay_us, 0), call, *args)

    def sleep(self, delay_us: int) -> Awaitable[None]:
        """Pass some time, in whichever process awaits it."""
        process = events._get_running_loop()
        assert isinstance(process, Process)
        future = process.create_future()
        process.at_us(self.now_us + max(delay_us, 0), _wake, future)
        return future

    def run(self, until: Callable[[], bool], deadline_us: int) -> bool:
        """Let things happen until `until()`, or until the deadline: then the answer is False."""
        while not until():
            if not self.step(deadline_us):
                return until()
        return True

    def step(self, deadline_us: int) -> bool:
        """Run one callback; False: nothing happens before the deadline."""
        if not self.ready:
            if not self._timers:
                raise Stuck("nobody will ever do anything again")
            if self._timers[0][0] > deadline_us:
                self.now_us = max(self.now_us, deadline_us)
                return False
            self._wake_next()
        self._run_one()
        return True

    def _wake_next(self) -> None:
        """Move the clock to the next timer, and take in all that are due at that instant."""
        timers, ready = self._timers, self.ready
        at_us = timers[0][0]
        self.now_us = max(self.now_us, at_us)
        while timers and timers[0][0] <= at_us:
            handle = heapq.heappop(timers)[2]
            if not handle.called_off and handle.process.alive:
                ready.append(handle)

    def _run_one(self) -> None:
        ready = self.ready
        if not ready:
            return
        if (
            self._shuffle_permille
            and len(ready) > 1
            and self._order.randrange(1000) < self._shuffle_permille
        ):
            ready.rotate(-self._order.randrange(min(len(ready), 8)))
        handle = ready.popleft()
        process = handle.process
        if handle.called_off or not process.alive:
            return
        self.steps_n += 1
        process.steps_n += 1
        if self.steps_n > STEPS_MAX:
            raise Stuck("too many steps: somebody runs in circles")
        if process.crash_at_step is not None and process.steps_n >= process.crash_at_step:
            process.crash_at_step = None
            process.kill()
            return
        handle.run()

    def end(self) -> None:
        """The end of the world: nobody lives on, and what was in mid-step is thrown away unheard.

        Dead processes still hold coroutines that wait. Their `finally` blocks run here at last,
        when no seam listens any more.
        """
        self.over = True
        for process in self.processes:
            process.on_death.clear()
            process.alive = False
        with unheard():
            for process in self.processes:
                for task in asyncio.all_tasks(process):
                    with contextlib.suppress(BaseException):
                        task.get_coro().close()  # type: ignore[union-attr]
            self.ready.clear()
            self._timers.clear()


@contextlib.contextmanager
def unheard() -> Iterator[None]:
    """What the dead leave behind ends in here, and their complaints are nobody's."""
    hook, sys.unraisablehook = sys.unraisablehook, lambda _: None
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        sys.unraisablehook = hook
        logging.disable(logging.NOTSET)


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
