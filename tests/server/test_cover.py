"""When one report covers another; and that deciding it first changes nothing that is owed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aaa.request import Request
from domain.device import Device
from radius import encode_attributes
from radius.packet import decode, sign_request
from server.cover import Report, report_of
from tests.aaa.room import Room
from tests.server import packets
from tests.server.fakes import SECRET, device


def request(octets: bytes, of: Device | None = None, source: str = "192.0.2.1") -> Request:
    return Request(decode(octets), of or device(), source, 0, True)


def report(**said: object) -> Report | None:
    return report_of(request(packets.record(**said)))  # type: ignore[arg-type]


def test_a_report_is_read_with_its_gigawords() -> None:
    words = encode_attributes([(52, (2).to_bytes(4, "big")), (53, (3).to_bytes(4, "big"))])
    found = report(octets_n=5, session_s=60, extra=words)
    assert found is not None
    assert found.counters == (60, (2 << 32) + 5, (3 << 32) + 5)


@pytest.mark.parametrize(
    ("later", "covers"),
    [
        ((60, 100), True),
        ((90, 200), True),
        ((59, 200), False),
        ((90, 99), False),
    ],
)
def test_a_report_covers_another_when_none_of_its_counters_is_lower(
    later: tuple[int, int], covers: bool
) -> None:
    first = report(session_s=60, octets_n=100)
    second = report(session_s=later[0], octets_n=later[1])
    assert first is not None and second is not None
    assert first.key == second.key
    assert second.covers(first) is covers


@pytest.mark.parametrize(
    "extra",
    [
        pytest.param((25, b"other"), id="another Class"),
        pytest.param((8, bytes((10, 0, 0, 9))), id="another address"),
        pytest.param((31, b"02:00:00:00:00:09"), id="another station"),
        pytest.param((32, b"box-2"), id="another box"),
    ],
)
def test_reports_of_what_may_be_another_connection_have_other_keys(
    extra: tuple[int, bytes],
) -> None:
    one, other = report(), report(extra=encode_attributes([extra]))
    assert one is not None and other is not None
    assert one.key != other.key


def test_another_session_device_or_source_is_another_key() -> None:
    octets = packets.record()
    known = [
        report_of(request(octets)),
        report_of(request(packets.record(session=b"s2"))),
        report_of(request(octets, device(2))),
        report_of(request(octets, source="192.0.2.2")),
    ]
    keys = {found.key for found in known if found is not None}
    assert len(keys) == len(known)


def test_nothing_covers_what_is_no_cumulative_report() -> None:
    assert report(status=packets.STOP) is None
    assert report(status=packets.START) is None
    assert report(status=15) is None
    assert report(session=b"") is None
    assert report_of(request(packets.login())) is None
    assert report_of(request(packets.record(), device(counter_mode="delta"))) is None
    bare = encode_attributes([(40, (3).to_bytes(4, "big")), (44, b"s1"), (42, bytes(4))])
    octets = sign_request(4, 1, None, bare, SECRET, with_message_authenticator=False)
    assert report_of(request(octets)) is None


def test_a_counter_that_is_no_number_of_32_bits_cannot_be_compared() -> None:
    for kind in (42, 43, 46, 52):
        bare = encode_attributes(
            (number, bytes(3) if number == kind else value)
            for number, value in (
                (40, (3).to_bytes(4, "big")),
                (44, b"s1"),
                (42, bytes(4)),
                (43, bytes(4)),
                (46, bytes(4)),
                (52, bytes(4)),
            )
        )
        octets = sign_request(4, 1, None, bare, SECRET, with_message_authenticator=False)
        assert report_of(request(octets)) is None


def test_of_several_instances_the_first_one_counts() -> None:
    again = encode_attributes([(42, (9).to_bytes(4, "big")), (44, b"s9"), (40, bytes(4))])
    one, other = report(octets_n=5), report(octets_n=5, extra=again)
    assert one is not None and other is not None
    assert (one.key, one.counters) == (other.key, other.counters)


@given(
    st.lists(st.tuples(*[st.integers(0, 300)] * 3), min_size=2, max_size=4),
    st.integers(0, 500_000),
)
def test_a3_reports_decided_behind_their_cover_are_journaled_and_change_nothing_owed(
    rises: list[tuple[int, int, int]], balance_micros: int
) -> None:
    """A router's reports, in the order in which it sent them and with the newest first."""
    said, total = [], (0, 0, 0)
    for rise in rises:
        seconds, i, o = (a + b for a, b in zip(total, rise, strict=True))
        total = (seconds, i, o)
        said.append({"a": seconds, "t": seconds, "st": seconds, "i": i * 1000, "o": o * 1000})
    rooms = []
    for order in (said, [said[-1], *said[:-1]]):
        room = Room(balance_micros=balance_micros)
        room.record("start", t=0)
        for one in order:
            assert room.record("interim", **one).reply_code == 5
        room.record("stop", **said[-1])
        rooms.append(room)
    (plain,), (swapped,) = (room.sessions for room in rooms)
    for name in ("input_octets", "output_octets", "session_s", "charged_micros", "epoch"):
        assert getattr(plain, name) == getattr(swapped, name), name
    assert rooms[0].account.posted_micros == rooms[1].account.posted_micros
    assert [len(room.journal) for room in rooms] == [len(said) + 2] * 2
