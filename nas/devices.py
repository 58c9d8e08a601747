"""Which device a packet is from: by its source address alone, longest prefix first (PKT-11).

A table is built whole and never changed; when a device is added, changed or removed the server
builds another and swaps it in. Addresses that were found are remembered, those that were not are
not, so that a flood from forged addresses can push nothing out.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from domain.device import Device
from nas.values import plain_address

REMEMBERED_MAX = 16_384  # source addresses; a whole country has fewer routers

_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")
_BITS = {4: 32, 6: 128}

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def parse_prefix(text: str) -> Network:
    """An address or CIDR prefix as a person writes it; a v4-mapped one becomes IPv4.

    Raises ValueError with one clear sentence.
    """
    try:
        network = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        raise ValueError(
            f"{text!r} is not an address or prefix: write 192.0.2.1, 192.0.2.0/24 or 2001:db8::/64"
        ) from None
    if isinstance(network, ipaddress.IPv6Network) and network.subnet_of(_MAPPED):
        inner = network.network_address.ipv4_mapped
        assert inner is not None, "an address within ::ffff:0:0/96 is v4-mapped"
        return ipaddress.IPv4Network((inner, network.prefixlen - 96))
    return network


class DeviceTable:
    """All devices, found by source address, name or id."""

    def __init__(self, devices: Iterable[Device]) -> None:
        """Raises ValueError for a prefix that is none, or that two devices claim."""
        self._by_id: dict[int, Device] = {}
        self._by_name: dict[str, Device] = {}
        networks: dict[tuple[int, int], dict[int, Device]] = {}
        for device in devices:
            self._by_id[device.device_id] = device
            self._by_name[device.name] = device
            for prefix in device.prefixes:
                _claim(networks, device, prefix)
        # For each family: (bits to drop, what is left to its device), the longest prefix first.
        self._levels: dict[int, list[tuple[int, dict[int, Device]]]] = {
            version: [
                (bits - length, members)
                for (of, length), members in sorted(networks.items(), reverse=True)
                if of == version
            ]
            for version, bits in _BITS.items()
        }
        self._found: dict[str, Device] = {}

    def __len__(self) -> int:
        """How many devices there are."""
        return len(self._by_id)

    def find(self, address: str) -> Device | None:
        """The device whose longest prefix holds a source address; None: nobody we know.

        Text that is no address belongs to nobody.
        """
        known = self._found.get(address)
        if known is not None:
            return known
        device = self._search(address)
        if device is not None:
            if len(self._found) >= REMEMBERED_MAX:
                self._found.clear()
            self._found[address] = device
        return device

    def _search(self, address: str) -> Device | None:
        try:
            plain = plain_address(address)
        except ValueError:
            return None
        number = int(plain)
        for drop, members in self._levels[plain.version]:
            device = members.get(number >> drop)
            if device is not None:
                return device
        return None

    def by_name(self, name: str) -> Device | None:
        """The device of a name, exactly as configured."""
        return self._by_name.get(name)

    def by_id(self, device_id: int) -> Device | None:
        """The device of a row id."""
        return self._by_id.get(device_id)


def _claim(networks: dict[tuple[int, int], dict[int, Device]], device: Device, prefix: str) -> None:
    network = parse_prefix(prefix)
    drop = _BITS[network.version] - network.prefixlen
    members = networks.setdefault((network.version, network.prefixlen), {})
    holder = members.setdefault(int(network.network_address) >> drop, device)
    if holder is not device:
        raise ValueError(f"{network} belongs to both {holder.name} and {device.name}")
