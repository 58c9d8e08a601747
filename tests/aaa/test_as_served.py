"""Fair use: slower by CoA as it is used up, at full speed again by a booster or a new period."""

from __future__ import annotations

import pytest

from aaa.request import Sweep, SweepKind
from domain.grant import OrderKind
from radius import decode_attributes
from tests.aaa.gate import Gate, class_of

GB = 1_000_000_000
PLAN = """
name = "fair"
currency = "USD"

[price.volume]
amount = "0.01"
per = "GB"

[speeds]
down = "50M"
up = "10M"

[fair_use]
period = "day"
{cannot}

[[fair_use.step]]
above = "10 GB"
down = "5M"
up = "1M"

[[fair_use.step]]
above = "20 GB"
down = "1M"
up = "512k"
"""


def begin(gate: Gate, nas: str = "nas") -> bytes:
    token = class_of(gate.accept(id="A", port=1, nas=nas))
    gate.record("start", token=token, nas=nas)
    return token


def rates(gate: Gate) -> list[str]:
    """The Mikrotik-Rate-Limit of each order of a service."""
    found = []
    for order in gate.orders:
        if order.kind is OrderKind.SERVICE:
            pairs = decode_attributes(order.attributes)
            texts = [value[6:].decode() for code, value in pairs if code == 26 and value[4] == 8]
            found += texts
    return found


@pytest.fixture
def fair(gate: Gate) -> Gate:
    gate.add_plan(PLAN.replace("{cannot}", ""))
    gate.add_subscriber(plan="fair")
    return gate


def test_each_step_is_told_once_by_coa_while_the_session_runs(fair: Gate) -> None:
    token = begin(fair)
    for at_s, used in ((300, 9), (600, 11), (900, 12), (1_200, 21), (1_500, 22)):
        fair.at(at_s).record("interim", token=token, st=at_s, o=used * GB)
    assert rates(fair) == ["1M/5M", "512k/1M"]
    assert {order.reason for order in fair.orders if order.kind is OrderKind.SERVICE} == {
        "fair-use"
    }
    assert fair.check() == []


def test_the_next_period_begins_at_full_speed(fair: Gate) -> None:
    token = begin(fair)
    fair.at(300).record("interim", token=token, st=300, o=11 * GB)
    (session,) = fair.sessions()
    assert session.look_us is not None
    fair.now_us = session.look_us
    fair.serve(Sweep(SweepKind.LOOK, frozenset({session.session_id})))
    assert rates(fair) == ["1M/5M", "10M/50M"]
    assert fair.check() == []


def test_who_logs_in_again_is_as_slow_as_before(fair: Gate) -> None:
    token = begin(fair)
    fair.at(300).record("interim", token=token, st=300, o=11 * GB)
    fair.at(310).record("stop", token=token, st=310, o=11 * GB)
    outcome = fair.at(320).accept(id="B", port=1)
    assert b"1M/5M" in outcome.attributes


@pytest.mark.parametrize(
    ("cannot", "orders"), [("disconnect", [OrderKind.DISCONNECT]), ("wait", [])]
)
def test_a_device_that_cannot_slow_a_running_session_is_left_or_ends_it_as_the_plan_says(
    gate: Gate, cannot: str, orders: list[OrderKind]
) -> None:
    """IOS takes a policy by CoA but has no word for none, which is what the last step gives."""
    text = PLAN.replace("{cannot}", f'cannot = "{cannot}"')
    text = text.replace('up = "10M"', 'up = "10M"\ncisco = { down = "FULL", up = "FULL" }')
    gate.add_plan(text)
    gate.add_subscriber(plan="fair")
    gate.add_device("ios", dialect="cisco")
    token = begin(gate, nas="ios")
    gate.at(300).record("interim", token=token, st=300, o=11 * GB, nas="ios")
    assert [order.kind for order in gate.orders] == orders
    assert gate.check() == []
