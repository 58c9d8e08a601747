"""A plan's new version changes no session and no period that runs, unless its operator says so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from aaa.token import issue
from billing.package import extend
from billing.payment import Declined
from domain.period import DAY_US
from domain.plan import Plan
from domain.session import Session
from store import office_grants, office_packages, office_plans, office_subscribers
from tests.aaa.gate import Gate, class_of

GB = 1_000_000_000
PLAN = """
name = "rich"
currency = "USD"
sessions = 2

[price.volume]
amount = "{price}"
per = "GB"

[[bundle]]
name = "big"
volume = "{volume} GB"
period = "month"

[[bundle]]
name = "odd"
volume = "1 GB"
period = "month"
priority = 500
"""


def text(price: str = "0.10", volume: int = 10) -> str:
    """A version of the plan."""
    return PLAN.format(price=price, volume=volume)


def online(url: str) -> Gate:
    """A session that has used 2 of the 10 GB of a month."""
    found = Gate(url)
    found.add_plan(text())
    found.add_subscriber(plan="rich")
    token = class_of(found.accept(id="A"))
    found.record("start", token=token)
    found.at(300).record("interim", token=token, st=300, o=2 * GB)
    return found


@pytest.fixture
def gate(sqlite_url: str) -> Iterator[Gate]:
    found = online(sqlite_url)
    yield found
    found.close()


@pytest.fixture
def either(database_url: str) -> Iterator[Gate]:
    """The same on each of the databases."""
    found = online(database_url)
    yield found
    found.close()


@pytest.fixture
def bare(database_url: str) -> Iterator[Gate]:
    """Nobody is there yet, on each of the databases."""
    found = Gate(database_url)
    yield found
    found.close()


def running(gate: Gate) -> bytes:
    """The Class of the session that runs."""
    (session,) = gate.sessions()
    return issue(session.session_id, gate.sealer.class_key)


def granted(gate: Gate) -> dict[str, tuple[int, int]]:
    """What of each bundle was granted, and used."""
    return {
        row["pot"].rpartition("/")[2]: (row["granted"], row["used"]) for row in gate.rows("pots")
    }


def versions(gate: Gate) -> list[Plan]:
    """All versions, the newest first."""

    async def read() -> list[Plan]:
        async with gate.database.reading() as connection:
            found = await office_plans.everything(connection, newest_only=False)
        return [one for one, _ in found if one.name == "rich"]

    return gate.run(read())


def hold_now(gate: Gate) -> tuple[list[int], list[Session]]:
    """Let the newest version hold now; the accounts it was granted to, and older sessions."""
    new, *older = versions(gate)

    async def write() -> tuple[list[int], list[Session]]:
        async with gate.database.office() as connection:
            accounts = await office_grants.grant_now(connection, older, new, now_us=gate.now_us)
            return accounts, await office_grants.sessions_before(connection, new)

    done = gate.run(write())
    gate.hear()
    return done


def test_a_new_version_changes_neither_the_session_nor_the_period_that_runs(gate: Gate) -> None:
    token = running(gate)
    gate.add_plan(text(price="5", volume=4))
    gate.hear()
    gate.at(600).record("interim", token=token, st=600, o=9 * GB)
    assert granted(gate)["big"] == (10 * GB, 9 * GB)
    gate.at(900).record("interim", token=token, st=900, o=13 * GB)
    (session,) = gate.sessions()
    assert session.charged_micros == 2 * 100_000  # 10 and 1 GB are granted; 2 at the old price
    gate.at(910).record("stop", token=token, st=910, o=13 * GB)
    again = class_of(gate.at(920).accept(id="B"))
    gate.record("start", token=again, id="B")
    gate.at(1_200).record("interim", token=again, id="B", st=280, o=GB // 10)
    assert granted(gate)["big"] == (10 * GB, 10 * GB)
    assert gate.sessions()[-1].charged_micros == 10_000  # as is the next login of the month
    gate.record("stop", token=again, id="B", st=280, o=GB // 10)
    gate.now_us += 32 * DAY_US
    later = class_of(gate.accept(id="C"))
    gate.record("start", token=later, id="C")
    gate.now_us += 300_000_000
    gate.record("interim", token=later, id="C", st=300, o=GB * 51 // 10)
    assert gate.sessions()[-1].charged_micros == 500_000  # 4 and 1 GB are granted now, more is dear
    assert gate.check() == []


def test_more_is_granted_now_if_the_operator_says_so(either: Gate) -> None:
    gate = either
    token = running(gate)
    gate.at(600).record("interim", token=token, st=600, o=9 * GB)
    gate.add_plan(text(volume=20))
    accounts, sessions = hold_now(gate)
    assert accounts == [gate.account().account_id]
    assert [one.session_id for one in sessions] == [one.session_id for one in gate.sessions()]
    assert granted(gate)["big"] == (20 * GB, 9 * GB)
    gate.at(900).record("interim", token=token, st=900, o=19 * GB)
    (session,) = gate.sessions()
    assert session.charged_micros == 0 and granted(gate)["big"] == (20 * GB, 19 * GB)
    assert gate.check() == []


def test_less_is_granted_down_to_what_was_used(gate: Gate) -> None:
    gate.add_plan(text(volume=1))
    accounts, _ = hold_now(gate)
    assert len(accounts) == 1 and granted(gate)["big"] == (2 * GB, 2 * GB)
    assert hold_now(gate)[0] == []
    assert gate.check() == []


def test_periods_that_are_over_and_bundles_of_another_unit_stay(gate: Gate) -> None:
    changed = text(volume=20).replace('volume = "20 GB"', 'time = "20h"')
    gate.add_plan(changed + '[price.time]\namount = "1"\nper = "hour"\n')
    assert hold_now(gate)[0] == []
    gate.add_plan(text(volume=30))
    gate.now_us += 40 * 86_400_000_000
    assert hold_now(gate)[0] == []
    assert granted(gate)["big"] == (10 * GB, 2 * GB)


PACKAGE = """
name = "rich"
currency = "USD"

[package]
price = "20"
validity = "30d"

[price.volume]
amount = "0.10"
per = "GB"

[[bundle]]
name = "big"
volume = "{volume} GB"
"""


def extended(gate: Gate, days: int) -> None:
    """Days are given to alice."""

    async def write() -> None:
        async with gate.database.office() as connection:
            found = await office_subscribers.find(connection, "alice")
            assert found is not None
            plan = (await office_plans.newest(connection, ["rich"]))["rich"]
            given = extend(
                found.subscriber,
                plan,
                days=days,
                purchase_id=gate.ids.next(),
                stamp=gate.stamp(f"extend-{days}"),
            )
            assert not isinstance(given, Declined)
            await office_packages.write(connection, [given])

    gate.run(write())
    gate.hear()


def test_a_period_that_was_extended_runs_on_beyond_the_end_it_was_opened_with(
    bare: Gate,
) -> None:
    gate = bare
    gate.add_plan(PACKAGE.format(volume=10))
    gate.add_subscriber(plan="rich", valid_until_us=gate.now_us + 30 * DAY_US)
    token = class_of(gate.accept(id="A"))
    gate.record("start", token=token)
    gate.at(300).record("interim", token=token, st=300, o=2 * GB)
    extended(gate, 5)
    gate.now_us += 31 * DAY_US
    (row,) = gate.rows("pots")
    assert row["until_us"] < gate.now_us < row["until_us"] + 4 * DAY_US
    gate.add_plan(PACKAGE.format(volume=20))
    assert hold_now(gate)[0] == [gate.account().account_id]
    assert granted(gate)["big"] == (20 * GB, 2 * GB)
    gate.add_plan(PACKAGE.format(volume=30))
    gate.now_us += 5 * DAY_US  # now it is over
    assert hold_now(gate)[0] == []
    assert granted(gate)["big"] == (20 * GB, 2 * GB)


def test_of_two_logins_with_periods_of_their_own_each_has_the_rows_of_its_own(gate: Gate) -> None:
    first = gate.account().account_id
    gate.add_plan(text(volume=20))
    gate.change("alice", anchor_us=gate.now_us - 40 * DAY_US)  # its months are others since
    assert hold_now(gate)[0] == []
    gate.change("alice", anchor_us=None)
    assert hold_now(gate)[0] == [first]
