"""The hand-made packets are held against the server's own codec: neither may be wrong alone."""

from __future__ import annotations

import pytest

from radius import Code, decode, encode_attributes, sign_reply, sign_request, verify_request
from radius.passwords import unhide_password
from tests.chaos import wire

SECRET = b"testing123"
SALT = bytes(range(16))
NAMED = [(wire.USER_NAME, b"ann"), (wire.CALLING_STATION_ID, b"02:00:00:00:00:01")]


def test_an_access_request_is_sound_and_its_password_comes_out_again() -> None:
    octets = wire.access_request(NAMED, "a password of more than 16", SECRET, 7, SALT)
    verify_request(octets, SECRET)
    packet = decode(octets)
    assert (packet.code, packet.identifier) == (wire.ACCESS_REQUEST, 7)
    assert packet.first(wire.USER_NAME) == b"ann"
    hidden = packet.first(wire.USER_PASSWORD)
    assert hidden is not None
    assert unhide_password(hidden, SECRET, SALT) == b"a password of more than 16"


def test_an_accounting_request_is_sound() -> None:
    octets = wire.accounting_request(NAMED, SECRET, 9)
    verify_request(octets, SECRET)
    assert decode(octets).attributes == tuple(NAMED)


@pytest.mark.parametrize("code", [wire.ACCESS_ACCEPT, wire.ACCESS_REJECT])
def test_an_answer_to_a_login_counts_only_with_both_sums_right(code: int) -> None:
    asked = wire.access_request(NAMED, "pass", SECRET, 7, SALT)
    area = encode_attributes([(wire.CLASS, b"token")])
    signed = {"with_message_authenticator": True}
    good = sign_reply(code, 7, asked[4:20], area, SECRET, **signed)
    assert wire.is_genuine(good, asked, SECRET)
    assert wire.first(wire.read(good), wire.CLASS) == b"token"
    spoiled = [good[:n] + bytes((good[n] ^ 1,)) + good[n + 1 :] for n in range(len(good))]
    assert not any(wire.is_genuine(octets, asked, SECRET) for octets in spoiled)
    unsigned = sign_reply(
        code, 7, asked[4:20], area, SECRET, with_message_authenticator=False
    )  # the sums are right, and anybody who can make MD5 collide could have made them
    assert not wire.is_genuine(unsigned, asked, SECRET)
    assert not wire.is_genuine(good[:19], asked, SECRET)


def test_an_answer_to_a_record_is_not_that_to_another() -> None:
    one, other = (wire.accounting_request(NAMED, SECRET, n) for n in (1, 2))
    answer = sign_reply(
        Code.ACCOUNTING_RESPONSE, 1, one[4:20], b"", SECRET, with_message_authenticator=False
    )
    assert wire.is_genuine(answer, one, SECRET)
    assert not wire.is_genuine(answer, other, SECRET)
    assert not wire.is_genuine(answer, one, b"another")


def test_an_order_is_read_and_answered() -> None:
    limit = [
        (wire.VENDOR_SPECIFIC, wire.number(wire.MIKROTIK) + bytes((17, 6)) + wire.number(5)),
        (wire.VENDOR_SPECIFIC, wire.number(wire.MIKROTIK) + bytes((18, 6)) + wire.number(2)),
    ]
    order = sign_request(
        wire.COA_REQUEST,
        3,
        None,
        encode_attributes(limit),
        SECRET,
        with_message_authenticator=False,
    )
    assert wire.is_order(order, SECRET)
    assert not wire.is_order(order, b"another")
    assert not wire.is_order(order[:-1], SECRET)
    assert wire.octet_limit(wire.read(order)) == (2 << 32) + 5
    assert wire.octet_limit([(wire.USER_NAME, b"ann")]) is None
    assert wire.is_genuine(wire.answer_order(order, wire.COA_ACK, SECRET), order, SECRET)


def test_attributes_that_run_out_of_the_packet_are_refused() -> None:
    with pytest.raises(ValueError, match="runs out"):
        wire.read(bytes(20) + b"\x01\x09ann")
