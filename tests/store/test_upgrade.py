"""The history of the schema ends where the tables are, on both databases, in one transaction."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, select, text
from sqlalchemy.exc import IntegrityError

from aaa.ports import StoreUnavailable
from domain.plan import Package, Validity
from store import office_decisions, office_plans, office_subscribers, schema
from store.database import BadUrl, Database, make_engine
from store.upgrade import (
    current_revision,
    head_revision,
    is_known,
    migrate,
    upgrade,
    upgrading_engine,
)

SQLITE_OBJECTS = (
    "SELECT type, name, tbl_name, sql FROM sqlite_master "
    "WHERE name NOT LIKE 'sqlite_%' AND tbl_name <> 'alembic_version' ORDER BY name"
)
POSTGRESQL_OBJECTS = """
SELECT 'constraint', conname, pg_get_constraintdef(oid) FROM pg_constraint
 WHERE connamespace = 'public'::regnamespace AND conname NOT LIKE 'alembic%'
UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes
 WHERE schemaname = 'public' AND tablename <> 'alembic_version'
UNION ALL SELECT 'trigger', tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT 'options', relname, reloptions::text FROM pg_class
 WHERE relnamespace = 'public'::regnamespace AND reloptions IS NOT NULL
UNION ALL SELECT 'column', table_name || '.' || column_name,
 data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '')
 FROM information_schema.columns
 WHERE table_schema = 'public' AND table_name <> 'alembic_version'
UNION ALL SELECT 'function', proname, prosrc FROM pg_proc
 WHERE pronamespace = 'public'::regnamespace
ORDER BY 1, 2"""


# A subscriber of 0001 with money, a plan of 30 days and a session.
FURNITURE = (
    "INSERT INTO accounts VALUES (1, 'USD', 0, 5, 0, 0, 1)",
    "INSERT INTO plans VALUES (7, 'home', 1, 'USD', false, 1, '{\"plan_id\"\\: 7, \"name\"\\: "
    '"home", "version"\\: 1, "currency"\\: "USD", "validity_days"\\: 30}\', \'\')',
    "INSERT INTO subscribers VALUES (1001, 1, 'alice', 'active', 'home', 'none', EMPTY, "
    "NULL, 'any', '', 0, NULL, false, 1)",
    "INSERT INTO devices VALUES (5, 'tower', EMPTY, 'mikrotik', 3799, 'auto', 'auto', NULL, "
    "NULL, true, true, 'cumulative', false, 1, 'session', false, 1)",
    "INSERT INTO entries VALUES (101, 1, 1, 'top-up', 'k', 'USD', 1, NULL, NULL, '', 0)",
    "INSERT INTO postings VALUES (1, 101, 0, 'customer', 1, 5)",
    "INSERT INTO sessions (session_id, account_id, subscriber_id, device_id, plan_id, "
    "state, version, acct_session_id, class_session_id, user_name, calling_station_id, "
    "called_station_id, nas_port_id, nas_ip_address, nas_identifier, source_address, "
    "framed_ip_address, framed_ipv6_prefix, acct_multi_session_id, created_us, start_us, "
    "last_event_us, last_seen_us, terminate_cause, start_seen, synthetic, input_octets, "
    "output_octets, session_s, input_base, output_base, session_base_s, epoch, "
    "candidate_input, candidate_output, candidate_s, review_input, review_output, "
    "free_octets, free_s, fee_due, charged_micros, closed_micros, part, hold_state, "
    "granted_micros, used_micros, hold_until_us, slot_until_us, timeout_s, limit_octets, "
    "interim_s, cut_order_id, journal_last, records_n) VALUES (10, 1, 1001, 5, 7, 1, 3, "
    "'s1', 0, 'alice', 'AA-BB-CC-DD-EE-0F', '', '', '', '', '', '', '', '', 0, 0, 0, 0, "
    "0, false, false, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, false, 0, 0, 0, 0, 0, 0, "
    "0, 0, 0, 0, 0, 0, 0, 0)",
    "UPDATE sessions SET input_octets = 77, charged_micros = 9, records_n = 4",
    "INSERT INTO charges VALUES (1, 10, 0, 1, 3, 7, 77, 0, 0, 9, NULL)",
    "INSERT INTO decisions VALUES ('alice', 1, 21, 8, 5, 'alice', '', 'accepted', 10, '{}', '{}')",
    "INSERT INTO decisions VALUES ('alice', 2, 2, 6, 5, 'alice', '', 'no-credit', 0, '{}', '{}')",
    "INSERT INTO decisions VALUES ('', 2, 2, 7, 5, 'bob', '', 'unknown-subscriber', 0, '{}', '{}')",
)


def objects(connection: Connection) -> list[tuple[Any, ...]]:
    """Everything the database holds that is not a row, with white space made even."""
    sqlite = connection.dialect.name == "sqlite"
    found = connection.execute(text(SQLITE_OBJECTS if sqlite else POSTGRESQL_OBJECTS))
    return [tuple(even(one) if one else one for one in row) for row in found]


def even(text: str) -> str:
    """A definition without quotes (SQLite adds some to what was renamed) and odd white space."""
    return " ".join(text.replace('"', "").split()).replace("( ", "(").replace(" )", ")")


async def inside(url: str, work: Any, *, upgrading: bool = False) -> Any:
    """Run sync work on a connection of an engine of its own."""
    engine = upgrading_engine(url) if upgrading else make_engine(url)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


# An index of an expression is not read back by SQLAlchemy; its words are compared below.
@pytest.mark.filterwarnings("ignore:.*expression-based index")
def test_an_empty_database_becomes_exactly_the_schema(database_url: str) -> None:
    async def story() -> None:
        assert await current_revision(database_url) is None
        assert await upgrade(database_url) is None
        assert await upgrade(database_url) == head_revision()
        assert await current_revision(database_url) == head_revision()

        def differences(connection: Connection) -> Any:
            def is_here(found: Any, *_: Any) -> bool:  # some are of one database only
                only = getattr(found, "_ddl_if", None)
                return only is None or only.dialect == connection.dialect.name

            context = MigrationContext.configure(connection, opts={"include_object": is_here})
            return compare_metadata(context, schema.METADATA)

        assert await inside(database_url, differences) == []

        def made_by_hand(connection: Connection) -> tuple[Any, Any]:
            by_history = objects(connection)
            if connection.dialect.name == "sqlite":
                connection.execute(text("PRAGMA defer_foreign_keys=ON"))
            schema.METADATA.drop_all(connection)
            schema.METADATA.create_all(connection)
            return by_history, objects(connection)

        by_history, by_hand = await inside(database_url, made_by_hand)
        assert by_history == by_hand
        assert len(by_history) > 40

    asyncio.run(story())


def test_an_upgrade_that_fails_leaves_the_database_as_it_was(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from store.migrations import ddl

    async def story() -> None:
        real = ddl.SEPARATOR
        broken = "--;\nCREATE TABLE broken"
        text_of = Path.read_text

        def cut(path: Path, *args: Any, **kwargs: Any) -> str:
            whole = text_of(path, *args, **kwargs)
            return whole + broken + " (" if path.suffix == ".sql" else whole

        monkeypatch.setattr(Path, "read_text", cut)
        with pytest.raises(Exception, match=r"syntax|incomplete"):
            await upgrade(database_url)
        monkeypatch.setattr(Path, "read_text", text_of)
        assert ddl.SEPARATOR == real
        assert await current_revision(database_url) is None
        assert await inside(database_url, objects) == []
        await upgrade(database_url)

    asyncio.run(story())


def test_two_upgrades_at_once_wait_for_one_another(database_url: str) -> None:
    async def story() -> None:
        before = await asyncio.gather(*(upgrade(database_url) for _ in range(3)))
        assert sorted(map(str, before)) == ["0006", "0006", "None"]

    asyncio.run(story())


def test_an_sqlite_file_is_made_with_its_directory(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/var/lib/house.db"
    asyncio.run(upgrade(url))
    assert asyncio.run(current_revision(url)) == head_revision()
    assert (tmp_path / "var/lib/house.db").stat().st_mode & 0o077 == 0, "others may not read it"


def test_a_database_that_cannot_be_reached_is_said_so_in_one_line() -> None:
    for work in (upgrade, current_revision, Database.open):
        with pytest.raises(StoreUnavailable) as refused:
            asyncio.run(work("postgresql://nobody@127.0.0.1:1/none"))
        assert "\n" not in str(refused.value)


@pytest.mark.parametrize("url", ["", "mysql://x/y", "sqlite://", "sqlite:///:memory:", "house.db"])
def test_a_url_that_names_no_database_of_ours_is_refused_in_one_line(url: str) -> None:
    for work in (upgrade, current_revision, Database.open):
        with pytest.raises(BadUrl) as refused:
            asyncio.run(work(url))
        assert "\n" not in str(refused.value)


def test_only_revisions_of_its_history_are_known() -> None:
    assert is_known(head_revision())
    assert not is_known("9999")
    assert not is_known("")


def test_a_house_of_the_first_revision_is_upgraded_with_all_that_is_in_it(
    database_url: str,
) -> None:
    async def story() -> None:
        await inside(database_url, lambda one: migrate(one, "0001"), upgrading=True)

        def furnish(connection: Connection) -> None:
            empty = "x''" if connection.dialect.name == "sqlite" else "''"
            for statement in FURNITURE:
                connection.execute(text(statement.replace("EMPTY", empty)))

        await inside(database_url, furnish)
        assert await upgrade(database_url) == "0001"
        database = await Database.open(database_url)
        try:
            async with database.reading() as connection:
                customer = await office_subscribers.find(connection, "alice")
                found = await office_plans.find(connection, "home")
                row = (await connection.execute(select(schema.sessions))).mappings().one()
                ours = (await connection.execute(text("SELECT * FROM radacct"))).mappings().one()
                hers = await office_decisions.of_login(connection, "alice")
                strange = await office_decisions.of_strangers(connection)
            with pytest.raises(IntegrityError):  # a charge names a session still
                async with database.office() as connection:
                    await connection.execute(text("UPDATE charges SET session_id = 11"))
        finally:
            await database.close()
        assert customer is not None
        assert (customer.account.posted_micros, customer.subscriber.replies) == (5, ())
        assert found is not None
        assert found[0].package == Package(Validity(30))
        assert (row["mac"], row["unrated_s"], row["adopted"]) == ("aa:bb:cc:dd:ee:0f", 0, False)
        assert row["uses"] == b""
        assert (customer.subscriber.anchor_us, customer.subscriber.paid_anchor_us) == (None, None)
        moved = ("version", "input_octets", "charged_micros", "records_n", "user_name")
        assert [row[name] for name in moved] == [3, 77, 9, 4, "alice"]
        assert (ours["acctinputoctets"], ours["username"]) == (77, "alice")
        assert [(one.n, one.code) for one in hers] == [(3, "accepted"), (1, "no-credit")]
        assert [(one.n, one.user_name) for one in strange] == [(2, "bob")]

    asyncio.run(story())
