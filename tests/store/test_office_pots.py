"""What is carried over though nothing was used: rows that a renewal opens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from billing.package import Renewal, extend, renew
from billing.succession import Carries, carried
from domain.period import DAY_US
from domain.pot import Pot
from store import office_packages, office_plans, office_pots, office_subscribers
from store.office_money import Raced
from tests.aaa.gate import Gate, class_of

GB = 1_000_000_000
DAY_S = 86_400
PLAN = """
name = "kept"
currency = "USD"
[package]
price = "1"
validity = "10d"
[price.volume]
amount = "1"
per = "GB"
[[bundle]]
name = "ten"
volume = "10 GB"
rollover = { most = "15 GB", periods = 2 }
"""


@pytest.fixture
def gate(database_url: str) -> Iterator[Gate]:
    found = Gate(database_url)
    found.add_plan(PLAN)
    yield found
    found.close()


def buy(gate: Gate, key: str, *, at_end: bool = False) -> Renewal:
    """Renew alice's package now; the server hears of it. `at_end`: from what is held as well."""

    async def write() -> Renewal:
        async with gate.database.office() as connection:
            one = await office_subscribers.find(connection, "alice", lock=True)
            assert one is not None
            found = await office_plans.find(connection, "kept")
            assert found is not None
            made = renew(
                one.subscriber,
                one.account,
                found[0],
                purchase_id=gate.ids.next(),
                stamp=gate.stamp(key),
                at_end=at_end,
                ends=await office_plans.that_ends(connection, one.subscriber, found[0]),
            )
            assert isinstance(made, Renewal), made
            await office_packages.write(connection, [made])
        return made

    made = gate.run(write())
    gate.hear()
    return made


def pots(gate: Gate) -> list[tuple[int, int, int]]:
    """(granted, used, lost) of the bundle's rows, oldest first, in GB."""
    rows = sorted(gate.rows("pots"), key=lambda row: int(row["period_start_us"]))
    return [(row["granted"] // GB, row["used"] // GB, row["lost"] // GB) for row in rows]


def use(gate: Gate, at_s: int, gigabytes: int) -> int:
    """A session of a minute; what it cost."""
    gate.at(at_s)
    token = class_of(gate.accept(id=f"s{at_s}", port=1))
    gate.record("start", token=token, id=f"s{at_s}")
    gate.at(at_s + 60).record("stop", token=token, id=f"s{at_s}", st=60, o=gigabytes * GB)
    return next(one for one in gate.sessions() if one.acct_session_id == f"s{at_s}").charged_micros


def test_a_period_in_which_nothing_was_used_carries_all_of_its_bundle(gate: Gate) -> None:
    gate.add_subscriber(plan="kept", balance_micros=100_000_000)
    buy(gate, "1")
    assert pots(gate) == []  # nothing went before
    gate.at(10 * DAY_S)
    buy(gate, "2")
    assert pots(gate) == [(10, 0, 0)]
    assert use(gate, 11 * DAY_S, 21) == 1_000_000
    assert pots(gate) == [(10, 10, 0), (10, 10, 0)]
    assert gate.check() == []


def test_of_many_unused_periods_only_so_much_is_kept_as_the_plan_keeps(gate: Gate) -> None:
    gate.add_subscriber(plan="kept", balance_micros=100_000_000)
    for number in range(4):
        gate.at(10 * DAY_S * number)
        buy(gate, str(number))
    assert pots(gate) == [(10, 0, 5), (10, 0, 0), (10, 0, 0)]
    # The first one has ended by now; of the other two 15 GB are kept, and 10 GB are new.
    assert use(gate, 31 * DAY_S, 26) == 1_000_000
    assert pots(gate) == [(10, 0, 5), (10, 5, 5), (10, 10, 0), (10, 10, 0)]
    assert gate.check() == []


def test_what_was_bought_ahead_opens_its_rows_and_late_usage_has_back_what_was_lost(
    gate: Gate,
) -> None:
    gate.add_subscriber(plan="kept", balance_micros=100_000_000)
    for number in range(3):
        buy(gate, str(number))
    assert len(pots(gate)) == 2
    assert use(gate, DAY_S, 11) == 1_000_000
    assert use(gate, 21 * DAY_S, 21) == 1_000_000
    assert gate.check() == []


def test_a_period_leaves_what_its_own_version_granted_and_the_next_has_that_of_its_own(
    gate: Gate,
) -> None:
    gate.add_subscriber(plan="kept", balance_micros=100_000_000)
    buy(gate, "1")
    gate.add_plan(PLAN.replace('"10 GB"', '"20 GB"'))
    gate.at(10 * DAY_S)
    buy(gate, "2")
    assert pots(gate) == [(10, 0, 0), (20, 0, 0)]
    assert use(gate, 11 * DAY_S, 31) == 1_000_000
    assert gate.check() == []


def test_what_was_bought_ahead_as_another_version_is_granted_whoever_runs_on_into_it(
    gate: Gate,
) -> None:
    gate.add_subscriber(plan="kept", balance_micros=100_000_000)
    buy(gate, "1")
    token = class_of(gate.accept(id="long"))
    gate.record("start", token=token, id="long")
    gate.add_plan(PLAN.replace('"10 GB"', '"20 GB"'))
    buy(gate, "2", at_end=True)
    assert pots(gate) == [(10, 0, 0), (20, 0, 0)]
    gate.at(9 * DAY_S).record("interim", token=token, id="long", st=9 * DAY_S, o=4 * GB)
    gate.at(11 * DAY_S).record("interim", token=token, id="long", st=11 * DAY_S, o=5 * GB)
    assert sum(used for _, used, _ in pots(gate)) == 5
    gate.at(12 * DAY_S).record("stop", token=token, id="long", st=12 * DAY_S, o=30 * GB)
    assert [granted for granted, _, _ in pots(gate)] == [10, 20]
    assert sum(used for _, used, _ in pots(gate)) == 30
    assert gate.check() == []


def test_rows_of_what_was_bought_ahead_move_with_an_extension(gate: Gate) -> None:
    gate.add_subscriber(plan="kept", balance_micros=100_000_000)
    for number in range(3):
        buy(gate, str(number))

    async def give() -> tuple[int, ...]:
        async with gate.database.office() as connection:
            one = await office_subscribers.find(connection, "alice", lock=True)
            assert one is not None
            plan = await office_plans.in_force(connection, one.subscriber, gate.now_us)
            assert plan is not None
            stamp = gate.stamp("storm")
            made = extend(one.subscriber, plan, days=2, purchase_id=gate.ids.next(), stamp=stamp)
            assert isinstance(made, Renewal), made
            await office_packages.write(connection, [made])
        return made.subscriber.periods_ahead_us

    ahead_us = gate.run(give())
    gate.hear()
    opened = [row["period_start_us"] for row in gate.rows("pots")]
    assert ahead_us[0] in opened and len(opened) == 2
    assert use(gate, 13 * DAY_S, 21) == 1_000_000
    assert gate.check() == []


def test_a_period_that_was_never_bought_carries_nothing(gate: Gate) -> None:
    gate.add_subscriber(plan="kept", balance_micros=100_000_000)
    made = buy(gate, "1")
    assert made.carries is None
    assert made.subscriber.valid_until_us == gate.stamp("x").created_us + 10 * DAY_US


def test_t6_what_is_lost_is_lost_once_though_two_are_at_it(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate.add_subscriber(plan="kept", balance_micros=100_000_000)
    for number in range(3):
        gate.at(10 * DAY_S * number)
        buy(gate, str(number))
    before = pots(gate)

    def moved_meanwhile(carries: Carries, rows: Sequence[Pot]) -> Any:
        return carried(carries, [replace(pot, used=pot.used + 1) for pot in rows])

    monkeypatch.setattr(office_pots, "carried", moved_meanwhile)
    gate.at(30 * DAY_S)
    with pytest.raises(Raced):
        buy(gate, "3")
    assert pots(gate) == before
    monkeypatch.undo()
    buy(gate, "3")
    assert pots(gate)[0] == (10, 0, 5)
