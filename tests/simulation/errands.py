"""What the office can do, each as one transaction, with the truth told as it becomes known.

The same calls as the command line makes: find and lock the customer, look whether the key has been
booked already, let `billing` make the entry, book it. What was tried stands in the truth before the
first try, and that it is done only after the commit has returned: in between nobody knows.
"""

from __future__ import annotations

import random
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from billing import booster, package, payment
from cli.people import valid_until_us
from cli.vocabulary import our_vocabulary
from domain.account import Status
from domain.deed import draft
from domain.grant import Order, OrderKind
from domain.ledger import EntryKind
from domain.seams import Clock, Ids
from domain.session import Session
from nas.dialects import DIALECTS
from radius import encode_attributes
from rating.plan_file import parse_plan
from store import (
    audit,
    office_boosters,
    office_devices,
    office_money,
    office_packages,
    office_plans,
    office_sessions,
    office_subscribers,
)
from store.database import Database
from store.office_connection import Connection
from tests.simulation import town
from tests.simulation.truth import OfficeChange, Payment, Sale, Truth
from tests.simulation.world import World

KINDS = {
    "top-up": EntryKind.TOP_UP,
    "correction": EntryKind.CORRECTION,
    "transfer": EntryKind.TRANSFER,
}


@dataclass(slots=True)
class Desk:
    """What an office command works with."""

    ids: Ids
    clock: Clock
    database: Database = field(init=False)


Work = Callable[[Desk], Awaitable[None]]


class Purse:
    """Money, under a key of its own."""

    def __init__(self, world: World, truth: Truth, n: int) -> None:
        """`n` tells the errand of this purse from all others."""
        self._world = world
        self._truth = truth
        self._key = f"ref:errand-{n}"

    def top_up(self, login: str, amount_micros: int) -> Work:
        """Somebody has paid."""
        return self._errand(Payment(login, amount_micros, self._key, 0, kind="top-up"))

    def correct(self, login: str, amount_micros: int) -> Work:
        """The first entry was wrong."""
        return self._errand(Payment(login, amount_micros, self._key, 0, kind="correction"))

    def transfer(self, giver: str, taker: str, amount_micros: int) -> Work:
        """One customer gives to another."""
        wish = Payment(giver, -amount_micros, self._key, 0, kind="transfer", taker=taker)
        return self._errand(wish)

    def _errand(self, wish: Payment) -> Work:
        async def work(desk: Desk) -> None:
            if wish.declined:
                return
            if not wish.tries_n:
                wish.tried_us = self._world.now_us
                self._truth.payments.append(wish)
            wish.tries_n += 1
            if await self._book(desk, wish):
                wish.done_us = wish.done_us or self._world.now_us
            else:
                wish.declined = wish.done_us is None

        return work

    async def _book(self, desk: Desk, wish: Payment) -> bool:
        """Book once per key; False: politely declined."""
        async with desk.database.office() as connection:
            customer = await office_subscribers.find(connection, wish.login, lock=True)
            assert customer is not None
            account = customer.account
            earlier = await office_money.entry_with_key(connection, account.account_id, wish.key)
            if earlier is not None:
                if not payment.repeats(earlier, KINDS[wish.kind], wish.amount_micros):
                    self._world.violation(f"P1: {wish.key} of {wish.login} is {earlier}")
                return True
            made = await self._made(desk, connection, wish, customer)
            if isinstance(made, payment.Declined):
                return False
            await office_money.book(connection, made)
        return True

    async def _made(
        self,
        desk: Desk,
        connection: Connection,
        wish: Payment,
        customer: office_subscribers.Customer,
    ) -> payment.Payment | payment.Declined:
        stamp = payment.Stamp(desk.ids.next(), wish.key, desk.clock.now_us(), "an errand")
        account = customer.account
        if wish.kind == "top-up":
            return payment.top_up(account, wish.amount_micros, stamp=stamp)
        if wish.kind == "correction":
            first = await office_money.entry_with_seq(connection, account.account_id, 1)
            if first is None:
                return payment.Declined("there is nothing to correct")
            return payment.correction(account, wish.amount_micros, corrected=first, stamp=stamp)
        taker = await office_subscribers.find(connection, wish.taker, lock=True)
        assert taker is not None
        return payment.transfer(
            account, taker.account, amount_micros=-wish.amount_micros, stamp=stamp
        )


class Shop:
    """Time that is sold, and time that is given after an outage."""

    def __init__(self, world: World, truth: Truth, key: str) -> None:
        """`key` is the reference that somebody gives; two errands may have the same."""
        self._world = world
        self._truth = truth
        self._key = f"ref:{key}"

    def renew(self, login: str) -> Work:
        """Somebody buys the package once more."""

        async def write(desk: Desk, connection: Connection) -> bool:
            one = await office_subscribers.find(connection, login, lock=True)
            assert one is not None
            name = package.plan_to_buy(one.subscriber)
            plan = (await office_plans.newest(connection, [name]))[name]
            stamp = payment.Stamp(desk.ids.next(), self._key, desk.clock.now_us(), "an errand")
            made = package.renew(
                one.subscriber, one.account, plan, purchase_id=desk.ids.next(), stamp=stamp
            )
            return await self._write(desk, connection, one, made, "subscriber renew")

        return self._errand(Sale(login, package.RENEWAL, self._key, 0), write)

    def extend(self, login: str) -> Work:
        """A day for nothing."""

        async def write(desk: Desk, connection: Connection) -> bool:
            one = await office_subscribers.find(connection, login, lock=True)
            assert one is not None
            name = one.subscriber.plan_name
            plan = (await office_plans.newest(connection, [name]))[name]
            stamp = payment.Stamp(desk.ids.next(), self._key, desk.clock.now_us(), "an outage")
            made = package.extend(
                one.subscriber, plan, days=1, purchase_id=desk.ids.next(), stamp=stamp
            )
            return await self._write(desk, connection, one, made, "subscriber extend")

        return self._errand(Sale(login, package.EXTENSION, self._key, 0), write)

    def boost(self, login: str, dice: random.Random) -> Work:
        """Somebody buys one of the boosters that the plan has."""
        luck = dice.random()

        async def write(desk: Desk, connection: Connection) -> bool:
            one = await office_subscribers.find(connection, login, lock=True)
            assert one is not None
            name = one.subscriber.plan_name
            plan = (await office_plans.newest(connection, [name]))[name]
            names = [sold.name for sold in booster.boosters_of(plan)] or ["none"]
            stamp = payment.Stamp(desk.ids.next(), self._key, desk.clock.now_us(), "an errand")
            made = booster.boost(
                one.subscriber,
                one.account,
                plan,
                names[int(luck * len(names))],
                purchase_id=desk.ids.next(),
                stamp=stamp,
            )
            if isinstance(made, payment.Declined):
                return False
            await office_boosters.write(connection, made)
            deed = draft(
                made.purchase.created_us,
                "somebody",
                "subscriber boost",
                kind="subscriber",
                row_id=one.subscriber.subscriber_id,
                subject=login,
                after={"price_micros": made.purchase.price_micros},
            )
            await audit.append(connection, [deed])
            return True

        return self._errand(Sale(login, booster.BOOSTER, self._key, 0), write)

    def _errand(self, wish: Sale, write: Callable[[Desk, Connection], Awaitable[bool]]) -> Work:
        async def work(desk: Desk) -> None:
            if wish.declined:
                return
            if not wish.tried_us:
                wish.tried_us = self._world.now_us
                self._truth.sales.append(wish)
            async with desk.database.office() as connection:
                one = await office_subscribers.find(connection, wish.login, lock=True)
                assert one is not None
                found = await office_packages.purchase_with_key(
                    connection, one.account.account_id, wish.key
                )
                written = found is not None or await write(desk, connection)
                if found is not None and found.kind != wish.kind:
                    wish.declined = wish.done_us is None
                    return
            if written:
                wish.done_us = wish.done_us or self._world.now_us
                self._world.figures[f"{wish.kind}s"] += 1
            else:
                wish.declined = wish.done_us is None

        return work

    async def _write(
        self,
        desk: Desk,
        connection: Connection,
        one: office_subscribers.Customer,
        made: package.Renewal | payment.Declined,
        action: str,
    ) -> bool:
        if isinstance(made, payment.Declined):
            return False
        await office_packages.write(connection, [made])
        deed = office_packages.told(
            made, one, action=action, at_us=made.purchase.created_us, who="somebody"
        )
        await audit.append(connection, [deed])
        return True


class Changes:
    """Everything that is not money."""

    def __init__(self, world: World, truth: Truth) -> None:
        """Nothing is changed yet."""
        self._world = world
        self._truth = truth

    def _errand(self, change: OfficeChange, write: Work) -> Work:
        async def work(desk: Desk) -> None:
            if change.done_us is not None:
                return
            if change not in self._truth.changes:
                change.tried_us = self._world.now_us
                self._truth.changes.append(change)
            await write(desk)
            change.done_us = self._world.now_us
            if change.what == "plan":
                self._truth.plan_of[change.name] = change.value

        return work

    def plan_text(self, dice: random.Random, name: str = "") -> Work:
        """A plan gets another price: its next version. Without a name it is one that is used."""
        texts = self._truth.texts or town.EVERY_PLAN
        priced = [name for name, text in texts.items() if "amount" in text]
        used = set(self._truth.cast.values())
        name = name or dice.choice(
            [plan for plan in priced if plan in used]
            or [plan for plan in priced if plan not in town.PACKAGED]
        )
        amount = f'amount = "{dice.randrange(1, 60) / 1000}"'
        plain = texts.get(name) or town.EVERY_PLAN[name]
        text = re.sub(r'amount = "[0-9.]+"', amount, plain, count=1)
        if name in town.PACKAGED:
            price = f'price = "{dice.randrange(1, 100) / 100}"'
            text = re.sub(r'price = "[0-9.]+"', price, text, count=1)
        whole = (
            text if name not in town.EVERY_PLAN else f'name = "{name}"\ncurrency = "USD"\n{text}'
        )

        async def write(desk: Desk) -> None:
            if whole not in self._truth.plan_texts:
                self._truth.plan_texts.append(whole)
            plan, plan_id, now_us = (
                parse_plan(whole, vocabulary=our_vocabulary()),
                desk.ids.next(),
                desk.clock.now_us(),
            )
            async with desk.database.office() as connection:
                await office_plans.load(connection, plan, plan_id=plan_id, now_us=now_us)

        return self._errand(OfficeChange("plan-text", name, whole, 0), write)

    def plan(self, login: str, dice: random.Random) -> Work:
        """A subscriber gets another plan, from the next login on."""
        sold = self._truth.plan_of[login] in town.PACKAGED
        others = [name for name in self._truth.texts if name not in town.PACKAGED]
        name = dice.choice(list(town.PACKAGED) if sold else others or list(town.PLANS))

        async def write(desk: Desk) -> None:
            now_us = desk.clock.now_us()
            async with desk.database.office() as connection:
                found = await office_plans.find(connection, name)
                customer = await office_subscribers.find(connection, login, lock=True)
                assert found is not None
                assert customer is not None
                changed = replace(
                    customer.subscriber,
                    plan_name=name,
                    period_start_us=now_us,
                    valid_until_us=valid_until_us(None, found[0], now_us),
                )
                await office_subscribers.change(connection, changed)

        return self._errand(OfficeChange("plan", login, name, 0), write)

    def status(self, login: str, status: str) -> Work:
        """A subscriber is suspended, or comes back."""

        async def write(desk: Desk) -> None:
            async with desk.database.office() as connection:
                customer = await office_subscribers.find(connection, login, lock=True)
                assert customer is not None
                changed = replace(customer.subscriber, status=Status(status))
                await office_subscribers.change(connection, changed)

        return self._errand(OfficeChange("status", login, status, 0), write)

    def device(self, dice: random.Random) -> Work:
        """A device's row is changed in a way that changes nothing for its sessions' money."""
        name = dice.choice(self._truth.routers or [one.name for one in town.routers()])
        interim_s = dice.choice((None, 90, 400))
        forget = dice.random() < 0.5

        async def write(desk: Desk) -> None:
            async with desk.database.office() as connection:
                device = await office_devices.find(connection, name)
                assert device is not None
                changed = replace(device, interim_s=interim_s)
                await office_devices.change(connection, changed, forget_latches=forget)

        return self._errand(OfficeChange("device", name, f"interim_s={interim_s}", 0), write)

    def disconnect(self, login: str) -> Work:
        """Somebody in the office ends all sessions of a subscriber."""

        async def write(desk: Desk) -> None:
            async with desk.database.office() as connection:
                customer = await office_subscribers.find(connection, login)
                assert customer is not None
                account_id = customer.account.account_id
                for session in await office_sessions.live_of(connection, account_id):
                    await office_sessions.give(connection, await _cut(desk, connection, session))

        return self._errand(OfficeChange("disconnect", login, "", 0), write)


async def _cut(desk: Desk, connection: Connection, session: Session) -> Order:
    """A Disconnect for a session, in the words of its device, as `session disconnect` gives it."""
    names = await office_devices.names(connection)
    device = await office_devices.find(connection, names[session.device_id])
    assert device is not None
    return Order(
        order_id=desk.ids.next(),
        account_id=session.account_id,
        session_id=session.session_id,
        device_id=session.device_id,
        kind=OrderKind.DISCONNECT,
        reason="operator",
        attributes=encode_attributes(DIALECTS[device.dialect].session_keys(session, for_coa=False)),
        address=session.source_address,
        port=device.coa_port,
        created_us=desk.clock.now_us(),
    )
