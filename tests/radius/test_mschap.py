"""MS-CHAP against the numbers the RFCs print, and against packets made by others."""

from __future__ import annotations

import hashlib

import hypothesis
import hypothesis.strategies as st
import pytest
from Cryptodome.Cipher import DES

from radius import decode_packet, mschap
from tests.radius.vector_files import SECRET, document, octets

VECTORS = document("mschap.json")


def response_v2(peer: bytes, answer: bytes, identifier: int = 0) -> bytes:
    return bytes((identifier, 0)) + peer + bytes(8) + answer


@pytest.mark.parametrize("vector", VECTORS["hashes"])
def test_hashes_are_those_of_the_rfcs(vector: dict[str, str]) -> None:
    assert mschap.nt_hash(vector["password"]).hex() == vector["nt"]
    assert mschap.lm_hash(vector["password"]).hex() == vector["lm"]
    if vector["nt_of_nt"]:
        keys = mschap.mppe_keys_v1(bytes.fromhex(vector["nt"]), bytes.fromhex(vector["lm"]))
        assert keys[8:24].hex() == vector["nt_of_nt"]


@pytest.mark.parametrize("vector", VECTORS["v1"])
def test_version_1_responses_are_those_of_others(vector: dict[str, str]) -> None:
    challenge = bytes.fromhex(vector["challenge"])
    hashed = mschap.nt_hash(vector["password"])
    answer = bytes.fromhex(vector["nt_response"])
    assert mschap.challenge_response(challenge, hashed) == answer
    assert mschap.verify_v1(challenge, b"\x05\x01" + bytes(24) + answer, hashed)
    if "lm_response" in vector:
        lm_answer = mschap.challenge_response(challenge, mschap.lm_hash(vector["password"]))
        assert lm_answer.hex() == vector["lm_response"]
    if "mppe_keys" in vector:
        keys = mschap.mppe_keys_v1(hashed, mschap.lm_hash(vector["password"]))
        assert keys.hex() == vector["mppe_keys"]


@pytest.mark.parametrize("vector", VECTORS["v2"])
def test_version_2_responses_are_those_of_others(vector: dict[str, str]) -> None:
    challenge, peer = bytes.fromhex(vector["challenge"]), bytes.fromhex(vector["peer"])
    answer = bytes.fromhex(vector["nt_response"])
    hashed = mschap.nt_hash(vector["password"])
    success = mschap.verify_v2(
        challenge, response_v2(peer, answer, 9), vector["user"].encode(), hashed
    )
    assert success is not None and success[0] == 9 and len(success) == 43
    if "success" in vector:
        assert success[1:].decode() == vector["success"]
    if "send_key" in vector:
        send, receive = mschap.mppe_start_keys(hashed, answer)
        assert (send.hex(), receive.hex()) == (vector["send_key"], vector["recv_key"])
        name_hash = mschap.challenge_hash(peer, challenge, vector["user"].encode())
        assert name_hash.hex() == vector["challenge_hash"]


def test_the_proof_of_the_server_is_over_the_answer_as_it_was_given() -> None:
    """The answer here does not belong to the challenges; the proof is made of it all the same."""
    vector = VECTORS["proof"]
    hashed = mschap.challenge_hash(
        bytes.fromhex(vector["peer"]), bytes.fromhex(vector["challenge"]), vector["user"].encode()
    )
    proof = mschap.authenticator_response(
        mschap.nt_hash(vector["password"]), bytes.fromhex(vector["nt_response"]), hashed
    )
    assert proof.decode() == vector["success"]


def test_the_vectors_of_eap_mschapv2_hold_the_same_answer_and_proof() -> None:
    """EAP-MSCHAPv2 wraps what MS-CHAP2-Response and -Success hold."""
    challenge = octets("EAP-MSCHAPv2 challenge id5")[10:26]
    response = octets("EAP-MSCHAPv2 response id5")
    success = octets("EAP-MSCHAPv2 success req id6")
    answer = response_v2(response[10:26], response[34:58], response[6])
    user = response[59:]
    made = mschap.verify_v2(challenge, answer, user, mschap.nt_hash("clientPass"))
    assert user == b"User" and made is not None
    assert success[9:51] == made[1:]


@pytest.mark.parametrize(("name", "user"), [("P13", b"User"), ("P13d", b"DOM\\User")])
def test_msc_01_a_domain_before_the_name_is_not_hashed(name: str, user: bytes) -> None:
    packet = decode_packet(octets(name), SECRET)
    challenge, response = packet.vsa(311, 11), packet.vsa(311, 25)
    assert packet.first(1) == user
    assert challenge is not None and response is not None
    hashed = mschap.nt_hash("clientPass")
    success = mschap.verify_v2(challenge, response, user, hashed)
    assert success is not None and success.endswith(b"S=407A5589115FD0D6209F510FE9C04566932CDA56")
    assert mschap.verify_v2(challenge, response, b"Other", hashed) is None
    assert mschap.verify_v2(challenge, response, user, mschap.nt_hash("wrong")) is None


def test_msc_01_names_are_tried_the_likeliest_first() -> None:
    assert mschap.names_to_try(b"User") == [b"User"]
    assert mschap.names_to_try(b"D\\u") == [b"u", b"D\\u"]
    assert mschap.names_to_try(b"u@r") == [b"u@r", b"u"]
    assert mschap.names_to_try(b"D\\u@r") == [b"u@r", b"D\\u@r", b"u", b"D\\u"]


@pytest.mark.parametrize("typed", [b"joe@isp.example", b"joe"])
def test_msc_01_a_realm_is_hashed_or_not_as_it_was_typed(typed: bytes) -> None:
    hashed, challenge, peer = mschap.nt_hash("pw"), bytes(16), b"p" * 16
    answer = mschap.challenge_response(mschap.challenge_hash(peer, challenge, typed), hashed)
    success = mschap.verify_v2(challenge, response_v2(peer, answer), b"joe@isp.example", hashed)
    assert success is not None


def test_msc_02_the_success_value_is_the_one_in_the_accept() -> None:
    request = octets("P13")
    accept = decode_packet(octets("P13b"), SECRET, request[4:20])
    packet = decode_packet(request, SECRET)
    challenge, response = packet.vsa(311, 11), packet.vsa(311, 25)
    assert challenge is not None and response is not None
    made = mschap.verify_v2(challenge, response, b"User", mschap.nt_hash("clientPass"))
    carried = accept.vsa(311, 26)
    assert made is not None and carried is not None
    assert made[1:] == carried[1:] and made[1:].isupper()


def test_msc_03_the_error_text_is_the_one_in_the_reject() -> None:
    reject = decode_packet(octets("P13c"), SECRET, octets("P13")[4:20])
    carried = reject.vsa(311, 2)
    assert carried is not None
    assert mschap.error_text(carried[0], 691, b"\0" * 16) == carried
    assert (
        mschap.error_text(
            1, mschap.ERROR_PASSWORD_EXPIRED, bytes(range(16)), "renew it", retry=True
        )
        == b"\x01E=648 R=1 C=000102030405060708090a0b0c0d0e0f V=3 M=renew it"
    )


def test_msc_04_the_keys_follow_from_the_nt_hash_alone() -> None:
    vector = VECTORS["v2"][0]
    stored = bytes.fromhex(VECTORS["hashes"][0]["nt"])
    send, receive = mschap.mppe_start_keys(stored, bytes.fromhex(vector["nt_response"]))
    assert (send.hex(), receive.hex()) == (vector["send_key"], vector["recv_key"])


def test_msc_05_the_session_keys_that_a_nas_derives_are_those_of_the_rfc() -> None:
    """RFC 3079 s3.3 and s3.5, done here as the NAS does it from the start key we send."""
    start = bytes.fromhex(VECTORS["v2"][0]["send_key"])
    salts = {"40": b"\xd1\x26\x9e", "56": b"\xd1", "128": b""}
    for bits, salt in salts.items():
        size = 16 if bits == "128" else 8
        key = start[:size]
        derived = hashlib.sha1(key + bytes(40) + key + b"\xf2" * 40).digest()[:size]
        assert (salt + derived[len(salt) :]).hex() == VECTORS["session_keys"][bits]


def test_msc_06_without_an_lm_hash_its_keys_are_zero() -> None:
    keys = mschap.mppe_keys_v1(mschap.nt_hash("x"))
    assert keys[:8] == bytes(8) and keys[24:] == bytes(8) and len(keys) == 32


def test_msc_08_an_nt_hash_is_enough_to_verify_version_1() -> None:
    packet = decode_packet(octets("P14"), SECRET)
    challenge, response = packet.vsa(311, 11), packet.vsa(311, 1)
    assert challenge is not None and response is not None
    stored = bytes.fromhex(VECTORS["hashes"][1]["nt"])
    assert mschap.verify_v1(challenge, response, stored)
    assert not mschap.verify_v1(challenge, response, bytes(16))


def test_an_lm_response_is_refused() -> None:
    challenge, hashed = bytes(8), mschap.nt_hash("x")
    answer = mschap.challenge_response(challenge, hashed)
    assert mschap.verify_v1(challenge, b"\0\x01" + bytes(24) + answer, hashed)
    assert not mschap.verify_v1(challenge, b"\0\x00" + bytes(24) + answer, hashed)


@pytest.mark.parametrize(("challenge", "size"), [(8, 49), (8, 51), (7, 50), (16, 50), (8, 0)])
def test_wrong_sizes_are_refused_by_version_1(challenge: int, size: int) -> None:
    assert not mschap.verify_v1(bytes(challenge), b"\1" * size, bytes(16))


@pytest.mark.parametrize(("challenge", "size"), [(16, 49), (16, 51), (8, 50), (15, 50), (0, 0)])
def test_wrong_sizes_are_refused_by_version_2(challenge: int, size: int) -> None:
    assert mschap.verify_v2(bytes(challenge), b"\1" * size, b"u", bytes(16)) is None


def test_a_password_without_an_lm_hash_has_zeros() -> None:
    assert mschap.lm_hash("пароль") == bytes(16)
    assert len(mschap.nt_hash("пароль")) == 16


def test_the_keys_of_des_are_spread_as_in_the_rfc() -> None:
    """RFC 2759 s9.3 prints two of the keys, with parity, that the NT hash of MyPw makes."""
    answer = mschap.challenge_response(b"any text", mschap.nt_hash("MyPw"))
    printed = ("fd0b5b5e7f6e34d9", "0e6e796737ea08fe")
    for at, key in zip((0, 8), printed, strict=True):
        made = DES.new(bytes.fromhex(key), DES.MODE_ECB).encrypt(b"any text")
        assert answer[at : at + 8] == made


@hypothesis.given(
    st.text(max_size=40),
    st.binary(min_size=16, max_size=16),
    st.binary(min_size=16, max_size=16),
    st.binary(max_size=60),
)
def test_a_login_made_with_the_password_verifies_and_with_another_does_not(
    password: str, challenge: bytes, peer: bytes, user: bytes
) -> None:
    hashed = mschap.nt_hash(password)
    name = mschap.names_to_try(user)[0]
    answer = mschap.challenge_response(mschap.challenge_hash(peer, challenge, name), hashed)
    response = response_v2(peer, answer, 1)
    assert mschap.verify_v2(challenge, response, user, hashed) is not None
    assert mschap.verify_v2(challenge, response, user, mschap.nt_hash(password + "x")) is None
