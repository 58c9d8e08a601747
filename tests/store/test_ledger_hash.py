"""One ledger, one hash: on either database, and another one as soon as anything differs."""

from __future__ import annotations

import random
from typing import Any

import pytest

from store.ledger_hash import LedgerDigest, LedgerHash, hash_ledger
from store.snapshot import columns_of
from tests.aaa.gate import T0_US, Gate, class_of
from tests.simulation.seams import EPOCH_US
from tests.simulation.whole_draw import draw
from tests.store.house import House, full_batch, settle_two, tell

ENTRY = (10, 1, 1, "top-up", "k", "EUR", 5, None, None, "", 0)
POSTING = (1, 10, 0, "customer", 1, 700)


async def digest_of(house: House) -> LedgerDigest:
    """The hash of a house's ledger."""
    async with house.database.reading() as connection:
        return await hash_ledger(connection)


def test_the_hash_is_the_same_on_both_databases_and_moves_with_each_entry(
    house_sqlite_url: str, house_postgresql_url: str
) -> None:
    found: list[LedgerDigest] = []

    async def story(house: House) -> None:
        found.append(await digest_of(house))
        await settle_two(house)
        found.append(await digest_of(house))
        await house.store.commit(full_batch())
        found.append(await digest_of(house))

    for url in (house_sqlite_url, house_postgresql_url):
        tell(url, story)
    assert found[:3] == found[3:]
    assert len({digest.ledger_hash for digest in found}) == 3
    assert [digest.entries_n for digest in found[:3]] == [0, 1, 2]
    assert [digest.postings_n for digest in found[:3]] == [0, 2, 4]


@pytest.mark.parametrize("column", range(len(ENTRY)))
def test_every_column_of_an_entry_counts(column: int) -> None:
    assert len(ENTRY) == len(columns_of("entries"))
    changed = list(ENTRY)
    changed[column] = 99 if not isinstance(changed[column], str) else "other"
    hashes = set()
    for entry in (ENTRY, changed):
        ledger = LedgerHash()
        ledger.take("entries", [entry])
        hashes.add(ledger.digest().ledger_hash)
    assert len(hashes) == 2


@pytest.mark.parametrize("column", range(len(POSTING)))
def test_every_column_of_a_posting_counts(column: int) -> None:
    assert len(POSTING) == len(columns_of("postings"))
    changed = list(POSTING)
    changed[column] = 99 if not isinstance(changed[column], str) else "cash"
    hashes = set()
    for posting in (POSTING, changed):
        ledger = LedgerHash()
        ledger.take("postings", [posting])
        hashes.add(ledger.digest().ledger_hash)
    assert len(hashes) == 2


def test_how_the_rows_were_cut_into_pieces_does_not_count_but_their_order_does() -> None:
    other = (11, *ENTRY[1:])
    whole, pieces, turned = LedgerHash(), LedgerHash(), LedgerHash()
    whole.take("entries", [ENTRY, other])
    for entry in (ENTRY, other):
        pieces.take("entries", [entry])
        pieces.take("entries", [])
        pieces.take("sessions", [(1, 2)])
    turned.take("entries", [other, ENTRY])
    assert whole.digest() == pieces.digest()
    assert whole.digest() != turned.digest()


def test_an_entry_and_a_posting_with_the_same_values_are_not_the_same() -> None:
    one, two = LedgerHash(), LedgerHash()
    one.take("entries", [(1,)])
    two.take("postings", [(1,)])
    assert one.digest() != two.digest()


PEOPLE_N, RECORDS_N = 4, 12
OF_POTS = ("pot", "period_start_us", "granted", "used", "lost", "until_us", "ends_us")
OF_SESSIONS = ("acct_session_id", "input_octets", "output_octets", "charged_micros", "uses")


def played(url: str, seed: int) -> list[Any]:
    """What sessions of drawn plans leave in books: the ledger's hash, pots and sessions."""
    dice = random.Random(seed)
    wholes, start_us = draw(dice, T0_US - EPOCH_US, 3_600 * 10**6)
    gate, begins_s = Gate(url), (EPOCH_US + start_us - T0_US) // 10**6
    for text in wholes.texts.values():
        gate.add_plan(text)
    gate.at(begins_s)
    people = [f"sub{n}" for n in range(PEOPLE_N)]
    for login in people:
        gate.add_subscriber(login, plan=dice.choice(list(wholes.texts)), balance_micros=9_000_000)
    tokens = {
        login: class_of(gate.accept(login, id=login, port=n)) for n, login in enumerate(people)
    }
    said = dict.fromkeys(people, (0, 0))
    for n in range(1, RECORDS_N):
        for login in people:
            up, down = said[login]
            up, down = up + dice.randrange(9 * 10**6), down + dice.randrange(60 * 10**6)
            said[login] = up, down
            told = {"id": login, "login": login, "token": tokens[login], "st": 300 * n}
            kind = "stop" if n == RECORDS_N - 1 else "interim"
            gate.at(begins_s + 300 * n).record(kind, **told, i=up, o=down)
    assert gate.check() == []

    async def digest() -> LedgerDigest:
        async with gate.database.reading() as connection:
            return await hash_ledger(connection)

    found: list[Any] = [gate.run(digest())]
    for table, names in (("pots", OF_POTS), ("sessions", OF_SESSIONS)):
        found.append(sorted(str([row[name] for name in names]) for row in gate.rows(table)))
    gate.close()
    return found


@pytest.mark.parametrize("seed", [2])
def test_sessions_of_whole_plans_leave_the_same_ledger_and_pots_on_both_databases(
    seed: int, house_sqlite_url: str, house_postgresql_url: str
) -> None:
    one, other = (played(url, seed) for url in (house_sqlite_url, house_postgresql_url))
    assert one == other
    assert one[0].entries_n > PEOPLE_N and len(one[1]) > 2
