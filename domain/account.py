"""Who owes money, and who logs in.

An account holds the money; a subscriber is one login on it. The three sums on an account are a
cache of the books, moved in the same transaction as their causes (L3): `posted` of its entries,
`open` of the charges of live sessions, `held` of what has been promised to sessions.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain._account import Account, Allowance, Subscriber
from domain.account_words import CredentialKind, MacMode, Status

__all__ = [
    "Account",
    "Allowance",
    "CredentialKind",
    "MacMode",
    "Purchase",
    "Status",
    "Subscriber",
]


@dataclass(frozen=True, slots=True)
class Purchase:
    """What was bought or given: a renewal of a package, an extension after an outage, a booster;
    or time that was given up at a change of plan.

    `key` is the idempotency key, unique for ever per account (P1).
    """

    purchase_id: int
    account_id: int
    subscriber_id: int
    key: str
    kind: str  # renewal, extension, booster, change
    plan_id: int
    price_micros: int
    entry_id: int | None  # None: it cost nothing
    before_us: int | None  # valid until, before and after
    until_us: int | None  # of a booster: its own end; None: that of the package's time
    created_us: int
    reason: str = ""
