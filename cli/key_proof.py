"""Is this the key file of this database? Asked before anything new is sealed with it.

Something sealed with a key that is not the database's could be opened by nobody: neither by the
server that runs with the right file nor, once the mistake is mended, by the next one. Changing
what is there needs no proof, since that is how secrets are given again after a key was lost.
"""

from __future__ import annotations

from aaa.sealing import CREDENTIAL, DEVICE_SECRET, KeyRing
from cli.errors import HouseError
from cli.office import Office
from domain.account import CredentialKind
from store import office_devices, office_subscribers
from store.office_connection import Connection


async def prove_keys(office: Office) -> None:
    """HouseError unless the key file opens what is in the database; without secrets any does."""
    async with office.database.reading() as connection:
        sealed = await a_sealed_value(connection)
    prove(office.keys, sealed)


async def a_sealed_value(connection: Connection) -> tuple[str, str, bytes] | None:
    """Purpose, row and sealed octets of something that only the right key opens, if there is."""
    devices = await office_devices.everyone(connection)
    if devices:
        return DEVICE_SECRET, str(devices[0].device_id), devices[0].secret
    for customer in await office_subscribers.page(connection, after="", limit=100):
        one = customer.subscriber
        if one.credential_kind in (CredentialKind.CLEAR, CredentialKind.NT):
            return CREDENTIAL, str(one.subscriber_id), one.credential
    return None


def prove(keys: KeyRing, sealed: tuple[str, str, bytes] | None) -> None:
    """HouseError unless the keys open what is in the database."""
    if sealed is None:
        return
    try:
        keys.open(*sealed)
    except ValueError as error:
        raise HouseError(str(error)) from None
