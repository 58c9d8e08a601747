"""What memory has of an account and a load shows to be of before.

A load brings whole accounts: the sums, and every live session with them, from one moment. What is
held of an account has to be of one moment as well. Sums of now beside sessions of before come to
figures that never were; their commit may fail as if a rule of the books were broken, not as a lost
race. So where a load and memory differ in anything, memory gives up all that it has of the account.
Where nobody else writes they never differ. Between batches only: what a batch has changed differs
too, and must not be given up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from aaa.ports import Loaded, sign_of_live
from domain.account import Account
from domain.session import Session


def outdated(
    loaded: Loaded,
    held: Callable[[int], Account | None],
    live_of: Callable[[int], Iterable[Session]],
) -> list[int]:
    """The accounts of a load, in order, of which `held` or `live_of` tell something else."""
    signs: Counter[int] = Counter()
    for session in loaded.sessions:
        if session.live:
            signs[session.account_id] += sign_of_live((session,))
    return sorted(
        account.account_id
        for account in loaded.accounts
        if _differ(account, held(account.account_id))
        or sign_of_live(live_of(account.account_id)) != signs[account.account_id]
    )


def _differ(now: Account, before: Account | None) -> bool:
    return before is not None and (
        (now.posted_micros, now.open_micros, now.held_micros, now.entries_n)
        != (before.posted_micros, before.open_micros, before.held_micros, before.entries_n)
    )
