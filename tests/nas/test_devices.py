"""Longest prefix lookup against a search through all prefixes."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.device import Device
from nas import devices
from nas.devices import DeviceTable, parse_prefix


def device(number: int, *prefixes: str) -> Device:
    return Device(number, f"nas{number}", b"s" * 16, prefixes, "standard", 3799)


def brute_force(
    networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network], address: str
) -> int | None:
    plain = ipaddress.ip_address(address)
    holders = [(network.prefixlen, at) for at, network in enumerate(networks) if plain in network]
    return max(holders)[1] if holders else None


# Few distinct high bits, so that prefixes nest and addresses hit them.
V4 = st.builds(
    lambda high, low: ipaddress.IPv4Address(high << 28 | low),
    st.integers(0, 2),
    st.integers(0, 7) | st.integers(0, (1 << 28) - 1),
)
V6 = st.builds(
    lambda high, low: ipaddress.IPv6Address((0x20010DB8 << 96) | high << 64 | low),
    st.integers(0, 2),
    st.integers(0, 7) | st.integers(0, (1 << 64) - 1),
)
NETWORKS = st.lists(
    st.builds(lambda a, n: ipaddress.ip_network((a, n), strict=False), V4, st.integers(0, 32))
    | st.builds(lambda a, n: ipaddress.ip_network((a, n), strict=False), V6, st.integers(0, 128)),
    unique=True,
    max_size=12,
)


@given(NETWORKS, st.lists(V4 | V6, min_size=1, max_size=12))
def test_pkt_11_the_longest_prefix_that_holds_the_source_decides(
    networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network],
    addresses: list[ipaddress.IPv4Address | ipaddress.IPv6Address],
) -> None:
    table = DeviceTable(device(at, str(network)) for at, network in enumerate(networks))
    for address in addresses + addresses:
        found = table.find(str(address))
        assert (None if found is None else found.device_id) == brute_force(networks, str(address))


@given(NETWORKS, V4)
def test_an_ipv4_peer_of_a_socket_for_both_families_is_the_same_peer(
    networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network], address: ipaddress.IPv4Address
) -> None:
    table = DeviceTable(device(at, str(network)) for at, network in enumerate(networks))
    assert table.find(f"::ffff:{address}") is table.find(str(address))


def test_a_device_may_have_several_prefixes_of_both_families() -> None:
    table = DeviceTable([device(1, "192.0.2.1", "2001:db8::/64"), device(2, "::1", "127.0.0.1")])
    assert table.find("192.0.2.1") is table.by_id(1)
    assert table.find("2001:db8::77") is table.by_name("nas1")
    assert table.find("::1") is table.by_id(2)
    assert table.find("192.0.2.2") is None
    assert len(table) == 2


def test_the_default_prefix_of_one_family_is_not_that_of_the_other() -> None:
    table = DeviceTable([device(1, "0.0.0.0/0")])
    assert table.find("198.51.100.1") is not None
    assert table.find("2001:db8::1") is None


def test_a_mapped_prefix_is_the_ipv4_one() -> None:
    table = DeviceTable([device(1, "::ffff:10.0.0.0/104")])
    assert table.find("10.9.9.9") is not None
    assert table.find("11.0.0.1") is None


def test_text_that_is_no_address_belongs_to_nobody() -> None:
    assert DeviceTable([device(1, "0.0.0.0/0")]).find("nonsense") is None


def test_names_and_ids_that_do_not_exist_are_none() -> None:
    table = DeviceTable([])
    assert table.by_name("x") is None
    assert table.by_id(1) is None
    assert table.find("127.0.0.1") is None


def test_two_devices_cannot_claim_one_prefix() -> None:
    with pytest.raises(ValueError, match=r"10\.0\.0\.0/8 belongs to both nas1 and nas2"):
        DeviceTable([device(1, "10.0.0.0/8"), device(2, "10.1.2.3/8")])


def test_one_device_may_name_a_prefix_twice() -> None:
    assert DeviceTable([device(1, "10.0.0.1", "10.0.0.1/32")]).find("10.0.0.1") is not None


def test_what_is_remembered_is_bounded_and_only_what_was_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(devices, "REMEMBERED_MAX", 4)
    table = DeviceTable([device(1, "10.0.0.0/8")])
    for last in range(20):
        assert table.find(f"10.0.0.{last}") is table.by_id(1)
        assert table.find(f"192.0.2.{last}") is None
        assert len(table._found) <= 4
        assert all(address.startswith("10.") for address in table._found)


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("192.0.2.1", "192.0.2.1/32"),
        (" 192.0.2.0/24 ", "192.0.2.0/24"),
        ("192.0.2.9/24", "192.0.2.0/24"),
        ("2001:DB8::/32", "2001:db8::/32"),
        ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
        ("::/0", "::/0"),
    ],
)
def test_prefixes_as_people_write_them(text: str, network: str) -> None:
    assert str(parse_prefix(text)) == network


@pytest.mark.parametrize("text", ["", "router", "192.0.2.0/33", "192.0.2", "1/2/3"])
def test_a_wrong_prefix_gets_one_sentence_that_says_what_to_write(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"is not an address or prefix: write 192\.0\.2\.1"
    ) as told:
        parse_prefix(text)
    assert "\n" not in str(told.value)
