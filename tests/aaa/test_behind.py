"""Batches that are decided while the one before them is being committed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import pytest

from aaa import record
from aaa.outcome import FAILED, Outcome
from aaa.ports import StoreUnavailable
from aaa.request import Item
from domain.session import SessionState
from tests.aaa.gate import Gate

CENT_MICROS = 10_000
MB = 1_000_000


def on_line(gate: Gate, *logins: str) -> None:
    """Everybody has logged in and reported once."""
    for login in logins:
        gate.add_subscriber(login)
        gate.accept(login, id=f"id-{login}")
        gate.record("start", login=login, id=f"id-{login}", st=0, t=0)
    gate.at(60)
    for login in logins:
        gate.record("interim", login=login, id=f"id-{login}", o=MB, st=60, t=60)


def interim(gate: Gate, login: str, megabytes: int) -> Item:
    return gate.accounting("interim", login=login, id=f"id-{login}", o=megabytes * MB, st=60, t=60)


def both(
    gate: Gate,
    first: list[Item],
    second: list[Item],
    *,
    fate: Callable[[], Coroutine[Any, Any, None]] | None = None,
) -> tuple[list[Outcome], list[Outcome] | None]:
    """Serve a batch and decide another while it is at the store, where `fate` waits for it.

    None: the second one was not decided ahead.
    """
    road = gate.store._road
    write = road.write
    accepted: list[bool] = []

    async def meanwhile(*args: Any) -> None:
        if not accepted:
            assert gate.desk.may_look_ahead
            accepted.append(gate.desk.ahead(second, gate.now_us))
            assert not gate.desk.ahead(second, gate.now_us), "one at a time"
            if fate is not None:
                await fate()
        await write(*args)

    async def story() -> tuple[list[Outcome], list[Outcome] | None]:
        outcomes = await gate.desk.serve(first, gate.now_us)
        gate.orders += gate.desk.take_orders()
        if not accepted[0]:
            return outcomes, None
        followed = await gate.desk.follow()
        gate.orders += gate.desk.take_orders()
        return outcomes, followed

    road.write = meanwhile  # type: ignore[method-assign, assignment]
    try:
        return gate.run(story())
    finally:
        road.write = write  # type: ignore[method-assign]


def labels(outcomes: list[Outcome] | None) -> list[str] | None:
    return None if outcomes is None else [outcome.label for outcome in outcomes]


def charged(gate: Gate, login: str) -> int:
    """What the one session of somebody was charged, if database and memory agree on it."""
    (session,) = gate.sessions(login)
    held = gate.desk._books.sessions[session.session_id]
    assert held == session
    assert gate.desk._books.accounts[session.account_id] == gate.account(login)
    return session.charged_micros


def test_a_batch_is_decided_on_what_the_one_before_it_has_made(either_gate: Gate) -> None:
    gate = either_gate
    on_line(gate, "alice", "bob")
    first = [interim(gate, "alice", 3), interim(gate, "bob", 2)]
    second = [interim(gate, "alice", 5), interim(gate, "alice", 7)]
    done, followed = both(gate, first, second)
    assert labels(done) == labels(followed) == ["interim", "interim"]
    assert charged(gate, "alice") == 7 * CENT_MICROS
    assert charged(gate, "bob") == 2 * CENT_MICROS
    assert gate.check() == []


def test_a1_what_fails_takes_with_it_what_was_decided_behind_it(gate: Gate) -> None:
    """The second batch is decided anew, on what is durable: it is right all the same."""
    on_line(gate, "alice", "bob")

    async def lost() -> None:
        raise StoreUnavailable("the connection was lost")

    first = [interim(gate, "alice", 3)]
    second = [interim(gate, "alice", 5), interim(gate, "bob", 2)]
    done, followed = both(gate, first, second, fate=lost)
    assert done == [FAILED]
    assert labels(followed) == ["interim", "interim"]
    assert charged(gate, "alice") == 5 * CENT_MICROS
    assert charged(gate, "bob") == 2 * CENT_MICROS
    assert gate.check() == []


def test_who_was_there_first_has_both_batches_decided_again(either_gate: Gate) -> None:
    gate = either_gate
    on_line(gate, "alice")
    first, second = [interim(gate, "alice", 3)], [interim(gate, "alice", 5)]
    top_up = gate.top_up_now
    done, followed = both(gate, first, second, fate=lambda: top_up("alice", 1_000_000))
    assert labels(done) == labels(followed) == ["interim"]
    assert gate.desk.notes["conflict"] == 1
    assert charged(gate, "alice") == 5 * CENT_MICROS
    assert gate.check() == []


def test_a_change_that_is_heard_meanwhile_waits_until_nothing_is_under_way(gate: Gate) -> None:
    on_line(gate, "alice")

    async def heard() -> None:
        await gate.top_up_now("alice", 1_000_000)
        gate.desk.absorb(await gate.store.feed(gate.heard))
        assert not gate.desk.may_look_ahead

    first, second = [interim(gate, "alice", 3)], [interim(gate, "alice", 5)]
    done, followed = both(gate, first, second, fate=heard)
    assert labels(done) == labels(followed) == ["interim"]
    assert gate.desk.pending(), "the top-up asks for a look at the session"
    assert charged(gate, "alice") == 5 * CENT_MICROS


def test_a_batch_that_names_what_is_not_in_memory_waits_for_its_turn(gate: Gate) -> None:
    on_line(gate, "alice")
    gate.add_subscriber("carol")
    login = gate.login("carol", id="id-carol")
    done, followed = both(gate, [interim(gate, "alice", 3)], [login])
    assert labels(done) == ["interim"] and followed is None
    (outcome,) = gate.serve(login)
    assert outcome.reply_code == 2
    assert gate.check() == []


@pytest.mark.parametrize("fate", ["well", "lost", "conflict"])
def test_a_login_is_decided_behind_the_one_that_it_replaces(gate: Gate, fate: str) -> None:
    """Who is known needs no reading; the hold of the first is the second's, whatever happened."""
    gate.add_subscribers(["alice", "bob"])
    gate.settings = replace(gate.settings, known_max_n=2)
    gate.restart()

    async def becomes() -> None:
        if fate == "lost":
            raise StoreUnavailable("the connection was lost")
        if fate == "conflict":
            await gate.top_up_now("bob", 1_000_000)

    mac = "02:00:00:00:00:01"
    first = [gate.login("alice", id="A", mac=mac)]
    second = [gate.login("bob", id="B"), gate.login("alice", id="C", mac=mac)]
    done, followed = both(gate, first, second, fate=becomes)
    assert labels(done) == ([FAILED.label] if fate == "lost" else ["accepted"])
    assert labels(followed) == ["accepted", "accepted"]
    states = [one.state for one in gate.sessions("alice")]
    lapsed = [] if fate == "lost" else [SessionState.LAPSED]
    assert states == [*lapsed, SessionState.ACCEPTED]
    assert gate.account("alice").held_micros == 5_000_000
    assert gate.account("bob").held_micros == (6_000_000 if fate == "conflict" else 5_000_000)
    assert gate.check() == []


def test_a_session_that_ends_behind_its_last_interim_ends_once(gate: Gate) -> None:
    on_line(gate, "alice")
    stop = gate.accounting("stop", login="alice", id="id-alice", o=4 * MB, st=60, t=60)
    _, followed = both(gate, [interim(gate, "alice", 3)], [stop])
    assert labels(followed) == ["stop"]
    (session,) = gate.sessions("alice")
    assert (session.state, session.charged_micros) == (SessionState.CLOSED, 4 * CENT_MICROS)
    assert gate.account("alice").posted_micros == 5_000_000 - 4 * CENT_MICROS
    assert gate.check() == []


def test_an_order_leaves_when_the_batch_that_made_it_is_durable(gate: Gate) -> None:
    on_line(gate, "alice", "bob")
    _, followed = both(gate, [interim(gate, "bob", 2)], [interim(gate, "alice", 500)])
    assert labels(followed) == ["interim"]
    (order,) = gate.orders
    assert order.session_id == gate.sessions("alice")[0].session_id


@pytest.mark.parametrize("conflict", [False, True])
def test_a_decision_that_breaks_ahead_costs_nobody_else_an_answer(
    gate: Gate, monkeypatch: pytest.MonkeyPatch, conflict: bool
) -> None:
    on_line(gate, "alice", "bob", "carol")
    decide = record._apply

    def broken(turn: Any, session: Any, *rest: Any) -> str:
        effect = decide(turn, session, *rest)
        assert session.user_name != "carol", "a planted bug"
        return effect

    monkeypatch.setattr(record, "_apply", broken)

    async def fate() -> None:
        if conflict:
            await gate.top_up_now("alice", 1_000_000)

    stop = gate.accounting("stop", login="carol", id="id-carol", o=2 * MB, st=60, t=60)
    second = [interim(gate, "bob", 2), stop]
    done, followed = both(gate, [interim(gate, "alice", 3)], second, fate=fate)
    assert labels(done) == ([FAILED.label] if conflict else ["interim"])
    assert labels(followed) == ["interim", FAILED.label]
    assert len(gate.broken) == 1
    gate.broken.clear()
    assert [one.charged_micros for one in gate.sessions("bob")] == [2 * CENT_MICROS]
    assert gate.check() == []


def test_nothing_is_decided_behind_a_part_of_a_batch(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where each is served alone, what comes stands behind all of them and not behind the first."""
    on_line(gate, "alice", "bob", "carol", "dora")
    decide = record._apply

    def broken(turn: Any, session: Any, *rest: Any) -> str:
        assert session.user_name != "carol", "a planted bug"
        return decide(turn, session, *rest)

    monkeypatch.setattr(record, "_apply", broken)
    stop = gate.accounting("stop", login="carol", id="id-carol", o=2 * MB, st=60, t=60)
    road, allowed = gate.store._road, []
    write = road.write

    async def look(*args: Any) -> None:
        allowed.append(gate.desk.ahead([interim(gate, "dora", 5)], gate.now_us))
        await write(*args)

    monkeypatch.setattr(road, "write", look)
    done = gate.serve(interim(gate, "alice", 3), stop, interim(gate, "bob", 2))
    assert labels(done) == ["interim", FAILED.label, "interim"]
    assert allowed == [False, False]
    gate.broken.clear()


def test_nothing_is_decided_ahead_of_nothing(gate: Gate) -> None:
    on_line(gate, "alice")
    assert not gate.desk.may_look_ahead
    assert not gate.desk.ahead([interim(gate, "alice", 3)], gate.now_us)
    with pytest.raises(AssertionError, match="nothing was decided ahead"):
        asyncio.run(gate.desk.follow())
