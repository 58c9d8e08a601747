"""`tollhouse subscriber import`: many subscribers from a CSV file, all of them or none.

Everything is read, checked, hashed and sealed first; then one transaction inserts all rows with a
few statements, so the server waits for a fraction of a second. Each faulty line is named with its
number and its fault; a password is never repeated.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress

from cli.errors import HouseError
from cli.key_proof import prove_keys
from cli.office import Office, office_command
from cli.options import check_login, check_password
from cli.people import Applicant, added, enrol
from domain.account import CredentialKind
from domain.login import canonical_mac
from domain.money import parse_amount
from store import office_devices, office_plans, office_subscribers

NEEDED = ("login", "password", "plan", "balance")
OPTIONAL = ("mac", "credit_limit", "credential", "nas", "valid_until")
FAULTS_SHOWN = 20
ROWS_MAX = 1_000_000
FIELD_OCTETS_MAX = 4_096


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file, understood."""

    number: int
    applicant: Applicant
    nas_names: tuple[str, ...]


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE.csv")
@click.option("--dry-run", is_flag=True, help="Only check the file.")
@office_command
async def import_(office: Office, *, file: Path, dry_run: bool) -> None:
    """Add the subscribers of a CSV file: all of them, or none.

    The first line names the columns: login, password, plan and balance are needed; mac (a MAC,
    learn or none), credit_limit, credential, nas (names separated by spaces) and valid_until may
    be added. An empty password is right for a login that is a MAC.

    \b
    Example:
      tollhouse subscriber import customers.csv --dry-run
    """
    faults: list[str] = []
    lines = list(read(file, faults))
    async with office.database.reading() as connection:
        plans = await office_plans.newest(connection, {line.applicant.plan_name for line in lines})
        ids = {name: key for key, name in (await office_devices.names(connection)).items()}
        taken = await office_subscribers.taken(connection, [one.applicant.login for one in lines])
    for line in lines:
        applicant = line.applicant
        if applicant.login in taken:
            faults.append(f"line {line.number}: there is a subscriber {applicant.login} already")
        if applicant.plan_name not in plans:
            faults.append(f"line {line.number}: there is no plan {applicant.plan_name!r}")
        faults += [
            f"line {line.number}: there is no NAS {name!r}"
            for name in line.nas_names
            if name not in ids
        ]
    refuse(faults, file)
    await prove_keys(office)
    customers, entries = prepare(office, lines, plans, ids, faults)
    refuse(faults, file)
    if dry_run:
        click.echo(f"{file}: {len(customers)} subscribers are in order; nothing was added")
        return
    async with office.database.office() as connection:
        raced = await office_subscribers.taken(connection, [c.subscriber.login for c in customers])
        if raced:
            raise HouseError(f"{sorted(raced)[0]} was added by somebody else meanwhile; try again")
        await office_subscribers.add(connection, customers, entries)
        told = [added(office, "subscriber import", one, file.name) for one in customers]
        await office.audit_all(connection, told)
    click.echo(f"added {len(customers)} subscribers")


def read(file: Path, faults: list[str]) -> Iterator[Line]:
    """The lines of a file; what is wrong with the others is added to `faults`."""
    try:
        content = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise HouseError(f"cannot read {file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise HouseError(f"{file} is not UTF-8 text") from None
    csv.field_size_limit(FIELD_OCTETS_MAX)
    # Lines end where CSV says: a password may hold what Unicode calls a line, even a line break.
    rows = csv.reader(io.StringIO(content, newline=""), strict=True)
    try:
        header = [name.strip().lower() for name in next(rows, [])]
        check_header(header, file)
        seen: dict[str, int] = {}
        for row in rows:
            if not any(field.strip() for field in row):
                continue
            if rows.line_num > ROWS_MAX:
                raise HouseError(f"{file} has more than {ROWS_MAX} lines; split it")
            try:
                line = understood(rows.line_num, header, row)
                first = seen.setdefault(line.applicant.login, line.number)
                if first != line.number:
                    raise ValueError(f"login {line.applicant.login} stands in line {first} already")
            except ValueError as error:
                faults.append(f"line {rows.line_num}: {error}")
                continue
            yield line
    except csv.Error as error:
        faults.append(f"line {rows.line_num}: not CSV: {error}")


def check_header(header: list[str], file: Path) -> None:
    """HouseError unless the first line names the columns we know."""
    missing = [name for name in NEEDED if name not in header]
    unknown = [name for name in header if name not in NEEDED + OPTIONAL]
    if missing:
        raise HouseError(f"{file}: the first line does not name {', '.join(missing)}")
    if unknown:
        known = ", ".join(NEEDED + OPTIONAL)
        raise HouseError(f"{file}: there is no column {unknown[0][:40]!r}; known are {known}")
    if len(set(header)) < len(header):
        raise HouseError(f"{file}: a column is named twice")


def understood(number: int, header: list[str], row: list[str]) -> Line:
    """One line as an applicant. ValueError in one sentence, which never holds a password."""
    if len(row) != len(header):
        raise ValueError(f"{len(row)} fields instead of {len(header)}")
    named = dict(zip(header, row, strict=True))
    text = {name: value.strip() for name, value in named.items()}
    credential = text.get("credential", "")
    if credential and credential not in {kind.value for kind in CredentialKind}:
        raise ValueError(f"there is no credential {credential!r}; use clear, nt, hash or none")
    mac: str | None = text.get("mac", "")
    if mac not in ("", "learn", "none"):
        mac = canonical_mac(text["mac"])
        if mac is None:
            raise ValueError(f"{text['mac'][:40]!r} is not a MAC")
    return Line(
        number,
        Applicant(
            login=check_login(text["login"]),
            plan_name=text["plan"],
            password=check_password(named["password"]) if named["password"] else None,
            balance_micros=parse_amount(text["balance"] or "0"),
            credit_limit_micros=parse_amount(text.get("credit_limit") or "0"),
            mac=mac or None,
            credential_kind=CredentialKind(credential) if credential else None,
            valid_until=text.get("valid_until") or None,
        ),
        tuple(text.get("nas", "").split()),
    )


def prepare(
    office: Office,
    lines: list[Line],
    plans: dict[str, Any],
    ids: dict[str, int],
    faults: list[str],
) -> tuple[list[Any], list[Any]]:
    """The rows of all lines, hashed and sealed on every core, with a progress bar for a person."""
    customers, entries = [], []

    def enrolled(line: Line) -> Any:
        applicant = line.applicant
        bound = tuple(sorted({ids[name] for name in line.nas_names}))
        try:
            return enrol(office, applicant, plans[applicant.plan_name], device_ids=bound)
        except HouseError as error:
            return f"line {line.number}: {error.message}"

    console = Console(stderr=True)
    visible = sys.stderr.isatty() and sys.stdout.isatty()
    with ThreadPoolExecutor() as pool, Progress(console=console, disable=not visible) as bar:
        task = bar.add_task("sealing passwords", total=len(lines))
        for made in pool.map(enrolled, lines):
            bar.advance(task)
            if isinstance(made, str):
                faults.append(made)
            else:
                customers.append(made[0])
                entries += made[1]
    return customers, entries


def refuse(faults: list[str], file: Path) -> None:
    """HouseError with every fault on a line of its own (the first few), if there are any."""
    if not faults:
        return
    faults.sort(key=lambda fault: int(fault.split(":")[0].removeprefix("line ")))
    for fault in faults[:FAULTS_SHOWN]:
        click.echo(f"{file}: {fault}", err=True)
    more = f" (the first {FAULTS_SHOWN} are shown)" if len(faults) > FAULTS_SHOWN else ""
    raise HouseError(f"{file}: {len(faults)} faulty lines{more}; nothing was added")
