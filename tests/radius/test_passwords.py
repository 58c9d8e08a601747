"""Hidden values, and the credentials of PAP and CHAP."""

from __future__ import annotations

import itertools

import hypothesis
import hypothesis.strategies as st
import pytest

from radius import decode_packet, passwords
from tests.radius.vector_files import AUTHENTICATOR, SECRET, document, named, octets

PLAIN = {
    "UP 0 octets": b"",
    "UP 1 octets": b"a",
    "UP 5 octets": b"hello",
    "UP 15 octets": b"0123456789abcde",
    "UP 16 octets": b"0123456789abcdef",
    "UP 17 octets": b"0123456789abcdefg",
    "UP 128 octets": b"x" * 128,
}
SALTED = {
    'TP tag1 "tunnelpw" salt 8001': b"tunnelpw",
    'TP tag1 "" salt 8002': b"",
    'TP tag1 "0123456789abcde" salt 8003': b"0123456789abcde",
    'TP tag1 "0123456789abcdef" salt 8004': b"0123456789abcdef",
    'TP tag0 "tunnelpw" salt 8001': b"tunnelpw",
}


@pytest.mark.parametrize("name", PLAIN)
def test_user_password_vectors_hide_and_unhide(name: str) -> None:
    hidden = bytes.fromhex(named()[name]["hex"])
    assert passwords.hide_password(PLAIN[name], SECRET, AUTHENTICATOR) == hidden
    assert passwords.unhide_password(hidden, SECRET, AUTHENTICATOR) == PLAIN[name]


def test_hid_01_an_empty_password_is_one_block() -> None:
    assert len(passwords.hide_password(b"", SECRET, AUTHENTICATOR)) == 16


def test_hid_01_a_password_over_128_octets_is_refused() -> None:
    with pytest.raises(ValueError, match="over 128"):
        passwords.hide_password(bytes(129), SECRET, AUTHENTICATOR)


def test_hid_02_trailing_nuls_go_and_others_stay() -> None:
    hidden = passwords.hide_password(b"a\0b\0\0", SECRET, AUTHENTICATOR)
    assert passwords.unhide_password(hidden, SECRET, AUTHENTICATOR) == b"a\0b"


def test_hid_02_a_wrong_secret_gives_noise_and_no_error() -> None:
    hidden = passwords.hide_password(b"hello", SECRET, AUTHENTICATOR)
    noise = passwords.unhide_password(hidden, b"other", AUTHENTICATOR)
    assert noise is not None and noise != b"hello"


@pytest.mark.parametrize("size", [0, 1, 15, 17, 129, 144])
def test_hid_03_a_hidden_password_of_a_wrong_size_is_none(size: int) -> None:
    assert passwords.unhide_password(bytes(size), SECRET, AUTHENTICATOR) is None


@pytest.mark.parametrize("name", ["M20", "M21"])
def test_hid_03_malformed_passwords_of_the_vectors_are_none(name: str) -> None:
    hidden = decode_packet(octets(name), SECRET).first(2)
    assert hidden is not None
    assert passwords.unhide_password(hidden, SECRET, AUTHENTICATOR) is None


@pytest.mark.parametrize("name", SALTED)
def test_tunnel_password_vectors_hide_and_unhide(name: str) -> None:
    value = bytes.fromhex(named()[name]["hex"])[2:]
    salt, hidden = value[1:3], value[1:]
    assert passwords.hide_salted(SALTED[name], SECRET, AUTHENTICATOR, salt) == hidden
    assert passwords.unhide_salted(hidden, SECRET, AUTHENTICATOR) == SALTED[name]


def test_hid_04_a_length_over_what_follows_is_none() -> None:
    hidden = passwords.hide_salted(b"x" * 14, SECRET, AUTHENTICATOR, b"\x80\x01")
    longer = hidden[:2] + bytes((hidden[2] ^ 14 ^ 16,)) + hidden[3:]
    assert passwords.unhide_salted(longer, SECRET, AUTHENTICATOR) is None
    exact = hidden[:2] + bytes((hidden[2] ^ 14 ^ 15,)) + hidden[3:]
    assert passwords.unhide_salted(exact, SECRET, AUTHENTICATOR) == b"x" * 14 + b"\0"


@pytest.mark.parametrize("size", [0, 1, 2])
def test_hid_04_a_salted_value_without_its_length_is_none(size: int) -> None:
    assert passwords.unhide_salted(bytes(size), SECRET, AUTHENTICATOR) is None


def test_hid_04_239_octets_fit_and_more_do_not() -> None:
    assert len(passwords.hide_salted(bytes(239), SECRET, AUTHENTICATOR, b"\x80\0")) == 242
    with pytest.raises(ValueError, match="over 239"):
        passwords.hide_salted(bytes(240), SECRET, AUTHENTICATOR, b"\x80\0")


def test_hid_04_a_short_last_block_is_read() -> None:
    whole = passwords.hide_salted(b"0123456789abcdefgh", SECRET, AUTHENTICATOR, b"\x80\x01")
    assert passwords.unhide_salted(whole[: 2 + 19], SECRET, AUTHENTICATOR) == b"0123456789abcdefgh"


@pytest.mark.parametrize("salt", [b"", b"\x80", b"\x7f\xff", b"\x80\0\0"])
def test_hid_05_a_salt_has_its_top_bit_set(salt: bytes) -> None:
    with pytest.raises(ValueError, match="top bit set"):
        passwords.hide_salted(b"x", SECRET, AUTHENTICATOR, salt)


@hypothesis.given(st.integers(0, 2**64))
def test_hid_05_salts_of_one_packet_are_all_different(start: int) -> None:
    drawn = list(itertools.islice(passwords.salts(start), 200))
    assert len(set(drawn)) == 200
    assert all(salt[0] & 0x80 and len(salt) == 2 for salt in drawn)


def test_hid_05_there_are_32768_salts() -> None:
    assert len(set(passwords.salts(12345))) == 32768


def test_hid_06_salted_values_over_16_octets_chain_on_the_hidden_octets() -> None:
    plain = bytes(range(100))
    hidden = passwords.hide_salted(plain, SECRET, AUTHENTICATOR, b"\xff\xff")
    assert passwords.unhide_salted(hidden, SECRET, AUTHENTICATOR) == plain


def test_hid_07_mppe_keys_of_ms_chap_1_are_32_octets_hidden_like_a_password() -> None:
    keys = bytes.fromhex(named()["MS-CHAP-MPPE-Keys plain (MyPw)"]["hex"])
    hidden = bytes.fromhex(named()["MS-CHAP-MPPE-Keys VSA, RA=00..0f"]["hex"])[8:]
    secret = SECRET
    assert passwords.hide_mppe_keys(keys, secret, AUTHENTICATOR) == hidden
    assert passwords.unhide_mppe_keys(hidden, secret, AUTHENTICATOR) == keys
    assert passwords.unhide_mppe_keys(hidden[:-1], secret, AUTHENTICATOR) is None
    with pytest.raises(ValueError, match="32 octets"):
        passwords.hide_mppe_keys(keys[:-1], secret, AUTHENTICATOR)


def test_ascend_send_secret_is_one_block() -> None:
    value = bytes.fromhex(named()['Ascend-Send-Secret "hello"']["hex"])[2:]
    assert passwords.hide_block(b"hello", SECRET, AUTHENTICATOR) == value
    assert passwords.unhide_block(value, SECRET, AUTHENTICATOR) == b"hello"
    assert passwords.unhide_block(value[:-1], SECRET, AUTHENTICATOR) is None
    with pytest.raises(ValueError, match="over 16"):
        passwords.hide_block(bytes(17), SECRET, AUTHENTICATOR)


def test_aut_06_a_hidden_value_in_a_reply_is_under_the_requests_authenticator() -> None:
    request = octets("P13")[4:20]
    reply = decode_packet(octets("P13b"), SECRET, request)
    keys = [
        passwords.unhide_salted(value, SECRET, request)
        for number in (16, 17)
        for value in reply.vsas(311, number)
    ]
    assert keys == [
        bytes.fromhex("8b7cdc149b993a1ba118cb153f56dccb"),
        bytes.fromhex("d5f0e9521e3ea9589645e86051c82226"),
    ]


@pytest.mark.parametrize(
    ("file", "name"),
    [("rfc_packets.json", "R01"), ("rfc_packets.json", "R05"), ("rfc_packets.json", "R07")],
)
def test_the_passwords_of_the_rfc_are_read(file: str, name: str) -> None:
    vectors = document(file)
    (vector,) = [vector for vector in vectors["packets"] if vector["id"] == name]
    secret = vectors["secret"].encode()
    packet = decode_packet(bytes.fromhex(vector["hex"]), secret)
    hidden = packet.first(2)
    assert hidden is not None
    plain = passwords.unhide_password(hidden, secret, packet.authenticator)
    assert plain == vector["password"].encode()


@pytest.mark.parametrize(
    ("name", "password"), [("P12", b"hello"), ("P12b", b"hello"), ("P12c", b"hello")]
)
def test_chap_vectors_verify_with_a_challenge_of_any_length_or_none(
    name: str, password: bytes
) -> None:
    packet = decode_packet(octets(name), SECRET)
    response, challenge = packet.first(3), packet.first(60) or packet.authenticator
    assert response is not None
    assert passwords.verify_chap(response, password, challenge)
    assert not passwords.verify_chap(response, password + b" ", challenge)
    assert not passwords.verify_chap(response, password, challenge + b"\0")
    assert passwords.chap_response(response[0], password, challenge) == response


def test_captured_chap_logins_verify() -> None:
    for file, name, password in (
        ("rfc_packets.json", "R03", b"arctangent"),
        ("captures.json", "C09", b"testing"),
    ):
        vectors = document(file)
        (vector,) = [vector for vector in vectors["packets"] if vector["id"] == name]
        packet = decode_packet(bytes.fromhex(vector["hex"]), vectors["secret"].encode())
        response = packet.first(3)
        assert response is not None
        assert passwords.verify_chap(response, password, packet.authenticator)


def test_a_chap_password_of_16_octets_is_refused() -> None:
    response = decode_packet(octets("M22"), SECRET).first(3)
    assert response is not None and len(response) == 16
    assert not passwords.verify_chap(response, b"", b"")


@hypothesis.given(
    st.binary(max_size=128).filter(lambda value: not value.endswith(b"\0")),
    st.binary(min_size=1, max_size=70),
    st.binary(min_size=16, max_size=16),
)
def test_passwords_come_back(password: bytes, secret: bytes, authenticator: bytes) -> None:
    hidden = passwords.hide_password(password, secret, authenticator)
    assert len(hidden) % 16 == 0 and 16 <= len(hidden) <= 128
    assert passwords.unhide_password(hidden, secret, authenticator) == password


@hypothesis.given(
    st.binary(max_size=239),
    st.binary(min_size=1, max_size=70),
    st.binary(min_size=16, max_size=16),
    st.integers(0, 2**15 - 1),
)
def test_salted_values_come_back(
    plain: bytes, secret: bytes, authenticator: bytes, start: int
) -> None:
    salt = next(passwords.salts(start))
    hidden = passwords.hide_salted(plain, secret, authenticator, salt)
    assert passwords.unhide_salted(hidden, secret, authenticator) == plain
    assert len(hidden) <= 242


@hypothesis.given(st.binary(max_size=253), st.binary(min_size=1, max_size=20))
def test_any_octets_unhide_to_a_value_or_none(hidden: bytes, secret: bytes) -> None:
    plain = passwords.unhide_salted(hidden, secret, AUTHENTICATOR)
    assert plain is None or len(plain) <= len(hidden) - 3
    password = passwords.unhide_password(hidden, secret, AUTHENTICATOR)
    assert (password is None) == (len(hidden) % 16 != 0 or not 16 <= len(hidden) <= 128)
