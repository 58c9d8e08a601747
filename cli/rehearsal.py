"""A login rehearsed: the real desk decides it, and nothing is written.

The desk is given a store that reads the database and forgets what it is told to commit. A
subscriber's password may not be known to anybody any more, so in what was read it is exchanged
for one that is; every other rule applies as it does to a router's request.
"""

from __future__ import annotations

from dataclasses import dataclass

from aaa.desk import Desk
from aaa.outcome import Outcome
from aaa.ports import Change, Changes, Decision, Loaded, Want
from aaa.request import Request
from aaa.sealing import CREDENTIAL, DEVICE_SECRET
from cli.errors import HouseError
from cli.office import Office
from cli.wiring import desk_settings
from domain.account import CredentialKind, Subscriber
from domain.device import Device
from radius import Packet, passwords
from store.desk import DeskStore

ACCESS_REQUEST, USER_NAME, USER_PASSWORD = 1, 1, 2
AUTHENTICATOR = bytes(16)
PASSWORD = b"rehearsal"


class RehearsalStore:
    """An `aaa.ports.Store` that reads, and only remembers what it was to write."""

    def __init__(self, store: DeskStore, office: Office) -> None:
        """Read through `store`."""
        self._store = store
        self._office = office
        self.decisions: list[Decision] = []

    async def load(self, want: Want) -> Loaded:
        """What is wanted, with the password of each subscriber exchanged."""
        loaded = await self._store.load(want)
        for subscriber in loaded.subscribers:
            self._exchange(subscriber)
        return loaded

    def _exchange(self, subscriber: Subscriber) -> None:
        if subscriber.credential_kind is CredentialKind.NONE:
            return
        subscriber.credential_kind = CredentialKind.CLEAR
        row = str(subscriber.subscriber_id)
        subscriber.credential = self._office.keys.seal(CREDENTIAL, row, PASSWORD)

    async def commit(self, changes: Changes) -> None:
        """Nothing is written."""
        self.decisions += changes.decisions

    def prepare(self, changes: Changes) -> None:
        """Nothing will be written."""

    async def feed(self, since_seq: int) -> list[Change]:
        """Nothing changes during a rehearsal."""
        return []

    async def feed_seq(self) -> int:
        """Nothing ever changed."""
        return 0


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What a login would come to."""

    outcome: Outcome
    decision: Decision


async def rehearse(
    office: Office, subscriber: Subscriber, device: Device, attributes: list[tuple[int, bytes]]
) -> Rehearsed:
    """Decide a login of a subscriber on a device (its secret sealed) with these attributes."""
    try:
        secret = office.keys.open(DEVICE_SECRET, str(device.device_id), device.secret)
    except ValueError as error:
        raise HouseError(str(error)) from None
    device.secret = secret
    store = await DeskStore.open(office.database)
    try:
        rehearsal = RehearsalStore(store, office)
        desk = Desk(
            rehearsal,
            desk_settings(office.place.settings),
            ids=office.ids,
            randomness=office.randomness,
            sealer=office.keys,
        )
        desk.equip([device])
        (outcome,) = await desk.serve(
            [_request(office, subscriber, device, attributes)], office.now_us
        )
    finally:
        await store.close()
    if not rehearsal.decisions:
        raise HouseError("the desk could not decide this login; look into the server's log")
    return Rehearsed(outcome, rehearsal.decisions[-1])


def _request(
    office: Office, subscriber: Subscriber, device: Device, attributes: list[tuple[int, bytes]]
) -> Request:
    """The Access-Request that a router would send, with PAP."""
    no_password = subscriber.credential_kind is CredentialKind.NONE
    hidden = passwords.hide_password(b"" if no_password else PASSWORD, device.secret, AUTHENTICATOR)
    pairs = [(USER_NAME, subscriber.login.encode()), (USER_PASSWORD, hidden), *attributes]
    return Request(
        packet=Packet(ACCESS_REQUEST, 0, AUTHENTICATOR, pairs),
        device=device,
        source_address=device.prefixes[0].split("/")[0],
        arrived_us=office.now_us,
        signed=True,
    )
