"""What must hold for whatever a device may send: every dialect reads it, and nothing surprises.

A router is trusted with its own subscribers and with nothing else (S2), and its octets are as wild
as the network is. Numbers stay within what a column holds, texts are safe to print, and a text
leads back to the octets it came from.
"""

from __future__ import annotations

import itertools

from domain.device import Device
from domain.login import canonical_login, printable
from domain.usage import Usage
from nas.accounting_record import COUNTER_MAX_OCTETS
from nas.dialects import DIALECTS
from nas.login import LoginHints
from nas.values import octets_of, text_of
from radius import Packet, PacketError, decode
from tests.fuzz.properties.wire import mend

ARRIVED_US = 1_700_000_000_000_000


def device(number: int) -> Device:
    """One of the devices that an operator could describe, by the bits of a number."""
    return Device(
        device_id=1,
        name="tower",
        secret=b"secret",
        prefixes=("192.0.2.1/32",),
        dialect="standard",
        coa_port=3799,
        gigawords=bool(number & 1),
        gigawords_trusted=bool(number & 2),
        swap=bool(number & 4),
        octets_unit=(1, 1024)[number >> 3 & 1],
        billing_level=("session", "service")[number >> 4 & 1],
    )


DEVICES = [device(number) for number in range(32)]


def check(octets: bytes) -> None:
    """Read a datagram as every kind of device could mean it."""
    try:
        packet = decode(mend(octets))
    except PacketError:
        return
    box = DEVICES[packet.identifier % len(DEVICES)]
    for dialect in DIALECTS.values():
        usage = dialect.read_usage(packet, box, ARRIVED_US, "192.0.2.1")
        _check_usage(usage, packet)
        _check_texts(dialect.read_login(packet))
    for _, value in itertools.islice(packet.attributes, 20):
        _check_text(value)


def _check_usage(usage: Usage, packet: Packet) -> None:
    """Counters within belief, stamps and times within 32 bits of seconds."""
    for counter in (usage.input_octets, usage.output_octets):
        assert counter is None or 0 <= counter <= COUNTER_MAX_OCTETS
    assert usage.session_s is None or 0 <= usage.session_s < 2**32
    assert 0 <= usage.delay_s < 2**32
    assert usage.event_timestamp_us is None or 0 <= usage.event_timestamp_us < 2**32 * 10**6
    assert list(usage.classes) == packet.all(25)
    for text in (usage.acct_session_id, usage.user_name, usage.nas_identifier, usage.nas_port_id):
        assert len(text) <= 253 * 6
        text.encode("utf-8")


def _check_texts(hints: LoginHints) -> None:
    login = canonical_login(hints.user_name)
    assert canonical_login(login) == login, "the key of a login is not its own key"
    hints.user_name.encode("utf-8")
    hints.calling_station_id.encode("utf-8")


def _check_text(value: bytes) -> None:
    """Safe to print, and the way back to the octets."""
    text = text_of(value)
    assert text == (printable(value) if value else "")
    assert octets_of(text) == value.rstrip(b"\0"), "an order would name another session"
    for character in text:
        assert character >= " " and not "\x7f" <= character <= "\x9f", "a control character"
