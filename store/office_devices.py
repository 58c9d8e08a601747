"""Devices as the office adds, changes and removes them; their secrets stay sealed in here.

A prefix belongs to one device. Changing how a device is protected forgets what its addresses have
proved (BLR-03), for that is what resetting means.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from sqlalchemy import Text, delete, func, insert, literal, or_, select, text, type_coerce, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.device import Device, Latch
from domain.session import SessionState
from store import schema
from store.feed import record_change
from store.office_money import values
from store.rows import DEVICES

_LIVE = text("sessions.state < 2")  # as the partial index says it


async def everyone(connection: AsyncConnection) -> list[Device]:
    """All devices by name, with addresses and latches; `secret` is sealed."""
    query = select(*DEVICES.columns).order_by(schema.devices.c.name)
    return await _whole(
        connection, [DEVICES.of_row(row) for row in await connection.execute(query)]
    )


async def find(connection: AsyncConnection, name: str) -> Device | None:
    """The device of that name; `secret` is sealed."""
    query = select(*DEVICES.columns).where(schema.devices.c.name == name)
    row = (await connection.execute(query)).first()
    return (await _whole(connection, [DEVICES.of_row(row)]))[0] if row else None


async def _whole(connection: AsyncConnection, found: Collection[Device]) -> list[Device]:
    """Devices with their addresses and latches."""
    ids = [device.device_id for device in found]
    addresses, latches = schema.device_addresses.c, schema.device_latches.c
    prefixes: dict[int, list[str]] = {key: [] for key in ids}
    proved: dict[int, set[tuple[str, Latch]]] = {key: set() for key in ids}
    query = select(addresses.device_id, addresses.prefix).order_by(addresses.prefix)
    for device_id, prefix in await connection.execute(query.where(addresses.device_id.in_(ids))):
        prefixes[device_id].append(prefix)
    for device_id, address, latch in await connection.execute(
        select(latches.device_id, latches.source_address, latches.latch).where(
            latches.device_id.in_(ids)
        )
    ):
        proved[device_id].add((address, Latch(latch)))
    return [
        replace(
            device,
            prefixes=tuple(prefixes[device.device_id]),
            latches=proved[device.device_id],
        )
        for device in found
    ]


async def owners(connection: AsyncConnection, prefixes: Iterable[str]) -> dict[str, str]:
    """Which of these prefixes belong to a device already: prefix to the device's name."""
    query = (
        select(schema.device_addresses.c.prefix, schema.devices.c.name)
        .join_from(schema.device_addresses, schema.devices)
        .where(schema.device_addresses.c.prefix.in_(list(prefixes)))
    )
    return {row.prefix: row.name for row in await connection.execute(query)}


async def add(connection: AsyncConnection, device: Device) -> None:
    """Insert a device whose secret is sealed."""
    await connection.execute(insert(schema.devices).values(values(DEVICES, device)))
    await _write_addresses(connection, device)
    await record_change(connection, "device", device.device_id)


async def change(connection: AsyncConnection, device: Device, *, forget_latches: bool) -> None:
    """Write a changed device; the server reads all devices again."""
    await connection.execute(
        update(schema.devices)
        .where(schema.devices.c.device_id == device.device_id)
        .values(values(DEVICES, device))
    )
    table = schema.device_addresses
    await connection.execute(delete(table).where(table.c.device_id == device.device_id))
    await _write_addresses(connection, device)
    if forget_latches:
        latches = schema.device_latches
        await connection.execute(delete(latches).where(latches.c.device_id == device.device_id))
    await record_change(connection, "device", device.device_id)


async def _write_addresses(connection: AsyncConnection, device: Device) -> None:
    rows = [{"prefix": prefix, "device_id": device.device_id} for prefix in device.prefixes]
    await connection.execute(insert(schema.device_addresses), rows)


async def remove(connection: AsyncConnection, device_id: int) -> None:
    """Delete a device, its addresses and latches; its sessions stay in the books."""
    for table in (schema.device_addresses, schema.device_latches, schema.devices):
        await connection.execute(delete(table).where(table.c.device_id == device_id))
    await record_change(connection, "device", device_id)


async def uses(connection: AsyncConnection, device_id: int, *, now_us: int) -> dict[str, int]:
    """What still needs a device: `live` sessions on it, `subscribers` allowed on it by name.

    A login that was accepted but has not begun in its time needs no device; the server ends it.
    """
    table = schema.sessions.c
    begun = or_(table.state == SessionState.OPEN, table.slot_until_us > now_us)
    sessions = (
        select(func.count())
        .select_from(schema.sessions)
        .where(table.device_id == device_id, _LIVE, begun)
    )
    stored = type_coerce(schema.subscribers.c.device_ids, Text())
    listed = literal(",") + stored + literal(",")
    allowed = (
        select(func.count())
        .select_from(schema.subscribers)
        .where(listed.contains(f",{device_id},"))
    )
    return {
        "live": int(await connection.scalar(sessions) or 0),
        "subscribers": int(await connection.scalar(allowed) or 0),
    }


async def names(connection: AsyncConnection) -> dict[int, str]:
    """Device id to name."""
    table = schema.devices.c
    query = select(table.device_id, table.name)
    return {row.device_id: row.name for row in await connection.execute(query)}
