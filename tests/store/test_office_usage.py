"""What an account has used of its pots and by the day, read for those who show it."""

from __future__ import annotations

from domain.account import Allowance
from domain.pot import Pot
from domain.session import Charge
from store import office_usage, rows
from store.office_usage import Day
from tests.store.house import NOW_US, PERIOD_US, House, session, tell


def test_pots_allowances_and_days_of_one_account(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle(accounts_n=2)
        pots = [Pot(1, "cap/day/p", 20, 5), Pot(1, "bundle/day/p/b", 20, 9), Pot(1, "z", 10, 0)]
        await house.add(rows.POTS, *pots, Pot(2, "bundle/day/p/b", 20, 9))
        await house.add(rows.ALLOWANCES, Allowance(1, PERIOD_US, 5, 6))
        await house.add(rows.SESSIONS, session(21), session(22, 2))
        charges = [
            Charge(1, 21, 0, 0, 100, 7, amount_micros=50),
            Charge(1, 21, 0, 1, 100, 7, 1, 2, 0, 10),
            Charge(1, 21, 0, 2, 100, 7, 0, 0, 3, 1),
            Charge(1, 21, 0, 1, 102, 7, 10, 20, 0, 5),
            Charge(1, 21, 0, 1, 99, 7, 10, 20, 0, 5),
            Charge(2, 22, 0, 1, 100, 7, 10, 20, 0, 5),
        ]
        await house.add(rows.CHARGES, *charges)
        async with house.database.reading() as connection:
            assert await office_usage.of_account(connection, 1) == [pots[2], pots[1], pots[0]]
            assert (await office_usage.included(connection, 1, PERIOD_US)).used_s == 6
            none = await office_usage.included(connection, 1, PERIOD_US + 1)
            assert none == Allowance(1, PERIOD_US + 1, 0, 0)
            assert await office_usage.days(connection, 1, 100) == [
                Day(100, 1, 2, 3, 61, 50),
                Day(102, 10, 20, 0, 5, 0),
            ]

    tell(house_url, story)


def test_pots_that_have_ended_for_good_can_be_left_out(house_url: str) -> None:
    over = Pot(1, "bundle/day/a/b", 5, 9, 3, 0, NOW_US, NOW_US)
    open_ = Pot(1, "bundle/month/a/b", 5, 9, 3, 1, NOW_US - 1, NOW_US + 1)
    endless = Pot(1, "booster/more/7", 5, 9, purchase_id=7)

    async def story(house: House) -> None:
        await house.settle()
        await house.add(rows.POTS, over, open_, endless)
        async with house.database.reading() as connection:
            found = await office_usage.of_account(connection, 1, ends_after_us=NOW_US)
        assert found == [endless, open_]

    tell(house_url, story)
