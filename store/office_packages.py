"""Packages as they are written: renewals, extensions, and whose paid time ends.

A renewal is one transaction of the office: the entry that debits the purse, the purchase that
remembers what for, the subscriber's new end, and the deed in the audit; the server hears of it by
the change feed. A key makes it happen once (P1). `Renewer` is what the server renews with by
itself; it looks at everything anew within its transaction, so two servers renew nothing twice.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Text, insert, or_, select, text, tuple_, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from billing import activation
from billing.package import Renewal, plan_to_buy, renew, renews_itself
from billing.payment import Declined, Stamp, customer_micros
from domain.account import Purchase, Status
from domain.deed import Deed, differing, draft
from domain.plan import Plan
from domain.seams import Ids, compose_id
from store import (
    audit,
    live_sessions,
    office_changes,
    office_money,
    office_plans,
    office_pots,
    office_subscribers,
    schema,
)
from store.database import Database
from store.office_money import Raced, values
from store.office_subscribers import Customer
from store.rows import PURCHASES
from store.schema_people import ENDING

WHO: Final = "server"
SEEN_US: Final = 30 * 86_400_000_000  # who was on a NAS so lately is its customer
_IDS_AT_ONCE: Final = 500
_LIVE = text("sessions.state < 2")  # as the partial index says it


@dataclass(frozen=True, slots=True, order=True)
class End:
    """Where somebody's paid time ends; ordered as the index of ends is."""

    valid_until_us: int
    subscriber_id: int


class Fate(enum.StrEnum):
    """What came of an attempt to renew somebody."""

    RENEWED = "renewed"
    SHORT = "no-money"
    HELD = "held"  # something else has moved the account meanwhile: worth another look
    REFUSED = "refused"  # the package that is next cannot be sold
    NOT_DUE = "not-due"  # not ending, not renewing itself, or renewed meanwhile


async def purchase_with_key(
    connection: AsyncConnection, account_id: int, key: str
) -> Purchase | None:
    """The purchase that this idempotency key has made, if it has (P1)."""
    table = schema.purchases.c
    query = select(*PURCHASES.columns).where(table.account_id == account_id, table.key == key)
    row = (await connection.execute(query)).first()
    return PURCHASES.of_row(row) if row else None


async def purchases_of(
    connection: AsyncConnection, subscriber_id: int, *, limit: int
) -> list[Purchase]:
    """The newest purchases of a subscriber, newest first."""
    table = schema.purchases.c
    query = (
        select(*PURCHASES.columns)
        .where(table.subscriber_id == subscriber_id)
        .order_by(table.created_us.desc(), table.purchase_id.desc())
        .limit(limit)
    )
    return [PURCHASES.of_row(row) for row in await connection.execute(query)]


async def write(connection: AsyncConnection, renewals: Sequence[Renewal]) -> None:
    """Write renewals or extensions: entries, purchases, subscribers. Raises Raced."""
    for one in renewals:
        for payment in (one.payment, one.activated):
            if payment is not None:
                await office_money.book(connection, payment)
    if renewals:
        rows = [values(PURCHASES, one.purchase) for one in renewals]
        await connection.execute(insert(schema.purchases), rows)
    for one in renewals:
        await office_subscribers.change(connection, one.subscriber)
        if one.carries is not None:
            await office_pots.keep_unused(connection, one.carries)
        if one.opens is not None:
            await office_pots.open_bought(connection, one.opens)
        if one.moved_us:
            await office_pots.move_ahead(connection, one.subscriber, one.moved_us)


async def ending(
    connection: AsyncConnection, *, after: End, until_us: int, limit: int
) -> list[End]:
    """The next ends of paid time up to an instant, in their order; past ones are among them."""
    table = schema.subscribers.c
    place = tuple_(table.valid_until_us, table.subscriber_id)
    query = (
        select(table.valid_until_us, table.subscriber_id)
        .where(
            text(ENDING),
            table.valid_until_us <= until_us,
            place > tuple_(after.valid_until_us, after.subscriber_id),
        )
        .order_by(table.valid_until_us, table.subscriber_id)
        .limit(limit)
    )
    return [End(*row) for row in await connection.execute(query)]


async def ending_since(
    connection: AsyncConnection,
    since_us: int,
    *,
    after: str,
    limit: int,
    plan_name: str | None = None,
) -> list[tuple[str, int]]:
    """The next (login, id) by login of subscribers whose paid time was not over at an instant.

    Who has not bought any yet has none that could be over.
    """
    table = schema.subscribers.c
    query = (
        select(table.login, table.subscriber_id)
        .where(table.login > after, table.valid_until_us > since_us, table.status != Status.CLOSED)
        .where(table.valid_until_us > table.period_start_us + 1)  # it ended as it began: unpaid
        .order_by(table.login)
        .limit(limit)
    )
    if plan_name is not None:
        query = query.where(table.plan_name == plan_name)
    return [(row.login, row.subscriber_id) for row in await connection.execute(query)]


async def people_of(connection: AsyncConnection, device_id: int, *, now_us: int) -> set[int]:
    """Whose NAS this is: bound to it alone, or their newest session of 30 days is on it."""
    sessions, people = schema.sessions.c, schema.subscribers.c
    since = compose_id(now_us - SEEN_US, 0)
    here = select(sessions.account_id).where(
        sessions.device_id == device_id, or_(sessions.session_id >= since, _LIVE)
    )
    newest = live_sessions.newest_of(here.where(sessions.account_id > 0))
    query = select(sessions.subscriber_id).where(
        sessions.session_id.in_(newest), sessions.device_id == device_id
    )
    found = set(await connection.scalars(query))
    bound = select(people.subscriber_id).where(
        type_coerce(people.device_ids, Text()) == str(device_id)
    )
    return found | set(await connection.scalars(bound))


def told(renewal: Renewal, before: Customer, *, action: str, at_us: int, who: str) -> Deed:
    """What the audit is told of a renewal or an extension."""
    old, new = differing(before.subscriber, renewal.subscriber)
    new["price_micros"] = renewal.purchase.price_micros
    if renewal.activated is not None:
        new["activation_micros"] = -customer_micros(renewal.activated.entry)
    return draft(
        at_us,
        who,
        action,
        kind="subscriber",
        row_id=before.subscriber.subscriber_id,
        subject=before.subscriber.login,
        before=old,
        after=new,
        reason=renewal.purchase.reason,
    )


def auto_key(customer: Customer) -> str:
    """The key of the renewal at the end that is next: one for each subscriber and end (P1)."""
    one = customer.subscriber
    return f"auto:{one.subscriber_id}:{one.valid_until_us}"


class Renewer:
    """Renews for the server: `server.ports.Packages`. All raise StoreUnavailable."""

    def __init__(self, database: Database, ids: Ids) -> None:
        """Works on transactions of the office, never on the connection of the desk."""
        self._database = database
        self._ids = ids

    async def ending(
        self, after: tuple[int, int], until_us: int, limit: int
    ) -> list[tuple[int, int]]:
        """The next (end, subscriber id) of paid time up to an instant."""
        async with self._database.reading() as connection:
            found = await ending(connection, after=End(*after), until_us=until_us, limit=limit)
        return [(one.valid_until_us, one.subscriber_id) for one in found]

    async def subscribers_of(self, account_ids: Iterable[int]) -> list[int]:
        """The subscribers that spend from these accounts."""
        column, found, wanted = schema.subscribers.c, [], sorted(account_ids)
        async with self._database.reading() as connection:
            for at in range(0, len(wanted), _IDS_AT_ONCE):
                some = wanted[at : at + _IDS_AT_ONCE]
                query = select(column.subscriber_id).where(column.account_id.in_(some))
                found += list(await connection.scalars(query))
        return sorted(found)

    async def promising(self, subscriber_ids: Sequence[int], until_us: int) -> dict[int, str]:
        """What would come of renewing these now; those who would be renewed cost a transaction."""
        async with self._database.reading() as connection:
            customers = await office_subscribers.with_ids(connection, subscriber_ids)
            plans = await office_plans.newest(
                connection, {plan_to_buy(one.subscriber) for one in customers}
            )
            fees = {
                one.subscriber.subscriber_id: activation.fee_of(plan)
                for one in customers
                if (plan := plans.get(plan_to_buy(one.subscriber))) is not None
                and await office_changes.begins_with_fee(connection, one, plan)
            }
        fates = {key: str(Fate.NOT_DUE) for key in subscriber_ids}
        for one in customers:
            plan = plans.get(plan_to_buy(one.subscriber))
            if _due(one, plan, until_us):
                assert plan is not None  # or it were not due
                fee_micros = fees.get(one.subscriber.subscriber_id, 0)
                fates[one.subscriber.subscriber_id] = str(_fate(one, plan, fee_micros))
        return fates

    async def renew(
        self, subscriber_ids: Sequence[int], now_us: int, until_us: int
    ) -> dict[int, str]:
        """Renew those of them whose time ends by `until_us`, in one short transaction.

        Answers what came of each, by words of `Fate`; a race is lost as if it were not due.
        """
        fates = {key: str(Fate.NOT_DUE) for key in subscriber_ids}
        deeds: list[Deed] = []
        try:
            async with self._database.office() as connection:
                for key in subscriber_ids:
                    fate, deed = await self._renew_one(connection, key, now_us, until_us)
                    fates[key] = str(fate)
                    deeds += [deed] if deed is not None else []
                if deeds:
                    await audit.append(connection, deeds)
        except Raced:
            return dict.fromkeys(subscriber_ids, str(Fate.HELD))  # nothing was written: once more
        return fates

    async def _renew_one(
        self, connection: AsyncConnection, subscriber_id: int, now_us: int, until_us: int
    ) -> tuple[Fate, Deed | None]:
        found = await office_subscribers.with_ids(connection, [subscriber_id], lock=True)
        if not found:
            return Fate.NOT_DUE, None
        (one,) = found
        name = plan_to_buy(one.subscriber)
        plan = (await office_plans.newest(connection, [name])).get(name)
        if not _due(one, plan, until_us):
            return Fate.NOT_DUE, None
        assert plan is not None
        key = auto_key(one)
        account_id = one.account.account_id
        if await purchase_with_key(connection, account_id, key) is not None:
            return Fate.NOT_DUE, None
        stamp = Stamp(self._ids.next(), key, now_us, f"renewal of {plan.name}")
        due = await office_changes.begins_with_fee(connection, one, plan)
        fee_id = self._ids.next() if due else None
        ends = await office_plans.that_ends(connection, one.subscriber, plan)
        made = _renewal(one, (ends, plan), (self._ids.next(), fee_id), stamp)
        if not isinstance(made, Renewal):
            return _fate(one, plan, activation.fee_of(plan) if due else 0), None
        await write(connection, [made])
        deed = told(made, one, action="subscriber renew", at_us=now_us, who=WHO)
        return Fate.RENEWED, deed


def _due(one: Customer, plan: Plan | None, until_us: int) -> bool:
    """Does the paid time end by `until_us`, and is it bought again by itself?"""
    end_us = one.subscriber.valid_until_us
    if plan is None or end_us is None or end_us > until_us:
        return False
    return renews_itself(one.subscriber, plan)


def _renewal(
    one: Customer, plans: tuple[Plan, Plan], ids: tuple[int, int | None], stamp: Stamp
) -> Renewal | Declined:
    """A renewal at the end, even when it is bought a moment before: then the plan may change."""
    return renew(
        one.subscriber,
        one.account,
        plans[1],
        purchase_id=ids[0],
        stamp=stamp,
        at_end=True,
        activation_id=ids[1],
        ends=plans[0],
    )


def _fate(one: Customer, plan: Plan, fee_micros: int) -> Fate:
    """What would come of a renewal, told from its price and the activation fee that is due."""
    assert plan.package is not None
    price_micros = plan.package.price_micros + fee_micros
    if plan.currency != one.account.currency:
        return Fate.REFUSED
    owned_micros = one.account.available_micros + one.account.held_micros
    return Fate.RENEWED if price_micros <= max(owned_micros, 0) else Fate.SHORT
