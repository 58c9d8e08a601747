"""The words of `explain charge`: balance sheets, price steps and records as people read them.

Rows come in with exact integers under the names of the books; lines of text go out. Nothing is
computed here that the rows do not say.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import click

from accounting.journal import ACCEPTED, ASSIGNED, Record
from accounting.uses import LINE_STEP
from cli.output import octets_in_words, seconds_in_words
from domain.money import format_amount
from radius import PacketError, decode_attributes
from rating import Step

ACCT_STATUS_TYPE = 40
_RECORDS = {1: "Start", 2: "Stop", 3: "Interim-Update", 7: "Accounting-On", 8: "Accounting-Off"}
_EPOCH = date(1970, 1, 1)
PURGED = "  older records were purged: the sums explain it, nothing can rate it again"


def print_json(found: dict[str, Any]) -> None:
    """One JSON object."""
    click.echo(json.dumps(found, indent=2))


def step_name(step: int) -> str:
    """`fee`, `volume`, `time`, or the line of a plan with bands, numbered from 1."""
    return Step(step).name.lower() if step < LINE_STEP else f"line {step - LINE_STEP + 1}"


def day_text(day: int) -> str:
    """A local day of the books: days since 1970-01-01 as a date."""
    return (_EPOCH + timedelta(days=day)).isoformat()


def record_name(record: Record) -> str:
    """The Acct-Status-Type of a journaled record, or that it is none of a device."""
    if record.effect in (ASSIGNED, ACCEPTED):
        return "by an operator"
    try:
        attributes = decode_attributes(record.attributes)
        values = [value for kind, value in attributes if kind == ACCT_STATUS_TYPE]
    except PacketError:
        return "unreadable"
    number = int.from_bytes(values[0], "big") if values else 0
    return _RECORDS.get(number, f"status {number}")


def sheet_lines(found: dict[str, Any]) -> list[str]:
    """How the balance comes about, one line for each kind of entry."""
    currency = found["currency"]
    parts = [(f"{row['n']} x {row['kind']}", row["amount_micros"]) for row in found["entries"]]
    if found["open_micros"]:
        parts.append(("sessions still open", -found["open_micros"]))
    parts.append(("balance", found["balance_micros"]))
    shown = [(name, format_amount(amount, currency)) for name, amount in parts]
    width = max(len(amount) for _, amount in shown)
    lines = [f"{found['login']}: how the balance comes about"]
    lines += [f"  {name:<22} {amount:>{width}}" for name, amount in shown]
    if not found["adds_up"]:
        lines.append("  this does NOT add up: run `tollhouse ledger check`")
    return lines


def session_title(one: dict[str, Any]) -> str:
    """One line that names a session."""
    name = one["acct_session_id"] or "no Acct-Session-Id yet"
    return (
        f"session {one['session_id']} ({name}) on {one['nas']}, {one['plan']}, {one['state']}, "
        f"{one['records_n']} records"
    )


def unrated_lines(unrated: dict[str, int]) -> list[str]:
    """What of a session is nobody's to pay, in one line; none when all of it is rated."""
    if not any(unrated.values()):
        return []
    down, up = unrated["output_octets"], unrated["input_octets"]
    return [
        f"not rated: {down} octets down, {up} octets up, {unrated['session_s']} s "
        "(behind a wall, or before the session was adopted)"
    ]


def step_line(row: dict[str, Any], currency: str) -> str:
    """One price step: quantity, what is free, increments, exact price, rounding."""
    amount = format_amount(row["amount_micros"], currency)
    charged = format_amount(row["micros"], currency)
    if row["step"] == "fee":
        return f"fee: {amount} for the session = {charged}"
    volume = row["step"] == "volume"
    unit = f"{row['unit']} {'octets' if volume else 's'}"
    exact = octets_in_words(row["quantity"]) if volume else seconds_in_words(row["quantity"])
    free = f", {row['free']} of them included" if row["free"] else ""
    increments = f"{row['increments']} increments of {row['increment']}"
    return (
        f"{row['step']}: {row['quantity']} {'octets' if volume else 's'} ({exact}){free}; "
        f"{increments} at {amount} per {unit} = {row['exact_micros']} micros, "
        f"rounded {row['rounding']} = {charged}"
    )


def sum_line(one: dict[str, Any], currency: str) -> str:
    """The end of a session's explanation."""
    charged = format_amount(one["charged_micros"], currency)
    if not one["adds_up"]:
        return f"charged {charged}, which is NOT what steps and postings come to"
    again = ""
    if one["rerated"]:
        again = "; rated again from the journal: " + (
            "differs" if one["differences"] else "the same"
        )
    return f"charged {charged}: steps and postings add up{again}"
