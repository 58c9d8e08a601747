"""A file of subscribers, read: CSV lines to what they say, one by one.

Nothing is looked up here. Each faulty line is named with its number and its fault; a password is
never repeated.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cli.errors import HouseError
from cli.import_lines import Line
from cli.options import check_login, check_password
from cli.people import Applicant
from cli.subscriber_traits import trait
from domain.account import CredentialKind, Status
from domain.login import canonical_mac
from domain.money import parse_amount

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
ROWS_MAX = 1_000_000
FIELD_OCTETS_MAX = 4_096
_NT_HASH = re.compile(r"[0-9A-Fa-f]{32}")


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
