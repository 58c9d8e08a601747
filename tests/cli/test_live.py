"""What becomes of running sessions, in words; the scenarios show it with a server and a router."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cli import live
from cli.live import Fate
from domain.grant import Order, OrderKind, OrderResult, OrderState
from store.office_live import Watch
from tests.accounting import makers
from tests.cli.house import House, login, record

NAMES = {1: "tower-3"}


def order(order_id: int, kind: OrderKind, result: OrderResult | None, cause: int = 0) -> Order:
    state = OrderState.PENDING if result is None else OrderState.DONE
    return Order(
        order_id=order_id,
        account_id=1,
        session_id=1,
        device_id=1,
        kind=kind,
        reason="suspended",
        attributes=b"",
        address="192.0.2.1",
        port=3799,
        created_us=0,
        state=state,
        result=result,
        error_cause=cause,
    )


ACK, NAK, OBSOLETE = OrderResult.ACK, OrderResult.NAK, OrderResult.OBSOLETE
CUT, SERVICE, LIMITS = OrderKind.DISCONNECT, OrderKind.SERVICE, OrderKind.LIMITS


@pytest.mark.parametrize(
    ("orders", "said"),
    [
        ([order(1, CUT, ACK)], "disconnected"),
        ([order(1, SERVICE, ACK)], "changed by CoA"),
        ([order(1, LIMITS, ACK)], "changed by CoA"),
        ([order(1, SERVICE, NAK, 501), order(2, CUT, ACK)], "disconnected"),
        ([order(1, CUT, NAK, 501)], "refused: Administratively-Prohibited (501)"),
        ([order(1, SERVICE, OrderResult.SILENCE)], "no answer: try `tollhouse nas test`"),
        ([order(1, SERVICE, ACK), order(2, LIMITS, OBSOLETE)], "changed by CoA"),
        ([order(1, LIMITS, OBSOLETE)], "it had ended"),
        ([order(1, CUT, None)], "not answered yet"),
        ([], "nothing to tell"),
    ],
)
def test_one_line_tells_what_came_of_a_session(orders: list[Order], said: str) -> None:
    watch = Watch(5, (makers.session(framed_ip_address="10.0.0.9"),), frozenset())
    fates = live._fates(watch, orders, {1}, looked=True, runs=True)
    assert live.lines(fates, NAMES) == [f"  tower-3, session A at 10.0.0.9: {said}"]


@pytest.mark.parametrize(
    ("alive", "looked", "runs", "said"),
    [
        (False, True, True, "it had ended"),
        (True, False, True, "the server has not come to it yet"),
        (True, False, False, "no server is running; the router is told when one starts"),
    ],
)
def test_without_an_order_it_is_said_why(alive: bool, looked: bool, runs: bool, said: str) -> None:
    watch = Watch(5, (makers.session(device_id=7, acct_session_id=""),), frozenset())
    fates = live._fates(watch, [], {1} if alive else set(), looked=looked, runs=runs)
    assert live.lines(fates, NAMES) == [f"  (removed: 7), session 1: {said}"]


def test_many_sessions_are_told_as_totals() -> None:
    one = makers.session()
    words = [live.CHANGED] * 15 + [live.REFUSED] * 2 + [live.CUT] * 13
    fates = [Fate(replace(one, session_id=n), word) for n, word in enumerate(words)]
    assert live.lines(fates, NAMES) == [
        "  30 sessions: 15 changed by CoA, 13 disconnected, 2 refused"
    ]


def test_with_nobody_on_line_nothing_is_said_and_with_no_server_that(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "NOBODY_US", 0)
    assert house.run("subscriber", "suspend", "alice").stdout == "suspended subscriber alice\n"
    house.run("subscriber", "resume", "alice")
    house.serve(login(), record("start"))
    said = house.run("subscriber", "suspend", "alice").stdout.splitlines()
    assert said == [
        "suspended subscriber alice",
        "  local, session s1: no server is running; the router is told when one starts",
    ]
    said = house.run("subscriber", "resume", "alice", "--no-wait").stdout.splitlines()
    assert said == ["resumed subscriber alice"]
