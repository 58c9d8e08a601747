"""`tollhouse subscriber`: who may log in, on what plan, with which credential.

Here subscribers are added and looked at; `subscriber_change` changes them, `subscriber_import`
adds many. What takes long (hashing, sealing) is done before the one transaction is opened.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from accounting.pot_terms import terms_of
from cli import allowances_left
from cli.allowances_left import label, left_of
from cli.customers import (
    LISTED,
    SHOWN,
    as_row,
    customer_called,
    devices_called,
    plan_called,
    plan_held,
)
from cli.errors import HouseError
from cli.key_proof import prove_keys
from cli.office import Office, office_command
from cli.options import AMOUNT, LOGIN, NAME, MacType, limit_option, output_option, password_from
from cli.output import Column, render, render_one
from cli.people import Applicant, added, enrol
from cli.spending import spendable_micros
from cli.subscriber_boost import boost_, boosters
from cli.subscriber_change import set_
from cli.subscriber_extend import extend
from cli.subscriber_find import find
from cli.subscriber_generate import generate
from cli.subscriber_import import import_
from cli.subscriber_options import (
    credential_option,
    credit_limit_option,
    nas_option,
    password_option,
    trait_options,
    valid_option,
)
from cli.subscriber_password import reveal_password
from cli.subscriber_renew import activate_first, buy_first, renew
from cli.subscriber_status import remove, resume, suspend
from cli.subscriber_timeline import timeline_
from cli.subscriber_traits import altered_traits, refuse_taken, reply_lines
from domain.account import CredentialKind, Status
from domain.anchor import day_of_month
from store import office_devices, office_subscribers
from store.office_subscribers import Customer

PAGE_ROWS = 2_000


@click.group("subscriber", no_args_is_help=True)
def subscriber() -> None:
    """Who may log in: add, import, find, suspend.

    \b
    Example:
      tollhouse subscriber add bob --plan home-50 --password - --balance 20
    """


for _command in (
    import_,
    set_,
    renew,
    boost_,
    boosters,
    extend,
    suspend,
    resume,
    remove,
    find,
    timeline_,
    generate,
    reveal_password,
):
    subscriber.add_command(_command)


@subscriber.command("add")
@click.argument("login", type=LOGIN)
@click.option("--plan", "plan_name", type=NAME, required=True, help="What it buys.")
@password_option
@click.option("--balance", type=AMOUNT, default="0", metavar="AMOUNT", help="Money to begin with.")
@click.option(
    "--mac",
    type=MacType("learn", "none"),
    metavar="MAC|learn|none",
    help="Only with this Calling-Station-Id; learn takes that of the first login.",
)
@credit_limit_option
@credential_option
@nas_option
@valid_option
@trait_options
@office_command
async def add(
    office: Office, *, login: str, plan_name: str, password: str | None, **given: Any
) -> None:
    """Add a subscriber; it can log in at once.

    If its time has to be paid, that is done from --balance; else `subscriber renew` does it. A
    login that is a MAC may do without a password.

    \b
    Examples:
      tollhouse subscriber add bob --plan home-50 --password - --balance 20
      tollhouse subscriber add 00:0c:42:1f:2e:3d --plan home-50
      tollhouse subscriber add ann --plan home-50 --password - --name 'Ann Lee' --ip 100.64.0.7
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
    await prove_keys(office)
    customer, entries = enrol(office, applicant, plan, device_ids=device_ids)
    customer = replace(customer, subscriber=altered_traits(customer.subscriber, given))
    async with office.database.office() as connection:
        if await office_subscribers.find(connection, login):
            raise HouseError(f"there is a subscriber {login} already")
        await refuse_taken(connection, None, customer.subscriber)
        await office_subscribers.add(connection, [customer], entries)
        await office.audit_all(connection, [added(office, "subscriber add", customer)])
        await activate_first(office, connection, customer, plan, given["valid_until"])
        first = await buy_first(office, connection, customer, plan, given["valid_until"])
    click.echo(f"added subscriber {login}")
    if first:
        click.echo(f"  {first}")


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
    if plan_name is not None:
        async with office.database.reading() as connection:
            await plan_called(connection, plan_name)
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


@subscriber.command("show")
@click.argument("login", type=LOGIN)
@output_option
@office_command
async def show(office: Office, *, login: str, output: str) -> None:
    """Show everything about one subscriber but the password.

    What is left of bundles, boosters and caps is shown in the order in which it is used up.

    \b
    Example:
      tollhouse subscriber show alice
    """
    async with office.database.reading() as connection:
        customer = await customer_called(connection, login)
        names = await office_devices.names(connection)
        live_n = await office_subscribers.live_sessions_n(connection, customer.account.account_id)
        plan = await plan_held(office, connection, customer.subscriber)
        left = await left_of(connection, customer, plan, office.now_us)
    row = as_row(customer)
    row["spendable_micros"] = spendable_micros(customer, plan, left, office.now_us)
    row["replies"] = reply_lines(customer.subscriber.replies)
    row["nas"] = [names.get(key, f"(removed: {key})") for key in customer.subscriber.device_ids]
    row["live_sessions_n"] = live_n
    row["plan_version"] = plan.version
    row["period_start_us"] = customer.subscriber.period_at_us(office.now_us)
    terms = terms_of(customer.subscriber, plan)
    row["billing_day"] = day_of_month(terms.anchor_us, terms.timezone)
    if output != "table":
        row["allowances"] = [allowances_left.as_row(one) for one in left]
        render_one(row, SHOWN, output)
        return
    place = next(n for n, column in enumerate(SHOWN) if column.name == "allowances")
    told = [Column(f"allowance {n}", label(one)) for n, one in enumerate(left)]
    words = [allowances_left.in_words(one, customer.account.currency) for one in left]
    row.update({column.name: text for column, text in zip(told, words, strict=True)})
    render_one(row, [*SHOWN[:place], *told, *SHOWN[place + 1 :]], output)
