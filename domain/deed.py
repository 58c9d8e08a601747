"""What somebody did, for the audit: who, when, to what, from what to what, and why.

A deed is written in the transaction of the change it tells of, so there is no change without one
and none without a change. Rows form a chain: each digest covers the row and the digest before it,
so that a row that is changed, taken out or put elsewhere later is found (S40).
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, fields
from typing import Any, Final

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
    """A value whose JSON is the same in every process: sets are sorted."""
    return sorted(value) if isinstance(value, AbstractSet) else value
