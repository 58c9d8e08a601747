"""Devices as the server needs them: addresses and latches joined on, the secret opened.

The table is small (routers, not subscribers) and read whole when it changes. Opened secrets exist
in memory only; what is stored opens for no other device and with no other key.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator

from aaa.ports import Sealer
from domain.device import Device, Latch
from store.reading import Ask
from store.rows import Row, device_of

SECRET_PURPOSE = "device-secret"  # what a device's secret is sealed for; its row is the device id


def device_steps(sealer: Sealer) -> Generator[Ask, list[Row], list[Device]]:
    """Every device, by id. Raises ValueError when a secret does not open with this key."""
    found = yield Ask("devices", [()])
    prefixes: dict[int, list[str]] = defaultdict(list)
    for device_id, prefix in (yield Ask("device_addresses", [()])):
        prefixes[device_id].append(prefix)
    latches: dict[int, set[tuple[str, Latch]]] = defaultdict(set)
    for device_id, source_address, latch in (yield Ask("device_latches", [()])):
        latches[device_id].add((source_address, Latch(latch)))
    devices = [device_of(row) for row in found]
    for device in devices:
        device.secret = sealer.open(SECRET_PURPOSE, str(device.device_id), device.secret)
        device.prefixes = tuple(prefixes[device.device_id])
        device.latches = latches[device.device_id]
    return devices
