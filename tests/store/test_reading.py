"""A load asks for what is wanted and nothing else, and every question is answered by an index."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert, text

from aaa.ports import Want
from domain.pot import Pot
from domain.pricing import Pricing, Rate
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
    "versions": ("metered",),
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
            insert(schema.pots),
            [
                dict(
                    zip(
                        rows.POTS.names,
                        rows.POTS.to_row(Pot(n, "cap/day/metered/0", NOW_US, 9)),
                        strict=True,
                    )
                )
                for n in people
            ],
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
            if name in WHOLE or name in ("versions", "plan", "marks_of", "meta"):
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
        for name in ("move", "advance", "change", "close", "use", "pour", "settle", "learn"):
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
        (Want(pots_of={3, 4}), ["pots_of"]),
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


def test_pots_are_asked_for_where_a_plan_counts_by_them_and_nowhere_else() -> None:
    rich = plan_row(plan(8, pricing=Pricing((Rate(),))), created_us=1)
    simple = plan_row(plan(7), created_us=1)
    row = rows.SUBSCRIBERS.to_row(subscriber(3))
    for found, asked in ((simple, False), (rich, True)):
        answers = {
            "subscribers_of": [rows.subscriber_of(row)],
            "versions": [(found["body"], found["source"], False, 1, False)],
        }
        steps, seen = load_steps(Want(account_ids={3})), []
        with pytest.raises(StopIteration) as ended:
            ask = next(steps)
            while True:
                seen.append(ask.query)
                ask = steps.send(answers.get(ask.query, []))
        assert ("pots_of" in seen) is asked
        assert ended.value.value.pots == ({3: []} if asked else {})


def test_pots_that_ended_long_before_the_newest_are_not_read(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle()
        now, day_us, late = NOW_US, 86_400_000_000, 2 * 366 * 86_400_000_000
        pots = [
            Pot(1, "cap/day/metered/0", now, 9, until_us=now + day_us, ends_us=now + day_us),
            Pot(1, "cap/day/metered/0", now - 63 * day_us, 9, 5, 0, now, now - 62 * day_us),
            Pot(1, "cap/day/metered/0", now - 40 * day_us, 9, 5, 0, now, now - 39 * day_us),
            Pot(1, "bundle/validity/metered/a", 0, 9, 1),
            Pot(1, "bundle/validity/metered/a", 1, 9, 1, 0, now - late - 1),
            Pot(1, "booster/more/4", now - late, 9, 1, 0, now + 1, now + 1, 4),
        ]
        async with house.database.office() as connection:
            for pot in pots:
                values = dict(zip(rows.POTS.names, rows.POTS.to_row(pot), strict=True))
                await connection.execute(insert(schema.pots).values(values))
        found = (await house.store.load(Want(pots_of={1, 2}))).pots
        assert found.keys() == {1, 2} and found[2] == []
        wanted = [pots[n] for n in (0, 2, 3, 5)]
        by_key = lambda pot: (pot.pot, pot.period_start_us)  # noqa: E731 - a key, not a function
        assert sorted(found[1], key=by_key) == sorted(wanted, key=by_key)

    tell(house_url, story)
