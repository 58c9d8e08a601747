"""`tollhouse subscriber renew`: time that is bought from the purse, once for each reference.

A script or a person that does not know whether the last try worked tries again with the same
reference: it is one renewal, and the second try says so (P1, P2). What running sessions are told of
it is waited for afterwards; the renewal itself is done by then.
"""

from __future__ import annotations

from dataclasses import replace

import click

from billing import package
from billing.activation import activation, after
from billing.change import move_to, unpaid
from billing.package import RENEWAL, Renewal, plan_to_buy, zone_of
from billing.payment import Declined, Stamp, customer_micros
from cli import live
from cli.booking import reference_of, stamp_of, tell
from cli.customers import customer_called, plan_called
from cli.errors import HouseError
from cli.office import Office, office_command
from cli.options import LOGIN, NAME, reason_option
from cli.people import money
from cli.plan_change import PlanChange
from domain.account import Purchase
from domain.deed import differing
from domain.period import format_instant
from domain.plan import Plan
from store import (
    office_changes,
    office_live,
    office_money,
    office_packages,
    office_plans,
    office_subscribers,
)
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
@click.option(
    "--now",
    is_flag=True,
    help="With --plan: at once, though time is left; what becomes of that, the present plan says.",
)
@reason_option
@live.wait_option
@office_command
async def renew(
    office: Office,
    *,
    login: str,
    reference: str | None,
    plan_name: str | None,
    now: bool,
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
      tollhouse subscriber renew bob --plan home-100 --now
    """
    if now and plan_name is None:
        raise HouseError("--now begins another plan at once: give it with --plan")
    stamp = stamp_of(office, reference, reason)
    async with office.database.office() as connection:
        one = await customer_called(connection, login, lock=True)
        earlier = await earlier_purchase(connection, one, stamp.key)
        if earlier is not None:
            click.echo(await _said_before(connection, one, earlier, plan_name))
            return 0
        plan = await plan_called(connection, plan_name or plan_to_buy(one.subscriber))
        said: list[str] = []
        if now and plan.name != one.subscriber.plan_name:
            one, said = await _moved(office, connection, one, plan)
        made = await bought(office, connection, one, plan, stamp)
        if isinstance(made, Declined):
            raise HouseError(f"{login}: {made.text}")
        await write_and_tell(office, connection, [(one, made)], "subscriber renew")
        watch = await office_live.watch(connection, [one.account.account_id])
    click.echo("\n".join([*said, _renewed(one, made, plan)]))
    return await live.report(office, watch, no_wait=no_wait)


async def _moved(
    office: Office, connection: Connection, one: Customer, plan: Plan
) -> tuple[Customer, list[str]]:
    """The subscriber on another plan now, written and told; and what to say of that."""
    found = await office_plans.in_force(connection, one.subscriber, office.now_us)
    another = PlanChange(office, found, plan)
    if plan.package is None:
        raise HouseError(
            f"plan {plan.name} has no [package]: `subscriber set --plan {plan.name}` begins it"
        )
    moved = replace(one.subscriber)
    move_to(moved, plan, office.now_us)
    moved = await another.write(connection, one, moved)
    if not unpaid(plan):
        moved.valid_until_us = office.now_us  # time for nothing begins once: with the renewal
    await office_subscribers.change(connection, moved)
    old, new = differing(one.subscriber, moved)
    await office.audit(
        connection,
        "subscriber set",
        kind="subscriber",
        row_id=moved.subscriber_id,
        subject=moved.login,
        before=old,
        after=new | another.told(),
    )
    assert another.made is not None
    login = moved.login
    said = [line for line in another.lines(one.subscriber) if "is bought with" not in line]
    return Customer(moved, another.made.account), [f"{login}: {line}" for line in said]


async def bought(
    office: Office, connection: Connection, one: Customer, plan: Plan, stamp: Stamp
) -> Renewal | Declined:
    """The package of a plan bought once, with the plan's activation fee if that is due."""
    due = await office_changes.begins_with_fee(connection, one, plan)
    return package.renew(
        one.subscriber,
        one.account,
        plan,
        purchase_id=office.ids.next(),
        stamp=stamp,
        activation_id=office.ids.next() if due else None,
        ends=await office_plans.that_ends(connection, one.subscriber, plan),
    )


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
    said = f"{one.subscriber.login}: {plan.name} until {until}, for "
    for payment, what in ((made.payment, ""), (made.activated, ", activation for ")):
        if payment is not None:
            amount = money(-customer_micros(payment.entry), account)
            said += f"{what}{amount} booked as entry {payment.entry.seq}"
        elif not what:
            said += "nothing"
    if made.payment is None and made.activated is None:
        return said
    left = after(after(account, made.payment), made.activated).balance_micros
    return f"{said}; balance {money(left, account)}"


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


async def activate_first(
    office: Office, connection: Connection, customer: Customer, plan: Plan, until: str | None
) -> None:
    """Charge the activation fee of a plan whose time costs nothing to whom was just added.

    Not if an end was given. HouseError without the money.
    """
    if until is not None or unpaid(plan):
        return
    ids, login = office.ids, customer.subscriber.login
    made = activation(customer.account, plan, entry_id=ids.next(), now_us=office.now_us)
    if isinstance(made, Declined):
        raise HouseError(f"{login}: {made.text}; give it with --balance")
    if made is not None:
        await office_money.book(connection, made)
        await tell(office, connection, login, made, "subscriber add")


async def buy_first(
    office: Office, connection: Connection, customer: Customer, plan: Plan, until: str | None
) -> str:
    """Buy the first package of a subscriber that was just added; what to say of it, if anything.

    Not if its end was given. Without the money nothing is bought: then it cannot log in yet.
    """
    if until is not None or not unpaid(plan):
        return ""
    stamp = Stamp(office.ids.next(), FIRST_KEY, office.now_us, f"first {plan.name}")
    made = await bought(office, connection, customer, plan, stamp)
    if isinstance(made, Declined):
        return f"{made.text}: `tollhouse subscriber renew` buys its time when the money is there"
    await write_and_tell(office, connection, [(customer, made)], "subscriber renew")
    return _renewed(customer, made, plan)
