"""`tollhouse init`: the key file, the database, and on request a sample to try it with.

Safe to run again at any time: what is there stays. A key file is never written over, and none is
made for a database whose secrets were sealed with one that is missing.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import click

from aaa.sealing import DEVICE_SECRET, new_key_file
from cli import settings
from cli.errors import HouseError
from cli.key_proof import a_sealed_value, prove
from cli.office import Office, in_office, operator_name, read_keys, run
from cli.people import Applicant, added, enrol
from cli.plan import store_plan
from cli.plan_read import read_plan
from domain.deed import differing
from domain.device import Device, Policy
from domain.plan import Plan
from server.seams import SystemClock, SystemRandomness
from store import audit, office_devices, office_plans, office_subscribers
from store.database import Database

SAMPLE_PLAN = settings.CHECKOUT / "conf" / "plans" / "sample-prepaid.toml"
SAMPLE_NAS = "local"
SAMPLE_SECRET = b"testing123"
SAMPLE_LOGIN = "alice"
SAMPLE_PASSWORD = b"wonderland"
SAMPLE_BALANCE_MICROS = 5_000_000


@click.command("init")
@click.option("--sample", is_flag=True, help="Also add NAS local, plan sample-prepaid and alice.")
@click.pass_context
def init(ctx: click.Context, sample: bool) -> None:
    """Create or upgrade the database and the key file.

    May be run again; what is there is kept. --sample adds a NAS `local` (127.0.0.1 and ::1, secret
    testing123), a plan `sample-prepaid` and a subscriber `alice` with password wonderland and 5.00,
    all marked as samples. They are for trying out, not for the internet.

    \b
    Example:
      tollhouse init --sample
    """
    place = settings.load(ctx.find_root().obj)
    run(_initialise(place))
    if sample:
        run(in_office(place, _add_sample))


async def _initialise(place: settings.Place) -> None:
    """Upgrade the database, then see to the key file."""
    from store.upgrade import head_revision, upgrade

    mask = os.umask(0o077)  # what is made here is nobody else's business
    try:
        before = await upgrade(place.database_url)
    except OSError as error:
        raise HouseError(f"cannot create the database: {error}") from None
    finally:
        os.umask(mask)
    head = head_revision()
    shown = shown_url(place.database_url)
    if before is None:
        click.echo(f"created the database {shown}")
    elif before != head:
        click.echo(f"upgraded the database {shown} from {before} to {head}")
    else:
        click.echo(f"the database {shown} is up to date")
    database = await Database.open(place.database_url)
    try:
        async with database.reading() as connection:
            sealed = await a_sealed_value(connection)
        if before != head:
            await _tell(database, before, head)
    finally:
        await database.close()
    if place.key_file.exists():
        prove(read_keys(place, SystemRandomness()), sealed)
        click.echo(f"the key file {place.key_file} is in place")
        return
    if sealed is not None:
        raise HouseError(
            f"the key file {place.key_file} is missing, and the database holds secrets that only "
            "it can open: put its copy back"
        )
    write_key_file(place.key_file)
    click.echo(f"created the key file {place.key_file}: keep a copy of it in another place")


async def _tell(database: Database, before: str | None, head: str) -> None:
    """The audit begins with who made the house, and knows who upgraded it."""
    async with database.office() as connection:
        await audit.write(
            connection,
            at_us=SystemClock().now_us(),
            who=operator_name(),
            action="init",
            kind="house",
            before={"revision": before} if before else None,
            after={"revision": head},
        )


def write_key_file(path: Path) -> None:
    """A fresh key file, readable by its owner only; HouseError if that cannot be."""
    content = new_key_file(SystemRandomness().octets)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise HouseError(f"cannot create the key file {path}: {error.strerror}") from None


def shown_url(url: str) -> str:
    """A database URL without its password."""
    scheme, _, rest = url.partition("://")
    if "@" not in rest:
        return url
    user, _, host = rest.rpartition("@")
    return f"{scheme}://{user.partition(':')[0]}@{host}"


async def _add_sample(office: Office) -> None:
    """The sample NAS, plan and subscriber, each unless it is there already."""
    plan = replace(read_plan(SAMPLE_PLAN), sample=True)
    device = _sample_device(office)
    async with office.database.office() as connection:
        known = await office_devices.find(connection, SAMPLE_NAS)
        if known is None:
            await office_devices.add(connection, device)
            await office.audit(
                connection,
                "init --sample",
                kind="device",
                row_id=device.device_id,
                subject=device.name,
                after=differing(None, device)[1],
            )
        known = known or device
        stored = await office_plans.find(connection, plan.name)
        if stored is None:
            stored = await store_plan(office, connection, plan)
        if await office_subscribers.find(connection, SAMPLE_LOGIN) is None:
            customer, entries = enrol(
                office, _sample_applicant(plan), stored[0], device_ids=(known.device_id,)
            )
            await office_subscribers.add(connection, [customer], entries)
            await office.audit_all(connection, [added(office, "init --sample", customer)])
    click.echo(
        f"sample: NAS {SAMPLE_NAS}, plan {plan.name}, subscriber {SAMPLE_LOGIN}; for trying out, "
        "not for the internet"
    )


def _sample_device(office: Office) -> Device:
    device_id = office.ids.next()
    return Device(
        device_id=device_id,
        name=SAMPLE_NAS,
        secret=office.keys.seal(DEVICE_SECRET, str(device_id), SAMPLE_SECRET),
        prefixes=("127.0.0.1/32", "::1/128"),
        dialect="mikrotik",
        coa_port=3799,
        require_message_authenticator=Policy.NO,
        sample=True,
        created_us=office.now_us,
    )


def _sample_applicant(plan: Plan) -> Applicant:
    return Applicant(
        login=SAMPLE_LOGIN,
        plan_name=plan.name,
        password=SAMPLE_PASSWORD,
        balance_micros=SAMPLE_BALANCE_MICROS,
        sample=True,
    )
