"""Accounting records: every one is kept and answered, and only what is sure is billed."""

from __future__ import annotations

import pytest

from accounting.journal import decode
from accounting.replay import replay
from domain.account import CredentialKind, Status
from domain.session import SessionState
from radius.vendors import vendor_attribute
from tests.aaa.gate import Gate, class_of, integer

MB = 1_000_000
MAC = "02-00-00-00-00-01"


def begin(gate: Gate, **hints: object) -> bytes:
    gate.add_subscriber()
    token = class_of(gate.accept(**hints))
    gate.record("start", token=token)
    return token


def journal(gate: Gate, session_id: int) -> list[tuple[int, object]]:
    """The records of a session, oldest first, found by their chain."""
    rows = {row["journal_id"]: row for row in gate.rows("journal")}
    session = next(s for s in gate.sessions() if s.session_id == session_id)
    found = []
    at = session.journal_last
    while at:
        records = [record for record in decode(rows[at]["body"]) if record.session_id == session_id]
        assert records, "a link leads to a row without the session"
        found = [(at, record) for record in records] + found
        at = records[0].previous
    return found


def test_a11_live_and_replayed_rating_agree(gate: Gate) -> None:
    token = begin(gate)
    for n in range(1, 6):
        gate.at(60 * n).record("interim", token=token, st=60 * n, o=n * 12_345_678, i=n * 777)
    gate.at(130).record("interim", token=token, st=120, o=2 * 12_345_678, i=2 * 777)
    gate.at(400).record("stop", token=token, st=400, o=99_999_999, i=5000)
    (session,) = gate.sessions()
    plan = next(iter(gate.desk._books.plans.values()))
    found = replay(
        journal(gate, session.session_id),  # type: ignore[arg-type]
        gate.devices["nas"],
        gate.desk._books.tariff(plan),
        skew_limit_s=300,
        interim_s=session.interim_s,
    )
    assert found.differences == []
    assert len(found.lines) == 8
    assert found.charged_micros == session.charged_micros == (99_999_999 + 5000) // 100
    assert gate.account().balance_micros == 5_000_000 - found.charged_micros


def test_a3_a_whole_session_sent_again_an_hour_later_charges_nothing(gate: Gate) -> None:
    token = begin(gate)
    records = [
        ("start", 0, {}),
        ("interim", 60, {"st": 60, "o": 20 * MB, "i": MB}),
        ("stop", 90, {"st": 90, "o": 30 * MB, "i": 2 * MB}),
    ]
    for late_s in (0, 3_600):
        for kind, t, counters in records:
            gate.at(t + late_s).record(kind, token=token, t=t, **counters)
    assert [session.charged_micros for session in gate.sessions()] == [320_000]
    assert gate.account().balance_micros == 5_000_000 - 320_000
    assert gate.check() == []


def test_a11_the_replay_notices_a_journal_that_says_something_else(gate: Gate) -> None:
    token = begin(gate)
    gate.at(60).record("interim", token=token, st=60, o=MB)
    (session,) = gate.sessions()
    plan = next(iter(gate.desk._books.plans.values()))
    records = journal(gate, session.session_id)
    at, last = records[-1]
    records[-1] = (at, last._replace(charged_micros=last.charged_micros + 1))  # type: ignore[attr-defined]
    found = replay(
        records,  # type: ignore[arg-type]
        gate.devices["nas"],
        gate.desk._books.tariff(plan),
        skew_limit_s=300,
        interim_s=300,
    )
    assert len(found.differences) == 1


@pytest.mark.parametrize(
    ("login", "reason"),
    [("nobody", "unknown-subscriber"), ("gone", "closed-subscriber")],
)
def test_a9_usage_of_nobody_is_kept_acknowledged_and_listed(
    gate: Gate, login: str, reason: str
) -> None:
    gate.add_subscriber("gone")
    gate.change("gone", status=Status.CLOSED)
    gate.hear()
    gate.at(60).record("interim", login=login, st=60, o=7 * MB)
    gate.at(120).record("stop", login=login, st=120, o=9 * MB)
    (row,) = gate.rows("suspense")
    assert (row["reason"], row["output_octets"], row["state"]) == (reason, 9 * MB, "open")
    (session,) = gate.sessions()
    assert (session.account_id, session.state) == (0, SessionState.CLOSED)
    assert gate.check() == []


def test_f_51_a_user_the_device_let_in_by_itself_is_not_silently_billed(gate: Gate) -> None:
    gate.add_subscriber()
    gate.at(60).record("interim", st=60, o=7 * MB, extra=((45, integer(2)),))
    (row,) = gate.rows("suspense")
    assert row["reason"] == "local-authentication"
    assert gate.account().balance_micros == 5_000_000


def test_acc_02_a_record_without_a_session_id_goes_to_suspense(gate: Gate) -> None:
    gate.add_subscriber()
    pairs = [(40, integer(3)), (1, b"alice"), (43, integer(MB))]
    (outcome,) = gate.serve(gate.request(4, pairs))
    assert outcome.reply_code == 5
    (row,) = gate.rows("suspense")
    assert row["reason"] == "no-session-id"


def test_f_52_an_expired_user_who_is_online_all_the_same_is_billed_and_cut(gate: Gate) -> None:
    gate.add_subscriber("bob", valid_until_us=gate.now_us)
    gate.at(60).record("interim", login="bob", st=60, o=7 * MB)
    assert gate.account("bob").balance_micros == 5_000_000 - 70_000
    (order,) = gate.orders
    assert order.reason == "expired"


@pytest.mark.parametrize("status", [4, 9, 14, 15, 18, 77])
def test_f_49_unknown_kinds_of_record_are_stored_and_acknowledged(gate: Gate, status: int) -> None:
    pairs = [(40, integer(status)), (1, b"alice"), (44, b"A"), (43, integer(MB))]
    (outcome,) = gate.serve(gate.request(4, pairs))
    assert (outcome.reply_code, outcome.label) == (5, "other")
    (row,) = gate.rows("journal")
    (record,) = decode(row["body"])
    assert (record.session_id, record.effect) == (0, "stored")
    assert gate.sessions() == []


def test_acc_14_a_password_in_an_accounting_record_is_not_kept(gate: Gate) -> None:
    gate.record("start", login="nobody", extra=((2, b"P" * 16), (3, b"C" * 17)))
    (row,) = gate.rows("journal")
    (record,) = decode(row["body"])
    assert b"PPPP" not in record.attributes
    assert b"CCCC" not in record.attributes


def test_q_21_services_of_a_session_are_not_billed_beside_it(gate: Gate) -> None:
    gate.add_device("bng", dialect="cisco")
    gate.add_subscriber()
    parent = vendor_attribute(9, 1, b"parent-session-id=A")
    gate.at(60).record("interim", nas="bng", st=60, o=1000)
    gate.at(60).record("interim", nas="bng", id="A-svc", st=60, o=800, extra=(parent,))
    (session,) = gate.sessions()
    assert session.output_octets == 1000


def test_f_16_the_same_id_on_two_devices_is_two_sessions(gate: Gate) -> None:
    gate.add_device("other")
    gate.add_plan(
        'name = "two"\ncurrency = "USD"\nsessions = 2\n'
        '[price.volume]\namount = "0.01"\nper = "MB"\n'
    )
    gate.add_subscriber("bob", plan="two")
    for nas in ("nas", "other"):
        gate.at(60).record("interim", login="bob", nas=nas, st=60, o=MB)
    assert len(gate.sessions()) == 2
    assert gate.account("bob").balance_micros == 5_000_000 - 20_000


def test_s2_the_class_of_another_devices_session_opens_nothing(gate: Gate) -> None:
    token = begin(gate)
    gate.add_device("other")
    gate.at(60).record("interim", nas="other", token=token, login="mallory", id="X", st=60, o=MB)
    assert gate.account().balance_micros == 5_000_000
    assert [row["reason"] for row in gate.rows("suspense")] == ["unknown-subscriber"]


def test_f_31_an_altered_class_is_ignored(gate: Gate) -> None:
    token = begin(gate)
    altered = token[:-1] + (b"A" if token[-1:] != b"A" else b"B")
    gate.at(60).record("interim", token=altered, st=60, o=MB)
    (session,) = gate.sessions()
    assert session.output_octets == MB, "the fall-back key finds it"


def test_f_30_a_user_name_that_differs_is_found_by_its_class(gate: Gate) -> None:
    token = begin(gate)
    gate.at(60).record("interim", token=token, login="alice@example.com", st=60, o=MB)
    assert gate.account().balance_micros == 4_990_000
    gate.at(70).record("interim", token=token, login="ALICE", st=70, o=2 * MB)
    assert gate.account().balance_micros == 4_980_000
    assert gate.rows("suspense") == []


def test_cls_02_a_class_carried_over_to_another_user_is_not_believed(gate: Gate) -> None:
    gate.add_subscriber("alice")
    gate.add_subscriber("bob")
    token = class_of(gate.accept("alice"))
    gate.record("start", login="bob", token=token, id="B")
    gate.at(60).record("interim", login="bob", token=token, id="B", st=60, o=MB)
    assert gate.account("alice").balance_micros == 5_000_000
    assert gate.account("bob").balance_micros == 4_990_000


def test_f_13_an_on_of_one_box_leaves_the_sessions_of_another(gate: Gate) -> None:
    gate.add_plan(
        'name = "two"\ncurrency = "USD"\nsessions = 2\n'
        '[price.volume]\namount = "0.01"\nper = "MB"\n'
    )
    gate.add_subscriber("bob", plan="two")
    for name in ("east", "west"):
        gate.record("start", login="bob", id=name, nas_identifier=name)
    gate.at(100).record("on", nas_identifier="east")
    states = {s.nas_identifier: s.state for s in gate.sessions()}
    assert states == {"east": SessionState.CLOSED, "west": SessionState.OPEN}


def test_s7_a_replayed_on_of_yesterday_ends_nothing(gate: Gate) -> None:
    token = begin(gate)
    gate.at(90_000).record("interim", token=token, st=90_000, o=MB)
    gate.at(90_060).record("on", t=3_600)
    (session,) = gate.sessions()
    assert session.state is SessionState.OPEN
    assert gate.desk.notes["stale-boot"] == 1


def test_a_boot_frees_the_logins_that_had_not_begun(gate: Gate) -> None:
    gate.add_subscriber()
    gate.accept()
    gate.at(10).record("on")
    assert gate.account().held_micros == 0
    assert gate.check() == []


def test_a_start_after_the_hold_was_released_takes_it_again(gate: Gate) -> None:
    gate.add_subscriber()
    token = class_of(gate.accept())
    gate.at(10).record("on")
    gate.at(20).record("start", token=token)
    account = gate.account()
    assert account.held_micros == 5_000_000
    (session,) = gate.sessions()
    assert session.state is SessionState.OPEN
    assert gate.check() == []


def test_f_03_a_session_silent_while_its_device_talks_is_closed_at_its_last_usage(
    gate: Gate,
) -> None:
    gate.add_subscriber("alice")
    gate.add_subscriber("bob")
    gate.record("start", login="alice", id="A")
    gate.at(60).record("interim", login="alice", id="A", st=60, o=MB)
    for at_s in range(120, 6000, 120):
        gate.at(at_s).record("interim", login="bob", id="B", st=at_s, o=at_s)
        gate.serve(*gate.desk.due(gate.now_us))
    closed = next(s for s in gate.sessions() if s.user_name == "alice")
    assert (closed.state, closed.synthetic, closed.session_s) == (SessionState.CLOSED, True, 60)
    # A10: a late Stop is accepted by its difference.
    gate.at(6000).record("stop", login="alice", id="A", st=5900, o=3 * MB)
    assert gate.account("alice").balance_micros == 4_970_000
    assert gate.check() == []


def test_f_35_silence_of_the_whole_device_or_of_ours_ages_nobody(gate: Gate) -> None:
    gate.add_subscriber("alice")
    gate.add_subscriber("bob")
    gate.record("start", login="alice", id="A")
    gate.record("start", login="bob", id="B")
    gate.at(60).record("interim", login="alice", id="A", st=60, o=MB)
    gate.restart()
    # An hour later the device is heard again; the first record must not age the other session.
    gate.at(3660).record("interim", login="bob", id="B", st=3660, o=MB)
    assert gate.desk.due(gate.now_us) == []
    gate.at(3700).record("interim", login="alice", id="A", st=3700, o=9 * MB)
    assert gate.account("alice").balance_micros == 4_910_000, "the gap is charged once"
    assert {s.state for s in gate.sessions()} == {SessionState.OPEN}


def test_q_20_a_suspect_session_of_the_same_station_makes_room(gate: Gate) -> None:
    gate.add_subscriber("alice")
    gate.add_subscriber("bob")
    gate.record("start", login="alice", id="A", mac=MAC)
    gate.at(60).record("interim", login="alice", id="A", mac=MAC, st=60, o=MB)
    for at_s in range(120, 1400, 120):
        gate.at(at_s).record("interim", login="bob", id="B", st=at_s, o=at_s)
    assert gate.accept("alice", mac=MAC).reply_code == 2
    old = next(s for s in gate.sessions() if s.acct_session_id == "A")
    assert (old.state, old.session_s) == (SessionState.CLOSED, 60)
    assert gate.check() == []


def test_charges_stand_by_local_day_and_add_up(gate: Gate) -> None:
    gate.add_plan(
        'name = "dhaka"\ncurrency = "USD"\ntimezone = "Asia/Dhaka"\n'
        '[price.volume]\namount = "0.01"\nper = "MB"\n'
    )
    gate.add_subscriber("bob", plan="dhaka", balance_micros=10**9)
    token = class_of(gate.accept("bob"))
    gate.record("start", login="bob", token=token)
    # T0 is 14:53:20 in Dhaka; its midnight is 32,800 s later.
    for at_s, octets in ((32_700, 150), (32_900, 250), (33_000, 399)):
        gate.at(at_s).record("interim", login="bob", token=token, st=at_s, o=octets)
    rows = sorted(gate.rows("charges"), key=lambda row: row["day"])
    assert [row["amount_micros"] for row in rows] == [1, 2]
    assert [row["output_octets"] for row in rows] == [150, 249]
    assert rows[1]["day"] == rows[0]["day"] + 1
    gate.at(33_100).record("stop", login="bob", token=token, st=33_100, o=399)
    (entry,) = [row for row in gate.rows("entries") if row["kind"] == "charge"]
    assert {row["entry_id"] for row in gate.rows("charges")} == {entry["entry_id"]}
    assert gate.check() == []


def test_counters_no_bill_could_hold_change_nothing(gate: Gate) -> None:
    token = begin(gate)
    gate.at(60).record("interim", token=token, st=60, o=MB)
    for octets in (2**63 - 1, 2**62, 2**61):
        outcome = gate.at(120).record("interim", token=token, st=120, o=octets)
        assert outcome.reply_code == 5
    assert gate.account().balance_micros == 4_990_000
    gate.at(180).record("interim", token=token, st=180, o=2 * MB)
    assert gate.account().balance_micros == 4_980_000
    assert gate.check() == []


def test_hostile_text_is_kept_and_harms_nothing(either_gate: Gate) -> None:
    gate = either_gate
    hostile = [b"a\0b", b"\xff" * 253, b"'; DROP TABLE sessions; --", b"\r\n\x1b[31m", b"=1+1"]
    for n, name in enumerate(hostile):
        pairs = [(40, integer(3)), (1, name), (44, name), (31, name), (30, name), (43, integer(n))]
        (outcome,) = gate.serve(gate.request(4, pairs))
        assert outcome.reply_code == 5
        (outcome,) = gate.serve(gate.request(1, [(1, name), (2, b"x" * 16), (31, name)]))
        assert outcome.reply_code == 3
    assert len(gate.rows("suspense")) == len(hostile)
    assert gate.check() == []


def test_a_mac_login_is_one_subscriber_however_its_name_is_spelled(gate: Gate) -> None:
    gate.add_subscriber("02:00:00:00:00:01", kind=CredentialKind.NONE)
    token = class_of(gate.accept("02-00-00-00-00-01", b""))
    gate.record("start", login="0200.0000.0001", token=token)
    gate.at(60).record("interim", login="02:00:00:00:00:01", st=60, o=MB)
    assert gate.account("02:00:00:00:00:01").balance_micros == 4_990_000
    assert len(gate.sessions()) == 1


def test_f_40_a_ghost_on_a_quiet_device_makes_room_for_another_station(gate: Gate) -> None:
    """The only session of a device, its Stop lost: the redials are what is heard of the device."""
    gate.add_subscriber()
    token = class_of(gate.accept(mac=MAC))
    gate.record("start", token=token, mac=MAC)
    gate.at(60).record("interim", token=token, mac=MAC, st=60, o=MB)
    other = "02-00-00-00-00-02"
    labels = []
    for at_s in range(300, 2_400, 60):
        labels.append(gate.at(at_s).accept(mac=other).label)
        gate.serve(*gate.desk.due(gate.now_us))
    assert labels[0] == "too-many-sessions"
    assert "no-credit" in labels, "its place is free before its money is"
    assert labels[-1] == "accepted"
    assert gate.check() == []


def test_f_19_a_price_that_no_book_can_hold_is_no_bill(gate: Gate) -> None:
    gate.add_plan(
        'name = "pot"\ncurrency = "USD"\n[included]\nvolume = "5 GB"\n'
        '[price.volume]\namount = "1.00"\nper = "MB"\n'
    )
    gate.add_subscriber("bob", plan="pot")
    token = class_of(gate.accept("bob"))
    gate.record("start", login="bob", token=token)
    gate.at(60).record("interim", login="bob", token=token, st=60, o=2**59)
    gate.at(120).record("stop", login="bob", token=token, st=120, o=2**59)
    (session,) = gate.sessions()
    assert (session.state, session.charged_micros) == (SessionState.CLOSED, 0)
    assert not sum(row["used_octets"] for row in gate.rows("allowances"))
    assert gate.account("bob").balance_micros == 5_000_000
    assert gate.check() == []


def test_a11_a_session_that_continues_another_is_replayed_without_a_fee(gate: Gate) -> None:
    gate.add_plan(
        'name = "fee"\ncurrency = "USD"\n[price.session]\nfee = "0.25"\n'
        '[price.volume]\namount = "0.01"\nper = "MB"\n'
    )
    gate.add_subscriber("bob", plan="fee")
    token = class_of(gate.accept("bob"))
    for name, at_s in (("A", 60), ("B", 120)):
        gate.at(at_s - 60).record("start", login="bob", token=token, id=name)
        gate.at(at_s).record("stop", login="bob", token=token, id=name, st=60, o=MB)
    first, second = gate.sessions()
    plan = gate.desk._books.plans[first.plan_id]
    for session, charged in ((first, 260_000), (second, 10_000)):
        found = replay(
            journal(gate, session.session_id),  # type: ignore[arg-type]
            gate.devices["nas"],
            gate.desk._books.tariff(plan),
            skew_limit_s=300,
            interim_s=300,
            fee_owed=not session.class_session_id,
        )
        assert (found.differences, found.charged_micros) == ([], charged)


def test_a8_a_report_of_long_ago_brings_no_session_back_that_a_boot_has_ended(gate: Gate) -> None:
    gate.add_subscriber()
    token = class_of(gate.accept())
    gate.at(0).record("start", token=token, t=0)
    gate.at(60).record("interim", token=token, st=60, o=5, t=60)
    gate.at(900).record("on", t=900)
    gate.at(2_000).record("interim", token=token, st=60, o=5, t=60)
    (session,) = gate.sessions()
    assert (session.state, session.synthetic) == (SessionState.CLOSED, True)
    gate.at(2_060).record("interim", token=token, st=2_060, o=9, t=2_060)
    (session,) = gate.sessions()
    assert session.state is SessionState.OPEN
    assert gate.check() == []
