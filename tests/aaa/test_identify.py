"""Sessions that nobody has begun with us: adopted, unauthorised, or nobody's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from aaa.hearing import Reports
from domain.grant import OrderKind
from domain.seams import US_PER_S
from domain.session import HoldState, Session, SessionState
from tests.aaa.gate import T0_US, Gate, class_of

MAC = "02:00:00:00:00:01"
MB = 1_000_000
DAY_S = 86_400
FEES = (
    'name = "fees"\ncurrency = "USD"\n[price.session]\nfee = "0.25"\n'
    '[price.volume]\namount = "0.01"\nper = "MB"\n[price.time]\namount = "0.36"\nper = "1h"\n'
)


@pytest.fixture
def moved(gate: Gate) -> Iterator[Gate]:
    """Device `old` reports to us since T0; alice has a plan with fee, volume and time."""
    gate.add_device("old", accounting_since_us=T0_US)
    gate.add_plan(FEES)
    gate.add_subscriber(plan="fees")
    yield gate


def heard(gate: Gate, at_s: int, kind: str = "interim", **said: Any) -> Session:
    """A record of alice's session on the old device; the session as it is then."""
    gate.at(at_s).record(kind, nas="old", **said)
    return gate.sessions("alice")[-1]


def test_a_session_that_ran_before_costs_nothing_of_before_and_is_rated_from_then_on(
    moved: Gate,
) -> None:
    one = heard(moved, 60, st=DAY_S, i=3 * MB, o=700 * MB)
    assert (one.adopted, one.charged_micros, one.fee_due) == (True, 0, False)
    assert (one.unrated_input, one.unrated_output, one.unrated_s) == (3 * MB, 700 * MB, DAY_S)
    assert (one.hold_state, one.held_micros) == (HoldState.HELD, 5_000_000)
    assert moved.desk.notes["adopted"] == 1
    one = heard(moved, 160, st=DAY_S + 100, i=4 * MB, o=709 * MB)
    assert one.charged_micros == 10 * 10_000 + 10_000
    one = heard(moved, 260, "stop", st=DAY_S + 200, i=4 * MB, o=709 * MB)
    assert (one.state, one.charged_micros) == (SessionState.CLOSED, 120_000)
    assert moved.account().balance_micros == 4_880_000
    assert moved.check() == []


def test_the_class_of_another_server_does_not_keep_a_session_from_being_adopted(
    moved: Gate,
) -> None:
    assert heard(moved, 60, st=DAY_S, o=MB, token=b"what the last server said").adopted


def test_a_session_whose_first_record_is_its_stop_costs_nothing(moved: Gate) -> None:
    one = heard(moved, 60, "stop", st=DAY_S, o=700 * MB)
    assert (one.adopted, one.state, one.charged_micros) == (True, SessionState.CLOSED, 0)
    assert moved.account().balance_micros == 5_000_000
    assert moved.check() == []


def test_a_session_whose_first_record_has_no_counters_begins_with_those_of_the_next(
    moved: Gate,
) -> None:
    assert heard(moved, 60).adopted
    heard(moved, 360, st=DAY_S, o=700 * MB)
    one = heard(moved, 460, st=DAY_S + 100, o=701 * MB)
    assert one.charged_micros == 10_000 + 10_000
    assert moved.check() == []


def test_an_old_start_that_comes_late_gives_away_what_was_used_before_its_first_report(
    moved: Gate,
) -> None:
    assert heard(moved, 60, "start", t=-100).adopted
    one = heard(moved, 360, st=460, o=5 * MB)
    assert (one.charged_micros, one.unrated_output, one.fee_due) == (0, 5 * MB, False)


def test_a_session_that_began_after_the_switch_pays_from_its_start(moved: Gate) -> None:
    one = heard(moved, 600, st=599, o=MB)
    assert (one.adopted, one.charged_micros) == (False, 250_000 + 10_000 + 59_900)
    assert moved.desk.notes["unauthorised"] == 1


def test_a_session_of_our_own_login_is_not_adopted(moved: Gate) -> None:
    token = class_of(moved.at(10).accept(nas="old", mac=MAC, id="A"))
    one = heard(moved, 610, st=DAY_S, o=MB, token=token)
    assert not one.adopted, "its clock is wrong, its Class is ours"


def test_a_session_of_nobody_goes_to_suspense_though_it_ran_before(moved: Gate) -> None:
    moved.at(60).record("interim", nas="old", login="nobody", st=DAY_S, o=MB)
    (row,) = moved.rows("suspense")
    assert (row["output_octets"], row["state"]) == (MB, "open")


def test_an_adopted_session_ends_with_its_router_and_the_redial_pays_like_any_other(
    moved: Gate,
) -> None:
    heard(moved, 60, st=DAY_S, o=700 * MB, mac=MAC)
    heard(moved, 160, st=DAY_S + 100, o=701 * MB, mac=MAC)
    moved.at(300).record("on", nas="old", t=300)
    token = class_of(moved.at(310).accept(nas="old", mac=MAC, id="B"))
    heard(moved, 311, "start", id="B", mac=MAC, token=token)
    one = heard(moved, 411, "stop", id="B", mac=MAC, token=token, st=100, o=MB)
    old = moved.sessions("alice")[0]
    assert (old.adopted, old.state, old.charged_micros) == (True, SessionState.CLOSED, 20_000)
    assert (one.adopted, one.charged_micros) == (False, 250_000 + 20_000)
    assert moved.check() == []


def test_an_adopted_session_whose_counters_begin_anew_goes_on_from_its_totals(
    moved: Gate,
) -> None:
    heard(moved, 60, st=DAY_S, o=700 * MB)
    for at_s, octets in ((360, MB), (660, 3 * MB)):
        heard(moved, at_s, st=at_s - 60, o=octets)
    one = moved.sessions("alice")[-1]
    assert (one.epoch, one.output_octets, one.unrated_output) == (1, 703 * MB, 700 * MB)
    assert moved.check() == []


def test_switching_400_running_sessions_over_costs_nobody_anything(moved: Gate) -> None:
    names = [f"user-{n}" for n in range(400)]
    moved.add_subscribers(names, plan="fees", balance_micros=1_000_000)

    def report(at_s: int, n: int, name: str, kind: str = "interim") -> Any:
        moved.at(at_s)
        used = {"st": 7 * n + at_s, "i": n * MB, "o": 900 * n * MB, "mac": f"02-00-00-00-{n:02}"}
        return moved.accounting(kind, nas="old", login=name, id=f"id-{n}", **used)

    for at_s in (120, 130):
        moved.serve(*(report(at_s, n, name) for n, name in enumerate(names, 1)))
    found = moved.sessions()
    assert len(found) == 400
    assert all(s.adopted and s.state is SessionState.OPEN for s in found)
    entries = moved.rows("entries")
    assert {row["kind"] for row in entries} == {"top-up"}
    assert [s.charged_micros for s in found] == [1_000] * 400, "the ten seconds since"
    assert {order.kind for order in moved.orders} == {OrderKind.LIMITS}, "nobody is cut"
    moved.serve(*(report(130, n, name, "stop") for n, name in enumerate(names, 1)))
    assert {s.state for s in moved.sessions()} == {SessionState.CLOSED}
    assert moved.check() == []


def test_the_desk_tells_what_records_say_of_their_device(gate: Gate) -> None:
    gate.add_subscriber()
    token = class_of(gate.accept(mac=MAC))
    gate.record("start", token=token, t=7)
    for at_s in (300, 600):
        gate.at(at_s).record("interim", token=token, st=at_s, o=MB, t=at_s + 7)
    device_id = gate.devices["nas"].device_id
    told = Reports(interims_n=2, interim_s=300, clock_offset_us=7 * US_PER_S)
    assert gate.desk.take_reports() == {device_id: told}


def test_a_device_without_interims_keeps_its_sessions(gate: Gate) -> None:
    gate.add_subscriber("bob")
    gate.add_subscriber()
    gate.record("start", login="bob", id="B")
    for n in range(100):
        gate.at(600 * n).record("start", id=f"a-{n}")
        gate.record("stop", id=f"a-{n}", st=1, o=1)
        gate.serve(*gate.desk.due(gate.now_us))
    assert gate.sessions("bob")[0].state is SessionState.OPEN
