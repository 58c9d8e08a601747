"""Planted bugs in the switch between the long road and the lane (`aaa.lane`, `aaa.draft`).

The lane itself is compiled and cannot be edited while it runs; what it decides is held against the
long road by `tests/aaa/test_lane.py`. What can slip is when a session may take it, and what becomes
of what it moved. A track that is kept too long is no bug that shows: the lane reads totals from the
session and compares prices before it believes its own. All other bugs are played on the long road
alone, which has every rule of its own.
"""

from __future__ import annotations

from tests.simulation.planting import SOLD, Bug, Code

BUGS = (
    Bug(
        "moved-not-written",
        "what the lane has moved is not among what the batch writes",
        ("A1", "A2", "L3"),
        10,
        (
            Code(
                "aaa.draft:Draft.as_changes",
                "moved=list(self.moved_sessions.values())",
                "moved=[]",
            ),
        ),
        lane=True,
    ),
    Bug(
        "walled-in-the-lane",
        "a session behind a wall may take the lane, which rates all that it sees",
        ("W1", "A2"),
        200,
        (
            Code("aaa.lane:_plain", "and session.walled is Walled.NO", ""),
            Code(
                "aaa.lane:_at_ease", "and not wall_of(deal.subscriber, deal.offer, turn.now_us)", ""
            ),
        ),
        SOLD,
        lane=True,
    ),
)
