"""The tables have what the records have, and every key that can be asked for has an index."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError

from domain.account import Account, Allowance, Subscriber
from domain.device import Device
from domain.grant import Order
from domain.ledger import Entry
from domain.pot import Pot
from domain.session import MOVING, Charge, DeviceMark, Session, Suspense
from store import schema
from tests.store.house import House, tell

RECORDS = {
    "accounts": Account,
    "allowances": Allowance,
    "charges": Charge,
    "device_marks": DeviceMark,
    "devices": Device,
    "entries": Entry,
    "orders": Order,
    "pots": Pot,
    "sessions": Session,
    "subscribers": Subscriber,
    "suspense": Suspense,
}
IN_OTHER_TABLES = {"devices": {"prefixes", "latches"}, "entries": {"postings"}}


@pytest.mark.parametrize("name", RECORDS)
def test_a_table_has_the_fields_of_its_record_in_their_order(name: str) -> None:
    elsewhere = IN_OTHER_TABLES.get(name, set())
    expected = [one.name for one in fields(RECORDS[name]) if one.name not in elsewhere]
    table = schema.sessions if name == "sessions" else schema.METADATA.tables[name]
    assert list(table.c.keys()) == expected


def test_a_session_is_in_two_tables_that_have_its_key_in_common_and_nothing_else() -> None:
    facts, totals = set(schema.session_facts.c.keys()), set(schema.session_totals.c.keys())
    assert facts & totals == {"account_id", "session_id"}
    assert facts | totals == set(schema.sessions.c.keys())
    assert {*MOVING, "version"} <= totals


def test_hot_tables_have_the_account_first_in_their_key() -> None:
    for table in (
        schema.accounts,
        schema.allowances,
        schema.charges,
        schema.entries,
        schema.orders,
        schema.pots,
        schema.session_facts,
        schema.session_totals,
    ):
        assert next(iter(table.primary_key)).name == "account_id", table.name
    assert next(iter(schema.postings.primary_key)).name == "entry_account_id"


def test_no_index_of_sessions_holds_a_column_that_each_interim_changes() -> None:
    assert not schema.session_totals.indexes
    assert len(schema.session_facts.indexes) > 5


def test_the_words_of_partial_indexes_are_those_of_the_queries() -> None:
    from store.reading import QUERIES
    from store.statements import sqlite_sql

    assert schema.LIVE in sqlite_sql(QUERIES["live"])
    assert schema.PENDING in sqlite_sql(QUERIES["pending_orders"])


def test_an_amount_out_of_bounds_is_refused_and_never_becomes_a_float(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle()
        for amount in ("9000000000000000000", "posted_micros + 9223372036854775807"):
            with pytest.raises(Exception, match=r"(?i)check|range|cannot store"):
                async with house.database.office() as connection:
                    await connection.execute(
                        text(f"UPDATE accounts SET posted_micros = {amount} + 1")
                    )
        assert [row[3] for row in await house.table("accounts")] == [0]

    tell(house_url, story)


def test_a_row_without_its_parent_is_refused(house_url: str) -> None:
    async def story(house: House) -> None:
        orphan = {"account_id": 9, "period_start_us": 1, "used_octets": 0, "used_s": 0}
        with pytest.raises(IntegrityError):
            async with house.database.office() as connection:
                await connection.execute(insert(schema.allowances).values(orphan))

    tell(house_url, story)


def test_addresses_and_latches_go_with_their_device_and_marks_stay(house_url: str) -> None:
    from tests.store.house import add_device

    async def story(house: House) -> None:
        await add_device(house)
        async with house.database.office() as connection:
            await connection.execute(
                insert(schema.device_latches).values(
                    device_id=5, source_address="10.0.5.1", latch="no-proxy-state", since_us=1
                )
            )
            await connection.execute(
                insert(schema.device_marks).values(device_id=5, nas_identifier="", event_us=1)
            )
            await connection.execute(schema.devices.delete())
        assert await house.table("device_addresses") == []
        assert await house.table("device_latches") == []
        assert len(await house.table("device_marks")) == 1

    tell(house_url, story)


def test_the_newest_revision_is_the_one_the_program_asks_for() -> None:
    from store.upgrade import head_revision

    assert head_revision() == schema.REVISION
    versions = Path(schema.__file__).parent / "migrations" / "versions"
    assert len(list(versions.glob("v*_sqlite.sql"))) == len(list(versions.glob("v*.py")))
