"""Sessions, accounts, plans and records as the tests of the books need them: few words each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from accounting.counters import Line, Reading, Step, advance
from domain.account import Account, CredentialKind, MacMode, Status, Subscriber
from domain.plan import Plan, VolumePrice
from domain.seams import US_PER_S
from domain.session import Session, SessionState
from domain.usage import RecordKind, Usage

T0_US = 1_760_000_000 * US_PER_S  # 2025-10-09 08:53:20 UTC
CENT_PER_MB = VolumePrice(amount_micros=10_000, unit_octets=1_000_000)


def at(seconds: int) -> int:
    """The instant so many seconds from T0."""
    return T0_US + seconds * US_PER_S


def session(**traits: Any) -> Session:
    """An open session of account 1 and subscriber 1 on device 1."""
    said: dict[str, Any] = {
        "session_id": 1,
        "account_id": 1,
        "subscriber_id": 1,
        "device_id": 1,
        "plan_id": 1,
        "state": SessionState.OPEN,
        "version": 1,
        "acct_session_id": "A",
        "created_us": T0_US,
        "start_us": T0_US,
    }
    return Session(**(said | traits))


def account(posted_micros: int = 0, **traits: Any) -> Account:
    """Account 1 in USD, without credit."""
    said: dict[str, Any] = {
        "account_id": 1,
        "currency": "USD",
        "credit_limit_micros": 0,
        "posted_micros": posted_micros,
        "open_micros": 0,
        "held_micros": 0,
        "entries_n": 0,
    }
    return Account(**(said | traits))


def subscriber(**traits: Any) -> Subscriber:
    """Subscriber 1, `alice`, of account 1."""
    said: dict[str, Any] = {
        "subscriber_id": 1,
        "account_id": 1,
        "login": "alice",
        "status": Status.ACTIVE,
        "plan_name": "made",
        "credential_kind": CredentialKind.NONE,
        "credential": b"",
        "mac": None,
        "mac_mode": MacMode.ANY,
        "device_ids": (),
        "period_start_us": T0_US,
        "valid_until_us": None,
        "sample": False,
        "created_us": T0_US,
    }
    return Subscriber(**(said | traits))


def plan(**traits: Any) -> Plan:
    """A cent for each megabyte, both directions summed, unless `traits` say otherwise."""
    made = Plan(plan_id=1, name="made", version=1, currency="USD", volume=CENT_PER_MB)
    return replace(made, **traits)


def usage(kind: str = "INTERIM", t: int = 0, **traits: Any) -> Usage:
    """A record of Acct-Session-Id A that arrives `t` seconds after T0."""
    said: dict[str, Any] = {
        "kind": RecordKind[kind],
        "acct_session_id": "A",
        "user_name": "alice",
        "arrived_us": at(t),
    }
    return Usage(**(said | traits))


def feed(
    one: Session,
    t: int,
    st: int | None = None,
    o: int | None = None,
    i: int | None = None,
    *,
    final: bool = False,
    line: Line | None = None,
) -> Step:
    """One record for a session's counters: event time, Session-Time, octets out and in."""
    step = advance(one, Reading(at(t), st, i, o, final), line or Line())
    one.records_n += 1
    return step
