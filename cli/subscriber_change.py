"""`tollhouse subscriber set`: changing what a subscriber is, has and may.

Every change is computed on values first and written in one short transaction; if somebody else
changed the subscriber in between, it is computed again on what they left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from aaa.sealing import CREDENTIAL
from billing.change import move_to
from cli import live, people
from cli.customers import customer_called, devices_called, plan_called, with_limit
from cli.errors import HouseError
from cli.office import Office, office_command
from cli.options import LOGIN, NAME, MacType, password_from, reason_option
from cli.people import Applicant
from cli.plan_change import PlanChange
from cli.subscriber_options import (
    credential_option,
    credit_limit_option,
    nas_option,
    password_option,
    renewal_options,
    trait_options,
    valid_option,
)
from cli.subscriber_traits import altered_traits, refuse_taken
from domain.account import CredentialKind, Subscriber
from domain.anchor import anchor_of_day, day_of_month, days_of_month
from domain.deed import differing
from domain.period import format_instant
from domain.plan import Plan, Span
from store import office_live, office_plans, office_subscribers
from store.office_connection import Connection
from store.office_subscribers import Customer

TRIES = 5


@click.command("set")
@click.argument("login", type=LOGIN)
@click.option(
    "--plan",
    "plan_name",
    type=NAME,
    help="Another plan, now; time that is paid for stays. Sold by the day for nothing, it begins "
    "anew.",
)
@password_option
@click.option(
    "--mac",
    type=MacType("learn", "none"),
    metavar="MAC|learn|none",
    help="The Calling-Station-Id it must have; learn takes that of the next login.",
)
@credential_option
@nas_option
@valid_option
@credit_limit_option
@trait_options
@renewal_options
@click.option("--dry-run", is_flag=True, help="Only tell what a change of plan would do.")
@reason_option
@live.wait_option
@office_command
async def set_(
    office: Office, *, login: str, reason: str, no_wait: bool, dry_run: bool, **given: Any
) -> int:
    """Change a subscriber; what is not named stays.

    Sessions that run get what changed at once, or end if their router cannot be told.

    \b
    Examples:
      tollhouse subscriber set bob --mac learn
      tollhouse subscriber set bob --plan home-100
      tollhouse subscriber set bob --billing-day 31
      tollhouse subscriber set bob --ip 100.64.0.7 --reply 'Idle-Timeout = 900'
    """
    if all(value in (None, (), False) for value in given.values()):
        raise HouseError("nothing to change; see `tollhouse subscriber set --help`")
    if given["credit_limit"] is not None and given["credit_limit"] < 0:
        raise HouseError("a credit limit cannot be negative")
    given["password"] = None if given["password"] is None else password_from(given["password"])
    async with office.database.reading() as connection:
        customer = await customer_called(connection, login)
        name = given["plan_name"] or customer.subscriber.plan_name
        plan = await plan_called(connection, name)
        old = await office_plans.in_force(connection, customer.subscriber, office.now_us)
        device_ids = await devices_called(connection, given["nas_names"])
        if given["next_plan_name"] not in (None, people.NO_PLAN):
            await check_next(connection, customer, given["next_plan_name"])
    if plan.currency != customer.account.currency:
        raise HouseError(
            f"plan {name} is in {plan.currency}, the money of {login} is in "
            f"{customer.account.currency}"
        )
    another: PlanChange | None = None
    if given["plan_name"]:
        another = PlanChange(office, old, plan, keep=bool(given["valid_until"]))
    given["device_ids"] = device_ids
    if dry_run:
        await _say_beforehand(office, customer, another, given)
        return 0
    watch = await edit(
        office,
        login,
        lambda before: altered(office, before, plan, given),
        action="subscriber set",
        reason=reason,
        credit_limit_micros=given["credit_limit"],
        another=another,
    )
    click.echo(f"changed subscriber {login}")
    for line in another.lines(customer.subscriber) if another else ():
        click.echo(f"  {line}")
    if given["billing_day"]:
        _say_paid_end(customer.subscriber, plan, given["billing_day"])
    return await live.report(office, watch, no_wait=no_wait)


async def _say_beforehand(
    office: Office, customer: Customer, another: PlanChange | None, given: dict[str, Any]
) -> None:
    """What a change of plan would do; nothing is changed."""
    if another is None:
        raise HouseError("--dry-run tells what another plan would do: give one with --plan")
    before = customer.subscriber
    customer = with_limit(customer, given["credit_limit"])
    async with office.database.reading() as connection:
        await another.work_out(connection, customer, altered(office, before, another.new, given))
    for line in another.lines(before, dry_run=True):
        click.echo(line)
    click.echo(f"{before.login}: nothing was changed")


def _say_paid_end(one: Subscriber, plan: Plan, day: int) -> None:
    """Paid months go on ending when they do."""
    package, end_us = plan.package, one.valid_until_us
    zone = one.timezone or plan.timezone
    if package is None or package.validity.span is not Span.MONTHS or end_us is None:
        return
    if day_of_month(end_us, zone) != min(day, days_of_month(end_us, zone)):
        click.echo(
            f"  its paid time still ends {format_instant(end_us, zone)}; "
            f"`--valid-until` can end it on day {day} as well"
        )


async def check_next(connection: Connection, customer: Customer, name: str) -> None:
    """HouseError when this plan cannot be the next one of a subscriber."""
    plan = await plan_called(connection, name)
    login = customer.subscriber.login
    if plan.package is None:
        raise HouseError(f"plan {name} has no [package], so it cannot be the next of {login}")
    if plan.currency != customer.account.currency:
        raise HouseError(
            f"plan {name} is in {plan.currency}, the money of {login} is in "
            f"{customer.account.currency}"
        )


async def edit(
    office: Office,
    login: str,
    change: Callable[[Subscriber], Subscriber],
    *,
    action: str,
    reason: str = "",
    credit_limit_micros: int | None = None,
    another: PlanChange | None = None,
) -> office_live.Watch:
    """Change a subscriber in one transaction; the change is computed before it is opened.

    What `another` plan does to time and money is computed within it. Answers the sessions that it
    may concern.
    """
    for _ in range(TRIES):
        async with office.database.reading() as connection:
            before = (await customer_called(connection, login)).subscriber
        after = change(before)
        async with office.database.office() as connection:
            now = await customer_called(connection, login, lock=True)
            if now.subscriber != before:
                continue
            limits = (now.account.credit_limit_micros, credit_limit_micros)
            if credit_limit_micros is not None:  # first: what another plan costs may need it
                await office_subscribers.set_credit_limit(
                    connection, before.account_id, credit_limit_micros
                )
                now = with_limit(now, credit_limit_micros)
            if another is not None:
                after = await another.write(connection, now, after)
            if after != before:
                await refuse_taken(connection, before, after)
                await office_subscribers.change(connection, after)
            more = another.told() if another is not None else {}
            await tell(
                office, connection, action, (before, after), reason=reason, limits=limits, more=more
            )
            return await office_live.watch(connection, [before.account_id])
    raise HouseError(f"subscriber {login} is being changed by somebody else; try again")


async def tell(
    office: Office,
    connection: Connection,
    action: str,
    records: tuple[Subscriber, Subscriber],
    *,
    reason: str = "",
    limits: tuple[int, int | None] = (0, None),
    more: Mapping[str, Any] | None = None,
) -> None:
    """Write into the audit how a subscriber differs; `limits` are credit limits, if one was set.

    `more` is what came of it besides.
    """
    old, new = differing_with_limits(*records, limits)
    new |= more or {}
    await office.audit(
        connection,
        action,
        kind="subscriber",
        row_id=records[0].subscriber_id,
        subject=records[0].login,
        before=old,
        after=new,
        reason=reason,
    )


def differing_with_limits(
    before: Subscriber, after: Subscriber, limits: tuple[int, int | None]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """How a subscriber differs; the second of the credit limits is None if none is set."""
    old, new = differing(before, after)
    was_micros, limit_micros = limits
    if limit_micros is not None and limit_micros != was_micros:
        old["credit_limit_micros"], new["credit_limit_micros"] = was_micros, limit_micros
    return old, new


def altered(office: Office, before: Subscriber, plan: Plan, given: dict[str, Any]) -> Subscriber:
    """The subscriber with the options that were given."""
    after = altered_traits(before, given)
    if given["plan_name"]:
        move_to(after, plan, office.now_us)
    if given["valid_until"]:
        zone = after.timezone
        after.valid_until_us = people.valid_until_us(
            given["valid_until"], plan, office.now_us, zone
        )
    if given["billing_day"]:
        zone = after.timezone or plan.timezone
        if after.paid_anchor_us is None:
            after.paid_anchor_us = after.anchor_us  # what it pays for ends when it did
        after.anchor_us = anchor_of_day(given["billing_day"], office.now_us, zone)
    if given["auto_renew"]:
        after.auto_renew = {"yes": True, "no": False, "plan": None}[given["auto_renew"]]
    if given["next_plan_name"]:
        name = given["next_plan_name"]
        after.next_plan_name = None if name == people.NO_PLAN else name
    if given["mac"]:
        after.mac, after.mac_mode = people.mac_of(given["mac"])
    if given["nas_names"]:
        after.device_ids = given["device_ids"]
    if given["password"] is not None or given["credential"]:
        kind = CredentialKind(given["credential"] or before.credential_kind)
        if kind is CredentialKind.NONE and not given["credential"]:
            kind = CredentialKind.CLEAR  # a first password for a login that had none
        password = given["password"]
        if password is None and kind is not CredentialKind.NONE:
            password = _clear_password(office, before, kind)
        applicant = Applicant(before.login, plan.name, password, credential_kind=kind)
        after.credential_kind = people.kind_of(applicant)
        after.credential = people.credential_of(office, before.subscriber_id, kind, password)
    return after


def _clear_password(office: Office, before: Subscriber, kind: CredentialKind) -> bytes:
    """The stored password, to be kept in another way."""
    if before.credential_kind is not CredentialKind.CLEAR:
        raise HouseError(
            f"the password of {before.login} is kept as {before.credential_kind} and cannot be "
            f"turned into {kind}: give it again with --password"
        )
    try:
        return office.keys.open(CREDENTIAL, str(before.subscriber_id), before.credential)
    except ValueError as error:
        raise HouseError(str(error)) from None
