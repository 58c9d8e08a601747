"""A second opinion: pyrad 2.6.0, an independent codec, on everything it can encode and decode.

Where the two differ the reason stands in one of the tables below; a difference that is in no
table fails, and so does a table entry that is no longer true.
"""

from __future__ import annotations

import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

import hypothesis
import hypothesis.strategies as st
import pytest

from radius import (
    Packet,
    PacketError,
    decode_attributes,
    decode_packet,
    encode_attributes,
    encode_packet,
    passwords,
    tags,
)
from radius.entries import Attribute
from radius.errors import ValueTextError
from tests.radius.vector_files import AUTHENTICATOR, DEBIAN, SECRET, debian_dictionary, read_debian

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pyrad.dictionary
    import pyrad.packet

SAMPLES: dict[str, tuple[str, ...]] = {
    "string": ("a", "some text", "ünïcode"),
    "octets": ("0x00", "0x0102030a", "0xff"),
    "ipaddr": ("192.0.2.1", "255.255.255.254"),
    "ipv6addr": ("2001:db8::1", "::"),
    "ipv6prefix": ("2001:db8::/32", "2001:db8:1:2::/64", "2001:db8::1/128"),
    "ifid": ("1:2:3:4", "ffff:0:0:1"),
    "ether": ("00:11:22:aa:bb:cc",),
    "date": ("0", "1700000000", "4294967295"),
    "integer": ("0", "1", "16777215"),
    "integer64": ("0", "5000000000", "18446744073709551615"),
    "signed": ("-1", "0", "2147483647"),
    "short": ("0", "65535"),
    "byte": ("0", "255"),
}
NUMBERS = {"integer", "integer64", "signed", "short", "byte", "date"}

# Types that pyrad has and this comparison leaves out, with the reason.
LEFT_OUT = {
    "abinary": "pyrad writes filters from text of its own; ours keeps the octets",
    "tlv": "a container: its attributes are compared one by one",
}

# What pyrad puts on the wire otherwise than we do, and why ours stands.
DIFFERENT_OCTETS = {
    "ipv6prefix": "pyrad always sends 16 octets of prefix; RFC 3162 s2.3 lets a sender leave out "
    "the octets its length does not need, and both read both",
}

# Attributes that pyrad cannot encode, and why.
NOT_ENCODED = {
    "X-Ascend-Minimum-Channels": "pyrad takes every attribute 173 for the TLV of RFC 6930",
}

# Attribute octets whose packet pyrad takes; ours discards it (PKT-02, PKT-06, PKT-05, AUT-05).
TAKEN_BY_PYRAD = {
    "a packet over 4096 octets": (b"\x1a\xff" + bytes(253)) * 16,
    "an attribute of type 0": b"\x00\x03a",
    "an attribute that runs past the end": b"\x01\x09ab",
    "two Message-Authenticators": (b"\x50\x12" + bytes(16)) * 2,
}


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> pyrad.dictionary.Dictionary:
    """Debian's dictionaries as pyrad reads them: it does not know the spelling `String`."""
    folder: Path = tmp_path_factory.mktemp("dictionaries")
    for file in DEBIAN.iterdir():
        text = read_debian(file.name).replace("\tString", "\tstring")
        (folder / file.name).write_text(text, "utf-8")
    return pyrad.dictionary.Dictionary(str(folder / "dictionary"))


def request(theirs: pyrad.dictionary.Dictionary, **arguments: Any) -> Any:
    return pyrad.packet.AuthPacket(secret=SECRET, dict=theirs, **arguments)


def their_octets(theirs: pyrad.dictionary.Dictionary, name: str, value: Any) -> bytes:
    packet = request(theirs, code=1, authenticator=AUTHENTICATOR)
    packet.AddAttribute(name, value)
    octets: bytes = packet._PktEncodeAttributes()
    return octets


def framed(area: bytes) -> bytes:
    return bytes((1, 1)) + (20 + len(area)).to_bytes(2, "big") + AUTHENTICATOR + area


def key_of(entry: Attribute) -> Any:
    path = entry.path[1:] if entry.path[0] == 26 and len(entry.path) > 2 else entry.path
    return path if len(path) > 1 else path[0]


def samples_of(entry: Attribute) -> tuple[str, ...]:
    """What to try; pyrad does not know that an attribute may have a fixed size."""
    if entry.path == (80,):
        return ("0x" + "cd" * 16,)
    return ("0x" + "ab" * entry.size,) if entry.size else SAMPLES[entry.type]


def line_of(entry: Attribute, sample: str) -> str:
    return f'{entry.name} = "{sample}"' if entry.type == "string" else f"{entry.name} = {sample}"


def test_this_is_the_version_that_was_measured() -> None:
    assert version("pyrad") == "2.6.0"


def test_every_attribute_that_pyrad_knows_is_the_same_in_ours(
    theirs: pyrad.dictionary.Dictionary,
) -> None:
    ours = debian_dictionary()
    assert len(theirs.attributes) == 5847
    for name, attribute in theirs.attributes.items():
        entry = ours.find(name)
        assert entry is not None, name
        assert key_of(entry) == theirs.attrindex.GetForward(name)
        found = (entry.type, entry.tagged, entry.encrypt)
        assert found == (attribute.type, attribute.has_tag, attribute.encrypt), name
        for word, octets in attribute.values.forward.items():
            number = ours.value_number(entry.path, word)
            assert number is not None and number == int.from_bytes(octets, "big"), (name, word)


def test_every_attribute_that_pyrad_skips_is_in_ours(
    theirs: pyrad.dictionary.Dictionary,
) -> None:
    assert len(theirs.skipped_attributes) == 1621
    assert [
        name for name in theirs.skipped_attributes if debian_dictionary().find(name) is None
    ] == []


def test_every_value_that_pyrad_encodes_is_encoded_the_same(
    theirs: pyrad.dictionary.Dictionary,
) -> None:
    ours = debian_dictionary()
    compared, different, refused = 0, set(), set()
    for name, attribute in theirs.attributes.items():
        entry = ours.find(name)
        assert entry is not None
        if attribute.type in LEFT_OUT or entry.encrypt == 2:
            continue
        for sample in samples_of(entry):
            value: Any = int(sample) if attribute.type in NUMBERS else sample
            if not entry.travels:
                with pytest.raises(ValueTextError, match="cannot be sent"):
                    ours.parse(line_of(entry, sample))
                continue
            octets = encode_attributes([ours.parse(line_of(entry, sample))])
            if name in NOT_ENCODED:
                with pytest.raises(AttributeError):
                    their_octets(theirs, name, value)
                refused.add(name)
            elif octets != their_octets(theirs, name, value):
                assert attribute.type in DIFFERENT_OCTETS, (name, sample)
                different.add(attribute.type)
            compared += 1
    assert different == set(DIFFERENT_OCTETS) and refused == set(NOT_ENCODED)
    assert compared > 10_000


def test_every_value_that_pyrad_encodes_is_read_by_ours_as_it_was_meant(
    theirs: pyrad.dictionary.Dictionary,
) -> None:
    ours = debian_dictionary()
    for name, attribute in theirs.attributes.items():
        entry = ours.find(name)
        assert entry is not None
        if attribute.type in LEFT_OUT or entry.encrypt or not entry.travels or name in NOT_ENCODED:
            continue
        latest = ours.at(entry.path)
        if latest is None or latest.type != entry.type or latest.size or latest.encrypt:
            continue
        for sample in samples_of(entry):
            value: Any = int(sample) if attribute.type in NUMBERS else sample
            pairs = decode_attributes(their_octets(theirs, name, value))
            (line,) = ours.format_all(pairs)
            wanted = encode_attributes(ours.parse_all(line_of(latest, sample)))
            assert encode_attributes(ours.parse_all(line)) == wanted, (name, sample)


def test_every_value_that_ours_encodes_is_decoded_by_pyrad_to_the_same_octets(
    theirs: pyrad.dictionary.Dictionary,
) -> None:
    ours = debian_dictionary()
    for name, attribute in theirs.attributes.items():
        entry = ours.find(name)
        assert entry is not None
        if attribute.type in LEFT_OUT or entry.encrypt == 2 or not entry.travels:
            continue
        key = theirs.attrindex.GetForward(name)
        if name in NOT_ENCODED or attribute.is_sub_attribute:
            continue
        for sample in samples_of(entry):
            pair = ours.parse(line_of(entry, sample))
            received = request(theirs, packet=framed(encode_attributes([pair])))
            head = 6 if entry.path[0] == 26 and len(entry.path) > 2 else 0
            assert received.get(key) == [pair[1][head:]], name


@pytest.mark.parametrize("name", ["Tunnel-Password", "MS-MPPE-Send-Key", "ERX-LI-Action"])
def test_hid_06_what_pyrad_hides_with_a_salt_ours_reveals(
    theirs: pyrad.dictionary.Dictionary, name: str
) -> None:
    entry = debian_dictionary().find(name)
    assert entry is not None and entry.encrypt == 2
    value: Any = 7 if entry.type == "integer" else "0x" + "ab" * 32
    plain = b"\0\0\0\x07" if entry.type == "integer" else b"\xab" * 32
    if entry.type == "string":
        value, plain = "a password of some length", b"a password of some length"
    (pair,) = decode_attributes(their_octets(theirs, name, value))
    hidden = pair[1][6 if pair[0] == 26 else 0 :]
    if entry.tagged:
        split = tags.split_tagged_hidden(hidden)
        assert split is not None
        hidden = split[1]
    assert passwords.unhide_salted(hidden, SECRET, AUTHENTICATOR) == plain


@hypothesis.given(st.binary(min_size=0, max_size=239), st.integers(0, 32767))
def test_hid_06_what_ours_hides_with_a_salt_pyrad_reveals(plain: bytes, start: int) -> None:
    salt = next(passwords.salts(start))
    packet = pyrad.packet.AuthPacket(code=1, secret=SECRET, authenticator=AUTHENTICATOR)
    hidden = passwords.hide_salted(plain, SECRET, AUTHENTICATOR, salt)
    assert packet.SaltDecrypt(hidden) == plain
    assert passwords.unhide_salted(packet.SaltCrypt(plain), SECRET, AUTHENTICATOR) == plain


@hypothesis.given(
    st.text(max_size=42).filter(lambda text: not text.endswith("\0")),
    st.binary(min_size=16, max_size=16),
)
def test_passwords_are_hidden_the_same(password: str, authenticator: bytes) -> None:
    hypothesis.assume(len(password.encode()) <= 128)
    packet = pyrad.packet.AuthPacket(code=1, secret=SECRET, authenticator=authenticator)
    hidden = passwords.hide_password(password.encode(), SECRET, authenticator)
    assert packet.PwCrypt(password) == hidden
    assert packet.PwDecrypt(hidden) == password


@hypothesis.given(st.binary(max_size=60), st.integers(0, 255), st.binary(min_size=1, max_size=30))
def test_chap_is_verified_the_same(
    theirs: pyrad.dictionary.Dictionary, password: bytes, identifier: int, challenge: bytes
) -> None:
    packet = request(theirs, code=1, authenticator=AUTHENTICATOR)
    response = passwords.chap_response(identifier, password, challenge)
    packet[3], packet[60] = [response], [challenge]
    assert packet.VerifyChapPasswd(password)
    assert not packet.VerifyChapPasswd(password + b"x")


VALUES = st.lists(
    st.tuples(st.sampled_from([1, 4, 8, 18, 25, 31, 44, 87]), st.binary(min_size=1, max_size=253)),
    max_size=8,
)
KINDS = {
    1: pyrad.packet.AuthPacket,
    4: pyrad.packet.AcctPacket,
    40: pyrad.packet.CoAPacket,
    43: pyrad.packet.CoAPacket,
}


@hypothesis.given(st.sampled_from(sorted(KINDS)), VALUES, st.booleans())
def test_requests_made_by_ours_are_verified_by_pyrad(
    code: int, pairs: list[tuple[int, bytes]], with_mac: bool
) -> None:
    own = AUTHENTICATOR if code == 1 else bytes(16)
    sent = encode_packet(Packet(code, 77, own, pairs), SECRET, message_authenticator=with_mac)
    received = KINDS[code](secret=SECRET, packet=sent)
    if code == 4:
        assert received.VerifyAcctRequest()
    elif code != 1:
        assert received.VerifyCoARequest()
    if with_mac:
        assert received.verify_message_authenticator()


@hypothesis.given(st.sampled_from(sorted(KINDS)), VALUES)
def test_requests_made_by_pyrad_are_verified_by_ours(
    code: int, pairs: list[tuple[int, bytes]]
) -> None:
    packet = KINDS[code](code=code, id=3, secret=SECRET)
    packet.add_message_authenticator()
    for kind, value in pairs:
        packet.setdefault(kind, []).append(value)
    received = decode_packet(packet.RequestPacket(), SECRET)
    for kind in {kind for kind, _ in pairs}:
        assert received.all(kind) == [value for other, value in pairs if other == kind]
    assert received.first(80) is not None


@hypothesis.given(st.sampled_from([2, 3, 11]), VALUES, st.booleans())
def test_replies_made_by_ours_are_verified_by_pyrad(
    code: int, pairs: list[tuple[int, bytes]], with_mac: bool
) -> None:
    asked = pyrad.packet.AuthPacket(code=1, id=9, secret=SECRET)
    asked.RequestPacket()
    reply = encode_packet(
        Packet(code, 9, bytes(16), pairs),
        SECRET,
        asked.authenticator,
        message_authenticator=with_mac,
    )
    received = asked.CreateReply(packet=reply)
    assert asked.VerifyReply(received, reply)
    assert asked.VerifyReply(received, reply, enforce_ma=True) is with_mac
    broken = reply[:4] + bytes(16) + reply[20:]
    assert not asked.VerifyReply(received, broken)


@hypothesis.given(VALUES)
def test_accounting_replies_made_by_pyrad_are_verified_by_ours(
    pairs: list[tuple[int, bytes]],
) -> None:
    asked = pyrad.packet.AcctPacket(id=9, secret=SECRET)
    asked.RequestPacket()
    reply = asked.CreateReply()
    for kind, value in pairs:
        reply.setdefault(kind, []).append(value)
    received = decode_packet(reply.ReplyPacket(), SECRET, asked.authenticator)
    assert received.code == 5


@pytest.mark.parametrize("area", TAKEN_BY_PYRAD.values(), ids=TAKEN_BY_PYRAD)
def test_what_pyrad_takes_and_ours_discards(area: bytes) -> None:
    octets = framed(area)
    with pytest.raises(PacketError):
        decode_packet(octets, SECRET)
    assert pyrad.packet.AuthPacket(secret=SECRET, packet=octets).id == 1


@hypothesis.given(st.binary(max_size=120))
def test_what_ours_decodes_pyrad_decodes_to_the_same_values(area: bytes) -> None:
    octets = framed(area)
    try:
        ours = decode_packet(octets, SECRET)
    except PacketError:
        return
    received = pyrad.packet.AuthPacket(secret=SECRET, packet=octets)
    for kind in {kind for kind, _ in ours.attributes if kind != 26}:
        assert [value for value in received.get(kind) if value or kind in (79, 89)] == ours.all(
            kind
        )
