"""What an account has used is read as it is: what has ended for good is left out."""

from __future__ import annotations

from domain.account import Allowance
from domain.pot import Pot
from store import office_used, rows
from tests.store.house import NOW_US, PERIOD_US, House, tell


def test_pots_that_have_not_ended_and_what_is_included(house_url: str) -> None:
    over = Pot(1, "bundle/day/a/b", 5, 9, 3, 0, NOW_US, NOW_US)
    open_ = Pot(1, "bundle/month/a/b", 5, 9, 3, 1, NOW_US - 1, NOW_US + 1)
    endless = Pot(1, "booster/more/7", 5, 9, purchase_id=7)
    other = Pot(2, "bundle/day/a/b", 5, 9, 3, 0, None, None)

    async def story(house: House) -> None:
        await house.settle(accounts_n=2)
        await house.add(rows.POTS, over, open_, endless, other)
        await house.add(rows.ALLOWANCES, Allowance(1, PERIOD_US - 1, 70, 7))
        async with house.database.reading() as connection:
            found = await office_used.of_account(connection, 1, now_us=NOW_US)
            used = await office_used.included_used(connection, 1, PERIOD_US - 1)
            none = await office_used.included_used(connection, 1, PERIOD_US - 2)
        assert found == [endless, open_]
        assert (used, none) == ((70, 7), (0, 0))

    tell(house_url, story)
