"""What must hold for any datagram: one exception, one canonical form, one meaning.

`check` decodes octets with the shipped codec and with the plain twin, and holds everything that a
reader can ask of the packet against the twin's list. `check_theirs` does the same with pyrad, an
independent codec, as far as both accept; it is slower and looks at the values alone.
"""

from __future__ import annotations

import warnings

from radius import Packet, PacketError, decode, decode_attributes, encode_attributes, peek
from radius._codec import format_of, split_vendor
from tests.fuzz.properties import twin

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pyrad.packet

FORMS = ((1, 1, False), (2, 1, False), (2, 2, False), (4, 0, False), (1, 1, True), (1, 0, False))


def check(octets: bytes) -> None:
    """Check one datagram as it is, and with its length field set to what it has."""
    _check(octets)
    mended = mend(octets)
    if mended != octets:
        _check(mended)


def mend(octets: bytes) -> bytes:
    """Return a datagram whose length field says how long it is, so that a random change of the
    size does not hide what the change does inside."""
    if not 20 <= len(octets) <= 4096:
        return octets
    return octets[:2] + len(octets).to_bytes(2, "big") + octets[4:]


def _check(octets: bytes) -> None:
    fault: tuple[object, ...] | None = None
    pairs: list[twin.Pair] = []
    try:
        pairs = twin.decode(octets)
    except twin.Unsound as unsound:
        fault = unsound.args
    try:
        packet = decode(octets)
    except PacketError as error:
        assert fault == (error.reason, error.offset), f"{error} but the twin says {fault}"
        return
    assert fault is None, f"decoded, but the twin says {fault}"
    length = octets[2] * 256 + octets[3]
    assert peek(octets) == (octets[0], octets[1], length, octets[4:20])
    assert (packet.code, packet.identifier) == (octets[0], octets[1])
    assert packet.authenticator == octets[4:20]
    expected = twin.kept(pairs)
    assert packet.attributes == expected, "other attributes than the twin finds"
    _check_canonical(octets, packet, expected)
    _check_reading(packet, expected)


def _check_canonical(octets: bytes, packet: Packet, expected: tuple[twin.Pair, ...]) -> None:
    """What is decoded has one form, which decodes to itself and is no longer than the input."""
    area = packet.attribute_octets
    assert len(area) == sum(2 + len(value) for _, value in expected), "not bounded by its values"
    assert 20 + len(area) <= len(octets), "longer than what was received"
    assert encode_attributes(expected) == area, "encoding what was decoded gives other octets"
    assert decode_attributes(area) == expected
    again = decode(octets[:2] + (20 + len(area)).to_bytes(2, "big") + octets[4:20] + area)
    assert again == packet and hash(again) == hash(packet), "the canonical form decodes otherwise"
    built = Packet(packet.code, packet.identifier, packet.authenticator, expected)
    assert built == packet


def _check_reading(packet: Packet, expected: tuple[twin.Pair, ...]) -> None:
    """Every reader says what the list of attributes says."""
    by_kind: dict[int, list[bytes]] = {}
    for kind, value in expected:
        by_kind.setdefault(kind, []).append(value)
    for kind, values in by_kind.items():
        assert packet.all(kind) == values
        assert packet.first(kind) == values[0]
        assert packet.concat(kind) == b"".join(values)
        number = int.from_bytes(values[0], "big") if len(values[0]) == 4 else None
        assert packet.integer(kind) == number
    absent = next(kind for kind in range(1, 256) if kind not in by_kind)
    assert packet.first(absent) is None and packet.integer(absent) is None
    assert packet.concat(absent) is None
    for value in by_kind.get(26, ()):
        _check_vendor(packet, expected, value)


def _check_vendor(packet: Packet, expected: tuple[twin.Pair, ...], value: bytes) -> None:
    """A vendor's attributes are found as the twin finds them, in every format there is."""
    inside = value[4:]
    for type_size, length_size, flags in FORMS:
        parts = twin.split(inside, type_size, length_size, flags)
        found = split_vendor(
            inside, type_size=type_size, length_size=length_size, continuation=flags
        )
        if found is None or parts is None:
            assert found is None and parts is None, "one of both splits it"
            continue
        assert [kind for kind, _, _ in found] == [kind for kind, _ in parts]
        assert [octets for _, octets, _ in found] == [octets[flags:] for _, octets in parts]
        assert [more for *_, more in found] == [flags and octets[0] >= 128 for _, octets in parts]
    if len(value) < 5:
        return
    vendor = int.from_bytes(value[:4], "big")
    form = format_of(vendor)
    assert form == twin.FORMATS.get(vendor, (1, 1, False))
    for kind, *_ in (
        split_vendor(inside, type_size=form[0], length_size=form[1], continuation=form[2]) or ()
    )[:4]:
        values = twin.vendor_values(expected, vendor, kind)
        assert packet.vsas(vendor, kind) == values
        assert packet.vsa(vendor, kind) == (values[0] if values else None)
        number = int.from_bytes(values[0], "big") if values and len(values[0]) == 4 else None
        assert packet.vsa_integer(vendor, kind) == number


def check_theirs(octets: bytes) -> None:
    """Check a datagram that both codecs accept: pyrad finds the same values, by type.

    pyrad keeps no order between types, and takes much that ours discards; what ours accepts it
    must accept too. Without a dictionary it takes nothing apart.
    """
    octets = mend(octets)
    try:
        packet = decode(octets)
    except PacketError:
        return
    pairs = twin.decode(octets)
    if len(octets) > octets[2] * 256 + octets[3]:
        octets = octets[: octets[2] * 256 + octets[3]]
    theirs = pyrad.packet.Packet(packet=octets, secret=b"x")
    assert (theirs.code, theirs.id) == (packet.code, packet.identifier)
    assert theirs.authenticator == packet.authenticator
    for kind in {kind for kind, _ in pairs}:
        values = [value for other, value in pairs if other == kind]
        assert dict.__getitem__(theirs, kind) == values, f"pyrad finds other values of {kind}"
