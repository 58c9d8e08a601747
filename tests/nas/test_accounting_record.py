"""Records as devices send them, against what the books are told."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.device import Device
from domain.usage import RecordKind, Usage
from nas.accounting_record import COUNTER_MAX_OCTETS, read_record
from nas.dialects import DIALECTS
from radius import Packet
from radius.packet import decode

VECTORS = json.loads((Path(__file__).parent / "vectors" / "records.json").read_text("utf-8"))
DEVICE = Device(1, "nas", b"s" * 16, ("203.0.113.9",), "standard", 3799)
ARRIVED_US = 1_700_000_100_000_000


def packet(attributes: list[tuple[int, bytes]]) -> Packet:
    return Packet(4, 1, bytes(16), attributes)


def four(number: int) -> bytes:
    return number.to_bytes(4, "big")


def read(attributes: list[tuple[int, bytes]], device: Device = DEVICE) -> Usage:
    return read_record(
        packet(attributes), device, arrived_us=ARRIVED_US, source_address="203.0.113.9"
    )


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_records_read_as_the_vectors_say(vector: dict[str, Any]) -> None:
    device = replace(DEVICE, **vector.get("device", {}))
    if "hex" in vector:
        record = decode(bytes.fromhex(vector["hex"]))
    else:
        record = packet([(kind, bytes.fromhex(value)) for kind, value in vector["attributes"]])
    dialect = DIALECTS[vector.get("dialect", "standard")]
    usage = dialect.read_usage(record, device, ARRIVED_US, "203.0.113.9")
    for name, expected in vector["expect"].items():
        found = getattr(usage, name)
        if name == "kind":
            found = found.name
        elif name == "classes":
            found = [value.hex() for value in found]
        assert found == expected, name
    assert usage.arrived_us == ARRIVED_US


@given(
    st.none() | st.integers(0, 2**32 - 1),
    st.none() | st.integers(0, 2**27 - 1),
    st.sampled_from([1, 1024]),
)
def test_acc_04_sixty_four_bits_are_joined(low: int | None, high: int | None, unit: int) -> None:
    attributes = [(43, four(low))] if low is not None else []
    attributes += [(53, four(high))] if high is not None else []
    usage = read(attributes, replace(DEVICE, octets_unit=unit))
    joined = None if low is None else ((high or 0) * 2**32 + low) * unit
    if joined is not None and joined > COUNTER_MAX_OCTETS:
        joined = None
    assert usage.output_octets == joined
    assert usage.input_octets is None


@given(st.lists(st.tuples(st.integers(1, 255), st.binary(min_size=1, max_size=40)), max_size=30))
def test_no_record_is_beyond_reading(attributes: list[tuple[int, bytes]]) -> None:
    for dialect in DIALECTS.values():
        usage = dialect.read_usage(packet(attributes), DEVICE, ARRIVED_US, "203.0.113.9")
        assert usage.kind in RecordKind
        for counter in (usage.input_octets, usage.output_octets):
            assert counter is None or 0 <= counter <= COUNTER_MAX_OCTETS


def test_a_counter_that_no_line_could_reach_is_absent() -> None:
    assert read([(42, four(5)), (52, b"\xff\xff\xff\xff")]).input_octets is None
    assert COUNTER_MAX_OCTETS * 4 < 2**63


def test_what_a_dialect_knows_from_elsewhere_counts_only_where_the_attribute_is_absent() -> None:
    def names(*attributes: tuple[int, bytes]) -> tuple[str, str]:
        usage = read_record(
            packet(list(attributes)),
            DEVICE,
            arrived_us=1,
            source_address="::1",
            nas_port_id="Gi1",
            calling_station_id="aa",
        )
        return usage.nas_port_id, usage.calling_station_id

    assert names() == ("Gi1", "aa")
    assert names((87, b"eth"), (31, b"bb")) == ("eth", "bb")
