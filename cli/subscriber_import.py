"""`tollhouse subscriber import`: many subscribers from a CSV file, all of them or none.

Everything is read, checked, hashed and sealed first; then one transaction writes all rows with a
few statements: the server waits a second or two for ten thousand. Each faulty line is named with
its number and its fault; a password is never repeated. What the lines come to is decided in
`cli.import_difference`.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import click

from cli.errors import HouseError
from cli.import_difference import Books, Difference, Line, difference
from cli.key_proof import prove_keys
from cli.office import Office, office_command
from cli.options import check_login, check_password, reason_option
from cli.people import Applicant
from cli.subscriber_traits import trait
from domain.account import CredentialKind, Status
from domain.login import canonical_mac
from domain.money import parse_amount
from store import office_addresses, office_crowds, office_devices, office_plans, office_subscribers

NEEDED = ("login", "password", "plan", "balance")
OPTIONAL = ("mac", "credit_limit", "credential", "nas", "valid_until", "status")
TRAITS: Final = {
    "name": "name",
    "group": "group_name",
    "language": "language",
    "timezone": "timezone",
    "ip": "framed_ip_address",
    "ipv6": "framed_ipv6",
    "delegated_prefix": "delegated_ipv6_prefix",
}
"""Columns that are fields of a subscriber; read like the options of `subscriber set`."""

STATUSES = ("active", "suspended")
FAULTS_SHOWN = 20
ROWS_MAX = 1_000_000
FIELD_OCTETS_MAX = 4_096
_NT_HASH = re.compile(r"[0-9A-Fa-f]{32}")


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE.csv")
@click.option("--update", is_flag=True, help="Change those who are there already.")
@click.option("--dry-run", is_flag=True, help="Only say what would be added and changed.")
@reason_option
@office_command
async def import_(office: Office, *, file: Path, update: bool, dry_run: bool, reason: str) -> None:
    """Add the subscribers of a CSV file, or change them: all of them, or none.

    The first line names the columns: login, password, plan and balance are needed. There may be
    mac (a MAC, learn or none), credit_limit, credential (clear, nt, hash, crypt or none), nas
    (names separated by spaces, or any), valid_until, status (active or suspended), name, group,
    language, timezone, ip, ipv6 and delegated_prefix. An empty password is right for a login that
    is a MAC. With credential nt a password of 32 hex digits is the NT hash itself; with crypt it is
    a hash such as $6$...

    With --update only login is needed. What a line leaves empty stays as it is, `none` takes a name
    or an address away, and a balance counts for new subscribers only: the money of those who are
    there is never changed.

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
    found = difference(office, sound, books, holders, faults)
    if dry_run:
        for said in found.lines():
            click.echo(said)
    refuse(faults, file)
    if dry_run:
        click.echo(f"{file}: would have {counted(found, update=update)}; nothing was changed")
        return
    await write(office, found, books, reason or file.name)
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


async def write(office: Office, found: Difference, books: Books, reason: str) -> None:
    """Everything in one transaction, unless somebody else was there first."""
    customers = [one.customer for one in found.added]
    entries = [entry for one in found.added for entry in one.entries]
    records = [(one.before.subscriber, one.after) for one in found.changed]
    limits = {
        one.after.account_id: one.limit_micros
        for one in found.changed
        if one.limit_micros is not None
    }
    logins = [one.subscriber.login for one in customers] + [one.login for one, _ in records]
    deeds = found.deeds(office, reason)
    async with office.database.office() as connection:
        now = await office_crowds.called(connection, logins)
        for login in logins:
            was, is_now = books.customers.get(login), now.get(login)
            if (was and was.subscriber) != (is_now and is_now.subscriber):
                raise HouseError(f"{login} was changed by somebody else meanwhile; try again")
        if customers:
            await office_subscribers.add(connection, customers, entries)
        if records:
            await office_crowds.change(connection, records)
        await office_crowds.set_credit_limits(connection, limits)
        if logins:
            await office.audit_all(connection, deeds)


def counted(found: Difference, *, update: bool) -> str:
    """What was done, in numbers."""
    said = f"added {len(found.added)} subscribers"
    if update:
        said += f", changed {len(found.changed)}, left {found.unchanged_n} as they were"
    if found.unpaid_n:
        said += f"; the time of {found.unpaid_n} is still to be bought with `subscriber renew`"
    return said


def read(file: Path, faults: list[str], *, update: bool = False) -> Iterator[Line]:
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
        check_header(header, file, update=update)
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


def check_header(header: list[str], file: Path, *, update: bool = False) -> None:
    """HouseError unless the first line names the columns we know."""
    known = (*NEEDED, *OPTIONAL, *TRAITS)
    missing = [name for name in (NEEDED[:1] if update else NEEDED) if name not in header]
    unknown = [name for name in header if name not in known]
    if missing:
        raise HouseError(f"{file}: the first line does not name {', '.join(missing)}")
    if unknown:
        said = f"there is no column {unknown[0][:40]!r}; known are {', '.join(known)}"
        raise HouseError(f"{file}: {said}")
    if len(set(header)) < len(header):
        raise HouseError(f"{file}: a column is named twice")


def understood(number: int, header: list[str], row: list[str]) -> Line:
    """One line as an applicant. ValueError in one sentence, which never holds a password."""
    if len(row) != len(header):
        raise ValueError(f"{len(row)} fields instead of {len(header)}")
    named = dict.fromkeys((*NEEDED, *OPTIONAL), "") | dict(zip(header, row, strict=True))
    text = {name: value.strip() for name, value in named.items()}
    password, kind = named["password"], _credential(text["credential"])
    ready = kind is CredentialKind.NT and _NT_HASH.fullmatch(password) is not None
    octets = check_password(password) if password else None
    mac: str | None = text["mac"]
    if mac not in ("", "learn", "none"):
        mac = canonical_mac(text["mac"])
        if mac is None:
            raise ValueError(f"{text['mac'][:40]!r} is not a MAC")
    if text["status"] not in ("", *STATUSES):
        raise ValueError(f"there is no status {text['status'][:40]!r}; use active or suspended")
    limit = text["credit_limit"]
    return Line(
        number,
        Applicant(
            login=check_login(text["login"]),
            plan_name=text["plan"],
            password=bytes.fromhex(password) if ready else octets,
            balance_micros=parse_amount(text["balance"] or "0"),
            credit_limit_micros=parse_amount(limit or "0"),
            mac=mac or None,
            credential_kind=kind,
            valid_until=text["valid_until"] or None,
            ready=ready,
        ),
        nas_names=tuple(text["nas"].split()),
        traits=_traits(text),
        status=Status(text["status"]) if text["status"] else None,
        credit_limit_micros=parse_amount(limit) if limit else None,
    )


def _credential(word: str) -> CredentialKind | None:
    """How a password is to be kept, if the line says so."""
    if word and word not in {kind.value for kind in CredentialKind}:
        kinds = ", ".join(kind.value for kind in CredentialKind)
        raise ValueError(f"there is no credential {word[:40]!r}; known are {kinds}")
    return CredentialKind(word) if word else None


def _traits(text: dict[str, str]) -> dict[str, str | None]:
    """The fields that the line gives; ValueError names the column."""
    found: dict[str, str | None] = {}
    for column, name in TRAITS.items():
        if not text.get(column):
            continue
        try:
            found[name] = trait(name, text[column])
        except ValueError as error:
            raise ValueError(f"{column}: {error}") from None
    return found


def refuse(faults: list[str], file: Path) -> None:
    """HouseError with every fault on a line of its own (the first few), if there are any."""
    if not faults:
        return
    faults.sort(key=lambda fault: int(fault.split(":")[0].removeprefix("line ")))
    for fault in faults[:FAULTS_SHOWN]:
        click.echo(f"{file}: {fault}", err=True)
    more = f" (the first {FAULTS_SHOWN} are shown)" if len(faults) > FAULTS_SHOWN else ""
    raise HouseError(f"{file}: {len(faults)} faulty lines{more}; nothing was changed")
