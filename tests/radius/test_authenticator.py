"""Sums: every code's authenticator and Message-Authenticator, and the digests below them."""

from __future__ import annotations

import hashlib
import hmac

import hypothesis
import hypothesis.strategies as st
import pytest
from Cryptodome.Cipher import DES
from Cryptodome.Hash import MD4

from radius import MacState, PacketError, decode, sign_reply, sign_request
from radius import verify_reply as verify_reply_sums
from radius import verify_request as verify_request_sums
from radius._authenticator import des, hmac_md5, md4, md5, same_octets
from tests.radius.vector_files import ANSWERS, AUTHENTICATOR, SECRET, document, octets

PACKETS = [
    vector["name"].split()[0]
    for vector in document("vectors.json")
    if vector["name"][0] == "P" and vector["name"][1:3].isdigit()
]
WITHOUT_MAC = {"P04b", "P05", "P05b", "P06", "P07", "P07b", "P07c", "P10c"}
REQUESTS = {1, 4, 12, 40, 43}
REPLIES = {2, 3, 5, 11, 41, 42, 44, 45, 52}


def check(name: str, received: bytes, secret: bytes = SECRET) -> MacState:
    if name in ANSWERS:
        return verify_reply_sums(received, secret, octets(ANSWERS[name])[4:20])
    return verify_request_sums(received, secret)


def reason_of(name: str, received: bytes, secret: bytes = SECRET) -> str:
    with pytest.raises(PacketError) as caught:
        check(name, received, secret)
    return caught.value.reason


@pytest.mark.parametrize("name", PACKETS)
def test_one_packet_of_every_code_verifies(name: str) -> None:
    expected = MacState.ABSENT if name in WITHOUT_MAC else MacState.VALID
    assert check(name, octets(name)) is expected


@pytest.mark.parametrize("name", PACKETS)
def test_one_packet_of_every_code_is_made_octet_for_octet(name: str) -> None:
    expected = octets(name)
    packet = decode(expected)
    with_mac = name not in WITHOUT_MAC
    area = packet.attribute_octets[18 * with_mac :]
    if packet.code in REQUESTS:
        own = packet.authenticator if packet.code in (1, 12) else None
        made = sign_request(
            packet.code, packet.identifier, own, area, SECRET, with_message_authenticator=with_mac
        )
    else:
        request = octets(ANSWERS[name])[4:20]
        made = sign_reply(
            packet.code,
            packet.identifier,
            request,
            area,
            SECRET,
            with_message_authenticator=with_mac,
        )
    assert made == expected


@pytest.mark.parametrize("file", ["rfc_packets.json", "captures.json"])
def test_published_and_captured_packets_verify(file: str) -> None:
    vectors = document(file)
    secret = vectors["secret"].encode()
    by_id = {vector["id"]: bytes.fromhex(vector["hex"]) for vector in vectors["packets"]}
    checked = 0
    for vector in vectors["packets"]:
        received = by_id[vector["id"]]
        if vector.get("secret", secret) is None:
            assert decode(received).code == 40
            continue
        if "answers" in vector:
            verify_reply_sums(received, secret, by_id[vector["answers"]][4:20])
        else:
            verify_request_sums(received, secret)
        checked += 1
    assert checked in (14, 16)


@pytest.mark.parametrize("name", PACKETS)
def test_aut_01_every_bit_of_a_packet_counts(name: str) -> None:
    """A flip that hides the Message-Authenticator of an Access-Request leaves one without any,
    which policy must refuse (AUT-02, BLR-03); every other flip is seen."""
    received = octets(name)
    for at in range(len(received) * 8):
        flipped = bytearray(received)
        flipped[at // 8] ^= 1 << at % 8
        try:
            state = check(name, bytes(flipped))
        except PacketError:
            continue
        assert state is MacState.ABSENT and received[0] == 1 and at // 8 in (20, 21)


@pytest.mark.parametrize("name", PACKETS)
def test_a_wrong_secret_is_seen(name: str) -> None:
    received = octets(name)
    expected = "bad-message-authenticator" if received[0] in (1, 12) else "bad-authenticator"
    assert reason_of(name, received, b"xyzzy5462") == expected
    assert reason_of(name, received, SECRET + b"!") == expected


def test_aut_02_an_access_request_without_message_authenticator_cannot_be_checked() -> None:
    vectors = document("rfc_packets.json")["packets"]
    received = bytes.fromhex(vectors[0]["hex"])
    assert verify_request_sums(received, b"another secret") is MacState.ABSENT


def test_aut_03_the_message_authenticator_of_an_accounting_request_is_checked_too() -> None:
    received = octets("P05c")
    at = received.index(b"\x50\x12") + 2
    broken = received[:at] + bytes(16) + received[at + 16 :]
    resigned = broken[:4] + hashlib.md5(broken[:4] + bytes(16) + broken[20:] + SECRET).digest()
    assert reason_of("P05c", resigned + broken[20:]) == "bad-message-authenticator"


def test_aut_03_the_message_authenticator_of_an_accounting_response_is_over_the_request() -> None:
    request = octets("P05")[4:20]
    made = sign_reply(5, 2, request, b"", SECRET, with_message_authenticator=True)
    expected = hmac.digest(SECRET, made[:4] + request + b"\x50\x12" + bytes(16), "md5")
    assert made[22:38] == expected


def test_aut_04_octets_are_compared_whole() -> None:
    assert same_octets(b"abc", b"abc")
    assert not same_octets(b"abc", b"abd")
    assert not same_octets(b"abc", b"ab")
    assert same_octets(b"", b"")


def test_blr_01_the_message_authenticator_comes_first() -> None:
    for code in REPLIES:
        made = sign_reply(
            code, 1, AUTHENTICATOR, b"\x12\x04no", SECRET, with_message_authenticator=True
        )
        assert made[20:22] == b"\x50\x12"
        assert made[38:] == b"\x12\x04no"


def test_blr_02_a_message_authenticator_is_taken_at_any_place() -> None:
    capture = document("captures.json")["packets"][0]
    received = bytes.fromhex(capture["hex"])
    assert received[20] != 80
    assert verify_request_sums(received, b"testing123") is MacState.VALID


def test_sts_01_a_status_server_needs_a_message_authenticator() -> None:
    assert reason_of("M13", octets("M13")) == "missing-message-authenticator"


def test_eap_04_an_eap_message_needs_a_message_authenticator() -> None:
    assert reason_of("M12", octets("M12")) == "eap-without-message-authenticator"
    reply = sign_reply(11, 1, AUTHENTICATOR, b"\x4f\x03a", SECRET, with_message_authenticator=False)
    with pytest.raises(PacketError, match="eap-without-message-authenticator"):
        verify_reply_sums(reply, SECRET, AUTHENTICATOR)


def test_pkt_04_padding_is_in_no_sum() -> None:
    assert verify_request_sums(octets("P05c") + b"\xde\xad", SECRET) is MacState.VALID
    assert check("P02", octets("P02") + b"\xde\xad") is MacState.VALID


def test_a_reply_is_no_request_and_a_request_no_reply() -> None:
    with pytest.raises(PacketError, match="unknown-code"):
        verify_request_sums(octets("P02"), SECRET)
    with pytest.raises(PacketError, match="unknown-code"):
        verify_reply_sums(octets("P01"), SECRET, AUTHENTICATOR)


def test_pkt_11_an_empty_secret_is_never_used() -> None:
    with pytest.raises(ValueError, match="must not be empty"):
        verify_request_sums(octets("P01"), b"")
    with pytest.raises(ValueError, match="must not be empty"):
        sign_reply(2, 1, AUTHENTICATOR, b"", b"", with_message_authenticator=True)


@pytest.mark.parametrize(
    ("code", "identifier", "authenticator", "size", "said"),
    [
        (2, 0, None, 0, "is a reply"),
        (1, 0, None, 0, "need an authenticator"),
        (4, 0, AUTHENTICATOR, 0, "others compute it"),
        (1, 0, b"short", 0, "16 octets"),
        (1, 256, AUTHENTICATOR, 0, "cannot be sent"),
        (4, 0, None, 4059, "over the limit"),
    ],
)
def test_what_cannot_be_signed_is_said(
    code: int, identifier: int, authenticator: bytes | None, size: int, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        sign_request(
            code,
            identifier,
            authenticator,
            bytes(size),
            SECRET,
            with_message_authenticator=True,
        )
    with pytest.raises(ValueError, match="is a request"):
        sign_reply(1, 0, AUTHENTICATOR, b"", SECRET, with_message_authenticator=True)


@hypothesis.given(st.binary(max_size=300), st.binary(max_size=130))
def test_the_digests_are_those_of_others(message: bytes, key: bytes) -> None:
    assert md5(message) == hashlib.md5(message).digest()
    assert md4(message) == MD4.new(message).digest()
    assert hmac_md5(key, message) == hmac.digest(key, message, "md5")


@hypothesis.given(
    st.lists(st.binary(max_size=70), min_size=1, max_size=3),
    st.lists(st.tuples(st.integers(0, 5), st.binary(max_size=130)), max_size=12),
)
def test_keys_that_take_turns_are_not_taken_for_one_another(
    keys: list[bytes], told: list[tuple[int, bytes]]
) -> None:
    """What the first block makes of a key is kept for the next time; some begin as others do."""
    keys += [key[:-1] for key in keys] + [key + b"\0" for key in keys]
    for which, message in told:
        key = keys[which % len(keys)]
        assert hmac_md5(key, message) == hmac.digest(key, message, "md5")


@pytest.mark.parametrize("size", [0, 1, 55, 56, 57, 63, 64, 65, 119, 120, 128, 4096, 70_000])
def test_the_digests_are_right_at_the_edges_of_a_block(size: int) -> None:
    message = bytes(index * 31 % 251 for index in range(size))
    assert md5(message) == hashlib.md5(message).digest()
    assert md4(message) == MD4.new(message).digest()
    assert hmac_md5(message, b"x") == hmac.digest(message, b"x", "md5")


@hypothesis.given(st.binary(min_size=7, max_size=7), st.binary(min_size=8, max_size=8))
def test_des_is_that_of_another(key: bytes, block: bytes) -> None:
    bits = int.from_bytes(key, "big")
    spread = bytes((bits >> (49 - 7 * at) & 0x7F) << 1 for at in range(8))
    assert des(key, block) == DES.new(spread, DES.MODE_ECB).encrypt(block)


def test_des_takes_its_own_sizes_only() -> None:
    with pytest.raises(ValueError, match="key of 7 octets"):
        des(bytes(8), bytes(8))
    with pytest.raises(ValueError, match="block of 8"):
        des(bytes(7), bytes(7))


@hypothesis.given(
    st.sampled_from(sorted(REPLIES)),
    st.integers(0, 255),
    st.binary(min_size=1, max_size=100),
    st.binary(min_size=1, max_size=250),
    st.booleans(),
)
def test_what_is_signed_verifies(
    code: int, identifier: int, secret: bytes, value: bytes, with_mac: bool
) -> None:
    area = bytes((25, len(value) + 2)) + value
    made = sign_reply(
        code, identifier, AUTHENTICATOR, area, secret, with_message_authenticator=with_mac
    )
    state = verify_reply_sums(made, secret, AUTHENTICATOR)
    assert state is (MacState.VALID if with_mac else MacState.ABSENT)
    with pytest.raises(PacketError, match="bad-authenticator"):
        verify_reply_sums(made, secret, bytes(16))
