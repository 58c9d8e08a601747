"""Sessions as compiled rows: to Python they are dataclasses, and what rows say alike is shared."""

from __future__ import annotations

import gc
from dataclasses import fields, replace

import pytest

from domain.session import MOVING, Charge, HoldState, Session, SessionState, Walled


def session(**traits: object) -> Session:
    """An open session with nothing but its ids."""
    return replace(Session(1, 2, 3, 4, 5, SessionState.OPEN, 1), **traits)  # type: ignore[arg-type]


def test_a_session_has_its_columns_as_fields_and_what_moves_is_among_them() -> None:
    names = [one.name for one in fields(Session)]
    assert names[:7] == [
        "session_id", "account_id", "subscriber_id", "device_id", "plan_id", "state", "version"
    ]  # fmt: skip
    assert set(MOVING) < set(names)
    assert "noted_us" not in names, "what is noted of a session is not of its row"


def test_sessions_are_equal_if_all_that_their_rows_say_is() -> None:
    one = session(granted_micros=7)
    assert one == replace(one) and one is not replace(one)
    assert one != replace(one, granted_micros=8)
    for other in (
        replace(one, acct_session_id="x"),
        replace(one, told=b"x"),
        replace(one, walled=Walled.EXPIRED),
        replace(one, look_us=1),
        replace(one, adopted=True),
    ):
        assert one != other
    charge: object = Charge(2, 1, 0, 1, 20_000, 5)
    assert one != charge
    noted = replace(one)
    noted.noted_us, noted.noted = 5, 1
    assert noted == one
    assert (replace(noted).noted_us, replace(noted).noted) == (0, 0), "a copy begins without"


def test_no_row_is_the_collectors_to_look_at() -> None:
    assert not gc.is_tracked(session()) and not gc.is_tracked(Charge(2, 1, 0, 1, 20_000, 5))


def test_a_row_is_no_key() -> None:
    with pytest.raises(TypeError):
        hash(session())


def test_states_come_as_numbers_from_a_row_and_are_members_ever_after() -> None:
    one = Session(1, 2, 3, 4, 5, 0, 1, hold_state=1, walled=3)  # type: ignore[arg-type]
    assert one.state is SessionState.ACCEPTED
    assert one.hold_state is HoldState.HELD
    assert one.walled is Walled.SUSPENDED


def test_what_a_row_cannot_hold_is_refused() -> None:
    one = session()
    with pytest.raises(OverflowError):
        one.granted_micros = 2**63
    with pytest.raises(TypeError):
        one.user_name = b"octets"  # type: ignore[assignment]
    with pytest.raises(TypeError):
        Session(1, 2, 3, 4, 5, SessionState.OPEN, 1, user_name=None)  # type: ignore[arg-type]
    assert one == session()


def test_what_many_sessions_say_alike_is_one_text() -> None:
    texts = [session(nas_identifier="".join(("bras", "7")), access="".join("ppp")) for _ in "12"]
    assert texts[0].nas_identifier is texts[1].nas_identifier
    assert texts[0].access is texts[1].access


OWN_TEXTS = [one.name for one in fields(Session) if str(one.type) in ("str", "str | None", "bytes")]
OWN_OCTETS = [one.name for one in fields(Session) if str(one.type) == "bytes"]


@pytest.mark.parametrize("length", [0, 1, 125, 126, 127, 128, 16_382, 16_383, 70_000])
def test_texts_of_any_length_and_script_lie_beside_each_other(length: int) -> None:
    said = dict.fromkeys(OWN_TEXTS, "ü" * (length // 2) + "x" * (length % 2))
    some = bytes(range(256)) * (length // 256) + b"y" * (length % 256)
    octets = dict.fromkeys(OWN_OCTETS, some)
    one = session(**(said | octets))
    for name in OWN_TEXTS:
        assert getattr(one, name) == (said | octets)[name]
        setattr(one, name, b"now\0" if name in OWN_OCTETS else "now\0")
        assert getattr(one, name) in (b"now\0", "now\0")
    now = dict.fromkeys(OWN_TEXTS, "now\0") | dict.fromkeys(OWN_OCTETS, b"now\0")
    assert one == session(**now)


def test_what_a_session_uses_moves_with_its_totals_and_is_no_fact_of_it() -> None:
    one = session(told=b"x", uses=b"\x01")
    assert one.standing() == replace(one, uses=b"\x01\x02").standing()
    assert one.standing() != replace(one, told=b"").standing()


def test_a_mac_is_kept_as_it_was_said_whatever_becomes_of_the_station() -> None:
    one = session(calling_station_id="AA:0B", mac="aa:0b")
    assert (one.calling_station_id, one.mac) == ("AA:0B", "aa:0b")
    one.calling_station_id = "AA:0C"
    assert one.mac == "aa:0b"
    one.mac = "aa:0c"
    assert (one.calling_station_id, one.mac, replace(one).mac) == ("AA:0C", "aa:0c", "aa:0c")
    one.mac = None
    assert one.mac is None and replace(one).mac is None
    with pytest.raises(TypeError):
        one.user_name = None  # type: ignore[assignment]


RARE = {"input_base": 0, "candidate_s": 0, "closed_micros": 0, "stop_us": None}
RARE |= {"candidate_event_us": None, "look_us": None, "nas_port": None, "unrated_s": 0}


@pytest.mark.parametrize("name", sorted(RARE))
def test_what_few_sessions_have_can_come_and_go(name: str) -> None:
    one = session()
    assert getattr(one, name) == RARE[name]
    setattr(one, name, 5)
    assert getattr(one, name) == 5 and replace(one) == one
    assert one != session()
    assert all(getattr(one, other) == usual for other, usual in RARE.items() if other != name)
    setattr(one, name, RARE[name])
    assert getattr(one, name) == RARE[name] and one == session()
    for wrong in (2**63, -(2**63) if RARE[name] is None else -(2**63) - 1):
        with pytest.raises(OverflowError):
            setattr(one, name, wrong)
    with pytest.raises(TypeError):
        setattr(one, name, "5")
    assert one == session()


def test_a_state_that_there_is_not_is_refused() -> None:
    one = session()
    for name in ("state", "hold_state", "walled"):
        with pytest.raises(ValueError, match="is none of"):
            setattr(one, name, 99)
    assert one == session()


def test_only_a_hold_that_stands_keeps_anything() -> None:
    one = session(hold_state=HoldState.HELD, granted_micros=10, used_micros=4)
    assert one.held_micros == 6
    one.hold_state = HoldState.POSTED
    assert one.held_micros == 0


def test_accepted_and_open_sessions_live() -> None:
    assert [session(state=state).live for state in SessionState] == [True, True, False, False]


def test_it_prints_as_it_would_be_made() -> None:
    assert repr(Charge(1, 2, 3, 1, 5, 6)).startswith("Charge(account_id=1, session_id=2, part=3,")
