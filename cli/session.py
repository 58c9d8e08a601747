"""`tollhouse session`: who is connected, and ending a connection.

The office does not touch sessions; it writes an order, and the running server carries it out. So
a disconnect works from any machine that reaches the database.
"""

from __future__ import annotations

import asyncio
from typing import Any

import click

from cli.customers import customer_called
from cli.errors import EXIT_FOUND, HouseError
from cli.office import Office, office_command
from cli.options import LOGIN, NAME, limit_option, output_option
from cli.output import Column, Kind, render, render_one
from domain.deed import Deed
from domain.grant import Order, OrderKind, OrderResult, OrderState
from domain.session import Session
from nas.answers import cause_text
from nas.dialects import DIALECTS
from radius import encode_attributes
from store import office_devices, office_plans, office_sessions
from store.office_connection import Connection

POLL_S = 0.1

LISTED = [
    Column("session_id", "SESSION"),
    Column("login", "LOGIN"),
    Column("nas", "NAS"),
    Column("state", "STATE"),
    Column("started_us", "STARTED", Kind.INSTANT),
    Column("session_s", "TIME", Kind.SECONDS),
    Column("output_octets", "DOWN", Kind.OCTETS),
    Column("input_octets", "UP", Kind.OCTETS),
    Column("charged_micros", "CHARGED", Kind.MONEY),
    Column("held_micros", "HELD", Kind.MONEY),
    Column("framed_ip_address", "ADDRESS"),
    Column("calling_station_id", "STATION"),
    Column("acct_session_id", "ACCT-SESSION-ID"),
    Column("currency", "CURRENCY", hidden=True),
]
SHOWN = [
    *LISTED[:11],
    Column("framed_ipv6_prefix", "IPv6 prefix", only_if_set=True),
    Column("calling_station_id", "Calling-Station-Id"),
    Column("called_station_id", "Called-Station-Id", only_if_set=True),
    Column("acct_session_id", "Acct-Session-Id"),
    Column("user_name", "User-Name"),
    Column("nas_port_id", "NAS-Port-Id", only_if_set=True),
    Column("source_address", "its records come from"),
    Column("plan", "plan"),
    Column("granted_micros", "granted", Kind.MONEY),
    Column("hold_state", "hold"),
    Column("timeout_s", "Session-Timeout", Kind.SECONDS),
    Column("limit_octets", "octet limit", Kind.OCTETS, only_if_set=True),
    Column("free_octets", "included volume used", Kind.OCTETS, only_if_set=True),
    Column("free_s", "included time used", Kind.SECONDS, only_if_set=True),
    Column("review_input", "up, under review", Kind.OCTETS, only_if_set=True),
    Column("review_output", "down, under review", Kind.OCTETS, only_if_set=True),
    Column("last_seen_us", "last record", Kind.INSTANT),
    Column("stop_us", "stopped", Kind.INSTANT),
    Column("terminate_cause", "Acct-Terminate-Cause", only_if_set=True),
    Column("records_n", "records", Kind.NUMBER),
    Column("orders", "orders"),
    Column("currency", "currency", hidden=True),
]


@click.group("session", no_args_is_help=True)
def session() -> None:
    """Connections: list, show, disconnect.

    \b
    Example:
      tollhouse session list --login alice
    """


@session.command("list")
@click.option("--login", type=LOGIN, help="Only those of this subscriber.")
@click.option("--nas", "nas_name", type=NAME, help="Only those on this NAS.")
@click.option("--all", "everything", is_flag=True, help="Ended ones too.")
@limit_option
@output_option
@office_command
async def listing(
    office: Office,
    *,
    login: str | None,
    nas_name: str | None,
    everything: bool,
    limit: int,
    output: str,
) -> None:
    """List sessions that are open, newest first.

    \b
    Example:
      tollhouse session list --nas tower-3 --all --limit 50
    """
    async with office.database.reading() as connection:
        names = await office_devices.names(connection)
        ids = {name: key for key, name in names.items()}
        if nas_name is not None and nas_name not in ids:
            raise HouseError(f"there is no NAS {nas_name}; see `tollhouse nas list`")
        account_id = (
            (await customer_called(connection, login)).account.account_id if login else None
        )
        found = await office_sessions.listing(
            connection,
            live_only=not everything,
            limit=limit or 1_000_000,
            account_id=account_id,
            device_id=ids.get(nas_name) if nas_name else None,
        )
    render([as_row(one, names) for one in found], LISTED, output)


@session.command("show")
@click.argument("session_id", type=click.IntRange(min=1), metavar="SESSION")
@output_option
@office_command
async def show(office: Office, *, session_id: int, output: str) -> None:
    """Show everything about one session.

    \b
    Example:
      tollhouse session show 921734857293824
    """
    async with office.database.reading() as connection:
        one = await session_called(connection, session_id)
        names = await office_devices.names(connection)
        orders = await office_sessions.orders_of(connection, session_id)
        plan = await office_plans.by_id(connection, one.session.plan_id)
    row = as_row(one, names)
    row["orders"] = [order_in_words(order) for order in orders]
    row["plan"] = f"{plan.name} version {plan.version}" if plan else None
    render_one(row, SHOWN, output)


@session.command("disconnect")
@click.argument("session_id", type=click.IntRange(min=1), metavar="[SESSION]", required=False)
@click.option("--login", type=LOGIN, help="Every live session of this subscriber.")
@click.option(
    "--wait",
    "wait_s",
    type=click.IntRange(0, 120),
    default=35,
    show_default=True,
    metavar="SECONDS",
    help="How long the answer of the NAS is waited for.",
)
@office_command
async def disconnect(
    office: Office, *, session_id: int | None, login: str | None, wait_s: int
) -> int:
    """Have the running server end a session, and say what the NAS answered.

    Exit code 0 when the NAS has ended it, 1 when it refused, was silent, or the time was up.

    \b
    Examples:
      tollhouse session disconnect 921734857293824
      tollhouse session disconnect --login alice
    """
    if (session_id is None) == (login is None):
        raise HouseError("name one session, or --login for all of a subscriber")
    subject = login
    async with office.database.office() as connection:
        if login is not None:
            account = (await customer_called(connection, login)).account
            sessions = await office_sessions.live_of(connection, account.account_id)
        else:
            assert session_id is not None
            found = await session_called(connection, session_id)
            sessions, subject = [found.session], found.login
        live = [one for one in sessions if one.live]
        if not live:
            raise HouseError("there is no live session to disconnect")
        orders = [await _order(office, connection, one) for one in live]
        for order in orders:
            await office_sessions.give(connection, order)
        await office.audit_all(connection, [_deed(office, one, subject) for one in live])
    results = await asyncio.gather(*(_outcome(office, order, wait_s) for order in orders))
    for order, after in zip(orders, results, strict=True):
        click.echo(f"session {order.session_id}: {order_in_words(after)}")
    good = (OrderResult.ACK, OrderResult.OBSOLETE)
    return 0 if all(after.result in good for after in results) else EXIT_FOUND


def _deed(office: Office, one: Session, login: str | None) -> Deed:
    """What the audit is told of a session that is to be cut."""
    told = {"order": OrderKind.DISCONNECT.value, "acct_session_id": one.acct_session_id}
    return office.draft(
        "session disconnect",
        kind="session",
        row_id=one.session_id,
        subject=login or one.user_name,
        after=told,
    )


async def _order(office: Office, connection: Connection, one: Session) -> Order:
    """A Disconnect for a session, in the words of its device."""
    names = await office_devices.names(connection)
    device = await office_devices.find(connection, names.get(one.device_id, ""))
    if device is None:
        raise HouseError(f"the NAS of session {one.session_id} was removed")
    keys = DIALECTS[device.dialect].session_keys(one, for_coa=False)
    return Order(
        order_id=office.ids.next(),
        account_id=one.account_id,
        session_id=one.session_id,
        device_id=one.device_id,
        kind=OrderKind.DISCONNECT,
        reason="operator",
        attributes=encode_attributes(keys),
        address=one.source_address,
        port=device.coa_port,
        created_us=office.now_us,
    )


async def _outcome(office: Office, order: Order, wait_s: int) -> Order:
    """The order as it stands once it is carried out, or when the time is up."""
    end_us = office.clock.monotonic_us() + wait_s * 1_000_000
    while True:
        async with office.database.reading() as connection:
            after = await office_sessions.order(connection, order.order_id)
        assert after is not None
        if after.state is not OrderState.PENDING or office.clock.monotonic_us() >= end_us:
            return after
        await asyncio.sleep(POLL_S)


def order_in_words(order: Order) -> str:
    """What became of an order."""
    told = f"{order.kind} ({order.reason})"
    match order.result:
        case None if order.state is OrderState.PENDING:
            return f"{told}: not answered yet; is `tollhouse serve` running?"
        case OrderResult.ACK:
            return f"{told}: done"
        case OrderResult.NAK:
            return f"{told}: the NAS refused, {cause_text(order.error_cause)}"
        case OrderResult.SILENCE:
            return f"{told}: no answer; try `tollhouse nas test`"
        case OrderResult.OBSOLETE:
            return f"{told}: the session had ended"
    return f"{told}: {order.state}"


async def session_called(connection: Connection, session_id: int) -> office_sessions.ListedSession:
    """The session, or a HouseError that says where to look."""
    found = await office_sessions.find(connection, session_id)
    if found is None:
        raise HouseError(f"there is no session {session_id}; see `tollhouse session list --all`")
    return found


def as_row(one: office_sessions.ListedSession, names: dict[int, str]) -> dict[str, Any]:
    """A session as it is printed."""
    found = one.session
    plain = {column.name for column in SHOWN} & set(Session.__slots__)
    row: dict[str, Any] = {name: getattr(found, name) for name in sorted(plain)}
    row["login"] = one.login
    row["currency"] = one.currency
    row["nas"] = names.get(found.device_id, f"(removed: {found.device_id})")
    row["state"] = found.state.name.lower()
    row["hold_state"] = found.hold_state.name.lower()
    row["started_us"] = found.start_us or found.created_us
    row["held_micros"] = found.held_micros
    return row
