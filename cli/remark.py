"""One remark of the doctor: how bad, about what, what was found, what to do.

A warning is something that works and may hurt later; a fault is something that does not work or
will lose something.
"""

from __future__ import annotations

import enum
from dataclasses import asdict, dataclass
from typing import Any


class Level(enum.StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Remark:
    """What one look has found."""

    level: Level
    topic: str
    text: str
    advice: str = ""

    def as_row(self) -> dict[str, Any]:
        """The remark as it is printed."""
        return {**asdict(self), "level": self.level.value}
