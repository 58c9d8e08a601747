"""An address is one subscriber's: looked for before it is given, refused by the database after."""

from __future__ import annotations

import ipaddress
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from domain.account import Subscriber
from store import office_addresses, office_subscribers
from store.office_subscribers import Customer
from tests.store.house import House, account, subscriber, tell

HELD = {
    1: {"framed_ip_address": "100.64.0.7"},
    2: {"framed_ipv6": "2001:db8:0:7::/64", "delegated_ipv6_prefix": "2001:db8:1:ff00::/56"},
    3: {"framed_ipv6": "2001:db8::9"},
    4: {"delegated_ipv6_prefix": "2001:db8:0:8:8000::/68"},
}


def holder(n: int, **addresses: str) -> Subscriber:
    return replace(subscriber(n), **addresses)  # type: ignore[arg-type]


async def settled(house: House) -> None:
    async with house.database.office() as connection:
        people = [Customer(holder(n, **held), account(n)) for n, held in HELD.items()]
        await office_subscribers.add(connection, people)


CASES = [
    ({"framed_ip_address": "100.64.0.7"}, "100.64.0.7"),
    ({"framed_ip_address": "100.64.0.8"}, None),
    ({"framed_ipv6": "2001:db8:0:7::/64"}, "2001:db8:0:7::/64"),
    ({"framed_ipv6": "2001:db8:0:7::1"}, "2001:db8:0:7::/64"),
    ({"framed_ipv6": "2001:db8:1:ff07::/64"}, "2001:db8:1:ff00::/56"),
    ({"delegated_ipv6_prefix": "2001:db8:1:ff00::/60"}, "2001:db8:1:ff00::/56"),
    ({"delegated_ipv6_prefix": "2001:db8:1:fe00::/55"}, "2001:db8:1:ff00::/56"),
    ({"delegated_ipv6_prefix": "2001:db8:1:fe00::/56"}, None),
    ({"delegated_ipv6_prefix": "2001:db8:0:8::/64"}, "2001:db8:0:8:8000::/68"),
    ({"delegated_ipv6_prefix": "2001:db8::/64"}, "2001:db8::9"),
    ({"framed_ipv6": "2001:db8::8"}, None),
    ({"framed_ipv6": "2001:db8::9"}, "2001:db8::9"),
    ({"delegated_ipv6_prefix": "2001:db8:0:4::/62"}, "2001:db8:0:7::/64"),
    ({"framed_ip_address": "100.64.0.9", "framed_ipv6": "2001:db8:2::/64"}, None),
    ({}, None),
]


def test_what_is_equal_encloses_or_is_enclosed_is_in_the_way(house_url: str) -> None:
    async def story(house: House) -> None:
        await settled(house)
        async with house.database.reading() as connection:
            for wanted, in_the_way in CASES:
                found = await office_addresses.in_the_way(connection, holder(9, **wanted))
                assert (found and found[1]) == in_the_way, wanted
                if found:
                    assert found[0] in wanted.values()
                    owner = int(found[2].removeprefix("user"))
                    assert in_the_way in HELD[owner].values()

    tell(house_url, story)


def test_nobody_is_in_their_own_way(house_url: str) -> None:
    async def story(house: House) -> None:
        await settled(house)
        async with house.database.reading() as connection:
            for n, held in HELD.items():
                assert await office_addresses.in_the_way(connection, holder(n, **held)) is None

    tell(house_url, story)


def test_everybodys_addresses_are_read_at_once_for_many(house_url: str) -> None:
    async def story(house: House) -> None:
        await settled(house)
        async with house.database.reading() as connection:
            everybody = await office_addresses.holders(connection)
            but_two = await office_addresses.holders(connection, but=[subscriber(2).subscriber_id])
        for wanted, in_the_way in CASES:
            for text in wanted.values():
                found = everybody.overlapping(text)
                assert (found and found[0]) == in_the_way
        assert but_two.overlapping("2001:db8:1:ff00::/56") is None
        assert but_two.overlapping("100.64.0.7") == ("100.64.0.7", "user1")

    tell(house_url, story)


@pytest.mark.parametrize(
    "held", [{name: text} for held in HELD.values() for name, text in held.items()]
)
def test_the_database_itself_refuses_to_give_an_address_twice(
    house_sqlite_url: str, house_postgresql_url: str, held: dict[str, str]
) -> None:
    async def story(house: House) -> None:
        await settled(house)
        with pytest.raises(IntegrityError):
            async with house.database.office() as connection:
                late = Customer(holder(9, **held), account(9))
                await office_subscribers.add(connection, [late])
        assert len(await house.table("subscribers")) == len(HELD)

    tell(house_sqlite_url, story)
    tell(house_postgresql_url, story)


@given(
    st.integers(0, 2**128 - 1), st.integers(16, 127), st.integers(0, 2**112 - 1), st.integers(0, 99)
)
@example(0, 64, 7, 3)
@example(0x20010DB8 << 96, 48, 0, 16)
@example(0x20010DB8 << 96, 64, 1 << 16, 0)
@example((0x20010DB8 << 96) | (5 << 64), 64, 0, 63)
def test_whatever_lies_within_a_prefix_begins_as_it_is_looked_for(
    bits: int, length: int, inner: int, more: int
) -> None:
    outer = ipaddress.IPv6Network((bits, length), strict=False)
    address = ipaddress.IPv6Address(int(outer.network_address) | inner % outer.num_addresses)
    beginnings = tuple(office_addresses._beginnings(outer))
    assert str(address).startswith(beginnings)
    within = ipaddress.IPv6Network((int(address), min(length + more, 128)), strict=False)
    assert str(within).startswith(beginnings)
    assert str(outer) in set(office_addresses._enclosing(within))
