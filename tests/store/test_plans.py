"""A plan is stored as what it meant on the day it was loaded."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from domain.plan import (
    Counted,
    Hours,
    Package,
    Plan,
    Rounding,
    TimePrice,
    Validity,
    VolumePrice,
)
from store import schema
from store.plans import plan_of, plan_row, select_plans
from tests.store.house import House, plan, tell

FULL = Plan(
    plan_id=2**62,
    name='Überall & "more"',
    version=3,
    currency="EUR",
    volume=VolumePrice(12_345, 1_048_576, Counted.LARGER, 1_024, Rounding.HALF_UP),
    time=TimePrice(1, 3_600, 60, Rounding.UP),
    session_fee_micros=7,
    included_octets=2**40,
    included_s=36_000,
    counted=Counted.DOWN,
    down_bps=10_000_000,
    policy_up="GOLD",
    package=Package(Validity(30)),
    sessions_max=2,
    hours=(Hours(frozenset({1, 5}), 0, 86_400), Hours(frozenset({7}), 60, 120)),
    timezone="Asia/Kathmandu",
    interim_s=120,
    sample=True,
    source="# as it was typed\nname = 'x'\n",
)


def test_any_plan_comes_back_from_its_row_on_both_databases(house_url: str) -> None:
    async def story(house: House) -> None:
        for one in (FULL, replace(FULL, plan_id=2, version=4), plan(7)):
            async with house.database.office() as connection:
                await connection.execute(insert(schema.plans).values(plan_row(one, created_us=1)))
        async with house.database.reading() as connection:
            found = [plan_of(row) for row in await connection.execute(select_plans())]
        assert [one.version for one in found if one.name == FULL.name] == [4, 3], "newest first"
        assert len(found) == 3
        assert FULL in found and plan(7) in found

    tell(house_url, story)


def test_a_row_written_before_a_field_existed_takes_the_field_s_default() -> None:
    row = plan_row(FULL, created_us=1)
    body = json.loads(row["body"])
    del body["interim_s"]
    body["of_the_future"] = 1
    assert plan_of((json.dumps(body), FULL.source, 1)) == replace(FULL, interim_s=None)


def test_the_same_plan_has_the_same_octets() -> None:
    again = replace(FULL, hours=(Hours(frozenset({5, 1}), 0, 86_400), FULL.hours[1]))
    assert plan_row(again, created_us=1) == plan_row(FULL, created_us=1)


def test_a_version_of_a_plan_exists_once(house_url: str) -> None:
    async def story(house: House) -> None:
        async with house.database.office() as connection:
            await connection.execute(insert(schema.plans).values(plan_row(FULL, created_us=1)))
        with pytest.raises(IntegrityError):
            async with house.database.office() as connection:
                twin = plan_row(replace(FULL, plan_id=9), created_us=1)
                await connection.execute(insert(schema.plans).values(twin))
        assert len(await house.table("plans")) == 1

    tell(house_url, story)
