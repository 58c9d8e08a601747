"""The types of the turnstile; what each function does is said in `_turnstile.pyx`."""

from collections.abc import Callable
from typing import final

from aaa._terms import Terms
from aaa.outcome import Outcome
from aaa.turn import Turn
from aaa.wants import Named
from domain.account import Subscriber
from domain.device import Device
from domain.plan import Plan
from nas.login import LoginHints

@final
class Turnstile:
    """Lets logins in, a batch at a time; `lay` makes terms (`aaa.terms.lay`)."""

    passed_n: int

    def __init__(
        self, lay: Callable[[Turn, Device, Plan, Subscriber, LoginHints], Terms | None]
    ) -> None: ...
    def begin(self, turn: Turn) -> None:
        """The logins that follow are decided in this turn."""

    def forget(self) -> None:
        """Devices are others now."""

    def end(self) -> None:
        """The batch is decided, or given up."""

    def admit(self, named: list[Named], first: int, outcomes: list[Outcome]) -> int:
        """Let in the logins from `first` on that follow one another; answers how many."""
