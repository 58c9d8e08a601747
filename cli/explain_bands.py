"""What `explain charge` says of a session whose plan has bands, tiers, bundles or caps.

First where the usage lay, then what bundles and boosters have covered of it, then each line that
cost money with its exact price and its rounding, and last what caps have let go. Rows hold exact
integers under the names of the books; their `micros` add up to what the session was charged.

A session keeps how much caps have let go of it, not which: that is told by what they have counted.
Where nothing that is kept tells them apart, all that can have let it go are named.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from accounting import strands
from accounting.uses import Sheet
from cli.output import octets_in_words, seconds_in_words
from domain.money import format_amount
from domain.pot import Pot, PotKind
from domain.pricing import OTHER, Cap, Period, TierMode
from domain.session import Session
from rating.scheme import Uses, price
from rating.scheme_explain import Line, explain


def steps_of(session: Session, sheet: Sheet, pots: Iterable[Pot] = ()) -> list[dict[str, Any]]:
    """The price of what the session used, step by step. Raises ValueError for damaged uses.

    `pots` of its account tell which caps have let go what is waived.
    """
    uses = Uses(sheet.scheme, session.uses)
    found = explain(sheet.plan, sheet.scheme, uses, fee_due=session.fee_due)
    steps: list[dict[str, Any]] = [
        {"step": "used", **one._asdict(), "micros": 0} for one in found.used
    ]
    steps += [{"step": "covered", **one._asdict(), "micros": 0} for one in found.covered]
    if found.fee_micros:
        steps.append({"step": "fee", "micros": found.fee_micros})
    micros = price(sheet.scheme, uses, session.fee_due)[1:-1]
    numbers = [n for n, charged in enumerate(micros) if uses.line(n) or charged]
    steps += [_line(n, one) for n, one in zip(numbers, found.lines, strict=True)]
    if found.waived_micros:
        caps = [
            {"period": str(cap.period), "most_micros": cap.most_micros}
            for cap in _caps_of(session, sheet, pots)
        ]
        steps.append({"step": "waived", "caps": caps, "micros": -found.waived_micros})
    return steps


def _caps_of(session: Session, sheet: Sheet, pots: Iterable[Pot]) -> list[Cap]:
    """The caps that were reached while the session went on; if none is known to be, all it had."""
    pricing = sheet.plan.pricing
    assert pricing is not None
    since_us = session.start_us or session.created_us
    keys = {f"{PotKind.CAP}/{cap.period}/{sheet.plan.name}": cap for cap in pricing.caps}
    reached = {
        cap.period
        for pot in pots
        if (cap := keys.get(pot.pot)) is not None
        and pot.used >= cap.most_micros
        and pot.period_start_us <= session.last_event_us
        and (pot.until_us is None or pot.until_us > since_us)
    }
    reached |= {
        cap.period
        for cap in pricing.caps
        if cap.period is Period.SESSION and session.charged_micros >= cap.most_micros
    }
    # What a session has paid never falls: a cap of its own that is not reached let nothing go.
    can = [cap for cap in pricing.caps if cap.period is not Period.SESSION or cap.period in reached]
    return [cap for cap in can if cap.period in reached] or can


def _line(number: int, one: Line) -> dict[str, Any]:
    """One line; it is numbered from 1, as postings call it."""
    row = one._asdict() | {
        "step": f"line {number + 1}",
        "cells": [{"band": band, "class": traffic} for band, traffic in one.cells],
        "exact_micros": None if one.exact is None else str(one.exact),
    }
    del row["exact"]
    return row


def strands_of(session: Session, sheet: Sheet) -> list[dict[str, Any]]:
    """What each service inside the session has counted, its class, and what went to that.

    `left` is what the session's own reports had no room for so far. Raises ValueError for damage.
    """
    found = []
    for one in strands.read(session.strands).rows:
        left_up, left_down = one.waiting
        found.append(
            {
                "name": one.name,
                "acct_session_id": one.key,
                "class": sheet.layout.classes[strands.class_of(sheet.classes, one.name)],
                "output_octets": one.counters.output_octets,
                "input_octets": one.counters.input_octets,
                "left_output_octets": left_down,
                "left_input_octets": left_up,
            }
        )
    return found


def strand_words(row: dict[str, Any]) -> str:
    """One service as people read it."""
    down, up = octets_in_words(row["output_octets"]), octets_in_words(row["input_octets"])
    said = f"service {row['name']} ({row['acct_session_id']}), class {row['class']}: "
    said += f"counted {down} down, {up} up"
    if not (row["left_output_octets"] or row["left_input_octets"]):
        return said
    down, up = (octets_in_words(row[f"left_{way}put_octets"]) for way in ("out", "in"))
    return f"{said}; {down} down and {up} up of it are not in what the session reported by then"


def words(row: dict[str, Any], currency: str) -> str:
    """One step as people read it."""
    charged = format_amount(row["micros"], currency)
    if row["step"] == "used":
        down, up = octets_in_words(row["down"]), octets_in_words(row["up"])
        return f"used {_where(row['band'], row['traffic'])}: {down} down, {up} up" + (
            f", {seconds_in_words(row['seconds'])}" if row["seconds"] else ""
        )
    if row["step"] == "covered":
        much = f"{row['octets']} octets" if row["octets"] else f"{row['seconds']} s"
        return f"covered by {row['allowance']}: {much}"
    if row["step"] == "fee":
        return f"fee for the session = {charged}"
    if row["step"] == "waived":
        caps = " or ".join(
            f"of a {cap['period']} (at most {format_amount(cap['most_micros'], currency)})"
            for cap in row["caps"]
        )
        return f"beyond the cap {caps}, not charged = {charged}"
    return f"{row['step']}, {_priced(row, currency)} = {charged}"


def _where(band: str, traffic: str) -> str:
    """A cell, by the names of its band and its class."""
    named = "at all other times" if band == OTHER else f"in {band}"
    return named if traffic == OTHER else f"{named}, class {traffic}"


def _priced(row: dict[str, Any], currency: str) -> str:
    """What a line charges for, and how that comes to its price."""
    timed = row["counts"] == "time"
    unit, amount = "s" if timed else "octets", format_amount(row["amount_micros"], currency)
    where = "; ".join(_where(cell["band"], cell["class"]) for cell in row["cells"])
    if row["mode"] == TierMode.PACKAGE:
        return f"{row['counts']} {where}: {row['quantity']} packages at {amount}"
    exact = (seconds_in_words if timed else octets_in_words)(row["quantity"])
    since = f" from {row['since']} {unit} on" if row["since"] else ""
    said = f"{row['counts']}{since} {where}: {row['quantity']} {unit} ({exact})"
    if row["reached_in"] is not None:
        period = "this validity" if row["reached_in"] == "validity" else f"the {row['reached_in']}"
        tier = f"the tier that all usage of {period} had reached"
        return f"{said} at the price of {tier}, never less than before"
    if row["exact_micros"] is None:
        return f"{said} at {amount} per {row['unit']} {unit}, never less than before"
    return (
        f"{said}; {row['increments']} increments of {row['increment']} at {amount} per "
        f"{row['unit']} {unit} = {row['exact_micros']} micros, rounded {row['rounding']}"
    )
