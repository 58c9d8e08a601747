"""A desk on a real database, driven packet by packet: time, ids and chance are the test's.

Packets are real octets that went through the codec; the store is the one that ships. What a test
says is short: `accept`, `start`, `interim`, `stop`, `boot`, and questions about the books.
"""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, TypeVar

from aaa import sealing
from aaa.desk import Desk
from aaa.outcome import Outcome
from aaa.request import Item, Request
from aaa.turn import DeskSettings
from billing import payment
from cli.vocabulary import our_vocabulary
from domain.account import Account, CredentialKind, MacMode, Status, Subscriber
from domain.device import Device
from domain.grant import Order, OrderResult
from domain.ledger import Entry
from domain.login import canonical_login
from domain.plan import Plan
from domain.seams import US_PER_S, compose_id
from domain.session import Session
from radius import Packet, decode_attributes
from radius.passwords import hide_password
from radius.vendors import vendor_attribute
from rating.plan_file import parse_plan
from store import (
    books_check,
    office_devices,
    office_money,
    office_plans,
    office_subscribers,
    schema,
)
from store.columns import METADATA
from store.desk import DeskStore
from store.office_subscribers import Customer
from store.rows import SESSIONS
from store.upgrade import upgrade
from tests.untold import Untold

T0_US = 1_760_000_000 * US_PER_S  # T0 of the event sequences: 2025-10-09, a Thursday
SECRET = b"sixteen-octets-ok"
SAMPLE_PLAN = """
name = "sample-prepaid"
currency = "USD"
[price.volume]
amount = "0.01"
per = "MB"
"""
STATUS = {"start": 1, "stop": 2, "interim": 3, "on": 7, "off": 8}
Result = TypeVar("Result")


class Ids:
    """Strictly increasing, and the same in every run."""

    def __init__(self) -> None:
        self._count = itertools.count(compose_id(T0_US, 1))

    def next(self) -> int:
        return next(self._count)


class Chance:
    """Seeded randomness, so that a failing test fails again."""

    def __init__(self) -> None:
        self._random = random.Random(1)

    def octets(self, length: int) -> bytes:
        return self._random.randbytes(length)

    def below(self, limit: int) -> int:
        return self._random.randrange(limit)


class Gate:
    """One database, one desk, one or more devices. `at(s)` sets the time in seconds from T0."""

    def __init__(self, url: str, settings: DeskSettings | None = None) -> None:
        self.runner = asyncio.Runner()
        self.url = url
        self.ids = Ids()
        self.chance = Chance()
        self.now_us = T0_US
        self.settings = settings or DeskSettings()
        self.sealer = sealing.KeyRing(sealing.new_key_file(self.chance.octets), self.chance.octets)
        self.run(upgrade(url))
        self.database = self.run(Untold.open(url))
        self.devices: dict[str, Device] = {}
        self.broken: list[BaseException] = []
        self.orders: list[Order] = []
        self.store, self.desk = self.new_desk()
        self.add_plan(SAMPLE_PLAN)
        self.add_device("nas")

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self.runner.run(work)

    def new_desk(self) -> tuple[DeskStore, Desk]:
        """A second worker, or the first one after a restart."""
        store = self.run(DeskStore.open(self.database, self.sealer))
        desk = Desk(store, self.settings, ids=self.ids, randomness=self.chance, sealer=self.sealer)
        desk.broke = lambda item, error: self.broken.append(error)
        self.run(desk.warm())
        desk.equip(list(self.devices.values()))
        return store, desk

    def restart(self) -> None:
        self.run(self.store.close())
        self.store, self.desk = self.new_desk()

    def close(self) -> None:
        self.run(self.store.close())
        self.run(self.database.close())
        self.runner.close()

    # -- the office

    def add_device(self, name: str, **traits: Any) -> Device:
        device = Device(
            device_id=self.ids.next(),
            name=name,
            secret=SECRET,
            prefixes=(f"10.{len(self.devices)}.0.0/16",),
            dialect=traits.pop("dialect", "mikrotik"),
            coa_port=traits.pop("coa_port", 3799),
            created_us=self.now_us,
            **traits,
        )
        sealed = self.sealer.seal(sealing.DEVICE_SECRET, str(device.device_id), SECRET)

        async def add() -> None:
            async with self.database.office() as connection:
                await office_devices.add(connection, replace(device, secret=sealed))

        self.run(add())
        self.devices[name] = device
        self.desk.equip(list(self.devices.values()))
        self.hear()
        return device

    def remove_device(self, name: str) -> None:
        async def remove() -> None:
            async with self.database.office() as connection:
                await office_devices.remove(connection, self.devices[name].device_id)

        self.run(remove())
        self.desk.equip([d for d in self.devices.values() if d.name != name])

    def add_plan(self, text: str, *, at_once: bool = False) -> Plan:
        async def add() -> Plan:
            plan = parse_plan(text, vocabulary=our_vocabulary())
            async with self.database.office() as connection:
                stored, _ = await office_plans.load(
                    connection,
                    plan,
                    plan_id=self.ids.next(),
                    now_us=self.now_us,
                    at_once=at_once,
                )
            return stored

        stored = self.run(add())
        self.hear()
        return stored

    def add_subscriber(self, login: str = "alice", **traits: Any) -> Customer:
        (customer,) = self.add_subscribers([login], **traits)
        return customer

    def add_subscribers(self, logins: list[str], **traits: Any) -> list[Customer]:
        """So many alike, in one transaction."""
        found = [self._customer(login, **traits) for login in logins]
        entries = [entry for _, entry in found if entry is not None]

        async def add() -> None:
            async with self.database.office() as connection:
                await office_subscribers.add(connection, [one for one, _ in found], entries)

        self.run(add())
        self.hear()
        return [customer for customer, _ in found]

    def _customer(
        self,
        login: str,
        *,
        balance_micros: int = 5_000_000,
        plan: str = "sample-prepaid",
        password: bytes = b"wonderland",
        kind: CredentialKind = CredentialKind.CLEAR,
        credit_limit_micros: int = 0,
        **traits: Any,
    ) -> tuple[Customer, Entry | None]:
        account = Account(self.ids.next(), "USD", credit_limit_micros, 0, 0, 0, 0)
        subscriber_id = self.ids.next()
        row = str(subscriber_id)
        sealed = {
            CredentialKind.CLEAR: lambda: self.sealer.seal(sealing.CREDENTIAL, row, password),
            CredentialKind.NT: lambda: self.sealer.seal(sealing.CREDENTIAL, row, password),
            CredentialKind.HASH: lambda: sealing.hash_password(password, self.chance.octets(16)),
            CredentialKind.NONE: lambda: b"",
        }[kind]()
        subscriber = Subscriber(
            subscriber_id=subscriber_id,
            account_id=account.account_id,
            login=canonical_login(login),
            status=Status.ACTIVE,
            plan_name=plan,
            credential_kind=kind,
            credential=sealed,
            mac=traits.pop("mac", None),
            mac_mode=traits.pop("mac_mode", MacMode.ANY),
            device_ids=traits.pop("device_ids", ()),
            period_start_us=T0_US,
            valid_until_us=traits.pop("valid_until_us", None),
            sample=False,
            created_us=T0_US,
        )
        entry = None
        if balance_micros:
            paid = payment.top_up(account, balance_micros, stamp=self.stamp(f"opening:{login}"))
            assert isinstance(paid, payment.Payment)
            entry = paid.entry
            account.posted_micros += balance_micros
            account.entries_n += 1
        return Customer(subscriber, account), entry

    def stamp(self, key: str, reason: str = "") -> payment.Stamp:
        return payment.Stamp(
            entry_id=self.ids.next(), key=key, created_us=self.now_us, reason=reason
        )

    async def top_up_now(self, login: str, amount_micros: int) -> None:
        """Book a top-up; the desk is not told."""
        async with self.database.office() as connection:
            customer = await office_subscribers.find(connection, login, lock=True)
            assert customer is not None
            stamp = self.stamp(f"top-up:{self.ids.next()}")
            paid = payment.top_up(customer.account, amount_micros, stamp=stamp)
            assert isinstance(paid, payment.Payment)
            await office_money.book(connection, paid)

    def top_up(self, login: str, amount_micros: int) -> None:
        self.run(self.top_up_now(login, amount_micros))

    def correct(self, login: str, amount_micros: int) -> None:
        """Correct the opening entry by an amount."""
        row = next(row for row in self.rows("entries") if row["key"] == f"opening:{login}")
        opening = Entry(postings=(), **row)

        async def book() -> None:
            async with self.database.office() as connection:
                customer = await office_subscribers.find(connection, login, lock=True)
                assert customer is not None
                stamp = self.stamp(f"correct:{self.ids.next()}", reason="a test")
                done = payment.correction(
                    customer.account, amount_micros, corrected=opening, stamp=stamp
                )
                assert isinstance(done, payment.Payment)
                await office_money.book(connection, done)

        self.run(book())

    def change(self, login: str, **values: Any) -> None:
        """Change a subscriber's row, as the office would."""

        async def write() -> None:
            async with self.database.office() as connection:
                customer = await office_subscribers.find(connection, login, lock=True)
                assert customer is not None
                await office_subscribers.change(connection, replace(customer.subscriber, **values))

        self.run(write())

    def hear(self) -> list[Outcome]:
        """What the server does when the feed moves: absorb, then serve what the desk wants."""
        changes = self.run(self.store.feed(0))
        self.desk.absorb([change for change in changes if change.seq > self.heard])
        self.heard = max([self.heard, *(change.seq for change in changes)])
        outcomes = []
        while tasks := self.desk.pending():
            outcomes += self.serve(*tasks)
        return outcomes

    heard = 0

    # -- the desk

    def at(self, seconds: int) -> Gate:
        self.now_us = T0_US + seconds * US_PER_S
        return self

    def serve(self, *items: Item) -> list[Outcome]:
        """What comes of items, in one batch; of those that the desk puts off, in a second one."""
        outcomes: list[Outcome] = self.run(self.desk.serve(items, self.now_us))
        self.orders += self.desk.take_orders()
        for n, item in enumerate(items):
            if outcomes[n].again_us and isinstance(item, Request):
                item.put_off = True
                (outcomes[n],) = self.serve(item)
        return outcomes

    def request(
        self, code: int, pairs: list[tuple[int, bytes]], nas: str = "nas", source: str = ""
    ) -> Request:
        packet = Packet(code, 1, self.chance.octets(16), pairs)
        device = self.devices[nas]
        address = source or device.prefixes[0].replace(".0/16", ".1")
        return Request(packet, device, address, self.now_us, signed=True)

    def login(
        self,
        login: str = "alice",
        password: bytes = b"wonderland",
        *,
        nas: str = "nas",
        extra: tuple[tuple[int, bytes], ...] = (),
        **hints: Any,
    ) -> Request:
        request = self.request(1, [], nas)
        packet = request.packet
        hidden = hide_password(password, SECRET, packet.authenticator)
        pairs = [(1, login.encode()), (2, hidden), *_hints(hints), *extra]
        request.packet = Packet(1, 1, packet.authenticator, pairs)
        return request

    def accept(self, login: str = "alice", password: bytes = b"wonderland", **rest: Any) -> Outcome:
        """Log in; the outcome, whatever it is."""
        (outcome,) = self.serve(self.login(login, password, **rest))
        if outcome.check is not None:
            request = self.login(login, password, **rest)
            request.hash_ok = outcome.check()
            (outcome,) = self.serve(request)
        return outcome

    def accounting(self, kind: str, *, nas: str = "nas", **said: Any) -> Request:
        return self.request(4, record_pairs(kind, **said), nas)

    def record(self, kind: str, **said: Any) -> Outcome:
        (outcome,) = self.serve(self.accounting(kind, **said))
        return outcome

    # -- the books

    def sessions(self, login: str | None = None) -> list[Session]:
        """All sessions in the database, oldest first."""

        async def read() -> list[Session]:
            async with self.database.reading() as connection:
                query = schema.sessions.select().order_by(schema.sessions.c.session_id)
                return [SESSIONS.of_row(row) for row in await connection.execute(query)]

        found = self.run(read())
        if login is None:
            return found
        account = self.account(login)
        return [session for session in found if session.account_id == account.account_id]

    def account(self, login: str = "alice") -> Account:
        async def read() -> Account:
            async with self.database.reading() as connection:
                customer = await office_subscribers.find(connection, login)
                assert customer is not None
                return customer.account

        return self.run(read())

    def rows(self, table: str) -> list[dict[str, Any]]:
        async def read() -> list[dict[str, Any]]:
            async with self.database.reading() as connection:
                found = await connection.execute(
                    (schema.sessions if table == "sessions" else METADATA.tables[table]).select()
                )
                return [dict(row._mapping) for row in found]

        return self.run(read())

    def check(self) -> list[Any]:
        """The findings of the ledger check: none, if all is well."""
        assert not self.broken, self.broken
        return list(self.run(books_check.check_books(self.database)))

    def settle(self, order: Order, result: OrderResult, error_cause: int = 0) -> None:
        from aaa.request import Settled

        self.serve(Settled(order.order_id, result, error_cause, 1, self.now_us))


def reply_attributes(outcome: Outcome) -> Packet:
    """The attributes of an outcome, readable."""
    return Packet(outcome.reply_code or 0, 0, bytes(16), decode_attributes(outcome.attributes))


def class_of(outcome: Outcome) -> bytes:
    value = reply_attributes(outcome).first(25)
    assert value is not None
    return value


def integer(number: int) -> bytes:
    return number.to_bytes(4, "big")


def _hints(hints: dict[str, Any]) -> list[tuple[int, bytes]]:
    pairs = []
    for name, kind in (("mac", 31), ("id", 44), ("called", 30), ("nas_identifier", 32)):
        if hints.get(name):
            pairs.append((kind, str(hints[name]).encode()))
    if hints.get("port") is not None:
        pairs.append((5, integer(hints["port"])))
    return pairs


def record_pairs(
    kind: str,
    *,
    id: str = "A",
    login: str = "alice",
    token: bytes | None = None,
    st: int | None = None,
    o: int | None = None,
    i: int | None = None,
    gw: int | None = None,
    t: int | None = None,
    delay: int | None = None,
    ip: str = "",
    mac: str = "",
    cause: int | None = None,
    nas_identifier: str = "",
    raw_gigawords: bool = True,
    extra: tuple[tuple[int, bytes], ...] = (),
) -> list[tuple[int, bytes]]:
    """The attributes of an Accounting-Request. `t` is Event-Timestamp, seconds from T0."""
    pairs = [(40, integer(STATUS[kind]))]
    if kind not in ("on", "off"):
        pairs += [(1, login.encode()), (44, id.encode())]
    if st is not None:
        pairs.append((46, integer(st)))
    for value, low, high in ((i, 42, 52), (o, 43, 53)):
        if value is not None:
            pairs.append((low, integer(value & 0xFFFF_FFFF)))
            words = value >> 32 if gw is None else gw
            if words and raw_gigawords:
                pairs.append((high, integer(words)))
    if t is not None:
        pairs.append((55, integer(max(T0_US // US_PER_S + t, 0))))
    if delay is not None:
        pairs.append((41, integer(delay)))
    if token is not None:
        pairs.append((25, token))
    if ip:
        pairs.append((8, bytes(int(part) for part in ip.split("."))))
    if mac:
        pairs.append((31, mac.encode()))
    if cause is not None:
        pairs.append((49, integer(cause)))
    if nas_identifier:
        pairs.append((32, nas_identifier.encode()))
    return pairs + list(extra)


__all__ = ["Gate", "class_of", "record_pairs", "reply_attributes", "vendor_attribute"]
