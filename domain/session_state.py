"""Where a session stands, how its hold stands, and behind which wall it is: three small scales.

They stand apart because the compiled rows (`_session.pyx`) hold them, and `domain.session`, from
where everybody takes them, brings both together. Their numbers are what the database keeps.
"""

from __future__ import annotations

import enum


class SessionState(enum.IntEnum):
    """Where a session stands."""

    ACCEPTED = 0  # let in, no accounting yet; counts as a slot until slot_until_us
    OPEN = 1
    CLOSED = 2
    LAPSED = 3  # accepted but never started; its hold was released


class HoldState(enum.IntEnum):
    """How a hold stands; it leaves HELD at most once (L6)."""

    NONE = 0  # nothing was held: the plan has no usage price, or we did not accept the session
    HELD = 1
    POSTED = 2  # the session ended; what was used became charges, the rest went back
    VOID = 3  # replaced by a newer login
    EXPIRED = 4  # the session never started within its time


class Walled(enum.IntEnum):
    """Behind which wall a session is, if it is."""

    NO = 0  # it is given what its plan sells
    EXPIRED = 1  # the walled garden of its plan for those whose package has ended ...
    NO_CREDIT = 2  # ... whose money has ended ...
    SUSPENDED = 3  # ... who are suspended; none of these is rated or holds money
