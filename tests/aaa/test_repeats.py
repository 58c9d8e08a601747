"""Late copies of a login end nothing, and hold nothing."""

from __future__ import annotations

from aaa import repeats
from aaa.repeats import KEEP_US, Repeats, key_of
from domain.session import SessionState
from tests.aaa.gate import Gate, class_of

MAC = "02:00:00:00:00:01"
MB = 1_000_000


def test_a_late_copy_of_a_login_costs_the_running_session_nothing(gate: Gate) -> None:
    gate.add_subscriber()
    request = gate.login(mac=MAC, port=1)
    (first,) = gate.at(0).serve(request)
    token = class_of(first)
    gate.record("start", id="A", token=token, mac=MAC)
    gate.at(60).record("interim", id="A", token=token, mac=MAC, st=60, o=MB)
    (before,) = gate.sessions()
    (copy,) = gate.at(100).serve(request)
    assert copy.reply_code is None, "nobody waits for it"
    assert gate.sessions() == [before]
    gate.at(120).record("stop", id="A", token=token, mac=MAC, st=120, o=2 * MB)
    gate.at(130).serve(request)
    assert [one.state for one in gate.sessions()] == [SessionState.CLOSED]
    assert gate.account().held_micros == 0
    assert gate.check() == []


def test_a_copy_before_the_start_is_answered_anew(gate: Gate) -> None:
    gate.add_subscriber()
    request = gate.login(mac=MAC, port=1)
    gate.at(0).serve(request)
    (copy,) = gate.at(10).serve(request)
    assert copy.reply_code == 2, "its Accept may have been lost"
    assert gate.account().held_micros == 5_000_000


def test_a_redial_with_other_octets_is_no_copy(gate: Gate) -> None:
    gate.add_subscriber()
    token = class_of(gate.at(0).accept(mac=MAC, port=1))
    gate.record("start", id="A", token=token, mac=MAC)
    assert gate.at(60).accept(mac=MAC, port=1).reply_code == 2
    assert gate.sessions()[0].state is SessionState.CLOSED


def test_logins_are_remembered_for_a_while_and_not_too_many(gate: Gate) -> None:
    kept = Repeats()
    one, other = key_of(gate.login(port=1)), key_of(gate.login(port=2))
    kept.keep({one: 11}, 0)
    assert kept.session_of(one, KEEP_US) == 11
    assert kept.session_of(one, KEEP_US + 1) == 0
    assert kept.session_of(other, 0) == 0
    kept.keep({other: 12}, KEEP_US + 1)
    assert kept.session_of(one, 0) == 0, "it was forgotten"
    many = {key_of(gate.login(port=3)) + bytes([n]): n for n in range(3)}
    before, repeats.KEPT_MAX_N = repeats.KEPT_MAX_N, 2  # type: ignore[misc]
    try:
        kept.keep(many, KEEP_US + 2)
    finally:
        repeats.KEPT_MAX_N = before  # type: ignore[misc]
    assert kept.session_of(other, KEEP_US + 2) == 0, "the oldest goes first"
