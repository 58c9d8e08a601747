"""Sessions as compiled rows: to Python they are dataclasses, and what rows say alike is shared."""

from __future__ import annotations

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
    texts = [
        session(nas_port_id="".join(("eth", "er2")), told=b"".join((b"a", b"b"))) for _ in "12"
    ]
    assert texts[0].nas_port_id is texts[1].nas_port_id
    assert texts[0].told is texts[1].told


def test_only_a_hold_that_stands_keeps_anything() -> None:
    one = session(hold_state=HoldState.HELD, granted_micros=10, used_micros=4)
    assert one.held_micros == 6
    one.hold_state = HoldState.POSTED
    assert one.held_micros == 0


def test_accepted_and_open_sessions_live() -> None:
    assert [session(state=state).live for state in SessionState] == [True, True, False, False]


def test_it_prints_as_it_would_be_made() -> None:
    assert repr(Charge(1, 2, 3, 1, 5, 6)).startswith("Charge(account_id=1, session_id=2, part=3,")
