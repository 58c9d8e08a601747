"""What was decided about a login is found by it, by its station, and among the newest."""

from __future__ import annotations

from aaa.ports import Changes, Decision
from domain.session import SessionState
from store import office_decisions
from store.rows import SESSIONS
from tests.store.house import NOW_US, House, decision, session, tell

MAC = "4c:5e:0c:00:00:01"


def begun(login: str, session_id: int) -> Decision:
    """What let a session begin."""
    return decision(login, session_id, session_id=session_id, code="accepted")


async def crowd(house: House) -> None:
    """Somebody was refused, let in twice and let go on once; others were not."""
    await house.settle(accounts_n=2)
    other = session(13, 2, mac="4c:5e:0c:00:00:02", subscriber_id=1002)
    closed = session(11, 1, mac=MAC, state=SessionState.CLOSED)
    await house.add(SESSIONS, closed, session(12, 1, mac=MAC), other)
    again = decision("user1", 20, session_id=12, code="accepted")
    stranger = decision("", 21, mac="4c:5e:0c:00:00:03")
    made = [decision("user1", 10), begun("user1", 11), begun("user1", 12), again, stranger]
    elsewhere = decision("user2", 13, session_id=13, code="accepted", mac="4c:5e:0c:00:00:02")
    await house.store.commit(Changes(NOW_US, 0, decisions=[*made, elsewhere]))


def test_decisions_are_found_by_login_by_station_and_by_what_they_were(house_url: str) -> None:
    async def story(house: House) -> None:
        await crowd(house)
        async with house.database.reading() as connection:
            mine = await office_decisions.of_login(connection, "user1")
            assert [one.n for one in mine] == [20, 12, 11, 10]
            assert mine[1] == begun("user1", 12)
            others = await office_decisions.of_login(connection, "user2")
            assert [one.n for one in others] == [13]
            assert await office_decisions.of_login(connection, "nobody") == []
            there = await office_decisions.of_mac(connection, MAC)
            assert [one.n for one in there] == [12, 11, 10]
            assert [one.n for one in await office_decisions.of_strangers(connection)] == [21]
            refusals = await office_decisions.newest_refusals(connection, limit=2)
            assert [one.n for one in refusals] == [21, 10]

    tell(house_url, story)


def test_the_last_twenty_are_shown_however_many_began_sessions(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle()
        await house.add(
            SESSIONS, *(session(n, 1, state=SessionState.LAPSED) for n in range(30, 60))
        )
        made = [begun("user1", n) for n in range(30, 60)]
        made += [decision("user1", 25), decision("user1", 60)]
        await house.store.commit(Changes(NOW_US, 0, decisions=made))
        async with house.database.reading() as connection:
            shown = await office_decisions.of_login(connection, "user1")
        assert [one.n for one in shown] == list(range(60, 40, -1))

    tell(house_url, story)
