"""Which decision may take whose slot."""

from __future__ import annotations

import pytest

from aaa.ports import Changes, Conflict
from tests.store.house import NOW_US, House, decision, tell


def test_two_decisions_of_one_number_are_not_kept_in_one_place(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle()
        commit = house.store.commit
        await commit(Changes(NOW_US, 0, decisions=[decision("user1", 1), decision("", 1)]))
        with pytest.raises(Conflict, match="decisions"):
            await commit(Changes(NOW_US, 0, decisions=[decision("user1", 1)]))
        later = [decision("user1", 21), decision("", 1, user_name="another")]
        await commit(Changes(NOW_US, 0, decisions=later))
        rows = await house.table("decisions")
        assert sorted((row[0], row[2], row[5]) for row in rows) == [
            ("", 1, "another"),
            ("user1", 21, "user1"),
        ]

    tell(house_url, story)
