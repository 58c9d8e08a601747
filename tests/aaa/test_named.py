"""A batch is read at once as it is read item by item."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from aaa._named import named
from aaa.request import Item, Request, Sweep, SweepKind
from aaa.wants import Named, parse
from domain.device import Device
from nas.dialects import DIALECTS
from nas.login import LoginHints, read_hints
from radius import Packet
from radius.vendors import vendor_attribute
from tests.aaa.gate import SECRET, record_pairs
from tests.accounting.makers import at

DEVICES = [Device(1, "nas", SECRET, ("10.0.0.0/16",), name, 3799) for name in sorted(DIALECTS)]
kinds = some.sampled_from([1, 5, 6, 30, 31, 32, 44, 61, 87])
vendors = some.sampled_from(
    [
        vendor_attribute(14988, 10, bytes([10, 0, 0, 9])),
        vendor_attribute(9, 1, b"client-mac-address=0200.0000.0001"),
        vendor_attribute(9, 2, b"Gi0/1"),
    ]
)
pairs = some.lists(some.tuples(kinds, some.binary(min_size=1, max_size=20)) | vendors, max_size=8)
logins = some.builds(
    lambda device, said: Request(Packet(1, 1, bytes(16), said), device, "10.0.0.1", at(0), False),
    some.sampled_from(DEVICES),
    pairs,
)
records = some.builds(
    lambda device: Request(
        Packet(4, 1, bytes(16), record_pairs("interim")), device, "10.0.0.1", at(0), True
    ),
    some.sampled_from(DEVICES),
)
sweeps = some.just(Sweep(SweepKind.LOOK, frozenset({1})))


@given(some.lists(logins | records | sweeps, max_size=6))
def test_what_is_read_of_a_batch_is_what_is_read_of_each(items: list[Item]) -> None:
    places = list(range(len(items)))[::2]
    found = named(items, places)
    assert found == [Named(at, items[at], parse(items[at])) for at in places]
    for one in found:
        assert type(one) is Named
        if isinstance(one.read, LoginHints):
            assert [type(value) for value in one.read] == [type(value) for value in parse(one.item)]


@given(logins)
def test_a_dialect_with_plain_logins_reads_no_more_than_all_do(request: Request) -> None:
    dialect = DIALECTS[request.device.dialect]
    if dialect.plain_logins:
        assert dialect.read_login(request.packet) == read_hints(request.packet)
