"""A load asks for what is wanted and nothing else, and every question is answered by an index."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert, text

from aaa.ports import Want
from domain.session import SessionState
from store import rows, schema
from store.desk_postgresql import _READ as POSTGRESQL
from store.desk_sqlite import _READ as SQLITE
from store.plans import plan_row
from store.reading import QUERIES, load_steps
from store.writes import WRITES
from tests.store.house import (
    NOW_US,
    House,
    account,
    decision,
    deed,
    order,
    plan,
    rows_by_table,
    session,
    subscriber,
    suspended_usage,
    tell,
)

# What they read is small by nature, or they run once, at the start of a server.
WHOLE = {
    "devices",
    "device_addresses",
    "device_latches",
    "live_accounts",
    "live_subscribers",
    "live_allowances",
    "other_accounts",
    "other_subscribers",
    "other_allowances",
}
KEYS: dict[str, tuple[Any, ...]] = {
    "people_of_login": ("user7",),
    "allowances_of": (7, NOW_US),
    "sessions_of_key": (5, "80000007"),
    "newest_plan": ("metered",),
    "live_of_device": (9,),
    "meta": ("probe",),
}
CROWD = 4_000


async def crowd(house: House) -> None:
    """Thousands of rows of everything, few of them live, and statistics about them."""

    people = range(1, CROWD + 1)
    closed = {"state": SessionState.CLOSED}
    async with house.database.office() as connection:
        plans = [plan_row(plan(7 + n, 1 + n), created_us=1) for n in range(30)]
        await connection.execute(insert(schema.plans), plans)
        for shape, records in (
            (rows.ACCOUNTS, [account(n) for n in people]),
            (rows.SUBSCRIBERS, [subscriber(n) for n in people]),
            (
                rows.SESSIONS,
                [
                    session(n, n, device_id=n % 40, **({} if n % 100 == 7 else closed))
                    for n in people
                ],
            ),
            (rows.ORDERS, [order(n, session(n, n), state="done") for n in people]),
            (rows.DEEDS, [deed(1 + n) for n in people]),
            (rows.SUSPENSE, [suspended_usage(n, session_id=n, state="dropped") for n in people]),
        ):
            for table, made in rows_by_table(shape, records):
                await connection.execute(insert(table), made)
        await connection.execute(
            insert(schema.decisions),
            [
                dict(zip(shape.names, shape.to_row(one), strict=True))
                for one in (decision(f"user{n}", n) for n in people)
                for shape in (rows.DECISIONS,)
            ],
        )
        await connection.execute(
            insert(schema.changes), [{"kind": "account", "row_id": n} for n in people]
        )
        await connection.execute(
            insert(schema.allowances),
            [
                {"account_id": n, "period_start_us": NOW_US, "used_octets": 0, "used_s": 0}
                for n in people
            ],
        )
        await connection.execute(text("ANALYZE"))


def test_no_query_that_can_meet_a_million_rows_reads_a_whole_table_of_sqlite(
    house_sqlite_url: str,
) -> None:
    async def story(house: House) -> None:
        await crowd(house)
        raw = house.store._road._raw
        for name, query in QUERIES.items():
            if name in WHOLE:
                continue
            key = KEYS.get(name, (7,))[: len(query.key)]
            plan_of_it = raw.execute(f"EXPLAIN QUERY PLAN {SQLITE[name]}", key).fetchall()
            scans = [row[3] for row in plan_of_it if row[3].startswith("SCAN")]
            partial = [one for one in scans if "ix_session_facts_live" in one or "_pending" in one]
            assert scans == partial, f"{name}: {scans}"
            if name == "live":
                assert partial, "every live session is found by an index of the live ones"

    tell(house_sqlite_url, story)


def test_no_query_that_can_meet_a_million_rows_reads_a_whole_table_of_postgresql(
    house_postgresql_url: str,
) -> None:
    async def story(house: House) -> None:
        await crowd(house)
        driver = house.store._road._driver
        for name, query in QUERIES.items():
            if name in WHOLE or name in ("newest_plan", "plan", "marks_of", "meta"):
                continue  # plans, devices and notes are few, and these tables are small here
            key = KEYS.get(name, (7,))[: len(query.key)]
            arrays = [[one] for one in key]
            lines = await driver.fetch(f"EXPLAIN {POSTGRESQL[name]}", *arrays)
            scans = [row[0] for row in lines if "Seq Scan" in row[0]]
            assert not scans, f"{name}: {[row[0] for row in lines]}"

    tell(house_postgresql_url, story)


def test_writes_find_their_rows_by_key(house_sqlite_url: str) -> None:
    from store.desk_sqlite import _WRITE

    async def story(house: House) -> None:
        await crowd(house)
        raw = house.store._road._raw
        for name in ("move", "advance", "change", "close", "use", "settle", "learn"):
            given_n = len(WRITES[name].row)  # type: ignore[union-attr]
            found = raw.execute(f"EXPLAIN QUERY PLAN {_WRITE[name]}", [1] * given_n).fetchall()
            assert [row[3] for row in found if row[3].startswith("SCAN")] == [], name

    tell(house_sqlite_url, story)


@pytest.mark.parametrize(
    ("want", "asked"),
    [
        (Want(mark_devices={5}), ["marks_of"]),
        (Want(order_ids={5}), ["order"]),
        (Want(logins={"a"}), ["people_of_login"]),
        (
            Want(account_ids={3}),
            [
                "account",
                "subscribers_of",
                "live_of_account",
            ],
        ),
    ],
)
def test_a_load_asks_only_for_what_is_wanted(want: Want, asked: list[str]) -> None:
    steps, seen = load_steps(want), []
    try:
        ask = next(steps)
        while True:
            seen.append(ask.query)
            ask = steps.send([])
    except StopIteration:
        assert seen == asked
