"""What stands in an Accept and in a Reject, and what is remembered of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from aaa import answer, limits
from aaa.authenticate import MICROSOFT, MS_CHAP_ERROR, PROVED, Proof, credential_of
from aaa.decisions import Attempt
from aaa.outcome import Outcome
from aaa.repeats import key_of
from aaa.request import Request
from aaa.turn import DeskSettings, Turn
from domain.account import MacMode
from domain.plan import Garden, Reply
from domain.refusal import NEUTRAL_MESSAGE, Refusal
from domain.session import SessionState, Walled
from nas.login import LoginHints
from radius import Packet, decode_attributes
from tests.aaa.gate import SECRET, reply_attributes
from tests.aaa.room import Room
from tests.accounting.makers import at, plan

MAC = "02:00:00:00:00:09"
PROXIES = [(33, b"first"), (33, b"second")]
MSCHAP2 = (26, (311).to_bytes(4, "big") + b"\x19\x34\x09" + bytes(49))
WALL = (Reply(('Filter-Id = "wall"',), b"\x0b\x06wall"),)


def attempt_in(room: Room, *extra: tuple[int, bytes], proof: Proof | None = None) -> Attempt:
    """A login of the room's subscriber that has been taken apart and checked."""
    packet = Packet(1, 7, bytes(range(16)), [(1, b"alice"), *extra])
    request = Request(packet, room.device, "10.0.0.1", at(0), signed=True)
    hints = LoginHints(b"alice", "alice", calling_station_id=MAC)
    credential = credential_of(packet, SECRET)
    return Attempt(
        request=request,
        hints=hints,
        credential=credential,
        key=key_of(request),
        subscriber=room.subscriber,
        proof=proof or PROVED,
    )


def accepted(room: Room, attempt: Attempt, **traits: Any) -> tuple[Turn, Outcome]:
    """The Accept of a session with these traits, and its turn."""
    turn = room.turn(0)
    deal = room.deal(state=SessionState.ACCEPTED, granted_micros=1_000_000, **traits)
    return turn, answer.accept(turn, attempt, deal, limits.reach_of(turn, deal))


def remembered(turn: Turn) -> tuple[str, int, Mapping[str, Any]]:
    """Code, session and facts of the only decision."""
    (decision,) = turn.books.draft.decisions
    return decision.code, decision.session_id, decision.reply


def test_an_accept_keeps_the_hold_until_the_session_has_surely_ended() -> None:
    room = Room(settings=DeskSettings(hold_margin_s=77))
    turn, outcome = accepted(room, attempt_in(room))
    told_s = reply_attributes(outcome).integer(27)
    (session,) = room.sessions
    assert told_s is not None and session.timeout_s == told_s
    assert session.hold_until_us == at(told_s + 77)
    assert session.interim_s == reply_attributes(outcome).integer(85)
    assert remembered(turn)[:2] == ("accepted", session.session_id)
    assert remembered(turn)[2]["granted_micros"] == 1_000_000


def test_an_accept_is_known_again_when_its_copy_comes_late() -> None:
    room = Room()
    attempt = attempt_in(room)
    turn, _ = accepted(room, attempt)
    assert turn.begun == {key_of(attempt.request): room.sessions[0].session_id}


def test_what_was_told_of_the_service_is_remembered_on_the_session() -> None:
    room = Room(replace(plan(), replies=(Reply(('Filter-Id = "sold"',), b"\x0b\x06sold"),)))
    _, outcome = accepted(room, attempt_in(room))
    (session,) = room.sessions
    assert reply_attributes(outcome).first(11) == b"sold"
    assert (11, b"sold") in list(decode_attributes(session.told[1:]))


def test_behind_a_wall_the_operator_reads_which_one() -> None:
    room = Room(replace(plan(), on_expired=Garden(300, WALL)), valid_until_us=at(-5))
    turn, outcome = accepted(room, attempt_in(room), walled=Walled.EXPIRED)
    assert (outcome.label, reply_attributes(outcome).first(11)) == ("walled", b"wall")
    code, _, facts = remembered(turn)
    assert (code, facts["walled"], facts["valid_until_us"]) == ("accepted", "expired", at(-5))


def test_s10_a_reject_says_nothing_to_the_subscriber_and_all_to_the_operator() -> None:
    room = Room(settings=DeskSettings(reject_delay_us=123))
    turn = room.turn(0)
    attempt = attempt_in(room, *PROXIES, proof=Proof(None, hint="the reason behind it"))
    outcome = answer.refuse(turn, attempt, Refusal.NO_CREDIT)
    told = list(decode_attributes(outcome.attributes))
    assert told == [(18, NEUTRAL_MESSAGE.encode()), *PROXIES], "Proxy-State last and in order"
    assert (outcome.reply_code, outcome.delay_us, outcome.label) == (3, 123, "no-credit")
    assert remembered(turn) == ("no-credit", 0, {"hint": "the reason behind it"})


@pytest.mark.parametrize(("extra", "wanted"), [((), False), ((MSCHAP2,), True)])
def test_msc_03_only_a_login_by_mschap_is_refused_with_an_error_of_it(
    extra: tuple[tuple[int, bytes], ...], wanted: bool
) -> None:
    room = Room()
    outcome = answer.refuse(room.turn(0), attempt_in(room, *extra), Refusal.WRONG_CREDENTIAL)
    error = reply_attributes(outcome).vsa(MICROSOFT, MS_CHAP_ERROR)
    assert (error is not None) is wanted
    assert error is None or (error[0] == 0x09 and b"E=691" in error)


@pytest.mark.parametrize("mode", [MacMode.LEARN, MacMode.ANY])
def test_the_first_accept_fixes_the_mac_of_who_is_to_learn_one(mode: MacMode) -> None:
    room = Room(mac_mode=mode)
    attempt = attempt_in(room)
    turn, _ = accepted(room, attempt)
    learned = room.subscriber.mac
    if mode is MacMode.LEARN:
        assert (learned, room.subscriber.mac_mode) == (MAC, MacMode.FIXED)
        assert turn.books.draft.macs == [(room.subscriber.subscriber_id, MAC)]
        assert [json.loads(deed.after) for deed in turn.books.draft.deeds] == [
            {"mac": MAC, "mac_mode": "fixed"}
        ]
    else:
        assert (learned, turn.books.draft.macs, turn.books.draft.deeds) == (None, [], [])
