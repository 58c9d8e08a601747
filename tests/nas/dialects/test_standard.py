"""The RFCs alone."""

from __future__ import annotations

from domain.grant import Grant
from domain.session import Session, SessionState
from nas.dialects.standard import Standard
from nas.login import LoginHints

STANDARD = Standard()
HINTS = LoginHints(b"x", "x")
GRANT = Grant(3600, 300, 10, 20, 30, 10_000_000, 2_000_000, "gold-down", "gold-up")


def session(**more: object) -> Session:
    known = {
        "acct_session_id": "a1",
        "user_name": "Bob",
        "calling_station_id": "48-8F",
        "nas_port": 7,
        "framed_ip_address": "10.0.0.2",
        "nas_ip_address": "192.0.2.1",
        "nas_identifier": "core",
    }
    return Session(1, 2, 3, 4, 5, SessionState.OPEN, 1, **(known | more))  # type: ignore[arg-type]


def test_an_accept_has_nothing_of_any_vendor() -> None:
    assert STANDARD.write_grant(GRANT, HINTS) == [(27, b"\0\0\x0e\x10"), (85, b"\0\0\x01\x2c")]
    assert STANDARD.write_speeds(GRANT) == []


def test_14_6_a_coa_changes_time_and_filter_and_nothing_else() -> None:
    assert STANDARD.live_kinds == {(27,), (11,)}


def test_new_limits_are_a_session_timeout() -> None:
    assert STANDARD.write_limits(GRANT) == [(27, b"\0\0\x0e\x10")]


def test_coa_10_framed_ip_address_stays_out_where_an_id_is_known() -> None:
    keys = STANDARD.session_keys(session(), for_coa=False)
    assert keys == [
        (4, b"\xc0\0\2\1"),
        (32, b"core"),
        (1, b"Bob"),
        (44, b"a1"),
        (31, b"48-8F"),
    ]
    assert STANDARD.session_keys(session(), for_coa=True) == keys


def test_coa_07_without_a_session_id_port_and_address_tell_sessions_apart() -> None:
    keys = STANDARD.session_keys(session(acct_session_id=""), for_coa=False)
    assert [kind for kind, _ in keys] == [4, 32, 1, 31, 5, 8]
