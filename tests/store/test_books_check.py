"""The books' own check: nothing to say about sound books, and a name for every kind of damage."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert, text

from store import schema
from tests.store.house import House, full_batch, settle_two, tell

# What is done to sound books behind the store's back, and what the check calls it.
DAMAGE: dict[str, tuple[str, set[str]]] = {
    "a balance is raised": (
        "UPDATE accounts SET posted_micros = posted_micros + 1 WHERE account_id = 1",
        {"L3"},
    ),
    "open charges are forgotten": (
        "UPDATE accounts SET open_micros = 0 WHERE account_id = 2",
        {"L3"},
    ),
    "a hold is invented": ("UPDATE accounts SET held_micros = 5 WHERE account_id = 2", {"L3"}),
    "an entry is not counted": (
        "UPDATE accounts SET entries_n = 1 WHERE account_id = 1",
        {"L10"},
    ),
    "a charge row grows": (
        "UPDATE charges SET amount_micros = amount_micros + 1 WHERE session_id = 11",
        {"L3", "A2"},
    ),
    "a closed charge row grows": (
        "UPDATE charges SET amount_micros = amount_micros + 1 WHERE session_id = 10",
        {"A2", "L9"},
    ),
    "a session forgets what it cost": (
        "UPDATE session_totals SET charged_micros = 0, closed_micros = 0 WHERE session_id = 11",
        {"L3", "A2"},
    ),
    "included usage is refilled": ("UPDATE allowances SET used_octets = 0", {"A2"}),
    "an account changes its currency": (
        "UPDATE accounts SET currency = 'EUR' WHERE account_id = 1",
        {"L1"},
    ),
}
POSTING = {"entry_account_id": 1, "entry_id": 102, "n": 2, "account_id": 1}


async def sound_books(house: House) -> None:
    """Accounts with a top-up, a closed session and a running one."""
    await settle_two(house)
    await house.store.commit(full_batch())


def test_sound_books_have_no_findings(house_url: str) -> None:
    async def story(house: House) -> None:
        assert await house.findings() == []
        await sound_books(house)
        assert await house.findings() == []

    tell(house_url, story)


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_found_and_named(house_url: str, kind: str) -> None:
    async def story(house: House) -> None:
        await sound_books(house)
        statement, invariants = DAMAGE[kind]
        async with house.database.office() as connection:
            assert (await connection.execute(text(statement))).rowcount == 1
        findings = await house.findings()
        assert {one.invariant for one in findings} == invariants, findings
        assert all(one.account_id for one in findings)

    tell(house_url, story)


@pytest.mark.parametrize(
    ("rows", "invariants"),
    [
        ([{**POSTING, "book": "cash", "amount_micros": 5}], {"L1", "L2"}),
        ([{**POSTING, "book": "customer", "amount_micros": 5}], {"L1", "L2", "L3", "L9"}),
        (
            [
                {**POSTING, "book": "cash", "amount_micros": 5},
                {**POSTING, "n": 3, "entry_id": 101, "book": "revenue", "amount_micros": -5},
            ],
            {"L1"},
        ),
    ],
    ids=["cash from nowhere", "a purse filled from nowhere", "two wrongs"],
)
def test_a_posting_that_was_slipped_in_is_found(
    house_url: str, rows: list[dict[str, Any]], invariants: set[str]
) -> None:
    async def story(house: House) -> None:
        await sound_books(house)
        async with house.database.office() as connection:
            await connection.execute(insert(schema.postings), rows)
        assert {one.invariant for one in await house.findings()} == invariants

    tell(house_url, story)


def test_a1_a_damaged_journal_row_is_found(house_url: str) -> None:
    async def story(house: House) -> None:
        await sound_books(house)
        async with house.database.office() as connection:
            for n in range(3):
                await connection.execute(
                    insert(schema.journal).values(
                        journal_id=900 + n, created_us=1, body=b"x", digest=bytes(32)
                    )
                )
        findings = await house.findings()
        assert [one.invariant for one in findings] == ["A1"] * 3
        assert "row 900" in findings[0].text

    tell(house_url, story)
