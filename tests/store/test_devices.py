"""Devices as the server needs them."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from store import schema
from tests.store.house import (
    House,
    add_device,
    tell,
)


def test_devices_come_with_addresses_and_an_open_secret(house_url: str) -> None:
    async def story(house: House) -> None:
        await add_device(house)
        await add_device(house, 6)
        found = await house.store.load_devices()
        assert [(one.name, one.secret, one.prefixes) for one in found] == [
            ("tower-5", b"testing123", ("10.0.5.0/24",)),
            ("tower-6", b"testing123", ("10.0.6.0/24",)),
        ]
        async with house.database.office() as connection:
            await connection.execute(
                update(schema.devices)
                .where(schema.devices.c.device_id == 6)
                .values(secret=b"device-secret/5:x")
            )
        with pytest.raises(ValueError, match="another place"):
            await house.store.load_devices()

    tell(house_url, story)
