"""`tollhouse subscriber boost` and `boosters`: allowances bought on top of a plan, and those there.

A booster is bought like time is: from the balance, once for each reference, and nothing without the
money. Who runs slowly for having used much, or stands behind the wall for having used all, is given
the full service at once; what routers said to that is waited for after the sale, which is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import click

from accounting.pot_terms import Terms, terms_of
from accounting.pots import booster_end_us, booster_name
from billing.booster import BOOSTER, Boost, boost, boosters_of
from billing.payment import Declined
from cli import live
from cli.booking import stamp_of
from cli.customers import customer_called, plan_held
from cli.errors import HouseError
from cli.office import Office, office_command
from cli.options import LOGIN, NAME, output_option, reason_option
from cli.output import Column, Kind, render
from cli.people import money
from cli.pricing_words import so_long, so_much
from cli.subscriber_renew import earlier_purchase
from domain.account import Purchase
from domain.period import format_instant
from domain.plan import Plan
from domain.session import Session
from store import office_boosters, office_live, office_plans
from store.office_boosters import Bought
from store.office_connection import Connection
from store.office_money import Raced
from store.office_subscribers import Customer

LISTED: Final = [
    Column("booster", "BOOSTER"),
    Column("bought_us", "BOUGHT", Kind.INSTANT),
    Column("price_micros", "PRICE", Kind.MONEY),
    Column("granted_octets", "VOLUME", Kind.OCTETS, only_if_set=True),
    Column("left_octets", "LEFT", Kind.OCTETS, only_if_set=True),
    Column("granted_s", "TIME", Kind.SECONDS, only_if_set=True),
    Column("left_s", "LEFT", Kind.SECONDS, only_if_set=True),
    Column("ends_us", "ENDS", Kind.INSTANT),
    Column("state", "STATE"),
    Column("reference", "REFERENCE", only_if_set=True),
    Column("reason", "REASON", only_if_set=True),
    Column("currency", "CURRENCY", hidden=True),
    Column("purchase_id", "PURCHASE", Kind.NUMBER, hidden=True),
    Column("entry_id", "ENTRY", Kind.NUMBER, hidden=True),
]


@click.command("boost")
@click.argument("login", type=LOGIN)
@click.option("--booster", "name", type=NAME, required=True, help="One that the plan has.")
@click.option(
    "--reference",
    "--key",
    "reference",
    metavar="KEY",
    help="Your own number of this sale. The same KEY never sells twice.",
)
@reason_option
@live.wait_option
@office_command
async def boost_(
    office: Office, *, login: str, name: str, reference: str | None, reason: str, no_wait: bool
) -> int:
    """Buy a booster of the plan, from the balance.

    Running sessions use it from their next report on; full speed comes back at once, and so does
    the service of a session that waits behind a wall for want of credit.

    \b
    Example:
      tollhouse subscriber boost bob --booster boost-10 --reference receipt-4711
    """
    stamp = stamp_of(office, reference, reason)
    async with office.database.office() as connection:
        one = await customer_called(connection, login, lock=True)
        earlier = await earlier_purchase(connection, one, stamp.key)
        if earlier is not None:
            click.echo(await _said_before(connection, one, earlier, name))
            return 0
        plan = await plan_held(office, connection, one.subscriber)
        made = boost(
            one.subscriber, one.account, plan, name, purchase_id=office.ids.next(), stamp=stamp
        )
        if isinstance(made, Declined):
            raise HouseError(f"{login}: {made.text}")
        try:
            await office_boosters.write(connection, made)
        except Raced:
            raise HouseError("somebody else booked at the same moment; try again") from None
        await _tell(office, connection, one, made)
        watch = await office_live.watch(connection, [one.account.account_id])
        later = await _later(connection, watch.sessions, name)
    click.echo(_bought(one, made, terms_of(one.subscriber, plan)))
    for line in later:
        click.echo(line)
    return await live.report(office, watch, no_wait=no_wait)


async def _tell(office: Office, connection: Connection, one: Customer, made: Boost) -> None:
    """Write into the audit what was bought, what it cost and how long it lasts."""
    await office.audit(
        connection,
        "subscriber boost",
        kind="subscriber",
        row_id=one.subscriber.subscriber_id,
        subject=one.subscriber.login,
        after={
            "booster": made.booster.name,
            "purchase_id": made.purchase.purchase_id,
            "price_micros": made.purchase.price_micros,
            "currency": one.account.currency,
            "until_us": made.pot.until_us,
        },
        reason=made.purchase.reason,
    )


async def _later(connection: Connection, sessions: Sequence[Session], name: str) -> list[str]:
    """Sessions that run by prices which do not know the booster; a line for each."""
    found = []
    for session in sessions:
        plan = await office_plans.by_id(connection, session.plan_id)
        if plan is not None and all(one.name != name for one in boosters_of(plan)):
            found.append(
                f"session {session.session_id} runs by {plan.name} version {plan.version}, which "
                f"has no {name}: it is used from the next login on"
            )
    return found


async def _said_before(connection: Connection, one: Customer, earlier: Purchase, name: str) -> str:
    """What a sale says that was made before. HouseError when the key sold something else."""
    login, key = one.subscriber.login, earlier.key.removeprefix("ref:")
    found = await office_boosters.of_account(connection, earlier.account_id)
    sold = [booster_name(had.pot) for had in found if had.purchase == earlier]
    mine = earlier.subscriber_id == one.subscriber.subscriber_id
    if not mine or earlier.kind != BOOSTER or sold != [name]:
        what = f" of {sold[0]}" if sold else ""
        raise HouseError(f"reference {key} of {login} is taken by a {earlier.kind}{what}")
    return f"{login}: {name} was bought with this reference before; nothing was booked"


def _bought(one: Customer, made: Boost, terms: Terms) -> str:
    """What a sale says."""
    account, booster = one.account, made.booster
    much = so_much(booster.octets) if booster.octets else so_long(booster.seconds)
    said = f"{one.subscriber.login}: {booster.name}, {much} {_until(made, terms)}"
    if made.payment is None:
        return f"{said}, for nothing"
    price_micros = made.purchase.price_micros
    return (
        f"{said}, for {money(price_micros, account)} booked as entry {made.payment.entry.seq}; "
        f"balance {money(account.balance_micros - price_micros, account)}"
    )


def _until(made: Boost, terms: Terms) -> str:
    """How long it lasts, in words."""
    end_us = booster_end_us(made.pot, terms)
    end_us = terms.until_us if end_us is None else end_us
    return (
        "until it is used up"
        if end_us is None
        else f"until {format_instant(end_us, terms.timezone)}"
    )


@click.command("boosters")
@click.argument("login", type=LOGIN)
@output_option
@office_command
async def boosters(office: Office, *, login: str, output: str) -> None:
    """List the boosters that a subscriber's account has bought, and what is left of each.

    \b
    Example:
      tollhouse subscriber boosters bob
    """
    async with office.database.reading() as connection:
        one = await customer_called(connection, login)
        found = await office_boosters.of_account(connection, one.account.account_id)
        plan = await plan_held(office, connection, one.subscriber)
        plan_ids = {had.purchase.plan_id for had in found}
        sold = {key: await office_plans.by_id(connection, key) for key in sorted(plan_ids)}
    terms = terms_of(one.subscriber, plan)
    rows = [
        _row(had, sold[had.purchase.plan_id], terms, office.now_us)
        | {"currency": one.account.currency}
        for had in found
    ]
    render(rows, LISTED, output)


def _row(had: Bought, plan: Plan | None, terms: Terms, now_us: int) -> dict[str, Any]:
    """A booster as it is listed; the plan version that sold it knows if it is volume or time."""
    pot, purchase = had.pot, had.purchase
    name = booster_name(pot)
    timed = plan is not None and any(one.seconds for one in boosters_of(plan) if one.name == name)
    unit = "s" if timed else "octets"
    end_us = booster_end_us(pot, terms)
    end_us = terms.until_us if end_us is None else end_us
    over = end_us is not None and end_us <= now_us
    key = purchase.key
    return {
        "booster": name,
        "bought_us": purchase.created_us,
        "price_micros": purchase.price_micros,
        f"granted_{unit}": pot.granted,
        f"left_{unit}": 0 if over else pot.left,
        "ends_us": end_us,
        "state": "used up" if not pot.left else "over" if over else "in use",
        "reference": key.removeprefix("ref:") if key.startswith("ref:") else None,
        "reason": purchase.reason,
        "purchase_id": purchase.purchase_id,
        "entry_id": purchase.entry_id,
    }
