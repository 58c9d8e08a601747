"""The end of the money: cut, re-hold, top-up, and what devices answer (Prepaid, to the end)."""

from __future__ import annotations

import pytest

from domain.account import Status
from domain.grant import OrderKind, OrderResult
from domain.seams import US_PER_S
from domain.session import HoldState, SessionState
from radius import Packet, decode_attributes
from tests.aaa.gate import T0_US, Gate, class_of, reply_attributes

MB = 1_000_000
MAC = "02-00-00-00-00-01"


def begin(gate: Gate, login: str = "alice", **hints: object) -> bytes:
    """Log in and start; the Class."""
    outcome = gate.accept(login, **hints)
    assert outcome.reply_code == 2, outcome.label
    token = class_of(outcome)
    gate.record("start", login=login, token=token, id=str(hints.get("id", "A")))
    return token


def test_the_money_goes_down_by_the_price_of_the_bytes_and_then_the_session_is_cut(
    either_gate: Gate,
) -> None:
    gate = either_gate
    gate.add_subscriber()
    token = begin(gate)
    gate.at(60).record("interim", token=token, st=60, i=12_345_678, o=100_000_001)
    assert gate.account().balance_micros == 5_000_000 - (112_345_679 // 100)
    assert gate.account().available_micros == 0
    assert not gate.orders
    gate.at(120).record("interim", token=token, st=120, i=20 * MB, o=480 * MB)
    account = gate.account()
    assert (account.balance_micros, account.held_micros) == (0, 0)
    (order,) = gate.orders
    assert (order.kind, order.reason) == (OrderKind.DISCONNECT, "exhausted")
    assert (order.address, order.port) == ("10.0.0.1", 3799)
    named = Packet(40, 0, bytes(16), decode_attributes(order.attributes))
    assert (named.first(44), named.first(1)) == (b"A", b"alice")
    gate.at(121).record("stop", token=token, st=121, i=20 * MB, o=481 * MB, cause=6)
    assert gate.account().balance_micros == -10_000
    assert gate.check() == []


def test_a_cut_is_ordered_once_until_the_device_has_answered(gate: Gate) -> None:
    gate.add_subscriber()
    token = begin(gate)
    gate.at(60).record("interim", token=token, st=60, o=500 * MB)
    gate.at(70).record("interim", token=token, st=70, o=501 * MB)
    (order,) = gate.orders
    # COA-16: refused or unheard, it is told again at the next record.
    gate.settle(order, OrderResult.SILENCE)
    gate.at(130).record("interim", token=token, st=130, o=502 * MB)
    assert len(gate.orders) == 2
    (first, _) = gate.rows("orders")
    assert (first["state"], first["result"]) == ("failed", "silence")


def test_q_26_a_disconnect_acknowledged_without_a_stop_closes_and_a_late_stop_overrides(
    gate: Gate,
) -> None:
    gate.add_subscriber()
    token = begin(gate)
    gate.at(60).record("interim", token=token, st=60, o=500 * MB)
    gate.settle(gate.orders[0], OrderResult.ACK)
    assert gate.desk.due(gate.at(100).now_us) == []
    gate.serve(*gate.desk.due(gate.at(125).now_us))
    (session,) = gate.sessions()
    assert (session.state, session.synthetic, session.terminate_cause) == (
        SessionState.CLOSED,
        True,
        6,
    )
    gate.at(130).record("stop", token=token, st=62, o=501 * MB, cause=1)
    (session,) = gate.sessions()
    assert (session.synthetic, session.terminate_cause) == (False, 1)
    assert gate.account().balance_micros == -10_000
    assert gate.check() == []


def test_coa_11_nak_503_ends_the_session_at_its_last_usage(gate: Gate) -> None:
    gate.add_subscriber()
    token = begin(gate)
    gate.at(60).record("interim", token=token, st=60, o=500 * MB)
    gate.settle(gate.orders[0], OrderResult.NAK, 503)
    (session,) = gate.sessions()
    assert (session.state, session.synthetic, session.terminate_cause) == (
        SessionState.CLOSED,
        True,
        3,
    )
    assert gate.account().held_micros == 0
    assert gate.check() == []


def test_a_top_up_during_a_session_is_granted_at_once(either_gate: Gate) -> None:
    gate = either_gate
    gate.add_subscriber()
    token = begin(gate)
    gate.at(60).record("interim", token=token, st=60, o=400 * MB)
    gate.top_up("alice", 2_000_000)
    gate.hear()
    (order,) = gate.orders
    assert (order.kind, order.reason) == (OrderKind.LIMITS, "money changed")
    told = Packet(43, 0, bytes(16), decode_attributes(order.attributes))
    assert told.vsa_integer(14988, 17) == 700 * MB
    account = gate.account()
    assert (account.balance_micros, account.held_micros) == (3_000_000, 3_000_000)
    gate.at(120).record("interim", token=token, st=120, o=600 * MB)
    assert len(gate.orders) == 1, "past its first hold, and not cut"
    gate.at(180).record("interim", token=token, st=180, o=700 * MB)
    assert gate.orders[-1].kind is OrderKind.DISCONNECT
    assert gate.check() == []


def test_money_that_others_hold_is_not_spent_twice(gate: Gate) -> None:
    gate.add_plan(
        'name = "two"\ncurrency = "USD"\nsessions = 2\n'
        '[price.volume]\namount = "0.01"\nper = "MB"\n'
    )
    gate.add_subscriber("bob", plan="two")
    first = begin(gate, "bob", id="A", mac=MAC)
    second = begin(gate, "bob", id="B", mac="02-00-00-00-00-02")
    gate.at(60).record("interim", login="bob", token=first, id="A", st=60, o=250 * MB)
    assert gate.orders[0].reason == "exhausted"
    gate.at(61).record("stop", login="bob", token=first, id="A", st=61, o=250 * MB)
    assert gate.account("bob").held_micros == 2_500_000
    gate.at(90).record("interim", login="bob", token=second, id="B", st=90, o=250 * MB)
    assert len(gate.orders) == 2
    assert gate.check() == []


def test_a_session_past_its_hold_takes_what_has_come_free(gate: Gate) -> None:
    """Two sessions shared the money; one ended unused, the other goes on with its part."""
    gate.add_plan(
        'name = "two"\ncurrency = "USD"\nsessions = 2\n'
        '[price.volume]\namount = "0.01"\nper = "MB"\n'
    )
    gate.add_subscriber("bob", plan="two")
    first = begin(gate, "bob", id="A", mac=MAC)
    second = begin(gate, "bob", id="B", mac="02-00-00-00-00-02")
    gate.at(30).record("stop", login="bob", token=second, id="B", st=30)
    gate.at(60).record("interim", login="bob", token=first, id="A", st=60, o=250 * MB)
    (order,) = gate.orders
    assert (order.kind, order.reason) == (OrderKind.LIMITS, "re-held")
    told = Packet(43, 0, bytes(16), decode_attributes(order.attributes))
    # Half of the 2.50 that is left, since the plan has another slot.
    assert told.vsa_integer(14988, 17) == 375 * MB
    assert gate.check() == []


def test_a_correction_downwards_takes_back_what_was_promised(gate: Gate) -> None:
    gate.add_subscriber()
    token = begin(gate)
    gate.at(60).record("interim", token=token, st=60, o=100 * MB)
    gate.correct("alice", -3_000_000)
    gate.hear()
    (order,) = gate.orders
    told = Packet(43, 0, bytes(16), decode_attributes(order.attributes))
    assert told.vsa_integer(14988, 17) == 200 * MB
    gate.correct("alice", -3_000_000)
    gate.hear()
    assert gate.orders[-1].kind is OrderKind.DISCONNECT
    account = gate.account()
    assert (account.balance_micros, account.held_micros) == (-2_000_000, 0)
    assert gate.check() == []


@pytest.mark.parametrize("status", [Status.SUSPENDED, Status.CLOSED])
def test_a_suspended_subscriber_is_cut_at_once(gate: Gate, status: Status) -> None:
    gate.add_subscriber()
    begin(gate)
    gate.change("alice", status=status)
    gate.hear()
    (order,) = gate.orders
    assert (order.kind, order.reason) == (OrderKind.DISCONNECT, str(status))


def test_a_device_without_limits_by_coa_is_not_told_any(gate: Gate) -> None:
    gate.add_device("cisco", dialect="cisco", coa_port=1700)
    gate.add_subscriber()
    outcome = gate.accept(nas="cisco")
    assert reply_attributes(outcome).vsa(14988, 17) is None
    token = class_of(outcome)
    gate.record("start", nas="cisco", token=token)
    gate.top_up("alice", 1_000_000)
    gate.hear()
    assert not gate.orders
    gate.at(60).record("interim", nas="cisco", token=token, st=60, o=600 * MB)
    (order,) = gate.orders
    assert (order.kind, order.port) == (OrderKind.DISCONNECT, 1700)


def test_a_session_we_never_accepted_holds_money_or_is_cut(gate: Gate) -> None:
    gate.add_subscriber()
    gate.record("start")
    assert gate.account().held_micros == 5_000_000
    gate.add_subscriber("bob", balance_micros=0)
    gate.record("start", login="bob", id="B")
    limits, cut = gate.orders
    assert (limits.kind, limits.reason) == (OrderKind.LIMITS, "money changed")
    assert (cut.kind, cut.reason) == (OrderKind.DISCONNECT, "exhausted")


def test_a_session_whose_money_another_has_used_before_its_start_is_cut_at_its_start(
    gate: Gate,
) -> None:
    gate.add_device("cisco", dialect="cisco", coa_port=1700)
    gate.add_plan(SHARED.replace("60 MB", "1 MB"))
    gate.add_subscriber(plan="shared", balance_micros=1_000_000)
    first = class_of(gate.accept(nas="cisco", id="A", port=1))
    gate.record("start", nas="cisco", token=first, id="A")
    second = class_of(gate.accept(id="B", port=2))
    gate.at(60).record("interim", nas="cisco", token=first, id="A", st=60, o=200 * MB)
    gate.at(61).record("start", token=second, id="B")
    late = gate.sessions()[1]
    assert [one.kind for one in gate.orders if one.session_id == late.session_id] == [
        OrderKind.DISCONNECT
    ]
    assert late.held_micros == 0
    assert gate.check() == []


def test_a_plan_without_prices_holds_nothing_and_cuts_nobody(gate: Gate) -> None:
    gate.add_plan('name = "flat"\ncurrency = "USD"\n')
    gate.add_subscriber("bob", plan="flat", balance_micros=0)
    token = begin(gate, "bob")
    gate.at(60).record("interim", login="bob", token=token, st=60, o=10**12)
    assert not gate.orders
    assert gate.account("bob").balance_micros == 0
    assert {session.hold_state for session in gate.sessions()} == {HoldState.NONE}


def test_a_session_fee_is_charged_at_the_start_and_once(gate: Gate) -> None:
    gate.add_plan(
        'name = "fee"\ncurrency = "USD"\n[price.session]\nfee = "0.25"\n'
        '[price.volume]\namount = "0.01"\nper = "MB"\n'
    )
    gate.add_subscriber("bob", plan="fee", balance_micros=1_000_000)
    outcome = gate.accept("bob")
    assert reply_attributes(outcome).vsa_integer(14988, 17) == 75 * MB
    assert gate.account("bob").balance_micros == 1_000_000
    token = class_of(outcome)
    for _ in range(2):
        gate.record("start", login="bob", token=token)
    assert gate.account("bob").balance_micros == 750_000
    gate.at(60).record("interim", login="bob", token=token, st=60, o=75 * MB)
    assert gate.orders[-1].reason == "exhausted"
    assert gate.account("bob").balance_micros == 0


def test_a_fee_alone_is_held_and_nobody_is_cut_for_having_paid_it(gate: Gate) -> None:
    gate.add_plan('name = "entry"\ncurrency = "USD"\n[price.session]\nfee = "0.25"\n')
    gate.add_subscriber("bob", plan="entry", balance_micros=1_000_000)
    token = class_of(gate.accept("bob"))
    assert gate.account("bob").held_micros == 250_000
    gate.record("start", login="bob", token=token)
    gate.at(60).record("interim", login="bob", token=token, st=60, o=10**12)
    assert not gate.orders
    assert gate.account("bob").balance_micros == 750_000
    gate.add_subscriber("eve", plan="entry", balance_micros=240_000)
    assert gate.accept("eve").label == "no-credit"


def test_coa_13_an_acknowledged_user_who_goes_on_is_cut_again(gate: Gate) -> None:
    gate.add_subscriber()
    token = begin(gate)
    gate.at(60).record("interim", token=token, st=60, o=500 * MB)
    gate.settle(gate.orders[0], OrderResult.ACK)
    gate.at(62).record("interim", token=token, st=62, o=500 * MB)
    assert len(gate.orders) == 1, "a record that was under way"
    gate.at(90).record("interim", token=token, st=90, o=510 * MB)
    assert len(gate.orders) == 2


def test_l8_a_fact_below_the_floor_posts_in_full_and_says_how_far(gate: Gate) -> None:
    gate.add_subscriber()
    token = begin(gate)
    gate.at(60).record("stop", token=token, st=60, o=600 * MB)
    charge = next(row for row in gate.rows("entries") if row["kind"] == "charge")
    assert charge["overrun_micros"] == 1_000_000
    assert charge["reason"].endswith(
        "below the floor by 1000000 micros, no bound, the line rate is not known"
    )
    assert gate.account().balance_micros == -1_000_000
    assert gate.check() == []


def test_facts_after_a_promise_in_one_batch_do_not_stop_the_batch(gate: Gate) -> None:
    """The first interim re-holds, the second uses more than that: both are acknowledged."""
    gate.add_plan(TWO)
    gate.add_subscriber("bob", plan="two")
    token = begin(gate, "bob", id="A", mac=MAC)
    requests = [
        gate.at(at_s).accounting("interim", login="bob", token=token, id="A", st=at_s, o=octets)
        for at_s, octets in ((60, 250 * MB), (120, 900 * MB))
    ]
    assert [outcome.reply_code for outcome in gate.serve(*requests)] == [5, 5]
    assert gate.account("bob").balance_micros == -4_000_000
    assert gate.check() == []


TWO = 'name = "two"\ncurrency = "USD"\nsessions = 2\n[price.volume]\namount = "0.01"\nper = "MB"\n'


def test_rechecks_do_not_let_one_session_creep_towards_all_the_money(gate: Gate) -> None:
    gate.add_plan(TWO)
    gate.add_subscriber("bob", plan="two")
    begin(gate, "bob", id="A", mac=MAC)
    for _ in range(3):
        gate.change("bob", mac="02:00:00:00:00:01")
        gate.hear()
    assert gate.account("bob").held_micros == 2_500_000
    gate.top_up("bob", 1_000_000)
    gate.hear()
    assert gate.account("bob").held_micros == 3_000_000


def test_a_fee_is_owed_once_for_one_accept_however_the_device_splits_it_f_54(gate: Gate) -> None:
    gate.add_plan(
        'name = "fee"\ncurrency = "USD"\n[price.session]\nfee = "0.25"\n'
        '[price.volume]\namount = "0.01"\nper = "MB"\n'
    )
    gate.add_subscriber("bob", plan="fee", balance_micros=1_000_000)
    token = begin(gate, "bob", id="A")
    # The Start of the second part overtakes the Stop of the first.
    gate.at(60).record("start", login="bob", token=token, id="B")
    assert not [order for order in gate.orders if order.kind is OrderKind.DISCONNECT]
    gate.record("stop", login="bob", token=token, id="A", st=60, o=MB)
    gate.at(120).record("stop", login="bob", token=token, id="B", st=60, o=MB)
    assert gate.account("bob").balance_micros == 1_000_000 - 250_000 - 20_000
    assert gate.check() == []


def test_a_paid_fee_is_not_asked_again_when_a_closed_session_comes_back(gate: Gate) -> None:
    gate.add_plan('name = "entry"\ncurrency = "USD"\n[price.session]\nfee = "0.25"\n')
    gate.add_subscriber("bob", plan="entry", balance_micros=250_000)
    token = begin(gate, "bob")
    gate.at(100).record("on")
    gate.at(160).record("interim", login="bob", token=token, st=160, o=MB)
    assert not gate.orders
    assert gate.account("bob").balance_micros == 0
    assert gate.check() == []


def test_the_login_that_the_device_took_is_the_one_that_holds_the_money(gate: Gate) -> None:
    """Asked twice, answered twice: the session begins under the first answer's Class."""
    gate.add_subscriber()
    first = class_of(gate.accept(mac=MAC))
    gate.accept(mac=MAC)
    gate.record("start", token=first, mac=MAC)
    assert not [order for order in gate.orders if order.kind is OrderKind.DISCONNECT]
    assert gate.account().held_micros == 5_000_000
    states = sorted(session.state for session in gate.sessions())
    assert states == [SessionState.OPEN, SessionState.LAPSED]
    assert gate.check() == []


def test_included_usage_is_promised_in_parts_to_sessions_at_once(gate: Gate) -> None:
    gate.add_plan(
        'name = "pot"\ncurrency = "USD"\nsessions = 2\n[included]\nvolume = "1 GB"\n'
        '[price.volume]\namount = "0.01"\nper = "MB"\n'
    )
    gate.add_subscriber("bob", plan="pot", balance_micros=0)
    begin(gate, "bob", id="A", mac=MAC)
    second = gate.accept("bob", id="B", mac="02-00-00-00-00-02")
    assert reply_attributes(second).vsa_integer(14988, 17) == 500 * MB


def test_a_top_up_goes_to_the_next_login_and_not_to_one_that_never_began(gate: Gate) -> None:
    gate.add_subscriber()
    gate.accept(port=1, mac=MAC)
    gate.at(61)
    assert gate.accept(port=2, mac="02-00-00-00-00-02").label == "no-credit"
    decision = gate.rows("decisions")[-1]
    assert "logins that never began" in decision["reply"]
    gate.top_up("alice", 3_000_000)
    gate.hear()
    again = gate.accept(port=2, mac="02-00-00-00-00-02")
    assert reply_attributes(again).vsa_integer(14988, 17) == 300 * MB
    assert gate.check() == []


def test_a_top_up_between_the_accept_and_the_start_is_told_at_the_start(gate: Gate) -> None:
    gate.add_subscriber()
    token = class_of(gate.accept(mac=MAC))
    gate.top_up("alice", 3_000_000)
    gate.hear()
    assert not gate.orders
    gate.at(2).record("start", token=token, mac=MAC)
    (order,) = gate.orders
    told = Packet(43, 0, bytes(16), decode_attributes(order.attributes))
    assert told.vsa_integer(14988, 17) == 800 * MB
    assert gate.account().held_micros == 8_000_000
    assert gate.check() == []


FAST = (
    'name = "fast"\ncurrency = "USD"\ninterim_s = 300\n[speeds]\ndown = "10M"\nup = "2M"\n'
    '[price.volume]\namount = "0.01"\nper = "MB"\n'
)


@pytest.mark.parametrize(
    ("dialect", "bound"),
    # 12 Mbit/s are 1.5 MB a second. RouterOS stops at its octet limit within a second; elsewhere
    # an interval of 300 s, a tenth more, and 35 s for the Disconnect go by.
    [("mikrotik", 15_000), ("cisco", 365 * 15_000)],
)
def test_l8_the_overrun_names_its_bound_where_the_speed_is_known(
    gate: Gate, dialect: str, bound: int
) -> None:
    gate.add_plan(FAST)
    gate.add_device("other", dialect=dialect)
    gate.add_subscriber("bob", plan="fast")
    token = class_of(gate.accept("bob", nas="other"))
    (session,) = gate.sessions()
    gate.at(60).record("stop", nas="other", login="bob", token=token, st=60, o=501 * MB)
    charge = next(row for row in gate.rows("entries") if row["kind"] == "charge")
    if dialect == "cisco":
        bound = (session.interim_s * 11 // 10 + 35) * 15_000
    assert charge["reason"].endswith(f"below the floor by 10000 micros, bound {bound} micros")
    assert gate.check() == []


SHARED = """
name = "shared"
currency = "USD"
sessions = 2
interim_s = 60
[price.volume]
amount = "0.05"
per = "MB"
[included]
volume = "60 MB"
[speeds]
down = "10M"
up = "10M"
"""
MIXED = """
name = "mixed"
currency = "USD"
interim_s = 60
[price.volume]
amount = "0.003"
per = "MB"
[price.time]
amount = "0.60"
per = "hour"
[speeds]
down = "8M"
up = "8M"
"""


def test_l8_a_session_that_joins_takes_its_part_of_what_is_included_from_what_others_were_told(
    gate: Gate,
) -> None:
    gate.add_plan(SHARED)
    gate.add_subscriber(plan="shared", balance_micros=1_000_000)
    begin(gate, id="A", port=1)
    (first,) = gate.sessions()
    guard = 20_000_000 // 8
    assert first.limit_octets == 10 * MB + 60 * MB - guard
    begin(gate, id="B", port=2)
    (order,) = gate.orders
    assert (order.kind, order.session_id) == (OrderKind.LIMITS, first.session_id)
    told = [one.limit_octets for one in gate.sessions()]
    assert sum(told) <= 20 * MB + 60 * MB - 2 * guard
    assert gate.check() == []


def test_l8_octets_that_time_has_eaten_are_told_before_the_device_can_use_them(gate: Gate) -> None:
    gate.add_plan(MIXED)
    gate.add_subscriber(plan="mixed", balance_micros=300_000)
    token = begin(gate)
    (session,) = gate.sessions()
    assert session.limit_octets == 100 * MB - 2 * MB
    gate.at(60).record("interim", token=token, st=60, o=MB)  # 97 MB more are minutes away
    (session,) = gate.sessions()
    # At 2 MB a second they can be gone within 167 s, before a second report that is lost.
    (order,) = gate.orders
    assert order.kind is OrderKind.LIMITS
    time_micros = 60 * 600_000 // 3600
    assert session.limit_octets == (300_000 - time_micros) * 1000 // 3 - 2 * MB
    assert gate.check() == []


def test_limits_that_are_far_away_are_not_told_anew_with_every_report(gate: Gate) -> None:
    gate.add_plan(MIXED)
    gate.add_subscriber(plan="mixed", balance_micros=30_000_000)
    token = begin(gate)
    for t in (60, 120, 180):
        gate.at(t).record("interim", token=token, st=t, o=t * MB)
    assert gate.orders == []


def test_l8_the_bound_of_a_replaced_session_is_what_it_may_have_used_unheard(gate: Gate) -> None:
    gate.add_plan(FAST)
    gate.add_subscriber("alice", plan="fast", balance_micros=1_000_000)
    mac = "02:00:00:00:00:01"
    token = class_of(gate.at(0).accept(id="A", mac=mac, port=1))
    gate.record("start", id="A", token=token, mac=mac)
    gate.at(300).record("interim", id="A", token=token, mac=mac, st=300, o=1_000_000)
    assert gate.at(310).accept(id="B", mac=mac, port=1).reply_code == 2
    gate.at(311).record("stop", id="A", token=token, mac=mac, st=305, o=101_000_000)
    session = next(one for one in gate.sessions() if one.acct_session_id == "A")
    charge = [row for row in gate.rows("entries") if row["kind"] == "charge"][-1]
    bound = (session.interim_s * 11 // 10 + 35 + gate.settings.start_wait_s) * 15_000
    assert charge["reason"].endswith(f"below the floor by 10000 micros, bound {bound} micros")


def test_l8_the_bound_counts_what_sessions_that_share_included_usage_may_use_twice(
    gate: Gate,
) -> None:
    gate.add_plan(
        'name = "family"\ncurrency = "USD"\nsessions = 3\n[speeds]\ndown = "10M"\nup = "2M"\n'
        '[price.volume]\namount = "0.01"\nper = "MB"\n[included]\nvolume = "60 MB"\n'
    )
    gate.add_subscriber("bob", plan="family", balance_micros=10_000)
    token = class_of(gate.accept("bob"))
    gate.at(60).record("stop", login="bob", token=token, st=60, o=62 * MB)
    charge = next(row for row in gate.rows("entries") if row["kind"] == "charge")
    # A second's traffic is 1.5 MB; a half and a third of 60 MB are 50 MB; a MB costs 10,000.
    assert charge["reason"].endswith("below the floor by 10000 micros, bound 515000 micros")


def test_l8_a_session_that_ran_before_us_is_given_its_limits_with_its_first_report(
    gate: Gate,
) -> None:
    gate.add_plan(SHARED)
    gate.add_device("moved", accounting_since_us=T0_US + 40 * US_PER_S)
    gate.add_subscriber(plan="shared", balance_micros=1_000_000)
    begin(gate, id="A", port=1)
    gate.at(60).record("interim", nas="moved", id="R", st=3_600, o=900 * MB)
    ours, theirs = gate.sessions()
    # What is included would carry it for a while; so would it without anybody's money.
    assert theirs.adopted and theirs.charged_micros == 0
    assert (ours.granted_micros, theirs.granted_micros) == (500_000, 500_000)
    assert {order.session_id for order in gate.orders} == {ours.session_id, theirs.session_id}
    assert theirs.limit_octets - 900 * MB <= 10 * MB + 30 * MB
    assert gate.check() == []


def test_l8_the_bound_of_a_session_that_was_told_no_limit_is_an_interval(gate: Gate) -> None:
    gate.add_plan(FAST.replace('"fast"', '"some"') + '[included]\nvolume = "60 MB"\n')
    gate.add_subscriber("bob", plan="some", balance_micros=10_000)
    gate.at(120).record("stop", login="bob", st=120, o=62 * MB)  # the first that is heard of it
    (session,) = gate.sessions()
    charge = next(row for row in gate.rows("entries") if row["kind"] == "charge")
    bound = (session.interim_s * 11 // 10 + 35) * 15_000
    assert charge["reason"].endswith(f"below the floor by 10000 micros, bound {bound} micros")
