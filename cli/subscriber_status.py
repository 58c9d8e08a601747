"""`tollhouse subscriber suspend|resume|remove`: who may be served at all.

Each is one change of a row, durable before anything is said; sessions that run follow at once, and
what became of each of them is told (`cli.live`). Nothing is ever deleted.
"""

from __future__ import annotations

from dataclasses import replace

import click

from cli import live, people
from cli.customers import customer_called
from cli.errors import HouseError
from cli.office import Office, office_command
from cli.options import LOGIN, reason_option
from cli.subscriber_change import edit, tell
from domain.account import Status, Subscriber
from store import office_live, office_subscribers


@click.command("suspend")
@click.argument("login", type=LOGIN)
@reason_option
@live.wait_option
@office_command
async def suspend(office: Office, *, login: str, reason: str, no_wait: bool) -> int:
    """Refuse a subscriber: logins and sessions that run; or wall it in, if its plan says so.

    \b
    Example:
      tollhouse subscriber suspend bob
    """

    def change(before: Subscriber) -> Subscriber:
        if before.status is Status.CLOSED:
            raise HouseError(f"subscriber {login} is closed")
        already.append(before.status is Status.SUSPENDED)
        return replace(before, status=Status.SUSPENDED)

    already: list[bool] = []
    watch = await edit(office, login, change, action="subscriber suspend", reason=reason)
    click.echo(_said("suspended", login, already=already[-1]))
    return await live.report(office, watch, no_wait=no_wait)


def _said(done: str, login: str, *, already: bool) -> str:
    """What a command says that may have found it done."""
    if already:
        state = "active" if done == "resumed" else done
        return f"subscriber {login} is {state} already; nothing was changed"
    return f"{done} subscriber {login}"


@click.command("resume")
@click.argument("login", type=LOGIN)
@reason_option
@live.wait_option
@office_command
async def resume(office: Office, *, login: str, reason: str, no_wait: bool) -> int:
    """Let a suspended or closed subscriber log in again.

    \b
    Example:
      tollhouse subscriber resume bob
    """

    def change(before: Subscriber) -> Subscriber:
        already.append(before.status is Status.ACTIVE)
        return replace(before, status=Status.ACTIVE)

    already: list[bool] = []
    watch = await edit(office, login, change, action="subscriber resume", reason=reason)
    click.echo(_said("resumed", login, already=already[-1]))
    return await live.report(office, watch, no_wait=no_wait)


@click.command("remove")
@click.argument("login", type=LOGIN)
@reason_option
@live.wait_option
@office_command
async def remove(office: Office, *, login: str, reason: str, no_wait: bool) -> int:
    """Close a subscriber and end its sessions; refused while it has money or debts.

    Nothing is deleted: its books stay, and the login stays taken. Its static addresses are free.

    \b
    Example:
      tollhouse subscriber remove bob
    """
    async with office.database.office() as connection:
        customer = await customer_called(connection, login, lock=True)
        account = customer.account
        if account.balance_micros:
            shown = people.money(account.balance_micros, account)
            raise HouseError(
                f"subscriber {login} has a balance of {shown}; bring it to zero with "
                "`tollhouse balance correct` first"
            )
        if account.held_micros:
            shown = people.money(account.held_micros, account)
            raise HouseError(
                f"{shown} of the credit of {login} are held by running sessions; end them with "
                f"`tollhouse session disconnect --login {login}` first"
            )
        closed = replace(
            customer.subscriber,
            status=Status.CLOSED,
            framed_ip_address=None,
            framed_ipv6=None,
            delegated_ipv6_prefix=None,
        )
        await office_subscribers.change(connection, closed)
        await tell(
            office, connection, "subscriber remove", (customer.subscriber, closed), reason=reason
        )
        watch = await office_live.watch(connection, [account.account_id])
    click.echo(_said("closed", login, already=customer.subscriber.status is Status.CLOSED))
    return await live.report(office, watch, no_wait=no_wait)
