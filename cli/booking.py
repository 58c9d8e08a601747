"""What every booking by hand has: a stamp, a reference, and a line in the audit.

Shared by the commands that move money. A reference is the operator's own number of a payment; it
makes a booking one that can be asked for twice and is done once (P1).
"""

from __future__ import annotations

from billing.payment import Payment, Stamp, customer_micros
from cli.errors import HouseError
from cli.office import Office
from domain.ledger import Entry
from store.office_connection import Connection

KEY_MAX = 128
REASON_MAX = 500


def stamp_of(office: Office, reference: str | None, reason: str) -> Stamp:
    """The stamp of a booking that an operator asks for."""
    for name, text, most in (("reference", reference, KEY_MAX), ("reason", reason, REASON_MAX)):
        if text is None:
            continue
        if len(text) > most or not text.isprintable():
            raise HouseError(f"--{name}: at most {most} printable characters")
    if reference is not None and not reference.strip():
        raise HouseError("--reference: a key cannot be empty")
    entry_id = office.ids.next()
    key = f"ref:{reference.strip()}" if reference is not None else f"office:{entry_id}"
    return Stamp(entry_id, key, office.now_us, reason.strip())


async def tell(
    office: Office, connection: Connection, login: str, made: Payment, action: str
) -> None:
    """Write into the audit what was booked by a command (`action`): entry, amount and why."""
    entry = made.entry
    await office.audit(
        connection,
        action,
        kind="account",
        row_id=entry.account_id,
        subject=login,
        after={
            "entry": entry.seq,
            "amount_micros": customer_micros(entry),
            "currency": entry.currency,
            "reference": reference_of(entry),
        },
        reason=entry.reason,
    )


def reference_of(entry: Entry) -> str:
    """The key of an entry as the operator knows it."""
    return entry.key.removeprefix("ref:")
