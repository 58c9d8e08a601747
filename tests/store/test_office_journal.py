"""The records of a session are found along their chain, in order, however they were batched."""

from __future__ import annotations

import random
from typing import Any

import pytest
from asyncpg.prepared_stmt import PreparedStatement
from sqlalchemy import insert

from accounting import journal
from accounting.journal import Record
from domain.seams import compose_id
from store import office_journal, schema
from store.journal import JournalDamaged, journal_digest
from tests.store.house import House, session, tell


def record(session_id: int, previous: int, seconds: int) -> Record:
    return Record(
        session_id=session_id,
        account_id=1,
        device_id=5,
        previous=previous,
        arrived_us=1,
        event_us=1,
        effect="advanced",
        input_octets=0,
        output_octets=0,
        session_s=seconds,
        free_octets=0,
        free_s=0,
        charged_micros=0,
        attributes=b"",
    )


async def write(house: House, rows: dict[int, list[Record]], *, spoil: int = 0) -> None:
    async with house.database.office() as connection:
        for journal_id, records in rows.items():
            body = journal.encode(records)
            digest = journal_digest(journal_id, 1, body)
            if journal_id == spoil:
                body += b"x"
            row = {"journal_id": journal_id, "created_us": 1, "body": body, "digest": digest}
            await connection.execute(insert(schema.journal).values(row))


CHAIN = {
    10: [record(90, 0, 1), record(91, 0, 7), record(90, 10, 2)],
    20: [record(91, 10, 8)],
    30: [record(90, 10, 3)],
    40: [record(90, 30, 4), record(90, 40, 5)],
}


def test_a_chain_is_read_in_order_over_batches_that_hold_several(house_url: str) -> None:
    async def story(house: House) -> None:
        await write(house, CHAIN)
        one = session(90, journal_last=40)
        (found,) = await office_journal.records_of_all(house.database, [one])
        assert [(at, one.session_s) for at, one in found] == [
            (10, 1), (10, 2), (30, 3), (40, 4), (40, 5),
        ]  # fmt: skip
        (newest,) = await office_journal.records_of_all(house.database, [one], limit=2)
        assert [one.session_s for _, one in newest] == [4, 5]

    tell(house_url, story)


def test_a_chain_ends_where_rows_were_cleared_away(house_url: str) -> None:
    async def story(house: House) -> None:
        await write(house, {key: CHAIN[key] for key in (30, 40)})
        some = [session(90, journal_last=40), session(90, journal_last=0)]
        found, none = await office_journal.records_of_all(house.database, some)
        assert [one.session_s for _, one in found] == [3, 4, 5]
        assert none == []

    tell(house_url, story)


def test_a_damaged_row_is_an_error(house_url: str) -> None:
    async def story(house: House) -> None:
        await write(house, CHAIN, spoil=30)
        with pytest.raises(JournalDamaged):
            await office_journal.records_of_all(house.database, [session(90, journal_last=40)])

    tell(house_url, story)


def test_chains_of_several_sessions_are_read_together_a_few_rows_at_a_time(
    house_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office_journal, "ROWS_AT_ONCE", 2)

    async def story(house: House) -> None:
        await write(house, CHAIN)
        some = [session(91, journal_last=20), session(92), session(90, journal_last=40)]
        found = await office_journal.records_of_all(house.database, some)
        assert [[one.session_s for _, one in mine] for mine in found] == [
            [7, 8], [], [1, 2, 3, 4, 5],
        ]  # fmt: skip
        newest = await office_journal.records_of_all(house.database, some, limit=1)
        assert [[one.session_s for _, one in mine] for mine in newest] == [[8], [], [5]]

    tell(house_url, story)


REPORTS_N = 200
INTERVAL_US = 300_000_000


def ids_of(rng: random.Random, *, steady: bool) -> list[int]:
    """Journal rows of one session: a report every five minutes, some lost; or at any time."""
    at_us, found = 1_700_000_000_000_000, []
    for nth in range(REPORTS_N):
        late_us = int(abs(rng.gauss(0, 30_000)) if steady else rng.expovariate(1 / INTERVAL_US))
        if steady:
            found.append(compose_id(at_us + nth * INTERVAL_US + late_us, nth))
        else:
            at_us += late_us + 1000
            found.append(compose_id(at_us, nth))
    return [one for one in found[:-1] if rng.random() > 0.02] + found[-1:] if steady else found


async def asked_of_postgresql(
    house: House, ids: list[int], monkeypatch: pytest.MonkeyPatch, *, others_n: int
) -> tuple[int, int]:
    """Read a session with these rows; statements and rows that it took."""
    rng = random.Random(5)
    links = zip(ids, [0, *ids], strict=False)
    rows = {own: [record(90, previous, nth)] for nth, (own, previous) in enumerate(links)}
    others = {rng.randrange(ids[0], ids[-1]): [record(91, 0, 1)] for _ in range(others_n)}
    await write(house, {**others, **rows})
    asked: list[int] = []
    fetch: Any = PreparedStatement.fetch

    async def counted(*given: Any, **more: Any) -> Any:
        found = await fetch(*given, **more)
        asked.append(len(found))
        return found

    with monkeypatch.context() as patched:
        patched.setattr(PreparedStatement, "fetch", counted)
        one = session(90, journal_last=ids[-1])
        (found,) = await office_journal.records_of_all(house.database, [one])
    assert [at for at, _ in found] == ids
    assert [one.session_s for _, one in found] == list(range(len(ids)))
    return sum(1 for rows_n in asked if rows_n), sum(asked)


def test_a_chain_of_steady_reports_takes_few_questions_of_postgresql(
    house_postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(house: House) -> None:
        ids = ids_of(random.Random(3), steady=True)
        asked_n, rows_n = await asked_of_postgresql(house, ids, monkeypatch, others_n=600)
        assert asked_n <= 20 and rows_n <= 6 * len(ids), (asked_n, rows_n)

    tell(house_postgresql_url, story)


def test_a_chain_without_a_pace_costs_postgresql_little_more_than_its_rows(
    house_postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(house: House) -> None:
        ids = ids_of(random.Random(4), steady=False)
        asked_n, rows_n = await asked_of_postgresql(house, ids, monkeypatch, others_n=600)
        assert asked_n <= len(ids) and rows_n <= 1.5 * len(ids), (asked_n, rows_n)

    tell(house_postgresql_url, story)


def test_large_rows_are_not_read_on_a_guess(
    house_postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office_journal, "OCTETS_AT_ONCE", 100)

    async def story(house: House) -> None:
        ids = ids_of(random.Random(3), steady=True)[:50]
        found = await asked_of_postgresql(house, ids, monkeypatch, others_n=100)
        assert found == (len(ids), len(ids))

    tell(house_postgresql_url, story)


def test_rows_of_the_journal_are_found_by_their_ids(house_url: str) -> None:
    async def story(house: House) -> None:
        ids = ids_of(random.Random(3), steady=True)
        await write(house, {own: [record(90, 0, 1)] for own in ids})
        async with house.database.reading() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            if house.database.dialect == "sqlite":
                question = f"EXPLAIN QUERY PLAN {office_journal._ON_SQLITE}"
                rows = await driver.execute_fetchall(question, (ids[0],))
                assert [row[3] for row in rows] == [
                    "SEARCH journal USING INTEGER PRIMARY KEY (rowid=?)"
                ]
                return
            await driver.execute("SET plan_cache_mode = force_generic_plan")
            await driver.execute(f"PREPARE one AS {office_journal._GUESSING}")
            rows = await driver.fetch("EXPLAIN EXECUTE one ('{1}', '{2}', '{3}')")
            steps = [row[0].strip() for row in rows]
            assert sum(step.count("Limit") for step in steps) == 2, steps
            assert not any("Seq Scan" in step or "Sort" in step for step in steps), steps
            bounded = [step for step in steps if step.startswith("Index Cond")]
            assert len(bounded) == 3, steps

    tell(house_url, story)
