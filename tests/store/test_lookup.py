"""Who had an address at a second: found by an index, also in a prefix, and how sure it is."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest
from sqlalchemy import text

from domain.session import Session, SessionState
from store import lookup
from store.lookup import Sought
from store.rows import SESSIONS
from tests.store.house import NOW_US, House, add_device, session, tell
from tests.store.test_office_queries import plans_of

S = 1_000_000
HOUR = 3_600 * S
A = ip_network("100.64.0.7")
WAITING = "SCAN accepted USING COVERING INDEX ix_session_facts_live_accepted"


def ended(n: int, start_us: int, stop_us: int, **changed: Any) -> Session:
    """A session that its device stopped."""
    return session(
        n,
        state=SessionState.CLOSED,
        start_us=start_us,
        created_us=start_us,
        last_event_us=stop_us,
        stop_us=stop_us,
        start_seen=True,
        interim_s=300,
        **changed,
    )


async def found(house: House, **sought: Any) -> list[int]:
    """The numbers of the sessions that fit."""
    async with house.database.reading() as connection:
        rows = await lookup.sessions(connection, Sought(**sought), limit=100)
    return [one.session.session_id for one in rows]


def at(us: int) -> dict[str, int]:
    """That second."""
    return {"since_us": us, "until_us": us + S - 1}


async def a_day(house: House) -> None:
    """An address that three had one after the other, and one that never began."""
    await house.settle()
    await add_device(house)
    ip = {"framed_ip_address": "100.64.0.7"}
    await house.add(
        SESSIONS,
        ended(1, NOW_US, NOW_US + HOUR, mac="02:00:00:00:00:01", **ip),
        ended(2, NOW_US + HOUR, NOW_US + 2 * HOUR, mac="02:00:00:00:00:02", **ip),
        session(3, start_us=NOW_US + 3 * HOUR, last_event_us=NOW_US + 4 * HOUR, **ip),
        session(4, state=SessionState.LAPSED, start_us=0, **ip),
        ended(5, NOW_US, NOW_US + 9 * HOUR, framed_ip_address="100.64.0.70"),
    )


def test_one_had_it_at_each_second_and_nobody_between(house_url: str) -> None:
    async def story(house: House) -> None:
        await a_day(house)
        assert await found(house, network=A, **at(NOW_US - S)) == []
        assert await found(house, network=A, **at(NOW_US)) == [1]
        assert await found(house, network=A, **at(NOW_US + HOUR - S)) == [1]
        assert await found(house, network=A, **at(NOW_US + HOUR)) == [2]
        assert await found(house, network=A, **at(NOW_US + 2 * HOUR + S)) == []
        assert await found(house, network=A, **at(NOW_US + 99 * HOUR)) == [3]
        assert await found(house, network=A) == [3, 2, 4, 1]
        assert await found(house, network=A, ended=True) == [2, 1]
        assert await found(house, network=A, ended=False) == [3]
        assert await found(house, network=A, since_us=NOW_US + HOUR + S) == [3, 2]
        assert await found(house, network=A, until_us=NOW_US + HOUR - S) == [1]
        assert await found(house, mac="02:00:00:00:00:02") == [2]
        assert await found(house, network=A, mac="02:00:00:00:00:02", **at(NOW_US)) == []
        assert await found(house, account_id=1, **at(NOW_US)) == [5, 1]
        assert await found(house, device_id=6, **at(NOW_US)) == []
        assert await found(house, network=A, account_id=2) == []

    tell(house_url, story)


def test_an_ipv6_address_is_found_inside_what_was_framed_or_delegated(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle()
        await house.add(
            SESSIONS,
            ended(1, NOW_US, NOW_US + HOUR, framed_ipv6_prefix="2001:db8:0:7::/64"),
            ended(2, NOW_US + 1, NOW_US + HOUR, delegated_ipv6_prefix="2001:db8:f00::/40"),
            ended(3, NOW_US + 2, NOW_US + HOUR, framed_ipv6_address="2001:db8:f00::5"),
        )

        async def having(words: str) -> list[int]:
            return await found(house, network=ip_network(words), **at(NOW_US))

        assert await having("2001:DB8:0:7:0:0:0:abcd") == [1]
        assert await having("2001:db8:0:8::1") == []
        assert await having("2001:db8:f00::5") == [3, 2]
        assert await having("2001:db8:f42:1::/64") == [2]
        assert await having("2001:db8:0:7::/64") == [1]
        assert await having("2001:db8::/32") == []

    tell(house_url, story)


def test_one_that_we_ended_may_have_gone_on_for_a_while(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle()
        lost = replace(ended(1, NOW_US, NOW_US + HOUR, framed_ip_address="100.64.0.7"))
        await house.add(SESSIONS, replace(lost, synthetic=True))
        assert await found(house, network=A, **at(NOW_US + HOUR + 600 * S)) == [1]
        assert await found(house, network=A, **at(NOW_US + 3 * HOUR)) == []

    tell(house_url, story)


@pytest.mark.parametrize(
    ("changed", "at_us", "said"),
    [
        ({}, NOW_US + 60 * S, ""),
        ({"synthetic": True}, NOW_US + 60 * S, ""),
        ({"synthetic": True}, NOW_US + HOUR + S, "no Stop came"),
        ({"state": SessionState.OPEN, "stop_us": None}, NOW_US + HOUR - S, ""),
        ({"state": SessionState.OPEN, "stop_us": None}, NOW_US + HOUR + S, "still to come"),
        ({"state": SessionState.OPEN, "stop_us": None}, NOW_US + 4 * HOUR, "not heard of"),
        ({"start_seen": False, "created_us": NOW_US + 600 * S}, NOW_US + S, "reckoned"),
    ],
)
def test_what_is_not_certain_is_said(changed: dict[str, Any], at_us: int, said: str) -> None:
    one = replace(ended(1, NOW_US, NOW_US + HOUR), **changed)
    doubt = lookup.doubt(one, at_us, now_us=NOW_US + 9 * HOUR)
    assert said in doubt and bool(said) == bool(doubt)


def test_sqlite_passes_a_worn_address_over_in_the_index_alone(house_sqlite_url: str) -> None:
    async def story(house: House) -> None:
        await a_day(house)
        for what, index in (
            ({"network": A}, "ix_session_facts_framed_ip_address"),
            ({"mac": "02:00:00:00:00:02"}, "ix_session_facts_station"),
            ({"network": ip_network("2001:db8::1")}, "ix_session_facts_delegated_ipv6_prefix"),
        ):
            sought = Sought(**what, **at(NOW_US))
            plans = await plans_of(house, lambda c, w=sought: lookup.sessions(c, w, limit=10))
            assert any(f"USING COVERING INDEX {index} " in step for step in plans), plans
            scans = {step for step in plans if step.startswith("SCAN")}
            assert scans <= {WAITING}, plans  # those that were accepted and have not begun

    tell(house_sqlite_url, story)


def test_postgresql_finds_an_address_in_the_index_alone(house_postgresql_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle()
        many = [
            ended(n, NOW_US + n * S, NOW_US + n * S + 9, framed_ip_address=f"100.64.{n % 7}.7")
            for n in range(1, 800)
        ]
        await house.add(SESSIONS, *many)
        async with house.database.engine.connect() as plain:
            autocommit = await plain.execution_options(isolation_level="AUTOCOMMIT")
            await autocommit.execute(text("VACUUM ANALYZE session_facts"))
        async with house.database.reading() as connection:
            rows = await connection.execute(
                text(
                    "EXPLAIN SELECT session_id FROM session_facts"
                    " WHERE session_facts.framed_ip_address <> ''"
                    " AND framed_ip_address = '100.64.1.7' AND start_us <= :at"
                    " AND (stop_us IS NULL OR stop_us > :at) ORDER BY start_us DESC LIMIT 100"
                ),
                {"at": NOW_US + 400 * S},
            )
            steps = " ".join(row[0] for row in rows)
        assert "Index Only Scan" in steps and "ix_session_facts_framed_ip_address" in steps, steps

    tell(house_postgresql_url, story)
