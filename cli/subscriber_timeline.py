"""`tollhouse subscriber timeline`: what happened to a subscriber, in one list by time.

Logins, refusals, sessions, orders to the router, money, packages and what people changed: whoever
answers the telephone sees the whole story and not six lists. Each line says which command knows
more, by the numbers that it holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import click

from aaa.ports import Decision
from cli.audit import changes_in_words, in_short
from cli.customers import customer_called
from cli.errors import HouseError
from cli.office import Office, office_command
from cli.options import INSTANT, LOGIN, limit_option, output_option
from cli.output import (
    Column,
    Kind,
    instant_in_words,
    octets_in_words,
    render,
    seconds_in_words,
)
from cli.session import order_in_words
from domain.account import Purchase
from domain.deed import Deed
from domain.money import format_amount
from domain.session import Session, SessionState
from store import office_devices, timeline
from store.timeline import Booked, Happened, Span

NO_LIMIT = 1_000_000
ALWAYS_US = (1 << 62) - 1
SHOWN = [
    Column("at_us", "WHEN", Kind.INSTANT),
    Column("what", "WHAT"),
    Column("text", "HOW"),
    Column("session_id", "SESSION", Kind.NUMBER, only_if_set=True),
    Column("entry", "ENTRY", Kind.NUMBER, hidden=True),
    Column("order_id", "ORDER", Kind.NUMBER, hidden=True),
    Column("deed", "AUDIT", Kind.NUMBER, hidden=True),
]

Line = dict[str, Any]


@click.command("timeline")
@click.argument("login", type=LOGIN)
@click.option("--since", "since_us", type=INSTANT, metavar="TIME", help="Nothing before.")
@click.option("--until", "until_us", type=INSTANT, metavar="TIME", help="Nothing after.")
@limit_option
@output_option
@office_command
async def timeline_(
    office: Office,
    *,
    login: str,
    since_us: int | None,
    until_us: int | None,
    limit: int,
    output: str,
) -> None:
    """Tell what happened to a subscriber, oldest first; the newest --limit lines.

    Logins and refusals (the last 20), sessions, orders to the router and their outcome, money,
    packages, and what people changed.

    \b
    Example:
      tollhouse subscriber timeline alice --since 2026-03-01
    """
    span = Span(
        since_us=0 if since_us is None else since_us,
        until_us=ALWAYS_US if until_us is None else until_us,
        limit=limit or NO_LIMIT,
    )
    if span.since_us > span.until_us:
        raise HouseError("--since must not be later than --until")
    async with office.database.reading() as connection:
        customer = await customer_called(connection, login)
        names = await office_devices.names(connection)
        found = await timeline.of_subscriber(connection, customer.subscriber, span)
    lines = [
        line
        for line in lines_of(found, names, customer.account.currency)
        if span.since_us <= line["at_us"] <= span.until_us
    ]
    lines.sort(key=lambda line: (line["at_us"], line.get("entry") or 0))
    if output == "table":
        lines = [{**line, "text": in_short(line["text"])} for line in lines]
    render(lines[-span.limit :], SHOWN, output)


def lines_of(found: Happened, names: dict[int, str], currency: str) -> Iterator[Line]:
    """Everything as lines, kind by kind."""

    def nas(device_id: int) -> str:
        return names.get(device_id, f"(removed: {device_id})")

    for decision in found.decisions:
        yield _decided(decision, nas(decision.device_id))
    for session in found.sessions:
        yield from _session(session, nas(session.device_id), currency)
    for order in found.orders:
        yield _line(
            order.created_us,
            "order",
            f"{nas(order.device_id)}: {order_in_words(order)}",
            session_id=order.session_id,
            order_id=order.order_id,
        )
    for booked in found.booked:
        yield _money(booked, currency)
    for purchase in found.purchases:
        yield _purchase(purchase, currency, found.boosters.get(purchase.purchase_id))
    for deed in found.deeds:
        yield _changed(deed, currency)


def _line(at_us: int, what: str, text: str, **numbers: int | None) -> Line:
    """One thing that happened; `numbers` lead to more about it."""
    return {"at_us": at_us, "what": what, "text": text, **numbers}


def _decided(one: Decision, nas: str) -> Line:
    """An Access-Request and what it led to."""
    station = f", station {one.mac}" if one.mac else ""
    if one.code == "accepted":
        text = f"accepted at {nas}{station}"
        return _line(one.decided_us, "login", text, session_id=one.session_id or None)
    return _line(one.decided_us, "refused", f"{one.code} at {nas}{station}")


def _session(one: Session, nas: str, currency: str) -> Iterator[Line]:
    """When a session began and when it ended, if it did."""
    if one.state is SessionState.ACCEPTED:
        return
    if one.state is SessionState.LAPSED:
        text = f"the login at {nas} was accepted, and no Start came"
        yield _line(one.created_us, "no start", text, session_id=one.session_id)
        return
    given = [one.framed_ip_address, one.framed_ipv6_prefix, one.framed_ipv6_address]
    where = " ".join(part for part in given if part)
    text = f"on {nas}{' with ' + where if where else ''}"
    if one.adopted:
        text += ", adopted while it ran"
    yield _line(one.start_us or one.created_us, "began", text, session_id=one.session_id)
    if one.stop_us is None:
        return
    text = (
        f"after {seconds_in_words(one.session_s)}, {octets_in_words(one.output_octets)} down, "
        f"{octets_in_words(one.input_octets)} up, {format_amount(one.charged_micros, currency)}"
    )
    if one.synthetic:
        text += "; ended by us, no Stop came"
    yield _line(one.stop_us, "ended", text, session_id=one.session_id)


def _money(one: Booked, currency: str) -> Line:
    """An entry in the books."""
    text = f"{one.kind} of {format_amount(one.amount_micros, currency)} as entry {one.seq}"
    if one.reason:
        text += f": {one.reason}"
    return _line(one.created_us, "money", text, session_id=one.session_id, entry=one.seq)


def _purchase(one: Purchase, currency: str, booster: str | None) -> Line:
    """Time bought or given, or a booster."""
    until = "for ever" if one.until_us is None else f"until {instant_in_words(one.until_us)}"
    if booster and one.until_us is None:
        until = "until the package's time ends"
    text = f"{booster} {until}" if booster else f"{one.kind} {until}"
    if one.price_micros:
        text += f" for {format_amount(one.price_micros, currency)}"
    if one.reason:
        text += f": {one.reason}"
    return _line(one.created_us, "booster" if booster else "package", text)


def _changed(one: Deed, currency: str) -> Line:
    """Something that a person did."""
    changes = changes_in_words(json.loads(one.before), json.loads(one.after), currency=currency)
    text = f"{one.who}: {one.action}"
    if changes:
        text += f" ({changes})"
    if one.reason:
        text += f", because {one.reason}"
    return _line(one.at_us, "change", text, deed=one.seq)
