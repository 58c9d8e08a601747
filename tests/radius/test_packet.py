"""Whole packets: decode and encode with every sum, as another program would call them."""

from __future__ import annotations

import hypothesis
import hypothesis.strategies as st
import pytest

from radius import Code, Packet, PacketError, decode_packet, encode_packet, passwords
from tests.radius.vector_files import ANSWERS, AUTHENTICATOR, SECRET, document, named, octets

NAMES = [name.split()[0] for name in named() if name[0] == "P" and name.split()[0][1:3].isdigit()]


def request_authenticator(name: str) -> bytes | None:
    return octets(ANSWERS[name])[4:20] if name in ANSWERS else None


@pytest.mark.parametrize("name", NAMES)
def test_every_vector_decodes_and_encodes_to_the_same_octets(name: str) -> None:
    answered = request_authenticator(name)
    packet = decode_packet(octets(name), SECRET, answered)
    with_mac = packet.first(80) is not None
    again = encode_packet(packet, SECRET, answered, message_authenticator=with_mac)
    assert again == octets(name)


@pytest.mark.parametrize(
    ("name", "kind", "value"),
    [
        ("P01", 1, b"bob"),
        ("P02", 27, (3600).to_bytes(4, "big")),
        ("P02b", 33, b"\x01\x02"),
        ("P03", 18, b"no"),
        ("P04", 24, bytes.fromhex("a1a2a3a4a5a6a7a8")),
        ("P05b", 41, b"\0\0\0\5"),
        ("P07", 52, b"\0\0\0\1"),
        ("P08c", 101, (503).to_bytes(4, "big")),
        ("P09c", 101, (401).to_bytes(4, "big")),
        ("P11", 241, bytes.fromhex("0400000001")),
    ],
)
def test_vectors_hold_what_they_are_said_to_hold(name: str, kind: int, value: bytes) -> None:
    assert decode_packet(octets(name), SECRET, request_authenticator(name)).first(kind) == value


def test_gigawords_and_octets_are_two_attributes_of_one_counter() -> None:
    packet = decode_packet(octets("P07"), SECRET)
    low, high = packet.integer(42), packet.integer(52)
    assert low is not None and high is not None
    assert (high << 32) + low == 4_294_967_301
    low, high = packet.integer(43), packet.integer(53)
    assert low is not None and high is not None
    assert (high << 32) + low == 12_884_901_872


@pytest.mark.parametrize("name", [name for name in named() if "expect" in named()[name]])
def test_malformed_vectors_are_dropped_or_decoded_as_expected(name: str) -> None:
    vector = named()[name]
    received = bytes.fromhex(vector["hex"])
    if vector["expect"].startswith("drop"):
        with pytest.raises(PacketError):
            decode_packet(received, SECRET)
        return
    packet = decode_packet(received, SECRET)
    assert packet.code == Code.ACCESS_REQUEST
    assert packet.attribute_octets == received[20 : int.from_bytes(received[2:4], "big")]


def test_a_legacy_reject_decodes_and_shows_that_it_has_no_message_authenticator() -> None:
    packet = decode_packet(octets("P04b"), SECRET, AUTHENTICATOR)
    assert packet.attributes == ((18, b"no"),)


def test_a_reply_needs_the_authenticator_of_its_request() -> None:
    with pytest.raises(ValueError, match="authenticator is needed"):
        decode_packet(octets("P02"), SECRET)
    with pytest.raises(ValueError, match="authenticator is needed"):
        encode_packet(Packet(2, 1, bytes(16), []), SECRET)
    with pytest.raises(PacketError, match="bad-authenticator"):
        decode_packet(octets("P02"), SECRET, bytes(16))


def test_blr_01_a_message_authenticator_moves_to_the_front_and_is_made_anew() -> None:
    capture = document("captures.json")["packets"]
    received = bytes.fromhex(capture[6]["hex"])
    packet = decode_packet(received, b"testing123")
    assert packet.attributes[-1][0] == 80
    sent = encode_packet(packet, b"testing123")
    again = decode_packet(sent, b"testing123")
    assert [kind for kind, _ in again.attributes] == [80, 1, 2, 4, 5]
    plain = encode_packet(packet, b"testing123", message_authenticator=False)
    assert decode_packet(plain, b"testing123").first(80) is None


def test_aut_09_the_authenticator_of_an_access_request_is_the_callers() -> None:
    packet = Packet(1, 9, AUTHENTICATOR, [(1, b"bob")])
    assert encode_packet(packet, SECRET)[4:20] == AUTHENTICATOR
    assert encode_packet(packet, SECRET) == encode_packet(packet, SECRET)


def test_a_packet_over_4096_octets_is_not_sent() -> None:
    packet = Packet(4, 1, bytes(16), [(26, bytes(253))] * 16)
    with pytest.raises(ValueError, match="over the limit of 4096"):
        encode_packet(packet, SECRET)


@pytest.mark.parametrize("name", [name for name in named() if name.split()[0][:2] == "R1"])
def test_radius_1_1_packets_have_the_same_frame(name: str) -> None:
    """Their sums do not exist; token and reserved octets stand where identifier and
    authenticator are, so the frame and its attributes decode as they stand."""
    received = octets(name)
    packet = Packet(received[0], received[1], received[4:20], [])
    assert packet.code in (1, 2, 4, 12, 52)
    assert int.from_bytes(received[2:4], "big") == len(received)


@pytest.mark.parametrize("name", [name for name in named() if name.startswith("EAP")])
def test_eap_packets_travel_in_eap_messages(name: str) -> None:
    eap = octets(name)
    assert int.from_bytes(eap[2:4], "big") == len(eap)
    pieces = [(79, eap[at : at + 20]) for at in range(0, len(eap), 20)]
    sent = encode_packet(Packet(11, 1, bytes(16), pieces), SECRET, AUTHENTICATOR)
    assert decode_packet(sent, SECRET, AUTHENTICATOR).concat(79) == eap


def test_the_answer_of_eap_md5_is_that_of_chap() -> None:
    request, response = octets("EAP-MD5 request id2"), octets("EAP-MD5 response id2 hello")
    challenge, answer = request[6:22], response[6:22]
    assert passwords.verify_chap(response[1:2] + answer, b"hello", challenge)


@hypothesis.given(
    st.sampled_from(sorted(Code)),
    st.integers(0, 255),
    st.lists(
        st.tuples(
            st.integers(1, 255).filter(lambda kind: kind not in (79, 80)),
            st.binary(min_size=1, max_size=253),
        ),
        max_size=10,
    ),
    st.booleans(),
)
def test_what_is_encoded_decodes_to_the_same(
    code: int, identifier: int, pairs: list[tuple[int, bytes]], with_mac: bool
) -> None:
    packet = Packet(code, identifier, AUTHENTICATOR, pairs)
    with_mac = with_mac or code == Code.STATUS_SERVER
    reply = code not in (1, 4, 12, 40, 43)
    sent = encode_packet(
        packet, SECRET, bytes(16) if reply else None, message_authenticator=with_mac
    )
    again = decode_packet(sent, SECRET, bytes(16) if reply else None)
    assert (again.code, again.identifier) == (code, identifier)
    assert again.attributes[with_mac:] == tuple(pairs)
