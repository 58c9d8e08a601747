"""Nothing is purged unless the settings say so, and what was purged is said afterwards."""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy import text

from store.database import Database
from tests.cli.house import House, login, record

LONG = 400 * 86_400 * 1_000_000


def keep(house: House, **days: int) -> None:
    """Write `[retention]` into the settings."""
    words = house.config.read_text(encoding="utf-8")
    for name, number in days.items():
        words = words.replace(f"{name}_days = 0", f"{name}_days = {number}")
    house.config.write_text(words)


def age(house: House) -> None:
    """Make everything that sessions left older by 400 days."""

    async def story() -> None:
        database = await Database.open(house.database_url)
        async with database.office() as connection:
            for statement in (
                f"UPDATE session_facts SET created_us = created_us - {LONG}, start_us = start_us - "
                f"{LONG}, stop_us = stop_us - {LONG}",
                f"UPDATE session_totals SET last_seen_us = last_seen_us - {LONG}, "
                f"last_event_us = last_event_us - {LONG}",
                f"UPDATE decisions SET decided_us = decided_us - {LONG}",
            ):
                await connection.execute(text(statement))
        await database.close()

    asyncio.run(story())


def used(house: House) -> int:
    """A session of alice that cost a dollar and has ended; its number."""
    house.serve(login(), record("start"))
    house.serve(record("stop", seconds=60, up=0, down=100_000_000))
    number: int = house.json("session", "list", "--closed")[0]["session_id"]
    return number


def rows(house: House, *more: str) -> dict[str, Any]:
    return {row["kind"]: row for row in house.json("purge", *more)}


def test_without_settings_everything_is_kept_for_ever(sample: House) -> None:
    used(sample)
    age(sample)
    assert "everything is kept for ever" in sample.run("purge").stdout
    assert {row["rows_n"] for row in rows(sample).values()} == {0}
    assert len(sample.json("session", "list", "--closed")) == 1


def test_old_sessions_go_and_the_books_are_proved_without_them(house: House) -> None:
    number = used(house)
    keep(house, sessions=365, decisions=365)
    assert rows(house)["sessions"]["rows_n"] == 0, "it is not old"
    age(house)
    dry = rows(house, "--dry-run")
    assert (dry["sessions"]["rows_n"], dry["decisions"]["rows_n"]) == (1, 1)
    assert "nothing was purged" in house.run("purge", "--dry-run").stdout
    done = rows(house)
    assert {kind: row["rows_n"] for kind, row in done.items()} == {
        **{kind: row["rows_n"] for kind, row in dry.items()},
        "decisions": 0,  # it went with the session that it had let begin
    }
    assert done["sessions"]["first_us"] <= done["sessions"]["last_us"]
    assert rows(house)["sessions"]["rows_n"] == 0
    assert house.json("session", "list", "--all") == []
    assert house.run("ledger", "check").exit_code == 0
    assert house.money()["posted_micros"] == 4_000_000
    line = house.refuse("explain", "charge", "alice", "--session", str(number))
    assert line.endswith(f"session {number} was purged; it was charged 1.00 USD by entry 2")
    assert "or was purged" in house.refuse("explain", "charge", "alice", "--session", "5")
    assert house.run("explain", "charge", "alice").exit_code == 0
    looked = house.run("session", "list", "--closed", "--at", "2020-01-01")
    assert "were purged" in looked.stderr
    (deed,) = [one for one in house.json("audit", "list") if one["subject"] == "sessions"]
    assert deed["action"] == "purge"


def test_of_a_purged_journal_the_sums_are_left(house: House) -> None:
    number = used(house)
    keep(house, journal=1)

    async def forget() -> None:
        database = await Database.open(house.database_url)
        async with database.office() as connection:
            await connection.execute(text("INSERT INTO meta VALUES ('purging', 'test')"))
            await connection.execute(text("DELETE FROM journal"))
            await connection.execute(text("DELETE FROM meta WHERE key = 'purging'"))
        await database.close()

    assert rows(house)["journal"]["rows_n"] == 0
    asyncio.run(forget())
    words = house.run("explain", "charge", "alice", "--session", str(number), "--rerate").stdout
    assert "older records were purged" in words and "steps and postings add up" in words
    (one,) = house.json("explain", "charge", "alice")["sessions"]
    assert one["records_purged"] and one["adds_up"]


def test_the_journal_stays_while_a_session_runs_that_began_in_it(house: House) -> None:
    house.serve(login(), record("start"))
    keep(house, journal=1)
    age(house)
    assert "runs or is in suspense" in rows(house, "--dry-run")["journal"]["note"]


def test_sessions_are_kept_for_thirty_days_at_least(sample: House) -> None:
    keep(sample, sessions=7)
    assert "sessions_days: at least 30" in sample.refuse("purge")
