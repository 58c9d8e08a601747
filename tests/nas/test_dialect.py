"""What every dialect must do, whatever family it speaks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.grant import Grant
from domain.session import Session, SessionState
from nas.attribute_kind import kind_of
from nas.dialects import DIALECTS
from nas.login import LoginHints
from nas.values import text_of
from radius import decode_attributes, encode_attributes

OCTETS = st.none() | st.integers(0, 2**66)
SPEED = st.none() | st.integers(1, 10**11)
POLICY = st.none() | st.from_regex(r"[A-Za-z0-9_-]{1,60}", fullmatch=True)
GRANTS = st.builds(
    Grant,
    st.integers(0, 2**40),
    st.integers(60, 86_400),
    OCTETS,
    OCTETS,
    OCTETS,
    SPEED,
    SPEED,
    POLICY,
    POLICY,
    st.none(),  # a rate string is of another test
)
HINTS = st.builds(
    LoginHints,
    st.just(b"x"),
    st.just("x"),
    service_type=st.none() | st.integers(0, 20),
    framed_protocol=st.none() | st.integers(0, 7),
)
FORBIDDEN_IN_DISCONNECT = {6, 24}  # Service-Type, State (COA-10)


def test_dialects_are_listed_under_their_names() -> None:
    assert list(DIALECTS) == ["standard", "mikrotik", "cisco", "juniper"]
    assert all(dialect.name == name for name, dialect in DIALECTS.items())


@pytest.mark.parametrize(
    ("name", "port", "octet_limit", "limit_coa"),
    [
        ("standard", 3799, False, True),
        ("mikrotik", 3799, True, True),
        ("cisco", 1700, False, False),
        ("juniper", 3799, False, True),
    ],
)
def test_coa_01_what_each_family_can_do(
    name: str, port: int, octet_limit: bool, limit_coa: bool
) -> None:
    dialect = DIALECTS[name]
    assert dialect.default_coa_port == port
    assert dialect.has_octet_limit is octet_limit
    assert dialect.has_limit_coa is limit_coa
    assert dialect.has_disconnect
    assert dialect.granularity_s >= 1


@given(GRANTS, HINTS)
def test_every_accept_limits_the_time_and_asks_for_interims(
    grant: Grant, hints: LoginHints
) -> None:
    for dialect in DIALECTS.values():
        pairs = decode_attributes(encode_attributes(dialect.write_grant(grant, hints)))
        kinds = [kind for kind, _ in pairs]
        assert kinds.count(27) == kinds.count(85) == 1
        found = dict(pairs)
        assert int.from_bytes(found[27], "big") == min(max(grant.session_timeout_s, 1), 2**32 - 1)
        assert int.from_bytes(found[85], "big") == grant.interim_s
        assert set(kinds) <= {6, 7, 26, 27, 85}


@given(GRANTS)
def test_speeds_are_told_in_attributes_that_no_limit_has(grant: Grant) -> None:
    for dialect in DIALECTS.values():
        speeds = [kind_of(attribute) for attribute in dialect.write_speeds(grant)]
        limits = [kind_of(attribute) for attribute in dialect.write_limits(grant)]
        assert len(set(speeds)) == len(speeds)
        assert not set(speeds) & set(limits)


def test_whatever_a_dialect_can_take_away_it_can_change_and_of_that_very_kind() -> None:
    for dialect in DIALECTS.values():
        for kind, values in dialect.none_of.items():
            assert kind in dialect.live_kinds
            assert {kind_of(attribute) for attribute in values} == {kind}


def test_14_where_limits_can_be_told_by_a_coa_the_time_is_a_live_kind() -> None:
    for dialect in DIALECTS.values():
        assert dialect.has_limit_coa is ((27,) in dialect.live_kinds)


@given(GRANTS)
def test_a_coa_carries_limits_and_nothing_that_would_change_more(grant: Grant) -> None:
    for dialect in DIALECTS.values():
        pairs = dialect.write_limits(grant)
        assert pairs[0][0] == 27
        assert {kind for kind, _ in pairs} <= {26, 27}


NAMES = st.binary(max_size=60).map(lambda octets: octets.rstrip(b"\0"))


@given(NAMES, NAMES, NAMES, st.booleans(), st.none() | st.integers(0, 2**32 - 1))
def test_coa_07_orders_name_a_session_in_the_octets_the_device_used(
    user: bytes, session_id: bytes, station: bytes, for_coa: bool, port: int | None
) -> None:
    session = Session(
        1,
        2,
        3,
        4,
        5,
        SessionState.OPEN,
        1,
        acct_session_id=text_of(session_id),
        user_name=text_of(user),
        calling_station_id=text_of(station),
        nas_port=port,
        framed_ip_address="10.0.0.2",
    )
    said = {1: user, 44: session_id, 31: station, 8: b"\x0a\0\0\2"}
    if port is not None:
        said[5] = port.to_bytes(4, "big")
    for dialect in DIALECTS.values():
        keys = dialect.session_keys(session, for_coa)
        kinds = [kind for kind, _ in keys]
        assert len(kinds) == len(set(kinds))
        assert not FORBIDDEN_IN_DISCONNECT & set(kinds)
        assert all(value == said[kind] for kind, value in keys)
        if session_id:
            assert 44 in kinds
        else:
            assert 8 in kinds
