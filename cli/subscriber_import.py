"""`tollhouse subscriber import`: many subscribers from a CSV file, all of them or none.

Everything is read, checked, hashed and sealed first; then one transaction writes all rows with a
few statements: the server waits a second or two for ten thousand. Each faulty line is named with
its number and its fault; a password is never repeated. What the lines come to is decided in
`cli.import_difference`, what they buy and give up in `cli.import_sales`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from accounting.in_force import Version
from cli.errors import HouseError
from cli.import_difference import difference
from cli.import_file import read
from cli.import_lines import Books, Difference, Line
from cli.import_sales import Purses, words_of, write_sales
from cli.key_proof import prove_keys
from cli.office import Office, office_command
from cli.options import reason_option
from store import office_addresses, office_crowds, office_devices, office_plans, office_subscribers
from store.office_connection import Connection
from store.office_subscribers import Customer

FAULTS_SHOWN = 20


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE.csv")
@click.option("--update", is_flag=True, help="Change those who are there already.")
@click.option(
    "--charge-fees",
    is_flag=True,
    help="Who is new buys its plan from its balance; else nobody is charged anything.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be added and changed.")
@reason_option
@office_command
async def import_(
    office: Office, *, file: Path, update: bool, charge_fees: bool, dry_run: bool, reason: str
) -> None:
    """Add the subscribers of a CSV file, or change them: all of them, or none.

    The first line names the columns: login, password, plan and balance are needed. There may be
    mac (a MAC, learn or none), credit_limit, credential (clear, nt, hash, crypt or none), nas
    (names separated by spaces, or any), valid_until, status (active or suspended), name, group,
    language, timezone, ip, ipv6 and delegated_prefix. An empty password is right for a login that
    is a MAC. With credential nt a password of 32 hex digits is the NT hash itself; with crypt it is
    a hash such as $6$...

    With --update only login is needed. What a line leaves empty stays as it is, `none` takes a name
    or an address away, and a balance counts for new subscribers only. What another plan does to
    time that is left is what [on_change] of the plan that is left says, unless the line gives
    valid_until; only that can change the money of those who are there.

    Nobody is charged: who moves in has paid elsewhere. With --charge-fees those who come without
    valid_until buy their plan as with `subscriber add`, and another plan costs its activation fee.

    \b
    Examples:
      tollhouse subscriber import customers.csv --dry-run
      tollhouse subscriber import speeds.csv --update --reason "new price list"
    """
    faults: list[str] = []
    lines = list(read(file, faults, update=update))
    books = await known_books(office, lines)
    strange = {line.number: unknown(line, books, update=update) for line in lines}
    faults += [fault for some in strange.values() for fault in some]
    sound = [line for line in lines if not strange[line.number]]
    await prove_keys(office)
    ids = [one.subscriber.subscriber_id for one in books.customers.values()]
    async with office.database.reading() as connection:
        holders = await office_addresses.holders(connection, but=ids)
    found = difference(office, sound, books, holders, faults, charge_fees=charge_fees)
    if dry_run:
        await rehearse(office, found, faults)
        for said in found.lines():
            click.echo(said)
    refuse(faults, file)
    if dry_run:
        click.echo(f"{file}: would have {counted(found, update=update)}; nothing was changed")
        return
    await write(office, found, books, reason or file.name, file)
    click.echo(counted(found, update=update))


async def known_books(office: Office, lines: Sequence[Line]) -> Books:
    """What the books know of what the lines name."""
    logins = [line.applicant.login for line in lines]
    async with office.database.reading() as connection:
        customers = await office_crowds.called(connection, logins)
        wanted = {line.applicant.plan_name for line in lines if line.applicant.plan_name}
        wanted |= {one.subscriber.plan_name for one in customers.values()}
        plans = await office_plans.newest(connection, wanted)
        ids = {name: key for key, name in (await office_devices.names(connection)).items()}
    return Books(plans, ids, customers)


def unknown(line: Line, books: Books, *, update: bool) -> list[str]:
    """Faults of a line that names what is not there, or adds what is."""
    login, plan_name = line.applicant.login, line.applicant.plan_name
    faults = []
    if login in books.customers and not update:
        faults.append(f"there is a subscriber {login} already; --update changes them")
    if plan_name and plan_name not in books.plans:
        faults.append(f"there is no plan {plan_name[:64]!r}")
    if not plan_name and login not in books.customers:
        faults.append(f"there is no subscriber {login} yet, and a new one needs a plan")
    if line.nas_names != ("any",):
        strange = [name for name in line.nas_names if name not in books.device_ids]
        faults += [f"there is no NAS {name[:64]!r}" for name in strange]
    return [f"line {line.number}: {fault}" for fault in faults]


async def rehearse(office: Office, found: Difference, faults: list[str]) -> None:
    """Work out what changes of plan would do; nothing is changed."""
    async with office.database.reading() as connection:
        await move(connection, found, {}, faults)


async def move(
    connection: Connection, found: Difference, now: dict[str, Customer], faults: list[str]
) -> None:
    """Make the changes of plan of customers as they are `now`, or with nobody work them out."""
    purses, versions = Purses(), dict[str, list[Version]]()
    for one in found.changed:
        if one.another is None:
            continue
        customer = now.get(one.moved.login, one.before)
        name = customer.subscriber.plan_name
        if name not in versions:
            versions[name] = await office_plans.versions(connection, name)
        one.another.leave(versions[name], customer.subscriber)
        try:
            await purses.change(
                *(connection, customer, one.moved, one.another),
                limit_micros=one.limit_micros,
                write=bool(now),
            )
        except HouseError as error:
            faults.append(f"line {one.line.number}: {error.message}")


async def write(office: Office, found: Difference, books: Books, reason: str, file: Path) -> None:
    """Everything in one transaction, unless somebody else was there first."""
    customers = [one.customer for one in found.added]
    entries = [entry for one in found.added for entry in one.entries]
    limits = {
        one.moved.account_id: one.limit_micros
        for one in found.changed
        if one.limit_micros is not None
    }
    logins = [one.subscriber.login for one in customers]
    logins += [one.moved.login for one in found.changed]
    async with office.database.office() as connection:
        now = await office_crowds.called(connection, logins)
        for login in logins:
            was, is_now = books.customers.get(login), now.get(login)
            if (was and was.subscriber) != (is_now and is_now.subscriber):
                raise HouseError(f"{login} was changed by somebody else meanwhile; try again")
        await office_crowds.set_credit_limits(connection, limits)
        faults: list[str] = []
        await move(connection, found, now, faults)
        refuse(faults, file)
        if customers:
            await office_subscribers.add(connection, customers, entries)
        if found.changed:
            records = [(one.before.subscriber, one.after) for one in found.changed]
            await office_crowds.change(connection, records)
        if logins:
            await office.audit_all(connection, found.deeds(office, reason))
        await write_sales(office, connection, [(one.customer, one.sale) for one in found.added])


def counted(found: Difference, *, update: bool) -> str:
    """What was done, in numbers."""
    said = f"added {len(found.added)} subscribers"
    if update:
        said += f", changed {len(found.changed)}, left {found.unchanged_n} as they were"
    said += words_of(found.plan_changes)
    if found.uncharged_n:
        said += f"; no activation fee is charged ({found.uncharged_n} begin a plan that has one)"
    if found.unpaid_n:
        said += f"; the time of {found.unpaid_n} is still to be bought with `subscriber renew`"
    return said


def refuse(faults: list[str], file: Path) -> None:
    """HouseError with every fault on a line of its own (the first few), if there are any."""
    if not faults:
        return
    faults.sort(key=lambda fault: int(fault.split(":")[0].removeprefix("line ")))
    for fault in faults[:FAULTS_SHOWN]:
        click.echo(f"{file}: {fault}", err=True)
    more = f" (the first {FAULTS_SHOWN} are shown)" if len(faults) > FAULTS_SHOWN else ""
    raise HouseError(f"{file}: {len(faults)} faulty lines{more}; nothing was changed")
