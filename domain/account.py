"""Who owes money, and who logs in.

An account holds the money; a subscriber is one login on it. The three sums on an account are a
cache of the books, moved in the same transaction as their causes (L3): `posted` of its entries,
`open` of the charges of live sessions, `held` of what has been promised to sessions.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from domain.plan import Reply


class Status(enum.StrEnum):
    """May this subscriber log in?"""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class CredentialKind(enum.StrEnum):
    """How a subscriber's secret is kept, and so which methods it can serve (MSC-07, MSC-08)."""

    CLEAR = "clear"  # sealed, can be opened again: PAP, CHAP, MS-CHAP
    NT = "nt"  # sealed NT hash: PAP and MS-CHAP
    HASH = "hash"  # scrypt, one way: PAP only
    CRYPT = "crypt"  # a crypt(3) hash brought from elsewhere: PAP only
    NONE = "none"  # no password: the MAC is the login


class MacMode(enum.StrEnum):
    """What a subscriber's Calling-Station-Id must be."""

    ANY = "any"
    LEARN = "learn"  # the next successful login fixes it
    FIXED = "fixed"


@dataclass(slots=True)
class Account:
    """One purse. All amounts are micros of `currency`."""

    account_id: int
    currency: str
    credit_limit_micros: int
    posted_micros: int
    open_micros: int
    held_micros: int
    entries_n: int  # entries so far; the next one gets this number plus one (L10)

    @property
    def balance_micros(self) -> int:
        """What the account has: its entries less the charges of sessions still open."""
        return self.posted_micros - self.open_micros

    @property
    def spendable_micros(self) -> int:
        """The balance less what is promised to sessions (L7)."""
        return self.posted_micros - self.open_micros - self.held_micros

    @property
    def available_micros(self) -> int:
        """What a new promise may take: the spendable money and the credit limit (L7)."""
        return self.spendable_micros + self.credit_limit_micros


@dataclass(slots=True)
class Subscriber:
    """One login of an account, with its credential still sealed."""

    subscriber_id: int
    account_id: int
    login: str  # canonical, see domain.login
    status: Status
    plan_name: str  # the newest version of it counts at each login
    credential_kind: CredentialKind
    credential: bytes  # sealed (clear, nt), a hash as text (hash, crypt) or empty (none)
    mac: str | None  # canonical aa:bb:cc:dd:ee:ff
    mac_mode: MacMode
    device_ids: tuple[int, ...]  # the only devices this login may come from; empty: any
    period_start_us: int  # the validity period that included usage is counted in
    valid_until_us: int | None
    sample: bool
    created_us: int
    name: str = ""  # of the person, for people
    group_name: str = ""  # the operator's own word for a set of subscribers
    language: str = ""  # BCP 47, such as en or pt-BR; empty: the house's
    timezone: str = ""  # days and months of its packages are local to it; empty: the plan's
    framed_ip_address: str | None = None  # static; nobody else's
    framed_ipv6: str | None = None  # an address, or a prefix such as 2001:db8:0:7::/64
    delegated_ipv6_prefix: str | None = None
    replies: tuple[Reply, ...] = ()  # win over the plan's, attribute by attribute
    auto_renew: bool | None = None  # None: as the plan says
    next_plan_name: str | None = None  # the package to begin when this one ends
    # where periods begin that were bought ahead of time, oldest first (see `period_at_us`)
    periods_ahead_us: tuple[int, ...] = ()

    def period_at_us(self, now_us: int) -> int:
        """The validity period that included usage is counted in at an instant, by its beginning.

        A renewal ahead of time refills nothing before the time it bought begins.
        """
        begun = [start_us for start_us in self.periods_ahead_us if start_us <= now_us]
        return max(begun, default=self.period_start_us)


@dataclass(slots=True)
class Allowance:
    """Included usage an account has consumed in one validity period (never refilled)."""

    account_id: int
    period_start_us: int
    used_octets: int
    used_s: int


@dataclass(frozen=True, slots=True)
class Purchase:
    """Time bought or given: a renewal of a package, or an extension after an outage.

    `key` is the idempotency key, unique for ever per account (P1).
    """

    purchase_id: int
    account_id: int
    subscriber_id: int
    key: str
    kind: str  # renewal, extension
    plan_id: int
    price_micros: int
    entry_id: int | None  # None: it cost nothing
    before_us: int | None  # valid until, before and after
    until_us: int | None
    created_us: int
    reason: str = ""
