"""`tollhouse forecast`: how long it lasts, and what the period will cost, if it goes on like this.

Two paces, that of the last seven days and that of the current period, are each walked to the end
of the period through the pots as they stand (`accounting.forecast`). Nothing is changed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, Final

import click

from accounting.forecast import Amount, Forecast, Lasting, Pace, forecast, lasting
from accounting.hold import for_usage
from accounting.pot_terms import Terms, terms_of
from accounting.uses import Sheet, sheet_of
from billing.activation import begins, fee_of, key_of
from billing.change import CHANGE
from billing.package import ON_TIME_US, RENEWAL
from billing.payment import customer_micros
from cli.customers import customer_called, plan_held
from cli.errors import HouseError
from cli.forecast_words import show
from cli.office import Office, office_command
from cli.options import LOGIN, report_option
from cli.pricing_words import step_in_words
from cli.spending import spendable_now
from domain.account import Allowance
from domain.anchor import period_bounds_us
from domain.period import DAY_US, day_number, midnight_us
from domain.plan import Plan
from domain.pot import Pot, PotKind
from domain.pricing import Period
from domain.session import Session
from rating.plan_whole import INCLUDED, whole_of
from rating.scheme import Uses
from rating.timetable import Timetable
from store import office_money, office_packages, office_sessions, office_usage
from store.office_subscribers import Customer
from store.office_usage import Day

WEEK: Final = "last 7 days"
PERIOD: Final = "this period"
AHEAD_MAX_US: Final = 62 * DAY_US
SESSIONS_LOOKED_AT: Final = 200
PURCHASES_LOOKED_AT: Final = 100
ACTIVATION: Final = "activation fee"


@dataclass(frozen=True, slots=True)
class Account:
    """All that is read of an account to look ahead."""

    plan: Plan  # as a whole one
    sheet: Sheet
    terms: Terms
    pots: list[Pot]
    uses: bytes  # of the session that goes on
    money_micros: int  # for usage, whatever caps say
    timetable: Timetable
    begun_us: int  # the current period
    until_us: int


@click.command("forecast")
@click.argument("login", type=LOGIN)
@report_option
@office_command
async def forecast_(office: Office, *, login: str, output: str) -> None:
    """Show how long bundles and money last at this pace, and what the period will cost.

    At the pace of the last seven days and of the current period, which is the package's time or
    else the subscriber's month. What the period's package and an activation fee have cost, or will
    cost, is told apart. Packages and boosters to be bought are not reckoned with.

    \b
    Example:
      tollhouse forecast alice
    """
    async with office.database.reading() as connection:
        customer = await customer_called(connection, login)
        one, account_id = customer.subscriber, customer.account.account_id
        plan = await plan_held(office, connection, one)
        pots = await office_usage.of_account(connection, account_id)
        period_us = one.period_at_us(office.now_us)
        used = await office_usage.included(connection, account_id, period_us)
        listed = await office_sessions.listing(
            connection, live_only=False, limit=SESSIONS_LOOKED_AT, account_id=account_id
        )
        terms = terms_of(one, plan)
        begun_us, until_us = _period(terms, period_us, office.now_us)
        week_us = midnight_us(day_number(office.now_us, plan.timezone) - 6, plan.timezone)
        first_us = min(begun_us, week_us)
        days = await office_usage.days(connection, account_id, day_number(first_us, plan.timezone))
        besides = [
            *await _package(connection, customer, terms, (begun_us, until_us), office.now_us),
            *await _activation(connection, customer, plan, (begun_us, until_us)),
        ]
        spendable = await spendable_now(connection, customer, plan, office.now_us)
    money_micros = for_usage(customer.account, one, plan.package, office.now_us)
    found = _standing(plan, terms, pots, used, money_micros=money_micros)
    sessions = [each.session for each in listed if each.session.plan_id == plan.plan_id]
    live = next((each.uses for each in sessions if each.live and plan.pricing), b"")
    account = replace(found, uses=live, begun_us=begun_us, until_us=until_us)
    paces = {
        name: _pace(account, sessions, days, max(from_us, one.created_us), office.now_us)
        for name, from_us in ((WEEK, week_us), (PERIOD, begun_us))
    }
    said = _said(account, paces, days, office.now_us)
    said |= {"spendable_micros": spendable, "besides": besides}
    if output == "json":
        click.echo(json.dumps({"login": login, **said}, indent=2))
    else:
        show(login, account.terms.timezone, said)


def _period(terms: Terms, period_us: int, now_us: int) -> tuple[int, int]:
    """The current period: the package's time, or the subscriber's month."""
    until_us = next((us for us in terms.starts_us if us > period_us), terms.until_us)
    if until_us is not None and now_us < until_us <= now_us + AHEAD_MAX_US:
        return period_us, until_us
    return period_bounds_us(now_us, Period.MONTH, terms.anchor_us, terms.timezone)


async def _package(
    connection: Any, customer: Customer, terms: Terms, span: tuple[int, int], now_us: int
) -> list[dict[str, Any]]:
    """What the package of a period was bought for, if the period is one that was bought."""
    if span[1] not in (terms.until_us, *terms.starts_us):
        return []
    bought = await office_packages.purchases_of(
        connection, customer.subscriber.subscriber_id, limit=PURCHASES_LOOKED_AT
    )
    for one in bought:
        if one.kind == CHANGE:
            return []  # the rest of it was given back
        begun_us = max(one.before_us or 0, one.created_us - ON_TIME_US)
        if one.kind == RENEWAL and begun_us <= now_us:
            micros = one.price_micros
            entry_id = one.entry_id
            if entry_id is None or await office_money.correcting(
                connection, one.account_id, entry_id
            ):
                return []
            return [{"what": "package", "amount_micros": micros, "paid_us": one.created_us}]
    return []


async def _activation(
    connection: Any, customer: Customer, plan: Plan, span: tuple[int, int]
) -> list[dict[str, Any]]:
    """The activation fee of a plan: paid in a period, or to be paid with the first package."""
    account_id = customer.account.account_id
    if not (fee := fee_of(plan)):
        return []
    entry = await office_money.entry_with_key(connection, account_id, key_of(plan))
    if entry is None:
        due = begins(customer.subscriber, plan)
        return [{"what": ACTIVATION, "amount_micros": fee, "paid_us": None}] if due else []
    undone = await office_money.correcting(connection, account_id, entry.entry_id)
    if undone or not span[0] - ON_TIME_US <= entry.created_us < span[1]:
        return []
    micros = -customer_micros(entry)
    return [{"what": ACTIVATION, "amount_micros": micros, "paid_us": entry.created_us}]


def _standing(
    plan: Plan, terms: Terms, pots: list[Pot], used: Allowance, *, money_micros: int
) -> Account:
    """An account under its plan, said as a whole one; what was included is a pot then."""
    whole = whole_of(plan)
    sheet = sheet_of(whole)
    assert sheet is not None and whole.pricing is not None
    if plan.pricing is None:
        pots = [
            Pot(
                terms.account_id,
                f"{PotKind.BUNDLE}/{Period.VALIDITY}/{plan.name}/{one.name}",
                used.period_start_us,
                one.octets or one.seconds,
                used.used_octets if one.name == INCLUDED else used.used_s,
            )
            for one in whole.pricing.bundles
        ]
    timetable = Timetable.of(whole, terms.timezone)
    return Account(whole, sheet, terms, pots, b"", money_micros, timetable, 0, 0)


def _pace(
    account: Account, sessions: list[Session], days: list[Day], from_us: int, now_us: int
) -> Pace:
    """What was used since an instant; by the days of the books, so from its midnight on."""
    zone = account.plan.timezone
    first = day_number(from_us, zone)
    some = [day for day in days if day.day >= first]
    total = Amount(
        sum(day.up for day in some), sum(day.down for day in some), sum(day.seconds for day in some)
    )
    scheme = account.sheet.scheme
    bands = [[0, 0, 0] for _ in range(scheme.bands_n)]
    for session in sessions:
        if not session.uses or session.last_event_us < from_us:
            continue
        uses = Uses(scheme, session.uses)
        for band, sums in enumerate(bands):
            for traffic in range(scheme.classes_n):
                up, down = uses.octets(band * scheme.classes_n + traffic)
                sums[0] += up
                sums[1] += down
            sums[2] += uses.seconds(band)
    weights = tuple(Amount(*sums) for sums in bands)
    fees = sum(day.fees_micros for day in some)
    return Pace(total, fees, min(from_us, now_us - 1), now_us, weights)


def _said(account: Account, paces: dict[str, Pace], days: list[Day], now_us: int) -> dict[str, Any]:
    """All of it, exact."""
    ahead = {name: _ahead(account, pace, now_us) for name, pace in paces.items()}
    first = day_number(account.begun_us, account.plan.timezone)
    so_far = sum(day.amount_micros for day in days if day.day >= first)
    fair = account.plan.pricing.fair_use if account.plan.pricing else None
    found = lasting(account.sheet, account.terms, _copies(account), now_us)
    counted = sum(one.used for one in found if one.kind is PotKind.FAIR_USE)
    return {
        "plan": account.plan.name,
        "version": account.plan.version,
        "currency": account.plan.currency,
        "period_start_us": account.begun_us,
        "period_end_us": account.until_us,
        "charged_micros": so_far,
        "paces": [
            {
                "pace": name,
                "from_us": pace.from_us,
                **pace.used._asdict(),
                "period_cost_micros": so_far + ahead[name].cost_micros,
                "money_out_us": ahead[name].money_out_us,
            }
            for name, pace in paces.items()
        ],
        "lasting": [_lasting(one, ahead) for one in found],
        "fair_use": [
            {
                "step": step_in_words(step, account.plan.pricing).strip(),
                "above_octets": step.above_octets,
                "reached": counted >= step.above_octets,
                "week_us": ahead[WEEK].steps_us.get(step.above_octets),
                "period_us": ahead[PERIOD].steps_us.get(step.above_octets),
            }
            for step in (fair.steps if fair else ())
            if step.above_octets and account.plan.pricing
        ],
    }


def _lasting(one: Lasting, ahead: dict[str, Forecast]) -> dict[str, Any]:
    """One thing that is used up or counted."""
    return {
        "what": str(one.kind),
        "name": one.name,
        "timed": one.timed,
        "used": one.used,
        "granted": one.granted,
        "left": one.left,
        "until_us": one.until_us,
        "out_week_us": ahead[WEEK].out_us.get(one.key),
        "out_period_us": ahead[PERIOD].out_us.get(one.key),
    }


def _copies(account: Account) -> list[Pot]:
    return [replace(pot) for pot in account.pots]


def _ahead(account: Account, pace: Pace, now_us: int) -> Forecast:
    """Walk one pace to the end of the period."""
    uses = Uses(account.sheet.scheme, account.uses)
    try:
        return forecast(
            account.sheet,
            account.terms,
            _copies(account),
            uses,
            pace,
            timetable=account.timetable,
            now_us=now_us,
            until_us=account.until_us,
            money_micros=account.money_micros,
        )
    except OverflowError:
        raise HouseError("at this pace it costs more than any book can hold") from None
