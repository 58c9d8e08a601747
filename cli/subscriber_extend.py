"""`tollhouse subscriber extend`: days that are given after an outage, to one or to many.

Of many, those of a NAS or of a plan, a page at a time: each page is a short transaction, so that no
packet waits for all of them. With a reference it is done once for each subscriber (P1), so a run
that was interrupted is given again and goes on where it ended.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import click

from billing import package
from billing.package import EXTENSION
from billing.payment import Declined, Stamp
from cli import live
from cli.booking import stamp_of
from cli.customers import customer_called, plan_called, plan_held
from cli.errors import HouseError
from cli.office import Office, office_command
from cli.options import LOGIN, NAME, output_option
from cli.output import Column, Kind, render
from cli.subscriber_renew import write_and_tell
from domain.account import Purchase
from store import office_devices, office_live, office_packages
from store.office_subscribers import Customer

PAGE_ROWS = 100  # subscribers in one transaction
DAYS_MAX = 366

EXTENDED, WOULD_BE = "extended", "would be extended"
BEFORE, TAKEN = "extended before", "not extended, its reference is taken"

LISTED = [
    Column("login", "LOGIN"),
    Column("plan", "PLAN"),
    Column("before_us", "FROM", Kind.INSTANT),
    Column("until_us", "TO", Kind.INSTANT),
    Column("outcome", "OUTCOME"),
]


@click.command("extend")
@click.argument("login", type=LOGIN, required=False)
@click.option(
    "--nas",
    "nas_name",
    type=NAME,
    help="All who may come from this NAS only, or whose last session of 30 days was there.",
)
@click.option("--plan", "plan_name", type=NAME, help="All of this plan.")
@click.option(
    "--days",
    type=click.IntRange(1, DAYS_MAX),
    required=True,
    metavar="D",
    help="Local days to give.",
)
@click.option("--reason", required=True, metavar="TEXT", help="Why; for the audit.")
@click.option(
    "--reference",
    metavar="KEY",
    help="Your own name of this extension. The same KEY never extends anybody twice.",
)
@click.option("--dry-run", is_flag=True, help="Say who would be extended, and change nothing.")
@live.wait_option
@output_option
@office_command
async def extend(
    office: Office, *, login: str | None, nas_name: str | None, plan_name: str | None, **given: Any
) -> int:
    """Give days after an outage: to one subscriber, or to all of a NAS or a plan.

    Of many, those whose time was not over before these days. Give a --reference, and an extension
    that was interrupted goes on when it is given again.

    \b
    Examples:
      tollhouse subscriber extend bob --days 2 --reason "line was down"
      tollhouse subscriber extend --nas tower-3 --days 1 --reason storm --reference s5 --dry-run
    """
    if sum(word is not None for word in (login, nas_name, plan_name)) != 1:
        raise HouseError("name one LOGIN, or --nas, or --plan")
    if not given["reason"].strip():
        raise HouseError("--reason: an extension needs a reason")
    stamp = stamp_of(office, given["reference"], given["reason"])
    rows: list[dict[str, Any]] = []
    watches: list[office_live.Watch] = []
    async for some in _pages(office, login, nas_name, plan_name, given["days"]):
        done, watch = await _extend_page(
            office, some, given["days"], stamp, dry_run=given["dry_run"], alone=login is not None
        )
        rows += done
        watches += [watch] if watch is not None else []
    render(rows, LISTED, given["output"])
    if given["output"] == "table":
        click.echo(_totals(rows, dry_run=given["dry_run"]))
    if given["output"] != "table" or not watches:
        return 0
    return await live.report(office, _together(watches), no_wait=given["no_wait"])


async def _pages(
    office: Office, login: str | None, nas_name: str | None, plan_name: str | None, days: int
) -> AsyncIterator[list[str]]:
    """The logins that are meant, by login, a page at a time."""
    if login is not None:
        async with office.database.reading() as connection:
            await customer_called(connection, login)
        yield [login]
        return
    device_id = None
    async with office.database.reading() as connection:
        if plan_name is not None:
            await plan_called(connection, plan_name)
        if nas_name is not None:
            ids = {name: key for key, name in (await office_devices.names(connection)).items()}
            if nas_name not in ids:
                raise HouseError(f"there is no NAS {nas_name}; see `tollhouse nas list`")
            device_id = ids[nas_name]
            wanted = await office_packages.people_of(connection, device_id, now_us=office.now_us)
    since_us = office.now_us - days * 86_400_000_000
    after = ""
    while True:
        async with office.database.reading() as connection:
            page = await office_packages.ending_since(
                connection, since_us, after=after, limit=PAGE_ROWS, plan_name=plan_name
            )
        yield [name for name, key in page if device_id is None or key in wanted]
        if len(page) < PAGE_ROWS:
            return
        after = page[-1][0]


async def _extend_page(
    office: Office, logins: list[str], days: int, stamp: Stamp, *, dry_run: bool, alone: bool
) -> tuple[list[dict[str, Any]], office_live.Watch | None]:
    """Extend some subscribers in one transaction; those done before stay as they are."""
    if not logins:
        return [], None
    rows, made = [], []
    opened = office.database.reading() if dry_run else office.database.office()
    async with opened as connection:
        for login in logins:
            one = await customer_called(connection, login, lock=not dry_run)
            plan = await plan_held(office, connection, one.subscriber)
            own = replace(stamp, entry_id=office.ids.next())
            found = await office_packages.purchase_with_key(
                connection, one.account.account_id, stamp.key
            )
            if found is not None:
                rows.append(_row(one, found, _done_before(one, found, days, alone=alone)))
                continue
            done = package.extend(
                one.subscriber, plan, days=days, purchase_id=office.ids.next(), stamp=own
            )
            if isinstance(done, Declined):
                if alone:
                    raise HouseError(f"{login}: {done.text}")
                continue
            made.append((one, done))
            rows.append(_row(one, done.purchase, WOULD_BE if dry_run else EXTENDED))
        if dry_run or not made:
            return rows, None
        await write_and_tell(office, connection, made, "subscriber extend")
        watch = await office_live.watch(connection, [one.account.account_id for one, _ in made])
    return rows, watch


def _done_before(one: Customer, found: Purchase, days: int, *, alone: bool) -> str:
    """What is said of a reference that was used before; a HouseError for one, a word for many."""
    same = package.repeats(found, one.subscriber.subscriber_id, kind=EXTENSION)
    if same and package.days_of(found) == days:
        return BEFORE
    if alone:
        key = found.key.removeprefix("ref:")
        raise HouseError(
            f"reference {key} of {one.subscriber.login} is taken by another {found.kind}"
        )
    return TAKEN


def _row(one: Customer, bought: Purchase, outcome: str) -> dict[str, Any]:
    """An extension as it is printed."""
    return {
        "login": one.subscriber.login,
        "plan": one.subscriber.plan_name,
        "before_us": bought.before_us,
        "until_us": bought.until_us,
        "outcome": outcome,
    }


def _totals(rows: list[dict[str, Any]], *, dry_run: bool) -> str:
    """How many, in one line."""
    counted = Counter(row["outcome"] for row in rows)
    word = WOULD_BE if dry_run else EXTENDED
    told = [f"{counted.pop(word, 0)} {word}", *(f"{n} {other}" for other, n in counted.items())]
    return ", ".join(told) + ("; nothing was changed" if dry_run else "")


def _together(watches: list[office_live.Watch]) -> office_live.Watch:
    """The sessions of several transactions, waited for at once."""
    return office_live.Watch(
        max(one.seq for one in watches),
        tuple(session for one in watches for session in one.sessions),
        frozenset[int]().union(*(one.settled for one in watches)),
    )
