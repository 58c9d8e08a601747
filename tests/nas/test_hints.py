"""The compiled reader of logins beside readers in plain Python: the same for whatever arrives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nas import _hints
from nas import attribute_types as kinds
from nas.login import LoginHints
from nas.values import integer_of, ipv4_of, ipv6_of, text_of
from radius import Packet, encode_attributes

TEXTS = (
    kinds.USER_NAME,
    kinds.CALLING_STATION_ID,
    kinds.CALLED_STATION_ID,
    kinds.NAS_PORT_ID,
    kinds.ACCT_SESSION_ID,
    kinds.NAS_IDENTIFIER,
)
NUMBERS = (kinds.NAS_PORT, kinds.NAS_PORT_TYPE, kinds.SERVICE_TYPE, kinds.FRAMED_PROTOCOL)
ADDRESSES = (kinds.NAS_IP_ADDRESS, kinds.FRAMED_IP_ADDRESS, kinds.NAS_IPV6_ADDRESS)
NO_ADDRESS = (bytes(4), b"\xff" * 4, b"\xff\xff\xff\xfe", b"\xff\xff\xff\xfd")
WORDS = st.one_of(
    st.binary(min_size=1, max_size=40),
    st.text(min_size=1, max_size=20).map(str.encode),
    st.sampled_from([b"DOMAIN\\user", b"user\0", b"a\\x07", b"02:00:00:00:00:01"]),
)
VALUES = st.one_of(
    WORDS,
    st.binary(min_size=4, max_size=4),
    st.binary(min_size=16, max_size=16),
    st.sampled_from(NO_ADDRESS),
)
PAIRS = st.lists(st.tuples(st.sampled_from(TEXTS + NUMBERS + ADDRESSES + (26, 79)), VALUES))


def in_plain_python(pairs: list[tuple[int, bytes]]) -> tuple[object, ...]:
    """What `said` must answer: the first of each type counts."""
    get = dict(reversed(pairs)).get
    return (
        get(kinds.USER_NAME),
        text_of(get(kinds.USER_NAME)),
        text_of(get(kinds.CALLING_STATION_ID)),
        text_of(get(kinds.CALLED_STATION_ID)),
        integer_of(get(kinds.NAS_PORT)),
        text_of(get(kinds.NAS_PORT_ID)),
        integer_of(get(kinds.NAS_PORT_TYPE)),
        text_of(get(kinds.ACCT_SESSION_ID)),
        ipv4_of(get(kinds.NAS_IP_ADDRESS)) or ipv6_of(get(kinds.NAS_IPV6_ADDRESS)),
        text_of(get(kinds.NAS_IDENTIFIER)),
        ipv4_of(get(kinds.FRAMED_IP_ADDRESS)),
        integer_of(get(kinds.SERVICE_TYPE)),
        integer_of(get(kinds.FRAMED_PROTOCOL)),
    )


@given(PAIRS)
def test_it_says_what_plain_python_says(pairs: list[tuple[int, bytes]]) -> None:
    packet = Packet(1, 0, bytes(16), pairs)
    assert _hints.said(packet.attribute_octets) == in_plain_python(pairs)


def test_its_fields_are_the_first_of_the_hints() -> None:
    found = _hints.said(encode_attributes([(kinds.USER_NAME, b"alice"), (kinds.NAS_PORT, b"0007")]))
    hints = LoginHints(*found)
    assert (hints.user_name_octets, hints.user_name) == (b"alice", "alice")
    assert hints.nas_port == 0x30303037 and not hints.captive and not hints.dhcp


@pytest.mark.parametrize("octets", [b"\x01", b"\x01\x00", b"\x01\x01a", b"\x01\x05a"])
def test_octets_that_are_no_attributes_are_refused(octets: bytes) -> None:
    with pytest.raises(ValueError, match="no whole attributes"):
        _hints.said(octets)
