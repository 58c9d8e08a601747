"""Walls: who is let in behind one, how live sessions get there and back, and what it costs."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from domain.account import MacMode, Status
from domain.grant import Order, OrderKind, OrderResult
from domain.seams import US_PER_S
from domain.session import HoldState, Session, SessionState, Walled
from radius import Packet, decode_attributes
from tests.aaa.gate import T0_US, Gate, class_of, reply_attributes

MB = 1_000_000
MIKROTIK = 14988
RATE, ADDRESS_LIST, TOTAL = 8, 19, 17
MAC = "02-00-00-00-00-01"


def garden(wall: str, *lines: str, timeout_s: int = 300) -> str:
    said = ", ".join(f"'{line}'" for line in lines or ['Mikrotik-Address-List = "walled"'])
    return f"[{wall}]\nsession_timeout_s = {timeout_s}\n[[{wall}.reply]]\nattributes = [{said}]\n"


HOME = (
    'name = "home"\ncurrency = "USD"\n[speeds]\ndown = "20M"\nup = "5M"\n'
    "[[reply]]\nattributes = ['Mikrotik-Address-List = \"active\"']\n"
)
WALLED = (
    HOME
    + garden("on_expired")
    + garden("on_suspended", 'Mikrotik-Address-List = "suspended"', timeout_s=120)
)
PREPAID = (
    HOME.replace('"home"', '"prepaid"')
    + '[price.volume]\namount = "0.01"\nper = "MB"\n'
    + garden("on_no_credit", 'Mikrotik-Address-List = "broke"', 'Mikrotik-Rate-Limit = "64k/64k"')
)


def day(n: int) -> int:
    return T0_US + n * 86_400 * US_PER_S


def begin(gate: Gate, login: str = "alice", **hints: Any) -> bytes:
    outcome = gate.accept(login, mac=MAC, **hints)
    assert outcome.reply_code == 2, outcome.label
    token = class_of(outcome)
    nas, name = hints.get("nas", "nas"), hints.get("id", "A")
    gate.record("start", login=login, token=token, nas=nas, id=name)
    return token


def told(packet: Packet) -> dict[str, str]:
    """Rate, address list and timeout of a reply or an order."""
    words = {}
    for name, kind in (("rate", RATE), ("list", ADDRESS_LIST)):
        value = packet.vsa(MIKROTIK, kind)
        if value is not None:
            words[name] = value.decode()
    timeout = packet.integer(27)
    if timeout is not None:
        words["timeout"] = str(timeout)
    return words


def content(order: Order) -> Packet:
    return Packet(43, 0, bytes(16), decode_attributes(order.attributes))


def newest(gate: Gate, login: str = "alice") -> Session:
    return gate.sessions(login)[-1]


# -- logins


def test_an_expired_login_is_let_in_behind_the_wall_short_unrated_and_without_a_hold(
    either_gate: Gate,
) -> None:
    gate = either_gate
    gate.add_plan(WALLED)
    gate.add_subscriber("alice", plan="home", valid_until_us=day(-1))
    outcome = gate.accept("alice", mac=MAC)
    assert (outcome.reply_code, outcome.label) == (2, "walled")
    found = told(reply_attributes(outcome))
    assert found["list"] == "walled" and "rate" not in found
    assert 270 <= int(found["timeout"]) <= 330
    one = newest(gate)
    assert (one.walled, one.hold_state, one.look_us) == (Walled.EXPIRED, HoldState.NONE, None)
    (decision,) = gate.rows("decisions")
    assert decision["code"] == "accepted"
    assert json.loads(decision["reply"])["walled"] == "expired"
    gate.at(1).record("start", token=class_of(outcome))
    gate.at(60).record("interim", token=class_of(outcome), st=60, i=MB, o=MB)
    gate.at(90).record("stop", token=class_of(outcome), st=90, i=2 * MB, o=3 * MB)
    one = newest(gate)
    unrated = (one.unrated_input, one.unrated_output, one.unrated_s)
    assert unrated == (2 * MB, 3 * MB, 90)
    assert (one.charged_micros, gate.account().balance_micros) == (0, 5_000_000)
    assert gate.orders == [] and gate.check() == []


@pytest.mark.parametrize(
    ("plan", "traits", "code"),
    [
        (HOME, {"valid_until_us": day(-1)}, "expired"),
        (WALLED, {"valid_until_us": day(-1), "password": b"another"}, "wrong-credential"),
        (
            WALLED,
            {"valid_until_us": day(-1), "mac": "02:00:00:00:00:09", "mac_mode": MacMode.FIXED},
            "wrong-mac",
        ),
        (
            HOME + garden("on_expired") + 'dialect = "cisco"\n',
            {"valid_until_us": day(-1)},
            "expired",
        ),
    ],
    ids=["no garden", "wrong password", "wrong MAC", "a garden for other devices"],
)
def test_without_a_garden_or_a_credential_there_is_no_way_in(
    gate: Gate, plan: str, traits: dict[str, Any], code: str
) -> None:
    gate.add_plan(plan)
    gate.add_subscriber("alice", plan="home", **traits)
    assert gate.accept("alice", mac=MAC).label == code


def test_the_grace_of_the_package_is_served_in_full(gate: Gate) -> None:
    package = '[package]\nprice = "20"\nvalidity = "30d"\ngrace = "2h"\n'
    gate.add_plan(WALLED + package)
    gate.add_subscriber("alice", plan="home", valid_until_us=T0_US - 3_600 * US_PER_S)
    found = told(reply_attributes(gate.accept("alice", mac=MAC)))
    assert found == {"rate": "5M/20M", "list": "active", "timeout": "3660"}
    assert newest(gate).look_us == T0_US + 3_600 * US_PER_S


def test_suspended_counts_before_expired_and_expired_before_no_money(gate: Gate) -> None:
    gate.add_plan(PREPAID + garden("on_expired") + garden("on_suspended", 'Filter-Id = "off"'))
    gate.add_subscriber("alice", plan="prepaid", balance_micros=0)
    gate.accept("alice", mac=MAC)
    gate.change("alice", valid_until_us=day(-1))
    gate.accept("alice", mac=MAC)
    gate.change("alice", status=Status.SUSPENDED)
    gate.accept("alice", mac=MAC)
    assert [one.walled for one in gate.sessions()] == [
        Walled.NO_CREDIT, Walled.EXPIRED, Walled.SUSPENDED,
    ]  # fmt: skip


def test_walled_sessions_take_no_place_of_the_service_and_have_as_many_of_their_own(
    gate: Gate,
) -> None:
    gate.add_plan(PREPAID.replace('"USD"\n', '"USD"\nsessions = 2\n', 1))
    gate.add_subscriber("alice", plan="prepaid", balance_micros=0)
    labels = [gate.accept("alice", mac=f"02-00-00-00-00-0{n}", id=f"S{n}").label for n in range(3)]
    assert labels == ["walled", "walled", "too-many-sessions"]
    gate.top_up("alice", 1_000_000)
    assert gate.accept("alice", mac="02-00-00-00-00-09", id="S9").label == "accepted"


def test_a_garden_keeps_the_addresses_of_the_line_unless_it_has_a_pool_of_its_own(
    gate: Gate,
) -> None:
    pooled = HOME.replace("attributes = [", "attributes = ['Framed-Pool = \"home\"', ")
    gate.add_plan(pooled + garden("on_expired") + garden("on_suspended", 'Framed-Pool = "walled"'))
    gate.add_subscriber("alice", plan="home", valid_until_us=day(-1))
    assert reply_attributes(gate.accept("alice", mac=MAC)).first(88) == b"home"
    gate.change("alice", status=Status.SUSPENDED)
    gate.hear()
    assert reply_attributes(gate.accept("alice", mac=MAC)).all(88) == [b"walled"]


# -- from the service to behind the wall, and back


def test_at_expiry_a_live_session_is_put_behind_the_wall_and_a_renewal_brings_it_back(
    either_gate: Gate,
) -> None:
    gate = either_gate
    gate.add_plan(WALLED)
    gate.add_subscriber("alice", plan="home", valid_until_us=T0_US + 600 * US_PER_S)
    token = begin(gate)
    gate.at(300).record("interim", token=token, st=300, o=30 * MB)
    assert gate.at(599).desk.due(gate.now_us) == []
    gate.at(600).serve(*gate.desk.due(gate.now_us))
    (walled,) = gate.orders
    assert (walled.kind, walled.reason) == (OrderKind.SERVICE, "expired")
    assert told(content(walled)) == {"rate": "0/0", "list": "walled", "timeout": "900"}
    assert gate.desk.due(gate.now_us) == [], "once"
    gate.settle(walled, OrderResult.ACK)
    gate.at(660).record("interim", token=token, st=660, o=40 * MB)
    one = newest(gate)
    assert (one.walled, one.unrated_output, one.unrated_s) == (Walled.EXPIRED, 10 * MB, 360)
    gate.change("alice", valid_until_us=day(30))
    gate.at(661).hear()
    (_, restored) = gate.orders
    assert (restored.kind, restored.reason) == (OrderKind.SERVICE, "restored")
    found = told(content(restored))
    assert (found["rate"], found["list"]) == ("5M/20M", "active")
    assert int(found["timeout"]) == 7 * 86_400
    gate.settle(restored, OrderResult.ACK)
    one = newest(gate)
    assert (one.walled, one.look_us) == (Walled.NO, day(30))
    gate.at(960).record("interim", token=token, st=960, o=50 * MB)
    assert newest(gate).unrated_output == 10 * MB, "counted for the service again"
    assert len(gate.orders) == 2 and gate.check() == []


def test_without_a_garden_it_is_cut_and_a_device_that_cannot_change_live_is_cut_too(
    gate: Gate,
) -> None:
    gate.add_device("bras", dialect="cisco")
    gate.add_plan(HOME.replace('"home"', '"plain"'))
    both = "[on_expired]\n[[on_expired.reply]]\nattributes = ['Filter-Id = \"walled\"']\n"
    gate.add_plan(HOME + both)
    for login, plan, nas in (("alice", "plain", "nas"), ("bob", "home", "bras")):
        gate.add_subscriber(login, plan=plan, valid_until_us=T0_US + 600 * US_PER_S)
        begin(gate, login, nas=nas)
    gate.at(600).serve(*gate.desk.due(gate.now_us))
    assert {(order.kind, order.reason) for order in gate.orders} == {
        (OrderKind.DISCONNECT, "expired")
    }
    assert len(gate.orders) == 2
    assert [one.walled for one in gate.sessions()] == [Walled.NO, Walled.NO]
    gate.record("stop", login="bob", nas="bras", st=600)
    assert gate.accept("bob", mac=MAC, nas="bras").label == "walled"


def test_a_suspended_session_goes_behind_its_wall_at_once_and_resumes_into_the_service(
    gate: Gate,
) -> None:
    gate.add_plan(WALLED)
    gate.add_subscriber("alice", plan="home")
    begin(gate)
    gate.change("alice", status=Status.SUSPENDED)
    gate.at(10).hear()
    gate.change("alice", status=Status.ACTIVE)
    gate.at(20).hear()
    assert [(order.kind, order.reason) for order in gate.orders] == [
        (OrderKind.SERVICE, "suspended"), (OrderKind.SERVICE, "restored"),
    ]  # fmt: skip
    lists = [told(content(order))["list"] for order in gate.orders]
    assert lists == ["suspended", "active"]


def test_money_that_ends_puts_it_behind_the_wall_and_a_top_up_rates_on_from_there(
    either_gate: Gate,
) -> None:
    gate = either_gate
    gate.add_plan(PREPAID)
    gate.add_subscriber("alice", plan="prepaid", balance_micros=1_000_000)
    token = begin(gate)
    gate.at(60).record("interim", token=token, st=60, o=100 * MB)
    (walled,) = gate.orders
    assert (walled.kind, walled.reason) == (OrderKind.SERVICE, "exhausted")
    said = content(walled)
    assert told(said)["rate"] == "64k/64k"
    low, high = said.vsa(MIKROTIK, TOTAL), said.vsa(MIKROTIK, TOTAL + 1)
    assert low is not None and high is not None
    assert int.from_bytes(high) << 32 > 10**15, "the old limit would end it in the garden"
    one = newest(gate)
    assert (one.walled, one.held_micros) == (Walled.NO_CREDIT, 0)
    gate.at(120).record("interim", token=token, st=120, o=107 * MB)
    assert gate.account().balance_micros == 0
    gate.top_up("alice", 500_000)
    gate.at(121).hear()
    (_, restored) = gate.orders
    assert (restored.kind, restored.reason) == (OrderKind.SERVICE, "restored")
    low = content(restored).vsa(MIKROTIK, TOTAL)
    assert low is not None
    guard = 25 * MB // 8  # a second at 25M
    assert int.from_bytes(low) == (100 + 7 + 50) * MB - guard + 50 * 0
    one = newest(gate)
    assert (one.walled, one.held_micros) == (Walled.NO, 500_000)
    gate.at(180).record("interim", token=token, st=180, o=127 * MB)
    assert gate.account().balance_micros == 300_000, "20 MB of it, the 7 in the garden are free"
    gate.at(240).record("stop", token=token, st=240, o=127 * MB)
    assert gate.account().balance_micros == 300_000
    assert gate.check() == []


def test_a_login_without_money_waits_behind_the_wall_until_a_top_up(gate: Gate) -> None:
    gate.add_plan(PREPAID)
    gate.add_subscriber("alice", plan="prepaid", balance_micros=0)
    token = begin(gate)
    gate.at(60).record("interim", token=token, st=60, o=3 * MB)
    assert gate.orders == []
    gate.top_up("alice", 1_000_000)
    gate.at(61).hear()
    assert [order.reason for order in gate.orders] == ["restored"]
    assert newest(gate).held_micros == 1_000_000


def test_a_payment_between_the_accept_and_the_start_is_told_at_the_start(gate: Gate) -> None:
    gate.add_plan(PREPAID)
    gate.add_subscriber("alice", plan="prepaid", balance_micros=0)
    outcome = gate.accept("alice", mac=MAC)
    gate.top_up("alice", 1_000_000)
    gate.at(1).hear()
    assert gate.orders == []
    gate.at(2).record("start", token=class_of(outcome))
    assert [order.reason for order in gate.orders] == ["restored"]


def test_one_that_is_restored_without_a_free_place_stays_behind_its_wall(gate: Gate) -> None:
    gate.add_plan(PREPAID)
    gate.add_subscriber("alice", plan="prepaid", balance_micros=0)
    token = begin(gate)
    gate.top_up("alice", 1_000_000)
    assert gate.accept("alice", mac="02-00-00-00-00-02", id="B").label == "accepted"
    gate.at(5).hear()
    gate.at(60).record("interim", token=token, st=60, o=3 * MB)
    assert gate.orders == []
    assert [one.walled for one in gate.sessions()] == [Walled.NO_CREDIT, Walled.NO]


# -- what devices answer


@pytest.mark.parametrize("result", [OrderResult.NAK, OrderResult.SILENCE])
def test_a_wall_that_the_device_refuses_is_a_disconnect_and_usage_is_rated_meanwhile(
    gate: Gate, result: OrderResult
) -> None:
    gate.add_plan(PREPAID)
    gate.add_subscriber("alice", plan="prepaid", balance_micros=1_000_000)
    token = begin(gate)
    gate.at(60).record("interim", token=token, st=60, o=100 * MB)
    gate.settle(gate.orders[0], result, 401)
    assert [(order.kind, order.reason) for order in gate.orders[1:]] == [
        (OrderKind.DISCONNECT, "exhausted")
    ]
    gate.settle(gate.orders[1], OrderResult.NAK, 401)
    gate.at(120).record("interim", token=token, st=120, o=110 * MB)
    assert [order.kind for order in gate.orders[2:]] == [OrderKind.DISCONNECT], "COA-16"
    assert newest(gate).charged_micros == 1_100_000
    assert gate.check() == []


def test_a_restoration_that_the_device_refuses_is_a_disconnect(gate: Gate) -> None:
    gate.add_plan(WALLED)
    gate.add_subscriber("alice", plan="home", valid_until_us=day(-1))
    token = begin(gate)
    gate.change("alice", valid_until_us=day(1))
    gate.at(5).hear()
    gate.settle(gate.orders[0], OrderResult.NAK, 405)
    assert [order.kind for order in gate.orders] == [OrderKind.SERVICE, OrderKind.DISCONNECT]
    gate.settle(gate.orders[1], OrderResult.SILENCE)
    gate.at(60).record("interim", token=token, st=60)
    assert [order.kind for order in gate.orders[2:]] == [OrderKind.DISCONNECT]


def test_speeds_that_the_device_refuses_are_noted_and_nobody_is_cut(gate: Gate) -> None:
    gate.add_plan(HOME)
    gate.add_subscriber("alice", plan="home")
    token = begin(gate)
    gate.add_plan(HOME.replace("20M", "30M"), at_once=True)
    gate.settle(gate.orders[0], OrderResult.NAK, 401)
    gate.at(60).record("interim", token=token, st=60)
    assert [order.reason for order in gate.orders] == ["service-changed"]
    assert gate.desk.notes["service-refused"] == 1


# -- what changes while a session runs


def test_new_speeds_of_a_plan_are_told_once_to_those_who_have_it(either_gate: Gate) -> None:
    gate = either_gate
    gate.add_plan(HOME)
    gate.add_plan(HOME.replace('"home"', '"other"'))
    for login, plan in (("alice", "home"), ("bob", "other")):
        gate.add_subscriber(login, plan=plan)
        begin(gate, login, id=login)
    gate.add_plan(HOME.replace("20M", "30M"), at_once=True)
    (order,) = gate.orders
    assert (order.kind, order.reason) == (OrderKind.SERVICE, "service-changed")
    assert order.account_id == gate.account("alice").account_id
    assert told(content(order)) == {"rate": "5M/30M", "timeout": str(7 * 86_400)}
    gate.top_up("alice", 1_000_000)
    gate.at(60).hear()
    assert len(gate.orders) == 1, "nothing is told twice"


def test_without_the_operators_word_a_session_keeps_what_it_was_told(gate: Gate) -> None:
    first = gate.add_plan(HOME)
    gate.add_subscriber("alice", plan="home")
    begin(gate)
    second = gate.add_plan(HOME.replace("20M", "30M"))
    gate.top_up("alice", 1_000_000)
    assert gate.orders == [] and newest(gate).plan_id == first.plan_id
    begin(gate, id="B")
    assert newest(gate).plan_id == second.plan_id, "the next login has the newest"


BOUGHT = (
    'name = "paid"\ncurrency = "USD"\n[package]\nprice = "1"\nvalidity = "1d"\n'
    '[speeds]\ndown = "{}M"\nup = "5M"\n[price.volume]\namount = "0.01"\nper = "MB"\n'
)


@pytest.mark.parametrize("more", ["", '[[bundle]]\nname = "all"\nvolume = "1 GB"\n'])
def test_a_paid_period_keeps_its_version_and_the_one_bought_next_has_its_own(
    either_gate: Gate, more: str
) -> None:
    gate = either_gate
    first = gate.add_plan(BOUGHT.format(20) + more)
    gate.add_subscriber("alice", plan="paid")
    gate.change("alice", valid_until_us=day(1), plan_id=first.plan_id)
    begin(gate)
    second = gate.add_plan(BOUGHT.format(30) + more)
    begin(gate, id="B")
    gate.restart()
    begin(gate, id="C")
    assert {one.plan_id for one in gate.sessions("alice")} == {first.plan_id}
    assert [one.kind for one in gate.orders if one.kind is OrderKind.SERVICE] == []
    bought = {"periods_ahead_us": (day(1),), "plan_ids_ahead": (second.plan_id,)}
    gate.change("alice", valid_until_us=day(2), **bought)
    session = newest(gate)
    assert session.look_us == day(1)
    gate.at(86_401).serve(*gate.desk.due(day(1) + US_PER_S))
    contents = [told(content(one)) for one in gate.orders if one.session_id == session.session_id]
    assert [words["rate"] for words in contents if "rate" in words] == ["5M/30M"]
    assert newest(gate).plan_id == first.plan_id, "at the prices it began with"
    begin(gate, id="D")
    assert newest(gate).plan_id == second.plan_id
    third = gate.add_plan(BOUGHT.format(40) + more, at_once=True)
    begin(gate, id="E")
    assert newest(gate).plan_id == third.plan_id


def test_a_period_bought_ahead_keeps_its_version_behind_one_that_nobody_knows(
    either_gate: Gate,
) -> None:
    gate = either_gate
    gate.add_plan(BOUGHT.format(20))
    gate.add_subscriber("alice", plan="paid")
    second = gate.add_plan(BOUGHT.format(30))
    bought = {"periods_ahead_us": (day(1),), "plan_ids_ahead": (second.plan_id,)}
    gate.change("alice", plan_id=0, valid_until_us=day(2), **bought)
    gate.add_plan(BOUGHT.format(40))
    gate.at(86_401)
    begin(gate)
    assert newest(gate).plan_id == second.plan_id


def test_a_month_that_is_counted_keeps_its_version(gate: Gate) -> None:
    monthly = PREPAID + '[[bundle]]\nname = "all"\nvolume = "{} GB"\nperiod = "month"\n'
    first = gate.add_plan(monthly.format(1))
    gate.add_subscriber("alice", plan="prepaid")
    gate.at(3_600)
    second = gate.add_plan(monthly.format(2))
    begin(gate)
    assert newest(gate).plan_id == first.plan_id
    gate.record("stop", token=b"", id="A")
    gate.at(32 * 86_400)
    begin(gate, id="B")
    assert newest(gate).plan_id == second.plan_id


def test_a_plan_of_other_prices_needs_a_new_login_and_one_without_prices_does_not(
    gate: Gate,
) -> None:
    gate.add_plan(HOME)
    gate.add_plan(HOME.replace('"home"', '"faster"').replace("20M", "50M"))
    gate.add_plan(PREPAID)
    gate.add_subscriber("alice", plan="home")
    token = begin(gate)
    before = newest(gate).plan_id
    gate.change("alice", plan_name="faster")
    gate.at(5).hear()
    assert told(content(gate.orders[0]))["rate"] == "5M/50M"
    assert newest(gate).plan_id == before
    gate.change("alice", plan_name="prepaid")
    gate.at(10).hear()
    (_, order) = gate.orders
    assert (order.kind, order.reason) == (OrderKind.DISCONNECT, "plan-changed")
    gate.settle(order, OrderResult.NAK, 401)
    gate.at(60).record("interim", token=token, st=60, o=MB)
    assert gate.orders[-1].reason == "plan-changed" and len(gate.orders) == 3


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"framed_ip_address": "10.9.9.9"}, "address-changed"),
        ({"mac": "02:00:00:00:00:09", "mac_mode": MacMode.FIXED}, "wrong-mac"),
        ({"device_ids": (7,)}, "wrong-nas"),
        ({"status": Status.CLOSED}, "closed"),
    ],
)
def test_what_no_coa_can_change_ends_the_session(
    gate: Gate, change: dict[str, Any], reason: str
) -> None:
    gate.add_plan(HOME)
    gate.add_subscriber("alice", plan="home")
    begin(gate)
    gate.change("alice", **change)
    gate.at(5).hear()
    (order,) = gate.orders
    assert (order.kind, order.reason) == (OrderKind.DISCONNECT, reason)


def test_a_change_that_still_fits_ends_nothing(gate: Gate) -> None:
    gate.add_plan(HOME)
    gate.add_subscriber("alice", plan="home")
    begin(gate)
    here = gate.devices["nas"].device_id
    gate.change(
        "alice", mac="02:00:00:00:00:01", mac_mode=MacMode.FIXED, device_ids=(here,), name="A"
    )
    gate.at(5).hear()
    assert gate.orders == []


def test_a_validity_that_moves_is_told_as_a_new_timeout(gate: Gate) -> None:
    gate.add_plan(HOME)
    gate.add_subscriber("alice", plan="home", valid_until_us=T0_US + 600 * US_PER_S)
    begin(gate)
    for seconds in (3_000, 1_200, 1_210):
        gate.change("alice", valid_until_us=T0_US + seconds * US_PER_S)
        gate.at(5).hear()
    assert [told(content(order))["timeout"] for order in gate.orders] == ["3060", "1260"]
    assert newest(gate).look_us == T0_US + 1_210 * US_PER_S


def test_a_session_from_before_anything_was_remembered_is_told_only_what_changes(
    gate: Gate,
) -> None:
    gate.add_plan(HOME)
    gate.add_subscriber("alice", plan="home")
    gate.record("interim", st=60, o=MB)  # nobody asked us about it
    assert newest(gate).told == b""
    gate.top_up("alice", 1)
    gate.at(5).hear()
    assert gate.orders == []
    gate.add_plan(HOME.replace("20M", "30M"), at_once=True)
    (order,) = gate.orders
    assert told(content(order))["rate"] == "5M/30M"


def test_after_a_restart_what_time_has_decided_meanwhile_is_done(gate: Gate) -> None:
    gate.add_plan(WALLED)
    gate.add_subscriber("alice", plan="home", valid_until_us=T0_US + 600 * US_PER_S)
    begin(gate)
    gate.restart()
    gate.at(5_000).serve(*gate.desk.due(gate.now_us))
    assert [order.reason for order in gate.orders] == ["expired"]


# -- one session in several logins and several sessions


def test_f_39_a_login_within_a_session_moves_it_behind_the_wall_and_back(gate: Gate) -> None:
    gate.add_plan(PREPAID + garden("on_expired"))
    gate.add_subscriber("alice", plan="prepaid", valid_until_us=T0_US + 600 * US_PER_S)
    token = begin(gate, id="A")
    gate.at(600).record("interim", token=token, st=590, o=10 * MB)
    gate.at(700)
    again = gate.accept("alice", mac=MAC, id="A")
    assert (again.label, class_of(again)) == ("walled", token)
    gate.at(800).record("interim", token=token, st=790, o=15 * MB)
    gate.change("alice", valid_until_us=day(1))
    back = gate.at(801).accept("alice", mac=MAC, id="A")
    assert (back.label, class_of(back)) == ("accepted", token)
    gate.at(900).record("stop", token=token, st=900, o=20 * MB)
    (one,) = gate.sessions()
    assert (one.unrated_output, one.charged_micros) == (5 * MB, 150_000)
    assert gate.check() == []


def test_parts_of_one_accept_stand_behind_the_same_wall(gate: Gate) -> None:
    gate.add_plan(WALLED)
    gate.add_subscriber("alice", plan="home", valid_until_us=day(-1))
    token = begin(gate)
    gate.at(60).record("interim", token=token, st=60, o=MB)
    gate.record("start", token=token, id="A2")
    gate.at(120).record("interim", token=token, id="A2", st=60, o=MB)
    assert {one.walled for one in gate.sessions()} == {Walled.EXPIRED}
    assert gate.orders == []


def test_a_closed_session_is_looked_at_no_more(gate: Gate) -> None:
    gate.add_plan(WALLED)
    gate.add_subscriber("alice", plan="home", valid_until_us=T0_US + 600 * US_PER_S)
    token = begin(gate)
    gate.at(60).record("stop", token=token, st=60)
    (one,) = gate.sessions()
    assert (one.state, one.look_us) == (SessionState.CLOSED, None)
    assert replace(one, look_us=None) == one


def test_a_session_of_a_removed_device_is_looked_at_once(gate: Gate) -> None:
    gate.add_plan(WALLED)
    gate.add_subscriber("alice", plan="home", valid_until_us=T0_US + 600 * US_PER_S)
    begin(gate)
    gate.remove_device("nas")
    gate.at(600).serve(*gate.desk.due(gate.now_us))
    assert gate.orders == [] and gate.desk.due(gate.now_us) == []


def test_while_a_disconnect_is_under_way_no_wall_is_put_up(gate: Gate) -> None:
    gate.add_plan(PREPAID.replace("on_no_credit", "on_expired"))
    gate.add_subscriber("alice", plan="prepaid", balance_micros=1_000_000)
    token = begin(gate)
    gate.at(60).record("interim", token=token, st=60, o=100 * MB)
    gate.change("alice", valid_until_us=day(-1))
    gate.at(61).hear()
    assert [(order.kind, order.reason) for order in gate.orders] == [
        (OrderKind.DISCONNECT, "exhausted")
    ]
    gate.settle(gate.orders[0], OrderResult.NAK, 501)
    gate.at(120).record("interim", token=token, st=120, o=101 * MB)
    assert (gate.orders[1].kind, gate.orders[1].reason) == (OrderKind.SERVICE, "expired")
