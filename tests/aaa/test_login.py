"""Logins: the order of refusals, what an Accept carries, and the hold behind it."""

from __future__ import annotations

import json

import pytest

from aaa.outcome import Outcome
from domain.account import CredentialKind, MacMode, Status
from domain.device import Latch
from domain.seams import US_PER_S
from domain.session import HoldState, SessionState
from radius import mschap, passwords
from radius.vendors import vendor_attribute
from tests.aaa.gate import SECRET, T0_US, Gate, class_of, integer, reply_attributes

MAC = "02-00-00-00-00-01"


def number(outcome: Outcome, kind: int) -> int:
    value = reply_attributes(outcome).integer(kind)
    assert value is not None
    return value


def test_an_accept_grants_what_was_held(gate: Gate) -> None:
    gate.add_subscriber("alice", balance_micros=5_000_000)
    outcome = gate.accept("alice")
    assert outcome.reply_code == 2
    reply = reply_attributes(outcome)
    # 5.00 at 0.01 micros an octet is 500 MB: Mikrotik-Total-Limit, and its Gigawords.
    assert reply.vsa_integer(14988, 17) == 500_000_000
    assert reply.vsa_integer(14988, 18) == 0
    account = gate.account()
    assert (account.held_micros, account.available_micros) == (5_000_000, 0)
    (session,) = gate.sessions()
    assert session.state is SessionState.ACCEPTED
    assert session.hold_state is HoldState.HELD
    assert gate.check() == []


def test_every_accept_asks_for_interims_and_ends_some_day(gate: Gate) -> None:
    gate.add_subscriber()
    outcome = gate.accept()
    assert 270 <= number(outcome, 85) <= 330  # Acct-Interim-Interval, 300 s give or take a tenth
    assert 604_800 * 9 // 10 <= number(outcome, 27) <= 604_800 * 11 // 10


def test_proxy_state_comes_back_whole_and_last_ath_09(gate: Gate) -> None:
    gate.add_subscriber()
    extra = ((33, b"one"), (33, b"two"))
    for outcome in (gate.accept(extra=extra), gate.accept("nobody", extra=extra)):
        assert reply_attributes(outcome).attributes[-2:] == extra


@pytest.mark.parametrize(
    ("prepare", "code"),
    [
        ({}, "unknown-subscriber"),
        ({"status": Status.CLOSED}, "unknown-subscriber"),
        ({"password": b"other"}, "wrong-credential"),
        ({"device_ids": (1,)}, "wrong-nas"),
        ({"mac": "02:00:00:00:00:02", "mac_mode": MacMode.FIXED}, "wrong-mac"),
        ({"plan": "daytime"}, "outside-hours"),
        ({"status": Status.SUSPENDED}, "suspended"),
        ({"valid_until_us": T0_US}, "expired"),
        ({"balance_micros": 0}, "no-credit"),
    ],
)
def test_each_refusal_has_its_code_and_the_subscriber_reads_the_same(
    gate: Gate, prepare: dict[str, object], code: str
) -> None:
    gate.add_plan(DAYTIME)
    status = prepare.pop("status", None)
    if prepare or status is not None:
        gate.add_subscriber("alice", **prepare)  # type: ignore[arg-type]
        if status is not None:
            gate.change("alice", status=status)
            gate.hear()
    outcome = gate.accept("alice", mac=MAC)
    assert (outcome.reply_code, outcome.label) == (3, code)
    message = reply_attributes(outcome).first(18)
    assert message == b"Login refused. Please contact your provider."
    assert outcome.delay_us == 100_000
    (decision,) = gate.rows("decisions")
    assert decision["code"] == code
    assert json.loads(decision["request"])["User-Name"] == "alice"
    assert gate.check() == []


DAYTIME = """
name = "daytime"
currency = "USD"
[price.volume]
amount = "0.01"
per = "MB"
[[hours]]
days = "mon-sun"
from = "00:00"
until = "00:30"
"""


def test_refusals_come_in_the_documented_order(gate: Gate) -> None:
    """Everything is wrong at once; mended one by one, the next reason shows."""
    gate.add_plan(DAYTIME)
    gate.add_subscriber(
        "alice",
        password=b"right",
        plan="daytime",
        balance_micros=0,
        device_ids=(1,),
        mac="02:00:00:00:00:02",
        mac_mode=MacMode.FIXED,
        valid_until_us=T0_US,
    )
    gate.change("alice", status=Status.SUSPENDED)
    gate.hear()
    seen = [gate.accept("alice", b"wrong", mac=MAC).label]
    for mended in (
        {},
        {"device_ids": ()},
        {"mac_mode": MacMode.ANY},
        {"plan_name": "sample-prepaid"},
        {"status": Status.ACTIVE},
        {"valid_until_us": None},
    ):
        gate.change("alice", **mended)
        gate.hear()
        seen.append(gate.accept("alice", b"right", mac=MAC).label)
    assert seen == [
        "wrong-credential",
        "wrong-nas",
        "wrong-mac",
        "outside-hours",
        "suspended",
        "expired",
        "no-credit",
    ]


def test_all_slots_in_use_refuses_with_that_reason(gate: Gate) -> None:
    """The first session holds all the money; the slots are still the reason."""
    gate.add_subscriber()
    token = class_of(gate.accept(id="A", mac=MAC))
    gate.record("start", token=token)
    assert gate.accept(id="B", mac="02-00-00-00-00-02").label == "too-many-sessions"


def test_two_slots_share_the_money_and_none_is_promised_twice(gate: Gate) -> None:
    gate.add_plan(
        'name = "two"\ncurrency = "USD"\nsessions = 2\n'
        '[price.volume]\namount = "0.01"\nper = "MB"\n'
    )
    gate.add_subscriber("bob", plan="two", balance_micros=5_000_000)
    first, second = gate.accept("bob", id="A", mac=MAC), gate.accept("bob", id="B", mac="x")
    assert reply_attributes(first).vsa_integer(14988, 17) == 250_000_000
    assert reply_attributes(second).vsa_integer(14988, 17) == 250_000_000
    assert gate.account("bob").available_micros == 0
    assert gate.accept("bob", id="C", mac="y").label == "too-many-sessions"


def test_a_login_asked_again_replaces_the_one_that_never_began(gate: Gate) -> None:
    """The router gave up before the answer came, and asks with a new packet (F-42)."""
    gate.add_subscriber()
    for hints in ({"mac": MAC}, {"mac": MAC}, {"mac": MAC, "id": "B"}):
        assert gate.accept(**hints).reply_code == 2
    held = [s.hold_state for s in gate.sessions()]
    assert held == [HoldState.VOID, HoldState.VOID, HoldState.HELD]
    assert gate.account().held_micros == 5_000_000
    assert gate.check() == []


def test_logins_that_name_nothing_replace_one_another(gate: Gate) -> None:
    gate.add_subscriber()
    assert [gate.accept().reply_code for _ in range(3)] == [2, 2, 2]
    assert gate.account().held_micros == 5_000_000


def test_a_login_that_named_nothing_is_replaced_by_any_other(gate: Gate) -> None:
    """A bare test login must not keep the money from the real router for a week."""
    gate.add_subscriber()
    assert gate.accept().reply_code == 2
    assert gate.accept(mac=MAC, id="A", port=1).reply_code == 2
    assert gate.accept().reply_code == 2
    assert gate.account().held_micros == 5_000_000


def test_a_login_of_another_station_replaces_nothing_until_the_slot_lapses(gate: Gate) -> None:
    gate.add_subscriber()
    gate.accept(mac=MAC)
    assert gate.at(59).accept(mac="02-00-00-00-00-02").label == "too-many-sessions"
    # The slot is free after a minute without a Start, but the money is still promised.
    assert gate.at(61).accept(mac="02-00-00-00-00-02").label == "no-credit"
    (session,) = gate.sessions()
    gate.now_us = session.hold_until_us
    gate.serve(*gate.desk.due(gate.now_us))
    assert gate.account().held_micros == 0
    assert gate.accept(mac="02-00-00-00-00-02").reply_code == 2
    assert gate.check() == []


def test_a_credit_limit_moves_the_floor_l7(gate: Gate) -> None:
    gate.add_subscriber("bob", balance_micros=0, credit_limit_micros=2_000_000)
    outcome = gate.accept("bob")
    assert reply_attributes(outcome).vsa_integer(14988, 17) == 200_000_000
    account = gate.account("bob")
    assert account.balance_micros - account.held_micros == -2_000_000
    assert account.available_micros == 0


def test_chap_uses_the_challenge_or_the_authenticator(gate: Gate) -> None:
    gate.add_subscriber()
    for challenge in (b"c" * 16, b"short", None):
        request = gate.request(1, [])
        authenticator = request.packet.authenticator
        response = passwords.chap_response(7, b"wonderland", challenge or authenticator)
        pairs = [(1, b"alice"), (3, response)]
        if challenge:
            pairs.append((60, challenge))
        request = gate.request(1, pairs)
        request.packet = type(request.packet)(1, 1, authenticator, pairs)
        (outcome,) = gate.serve(request)
        assert outcome.reply_code == 2


def mschap2_request(gate: Gate, name: bytes = b"User") -> object:
    """RFC 2759 section 9.2, as attributes."""
    challenge = bytes.fromhex("5b5d7c7d7b3f2f3e3c2c602132262628")
    response = bytes.fromhex(
        "0100" + "21402324255e262a28295f2b3a337c7e" + "00" * 8
        + "82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df"
    )  # fmt: skip
    return gate.request(
        1,
        [(1, name), vendor_attribute(311, 11, challenge), vendor_attribute(311, 25, response)],
    )


@pytest.mark.parametrize("kind", [CredentialKind.CLEAR, CredentialKind.NT])
@pytest.mark.parametrize("name", [b"User", b"DOMAIN\\User"])
def test_rfc2759_9_2_succeeds_with_its_keys_msc_01_to_05(
    gate: Gate, kind: CredentialKind, name: bytes
) -> None:
    password = b"clientPass" if kind is CredentialKind.CLEAR else mschap.nt_hash("clientPass")
    gate.add_subscriber(name.decode(), password=password, kind=kind)
    request = mschap2_request(gate, name)
    (outcome,) = gate.serve(request)  # type: ignore[arg-type]
    reply = reply_attributes(outcome)
    assert reply.vsa(311, 26) == b"\x01S=407A5589115FD0D6209F510FE9C04566932CDA56"
    authenticator = request.packet.authenticator  # type: ignore[attr-defined]
    keys = [reply.vsa(311, kind) for kind in (16, 17)]
    plain = [passwords.unhide_salted(key or b"", SECRET, authenticator) for key in keys]
    assert plain[0] == bytes.fromhex("8b7cdc149b993a1ba118cb153f56dccb")
    assert plain[1] == bytes.fromhex("d5f0e9521e3ea9589645e86051c82226")
    salts = {(key or b"")[:2] for key in keys}
    assert len(salts) == 2


def test_msc_03_a_refused_mschap_login_carries_its_error(gate: Gate) -> None:
    gate.add_subscriber("User", password=b"other")
    (outcome,) = gate.serve(mschap2_request(gate))  # type: ignore[arg-type]
    error = reply_attributes(outcome).vsa(311, 2)
    assert error is not None
    assert error.startswith(b"\x01E=691 R=0 C=")
    assert b" V=3" in error


def test_msc_06_no_keys_with_pap(gate: Gate) -> None:
    gate.add_subscriber()
    reply = reply_attributes(gate.accept())
    assert not any(reply.vsas(311, kind) for kind in (7, 8, 12, 16, 17))


def test_a_one_way_password_serves_pap_and_says_why_not_chap(gate: Gate) -> None:
    gate.add_subscriber("bob", kind=CredentialKind.HASH, password=b"secret")
    assert gate.accept("bob", b"secret").reply_code == 2
    assert gate.accept("bob", b"wrong").label == "wrong-credential"
    pairs = [(1, b"bob"), (3, bytes(17)), (60, bytes(16))]
    (outcome,) = gate.serve(gate.request(1, pairs))
    assert outcome.label == "method-impossible"


def test_an_nt_hash_cannot_serve_chap(gate: Gate) -> None:
    gate.add_subscriber("bob", kind=CredentialKind.NT, password=mschap.nt_hash("secret"))
    assert gate.accept("bob", b"secret").reply_code == 2
    (outcome,) = gate.serve(gate.request(1, [(1, b"bob"), (3, bytes(17)), (60, bytes(16))]))
    assert outcome.label == "method-impossible"


@pytest.mark.parametrize("spelling", ["AA:BB:CC:00:11:22", "aabb.cc00.1122", "AA-BB-CC-00-11-22"])
@pytest.mark.parametrize("password", [b"", b"AABBCC001122", b"aa:bb:cc:00:11:22"])
def test_a_mac_in_any_spelling_logs_in_without_a_password(
    gate: Gate, spelling: str, password: bytes
) -> None:
    gate.add_subscriber("aa:bb:cc:00:11:22", kind=CredentialKind.NONE)
    assert gate.accept(spelling, password).reply_code == 2
    assert gate.accept(spelling, b"guess").label == "wrong-credential"


def test_ath_03_and_04_a_call_check_needs_no_name(gate: Gate) -> None:
    gate.add_subscriber("aa:bb:cc:00:11:22", kind=CredentialKind.NONE)
    pairs = [(31, b"AA-BB-CC-00-11-22"), (6, integer(10))]
    (outcome,) = gate.serve(gate.request(1, pairs))
    assert outcome.reply_code == 2
    (outcome,) = gate.serve(gate.request(1, pairs[:1]))
    assert outcome.label == "malformed-credential"


def test_ath_02_two_credentials_are_refused(gate: Gate) -> None:
    gate.add_subscriber()
    outcome = gate.accept(extra=((3, bytes(17)),))
    assert outcome.label == "malformed-credential"


@pytest.mark.parametrize("hidden", [b"x" * 15, b"x" * 144])
def test_hid_03_a_password_of_impossible_length_is_refused(gate: Gate, hidden: bytes) -> None:
    gate.add_subscriber()
    (outcome,) = gate.serve(gate.request(1, [(1, b"alice"), (2, hidden)]))
    assert outcome.label == "malformed-credential"


def test_hid_02_noise_for_a_password_hints_at_the_secret(gate: Gate) -> None:
    gate.add_subscriber()
    (outcome,) = gate.serve(gate.request(1, [(1, b"alice"), (2, bytes(range(200, 216)))]))
    assert outcome.label == "wrong-credential"
    (decision,) = gate.rows("decisions")
    assert "shared secret" in decision["reply"]


def test_no_decision_keeps_a_password(gate: Gate) -> None:
    gate.add_subscriber()
    gate.accept("alice", b"wonderland")
    gate.accept("alice", b"a-wrong-secret")
    text = json.dumps([str(row) for row in gate.rows("decisions")])
    assert "wonderland" not in text
    assert "a-wrong-secret" not in text


def test_a_mac_is_learned_by_the_first_accepted_login(gate: Gate) -> None:
    gate.add_subscriber("bob", mac_mode=MacMode.LEARN)
    assert gate.accept("bob", b"wrong", mac="02-00-00-00-00-09").reply_code == 3
    assert gate.accept("bob", mac=MAC).reply_code == 2
    gate.restart()
    assert gate.accept("bob", mac="02-00-00-00-00-02").label == "wrong-mac"
    assert gate.accept("bob", mac=MAC.lower()).reply_code == 2


def test_the_newest_twenty_decisions_are_kept_for_a_login(gate: Gate) -> None:
    gate.add_subscriber()
    for at in range(30):
        gate.at(at).accept("alice", b"wrong")
        gate.accept("stranger", b"wrong")
    rows = gate.rows("decisions")
    mine = [row for row in sorted(rows, key=lambda row: row["n"]) if row["login"] == "alice"]
    assert [row["decided_us"] for row in mine] == [gate.at(at).now_us for at in range(10, 30)]
    assert sum(row["login"] == "" for row in rows) == 30


def test_session_timeout_is_the_least_of_money_validity_and_hours(gate: Gate) -> None:
    gate.add_plan('name = "hour"\ncurrency = "USD"\n[price.time]\namount = "0.60"\nper = "hour"\n')
    gate.add_subscriber("bob", plan="hour", balance_micros=1_200_000)
    assert number(gate.accept("bob"), 27) == 7200
    gate.add_subscriber(
        "eve", plan="hour", balance_micros=1_200_000, valid_until_us=T0_US + 1800 * US_PER_S
    )
    assert number(gate.accept("eve"), 27) == 1860, "and a minute to renew in"
    gate.add_plan(DAYTIME.replace("00:30", "23:30"))
    gate.add_subscriber("zoe", plan="daytime")
    # T0 is 08:53:20 UTC; the window ends at 23:30.
    assert number(gate.accept("zoe"), 27) == 14 * 3600 + 36 * 60 + 40


def test_included_volume_comes_before_money_and_is_not_refilled(gate: Gate) -> None:
    gate.add_plan(
        'name = "bundle"\ncurrency = "USD"\n[included]\nvolume = "1 GB"\n'
        '[price.volume]\namount = "0.01"\nper = "MB"\n'
    )
    gate.add_subscriber("bob", plan="bundle", balance_micros=0)
    token = class_of(gate.accept("bob"))
    gate.record("start", login="bob", token=token)
    gate.at(60).record("stop", login="bob", token=token, st=60, o=600_000_000)
    assert gate.account("bob").balance_micros == 0
    again = gate.at(70).accept("bob")
    assert reply_attributes(again).vsa_integer(14988, 17) == 400_000_000
    gate.record("start", login="bob", token=class_of(again), id="B")
    gate.at(200).record("stop", login="bob", token=class_of(again), id="B", st=130, o=400_000_000)
    assert gate.at(210).accept("bob").label == "no-credit"
    assert gate.check() == []


def test_logins_that_never_began_end_when_their_device_is_removed(gate: Gate) -> None:
    gate.add_subscriber()
    gate.accept(mac=MAC)
    gate.desk.equip([])
    gate.serve(*gate.desk.due(gate.now_us))
    assert gate.account().held_micros == 0
    assert gate.check() == []


def test_a_station_is_the_same_however_its_mac_is_spelled(gate: Gate) -> None:
    gate.add_subscriber()
    assert gate.accept(mac="02-00-00-00-00-01", id="A").reply_code == 2
    assert gate.accept(mac="0200.0000.0001", id="B").reply_code == 2


def test_what_a_removed_device_has_proved_is_not_kept(gate: Gate) -> None:
    """Its packet was under way when the operator removed it."""
    gate.add_subscriber()
    request = gate.login("alice")
    request.latches = (Latch.MESSAGE_AUTHENTICATOR,)
    gate.remove_device("nas")
    (outcome,) = gate.serve(request)
    assert outcome.reply_code == 2
    assert gate.rows("device_latches") == []
    assert gate.check() == []
