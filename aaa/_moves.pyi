"""The types of the movements of accounts; where they lie is said in `_moves.pxd`."""

from dataclasses import dataclass
from typing import Any, Final, final

from domain.account import Account

__pyx_capi__: Final[dict[str, Any]]
"""What other compiled modules may call directly; `_moves.pxd` says what it is."""

@final
@dataclass
class AccountMove:
    """Relative movement of one account, and what it must come to.

    `promise` asks the store to check spendable >= -credit_limit in the same statement (L7).
    """

    after: Account
    posted_micros: int = 0
    open_micros: int = 0
    held_micros: int = 0
    entries_n: int = 0
    promise: bool = False
