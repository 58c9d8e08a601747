"""`tollhouse rate`: what some usage would cost a subscriber, or somebody new on a plan.

A subscriber's usage meets what is left of the bundles, boosters, tiers and caps of the account, as
a session that begins now would; somebody new has all of them fresh. The charging is the server's
own (`accounting.quote`), itemised as `explain charge` does it, and nothing is changed. Somebody new
has a package and an activation fee to pay besides, which are no part of what the session costs.
"""

from __future__ import annotations

import json
from typing import Any, Final

import click

from accounting.pot_terms import Terms, terms_of
from accounting.quote import Asked, Quote, counted_up, quote
from accounting.uses import Sheet, sheet_of
from billing.activation import fee_of
from cli import explain_bands, explain_records
from cli import explain_words as words
from cli.customers import plan_held
from cli.errors import HouseError
from cli.office import Office, office_command
from cli.options import WALL_TIME, check_login, report_option
from cli.output import Column, Kind, octets_in_words, render, seconds_in_words
from cli.plan_diff import is_file, plan_said
from cli.pricing_words import validity_of
from cli.quantities import DURATION, VOLUME
from cli.spending import spendable_now
from domain.account import Allowance
from domain.anchor import renewal_end_us
from domain.money import format_amount
from domain.period import format_instant, parse_instant
from domain.plan import Plan
from domain.seams import US_PER_S
from rating import compile_tariff
from store import office_subscribers, office_usage
from store.office_subscribers import Customer

SOURCES: Final = [
    Column("name", "TAKEN FROM"),
    Column("took_octets", "TAKEN", Kind.OCTETS, only_if_set=True),
    Column("left_octets", "LEFT", Kind.OCTETS, only_if_set=True),
    Column("took_s", "TAKEN TIME", Kind.SECONDS, only_if_set=True),
    Column("left_s", "LEFT", Kind.SECONDS, only_if_set=True),
    Column("until_us", "UNTIL", Kind.INSTANT),
]


@click.command("rate")
@click.argument("who", metavar="LOGIN|PLAN[@VERSION]|FILE.toml")
@click.option("--octets", type=VOLUME, metavar="VOLUME", help="Traffic as the plan counts it.")
@click.option("--down", type=VOLUME, metavar="VOLUME", help="Traffic to the subscriber.")
@click.option("--up", type=VOLUME, metavar="VOLUME", help="Traffic from the subscriber.")
@click.option("--seconds", type=DURATION, metavar="TIME", help="Time on line; 90, or 2h.")
@click.option("--at", type=WALL_TIME, metavar="TIME", help="From then; else from now.")
@click.option("--until", type=WALL_TIME, metavar="TIME", help="Until then.")
@report_option
@office_command
async def rate(office: Office, *, who: str, output: str, **given: Any) -> None:
    """Show what a session would cost, line by line; changes nothing.

    For a subscriber with what is left of bundles, boosters and caps now; for a plan as for somebody
    who has just bought it. A word that is both is the subscriber; write PLAN@VERSION for the plan.
    Time is what lies between --at and --until, unless --seconds says it.
    Times without an offset are of the zone of the subscriber, or of the plan.

    \b
    Examples:
      tollhouse rate alice --octets 10GB
      tollhouse rate night-bundle --down 20GB --at '2026-11-20 22:00' --until '2026-11-21 02:00'
    """
    plan, customer = await _named(office, who)
    zone = (customer.subscriber.timezone if customer else None) or plan.timezone
    at, until = (given.pop(name) for name in ("at", "until"))
    asked = _asked(
        plan,
        office.now_us,
        from_us=None if at is None else parse_instant(at, zone),
        to_us=None if until is None else parse_instant(until, zone),
        **given,
    )
    sheet = sheet_of(plan)
    if customer is None:
        terms, pots, used = _new(plan, asked.from_us), [], Allowance(1, asked.from_us, 0, 0)
        spendable = None
    else:
        terms = terms_of(customer.subscriber, plan)
        async with office.database.reading() as connection:
            account_id = customer.account.account_id
            period_us = customer.subscriber.period_at_us(asked.from_us)
            pots = await office_usage.of_account(connection, account_id)
            used = await office_usage.included(connection, account_id, period_us)
            spendable = await spendable_now(connection, customer, plan, asked.from_us)
    try:
        found = quote(plan, sheet, terms, asked, pots=pots, used=used)
    except OverflowError:
        raise HouseError("this costs more than any book can hold") from None
    said = _said(plan, sheet, asked, found, customer, spendable_micros=spendable)
    if output == "json":
        click.echo(json.dumps(said, indent=2))
    else:
        _print(said, sheet, terms.timezone)
        if plan.pricing is not None and plan.pricing.classes:
            click.echo("all of it as traffic of no class: what a class costs is in `plan show`")
        if customer is None:
            _print_besides(said, plan)
        if said["sources"]:
            click.echo()
            render(said["sources"], SOURCES, "table")


async def _named(office: Office, who: str) -> tuple[Plan, Customer | None]:
    """The plan that counts, and the subscriber if it is one."""
    if not is_file(who):
        try:
            login = check_login(who)
        except ValueError as error:
            raise HouseError(str(error)) from None
        async with office.database.reading() as connection:
            customer = await office_subscribers.find(connection, login)
            if customer is not None:
                return await plan_held(office, connection, customer.subscriber), customer
    try:
        return await plan_said(office, who), None
    except HouseError as error:
        if is_file(who):
            raise
        raise HouseError(f"there is no subscriber {who}, and {error.message}") from None


def _asked(
    plan: Plan,
    now_us: int,
    *,
    octets: int | None,
    down: int | None,
    up: int | None,
    seconds: int | None,
    from_us: int | None,
    to_us: int | None,
) -> Asked:
    """The usage that was named."""
    if octets is not None and (down is not None or up is not None):
        raise HouseError("--octets is all the traffic: write it, or --down and --up")
    if octets is not None:
        down, up = (0, octets) if counted_up(plan) else (octets, 0)
    if from_us is None:
        from_us = now_us
    if to_us is not None and to_us < from_us:
        raise HouseError("--until must not come before --at")
    if seconds is None:
        seconds = 0 if to_us is None else (to_us - from_us) // US_PER_S
    if to_us is None:
        to_us = from_us + seconds * US_PER_S
    if not (down or up or seconds):
        raise HouseError("say what is used: --octets, or --down and --up, or --seconds")
    return Asked(up or 0, down or 0, seconds, from_us, to_us)


def _new(plan: Plan, now_us: int) -> Terms:
    """The terms of somebody who buys the plan at an instant."""
    until_us = None
    if plan.package is not None:
        until_us, _anchor = renewal_end_us(now_us, plan.package.validity, now_us, plan.timezone)
    return Terms(1, plan.timezone, now_us, (now_us,), until_us)


def _said(
    plan: Plan,
    sheet: Sheet | None,
    asked: Asked,
    found: Quote,
    customer: Customer | None,
    *,
    spendable_micros: int | None,
) -> dict[str, Any]:
    """All of it, exact."""
    session = found.session
    if sheet is None:
        steps = explain_records.steps_of(session, compile_tariff(plan))
    else:
        steps = explain_bands.steps_of(session, sheet, found.counted)
    return {
        "login": customer.subscriber.login if customer else None,
        "plan": plan.name,
        "version": plan.version,
        "currency": plan.currency,
        **asked._asdict(),
        "steps": steps,
        "sources": [
            {
                "name": one.name,
                "took_s" if one.timed else "took_octets": one.took,
                "left_s" if one.timed else "left_octets": one.left,
                "until_us": one.until_us,
            }
            for one in found.sources
        ],
        "charged_micros": session.charged_micros,
        # Besides, of somebody new; whoever has the plan has paid them.
        "package_micros": plan.package.price_micros if plan.package and not customer else 0,
        "activation_micros": 0 if customer else fee_of(plan),
        "spendable_micros": spendable_micros,  # None: of nobody in particular
    }


def _print(said: dict[str, Any], sheet: Sheet | None, zone: str) -> None:
    """A quote for a person."""
    version = f" version {said['version']}" if said["version"] else ""
    whose = f"{said['login']} on " if said["login"] else ""
    span = [format_instant(said[name], zone)[:16] for name in ("from_us", "to_us")]
    used = [
        *(f"{octets_in_words(said[name])} {name}" for name in ("down", "up") if said[name]),
        *([seconds_in_words(said["seconds"])] if said["seconds"] else []),
    ]
    when = span[0] if span[0] == span[1] else f"{span[0]} to {span[1]}"
    click.echo(f"{whose}{said['plan']}{version}, {when} ({zone}): {', '.join(used)}")
    for row in said["steps"]:
        line = words.step_line if sheet is None else explain_bands.words
        click.echo(f"  {line(row, said['currency'])}")
    charged = format_amount(said["charged_micros"], said["currency"])
    there = said["spendable_micros"]
    short = ""
    if there is not None and there < said["charged_micros"]:
        short = f", of which {format_amount(max(there, 0), said['currency'])} can be spent"
    click.echo(f"comes to {charged}{short}")


def _print_besides(said: dict[str, Any], plan: Plan) -> None:
    """What somebody new pays besides the session, if it is anything."""
    package, fee = said["package_micros"], said["activation_micros"]
    if plan.package is not None and package:
        words = validity_of(plan.package.validity)
        click.echo(f"package for {words}: {format_amount(package, plan.currency)}")
    if fee:
        click.echo(f"activation fee, once: {format_amount(fee, plan.currency)}")
    if package or fee:
        all_micros = said["charged_micros"] + package + fee
        click.echo(f"in all {format_amount(all_micros, plan.currency)}")
