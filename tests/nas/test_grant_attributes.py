"""What dialects write alike."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.grant import Grant
from domain.session import Session, SessionState
from nas.grant_attributes import (
    at_least_one,
    both_bps,
    device_names,
    framed_address,
    framing,
    interim_interval,
    named,
    session_timeout,
)
from nas.login import LoginHints


def session(**more: str) -> Session:
    return Session(1, 2, 3, 4, 5, SessionState.OPEN, 1, **more)  # type: ignore[arg-type]


@given(st.integers(-(2**40), 2**70))
def test_a_limit_is_never_zero_and_always_fits(number: int) -> None:
    sent = at_least_one(number)
    assert 1 <= sent < 2**32
    if 1 <= number < 2**32:
        assert sent == number


def test_7_4_session_timeout_is_never_zero() -> None:
    assert session_timeout(Grant(0, 300)) == (27, b"\0\0\0\1")
    assert session_timeout(Grant(3600, 300)) == (27, b"\0\0\x0e\x10")


def test_acct_interim_interval_is_the_one_of_the_grant() -> None:
    assert interim_interval(Grant(3600, 287)) == (85, b"\0\0\x01\x1f")


@pytest.mark.parametrize(
    ("service_type", "framed_protocol", "kinds"),
    [(2, 1, [6, 7]), (2, None, [6]), (None, 1, [7]), (1, None, []), (None, None, []), (8, 7, [])],
)
def test_ath_08_only_the_service_that_was_asked_for_is_granted(
    service_type: int | None, framed_protocol: int | None, kinds: list[int]
) -> None:
    hints = LoginHints(b"x", "x", service_type=service_type, framed_protocol=framed_protocol)
    found = framing(hints)
    assert [kind for kind, _ in found] == kinds
    asked = {6: service_type, 7: framed_protocol}
    assert all(int.from_bytes(value, "big") == asked[kind] for kind, value in found)


def test_coa_07_the_device_is_named_as_it_names_itself() -> None:
    both = session(nas_ip_address="192.0.2.1", nas_identifier="core\\xff")
    assert device_names(both) == [(4, b"\xc0\0\2\1"), (32, b"core\xff")]
    v6 = session(nas_ip_address="2001:db8::1")
    assert device_names(v6) == [(95, b"\x20\x01\x0d\xb8" + bytes(11) + b"\1")]
    assert device_names(session()) == []


def test_names_a_device_did_not_report_are_not_sent() -> None:
    assert named(44, "") == []
    assert named(44, "a1") == [(44, b"a1")]
    assert framed_address(session()) == []
    assert framed_address(session(framed_ip_address="10.0.0.2")) == [(8, b"\x0a\0\0\2")]


def test_speeds_add_up_only_where_both_are_known() -> None:
    assert both_bps(Grant(1, 1, down_bps=10, up_bps=2)) == 12
    assert both_bps(Grant(1, 1, down_bps=10)) == both_bps(Grant(1, 1)) == 0
