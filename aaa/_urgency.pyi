"""The types of the question of a flood; what it does is said in `_urgency.pyx`."""

from aaa._lane import Lane
from aaa.request import Request

def near_end(lane: Lane, request: Request, intervals_n: int) -> bool | None:
    """Will the session of an interim be at its end within so many intervals? None: no track."""
