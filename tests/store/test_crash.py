"""Killed without warning in the middle of its commits: every acknowledged one is there, whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from aaa.ports import Changes
from tests.store.commit_stream import ACCOUNTS, PRICE_MICROS
from tests.store.house import NOW_US, House, session, tell

ROOT = Path(__file__).resolve().parents[2]
ROUNDS_N = 5


def run_until_killed(url: str, acknowledged_n: int) -> int:
    """Start the stream, kill -9 it after so many acknowledgements; the newest one it printed."""
    program = [sys.executable, "-m", "tests.store.commit_stream", url]
    with subprocess.Popen(program, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        newest = 0
        for _ in range(acknowledged_n):
            newest = int(child.stdout.readline() or 0)
            assert newest, "the stream ended by itself"
        child.kill()
        for line in child.stdout:  # acknowledged between the last look and the blow
            if line.endswith("\n"):
                newest = int(line)
    return newest


def test_a1_what_was_acknowledged_survives_kill_9_and_nothing_is_there_by_half(
    house_url: str,
) -> None:
    async def prepare(house: House) -> None:
        await house.settle(accounts_n=len(ACCOUNTS))
        sessions = [session(10 + n, n) for n in ACCOUNTS]
        await house.store.commit(Changes(NOW_US, 0, sessions_new=sessions))

    tell(house_url, prepare)
    for round_n in range(ROUNDS_N):
        acknowledged = run_until_killed(house_url, 3 + 7 * round_n)

        async def look(house: House, acknowledged: int = acknowledged) -> None:
            assert await house.findings() == []
            versions = {row[6] for row in await house.table("sessions")}
            assert len(versions) == 1, "a batch is there by half"
            (version,) = versions
            assert acknowledged <= version <= acknowledged + 1
            assert len(await house.table("journal")) == version - 1
            for row in await house.table("accounts"):
                assert row[4] == (version - 1) * PRICE_MICROS

        tell(house_url, look)
