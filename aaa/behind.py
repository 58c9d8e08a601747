"""A batch that was decided behind another one, which is still being committed.

What is decided stands on what was decided before, durable or not: on the ground of the batch
before. If that batch fails, the ground is lost, and with it all that was decided on it; nobody has
heard of it, so it can be decided anew. A decision that broke something is kept as well, for it can
be looked into only when nothing is under way any more. Nothing here decides or waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from aaa.outcome import Outcome
from aaa.ports import Changes
from aaa.request import Item
from aaa.turn import Turn


class Decided(NamedTuple):
    """A batch as decided: what it answers, and what has to be durable before it does."""

    turn: Turn
    outcomes: list[Outcome]
    changes: Changes


@dataclass(slots=True)
class Behind:
    """A batch behind another; `decided` is None when there is nothing to stand on (any more)."""

    batch: Sequence[Item]
    now_us: int
    decided: Decided | None = None
    broke: Exception | None = None  # what its decision broke
