"""Two desks on one database: what one has changed, the other does not decide upon as it was."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from aaa.desk import Desk
from aaa.outcome import Outcome
from aaa.ports import Changes
from aaa.request import Sweep, SweepKind
from aaa.sharing import QUIET_US, ROUND_N, Company
from domain.session import SessionState
from domain.share import ALONE, Share
from store.desk import DeskStore
from tests.aaa.gate import Gate, Ids, class_of

MB = 1_000_000
FREE_PLAN = """
name = "free"
currency = "USD"
sessions = 1
"""
PRICE = """
[price.volume]
amount = "0.01"
per = "MB"
"""
ONE_AT_A_TIME = FREE_PLAN.replace('"free"', '"single"') + PRICE
TWO_AT_A_TIME = FREE_PLAN.replace('"free"', '"double"').replace("= 1", "= 2") + PRICE
SERVERS = (Share(guarded=True), Share(guarded=True))
WORKERS = (Share(0, 2, guarded=True), Share(1, 2, guarded=True))


class Own:
    """Ids of one worker's own among those of the gate."""

    def __init__(self, ids: Ids, share: Share) -> None:
        self._ids = ids
        self._share = share

    def next(self) -> int:
        return next(n for n in iter(self._ids.next, None) if self._share.mine(n))


class Pair:
    """One gate and two desks, which are asked in turn."""

    def __init__(self, url: str, shares: tuple[Share, Share]) -> None:
        self.gate = Gate(url)
        for plan in (FREE_PLAN, ONE_AT_A_TIME, TWO_AT_A_TIME):
            self.gate.add_plan(plan)
        self.gate.add_device("far")
        self.gate.run(self.gate.store.close())
        self.desks = [self._desk(share) for share in shares]

    def _desk(self, share: Share) -> tuple[DeskStore, Desk]:
        gate = self.gate
        store = gate.run(DeskStore.open(gate.database, gate.sealer, share))
        desk = Desk(
            store,
            gate.settings,
            ids=Own(gate.ids, share),
            randomness=gate.chance,
            sealer=gate.sealer,
            share=share,
        )
        desk.broke = lambda item, error: gate.broken.append(error)
        gate.run(desk.warm())
        desk.equip(list(gate.devices.values()))
        return store, desk

    def at(self, number: int) -> Gate:
        """The gate, with this desk at work."""
        self.gate.store, self.gate.desk = self.desks[number]
        return self.gate

    def close(self) -> None:
        """Both stores, and the gate with the second."""
        self.gate.run(self.desks[0][0].close())
        self.at(1).close()


@pytest.fixture(params=[SERVERS, WORKERS], ids=["servers", "workers"])
def pair(request: pytest.FixtureRequest, postgresql_url: str) -> Iterator[Pair]:
    """Two servers that do not know of one another, or two workers of one."""
    made = Pair(postgresql_url, request.param)
    yield made
    made.close()


@pytest.mark.parametrize("plan", ["free", "single"])
def test_a_session_that_began_at_another_takes_the_slot_here(pair: Pair, plan: str) -> None:
    """Neither sum of the account shows it where nothing is paid."""
    pair.at(1).add_subscriber(plan=plan)
    token = class_of(pair.at(1).accept(mac="02:00:00:00:00:01"))
    pair.at(1).record("start", token=token)
    pair.at(1).record("stop", token=token, st=5)  # the second desk has the account in memory
    assert pair.at(0).accept(mac="02:00:00:00:00:02").reply_code == 2
    assert pair.at(1).accept(mac="02:00:00:00:00:03").reply_code == 3
    assert [one.state for one in pair.gate.sessions()][1:] == [SessionState.ACCEPTED]
    assert pair.gate.check() == []


def test_a_session_that_ended_at_another_keeps_nobody_out_here(pair: Pair) -> None:
    pair.at(1).add_subscriber(plan="single")
    token = class_of(pair.at(1).accept(mac="02:00:00:00:00:01"))
    pair.at(1).record("start", token=token)
    pair.at(0).record("stop", token=token, st=5)
    assert pair.at(1).accept(mac="02:00:00:00:00:03").reply_code == 2
    assert pair.gate.check() == []


def test_records_of_one_session_may_come_to_both(pair: Pair) -> None:
    pair.at(0).add_subscriber()
    token = class_of(pair.at(0).accept())
    for n in range(1, 9):
        gate = pair.at(n % 2).at(60 * n)
        kind = "start" if n == 1 else "interim"
        assert gate.record(kind, token=token, st=60 * n - 60, o=(n - 1) * MB).reply_code == 5
    assert pair.at(0).at(600).record("stop", token=token, st=540, o=9 * MB).reply_code == 5
    assert pair.gate.account().balance_micros == 5_000_000 - 90_000
    assert pair.gate.check() == []


def test_who_lost_a_race_cannot_lose_it_for_ever(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before each commit of the first, the second wants to be quicker; the second time it waits."""
    pair.at(0).add_subscriber(plan="double")
    tokens = []
    for n in (0, 1):
        accepted = pair.at(n).accept(mac=f"02:00:00:00:00:0{n}", id=f"s{n}")
        tokens.append(class_of(accepted))
        pair.at(n).record("start", token=tokens[n], id=f"s{n}")
    (slow, first), (_, second) = pair.desks
    gate, commit = pair.gate, slow.commit
    waiting: list[asyncio.Task[list[Outcome]]] = []
    tries: list[bool] = []

    async def late(changes: Changes) -> None:
        n = len(tries) + 1
        said: dict[str, Any] = {"token": tokens[1], "id": "s1", "st": 60 * n, "o": n * MB}
        request = gate.at(60 * n).accounting("interim", **said)
        waiting.append(asyncio.create_task(second.serve([request], gate.now_us)))
        done, _ = await asyncio.wait(waiting[-1:], timeout=1 if tries else 60)
        tries.append(bool(done))
        await commit(changes)

    monkeypatch.setattr(slow, "commit", late)
    interim = gate.at(60).accounting("interim", token=tokens[0], id="s0", st=60, o=MB)

    async def race() -> list[int | None]:
        (outcome,) = await first.serve([interim], gate.now_us)
        return [outcome.reply_code, *[(await one)[0].reply_code for one in waiting]]

    assert gate.run(race()) == [5, 5, 5]
    assert tries == [True, False]
    assert first.notes["conflict"] == 1
    assert gate.account().open_micros == 30_000
    assert gate.check() == []


def test_a_session_that_ended_at_another_is_forgotten_in_time(postgresql_url: str) -> None:
    pair = Pair(postgresql_url, WORKERS)
    pair.at(0).add_subscriber()
    token = class_of(pair.at(0).accept())
    pair.at(0).record("start", token=token)
    pair.at(1).record("stop", token=token, st=5)
    assert [desk.figures()["sessions_live"] for _, desk in pair.desks] == [1, 0]
    gate = pair.at(0).at(QUIET_US // 1_000_000 + 10)
    sweeps = gate.desk.due(gate.now_us)
    assert any(isinstance(one, Sweep) and one.kind is SweepKind.LOOK for one in sweeps)
    gate.serve(*sweeps)
    assert [desk.figures()["sessions_live"] for _, desk in pair.desks] == [0, 0]
    pair.close()


def test_a_record_that_comes_to_both_at_once_begins_one_session(pair: Pair) -> None:
    """It is over at once, costs nothing and is nobody's: no sum and no live session shows it."""
    gate = pair.at(0)
    (slow, first), (_, second) = pair.desks
    stop = gate.at(60).accounting("stop", login="ghost", id="g1", st=50, o=5 * MB)
    commit, tries = slow.commit, []

    async def late(changes: Changes) -> None:
        tries.append(changes)
        if len(tries) == 1:
            assert (await second.serve([stop], gate.now_us))[0].reply_code == 5
        await commit(changes)

    slow.commit = late  # type: ignore[method-assign]
    (outcome,) = gate.run(first.serve([stop], gate.now_us))
    assert outcome.reply_code == 5
    assert first.notes["conflict"] == 1
    assert [one.acct_session_id for one in gate.sessions()] == ["g1"]
    assert gate.check() == []


def test_one_alone_looks_at_nothing_anew() -> None:
    company = Company(ALONE)
    assert not company.expected(0)
    company.lost(Changes(0, 0), 0)
    assert not company.expected(0)
    assert company.take_held() == set()


def test_all_sessions_are_gone_through_a_few_at_a_time(gate: Gate) -> None:
    books = gate.desk._books
    gate.add_subscriber()
    gate.accept()
    (one,) = books.sessions.values()
    books.sessions = dict.fromkeys(range(2 * ROUND_N + 1), one)
    company = Company(Share(0, 2, guarded=True))
    assert [len(company._round) for _ in range(3) if company.round(books, 0) == set()] == [
        ROUND_N + 1,
        1,
        0,
    ]
