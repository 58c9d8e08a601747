"""Sessions are listed newest first, and orders about them are news."""

from __future__ import annotations

from domain.session import SessionState
from store import office_sessions, office_subscribers
from store.office_subscribers import Customer
from store.rows import SESSIONS
from tests.store.house import House, account, order, session, subscriber, tell


async def three(house: House) -> None:
    """Two sessions of account 1, one of them ended, and one that is nobody's."""
    made = (
        session(90, 1, state=SessionState.CLOSED),
        session(91, 1),
        session(92, 0, subscriber_id=0, device_id=6),
    )
    async with house.database.office() as connection:
        await office_subscribers.add(connection, [Customer(subscriber(1), account(1))])
    await house.add(SESSIONS, *made)


def test_sessions_are_listed_newest_first_with_who_pays(house_url: str) -> None:
    async def story(house: House) -> None:
        await three(house)
        async with house.database.reading() as connection:

            async def listed(**asked: int | None) -> list[tuple[int, str, str]]:
                live_only = asked.pop("live_only", 0) == 1
                found = await office_sessions.listing(
                    connection, live_only=live_only, limit=9, **asked
                )
                return [(one.session.session_id, one.login, one.currency) for one in found]

            mine = [(91, "user1", "USD"), (90, "user1", "USD")]
            assert await listed() == [(92, "", ""), *mine]
            assert await listed(live_only=1) == [(92, "", ""), mine[0]]
            assert await listed(account_id=1) == mine
            assert await listed(device_id=6) == [(92, "", "")]
            one = await office_sessions.find(connection, 91)
            assert one is not None and one.session == session(91, 1)
            assert await office_sessions.find(connection, 93) is None
            live = await office_sessions.live_of(connection, 1)
            assert [each.session_id for each in live] == [91]

    tell(house_url, story)


def test_an_order_is_kept_and_is_news(house_url: str) -> None:
    async def story(house: House) -> None:
        await three(house)
        seq = await house.store.feed_seq()
        made = order(500, session(91, 1))
        async with house.database.office() as connection:
            await office_sessions.give(connection, made)
        async with house.database.reading() as connection:
            assert await office_sessions.order(connection, 500) == made
            assert await office_sessions.orders_of(connection, 91) == [made]
            assert await office_sessions.order(connection, 501) is None
        news = await house.store.feed(seq)
        assert [(one.kind, one.row_id) for one in news] == [("order", 500)]
        assert await house.store.pending_orders() == [made]

    tell(house_url, story)
