"""How far bands, bundles and caps carry a session, and what its device is told of that."""

from __future__ import annotations

import pytest

from aaa.grants import UNLIMITED_OCTETS
from aaa.request import Sweep, SweepKind
from domain.grant import OrderKind
from domain.seams import US_PER_S
from tests.aaa.gate import T0_US, Gate, class_of

MB = 1_000_000
# T0 is 08:53:20 on a Thursday; nights are free, and a day brings 5 MB.
PLAN = """
name = "nights"
currency = "USD"
sessions = 2

[[band]]
name = "night"
from = "22:00"
until = "06:00"

[price.volume]
amount = "0.10"
per = "MB"

[[rate]]
bands = ["night"]
volume = { amount = "0", per = "MB" }

[[bundle]]
name = "daily"
volume = "5 MB"
period = "day"
"""
CAPPED = """
name = "capped"
currency = "USD"

[price.volume]
amount = "0.10"
per = "MB"

[[cap]]
period = "day"
most = "1.00"
then = "stop"
"""
NIGHT_S = 13 * 3_600 + 400  # from T0 to 22:00


@pytest.fixture
def nights(gate: Gate) -> Gate:
    gate.add_plan(PLAN)
    gate.add_subscriber(plan="nights")
    return gate


def begin(gate: Gate, port: int = 1, id: str = "A") -> bytes:
    token = class_of(gate.accept(id=id, port=port))
    gate.record("start", token=token, id=id)
    return token


def kinds(gate: Gate) -> list[OrderKind]:
    return [order.kind for order in gate.orders]


def test_a_bundle_and_the_money_after_it_are_how_far_a_session_is_told_to_go(
    nights: Gate,
) -> None:
    begin(nights)
    (session,) = nights.sessions()
    assert session.granted_micros == 2_500_000  # of two that may run
    assert 15 * MB < session.limit_octets <= 30 * MB + 9  # nine octets round down to nothing


def test_a_session_ends_when_bundle_and_money_do(nights: Gate) -> None:
    token = begin(nights)
    nights.at(300).record("interim", token=token, st=300, o=54 * MB)
    assert OrderKind.DISCONNECT not in kinds(nights)
    nights.at(600).record("interim", token=token, st=600, o=55 * MB)
    assert kinds(nights)[-1] is OrderKind.DISCONNECT
    assert nights.account().balance_micros == 0
    assert nights.check() == []


def test_two_sessions_are_promised_a_half_of_a_bundle_each_and_never_spend_it_twice(
    nights: Gate,
) -> None:
    one, two = begin(nights), begin(nights, port=2, id="B")
    nights.at(60).record("interim", token=one, st=60, o=4 * MB)
    nights.at(61).record("interim", token=two, id="B", st=61, o=4 * MB)
    assert sum(session.charged_micros for session in nights.sessions()) == 300_000
    (pot,) = nights.rows("pots")
    assert pot["used"] == pot["granted"] == 5 * MB
    assert nights.check() == []


def test_a_free_band_lifts_the_limit_and_the_next_one_sets_it_again(nights: Gate) -> None:
    token = begin(nights)
    (session,) = nights.sessions()
    assert session.look_us == T0_US + NIGHT_S * US_PER_S
    nights.at(NIGHT_S)
    nights.serve(Sweep(SweepKind.LOOK, frozenset({session.session_id})))
    (session,) = nights.sessions()
    assert session.limit_octets == UNLIMITED_OCTETS
    assert kinds(nights)[-1] is OrderKind.LIMITS
    later_s = NIGHT_S + 3_600
    nights.at(later_s).record("interim", token=token, st=later_s, o=900 * MB)
    (session,) = nights.sessions()
    assert OrderKind.DISCONNECT not in kinds(nights)
    morning_s = NIGHT_S + 8 * 3_600
    nights.at(morning_s).serve(Sweep(SweepKind.LOOK, frozenset({session.session_id})))
    (session,) = nights.sessions()
    assert session.limit_octets < UNLIMITED_OCTETS
    assert nights.check() == []


def test_a_cap_that_stops_is_no_credit_until_its_day_is_over(gate: Gate) -> None:
    gate.add_plan(CAPPED)
    gate.add_subscriber(plan="capped")
    token = begin(gate)
    gate.at(300).record("interim", token=token, st=300, o=12 * MB)
    assert kinds(gate)[-1] is OrderKind.DISCONNECT
    gate.at(310).record("stop", token=token, st=310, o=12 * MB)
    assert gate.account().balance_micros == 4_000_000
    assert gate.at(400).accept(id="B", port=1).reply_code == 3
    # More money would not help: the advice is about the cap.
    assert "a cap that stops" in str(gate.rows("decisions")[-1])
    assert gate.at(86_400).accept(id="C", port=1).reply_code == 2
    assert gate.check() == []


STEPS = """
name = "steps"
currency = "USD"

[price.volume]
amount = "0.10"
per = "MB"
increment = "64 KiB"
minimum = "1 KB"
"""


def test_who_has_used_more_than_the_money_is_cut_in_the_middle_of_an_increment(gate: Gate) -> None:
    gate.add_plan(STEPS)
    gate.add_subscriber(plan="steps", balance_micros=1_000_000)
    token = begin(gate)
    gate.at(300).record("interim", token=token, st=300, o=20 * MB)
    assert gate.account().available_micros < 0
    assert kinds(gate)[-1] is OrderKind.DISCONNECT
    assert gate.check() == []


def test_what_comes_late_of_a_session_that_is_over_is_charged_whatever_plan_there_is_now(
    nights: Gate,
) -> None:
    gate = nights
    gate.add_plan('name = "simple"\ncurrency = "USD"\n')
    token = class_of(gate.accept())
    gate.record("start", token=token)
    gate.at(60).record("stop", token=token, st=60, o=4 * MB)
    gate.change("alice", plan_name="simple")
    gate.hear()
    gate.accept(id="B")  # nothing of this needs a pot
    outcome = gate.at(70).record("interim", token=token, st=70, o=7 * MB)
    assert outcome.reply_code == 5
    (old,) = [one for one in gate.sessions() if one.acct_session_id == "A"]
    assert old.charged_micros == 200_000
    assert gate.check() == []
