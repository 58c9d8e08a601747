"""What the rim costs an interim: sockets, sums, repeats, the line, batches, replies, counting.

A whole server (`server.lifecycle`) with a desk that says yes at once and a store that holds
nothing, in a process of its own, driven by the generator of `benchmarks/generator`. What is printed
is processor time of the server's main thread for each record, not the time on the wall, so a busy
machine changes little. `--rate` offers a load that nobody asks leave for; `--desk-us` makes the
desk take so long for each item, which shows what becomes of a server that is offered more than it
can do. Run with `python -m benchmarks.bench_door`.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import uvloop

from aaa.outcome import SILENT, Outcome
from aaa.request import Item, Request
from benchmarks import names
from benchmarks.traffic import Traffic
from domain.device import Device
from server.lifecycle import Server
from server.limits import Limits, Seams
from server.seams import LoopSpawn, MonotoneIds, SystemClock, SystemRandomness, UdpDatagrams
from tests.peers.ports import free_port
from tests.server import fakes

SESSIONS_N = 10_000
WINDOWS = (1, 16, 64, 256, 1_024)
SECONDS = 3.0
COMMIT_S = 0.005
ANSWER = Outcome(5, label="interim")


class Yes(fakes.Desk):
    """A desk that agrees to everything, `took_us` of the processor for each item."""

    def __init__(self, took_us: float) -> None:
        super().__init__()
        self._took_s = took_us / 1_000_000
        self.served_n = 0
        self.notes: Counter[str] = Counter()

    async def serve(self, batch: Sequence[Item], now_us: int) -> list[Outcome]:
        """Nothing is kept: this is not what is measured."""
        self.served_n += len(batch)
        until = time.thread_time() + self._took_s * len(batch)
        while self._took_s and time.thread_time() < until:
            pass
        if self._took_s:  # a commit, by another thread: meanwhile the door is open
            await asyncio.sleep(COMMIT_S)
        return [ANSWER if isinstance(item, Request) else SILENT for item in batch]


async def serve(port: int, took_us: float) -> None:
    """A server on loopback until it is killed."""
    loop = asyncio.get_running_loop()
    clock, randomness = SystemClock(), SystemRandomness()
    source = f"{names.SOURCE}/32"
    desk = Yes(took_us)
    device = Device(1, "bench", names.SECRET.encode(), (source,), "standard", 3799)
    server = Server(
        Seams(
            clock=clock,
            randomness=randomness,
            ids=MonotoneIds(clock, randomness),
            datagrams=UdpDatagrams(loop),
            spawn=LoopSpawn(loop, lambda name, error: print(name, repr(error), file=sys.stderr)),
        ),
        Limits(listen=("0.0.0.0",), auth_port=port + 1, acct_port=port),
        store=fakes.Store([device]),
        desk=desk,
        log=fakes.Log(),
    )
    await server.start()
    loop.add_signal_handler(signal.SIGUSR1, lambda: print(desk.served_n, flush=True))
    print("serving", flush=True)
    await asyncio.Event().wait()


class Child:
    """A server in a process of its own."""

    def __init__(self, took_us: float) -> None:
        self.port = free_port()
        words = [sys.executable, "-m", "benchmarks.bench_door", "--serve", str(self.port)]
        words += ["--desk-us", str(took_us)]
        self._process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        self._heard()

    def _heard(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the server has ended"
        return line

    def spent(self) -> tuple[float, float, float]:
        """Items decided, microseconds of its main thread, and those of them in the kernel, which
        are counted in hundredths of a second."""
        pid = self._process.pid
        self._process.send_signal(signal.SIGUSR1)
        decided_n = int(self._heard())
        ran_ns = int(Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()[0])
        fields = Path(f"/proc/{pid}/task/{pid}/stat").read_text().rpartition(")")[2].split()
        return decided_n, ran_ns / 1_000, int(fields[12]) * 10_000

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.communicate(timeout=30)


@contextmanager
def serving(took_us: float) -> Iterator[Child]:
    """A running server."""
    child = Child(took_us)
    try:
        yield child
    finally:
        child.close()


def main() -> None:
    """Measure each window, or each rate, and print a table."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    asked.add_argument("--desk-us", type=float, default=0.0)
    asked.add_argument("--rate", type=float, nargs="*", default=())
    asked.add_argument("--window", type=int, nargs="*", default=WINDOWS)
    asked.add_argument("--sockets", type=int, default=0, help="source ports; 0: as few as fit")
    asked.add_argument("--seconds", type=float, default=SECONDS)
    words = asked.parse_args()
    if words.serve:
        uvloop.run(serve(words.serve, words.desk_us))
        return
    # Whoever offers more than can be answered gives up soon, or runs out of identifiers.
    loads = [{"rate": rate, "tries": 1, "timeout": 0.1, "sockets": 64} for rate in words.rate]
    loads = loads or [{"window": window_n, "sockets": words.sockets} for window_n in words.window]
    with serving(words.desk_us) as server, Traffic(SESSIONS_N) as traffic:
        print("              load  decided/s  in time/s  us each  kernel   p99 ms")
        for load in loads:
            before = server.spent()
            run = traffic.run("interim", server.port, seconds=words.seconds, **load)
            time.sleep(0.5)  # what is still in line is decided as well
            spent = [now - then for now, then in zip(server.spent(), before, strict=True)]
            decided_n = max(spent[0], 1)
            name = "a second" if "rate" in load else "window"
            print(
                f"{name:>9}{load.get('rate', load.get('window')):>9,.0f}"
                f"{decided_n / run.whole_s:>11,.0f}{run.rate:>11,.0f}"
                f"{spent[1] / decided_n:>9.2f}{spent[2] / decided_n:>8.2f}"
                f"{run.waits.p99_us / 1_000:>9.2f}"
            )


if __name__ == "__main__":
    main()
