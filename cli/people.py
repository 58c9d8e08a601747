"""What subscribers are made of, before any transaction is opened: credentials and rows.

Hashing and sealing are the slow parts of adding a subscriber, so they happen here, on values. A
password enters, a sealed or hashed credential leaves, and nothing keeps the password.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from aaa.crypt_hashes import check_form
from aaa.sealing import CREDENTIAL, SALT_OCTETS, hash_password
from accounting.in_force import bought_as
from billing.change import unpaid
from billing.payment import Payment, Stamp, top_up
from cli.errors import HouseError
from cli.office import Office
from domain.account import Account, CredentialKind, MacMode, Status, Subscriber
from domain.deed import Deed, differing
from domain.ledger import Entry
from domain.money import format_amount
from domain.period import parse_instant, validity_end_us
from domain.plan import Plan, Span
from radius import mschap
from store.office_subscribers import Customer

NO_PLAN = "none"  # what `--next-plan` says to take the next plan away
OPENING_KEY = "opening"  # the idempotency key of the balance a subscriber begins with


@dataclass(frozen=True, slots=True)
class Applicant:
    """What the operator says about a new subscriber."""

    login: str
    plan_name: str
    password: bytes | None
    balance_micros: int = 0
    credit_limit_micros: int = 0
    mac: str | None = None  # a MAC, or the words learn and none
    credential_kind: CredentialKind | None = None
    valid_until: str | None = None
    sample: bool = False
    ready: bool = False  # the password is its NT hash already


def enrol(
    office: Office, applicant: Applicant, plan: Plan, *, device_ids: tuple[int, ...] = ()
) -> tuple[Customer, list[Entry]]:
    """The rows of a new subscriber: one purse, one login, the entry of its opening balance.

    HouseError for what cannot be; slow when the credential is hashed.
    """
    kind = kind_of(applicant)
    if applicant.balance_micros < 0:
        raise HouseError("an opening balance cannot be negative; use --credit-limit")
    if applicant.credit_limit_micros < 0:
        raise HouseError("a credit limit cannot be negative")
    subscriber_id, account_id = office.ids.next(), office.ids.next()
    mac, mac_mode = mac_of(applicant.mac)
    until_us = valid_until_us(applicant.valid_until, plan, office.now_us)
    # Whoever comes with months that are paid for elsewhere has months that end when those do.
    monthly = plan.package is not None and plan.package.validity.span is Span.MONTHS
    subscriber = Subscriber(
        subscriber_id=subscriber_id,
        account_id=account_id,
        login=applicant.login,
        status=Status.ACTIVE,
        plan_name=plan.name,
        credential_kind=kind,
        credential=credential_of(
            office, subscriber_id, kind, applicant.password, ready=applicant.ready
        ),
        mac=mac,
        mac_mode=mac_mode,
        device_ids=device_ids,
        period_start_us=office.now_us,
        plan_id=bought_as(plan),
        valid_until_us=until_us,
        sample=applicant.sample,
        created_us=office.now_us,
        anchor_us=until_us if applicant.valid_until and monthly else None,
    )
    account = Account(
        account_id=account_id,
        currency=plan.currency,
        credit_limit_micros=applicant.credit_limit_micros,
        posted_micros=0,
        open_micros=0,
        held_micros=0,
        entries_n=0,
    )
    if not applicant.balance_micros:
        return Customer(subscriber, account), []
    stamp = Stamp(office.ids.next(), OPENING_KEY, office.now_us, "opening balance")
    payment = top_up(account, applicant.balance_micros, stamp=stamp)
    if not isinstance(payment, Payment):
        raise HouseError(f"{applicant.login}: {payment.text}")
    account = replace(account, posted_micros=applicant.balance_micros, entries_n=1)
    return Customer(subscriber, account), [payment.entry]


def added(office: Office, action: str, customer: Customer, reason: str = "") -> Deed:
    """What the audit is told of a new subscriber: everything that is set, and its money."""
    one, account = customer.subscriber, customer.account
    told = differing(None, one)[1]
    if account.posted_micros or account.credit_limit_micros:
        told["currency"] = account.currency
        told["opening_micros"] = account.posted_micros
        told["credit_limit_micros"] = account.credit_limit_micros
    return office.draft(
        action,
        kind="subscriber",
        row_id=one.subscriber_id,
        subject=one.login,
        after=told,
        reason=reason,
    )


def kind_of(applicant: Applicant) -> CredentialKind:
    """How the password is to be kept; a login that is a MAC needs none."""
    kind = applicant.credential_kind
    if kind is None:
        has_password = applicant.password is not None
        kind = CredentialKind.CLEAR if has_password else CredentialKind.NONE
        if kind is CredentialKind.NONE and not is_mac(applicant.login):
            raise HouseError(
                f"{applicant.login}: a password is missing; a login without one must be a MAC"
            )
    if kind is CredentialKind.NONE and applicant.password is not None:
        raise HouseError(f"{applicant.login}: credential none goes without a password")
    if kind is CredentialKind.NONE and not is_mac(applicant.login):
        raise HouseError(f"{applicant.login}: only a login that is a MAC can go without a password")
    if kind is not CredentialKind.NONE and applicant.password is None:
        raise HouseError(f"{applicant.login}: credential {kind} needs a password")
    return kind


def is_mac(login: str) -> bool:
    """Is this canonical login a MAC?"""
    return len(login) == 17 and login.count(":") == 5


def credential_of(
    office: Office,
    subscriber_id: int,
    kind: CredentialKind,
    password: bytes | None,
    *,
    ready: bool = False,
) -> bytes:
    """The stored form of a password; a `crypt` hash, checked, is one already."""
    if kind is CredentialKind.NONE or password is None:
        return b""
    if kind is CredentialKind.CRYPT:
        try:
            check_form(password)
        except ValueError as error:
            raise HouseError(f"the password is {error}") from None
        return password
    if kind is CredentialKind.HASH:
        return hash_password(password, office.randomness.octets(SALT_OCTETS))
    return office.keys.seal(
        CREDENTIAL, str(subscriber_id), to_be_sealed(kind, password, ready=ready)
    )


def to_be_sealed(kind: CredentialKind, password: bytes, *, ready: bool) -> bytes:
    """What is kept of a password, sealed: itself or its NT hash, which may be `ready`."""
    if kind is CredentialKind.NT and not ready:
        return mschap.nt_hash(password.decode("utf-8"))
    return password


def mac_of(word: str | None) -> tuple[str | None, MacMode]:
    """`--mac MAC|learn|none` as a MAC and what it means."""
    if word in (None, "none"):
        return None, MacMode.ANY
    if word == "learn":
        return None, MacMode.LEARN
    return word, MacMode.FIXED


def valid_until_us(word: str | None, plan: Plan, now_us: int, zone: str = "") -> int | None:
    """The end of validity: as said, else as the plan says from now on; None for no end.

    A package that costs something is not given away: until it is bought, the end is now. `zone`
    is the subscriber's, if it has one.
    """
    zone = zone or plan.timezone
    if word is None:
        if plan.package is None:
            return None
        return now_us if unpaid(plan) else validity_end_us(now_us, plan.package.validity, zone)
    if word == "never":
        return None
    try:
        return parse_instant(word, zone)
    except ValueError as error:
        raise HouseError(f"--valid-until: {error}") from None


def money(micros: int, account: Account) -> str:
    """An amount of an account as people write it."""
    return format_amount(micros, account.currency)
