"""`tollhouse subscriber renew`: time that is bought from the purse, once for each reference.

A script or a person that does not know whether the last try worked tries again with the same
reference: it is one renewal, and the second try says so (P1, P2). What running sessions are told of
it is waited for afterwards; the renewal itself is done by then.
"""

from __future__ import annotations

import click

from billing import package
from billing.package import RENEWAL, Renewal, plan_to_buy, zone_of
from billing.payment import Declined, Stamp
from cli import live
from cli.booking import reference_of, stamp_of
from cli.customers import customer_called, plan_called
from cli.errors import HouseError
from cli.office import Office, office_command
from cli.options import LOGIN, NAME, reason_option
from cli.people import money, unpaid
from domain.account import Purchase
from domain.period import format_instant
from domain.plan import Plan
from store import office_live, office_money, office_packages, office_plans
from store.office_connection import Connection
from store.office_money import Raced
from store.office_packages import told
from store.office_subscribers import Customer

FIRST_KEY = "first-package"  # the idempotency key of what a subscriber begins with


@click.command("renew")
@click.argument("login", type=LOGIN)
@click.option(
    "--reference",
    metavar="KEY",
    help="Your own number of this renewal. The same KEY never renews twice.",
)
@click.option("--plan", "plan_name", type=NAME, help="Another plan, if what is paid for is over.")
@reason_option
@live.wait_option
@office_command
async def renew(
    office: Office,
    *,
    login: str,
    reference: str | None,
    plan_name: str | None,
    reason: str,
    no_wait: bool,
) -> int:
    """Buy the package of the plan once more, from the balance.

    The time begins at the end of what is paid for already, or now if that is over; so does the
    included usage. Of another plan that was queued with `subscriber set --next-plan`, it buys that.

    \b
    Examples:
      tollhouse subscriber renew bob --reference receipt-4711
      tollhouse subscriber renew bob --plan home-100
    """
    stamp = stamp_of(office, reference, reason)
    async with office.database.office() as connection:
        one = await customer_called(connection, login, lock=True)
        earlier = await earlier_purchase(connection, one, stamp.key)
        if earlier is not None:
            click.echo(await _said_before(connection, one, earlier, plan_name))
            return 0
        plan = await plan_called(connection, plan_name or plan_to_buy(one.subscriber))
        made = package.renew(
            one.subscriber, one.account, plan, purchase_id=office.ids.next(), stamp=stamp
        )
        if isinstance(made, Declined):
            raise HouseError(f"{login}: {made.text}")
        await write_and_tell(office, connection, [(one, made)], "subscriber renew")
        watch = await office_live.watch(connection, [one.account.account_id])
    click.echo(_renewed(one, made, plan))
    return await live.report(office, watch, no_wait=no_wait)


async def earlier_purchase(connection: Connection, one: Customer, key: str) -> Purchase | None:
    """The purchase under this key. HouseError when the key was used for anything else."""
    account_id = one.account.account_id
    found = await office_packages.purchase_with_key(connection, account_id, key)
    if found is not None:
        return found
    entry = await office_money.entry_with_key(connection, account_id, key)
    if entry is not None:
        raise HouseError(
            f"reference {reference_of(entry)} of {one.subscriber.login} is taken by entry "
            f"{entry.seq}: {entry.kind}"
        )
    return None


async def _said_before(
    connection: Connection, one: Customer, earlier: Purchase, plan_name: str | None
) -> str:
    """What a renewal says that was made before. HouseError when it asks for something else."""
    login, key = one.subscriber.login, earlier.key.removeprefix("ref:")
    plan = await office_plans.by_id(connection, earlier.plan_id)
    name = plan.name if plan is not None else "a plan that is gone"
    until = _instant(earlier.until_us, plan, one)
    same = package.repeats(earlier, one.subscriber.subscriber_id, kind=RENEWAL)
    if not same or (plan_name is not None and plan_name != name):
        raise HouseError(f"reference {key} of {login} is taken by a {earlier.kind} of {name}")
    return f"{login}: renewed with this reference before, {name} until {until}; nothing was booked"


def _renewed(one: Customer, made: Renewal, plan: Plan) -> str:
    """What a renewal says."""
    account = one.account
    until = _instant(made.subscriber.valid_until_us, plan, one)
    if made.payment is None:
        return f"{one.subscriber.login}: {plan.name} until {until}, for nothing"
    price_micros = made.purchase.price_micros
    return (
        f"{one.subscriber.login}: {plan.name} until {until}, for {money(price_micros, account)} "
        f"booked as entry {made.payment.entry.seq}; balance "
        f"{money(account.balance_micros - price_micros, account)}"
    )


def _instant(us: int | None, plan: Plan | None, one: Customer) -> str:
    """An end of time as the subscriber's wall shows it."""
    if us is None:
        return "no end"
    zone = zone_of(one.subscriber, plan) if plan else one.subscriber.timezone or "UTC"
    return format_instant(us, zone)


async def write_and_tell(
    office: Office, connection: Connection, made: list[tuple[Customer, Renewal]], action: str
) -> None:
    """Write what was sold or given, and tell the audit. HouseError when somebody else was first."""
    try:
        await office_packages.write(connection, [one for _, one in made])
    except Raced:
        raise HouseError("somebody else booked at the same moment; try again") from None
    deeds = [
        told(one, before, action=action, at_us=office.now_us, who=office.who)
        for before, one in made
    ]
    if deeds:
        await office.audit_all(connection, deeds)


async def buy_first(
    office: Office, connection: Connection, customer: Customer, plan: Plan, until: str | None
) -> str:
    """Buy the first package of a subscriber that was just added; what to say of it, if anything.

    Not if its end was given. Without the money nothing is bought: then it cannot log in yet.
    """
    if until is not None or not unpaid(plan):
        return ""
    stamp = Stamp(office.ids.next(), FIRST_KEY, office.now_us, f"first {plan.name}")
    made = package.renew(
        customer.subscriber, customer.account, plan, purchase_id=office.ids.next(), stamp=stamp
    )
    if isinstance(made, Declined):
        return f"{made.text}: `tollhouse subscriber renew` buys its time when the money is there"
    await write_and_tell(office, connection, [(customer, made)], "subscriber renew")
    return _renewed(customer, made, plan)
