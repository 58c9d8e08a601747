"""Several writes as one statement: in which order it meets rows, and how many kinds there are."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable

import pytest

from domain.session import Charge
from store.schema import METADATA
from store.statements import Update, postgresql_sql
from store.together import TOGETHER, arrays, together
from store.writes import WRITES
from store.writing import TUPLES, Step, commit_steps
from tests.store.house import House, full_batch, settle_two, tell


async def planned(house: House, writes: Iterable[str]) -> str:
    """The plan of a statement for these, each step in a line without its costs."""
    statement = together(writes)
    driver = house.store._road._driver
    found = await driver.fetch(f"EXPLAIN {statement.sql}", *arrays(statement, {}), [0])
    return "\n".join(row[0].partition("  (")[0].strip() for row in found)


def test_rows_are_met_by_key_whatever_the_planner_thinks(house_postgresql_url: str) -> None:
    """L11: rows are locked in the order of the arrays; a hash or a scan has an order of its own."""

    async def story(house: House) -> None:
        await settle_two(house)
        await house.store.feed_seq()
        for writes, joins_n in (((), 3), (("change",), 5), (("settle",), 4), (TOGETHER, 6)):
            plan = await planned(house, writes)
            loop = r"-> +Nested Loop\n-> +Function Scan on given.*\n-> +Index Scan"
            assert len(re.findall(loop, plan)) == joins_n, plan
            changed = plan.partition("CTE live")[0]
            assert not any(word in changed for word in ("Seq Scan", "Hash", "Merge", "Sort"))

    tell(house_postgresql_url, story)


@pytest.mark.parametrize("filled", [False, True])
def test_rows_are_looked_up_by_a_plan_that_was_made_when_there_were_hardly_any(
    house_postgresql_url: str, filled: bool
) -> None:
    """A table that was nearly empty when it was looked at last may have grown since."""
    keyed = {name: one for name, one in WRITES.items() if isinstance(one, Update) and one.key}
    assert keyed.keys() >= {"move", "advance", "change", "charge", "close", "settle", "use", "pour"}

    async def story(house: House) -> None:
        if filled:
            await settle_two(house)
        await house.store.feed_seq()
        driver = house.store._road._driver
        for _ in range(2):
            for name, one in keyed.items():
                await driver.execute(f"PREPARE {name}_ AS {postgresql_sql(one)}")
                nothing = ", ".join(["NULL"] * len(one.row))
                found = await driver.fetch(f"EXPLAIN EXECUTE {name}_ ({nothing})")
                plan = "\n".join(row[0] for row in found)
                steps = r"Loop .*\n +-> +Function Scan on .*given .*\n +-> +Index Scan .*\n +"
                condition = re.search(steps + r"Index Cond: (.*)", plan)
                assert condition, plan
                assert all(f"given.{column}" in condition[1] for column in one.key), plan
                await driver.execute(f"DEALLOCATE {name}_")
            for table in METADATA.tables:
                await driver.execute(f"VACUUM ANALYZE {table}")

    tell(house_postgresql_url, story)


def test_missing_charge_rows_cost_nothing_while_there_are_none(house_postgresql_url: str) -> None:
    async def story(house: House) -> None:
        await house.store.feed_seq()
        assert "One-Time Filter" in await planned(house, ())

    tell(house_postgresql_url, story)


def test_there_are_few_statements_and_each_takes_its_rows() -> None:
    pairs = itertools.combinations(sorted(TOGETHER), 2)
    assert len({together(pair).sql for pair in pairs} | {together(TOGETHER).sql}) <= 8
    steps = {step.write: step for step in commit_steps(full_batch(), [], [], TUPLES)}
    hot = {name: step for name, step in steps.items() if name in TOGETHER}
    assert len(hot) >= 8
    statement = together(hot)
    given = arrays(statement, hot)
    assert f"${len(given) + 1}::" in statement.sql
    assert f"${len(given) + 2}" not in statement.sql


def test_a_name_without_rows_has_empty_arrays() -> None:
    statement = together([])
    charges = Step("charges", TUPLES["charges"]([Charge(1, 10, 0, 0, 5, 7, 1, 2, 3, 4)]))
    given = arrays(statement, {"charges": charges})
    assert [len(one) for one in given].count(1) == 11
    assert len(given) == sum(statement.taken)
