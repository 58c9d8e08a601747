"""The devices as they are now: found by source address, exchanged whole when one changes.

A datagram is looked up here before a single octet of it is read (PKT-11). A reload builds a new
table and swaps it in, so a packet sees the old devices or the new ones, never a mixture.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from domain.device import Device
from nas.devices import DeviceTable

PATHS_MAX: Final = 65_536


class Roster:
    """The device table, and by which of our own addresses each source reached us."""

    def __init__(self, devices: Sequence[Device] = ()) -> None:
        self._table = DeviceTable(devices)
        self._names = frozenset(device.name for device in devices)
        self.paths: dict[str, str] = {}  # by source: our address that it came to last
        self.generation = object()  # another one whenever the devices are others

    def replace(self, devices: Sequence[Device]) -> None:
        """These are the devices from now on. Raises ValueError, and changes nothing, when two
        of them claim one prefix.
        """
        self._table = DeviceTable(devices)
        self._names = frozenset(device.name for device in devices)
        self.generation = object()

    def find(self, address: str) -> Device | None:
        """The device a source address belongs to; a link-local scope does not matter."""
        return self._table.find(address if "%" not in address else address.partition("%")[0])

    def by_id(self, device_id: int) -> Device | None:
        """The device with this id, if there still is one."""
        return self._table.by_id(device_id)

    def names(self) -> frozenset[str]:
        """The names of all devices."""
        return self._names

    def met(self, address: str, local: str) -> None:
        """Remember that a known source reached us at `local`: orders leave from there (COA-01)."""
        if self.paths.get(address) != local:
            if len(self.paths) >= PATHS_MAX:
                self.paths.clear()
            self.paths[address] = local

    def path(self, address: str) -> str | None:
        """Our address by which this source last reached us, if it did since the start."""
        return self.paths.get(address)
