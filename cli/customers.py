"""Finding subscribers, plans and routers by what an operator calls them, and showing subscribers.

Shared by every command that names one: whoever is not there is answered with one line that says
where to look. What is printed of a subscriber is decided here; a credential never is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cli.errors import HouseError
from cli.office import Office
from cli.output import Column, Kind
from domain.account import Subscriber
from domain.plan import Plan
from store import office_devices, office_plans, office_subscribers
from store.office_connection import Connection
from store.office_subscribers import Customer

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
    Column("login", "LOGIN"),
    Column("name", "name", only_if_set=True),
    Column("group_name", "group", only_if_set=True),
    Column("language", "language", only_if_set=True),
    Column("timezone", "time zone", only_if_set=True),
    *LISTED[1:3],
    Column("plan_version", "plan version", Kind.NUMBER, only_if_set=True),
    Column("currency", "currency", hidden=True),
    Column("posted_micros", "balance", Kind.MONEY),
    Column("held_micros", "held", Kind.MONEY),
    Column("credit_limit_micros", "credit limit", Kind.MONEY),
    Column("spendable_micros", "spendable", Kind.MONEY),
    Column("credential", "credential"),
    Column("mac_mode", "MAC must be"),
    Column("mac", "MAC"),
    Column("nas", "only from NAS"),
    Column("framed_ip_address", "IPv4 address", only_if_set=True),
    Column("framed_ipv6", "IPv6", only_if_set=True),
    Column("delegated_ipv6_prefix", "delegated prefix", only_if_set=True),
    Column("replies", "replies", only_if_set=True),
    Column("period_start_us", "period began", Kind.INSTANT),
    Column("valid_until_us", "valid until", Kind.INSTANT),
    Column("auto_renew", "renews itself"),
    Column("next_plan_name", "next plan", only_if_set=True),
    Column("billing_day", "billing day", Kind.NUMBER),
    Column("allowances", "allowances", hidden=True),
    Column("live_sessions_n", "live sessions", Kind.NUMBER),
    Column("subscriber_id", "subscriber id", Kind.NUMBER),
    Column("account_id", "account id", Kind.NUMBER),
    Column("created_us", "added", Kind.INSTANT),
    Column("sample", "sample", Kind.FLAG),
]


async def customer_called(connection: Connection, login: str, *, lock: bool = False) -> Customer:
    """The subscriber, or a HouseError that says where to look."""
    customer = await office_subscribers.find(connection, login, lock=lock)
    if customer is None:
        raise HouseError(f"there is no subscriber {login}; see `tollhouse subscriber find`")
    return customer


async def plan_called(connection: Connection, name: str) -> Plan:
    """The newest version of a plan, or a HouseError."""
    found = await office_plans.find(connection, name)
    if found is None:
        raise HouseError(f"there is no plan {name}; see `tollhouse plan list`")
    return found[0]


async def plan_held(office: Office, connection: Connection, one: Subscriber) -> Plan:
    """The version of a subscriber's plan that holds now (`accounting.in_force`)."""
    found = await office_plans.in_force(connection, one, office.now_us)
    if found is None:
        raise HouseError(f"there is no plan {one.plan_name}; see `tollhouse plan list`")
    return found


async def devices_called(connection: Connection, names: tuple[str, ...]) -> tuple[int, ...]:
    """The ids of these NAS; none for `any`."""
    if names == ("any",):
        return ()
    ids = {name: key for key, name in (await office_devices.names(connection)).items()}
    for name in names:
        if name not in ids:
            raise HouseError(f"there is no NAS {name}; see `tollhouse nas list`")
    return tuple(sorted({ids[name] for name in names}))


def with_limit(customer: Customer, credit_limit_micros: int | None) -> Customer:
    """The customer with the credit limit that was given, if one was."""
    if credit_limit_micros is None:
        return customer
    account = replace(customer.account, credit_limit_micros=credit_limit_micros)
    return replace(customer, account=account)


def as_row(customer: Customer) -> dict[str, Any]:
    """A subscriber as it is printed; the credential itself is not among it."""
    one, account = customer.subscriber, customer.account
    return {
        "login": one.login,
        "name": one.name,
        "group_name": one.group_name,
        "language": one.language,
        "timezone": one.timezone,
        "framed_ip_address": one.framed_ip_address,
        "framed_ipv6": one.framed_ipv6,
        "delegated_ipv6_prefix": one.delegated_ipv6_prefix,
        "status": one.status.value,
        "plan": one.plan_name,
        "currency": account.currency,
        "posted_micros": account.balance_micros,
        "held_micros": account.held_micros,
        "credit_limit_micros": account.credit_limit_micros,
        "credential": one.credential_kind.value,
        "mac": one.mac,
        "mac_mode": one.mac_mode.value,
        "period_start_us": one.period_start_us,
        "valid_until_us": one.valid_until_us,
        "auto_renew": {True: "yes", False: "no", None: "plan"}[one.auto_renew],
        "next_plan_name": one.next_plan_name,
        "subscriber_id": one.subscriber_id,
        "account_id": one.account_id,
        "created_us": one.created_us,
        "sample": one.sample,
    }
