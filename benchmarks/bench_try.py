"""How long `plan try` takes for a month of recorded usage, on both databases or one.

A journal is made up in a scratch place: so many subscribers on line day and night, a session a day
each, reports at a steady pace, batches of a busy server. Then the command's own road prices all of
it by a draft, and by a draft beside another plan. What it says of memory is the most that the
process had, and what making the journal took is part of it only in that. Run with
`python -m benchmarks.bench_try --records 1000000 --subscribers 2000`.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import insert

from accounting.comparison import Comparison
from accounting.journal import Record, encode
from cli.plan_read import read_plan
from cli.plan_try import replay
from domain.account import Account, CredentialKind, MacMode, Status, Subscriber
from domain.plan import Plan
from domain.seams import US_PER_S, compose_id
from radius import encode_attributes
from store import rows, schema
from store.database import Database
from store.journal import journal_digest
from store.recorded import people
from store.upgrade import upgrade
from tests.peers.postgres import PostgresCluster

PLANS = Path(__file__).parents[1] / "conf" / "plans"
FROM_US = 1_767_225_600 * US_PER_S  # 2026-01-01
DAYS = 31
DAY_S = 86_400
RATE = 120_000  # octets a second, on average, to a subscriber
BATCH_N = 64
ROWS_AT_ONCE = 500


@dataclass(slots=True)
class Line:
    """A subscriber's session of the day."""

    account_id: int
    session_id: int = 0
    began_s: int = 0
    down: int = 0
    previous: int = 0


def made_up(records_n: int, subscribers_n: int) -> Iterator[tuple[int, int, bytes]]:
    """Journal rows: id, time and body."""
    dice = random.Random(731)
    lines = [Line(n + 1) for n in range(subscribers_n)]
    step_s = DAYS * DAY_S * subscribers_n / records_n
    batch: list[Record] = []
    used: list[Line] = []
    for n in range(records_n):
        second = int(n // subscribers_n * step_s + n % subscribers_n * step_s / subscribers_n)
        line = lines[n % subscribers_n]
        stop = False
        if line.session_id == 0 or second // DAY_S != line.began_s // DAY_S:
            line.session_id, line.began_s, line.down, line.previous = 10**9 + n, second, 0, 0
        elif int(second + step_s) // DAY_S != second // DAY_S:
            stop = True
        if line.previous or second != line.began_s:
            line.down += int(RATE * step_s * dice.random() * 2)
        batch.append(_record(line, second, stop=stop))
        used.append(line)
        if len(batch) == BATCH_N or n == records_n - 1:
            journal_id = compose_id(FROM_US + second * US_PER_S, n)
            for one in used:
                one.previous = journal_id
            yield journal_id, FROM_US + second * US_PER_S, encode(batch)
            batch, used = [], []


def _record(line: Line, second: int, *, stop: bool) -> Record:
    """One report."""
    seconds = second - line.began_s
    status = 2 if stop else 3 if line.previous else 1
    at_us = FROM_US + second * US_PER_S
    return Record(
        session_id=line.session_id,
        account_id=line.account_id,
        device_id=1,
        previous=line.previous,
        arrived_us=at_us,
        event_us=at_us,
        effect="advanced",
        input_octets=line.down // 10,
        output_octets=line.down,
        session_s=seconds,
        free_octets=0,
        free_s=0,
        charged_micros=line.down // 1000,
        attributes=encode_attributes(
            [
                (40, status.to_bytes(4, "big")),
                (44, b"%08x" % line.session_id),
                (1, b"user%d" % line.account_id),
                (42, (line.down // 10 & 0xFFFFFFFF).to_bytes(4, "big")),
                (43, (line.down & 0xFFFFFFFF).to_bytes(4, "big")),
                (46, seconds.to_bytes(4, "big")),
                (55, (at_us // US_PER_S).to_bytes(4, "big")),
            ]
        ),
    )


async def fill(database: Database, records_n: int, subscribers_n: int, currency: str) -> None:
    """Write subscribers and the journal."""
    async with database.office() as connection:
        for n in range(1, subscribers_n + 1):
            account = Account(n, currency, 0, 0, 0, 0, 0)
            values = {name: getattr(account, name) for name in rows.ACCOUNTS.names}
            await connection.execute(insert(schema.accounts).values(values))
            made = rows.subscriber_row(_subscriber(n))
            values = dict(zip(rows.SUBSCRIBERS.names, made, strict=True))
            await connection.execute(insert(schema.subscribers).values(values))
    some: list[dict[str, object]] = []
    for journal_id, created_us, body in made_up(records_n, subscribers_n):
        digest = journal_digest(journal_id, created_us, body)
        some.append(
            {"journal_id": journal_id, "created_us": created_us, "body": body, "digest": digest}
        )
        if len(some) == ROWS_AT_ONCE:
            async with database.office() as connection:
                await connection.execute(insert(schema.journal), some)
            some = []
    if some:
        async with database.office() as connection:
            await connection.execute(insert(schema.journal), some)


def _subscriber(n: int) -> Subscriber:
    return Subscriber(
        subscriber_id=n,
        account_id=n,
        login=f"user{n}",
        status=Status.ACTIVE,
        plan_name="old",
        credential_kind=CredentialKind.NONE,
        credential=b"",
        mac=None,
        mac_mode=MacMode.ANY,
        device_ids=(),
        period_start_us=FROM_US,
        valid_until_us=None,
        sample=False,
        created_us=FROM_US,
    )


async def measure(database: Database, draft: Plan, other: Plan | None) -> None:
    """Try a draft on all of it, and say what that took."""
    span = FROM_US, FROM_US + DAYS * DAY_S * US_PER_S
    wall, cpu = time.perf_counter(), time.process_time()
    comparison = Comparison(draft, other, span, await people(database))
    await replay(database, comparison, *span)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    costs = [one.tried[0].usage_micros for one in comparison.costs.values()]
    print(
        f"  {draft.name} against {other.name if other else 'what was charged'}: "
        f"{comparison.records_n} reports of {comparison.sessions_n} sessions, {wall:.1f} s "
        f"({cpu:.1f} s of CPU, {cpu / comparison.records_n * 1e6:.1f} us a report), "
        f"{most} MB at most; comes to {sum(costs)} micros"
    )


@contextmanager
def places(databases: list[str]) -> Iterator[list[tuple[str, str]]]:
    """Empty databases: kind and URL."""
    with tempfile.TemporaryDirectory() as directory:
        found = []
        with ExitStack() as stack:
            if "sqlite" in databases:
                found.append(("sqlite", f"sqlite:///{directory}/try.db"))
            if "postgresql" in databases:
                cluster = stack.enter_context(PostgresCluster())
                found.append(("postgresql", cluster.create_database()))
            yield found


async def main(given: argparse.Namespace) -> None:
    """Make it up and measure, place by place."""
    drafts = [read_plan(PLANS / f"{name}.toml") for name in given.drafts.split(",")]
    with places(given.databases.split(",")) as found:
        for kind, url in found:
            print(kind, flush=True)
            await upgrade(url)
            database = await Database.open(url)
            try:
                for at, draft in enumerate(drafts):
                    if at == 0:
                        await fill(database, given.records, given.subscribers, draft.currency)
                    await measure(database, draft, None)
                await measure(database, drafts[0], drafts[-1])
            finally:
                await database.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--subscribers", type=int, default=2_000)
    parser.add_argument("--databases", default="sqlite")
    parser.add_argument("--drafts", default="night-bundle,prepaid-per-gb")
    asyncio.run(main(parser.parse_args()))
