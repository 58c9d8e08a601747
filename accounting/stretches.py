"""The stretches of time in which a session used what it has used, as its records tell.

Whatever is charged by bands long after it was used, is charged for the time in which it was used:
between one report and the next, as if it had been charged as the reports came. Worked out from a
replay, so that a later replay of the same journal comes to the same. Where the journal has been
cleared away, or its device has been set up otherwise since, all of the session is one stretch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from accounting.charging import Total
from accounting.replay import Replay
from domain.session import Session


class Stretch(NamedTuple):
    """Between two reports: the rated totals of the session rose to `after`."""

    from_us: int
    to_us: int
    after: Total


def stretches_of(session: Session, again: Replay | None) -> Sequence[Stretch]:
    """Return how a session came to its rated totals, oldest first; never none.

    `again` is its journal, replayed; None: it cannot be.
    """
    end = Total.of(session)
    whole = [Stretch(session.start_us, session.last_event_us, end)]
    if again is None:
        return whole
    lines = [line for line in again.lines if line.after != line.before]
    if not lines or lines[-1].after[:3] != end[:3]:
        return whole
    return [
        Stretch(line.from_us, line.to_us, line.after._replace(fee_due=end.fee_due))
        for line in lines
    ]
