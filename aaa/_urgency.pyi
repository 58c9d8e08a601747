"""The types of the question of a flood; what it does is said in `_urgency.pyx`."""

from typing import Any, Final

from aaa._lane import Lane
from aaa.request import Request

__pyx_capi__: Final[dict[str, Any]]
"""What other compiled modules may call directly; `_urgency.pxd` says what it is."""

def near_end(lane: Lane, request: Request, intervals_n: int) -> bool | None:
    """Will the session of an interim be at its end within so many intervals? None: no track."""
