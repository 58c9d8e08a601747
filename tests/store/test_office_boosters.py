"""Boosters as they are written: whole, heard of at once, and drawn on by the session that runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from billing.booster import Boost, boost
from domain.grant import OrderKind
from domain.session import Walled
from store import office_boosters, office_plans, office_subscribers
from store.office_boosters import Bought
from tests.aaa.gate import Gate, class_of
from tests.aaa.test_as_served import PLAN, rates

GB = 1_000_000_000
BOOSTER = """
[[booster]]
name = "more"
volume = "5 GB"
price = "1.50"
"""
FAIR = PLAN.replace("{cannot}", "") + BOOSTER
WALLED = (
    """
name = "prepaid"
currency = "USD"

[price.volume]
amount = "1"
per = "GB"

[[bundle]]
name = "start"
volume = "1 GB"
period = "month"

[on_no_credit]

[[on_no_credit.reply]]
attributes = ['Mikrotik-Rate-Limit = "64k/64k"']
"""
    + BOOSTER
)


@pytest.fixture
def gate(sqlite_url: str) -> Iterator[Gate]:
    found = Gate(sqlite_url)
    yield found
    found.close()


@pytest.fixture
def either(database_url: str) -> Iterator[Gate]:
    """A gate on each of the databases."""
    found = Gate(database_url)
    yield found
    found.close()


def sell(gate: Gate, name: str = "more", key: str = "ref:1") -> Boost:
    """Sell alice a booster, as a command does; the server hears of it."""

    async def write() -> Boost:
        async with gate.database.office() as connection:
            one = await office_subscribers.find(connection, "alice", lock=True)
            assert one is not None
            found = await office_plans.find(connection, one.subscriber.plan_name)
            assert found is not None
            made = boost(
                one.subscriber,
                one.account,
                found[0],
                name,
                purchase_id=gate.ids.next(),
                stamp=gate.stamp(key),
            )
            assert isinstance(made, Boost), made
            await office_boosters.write(connection, made)
        return made

    made = gate.run(write())
    gate.hear()
    return made


def bought(gate: Gate) -> list[Bought]:
    account_id = gate.account().account_id

    async def read() -> list[Bought]:
        async with gate.database.reading() as connection:
            return await office_boosters.of_account(connection, account_id)

    return gate.run(read())


def test_who_was_slowed_has_the_full_speed_at_once_and_the_booster_pays(either: Gate) -> None:
    gate = either
    gate.add_plan(FAIR)
    gate.add_subscriber(plan="fair")
    token = class_of(gate.accept(id="A", port=1))
    gate.record("start", token=token)
    gate.at(300).record("interim", token=token, st=300, o=11 * GB)
    made = sell(gate)
    assert rates(gate) == ["1M/5M", "10M/50M"]
    gate.at(600).record("interim", token=token, st=600, o=14 * GB)
    (had,) = bought(gate)
    assert (had.purchase, had.pot.used, had.pot.left) == (made.purchase, 3 * GB, 2 * GB)
    gate.at(900).record("interim", token=token, st=900, o=17 * GB)
    assert rates(gate) == ["1M/5M", "10M/50M", "1M/5M"]
    (session,) = gate.sessions()
    assert session.charged_micros == 12 * 10_000  # 17 GB less the 5 of the booster
    assert gate.check() == []


def test_money_that_came_behind_the_wall_buys_a_booster_though_the_session_holds_it(
    gate: Gate,
) -> None:
    gate.add_plan(WALLED)
    gate.add_subscriber(plan="prepaid", balance_micros=0)
    token = class_of(gate.accept(id="A", port=1))
    gate.record("start", token=token)
    gate.at(300).record("interim", token=token, st=300, o=GB)
    (session,) = gate.sessions()
    assert session.walled is Walled.NO_CREDIT
    gate.top_up("alice", 1_500_000)
    gate.hear()
    (session,) = gate.sessions()
    assert (session.walled, session.held_micros) == (Walled.NO, 1_500_000)
    sell(gate)
    (session,) = gate.sessions()
    assert (session.walled, session.held_micros) == (Walled.NO, 0)
    assert gate.account().available_micros == 0
    gate.at(600).record("interim", token=token, st=600, o=3 * GB)
    (had,) = bought(gate)
    assert (had.pot.used, had.pot.left) == (2 * GB, 3 * GB)
    gate.at(900).record("interim", token=token, st=900, o=6 * GB)
    (session,) = gate.sessions()
    assert (session.walled, session.charged_micros) == (Walled.NO_CREDIT, 0)
    assert gate.check() == []


def test_who_stands_behind_the_wall_is_let_out_by_what_the_booster_covers(gate: Gate) -> None:
    gate.add_plan(WALLED.replace('price = "1.50"', 'price = "0"'))
    gate.add_subscriber(plan="prepaid", balance_micros=0)
    token = class_of(gate.accept(id="A", port=1))
    gate.record("start", token=token)
    gate.at(300).record("interim", token=token, st=300, o=GB)
    (session,) = gate.sessions()
    assert session.walled is Walled.NO_CREDIT
    sell(gate)
    (session,) = gate.sessions()
    assert session.walled is Walled.NO
    assert [order.reason for order in gate.orders] == ["exhausted", "restored"]
    gate.at(600).record("interim", token=token, st=600, o=3 * GB)
    (had,) = bought(gate)
    assert (had.pot.used, had.pot.left) == (2 * GB, 3 * GB)
    assert gate.check() == []


def test_a_booster_of_no_price_has_no_entry_and_is_heard_of(gate: Gate) -> None:
    gate.add_plan(FAIR.replace('price = "1.50"', 'price = "0"'))
    gate.add_subscriber(plan="fair")
    token = class_of(gate.accept(id="A", port=1))
    gate.record("start", token=token)
    gate.at(300).record("interim", token=token, st=300, o=11 * GB)
    entries_n = gate.account().entries_n
    made = sell(gate)
    assert made.payment is None and gate.account().entries_n == entries_n
    assert [order.kind for order in gate.orders] == [OrderKind.SERVICE, OrderKind.SERVICE]
    assert gate.check() == []
