"""How fast a batch of interims becomes durable: rows a second by batch size, on both databases.

Each interim moves an account, a session and a charge row, and each batch writes one journal row,
as the server does it. Figures of one machine mean little; the ratios between batch sizes are what
group commit is for. Run with `python -m benchmarks.bench_commit`.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from sqlalchemy import insert

from aaa.ports import AccountMove, Changes
from domain.account import Account
from domain.session import Charge, Session, SessionState
from store import rows, schema
from store.database import Database
from store.desk import DeskStore
from store.upgrade import upgrade
from tests.peers.postgres import PostgresCluster

ACCOUNTS_N = 10_000
BATCHES = (1, 64, 256, 1024)
SECONDS = 2.0


def session_of(number: int) -> Session:
    """An open session with the texts a router really sends."""
    return Session(
        session_id=number,
        account_id=number,
        subscriber_id=number,
        device_id=1,
        plan_id=1,
        state=SessionState.OPEN,
        version=1,
        acct_session_id=f"8090{number:08x}",
        user_name=f"user{number}@isp.example",
        calling_station_id="4C:5E:0C:00:00:01",
        called_station_id="service1",
        nas_port=15728640 + number,
        nas_port_id="ether2-clients",
        nas_ip_address="10.0.0.1",
        nas_identifier="tower-7",
        source_address="10.0.0.1",
        framed_ip_address="100.64.0.1",
        created_us=1_700_000_000_000_000,
        start_us=1_700_000_000_000_000,
        records_n=2,
    )


async def fill(database: Database) -> None:
    """One account and one open session each."""
    async with database.office() as connection:
        people = [Account(n, "USD", 0, 10**9, 0, 0, 1) for n in range(1, ACCOUNTS_N + 1)]
        names = rows.ACCOUNTS.names
        await connection.execute(
            insert(schema.accounts), [{k: getattr(one, k) for k in names} for one in people]
        )
        for start in range(1, ACCOUNTS_N + 1, 1000):
            some = [session_of(n) for n in range(start, start + 1000)]
            for table in (schema.session_facts, schema.session_totals):
                names = tuple(table.c.keys())
                await connection.execute(
                    insert(table), [{k: getattr(one, k) for k in names} for one in some]
                )


class Load:
    """Makes batches of interims, accounts in a round that looks random to a page cache."""

    def __init__(self) -> None:
        """Start with fresh sessions."""
        self.sessions = {n: session_of(n) for n in range(1, ACCOUNTS_N + 1)}
        self.accounts = {n: Account(n, "USD", 0, 10**9, 0, 0, 1) for n in range(1, ACCOUNTS_N + 1)}
        self.at = 0
        self.journal_id = 0

    def batch(self, size: int) -> Changes:
        """The next `size` interims as changes."""
        self.journal_id += 1
        changes = Changes(
            now_us=1, feed_seq=0, journal_id=self.journal_id, journal=b"x" * 90 * size
        )
        for _ in range(size):
            self.at = (self.at + 7919) % ACCOUNTS_N
            number = self.at + 1
            session, account = self.sessions[number], self.accounts[number]
            session.version += 1
            session.records_n += 1
            session.output_octets += 1_000_000
            session.session_s += 300
            session.last_event_us += 300_000_000
            session.charged_micros += 10_000
            account.open_micros += 10_000
            changes.accounts.append(AccountMove(replace(account), open_micros=10_000))
            changes.sessions.append(session)
            changes.charges.append(
                Charge(number, number, 0, 1, 20_000, 1, 0, 1_000_000, 300, 10_000)
            )
        return changes


async def measure(url: str) -> dict[int, float]:
    """Interims a second by batch size; the commits alone, not the making of the batches."""
    await upgrade(url)
    database = await Database.open(url)
    await fill(database)
    store = await DeskStore.open(database)
    load, rates = Load(), {}
    for _ in range(-(-ACCOUNTS_N // 1000)):  # once around: every session and charge row exists
        await store.commit(load.batch(1000))
    for size in BATCHES:
        spent, done = 0.0, 0
        while spent < SECONDS:
            changes = load.batch(size)
            began = time.perf_counter()
            await store.commit(changes)
            spent += time.perf_counter() - began
            done += size
        rates[size] = done / spent
    await store.close()
    await database.close()
    return rates


@contextmanager
def databases() -> Iterator[dict[str, str]]:
    """A fresh URL of each kind."""
    with (
        tempfile.TemporaryDirectory() as directory,
        PostgresCluster() as cluster,
        cluster.database() as url,
    ):
        yield {"sqlite": f"sqlite:///{Path(directory) / 'bench.db'}", "postgresql": url}


def main() -> None:
    """Print a table of both databases."""
    with databases() as urls:
        for name, url in urls.items():
            rates = asyncio.run(measure(url))
            print(name)
            for size, rate in rates.items():
                shown = f"{rate / rates[BATCHES[0]]:5.1f} x, {size / rate * 1000:7.2f} ms a batch"
                print(f"  batch {size:5}: {rate:9,.0f} interims/s, {shown}")


if __name__ == "__main__":
    main()
