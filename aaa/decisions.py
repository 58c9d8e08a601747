"""One login attempt, and what is kept of it for `explain reject`.

Every decision, accepted or not, leaves one row: what the device sent (secrets left out), which
rule fired, and the facts it fired on. What let a session begin stays with it; besides, a login
keeps its last 20, and logins that do not exist share one bounded list, so guessing fills no disk.
Each decision has an id, drawn here: nothing has to be read for it, and two servers never write over
each other's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from aaa.authenticate import PROVED, Credential, Proof
from aaa.ports import Decision
from aaa.request import Request
from aaa.turn import Turn
from domain.account import Subscriber
from domain.login import canonical_login, canonical_mac
from nas.login import LoginHints


@dataclass(slots=True)
class Attempt:
    """One Access-Request while it is being decided."""

    request: Request
    hints: LoginHints
    credential: Credential
    key: bytes  # what it has in common with its copies, see `aaa.repeats`
    begun_id: int = 0  # the session that it has begun
    subscriber: Subscriber | None = None
    proof: Proof = PROVED
    facts: dict[str, Any] = field(default_factory=dict)  # what the rule fired on


def login_key(hints: LoginHints) -> str:
    """The subscriber a request is about: its User-Name, or for a call check its MAC (ATH-04)."""
    return canonical_login(hints.user_name or hints.calling_station_id)


def remember(turn: Turn, attempt: Attempt, code: str, session_id: int) -> None:
    """Keep the decision under its login, or with those about the unknown.

    The first decision about a session has its id, which nothing else of its time has.
    """
    hints = attempt.hints
    login = attempt.subscriber.login if attempt.subscriber is not None else ""
    turn.books.draft.decisions.append(
        Decision(
            login=login,
            n=attempt.begun_id or turn.ids.next(),
            decided_us=turn.now_us,
            device_id=attempt.request.device.device_id,
            user_name=hints.user_name,
            mac=canonical_mac(hints.calling_station_id) or "",
            code=code,
            session_id=session_id,
            request=_said(attempt),
            reply=attempt.facts,
        )
    )


def _said(attempt: Attempt) -> dict[str, Any]:
    """The request in names that operators know; what was not sent is left out."""
    hints = attempt.hints
    said = {
        "method": str(attempt.credential.method),
        "User-Name": hints.user_name,
        "Calling-Station-Id": hints.calling_station_id,
        "Called-Station-Id": hints.called_station_id,
        "NAS-IP-Address": hints.nas_ip_address,
        "NAS-Identifier": hints.nas_identifier,
        "NAS-Port": hints.nas_port,
        "NAS-Port-Id": hints.nas_port_id,
        "Acct-Session-Id": hints.acct_session_id,
        "Framed-IP-Address": hints.framed_ip_address,
        "source": attempt.request.source_address,
        "signed": attempt.request.signed,
    }
    return {name: value for name, value in said.items() if value or value == 0}
