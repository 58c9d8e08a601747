"""What a router sends and reads: against pyrad and the codec, and nothing forged gets through."""

from __future__ import annotations

import random

import pytest
from pyrad.dictionary import Dictionary
from pyrad.packet import AcctPacket, AuthPacket

from domain.grant import Grant
from nas.dialects.mikrotik import Mikrotik
from nas.login import LoginHints
from radius import Packet, decode, encode_attributes, sign_reply, sign_request, verify_request
from radius.mschap import nt_hash, verify_v2
from radius.passwords import verify_chap
from tests.simulation import wire

SECRET = b"sixteen-octets-ok"


def test_pyrad_reads_the_password_that_a_router_hid() -> None:
    dice = random.Random(1)
    authenticator = dice.randbytes(16)
    pairs = wire.credential(
        "pap", "sub01", "secret-1", SECRET, authenticator=authenticator, dice=dice
    )
    named = [(1, b"sub01"), *pairs]
    octets = wire.access_request(7, authenticator, named, SECRET, signed=True)
    theirs = AuthPacket(packet=octets, secret=SECRET, dict=Dictionary())
    assert theirs.PwDecrypt(theirs[2][0]) == "secret-1"
    assert theirs[1] == [b"sub01"]
    verify_request(octets, SECRET)


def test_pyrad_finds_the_sums_of_an_accounting_request_right() -> None:
    area = encode_attributes([(40, wire.number(1)), (44, b"A")])
    octets = wire.accounting_request(9, area, SECRET, signed=False)
    assert AcctPacket(packet=octets, secret=SECRET, dict=Dictionary()).VerifyAcctRequest()


def test_chap_and_mschap2_prove_the_password_and_no_other() -> None:
    dice = random.Random(2)
    chap = dict(wire.credential("chap", "a", "right", b"", authenticator=b"", dice=dice))
    assert verify_chap(chap[3], b"right", chap[60])
    assert not verify_chap(chap[3], b"wrong", chap[60])
    pairs = wire.credential("mschap2", "a", "right", b"", authenticator=b"", dice=dice)
    packet = Packet(1, 1, bytes(16), pairs)
    challenge, response = packet.vsa(311, 11), packet.vsa(311, 25)
    assert challenge is not None
    assert response is not None
    assert verify_v2(challenge, response, b"a", nt_hash("right"))
    assert verify_v2(challenge, response, b"a", nt_hash("wrong")) is None


def test_a_router_reads_the_limits_that_the_dialect_writes() -> None:
    grant = Grant(
        session_timeout_s=3_600,
        interim_s=60,
        down_bps=10_000_000,
        up_bps=512_000,
        policy_down="",
        policy_up="",
        total_limit_octets=(5 << 32) + 17,
    )
    pairs = Mikrotik().write_grant(grant, LoginHints(None, "")) + Mikrotik().write_speeds(grant)
    found = wire.told(Packet(2, 1, bytes(16), pairs))
    assert (found.timeout_s, found.interim_s, found.octets) == (3_600, 60, (5 << 32) + 17)
    assert (found.down_bps, found.up_bps) == (10_000_000, 512_000)


@pytest.mark.parametrize("at", [0, 1, 5, 25])
def test_what_is_not_genuine_is_not_read(at: int) -> None:
    order = sign_request(
        40, 3, None, encode_attributes([(44, b"A")]), SECRET, with_message_authenticator=True
    )
    assert wire.read_order(order, SECRET) is not None
    bent = bytearray(order)
    bent[at] ^= 1
    assert wire.read_order(bytes(bent), SECRET) is None
    assert wire.read_order(order[:at], SECRET) is None
    reply = sign_reply(2, 3, bytes(16), b"", SECRET, with_message_authenticator=True)
    assert wire.read_reply(reply, SECRET, bytes(16)) is not None
    assert wire.read_reply(reply, SECRET, b"x" * 16) is None


def test_an_answer_says_yes_or_why_not() -> None:
    octets = sign_request(43, 3, None, b"", SECRET, with_message_authenticator=True)
    order = decode(octets)
    yes = wire.read_reply(wire.answer(order, SECRET), SECRET, octets[4:20])
    no = wire.read_reply(wire.answer(order, SECRET, 503), SECRET, octets[4:20])
    assert yes is not None
    assert no is not None
    assert (yes.code, yes.integer(101)) == (44, None)
    assert (no.code, no.integer(101)) == (45, 503)
