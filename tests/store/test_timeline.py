"""All that is known of one subscriber, of nobody else, newest first and within its span."""

from __future__ import annotations

from domain.account import Purchase
from store import rows, timeline
from store.timeline import Span
from tests.store.house import (
    NOW_US,
    House,
    full_batch,
    order,
    session,
    settle_two,
    subscriber,
    tell,
)

ALWAYS = Span(0, 1 << 62, 10)


def test_everything_of_one_and_nothing_of_another(house_url: str) -> None:
    async def story(house: House) -> None:
        await settle_two(house)
        await house.store.commit(full_batch())
        bought = ("k", "renewal", 7, 0, None, None, NOW_US, NOW_US + 5, "")
        await house.add(rows.PURCHASES, Purchase(80, 1, 1001, *bought))
        async with house.database.reading() as connection:
            mine = await timeline.of_subscriber(connection, subscriber(1), ALWAYS)
            other = await timeline.of_subscriber(connection, subscriber(2), ALWAYS)
            early = await timeline.of_subscriber(connection, subscriber(1), Span(0, 5, 10))
        assert [one.code for one in mine.decisions] == ["wrong-credential"]
        assert [one.session_id for one in mine.sessions] == [10]
        assert [(one.kind, one.amount_micros) for one in mine.booked] == [
            ("charge", -300),
            ("top-up", 5_000_000),
        ]
        assert [one.purchase_id for one in mine.purchases] == [80]
        assert [one.seq for one in mine.deeds] == [1]
        assert (mine.orders, [one.order_id for one in other.orders]) == ([], [50])
        assert (other.booked, other.purchases, other.deeds) == ([], [], [])
        assert early == timeline.Happened([], [], [], [], [], {}, [])

    tell(house_url, story)


def test_of_many_only_the_newest_are_read(house_sqlite_url: str) -> None:
    async def story(house: House) -> None:
        await settle_two(house)
        await house.add(rows.SESSIONS, *(session(n, 1) for n in range(1, 9)))
        await house.add(rows.ORDERS, *(order(n, session(1, 1)) for n in range(1, 9)))
        many = Span(0, 1 << 62, 3)
        async with house.database.reading() as connection:
            found = await timeline.of_subscriber(connection, subscriber(1), many)
        assert [one.session_id for one in found.sessions] == [8, 7, 6]
        assert [one.order_id for one in found.orders] == [8, 7, 6]

    tell(house_sqlite_url, story)
