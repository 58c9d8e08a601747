"""What devices have been seen to do, added up and read again."""

from __future__ import annotations

from dataclasses import replace

from domain.device import Observation
from domain.session import SessionState
from store import observations, rows
from store.observations import Crowd
from tests.store.house import House, device, session, tell

SEEN = Observation(7, 100, 200, 5, 3, 300, 1, 150, 2, 160, clock_offset_us=-4)


def test_counts_of_two_servers_add_up_and_what_is_newer_stays(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.add(rows.DEVICES, device(7))
        await house.store.observed([SEEN])
        await house.store.observed(
            [Observation(7, 50, 190, requests_n=4, unsigned_n=1, unsigned_us=140)]
        )
        await house.store.observed([])
        async with house.database.reading() as connection:
            found = await observations.everyone(connection)
        assert found[7] == replace(SEEN, requests_n=9, unsigned_n=2)

    tell(house_url, story)


def test_a_device_that_was_removed_meanwhile_is_left_out(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.add(rows.DEVICES, device(7))
        await house.store.observed([replace(SEEN, device_id=999_999), SEEN])
        async with house.database.reading() as connection:
            assert set(await observations.everyone(connection)) == {7}

    tell(house_url, story)


def test_a_crowd_tells_how_many_live_and_how_many_never_reported(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle(accounts_n=4)
        for n, (state, created_us, seconds) in enumerate(
            (
                (SessionState.OPEN, 10, 0),
                (SessionState.OPEN, 10, 5),
                (SessionState.OPEN, 90, 0),
                (SessionState.CLOSED, 10, 0),
            ),
            1,
        ):
            one = session(n, account_id=n, device_id=7, state=state)
            await house.add(rows.SESSIONS, replace(one, created_us=created_us, session_s=seconds))
        async with house.database.reading() as connection:
            assert await observations.crowds(connection, old_us=50) == {7: Crowd(3, 2, 1)}

    tell(house_url, story)
