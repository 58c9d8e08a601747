"""What the office asks of tables that can hold a million rows is answered by an index."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from ipaddress import ip_network
from typing import Any

from sqlalchemy import event

from store import (
    finding,
    lookup,
    office_decisions,
    office_deeds,
    office_devices,
    office_house,
    office_live,
    office_money,
    office_plans,
    office_sessions,
    office_subscribers,
    office_suspense,
    timeline,
)
from store.lookup import Sought
from store.office_deeds import Wanted
from store.timeline import Span
from tests.store.house import House, subscriber, suspended_usage, tell
from tests.store.test_reading import crowd

Question = Callable[[Any], Awaitable[Any]]

QUESTIONS: dict[str, Question] = {
    "find a subscriber": lambda c: office_subscribers.find(c, "user7"),
    "search by login": lambda c: office_subscribers.search(c, "user7", limit=10),
    "search by mac": lambda c: office_subscribers.search(c, "000c421f2e3d", limit=10),
    "find by a login": lambda c: finding.search(c, "user7", limit=10),
    "find by a mac": lambda c: finding.search(c, "000c421f2e3d", limit=10),
    "find by an address": lambda c: finding.search(c, "10.0.0.7", limit=10),
    "find by an IPv6 address": lambda c: finding.search(c, "2001:db8::7", limit=10),
    "find by a name": lambda c: finding.search(c, "ivanova ana", limit=10),
    "a page of subscribers": lambda c: office_subscribers.page(c, after="user7", limit=10),
    "live sessions of one": lambda c: office_subscribers.live_sessions_n(c, 7),
    "taken logins": lambda c: office_subscribers.taken(c, ["user7", "user8"]),
    "history": lambda c: office_money.history(c, 7, limit=10),
    "entry by key": lambda c: office_money.entry_with_key(c, 7, "x"),
    "charges": lambda c: office_money.charges_of(c, 7, [7, 8]),
    "sums": lambda c: office_money.sums(c, 7),
    "live sessions": lambda c: office_sessions.listing(c, live_only=True, limit=10),
    "newest sessions": lambda c: office_sessions.listing(c, live_only=False, limit=10),
    "sessions of an account": lambda c: office_sessions.listing(
        c, live_only=False, limit=10, account_id=7
    ),
    "live sessions of an account": lambda c: office_sessions.listing(
        c, live_only=True, limit=10, account_id=7
    ),
    "live sessions of an account, looked up": lambda c: lookup.sessions(
        c, Sought(account_id=7, ended=False), limit=10
    ),
    "live sessions of one account": lambda c: office_sessions.live_of(c, 7),
    "live sessions of some accounts": lambda c: office_live.watch(c, [7, 8]),
    "live sessions of a device": lambda c: office_sessions.listing(
        c, live_only=True, limit=10, device_id=7
    ),
    "entries of a session": lambda c: office_money.of_session(c, 7, 7),
    "what corrects an entry": lambda c: office_money.correcting(c, 7, 7),
    "who had an address": lambda c: lookup.sessions(
        c, Sought(network=ip_network("10.0.0.7"), since_us=7, until_us=8), limit=10
    ),
    "sessions of an account at a time": lambda c: lookup.sessions(
        c, Sought(account_id=7, since_us=7, until_us=8), limit=10
    ),
    "live sessions, looked up": lambda c: lookup.sessions(c, Sought(ended=False), limit=10),
    "a timeline": lambda c: timeline.of_subscriber(c, subscriber(7), Span(0, 1 << 62, 10)),
    "one session": lambda c: office_sessions.find(c, 7),
    "orders of a session": lambda c: office_sessions.orders_of(c, 7),
    "one order": lambda c: office_sessions.order(c, 7),
    "decisions of a login": lambda c: office_decisions.of_login(c, "user7"),
    "decisions of a mac": lambda c: office_decisions.of_mac(c, "x"),
    "newest refusals": lambda c: office_decisions.newest_refusals(c, limit=5),
    "open suspense": lambda c: office_suspense.listing(c, everything=False, limit=5),
    "one suspense": lambda c: office_suspense.find(c, 7),
    "a suspense's session": lambda c: office_suspense.session_of(c, suspended_usage(7)),
    "an allowance": lambda c: office_suspense.allowance_of(c, 7, 7),
    "the newest instant": lambda c: office_house.newest_instant_us(c),
    "a plan": lambda c: office_plans.by_id(c, 7),
    "deeds of a login": lambda c: office_deeds.page(
        c, Wanted(subject="user7"), below_seq=90, limit=10
    ),
    "newest deeds": lambda c: office_deeds.page(c, Wanted(), below_seq=None, limit=10),
    "deeds of a day": lambda c: office_deeds.page(
        c, Wanted(since_us=1, until_us=2), below_seq=None, limit=10
    ),
    "who has a prefix": lambda c: office_devices.owners(c, ["10.0.0.0/8"]),
}
ALL_SESSIONS = ("SCAN f", "SCAN f USING INDEX uq_session_facts_session_id_account_id")
# Walks in the order of an index that stop at the limit, and the few that are live.
WALKS = (
    "SCAN audit",
    "USING INDEX ix_session_facts_live",
    "USING COVERING INDEX ix_session_facts_live_accepted",
    "USING INDEX ix_decisions_decided_us",
    "USING COVERING INDEX ix_decisions_decided_us",
    "USING INDEX ix_suspense_open",
    "SCAN journal",
    "SCAN devices",
    "SCAN CONSTANT ROW",
)


def test_no_question_of_the_office_reads_a_whole_table(house_sqlite_url: str) -> None:
    async def story(house: House) -> None:
        await crowd(house)
        for name, question in QUESTIONS.items():
            plans = await plans_of(house, question)
            assert plans, name
            for step in plans:
                if step in ALL_SESSIONS:  # sessions in the order of their ids, up to the limit
                    assert not any("TEMP B-TREE" in one for one in plans), f"{name}: {plans}"
                elif step.startswith("SCAN"):
                    assert any(walk in step for walk in WALKS), f"{name}: {step}"
            if name in ("live sessions", "live sessions of a device"):
                assert any("ix_session_facts_live" in step for step in plans), f"{name}: {plans}"

    tell(house_sqlite_url, story)


async def plans_of(house: House, question: Question) -> list[str]:
    """The steps by which SQLite would answer everything that a question asks."""
    asked: list[tuple[str, Any]] = []

    def hear(_c: Any, _cursor: Any, sql: str, values: Any, *_: Any) -> None:
        if sql.startswith("SELECT"):
            asked.append((sql, values))

    engine = house.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", hear)
    try:
        async with house.database.reading() as connection:
            await question(connection)
    finally:
        event.remove(engine, "before_cursor_execute", hear)
    raw = house.store._road._raw
    found = [raw.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall() for sql, values in asked]
    return [row[3] for rows in found for row in rows]


def test_postgresql_finds_a_login_by_its_first_letters_in_an_index(
    house_postgresql_url: str,
) -> None:
    async def story(house: House) -> None:
        await crowd(house)
        async with house.database.office() as connection:
            await connection.exec_driver_sql("ANALYZE subscribers")
        async with house.database.reading() as connection:
            plan = await connection.exec_driver_sql(
                "EXPLAIN SELECT * FROM subscribers"
                " WHERE login >= 'user7' AND login < 'user7\U0010ffff' ORDER BY login LIMIT 10"
            )
            steps = " ".join(row[0] for row in plan)
        assert "uq_subscribers_login" in steps and "Index Cond" in steps, steps
        assert "Sort" not in steps, "the index is in the order that is asked for"

    tell(house_postgresql_url, story)
