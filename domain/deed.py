"""What somebody did, for the audit: who, when, to what, from what to what, and why.

A deed is written in the transaction of the change it tells of, so there is no change without one
and none without a change. Rows form a chain: each digest covers the row and the digest before it,
so that a row that is changed, taken out or put elsewhere later is found (S40).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass, fields, is_dataclass
from typing import Any, Final

SERVER: Final = "server"  # who did it when nobody in the office did
SECRETS: Final = frozenset({"credential", "secret"})
NOT_SHOWN: Final = "(not shown)"


@dataclass(frozen=True, slots=True)
class Deed:
    """One row of the audit. `before` and `after` are JSON objects of what changed, no secrets."""

    seq: int  # 1, 2, 3 ... without gaps
    at_us: int
    who: str  # operating-system user, or `server`
    action: str  # such as `subscriber set`
    kind: str  # what was changed: subscriber, account, device, plan, session, house
    row_id: int  # 0: not a single row
    subject: str  # its name as people say it
    before: str
    after: str
    reason: str
    digest: bytes = b""


def draft(
    at_us: int,
    who: str,
    action: str,
    *,
    kind: str,
    row_id: int = 0,
    subject: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> Deed:
    """A deed that has no number and no digest yet; it gets both in the transaction that keeps it.

    `before` and `after` hold only what differs, never a secret; both empty is fine for a deed that
    changed nothing but is worth knowing, such as reading a password.
    """
    told = (in_json(before), in_json(after))
    return Deed(0, at_us, who, action, kind, row_id, subject, *told, reason)


def in_json(told: Mapping[str, Any] | None) -> str:
    """One JSON object, the same for the same values, in ASCII: no text can break it."""
    return json.dumps(told or {}, sort_keys=True, separators=(",", ":"), default=_plain)


def differing(before: Any, after: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields in which two records of one kind differ, before and after; never a secret.

    None before is a new record: of it only what is set is told. None after is one that went.
    """
    assert before is not None or after is not None, "nothing differs from nothing"
    old: dict[str, Any] = {}
    new: dict[str, Any] = {}
    for name in (one.name for one in fields(after if before is None else before)):
        was, is_now = getattr(before, name, None), getattr(after, name, None)
        if was == is_now or ((before is None or after is None) and not (was or is_now)):
            continue
        hidden = name in SECRETS
        if before is not None:
            old[name] = NOT_SHOWN if hidden else _plain(was)
        if after is not None:
            new[name] = NOT_SHOWN if hidden else _plain(is_now)
    return old, new


def _plain(value: Any) -> Any:
    """A value as JSON has it, the same in every process: sets are sorted."""
    if isinstance(value, AbstractSet):
        return sorted(value)
    if isinstance(value, bytes):
        return value.hex()
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
