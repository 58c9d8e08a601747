"""What was bought within a span, on both databases: packages, boosters, fees, and who was new."""

from __future__ import annotations

from dataclasses import replace

from domain.account import Purchase
from domain.ledger import Book, Entry, EntryKind, Posting
from domain.pot import Pot
from domain.seams import US_PER_S
from store import audit, bought, rows
from store.bought import Boosted
from tests.store.house import NOW_US, House, subscriber, tell

HOUR_US = 3_600 * US_PER_S
SPAN = NOW_US, NOW_US + HOUR_US


def purchase(n: int, account_id: int, kind: str, at_us: int) -> Purchase:
    return Purchase(n, account_id, account_id, f"k{n}", kind, 7, 0, None, None, None, at_us)


def test_packages_and_boosters_of_a_span_are_told_apart(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle(accounts_n=2)
        told = [
            purchase(1, 1, "renewal", NOW_US),
            purchase(2, 1, "booster", NOW_US + 5),
            purchase(3, 1, "booster", NOW_US + HOUR_US),
            purchase(4, 2, "booster", NOW_US + 1),
            purchase(5, 2, "booster", NOW_US + 3),
        ]
        await house.add(rows.PURCHASES, *told)
        pots = [
            Pot(one.account_id, f"booster/big one/{one.purchase_id}", one.created_us, 9,
                purchase_id=one.purchase_id)
            for one in told[1:]
        ]  # fmt: skip
        await house.add(rows.POTS, *pots, Pot(1, "bundle/month/p/b", NOW_US, 9, purchase_id=1))
        assert await bought.packages(house.database, *SPAN) == {1: 0}
        assert await bought.boosters(house.database, *SPAN) == {
            1: [Boosted("big one", NOW_US + 5, 0)],
            2: [Boosted("big one", NOW_US + 1, 0), Boosted("big one", NOW_US + 3, 0)],
        }
        assert await bought.boosters(house.database, 5, 9) == {}

    tell(house_url, story)


def fee(n: int, account_id: int, at_us: int) -> Entry:
    postings = tuple(
        Posting(book, account_id, micros)
        for book, micros in ((Book.CUSTOMER, -n * 1_000), (Book.REVENUE, n * 1_000))
    )
    told = (EntryKind.ACTIVATION, f"activation:p{n}", "USD", at_us)
    return Entry(n, account_id, 90 + n, *told, postings)


def test_activation_fees_of_a_span_are_summed_by_account(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle(accounts_n=3)
        for one in (fee(1, 1, NOW_US), fee(2, 1, NOW_US + 1), fee(3, 2, NOW_US - 1)):
            await house.book(one)
        assert await bought.activations(house.database, [1, 2, 3], SPAN) == {1: 3_000}
        assert await bought.activations(house.database, [2, 3], SPAN) == {}

    tell(house_url, story)


def test_newcomers_are_those_who_were_added_and_not_moved_in(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle(accounts_n=4)
        again = replace(subscriber(1), subscriber_id=9_000, login="second", created_us=NOW_US + 9)
        await house.add(rows.SUBSCRIBERS, again)
        span = subscriber(2).created_us, subscriber(2).created_us + 1
        async with house.database.office() as connection:
            for row_id, before in ((2, {}), (3, {"name": "x"})):
                await audit.write(
                    connection, at_us=span[0], who="me", action="subscriber import",
                    kind="subscriber", row_id=subscriber(row_id).subscriber_id, before=before,
                )  # fmt: skip
        found = await bought.newcomers(house.database, *span)
        assert found == {n: subscriber(n).plan_name for n in (1, 3, 4)}
        assert await bought.newcomers(house.database, NOW_US + 9, NOW_US + 10) == {}

    tell(house_url, story)
