"""A subscriber is found by whatever is at hand, and it is said by what."""

from __future__ import annotations

import pytest

from domain.session import SessionState
from store import finding, office_subscribers
from store.office_subscribers import Customer
from store.rows import SESSIONS
from tests.store.house import House, account, session, subscriber, tell

PEOPLE = [
    subscriber(1, login="ana", name="Ana Ivanova", mac="02:00:00:00:00:01"),
    subscriber(2, login="bo", name="Bo Li", framed_ip_address="100.64.0.2"),
    subscriber(3, login="cem", name="Cem Çelik", framed_ipv6="2001:db8:0:3::/64"),
    subscriber(4, login="celia", name="", delegated_ipv6_prefix="2001:db8:400::/48"),
    subscriber(5, login="eve", framed_ipv6="2001:db8::5"),
]
RUNNING = {"framed_ip_address": "100.64.9.9", "mac": "02:00:00:00:00:09"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("an", [("ana", "login")]),
        ("Cel", [("celia", "login"), ("cem", "name")]),
        ("0200.0000.0001", [("ana", "MAC")]),
        ("02-00-00-00-00-09", [("bo", "session")]),
        ("100.64.0.2", [("bo", "address")]),
        ("100.64.9.9", [("bo", "session")]),
        ("100.64.0.3", []),
        ("2001:db8:0:3:1:2:3:4", [("cem", "address")]),
        ("2001:db8:400:7::1", [("celia", "address")]),
        ("2001:db8::5", [("eve", "address")]),
        ("li BO", [("bo", "name")]),
        ("nobody", []),
        ("...", []),
    ],
)
def test_each_kind_of_word_finds_who_it_is_about(
    house_url: str, text: str, found: list[tuple[str, str]]
) -> None:
    async def story(house: House) -> None:
        async with house.database.office() as connection:
            people = [Customer(one, account(one.account_id)) for one in PEOPLE]
            await office_subscribers.add(connection, people)
        await house.add(
            SESSIONS,
            session(1, 2, **RUNNING),
            session(2, 3, state=SessionState.CLOSED, **RUNNING),
        )
        async with house.database.reading() as connection:
            rows = await finding.search(connection, text, limit=10)
        assert [(one.customer.subscriber.login, one.by) for one in rows] == found

    tell(house_url, story)


def test_no_more_are_found_than_were_asked_for(house_sqlite_url: str) -> None:
    async def story(house: House) -> None:
        async with house.database.office() as connection:
            people = [Customer(one, account(one.account_id)) for one in PEOPLE]
            await office_subscribers.add(connection, people)
        async with house.database.reading() as connection:
            assert len(await finding.search(connection, "ce", limit=1)) == 1

    tell(house_sqlite_url, story)
