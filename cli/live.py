"""What comes of a change at the sessions that run: waited for, and told one by one.

A command changes rows; the server hears of it, looks at each live session and tells its router what
has to change, or that it has to end. Here the command waits for that, for a while: it prints the
answer for each session, or that there was nothing to tell, or that no server runs and the routers
will hear of it when one does. The change itself is durable before any of this and stays whatever
comes of it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import click

from cli.errors import EXIT_FOUND
from cli.office import Office
from cli.options import Function
from domain.grant import Order, OrderKind, OrderResult, OrderState
from domain.session import Session
from nas.answers import cause_text
from store import office_devices, office_live
from store.office_live import Watch

WAIT_US: Final = 10_000_000
POLL_S: Final = 0.1
# A server that has not said for so long that it runs does not; it says so each second.
SILENT_US: Final = 6_000_000
NOBODY_US: Final = 1_000_000  # so long it is waited for one that may just be starting
ONE_BY_ONE_MAX: Final = 20  # more sessions than that are told as totals

CHANGED, CUT, UNTOUCHED = "changed by CoA", "disconnected", "nothing to tell"
ENDED, SILENT, WAITING = "it had ended", "no answer", "not answered yet"
REFUSED = "refused"
NOT_LOOKED = "the server has not come to it yet"
NOT_RUNNING = "no server is running; the router is told when one starts"


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one session."""

    session: Session
    word: str
    more: str = ""  # why, or what to do


def wait_option(function: Function) -> Function:
    """`--no-wait`, on what may change running sessions."""
    return click.option(
        "--no-wait",
        is_flag=True,
        help="Do not wait up to 10 seconds for what becomes of running sessions.",
    )(function)


async def report(office: Office, watch: Watch, *, no_wait: bool) -> int:
    """Wait for the sessions of a change and print what became of them; the exit code.

    1 when a router refused or did not answer: then the session runs on as it was.
    """
    if no_wait or not watch.sessions:
        return 0
    fates = await outcomes(office, watch)
    async with office.database.reading() as connection:
        names = await office_devices.names(connection)
    for line in lines(fates, names):
        click.echo(line)
    return EXIT_FOUND if any(fate.word in (REFUSED, SILENT) for fate in fates) else 0


async def outcomes(office: Office, watch: Watch) -> list[Fate]:
    """What became of each session, as far as it is known when the time is up."""
    began_us = office.clock.monotonic_us()
    ids = [one.session_id for one in watch.sessions]
    while True:
        async with office.database.reading() as connection:
            looked = await office_live.looked_seq(connection) >= watch.seq
            seen_us = await office_live.server_seen_us(connection)
            orders = await office_live.orders_about(connection, ids)
            live = await office_live.still_live(connection, ids)
        orders = [one for one in orders if one.order_id not in watch.settled]
        runs = abs(office.clock.now_us() - seen_us) < SILENT_US
        done = looked and all(one.state is not OrderState.PENDING for one in orders)
        waited_us = office.clock.monotonic_us() - began_us
        if done or waited_us >= (WAIT_US if runs else NOBODY_US):
            return _fates(watch, orders, live, looked=looked, runs=runs)
        await asyncio.sleep(POLL_S)


def _fates(
    watch: Watch, orders: Sequence[Order], live: set[int], *, looked: bool, runs: bool
) -> list[Fate]:
    """One fate for each session."""
    about: dict[int, list[Order]] = {one.session_id: [] for one in watch.sessions}
    for order in orders:
        about[order.session_id].append(order)
    fates = []
    for one in watch.sessions:
        told = about[one.session_id]
        if told:
            fates.append(_of_orders(one, told, runs=runs))
        elif one.session_id not in live:
            fates.append(Fate(one, ENDED))
        elif looked:
            fates.append(Fate(one, UNTOUCHED))
        else:
            fates.append(Fate(one, NOT_LOOKED if runs else NOT_RUNNING))
    return fates


def _of_orders(session: Session, orders: Sequence[Order], *, runs: bool) -> Fate:
    """What the newest order came to that was not overtaken by another."""
    told = [one for one in orders if one.result is not OrderResult.OBSOLETE] or orders
    order = told[-1]
    match order.result:
        case None:
            return Fate(session, WAITING if runs else NOT_RUNNING)
        case OrderResult.ACK:
            return Fate(session, CUT if order.kind is OrderKind.DISCONNECT else CHANGED)
        case OrderResult.NAK:
            return Fate(session, REFUSED, cause_text(order.error_cause))
        case OrderResult.SILENCE:
            return Fate(session, SILENT, "try `tollhouse nas test`")
        case OrderResult.OBSOLETE:
            return Fate(session, ENDED)


def lines(fates: Sequence[Fate], names: dict[int, str]) -> list[str]:
    """One line for each session, or the totals of many."""
    if len(fates) > ONE_BY_ONE_MAX:
        counted = Counter(fate.word for fate in fates)
        told = ", ".join(f"{n} {word}" for word, n in counted.most_common())
        return [f"  {len(fates)} sessions: {told}"]
    return [_line(fate, names) for fate in fates]


def _line(fate: Fate, names: dict[int, str]) -> str:
    one = fate.session
    nas = names.get(one.device_id, f"(removed: {one.device_id})")
    place = f" at {one.framed_ip_address}" if one.framed_ip_address else ""
    more = f": {fate.more}" if fate.more else ""
    return f"  {nas}, session {one.acct_session_id or one.session_id}{place}: {fate.word}{more}"
