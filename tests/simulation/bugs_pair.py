"""Planted bugs that only two servers on one database can show: what a commit no longer compares.

Each server decides from its own memory, and the commit is where the other one shows. So each slip
here is a comparison that is left out. Alone on its database a server would live with every one of
them for ever: their seeds are those of pairs.
"""

from __future__ import annotations

from tests.simulation.planting import Bug, Code, Edit, Statement
from tests.simulation.swarm import PAIRED, TWO

SUMS = ("posted_micros", "open_micros", "held_micros")


def _of_pairs(
    name: str, breaks: str, notices: tuple[str, ...], seeds_n: int, edits: tuple[Edit, ...]
) -> Bug:
    return Bug(name, breaks, notices, seeds_n, edits, frozenset({TWO}), first=PAIRED)


BUGS = (
    _of_pairs(
        "version-not-compared",
        "a session is written whatever version of it lies there",
        ("L9", "A5", "A2", "L3", "T1", "L6", "A1"),
        20,
        (Statement("advance", "session_totals.version = ?3 - 1 AND ", ""),),
    ),
    _of_pairs(
        "sums-written-not-moved",
        "an account's sums are set to what the batch has come to, not moved by what it moved",
        ("L3", "L6", "L7", "L10", "A2", "the server says"),
        50,
        tuple(
            edit
            for name, move, after in zip(SUMS, (2, 3, 4), (6, 7, 8), strict=True)
            for edit in (
                Statement("move", f"{name}=(accounts.{name} + ?{move})", f"{name}=?{after}"),
                Statement("move", f"accounts.{name} + ?{move} = ?{after} AND ", ""),
            )
        ),
    ),
    _of_pairs(
        "live-sessions-not-compared",
        "a login is right beside whatever lives by now, not beside what it was decided beside",
        ("F5", "F1", "L6", "A7", "A2", "L9"),
        100,
        (Code("aaa.sharing:Company.guard", "(self._logins | born) & self._live.keys()", "()"),),
    ),
)
