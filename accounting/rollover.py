"""What one bundle of a plan has in its pots: the rows of its periods, and what is carried over.

A period's row keeps what was left of it, and later periods draw on it, oldest first, until the
plan's number of periods has passed. When a period is opened, what lies in earlier rows beyond the
plan's `most` is lost, from the oldest row, so what lasts longest is kept. A row that was not there
at the end of its period, because nothing was used, is made then: unused is not the same as never
granted. Whoever uses a row late, for time in its own period, has what was lost back.

No row is changed here: what is to be opened and lost is answered, and written with the usage.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from accounting.pot_terms import Span, Terms, spans
from domain.anchor import period_bounds_us
from domain.pot import Pot
from domain.pricing import Bundle, Period
from rating._walk import ALWAYS_US, NEVER_US


class Life(NamedTuple):
    """A row and when it can be drawn on: [from_us, ends_us), its own period to `until_us`."""

    pot: Pot
    from_us: int
    until_us: int
    ends_us: int


@dataclass(slots=True)
class Shelf:
    """The rows of one bundle in an account, and what changes among them."""

    bundle: Bundle
    key: str
    terms: Terms
    rows: dict[int, Pot]  # by the beginning of their periods
    opened: list[Pot] = field(default_factory=list)
    lost: dict[int, int] = field(default_factory=dict)  # by the same: how much more

    def lives(self, from_us: int, to_us: int) -> list[Life]:
        """Open what periods of [from_us, to_us) lack, and answer all that can be drawn on then."""
        own = spans(self.terms, self.bundle.period, from_us, to_us)
        for span in own:
            self._open(span)
        found = [self._life(self.rows[span.start_us], span) for span in own]
        if self.bundle.rollover is not None:
            starts_us = {span.start_us for span in own}
            last_us = own[-1].start_us
            found += [
                Life(pot, pot.until_us, pot.until_us, self._ends_us(pot))
                for start_us, pot in sorted(self.rows.items())
                if start_us not in starts_us
                and pot.until_us is not None
                and pot.until_us <= last_us
                and self._ends_us(pot) > max(own[0].start_us, pot.until_us)
            ]
        return found

    def _life(self, pot: Pot, span: Span) -> Life:
        """A row of a period that usage lies in."""
        if self.bundle.period is not Period.VALIDITY:
            assert pot.until_us is not None and pot.ends_us is not None
            return Life(pot, span.start_us, pot.until_us, pot.ends_us)
        first = span.start_us == self.terms.starts_us[0]
        until_us = NEVER_US if span.until_us is None else span.until_us
        ends_us = until_us if self.bundle.rollover is None else self._ends_us(pot)
        return Life(pot, ALWAYS_US if first else span.start_us, until_us, ends_us)

    def _open(self, span: Span) -> None:
        """Let there be a row for a period, and for those before it whose rest it would carry."""
        if span.start_us in self.rows:
            return
        for missed in (*self._missed(span.start_us), span):
            last = max(self.rows, default=missed.start_us)
            pot = Pot(
                self.terms.account_id,
                self.key,
                missed.start_us,
                granted=self.bundle.octets or self.bundle.seconds,
                until_us=missed.until_us,
                ends_us=self._last_us(missed, late=last > missed.start_us),
            )
            if missed.until_us is None:
                pot.until_us = self.terms.until_us
            self._lose(missed.start_us)
            self.rows[missed.start_us] = pot
            self.opened.append(pot)

    def _missed(self, start_us: int) -> list[Span]:
        """Earlier periods in which nothing was used, though the subscriber had the plan."""
        rollover = self.bundle.rollover
        found: list[Span] = []
        if rollover is None or self.bundle.period is Period.VALIDITY:
            return found
        at_us = start_us
        for _ in range(rollover.periods):
            if at_us <= self.terms.starts_us[0]:
                break
            at_us, until_us = self._bounds(at_us - 1)
            if at_us in self.rows:
                break
            found.insert(0, Span(at_us, until_us))
        return found

    def _last_us(self, span: Span, *, late: bool) -> int | None:
        """Where a new row ends at last.

        One that is opened late, behind a later one, carries nothing: that one did without it.
        """
        if self.bundle.period is Period.VALIDITY:
            return None
        at_us = span.until_us
        assert at_us is not None
        if self.bundle.rollover is not None and not late:
            for _ in range(self.bundle.rollover.periods):
                at_us = self._bounds(at_us)[1]
        return at_us

    def _bounds(self, us: int) -> tuple[int, int]:
        """The period that holds an instant."""
        return period_bounds_us(us, self.bundle.period, self.terms.anchor_us, self.terms.timezone)

    def _lose(self, start_us: int) -> None:
        """Of what earlier rows carry into the period that begins now, keep what the plan keeps."""
        if self.bundle.rollover is None:
            return
        carried = [
            (begun_us, pot.left - self.lost.get(begun_us, 0))
            for begun_us, pot in sorted(self.rows.items())
            if pot.until_us is not None
            and pot.until_us <= start_us
            and self._ends_us(pot) > start_us
        ]
        excess = sum(left for _, left in carried) - self.bundle.rollover.most
        for begun_us, left in carried:
            if excess <= 0:
                break
            self.lost[begun_us] = self.lost.get(begun_us, 0) + min(left, excess)
            excess -= left

    def _ends_us(self, pot: Pot) -> int:
        """Where what is left of a row ends; of validity periods as far as they are known."""
        if pot.ends_us is not None:
            return pot.ends_us
        rollover = self.bundle.rollover
        assert rollover is not None
        end_us = pot.period_start_us + 1 if pot.until_us is None else pot.until_us
        known_us = sorted({*self.rows, *self.terms.starts_us})
        later_us = [start_us for start_us in known_us if start_us >= end_us]
        return later_us[rollover.periods] if len(later_us) > rollover.periods else NEVER_US


def by_key(rows: Iterable[Pot]) -> dict[str, dict[int, Pot]]:
    """Return an account's rows by their keys and the beginnings of their periods."""
    found: dict[str, dict[int, Pot]] = {}
    for pot in rows:
        found.setdefault(pot.pot, {})[pot.period_start_us] = pot
    return found
