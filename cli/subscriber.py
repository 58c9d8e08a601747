"""`tollhouse subscriber`: who may log in, on what plan, with which credential.

Every change is computed on values first and written in one short transaction; if somebody else
changed the subscriber in between, it is computed again on what they left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import click
from sqlalchemy.ext.asyncio import AsyncConnection

from aaa.sealing import CREDENTIAL
from cli import people
from cli.errors import HouseError
from cli.office import Office, office_command
from cli.options import AMOUNT, LOGIN, NAME, MacType, limit_option, output_option, password_from
from cli.output import Column, Kind, render, render_one
from cli.people import Applicant, enrol
from cli.subscriber_import import import_
from domain.account import CredentialKind, Status, Subscriber
from domain.login import LOGIN_MAX_OCTETS
from domain.plan import Plan
from store import office_devices, office_plans, office_subscribers
from store.office_subscribers import Customer

PAGE_ROWS = 2_000
TRIES = 5

LISTED = [
    Column("login", "LOGIN"),
    Column("status", "STATUS"),
    Column("plan", "PLAN"),
    Column("posted_micros", "BALANCE", Kind.MONEY),
    Column("held_micros", "HELD", Kind.MONEY),
    Column("mac", "MAC"),
    Column("valid_until_us", "VALID UNTIL", Kind.INSTANT),
    Column("sample", "SAMPLE", Kind.FLAG),
    Column("currency", "CURRENCY", hidden=True),
]
SHOWN = [
    *LISTED[:3],
    Column("currency", "currency", hidden=True),
    Column("posted_micros", "balance", Kind.MONEY),
    Column("held_micros", "held", Kind.MONEY),
    Column("spendable_micros", "spendable", Kind.MONEY),
    Column("credit_limit_micros", "credit limit", Kind.MONEY),
    Column("credential", "credential"),
    Column("mac_mode", "MAC must be"),
    Column("mac", "MAC"),
    Column("nas", "only from NAS"),
    Column("period_start_us", "period began", Kind.INSTANT),
    Column("valid_until_us", "valid until", Kind.INSTANT),
    Column("live_sessions_n", "live sessions", Kind.NUMBER),
    Column("subscriber_id", "subscriber id", Kind.NUMBER),
    Column("account_id", "account id", Kind.NUMBER),
    Column("created_us", "added", Kind.INSTANT),
    Column("sample", "sample", Kind.FLAG),
]


@click.group("subscriber", no_args_is_help=True)
def subscriber() -> None:
    """Who may log in: add, import, find, suspend.

    \b
    Example:
      tollhouse subscriber add bob --plan home-50 --password - --balance 20
    """


subscriber.add_command(import_)

_credential_option = click.option(
    "--credential",
    type=click.Choice([kind.value for kind in CredentialKind]),
    help="How the password is kept: clear (sealed; every method), nt (sealed NT hash; PAP and "
    "MS-CHAP), hash (one way; PAP only), none (the login is a MAC).",
)
_nas_option = click.option(
    "--nas",
    "nas_names",
    multiple=True,
    metavar="NAME",
    help="Only from this NAS; repeat for more, `any` for all.",
)
_valid_option = click.option(
    "--valid-until",
    metavar="WHEN",
    help="2026-12-31, 2026-12-31 18:00 (in the plan's zone) or never.",
)
_limit_amount = click.option(
    "--credit-limit",
    type=AMOUNT,
    metavar="AMOUNT",
    help="How far below zero the balance may be spent.",
)
_password_option = click.option(
    "--password", metavar="TEXT|-", help="The password; `-` reads it from standard input."
)


@subscriber.command("add")
@click.argument("login", type=LOGIN)
@click.option("--plan", "plan_name", type=NAME, required=True, help="What it buys.")
@_password_option
@click.option("--balance", type=AMOUNT, default="0", metavar="AMOUNT", help="Money to begin with.")
@click.option(
    "--mac",
    type=MacType("learn", "none"),
    metavar="MAC|learn|none",
    help="Only with this Calling-Station-Id; learn takes that of the first login.",
)
@_limit_amount
@_credential_option
@_nas_option
@_valid_option
@office_command
async def add(
    office: Office, *, login: str, plan_name: str, password: str | None, **given: Any
) -> None:
    """Add a subscriber; it can log in at once.

    A login that is a MAC may do without a password.

    \b
    Examples:
      tollhouse subscriber add bob --plan home-50 --password - --balance 20
      tollhouse subscriber add 00:0c:42:1f:2e:3d --plan home-50
    """
    async with office.database.reading() as connection:
        plan = await plan_called(connection, plan_name)
        device_ids = await devices_called(connection, given["nas_names"])
    applicant = Applicant(
        login=login,
        plan_name=plan_name,
        password=None if password is None else password_from(password),
        balance_micros=given["balance"],
        credit_limit_micros=given["credit_limit"] or 0,
        mac=given["mac"],
        credential_kind=given["credential"] and CredentialKind(given["credential"]),
        valid_until=given["valid_until"],
    )
    customer, entries = enrol(office, applicant, plan, device_ids=device_ids)
    async with office.database.office() as connection:
        if await office_subscribers.find(connection, login):
            raise HouseError(f"there is a subscriber {login} already")
        await office_subscribers.add(connection, [customer], entries)
    click.echo(f"added subscriber {login}")


@subscriber.command("list")
@click.option("--status", type=click.Choice([status.value for status in Status]))
@click.option("--plan", "plan_name", type=NAME, help="Only those on this plan.")
@limit_option
@output_option
@office_command
async def listing(
    office: Office, *, status: str | None, plan_name: str | None, limit: int, output: str
) -> None:
    """List subscribers by login.

    \b
    Example:
      tollhouse subscriber list --status suspended --output csv
    """
    found: list[Customer] = []
    after = ""
    while True:
        rows = min(PAGE_ROWS, limit - len(found)) if limit else PAGE_ROWS
        async with office.database.reading() as connection:
            page = await office_subscribers.page(
                connection, after=after, limit=rows, status=status, plan_name=plan_name
            )
        found += page
        if len(page) < rows or len(found) == limit:
            break
        after = page[-1].subscriber.login
    render([as_row(one) for one in found], LISTED, output)
    if limit and len(found) == limit and output == "table":
        click.echo(f"(the first {limit}; --limit 0 for all)", err=True)


@subscriber.command("find")
@click.argument("text")
@limit_option
@output_option
@office_command
async def find(office: Office, *, text: str, limit: int, output: str) -> None:
    """Find subscribers whose login begins with TEXT, or by MAC in any spelling.

    \b
    Examples:
      tollhouse subscriber find ali
      tollhouse subscriber find 000c.421f.2e3d
    """
    if not 0 < len(text.encode("utf-8", "surrogateescape")) <= LOGIN_MAX_OCTETS:
        raise HouseError(f"TEXT must have 1 to {LOGIN_MAX_OCTETS} octets")
    async with office.database.reading() as connection:
        found = await office_subscribers.search(connection, text, limit=limit or 1_000_000)
    render([as_row(one) for one in found], LISTED, output)


@subscriber.command("show")
@click.argument("login", type=LOGIN)
@output_option
@office_command
async def show(office: Office, *, login: str, output: str) -> None:
    """Show everything about one subscriber but the password.

    \b
    Example:
      tollhouse subscriber show alice
    """
    async with office.database.reading() as connection:
        customer = await customer_called(connection, login)
        names = await office_devices.names(connection)
        live_n = await office_subscribers.live_sessions_n(connection, customer.account.account_id)
    row = as_row(customer)
    row["nas"] = [names.get(key, f"(removed: {key})") for key in customer.subscriber.device_ids]
    row["live_sessions_n"] = live_n
    render_one(row, SHOWN, output)


@subscriber.command("set")
@click.argument("login", type=LOGIN)
@click.option(
    "--plan",
    "plan_name",
    type=NAME,
    help="Another plan, from the next login on; begins a new validity period.",
)
@_password_option
@click.option(
    "--mac",
    type=MacType("learn", "none"),
    metavar="MAC|learn|none",
    help="The Calling-Station-Id it must have; learn takes that of the next login.",
)
@_credential_option
@_nas_option
@_valid_option
@_limit_amount
@click.option("--renew", is_flag=True, help="Begin a new validity period of the plan now.")
@office_command
async def set_(office: Office, *, login: str, **given: Any) -> None:
    """Change a subscriber; what is not named stays.

    \b
    Examples:
      tollhouse subscriber set bob --mac learn
      tollhouse subscriber set bob --plan home-100
    """
    if not any(given.values()) and given["credit_limit"] is None:
        raise HouseError("nothing to change; see `tollhouse subscriber set --help`")
    if given["credit_limit"] is not None and given["credit_limit"] < 0:
        raise HouseError("a credit limit cannot be negative")
    given["password"] = None if given["password"] is None else password_from(given["password"])
    async with office.database.reading() as connection:
        customer = await customer_called(connection, login)
        name = given["plan_name"] or customer.subscriber.plan_name
        plan = await plan_called(connection, name)
        device_ids = await devices_called(connection, given["nas_names"])
    if plan.currency != customer.account.currency:
        raise HouseError(
            f"plan {name} is in {plan.currency}, the money of {login} is in "
            f"{customer.account.currency}"
        )
    await edit(
        office,
        login,
        lambda before: altered(office, before, plan, {**given, "device_ids": device_ids}),
        credit_limit_micros=given["credit_limit"],
    )
    click.echo(f"changed subscriber {login}")


@subscriber.command("suspend")
@click.argument("login", type=LOGIN)
@office_command
async def suspend(office: Office, *, login: str) -> None:
    """Refuse logins and cut the live sessions of a subscriber.

    \b
    Example:
      tollhouse subscriber suspend bob
    """

    def change(before: Subscriber) -> Subscriber:
        if before.status is Status.CLOSED:
            raise HouseError(f"subscriber {login} is closed")
        return replace(before, status=Status.SUSPENDED)

    await edit(office, login, change)
    click.echo(f"suspended subscriber {login}")


@subscriber.command("resume")
@click.argument("login", type=LOGIN)
@office_command
async def resume(office: Office, *, login: str) -> None:
    """Let a suspended or closed subscriber log in again.

    \b
    Example:
      tollhouse subscriber resume bob
    """
    await edit(office, login, lambda before: replace(before, status=Status.ACTIVE))
    click.echo(f"resumed subscriber {login}")


@subscriber.command("remove")
@click.argument("login", type=LOGIN)
@office_command
async def remove(office: Office, *, login: str) -> None:
    """Close a subscriber; refused while it has money, debts or a live session.

    Nothing is deleted: its books stay, and the login stays taken.

    \b
    Example:
      tollhouse subscriber remove bob
    """
    async with office.database.office() as connection:
        customer = await customer_called(connection, login, lock=True)
        account = customer.account
        live_n = await office_subscribers.live_sessions_n(connection, account.account_id)
        if live_n:
            raise HouseError(
                f"subscriber {login} has {live_n} live sessions; see `tollhouse session list "
                f"--login {login}`"
            )
        if account.balance_micros or account.held_micros:
            shown = people.money(account.balance_micros, account)
            raise HouseError(
                f"subscriber {login} has a balance of {shown}; bring it to zero with "
                "`tollhouse balance correct` first"
            )
        closed = replace(customer.subscriber, status=Status.CLOSED)
        await office_subscribers.change(connection, closed)
    click.echo(f"closed subscriber {login}")


async def edit(
    office: Office,
    login: str,
    change: Callable[[Subscriber], Subscriber],
    *,
    credit_limit_micros: int | None = None,
) -> None:
    """Change a subscriber in one transaction; the change is computed before it is opened."""
    for _ in range(TRIES):
        async with office.database.reading() as connection:
            before = (await customer_called(connection, login)).subscriber
        after = change(before)
        async with office.database.office() as connection:
            now = await customer_called(connection, login, lock=True)
            if now.subscriber != before:
                continue
            if after != before:
                await office_subscribers.change(connection, after)
            if credit_limit_micros is not None:
                await office_subscribers.set_credit_limit(
                    connection, before.account_id, credit_limit_micros
                )
            return
    raise HouseError(f"subscriber {login} is being changed by somebody else; try again")


def altered(office: Office, before: Subscriber, plan: Plan, given: dict[str, Any]) -> Subscriber:
    """The subscriber with the options that were given."""
    after = replace(before)
    if given["plan_name"] or given["renew"]:
        after.plan_name = plan.name
        after.period_start_us = office.now_us
        after.valid_until_us = people.valid_until_us(None, plan, office.now_us)
    if given["valid_until"]:
        after.valid_until_us = people.valid_until_us(given["valid_until"], plan, office.now_us)
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


async def customer_called(
    connection: AsyncConnection, login: str, *, lock: bool = False
) -> Customer:
    """The subscriber, or a HouseError that says where to look."""
    customer = await office_subscribers.find(connection, login, lock=lock)
    if customer is None:
        raise HouseError(f"there is no subscriber {login}; see `tollhouse subscriber find`")
    return customer


async def plan_called(connection: AsyncConnection, name: str) -> Plan:
    """The newest version of a plan, or a HouseError."""
    found = await office_plans.find(connection, name)
    if found is None:
        raise HouseError(f"there is no plan {name}; see `tollhouse plan list`")
    return found[0]


async def devices_called(connection: AsyncConnection, names: tuple[str, ...]) -> tuple[int, ...]:
    """The ids of these NAS; none for `any`."""
    if names == ("any",):
        return ()
    ids = {name: key for key, name in (await office_devices.names(connection)).items()}
    for name in names:
        if name not in ids:
            raise HouseError(f"there is no NAS {name}; see `tollhouse nas list`")
    return tuple(sorted({ids[name] for name in names}))


def as_row(customer: Customer) -> dict[str, Any]:
    """A subscriber as it is printed; the credential itself is not among it."""
    one, account = customer.subscriber, customer.account
    return {
        "login": one.login,
        "status": one.status.value,
        "plan": one.plan_name,
        "currency": account.currency,
        "posted_micros": account.balance_micros,
        "held_micros": account.held_micros,
        "spendable_micros": account.spendable_micros,
        "credit_limit_micros": account.credit_limit_micros,
        "credential": one.credential_kind.value,
        "mac": one.mac,
        "mac_mode": one.mac_mode.value,
        "period_start_us": one.period_start_us,
        "valid_until_us": one.valid_until_us,
        "subscriber_id": one.subscriber_id,
        "account_id": one.account_id,
        "created_us": one.created_us,
        "sample": one.sample,
    }
