"""The types of accounts, subscribers and allowances; their memory is said in `_account.pxd`."""

from dataclasses import dataclass
from typing import Any, Final, final

from domain.account_words import CredentialKind, MacMode, Status
from domain.plan import Reply

__pyx_capi__: Final[dict[str, Any]]
"""What other compiled modules may call directly; `_account.pyd` says what it is."""

@final
@dataclass
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

    @property
    def available_micros(self) -> int:
        """What a new promise may take: the balance less promises, and the credit limit (L7)."""

@final
@dataclass
class Subscriber:
    """One login of an account, with its credential still sealed."""

    subscriber_id: int
    account_id: int
    login: str  # canonical, see domain.login
    status: Status
    plan_name: str  # which version of it holds is told by accounting.in_force
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
    anchor_us: int | None = None  # its weeks and months are reckoned from here (domain.anchor)
    paid_anchor_us: int | None = None  # the months that it buys, if not from there
    plan_id: int = 0  # the version that its validity period was bought as; 0: none was
    plan_ids_ahead: tuple[int, ...] = ()  # likewise of each of `periods_ahead_us`

    def period_at_us(self, now_us: int) -> int:
        """The validity period that included usage is counted in at an instant, by its beginning.

        A renewal ahead of time refills nothing before the time it bought begins.
        """

    def plan_id_at(self, now_us: int) -> int:
        """The plan version that the validity period of an instant was bought as; 0: none was."""

@final
@dataclass
class Allowance:
    """Included usage an account has consumed in one validity period (never refilled)."""

    account_id: int
    period_start_us: int
    used_octets: int
    used_s: int
