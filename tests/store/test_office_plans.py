"""Plan versions are only ever added."""

from __future__ import annotations

from dataclasses import replace

from store import office_plans
from tests.store.house import House, plan, tell


def test_each_new_text_is_the_next_version_and_the_same_text_is_none(house_url: str) -> None:
    async def story(house: House) -> None:
        async with house.database.office() as connection:
            first, fresh = await office_plans.load(connection, plan(), plan_id=1, now_us=10)
            assert (first.version, first.plan_id, fresh) == (1, 1, True)
            again, fresh = await office_plans.load(connection, plan(), plan_id=2, now_us=20)
            assert (again, fresh) == (first, False)
            other = replace(plan(), source="another text", session_fee_micros=7)
            second, fresh = await office_plans.load(connection, other, plan_id=3, now_us=30)
            assert (second.version, second.plan_id, fresh) == (2, 3, True)
        async with house.database.reading() as connection:
            assert await office_plans.find(connection, "metered") == (second, 30)
            assert await office_plans.find(connection, "metered", version=1) == (first, 10)
            assert await office_plans.find(connection, "none") is None
            assert await office_plans.by_id(connection, 1) == first
            assert await office_plans.by_id(connection, 2) is None
            assert await office_plans.newest(connection, ["metered", "x"]) == {"metered": second}
            newest = await office_plans.everything(connection, newest_only=True)
            assert newest == [(second, 30)]
            every = await office_plans.everything(connection, newest_only=False)
            assert every == [(second, 30), (first, 10)]

    tell(house_url, story)
