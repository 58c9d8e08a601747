"""What `explain charge` says of one session: what each record added, and the price of the total.

Rows for printing, made of what the journal and the session hold; nothing is read or rated here
that was not rated when it came.
"""

from __future__ import annotations

from typing import Any

from accounting.charging import Total
from accounting.journal import Record
from cli import explain_words as words
from domain.session import Session
from rating import counted_octets
from rating.explain import explain


def steps_of(session: Session, tariff: Any) -> list[dict[str, Any]]:
    """The price of the session's rated total, step by step."""
    total = Total.of(session)
    lines = explain(
        tariff,
        counted_octets(tariff, total.input_octets, total.output_octets),
        total.session_s,
        free_octets=total.free_octets,
        free_s=total.free_s,
        fee_due=total.fee_due,
    )
    return [
        {
            "step": line.step.name.lower(),
            "quantity": line.quantity,
            "free": line.free,
            "increments": line.increments,
            "increment": line.increment,
            "amount_micros": line.amount_micros,
            "unit": line.unit,
            "exact_micros": str(line.exact),
            "rounding": line.rounding.value,
            "micros": line.micros,
        }
        for line in lines
    ]


def is_cut(session: Session, records: list[tuple[int, Record]], limit: int | None) -> bool:
    """Does the chain of its records end at a row of the journal that was purged?"""
    if limit is not None and len(records) >= limit:
        return False
    if not records:
        return bool(session.journal_last)
    journal_id, first = records[0]
    return first.previous not in (0, journal_id)


_TOTALS = (
    "output_octets",
    "input_octets",
    "session_s",
    "charged_micros",
    "unrated_output",
    "unrated_input",
    "unrated_s",
)


def _unrated_word(rise: list[int]) -> str:
    """Is what the record added nobody's to pay: all of it, a part, or nothing (empty)?"""
    if not any(rise[4:]):
        return ""
    return "all" if rise[4:] == rise[:3] else "part"


def packets(records: list[tuple[int, Record]], currency: str) -> list[dict[str, Any]]:
    """Each record with what it added; the first of an incomplete list only gives the start."""
    rows = []
    before = (0,) * 7
    for at, (journal_id, record) in enumerate(records):
        totals = (
            record.output_octets,
            record.input_octets,
            record.session_s,
            record.charged_micros,
            record.unrated_output,
            record.unrated_input,
            record.unrated_s,
        )
        if at > 0 or record.previous in (0, journal_id):
            rise = [now - was for now, was in zip(totals, before, strict=True)]
            rows.append(
                {
                    "event_us": record.event_us,
                    "record": words.record_name(record),
                    "effect": record.effect,
                    **dict(zip(_TOTALS, totals, strict=True)),
                    **{f"rise_{name}": number for name, number in zip(_TOTALS, rise, strict=True)},
                    "rise_unrated": _unrated_word(rise),
                    "journal_id": journal_id,
                    "currency": currency,
                }
            )
        before = totals
    return rows
