"""What the rim costs an interim: sockets, sums, repeats, the line, batches, signed replies, counting.

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
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
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
        return [ANSWER if isinstance(item, Request) else SILENT for item in batch]


async def serve(port: int, took_us: float) -> None:
    """A server on loopback until it is killed."""
    loop = asyncio.get_running_loop()
    clock, randomness = SystemClock(), SystemRandomness()
    source = f"{names.SOURCE}/32"
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
        desk=Yes(took_us),
        log=fakes.Log(),
    )
    await server.start()
    print("serving", flush=True)
    await asyncio.Event().wait()


def main_thread_ns(pid: int) -> int:
    """Processor time of a process's main thread so far."""
    return int(Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()[0])


def system_s(pid: int) -> float:
    """The part of it that was spent in the kernel, seconds; counted in hundredths."""
    fields = Path(f"/proc/{pid}/task/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[12]) / 100


def measured(pid: int, run: Callable[[], int]) -> tuple[int, float, float]:
    """How many answers a run brought, and microseconds for each: whole, in the kernel."""
    cpu_ns, kernel_s = main_thread_ns(pid), system_s(pid)
    answered_n = run()
    each_us = (main_thread_ns(pid) - cpu_ns) / max(answered_n, 1) / 1_000
    return answered_n, each_us, (system_s(pid) - kernel_s) / max(answered_n, 1) * 1_000_000


def main() -> None:
    """Measure each window, or each rate, and print a table."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    asked.add_argument("--desk-us", type=float, default=0.0)
    asked.add_argument("--rate", type=float, nargs="*", default=())
    asked.add_argument("--window", type=int, nargs="*", default=WINDOWS)
    asked.add_argument("--seconds", type=float, default=SECONDS)
    asked.add_argument("--kind", default="interim")
    words = asked.parse_args()
    if words.serve:
        runner: Callable[[Awaitable[None]], None] = uvloop.run  # type: ignore[assignment]
        runner(serve(words.serve, words.desk_us))
        return
    port = free_port()
    child = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.bench_door", "--serve", str(port)]
        + ["--desk-us", str(words.desk_us)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert child.stdout is not None and child.stdout.readline() == "serving\n"
        with Traffic(SESSIONS_N) as traffic:
            loads = [{"rate": rate, "tries": 1} for rate in words.rate]
            loads = loads or [{"window": window_n} for window_n in words.window]
            print(
                f"{'load':>16}{'answers/s':>12}{'lost':>9}{'us each':>9}{'kernel':>8}{'p99 ms':>9}"
            )
            for load in loads:
                told = []

                def run(load: dict[str, float] = load, told: list[object] = told) -> int:
                    outcome = traffic.run(words.kind, port, seconds=words.seconds, **load)
                    told[:] = [outcome.rate, outcome.lost, outcome.waits.p99_us / 1_000]
                    return outcome.answered

                _, each_us, kernel_us = measured(child.pid, run)
                rate, lost_n, p99_ms = told
                name = " ".join(f"{key} {value:g}" for key, value in load.items() if key != "tries")
                print(
                    f"{name:>16}{rate:>12,.0f}{lost_n:>9,}{each_us:>9.2f}{kernel_us:>8.2f}{p99_ms:>9.2f}"
                )
    finally:
        child.terminate()
        child.wait(30)


if __name__ == "__main__":
    main()
