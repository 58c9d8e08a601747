"""Ghosts: what a redial replaces, what it leaves alone, and what becomes of late reports."""

from __future__ import annotations

from typing import Any

import pytest

from domain.grant import OrderKind
from domain.session import HoldState, Session, SessionState
from tests.aaa.gate import Gate, class_of, reply_attributes

MAC = "02:00:00:00:00:01"
OTHER = "02:00:00:00:00:02"
MB = 1_000_000


def online(gate: Gate, *, st: int = 600, o: int = MB, **traits: object) -> bytes:
    """alice has dialled in from MAC and reported once; her Class."""
    gate.add_subscriber(**traits)  # type: ignore[arg-type]
    token = class_of(gate.at(0).accept(id="A", mac=MAC, port=1))
    gate.record("start", id="A", token=token, mac=MAC)
    gate.at(st).record("interim", id="A", token=token, mac=MAC, st=st, o=o)
    return token


def by_id(gate: Gate, name: str) -> Session:
    return next(s for s in gate.sessions() if s.acct_session_id == name)


def test_f_40_a_redial_takes_the_place_of_its_own_session_at_once(gate: Gate) -> None:
    online(gate)
    assert gate.account().available_micros == 0, "all money is held, and the one slot taken"
    outcome = gate.at(610).accept(id="B", mac="02-00-00-00-00-01", port=1)
    assert reply_attributes(outcome).vsa_integer(14988, 17) == 499 * MB
    old, new = gate.sessions()
    assert (old.state, old.synthetic, old.terminate_cause) == (SessionState.CLOSED, True, 3)
    assert (old.stop_us, old.session_s, old.charged_micros) == (old.last_event_us, 600, 10_000)
    assert (old.replaced_by, old.hold_state) == (new.session_id, HoldState.POSTED)
    assert gate.orders == [], "nothing is cut on a guess"
    assert gate.account().balance_micros == 4_990_000
    assert gate.check() == []


def test_f_27_a_station_that_roams_to_another_device_replaces_its_session_too(gate: Gate) -> None:
    gate.add_device("roof")
    online(gate)
    assert gate.at(610).accept(id="B", mac=MAC, nas="roof").reply_code == 2
    assert by_id(gate, "A").state is SessionState.CLOSED
    assert gate.check() == []


def test_another_station_replaces_nothing(gate: Gate) -> None:
    online(gate)
    assert gate.at(610).accept(id="B", mac=OTHER, port=1).label == "too-many-sessions"
    assert by_id(gate, "A").state is SessionState.OPEN


def test_a_login_that_names_no_station_replaces_nothing(gate: Gate) -> None:
    gate.add_subscriber()
    token = class_of(gate.accept(id="A", port=1))
    gate.record("start", id="A", token=token)
    assert gate.at(10).accept(id="B", port=1).label == "too-many-sessions"


def test_a_wrong_password_replaces_nothing(gate: Gate) -> None:
    online(gate)
    assert gate.at(610).accept(password=b"guess", id="B", mac=MAC).reply_code == 3
    assert by_id(gate, "A").state is SessionState.OPEN


def test_a_login_that_is_refused_after_all_replaces_nothing(gate: Gate) -> None:
    online(gate)
    gate.correct("alice", -4_990_000)
    assert gate.at(610).accept(id="B", mac=MAC).label == "no-credit"
    assert by_id(gate, "A").replaced_by == 0


def test_a_station_that_is_no_mac_replaces_only_what_keeps_it_out(gate: Gate) -> None:
    """Two telephones behind one address, each with a tunnel of its own."""
    gate.add_plan(
        'name = "two"\ncurrency = "USD"\nsessions = 2\n'
        '[price.volume]\namount = "0.01"\nper = "MB"\n'
    )
    gate.add_subscriber(plan="two")
    for name in ("A", "B"):
        token = class_of(gate.accept(id=name, mac="203.0.113.7"))
        gate.record("start", id=name, token=token, mac="203.0.113.7")
    assert {s.state for s in gate.sessions()} == {SessionState.OPEN}
    assert gate.accept(id="C", mac="203.0.113.7").reply_code == 2
    assert [s.state for s in gate.sessions()][:2] == [SessionState.CLOSED] * 2


def test_a_stop_that_was_under_way_settles_the_ghost_and_cuts_nobody(gate: Gate) -> None:
    token = online(gate)
    fresh = class_of(gate.at(610).accept(id="B", mac=MAC))
    gate.record("start", id="B", token=fresh, mac=MAC)
    gate.at(611).record("stop", id="A", token=token, mac=MAC, st=609, o=2 * MB, t=609, cause=2)
    old = by_id(gate, "A")
    assert (old.state, old.synthetic, old.terminate_cause) == (SessionState.CLOSED, False, 2)
    assert (old.charged_micros, gate.orders) == (20_000, [])
    gate.record("stop", id="A", token=token, mac=MAC, st=609, o=2 * MB, t=609, cause=2)
    assert by_id(gate, "A").charged_micros == 20_000
    assert gate.check() == []


def test_an_interim_that_was_under_way_is_charged_and_wakes_nobody(gate: Gate) -> None:
    token = online(gate)
    gate.at(610).accept(id="B", mac=MAC)
    gate.at(611).record("interim", id="A", token=token, mac=MAC, st=605, o=2 * MB, t=605)
    old = by_id(gate, "A")
    assert (old.state, old.charged_micros) == (SessionState.CLOSED, 20_000)
    assert gate.account().balance_micros == 4_980_000
    assert gate.check() == []


def test_a_ghost_that_reports_while_the_new_session_runs_is_cut_and_pays(gate: Gate) -> None:
    token = online(gate)
    fresh = class_of(gate.at(610).accept(id="B", mac=MAC))
    gate.record("start", id="B", token=fresh, mac=MAC)
    gate.at(900).record("interim", id="A", token=token, mac=MAC, st=900, o=3 * MB)
    (order,) = gate.orders
    old = by_id(gate, "A")
    assert (order.kind, order.reason) == (OrderKind.DISCONNECT, "replaced")
    assert (order.session_id, old.charged_micros) == (old.session_id, 30_000)
    gate.at(905).record("stop", id="A", token=token, mac=MAC, st=905, o=3 * MB)
    assert by_id(gate, "A").state is SessionState.CLOSED
    assert by_id(gate, "B").state is SessionState.OPEN
    assert gate.account().balance_micros == 4_970_000
    assert gate.check() == []


def test_a_ghost_that_reports_before_the_new_session_began_is_cut_when_it_begins(
    gate: Gate,
) -> None:
    token = online(gate)
    fresh = class_of(gate.at(610).accept(id="B", mac=MAC))
    gate.at(620).record("interim", id="A", token=token, mac=MAC, st=620, o=3 * MB)
    assert gate.orders == []
    gate.at(630).record("start", id="B", token=fresh, mac=MAC)
    assert [order.reason for order in gate.orders] == ["money changed", "replaced"]
    assert gate.account().held_micros == 4_970_000, "the new session has the money"
    assert gate.check() == []


def test_a_session_whose_redial_came_to_nothing_goes_on(gate: Gate) -> None:
    token = online(gate)
    gate.at(610).accept(id="B", mac=MAC)
    gate.at(900).record("interim", id="A", token=token, mac=MAC, st=900, o=3 * MB)
    old = by_id(gate, "A")
    assert (old.state, old.replaced_by) == (SessionState.OPEN, 0)
    assert [order.reason for order in gate.orders] == ["re-held"]
    assert (old.hold_state, old.held_micros) == (HoldState.HELD, 4_970_000)
    assert by_id(gate, "B").hold_state is HoldState.VOID
    assert gate.check() == []


def test_f_39_a_login_within_a_session_renews_it(gate: Gate) -> None:
    token = online(gate)
    outcome = gate.at(700).accept(id="A", mac=MAC, port=1)
    assert (outcome.reply_code, class_of(outcome)) == (2, token)
    (session,) = gate.sessions()
    assert session.state is SessionState.OPEN
    assert reply_attributes(outcome).vsa_integer(14988, 17) == 500 * MB, "a total, as before"
    gate.at(900).record("interim", id="A", token=token, mac=MAC, st=900, o=2 * MB)
    assert gate.account().balance_micros == 4_980_000
    assert gate.check() == []


def test_f_39_the_same_id_after_a_report_is_overdue_is_a_new_session_of_a_rebooted_box(
    gate: Gate,
) -> None:
    online(gate)
    interval_s = by_id(gate, "A").interim_s
    token = class_of(gate.at(600 + interval_s * 3 // 2 + 1).accept(id="A", mac=MAC, port=1))
    gate.at(2_000).record("interim", id="A", token=token, mac=MAC, st=60, o=3 * MB)
    old, new = gate.sessions()
    assert (old.state, old.session_s, new.session_s) == (SessionState.CLOSED, 600, 60)
    assert gate.account().balance_micros == 4_960_000, "1 MB of the old and 3 MB of the new one"
    assert gate.check() == []


def test_f_39_a_box_that_names_no_station_may_use_an_id_again(gate: Gate) -> None:
    gate.add_plan('name = "pair"\ncurrency = "USD"\nsessions = 2\n')
    gate.add_subscriber(plan="pair")
    first = class_of(gate.at(0).accept(id="A", port=1))
    gate.record("start", id="A", token=first)
    assert class_of(gate.at(10).accept(id="A", port=1)) != first


def test_f_39_a_renewal_of_paid_time_gets_what_is_left_of_it(gate: Gate) -> None:
    gate.add_plan('name = "hours"\ncurrency = "USD"\n[price.time]\namount = "1.00"\nper = "1h"\n')
    online(gate, plan="hours", balance_micros=1_000_000)
    outcome = gate.at(600).accept(id="A", mac=MAC, port=1)
    assert reply_attributes(outcome).integer(27) == 3_000
    gate.at(3_601).record("interim", id="A", mac=MAC, st=3_601, o=MB)
    assert gate.accept(id="A", mac=MAC, port=1).label == "no-credit"
    assert gate.check() == []


@pytest.mark.parametrize("class_of_login", [True, False], ids=["new Class", "old Class"])
def test_f_39_a_login_within_a_session_that_does_not_name_it_costs_nothing_twice(
    gate: Gate, class_of_login: bool
) -> None:
    token = online(gate)
    fresh = class_of(gate.at(610).accept(mac=MAC))
    said = fresh if class_of_login else token
    for at_s, octets in ((900, 2 * MB), (1_200, 3 * MB)):
        gate.at(at_s).record("interim", id="A", token=said, mac=MAC, st=at_s, o=octets)
    gate.at(1_300).record("stop", id="A", token=said, mac=MAC, st=1_300, o=3 * MB)
    assert gate.account().balance_micros == 4_970_000
    assert gate.account().held_micros == 0
    assert all(order.kind is OrderKind.LIMITS for order in gate.orders)
    assert gate.check() == []


def test_f_03_a_reboot_that_nobody_announced_locks_none_of_400_out(gate: Gate) -> None:
    names = [f"user-{n}" for n in range(400)]
    stations = {name: f"02:00:00:00:{n >> 8:02X}:{n & 255:02X}" for n, name in enumerate(names)}
    gate.add_subscribers(names, balance_micros=1_000_000)
    logins = [gate.login(n, id=f"a-{n}", mac=stations[n], port=1) for n in names]
    tokens = dict(zip(names, map(class_of, gate.at(0).serve(*logins)), strict=True))
    said: list[tuple[str, int, dict[str, Any]]]
    said = [("start", 1, {}), ("interim", 300, {"st": 299, "o": MB})]
    for kind, at_s, used in said:
        gate.at(at_s).serve(
            *(
                gate.accounting(
                    kind, login=n, id=f"a-{n}", mac=stations[n], token=tokens[n], **used
                )
                for n in names
            )
        )
    # The power was away for a minute. Nothing is announced: every modem dials anew.
    logins = [gate.login(n, id=f"b-{n}", mac=stations[n], port=1) for n in names]
    assert [outcome.reply_code for outcome in gate.at(400).serve(*logins)] == [2] * 400
    found = gate.sessions()
    assert [s.charged_micros for s in found if s.state is SessionState.CLOSED] == [10_000] * 400
    assert [s.held_micros for s in found if s.state is SessionState.ACCEPTED] == [990_000] * 400
    assert (gate.orders, gate.check()) == ([], [])
