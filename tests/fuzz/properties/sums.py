"""What must hold for the sums of a packet and for what is hidden under them.

Signing is held against verifying, and verifying against the plain twin for any octets at all,
forged ones too. Whatever is hidden comes out again, and octets that nobody hid never raise.
"""

from __future__ import annotations

from radius import (
    MacState,
    PacketError,
    mschap,
    passwords,
    sign_reply,
    sign_request,
    verify_reply,
    verify_request,
)
from tests.fuzz.properties import twin
from tests.fuzz.properties.taker import Taker
from tests.fuzz.properties.wire import mend

CODES = sorted(twin.CODES)
MARK = b"S="


def check_verify(octets: bytes) -> None:
    """Sign what the octets say, spoil one octet of it, and verify: as the twin does, each time."""
    taker = Taker(octets)
    code, identifier = taker.choice(CODES), taker.octet()
    with_mac, spoiled, spoil = bool(taker.octet() & 1), taker.number(), taker.octet()
    secret = taker.short_piece() or b"s"
    seed = taker.filled(16)
    area = taker.rest()
    raw = mend(octets)
    _agree(raw, secret, None)
    _agree(raw, secret, seed)
    room = 4096 - 20 - 18 * with_mac
    if len(area) > room:
        area = area[:room]
    request = code in twin.REQUESTS
    if request:
        own = seed if code in twin.OWN_AUTHENTICATOR else None
        signed = sign_request(
            code, identifier, own, area, secret, with_message_authenticator=with_mac
        )
    else:
        signed = sign_reply(
            code, identifier, seed, area, secret, with_message_authenticator=with_mac
        )
    field = None if request else seed
    _agree(signed, secret, field)
    at = spoiled % len(signed)
    _agree(signed[:at] + bytes((signed[at] ^ spoil,)) + signed[at + 1 :], secret, field)
    _agree(signed, secret + b"x", field)


def _agree(octets: bytes, secret: bytes, field: bytes | None) -> None:
    """The shipped check and the twin's come to the same result, reason and place included."""
    try:
        expected: object = MacState.VALID if twin.verify(octets, secret, field) else MacState.ABSENT
    except twin.Unsound as unsound:
        expected = unsound.args
    found: object
    try:
        found = (
            verify_request(octets, secret) if field is None else verify_reply(octets, secret, field)
        )
    except PacketError as error:
        found = (error.reason, error.offset)
    assert found == expected, f"verified as {found}, by the twin as {expected}"


def check_hidden(octets: bytes) -> None:
    """Hidden values and the credentials of PAP and CHAP: there and back, and back from noise."""
    taker = Taker(octets)
    secret, seed = taker.short_piece() or b"s", taker.filled(16)
    salt = bytes((taker.octet() | 0x80, taker.octet()))
    plain = taker.rest()
    password = plain[:128].rstrip(b"\0")
    hidden = passwords.hide_password(password, secret, seed)
    assert len(hidden) % 16 == 0 and 16 <= len(hidden) <= 128
    assert passwords.unhide_password(hidden, secret, seed) == password
    salted = passwords.hide_salted(plain[:239], secret, seed, salt)
    assert salted[:2] == salt and len(salted) % 16 == 2 and len(salted) <= 242
    assert passwords.unhide_salted(salted, secret, seed) == plain[:239]
    block = plain[:16].rstrip(b"\0")
    assert passwords.unhide_block(passwords.hide_block(block, secret, seed), secret, seed) == block
    keys = plain[:32].ljust(32, b"\0")
    found = passwords.unhide_mppe_keys(passwords.hide_mppe_keys(keys, secret, seed), secret, seed)
    assert found == keys
    response = passwords.chap_response(salt[1], plain, seed)
    assert passwords.verify_chap(response, plain, seed)
    assert not passwords.verify_chap(response, plain + b"x", seed)
    _check_noise(plain, secret, seed)


def _check_noise(noise: bytes, secret: bytes, seed: bytes) -> None:
    """Octets that nobody hid come out as octets no longer than they were, or as None."""
    for unhide in (
        passwords.unhide_password,
        passwords.unhide_salted,
        passwords.unhide_block,
        passwords.unhide_mppe_keys,
    ):
        found = unhide(noise, secret, seed)
        assert found is None or len(found) <= len(noise)
    right = 0 < len(noise) <= 128 and len(noise) % 16 == 0
    assert (passwords.unhide_password(noise, secret, seed) is not None) == right
    passwords.verify_chap(noise, secret, seed)


def check_mschap(octets: bytes) -> None:
    """MS-CHAP of both versions: an honest response is right, a spoiled one and noise are not."""
    taker = Taker(octets)
    identifier, spoiled, spoil = taker.octet(), taker.octet(), taker.octet()
    name, challenge, peer = taker.short_piece(), taker.filled(16), taker.filled(16)
    noise = taker.short_piece()
    word = taker.rest().decode("utf-8", "surrogateescape")
    hashed = mschap.nt_hash(word)
    assert len(mschap.lm_hash(word)) == 16
    for one in (noise, noise.ljust(50, b"\1")[:50]):
        assert not mschap.verify_v1(challenge[:8], one, hashed) or _made(
            one[26:], challenge, hashed
        )
        mschap.verify_v2(challenge, one, name, hashed)
    answer = mschap.challenge_response(challenge[:8], hashed)
    assert mschap.verify_v1(challenge[:8], bytes((identifier, 1)) + bytes(24) + answer, hashed)
    for tried in mschap.names_to_try(name):
        asked = mschap.challenge_hash(peer, challenge, tried)
        made = mschap.challenge_response(asked, hashed)
        response = bytes((identifier, 0)) + peer + bytes(8) + made
        success = mschap.verify_v2(challenge, response, name, hashed)
        assert success is not None and success[:3] == bytes((identifier,)) + MARK
        assert len(success) == 43
        at = 26 + spoiled % 24
        bad = response[:at] + bytes((response[at] ^ (spoil or 1),)) + response[at + 1 :]
        assert mschap.verify_v2(challenge, bad, name, hashed) is None


def _made(answer: bytes, challenge: bytes, hashed: bytes) -> bool:
    return mschap.challenge_response(challenge[:8], hashed) == answer
