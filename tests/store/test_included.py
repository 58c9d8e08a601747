"""An account's pots move to where it was expected, or nothing of their batch is written."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from aaa.ports import Changes, Conflict, Want
from domain.pot import Pot
from store import rows
from tests.store.house import NOW_US, House, tell

NIGHT = "bundle/month/metered/night"


async def pots_of(house: House) -> list[Pot]:
    """All that the account has."""
    found = (await house.store.load(Want(pots_of={1}))).pots[1]
    return sorted(found, key=lambda pot: (pot.pot, pot.period_start_us))


def test_a_pot_is_opened_by_the_batch_that_first_moves_it_and_then_moves_relatively(
    house_url: str,
) -> None:
    async def story(house: House) -> None:
        await house.settle()
        end_us = NOW_US + 9
        night = Pot(1, NIGHT, NOW_US, 1000, 30, 0, end_us, end_us)
        counter = Pot(1, "fair-use/day/metered/0", NOW_US, 0, 30, 0, end_us, end_us)
        kept = Pot(1, NIGHT, NOW_US - 9, 500, 0, 0, NOW_US, end_us)
        opened = [(night, 30, 0), (counter, 30, 0), (kept, 0, 0)]
        await house.store.commit(Changes(NOW_US, 0, pots=opened))
        assert await pots_of(house) == [kept, night, counter]
        more, lost = replace(night, used=70), replace(kept, lost=200)
        await house.store.commit(Changes(NOW_US, 0, pots=[(more, 40, 0), (lost, 0, 200)]))
        assert await pots_of(house) == [lost, more, counter]
        back = replace(lost, used=150, lost=50)
        await house.store.commit(Changes(NOW_US, 0, pots=[(back, 150, -150)]))
        assert await pots_of(house) == [back, more, counter]

    tell(house_url, story)


@pytest.mark.parametrize(
    "wrong", [{"used": 31}, {"granted": 2000}, {"lost": 1}, {"granted": 999, "used": 29}]
)
def test_a_pot_that_others_have_moved_or_opened_otherwise_is_not_moved(
    house_url: str, wrong: dict[str, Any]
) -> None:
    async def story(house: House) -> None:
        await house.settle()
        there = Pot(1, NIGHT, NOW_US, 1000, 30, 0, NOW_US + 9, NOW_US + 9)
        await house.add(rows.POTS, there)
        after = replace(there, **wrong)
        booster = Pot(1, "booster/more/5", NOW_US, 7, 7, 0, NOW_US + 9, NOW_US + 9, 5)
        with pytest.raises(Conflict):
            await house.store.commit(Changes(NOW_US, 0, pots=[(after, 0, 0), (booster, 7, 0)]))
        assert await pots_of(house) == [there], "all or nothing"

    tell(house_url, story)
