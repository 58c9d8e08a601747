"""How long it takes to find who had an address, among millions of sessions, on both databases.

Years of sessions of many subscribers are made by the database itself in a scratch place, which is
thrown away afterwards; then the questions of an abuse desk are asked, each several times with other
values, as `session list` and `subscriber find` ask them. One address is worn: a hundredth of all
sessions had it. Run with `python -m benchmarks.bench_lookup --rows 10000000` (12 GB of disk each).
"""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import random
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Index, Table, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.schema import CreateIndex, DropIndex

from store import finding, lookup, schema
from store.database import Database
from store.lookup import Sought
from store.upgrade import upgrade
from tests.peers.postgres import PostgresCluster

TABLES = (schema.session_facts, schema.session_totals)
SESSIONS_OF_ONE = 500
YEARS = 5
US = 1_000_000
FIRST_US = 1_600_000_000 * US
SPAN_S = YEARS * 365 * 86_400
ROWS_AT_ONCE = 250_000
WORN = "100.64.200.1"
ROUNDS = 12
PEOPLE = ("Ana Ivanova", "Bo Li", "Çelik Usta", "María del Carmen", "Олег Бо", "Jean Dupont")

# i is the number of the session, a its subscriber, k how many that one had before.
_STEP_S = SPAN_S // SESSIONS_OF_ONE
_MIXED = "((i * 7919 + a * 104729) % 4096)"


def _hex(dialect: str, what: str, digits: int = 1) -> str:
    """A number in hexadecimal digits."""
    if dialect == "sqlite":
        return f"printf('%0{digits}x', {what})"
    return f"lpad(to_hex({what}), {digits}, '0')" if digits > 1 else f"to_hex({what})"


def values_of(dialect: str) -> dict[str, str]:
    """SQL for each column of a session that is not simply empty."""
    start_s = f"({FIRST_US // US} + k * {_STEP_S} + a * 37 % {_STEP_S})"
    octets = (_hex(dialect, part, 2) for part in ("a / 65536", "a / 256 % 256", "a % 256"))
    station = "'02:00:00:' || " + " || ':' || ".join(octets)
    worn = f"CASE WHEN i % 100 = 7 THEN '{WORN}' ELSE"
    id_s = f"({start_s} - 1577836800)"
    return {
        "session_id": f"{id_s} * 1000 * 4194304 + i % 4194304",
        "account_id": "a + 1",
        "subscriber_id": "a + 1",
        "device_id": "a % 200 + 1",
        "plan_id": "7",
        "state": "2",
        "version": "12",
        "acct_session_id": f"'8090' || {_hex(dialect, 'i')}",
        "user_name": "'user' || a || '@isp.example'",
        "calling_station_id": station,
        "called_station_id": "'service1'",
        "nas_port_id": "'ether2-clients'",
        "nas_ip_address": "'10.0.0.1'",
        "nas_identifier": "'tower-7'",
        "source_address": "'10.0.0.1'",
        "framed_ip_address": f"{worn} '100.64.' || {_MIXED} / 256 || '.' || {_MIXED} % 256 END",
        "framed_ipv6_prefix": f"'2001:db8:' || {_hex(dialect, 'a / 60000 + 1')} || ':' || "
        f"{_hex(dialect, 'a % 60000 + 1')} || '::/64'",
        "delegated_ipv6_prefix": f"'2001:db8:f' || {_hex(dialect, 'a / 60000 + 1')} || ':' || "
        f"{_hex(dialect, 'a % 255 + 1')} || '00::/56'",
        "created_us": f"{start_s} * {US}",
        "start_us": f"{start_s} * {US}",
        "last_event_us": f"({start_s} + 3600 * (1 + k % 20)) * {US}",
        "last_seen_us": f"({start_s} + 3600 * (1 + k % 20)) * {US}",
        "stop_us": f"({start_s} + 3600 * (1 + k % 20)) * {US}",
        "start_seen": "true",
        "interim_s": "300",
        "records_n": "12",
        "mac": station,
    }


def filling(dialect: str, table: Table) -> str:
    """One INSERT for some rows of a table of sessions."""
    given = values_of(dialect)
    empty = {"TEXT": "''", "BOOLEAN": "false", "BLOB": "x''", "BYTEA": "''::bytea"}
    columns, chosen = [], []
    for column in table.columns:
        kind = str(column.type.compile(dialect=_dialect(dialect)))
        nothing = "NULL" if column.nullable else empty.get(kind.split()[0], "0")
        columns.append(column.name)
        chosen.append(given.get(column.name, nothing))
    numbers = (
        "SELECT :low UNION ALL SELECT i + 1 FROM n WHERE i < :high"
        if dialect == "sqlite"
        else "SELECT generate_series(CAST(:low AS bigint), CAST(:high AS bigint))"
    )
    return (
        f"INSERT INTO {table.name} ({', '.join(columns)}) WITH RECURSIVE n(i) AS ({numbers}), "
        f"parts AS (SELECT i, i / {SESSIONS_OF_ONE} AS a, i % {SESSIONS_OF_ONE} AS k FROM n) "
        f"SELECT {', '.join(chosen)} FROM parts"
    )


def _dialect(name: str) -> Any:
    from sqlalchemy.dialects import postgresql, sqlite

    made: Any = postgresql.dialect if name == "postgresql" else sqlite.dialect
    return made()


async def fill(database: Database, rows_n: int) -> None:
    """Years of sessions; indexes are made when all rows are there."""
    indexes = [
        one
        for one in sorted(schema.session_facts.indexes, key=lambda one: str(one.name))
        if one._ddl_if is None or one._ddl_if.dialect == database.dialect
    ]
    async with database.office() as connection:
        for one in indexes:
            await connection.execute(DropIndex(one))
    inserts = [text(filling(database.dialect, one)) for one in TABLES]
    for low in range(0, rows_n, ROWS_AT_ONCE):
        async with database.office() as connection:
            high = min(low + ROWS_AT_ONCE, rows_n) - 1
            for insert in inserts:
                await connection.execute(insert, {"low": low, "high": high})
        await tidy(database)
    for one in indexes:
        await build(database, one)
        await tidy(database)
    async with database.engine.connect() as plain:
        # Statistics, and what a server's own housekeeping (autovacuum) would have done by then.
        words = "ANALYZE" if database.dialect == "sqlite" else "VACUUM ANALYZE"
        if database.dialect == "postgresql":
            plain = await plain.execution_options(isolation_level="AUTOCOMMIT")
        raw: Any = (await plain.get_raw_connection()).driver_connection
        await (
            raw.execute(words)
            if database.dialect == "sqlite"
            else raw.execute(words, timeout=1_800)
        )


async def build(database: Database, index: Index) -> None:
    """One index, however long it takes."""
    async with database.office() as connection:
        raw: Any = (await connection.get_raw_connection()).driver_connection
        made = str(CreateIndex(index).compile(dialect=_dialect(database.dialect)))
        if database.dialect == "postgresql":
            await raw.execute(made, timeout=1_800)
        else:
            await raw.execute(made)


async def tidy(database: Database) -> None:
    """SQLite: move the log into the database, as a server would."""
    if database.dialect == "sqlite":
        async with database.engine.connect() as plain:
            await plain.commit()
            raw: Any = (await plain.get_raw_connection()).driver_connection
            await raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")


Ask = Callable[[AsyncConnection], Awaitable[Any]]


def questions(rows_n: int, dice: random.Random) -> dict[str, Callable[[], Ask]]:
    """What is asked, with other values each time."""
    accounts_n = max(rows_n // SESSIONS_OF_ONE, 1)

    def instant() -> int:
        return FIRST_US + dice.randrange(SPAN_S) * US

    def some_address() -> Any:
        return ipaddress.ip_network(f"100.64.{dice.randrange(16)}.{dice.randrange(256)}")

    def inside_v6() -> Any:
        a = dice.randrange(accounts_n)
        return ipaddress.ip_network(f"2001:db8:{a // 60000 + 1:x}:{a % 60000 + 1:x}::abcd")

    def station() -> str:
        a = dice.randrange(accounts_n)
        return f"02:00:00:{a // 65536:02x}:{a // 256 % 256:02x}:{a % 256:02x}"

    def sought(**what: Callable[[], Any]) -> Callable[[], Ask]:
        def make() -> Ask:
            given = {name: value() for name, value in what.items()}
            if "since_us" in given:
                given["until_us"] = given["since_us"] + US - 1
            asked = Sought(**given)
            return lambda connection: lookup.sessions(connection, asked, limit=1_000)

        return make

    worn = ipaddress.ip_network(WORN)
    return {
        "IPv4 address at a second": sought(network=some_address, since_us=instant),
        "worn IPv4 address at a second": sought(network=lambda: worn, since_us=instant),
        "IPv6 address at a second": sought(network=inside_v6, since_us=instant),
        "MAC, ever": sought(mac=station),
        "MAC at a second": sought(mac=station, since_us=instant),
        "one subscriber at a second": sought(
            account_id=lambda: dice.randrange(accounts_n) + 1, since_us=instant
        ),
        "subscriber find by live address": lambda: (
            lambda connection: finding.search(connection, WORN, limit=10)
        ),
    }


async def ask(url: str, rows_n: int) -> None:
    """Fill one database and print how long each question takes."""
    await upgrade(url)
    database = await Database.open(url)
    try:
        began = time.perf_counter()
        await fill(database, rows_n)
        print(
            f"{database.dialect}: {rows_n:,} sessions made in {time.perf_counter() - began:.0f} s"
        )
        dice = random.Random(4)
        for name, make in questions(rows_n, dice).items():
            took, found_n = [], 0
            for _ in range(ROUNDS):
                one = make()
                at = time.perf_counter()
                async with database.reading() as connection:
                    found_n += len(await one(connection))
                took.append((time.perf_counter() - at) * 1000)
            took.sort()
            print(
                f"  {name:34} median {took[len(took) // 2]:8.1f} ms   worst {took[-1]:8.1f} ms"
                f"   found {found_n / ROUNDS:.1f}"
            )
    finally:
        await database.close()


def main() -> None:
    """Both databases, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    given = parser.parse_args()
    if given.only != "postgresql":
        with tempfile.TemporaryDirectory(prefix="tollhouse-lookup-") as directory:
            asyncio.run(ask(f"sqlite:///{Path(directory) / 'lookup.db'}", given.rows))
    if given.only != "sqlite":
        with PostgresCluster() as cluster, cluster.database() as url:
            asyncio.run(ask(url, given.rows))


if __name__ == "__main__":
    main()
