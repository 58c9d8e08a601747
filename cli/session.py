"""`tollhouse session`: who is connected, and ending a connection.

The office does not touch sessions; it writes an order, and the running server carries it out. So
a disconnect works from any machine that reaches the database.
"""

from __future__ import annotations

import asyncio

import click

from cli.customers import customer_called
from cli.errors import EXIT_FOUND, HouseError
from cli.office import Office, office_command
from cli.options import LOGIN, output_option
from cli.output import render_one
from cli.session_list import listing
from cli.session_rows import SHOWN, as_row
from domain.deed import Deed
from domain.device import Device
from domain.grant import Order, OrderKind, OrderResult, OrderState
from domain.session import Session
from nas.answers import cause_text
from nas.dialects import DIALECTS
from radius import encode_attributes
from store import office_devices, office_plans, office_sessions
from store.office_connection import Connection

POLL_S = 0.1


@click.group("session", no_args_is_help=True)
def session() -> None:
    """Connections: list, show, disconnect.

    \b
    Example:
      tollhouse session list --login alice
    """


session.add_command(listing)


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
    """A Disconnect for a session that the operator ends."""
    names = await office_devices.names(connection)
    device = await office_devices.find(connection, names.get(one.device_id, ""))
    if device is None:
        raise HouseError(f"the NAS of session {one.session_id} was removed")
    return disconnect_of(office, one, device, "operator")


def disconnect_of(office: Office, one: Session, device: Device, reason: str) -> Order:
    """A Disconnect for a session, in the words of its device."""
    keys = DIALECTS[device.dialect].session_keys(one, for_coa=False)
    return Order(
        order_id=office.ids.next(),
        account_id=one.account_id,
        session_id=one.session_id,
        device_id=one.device_id,
        kind=OrderKind.DISCONNECT,
        reason=reason,
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
