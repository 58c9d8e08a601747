"""Recorded usage on a draft of a plan, beside what was charged or what another plan would cost.

Fed with what the journal tells, in its order; a report counts whole where its time lies, and the
sum of what two neighbouring spans cost is what both cost together. A session that began before the
span is asked for as it was then, and is priced by what it uses within it; so are session fees: only
sessions that begin to use something within the span owe one. Nothing is read or written here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from accounting.journal import Told
from accounting.rerun import Rerun, Tried
from domain.plan import Plan
from domain.seams import US_PER_S
from rating.scheme import Rise, Uses

# A session that has stopped, or that was not heard of for so long, is put away when there are many.
SILENT_US: Final = 2 * 86_400 * US_PER_S
MANY_N: Final = 50_000
START: Final = 1
STOP: Final = 2


@dataclass(frozen=True, slots=True)
class Person:
    """Whose usage is priced: the first login of an account, its zone, and its currency."""

    login: str
    timezone: str
    currency: str


class _Open:
    """A session as far as it was told."""

    __slots__ = ("charged_micros", "down", "fee_due", "last_us", "over", "seconds", "states", "up")

    def __init__(self, states: tuple[Uses, ...], event_us: int) -> None:
        self.up = self.down = self.seconds = self.charged_micros = 0
        self.fee_due = self.over = False
        self.last_us = event_us
        self.states = states


class Cost:
    """What an account has come to: on the draft, on the other plan, and what it was charged."""

    __slots__ = ("charged_micros", "tried")

    def __init__(self, tried: tuple[Tried, ...]) -> None:
        self.tried = tried
        self.charged_micros = 0


class Comparison:
    """A draft, and perhaps another plan, tried on usage between two instants."""

    def __init__(
        self,
        draft: Plan,
        other: Plan | None,
        span: tuple[int, int],
        people: Mapping[int, Person],
    ) -> None:
        """`people` by account: whose usage counts. `other` None: charged is what was charged."""
        plans = (draft,) if other is None else (draft, other)
        self._from_us, self._until_us = span
        self._people = people
        self._reruns = tuple(Rerun(plan, *span) for plan in plans)
        self._sessions: dict[int, _Open] = {}
        self._tidy_n = MANY_N
        self._no_fee: set[int] = set()
        self.costs: dict[int, Cost] = {}  # by account, of all who used something
        self.records_n = 0  # that count
        self.sessions_n = 0
        self.beyond_n = 0  # reports of more than any book can hold
        self.cut_n = 0  # sessions whose earlier reports are not there any more
        # Is anything to be asked about sessions beside what the journal tells?
        self.asks_fees = any(plan.session_fee_micros for plan in plans)

    def unknown(self, batch: Iterable[Told]) -> tuple[dict[int, int], list[int]]:
        """Return what has to be told before a batch is taken.

        First the sessions of which it does not hold the first report, each with the journal row of
        the report before (`begin`); then those whose first it holds (`owes_no_fee`).
        """
        before: dict[int, int] = {}
        first: dict[int, None] = {}
        for one in batch:
            session_id = one[0]
            if session_id in self._sessions or session_id in before or session_id in first:
                continue
            if one[1] in self._people and one[3] < self._until_us:
                if one[2]:
                    before[session_id] = one[2]
                else:
                    first[session_id] = None
        return before, list(first)

    def begin(self, one: Told) -> None:
        """Take a session as this report left it, before the batch that was asked about."""
        self._leave(self._opened(one), one)

    def owes_no_fee(self, session_ids: Iterable[int]) -> None:
        """These sessions go on with another under the same Class, or were adopted (F-54)."""
        self._no_fee.update(session_ids)

    def take(self, batch: Iterable[Told]) -> None:
        """Price what a batch tells."""
        people, sessions = self._people, self._sessions
        for one in batch:
            event_us = one[3]
            if event_us >= self._until_us or one[1] not in people:
                continue
            session = sessions.get(one[0])
            if session is None:
                session = self._opened(one)
                if one[2]:
                    # What it had used by then is not known, so nothing of it is new.
                    self.cut_n += 1
                    self._leave(session, one)
                    continue
                session.last_us = event_us - one[8] * US_PER_S
            if event_us >= self._from_us:
                self._price(session, one)
            self._leave(session, one)
        if len(sessions) > self._tidy_n:
            self._tidy()

    def _opened(self, one: Told) -> _Open:
        self.sessions_n += 1
        states = tuple(rerun.session() for rerun in self._reruns)
        session = self._sessions[one[0]] = _Open(states, one[3])
        return session

    def _price(self, session: _Open, one: Told) -> None:
        """Price a report on every plan."""
        _id, account_id, _previous, event_us, _status, _walled, up, down, seconds, charged = one
        self.records_n += 1
        cost = self.costs.get(account_id)
        if cost is None:
            zone = self._people[account_id].timezone
            cost = Cost(tuple(rerun.account(zone) for rerun in self._reruns))
            self.costs[account_id] = cost
        cost.charged_micros += max(charged - session.charged_micros, 0)
        fee_due = session.fee_due or self._fee_due(one)
        up, down, seconds = up - session.up, down - session.down, seconds - session.seconds
        if up < 0 or down < 0 or seconds < 0 or not (
            up or down or seconds or fee_due is not session.fee_due
        ):  # fmt: skip
            return
        to_us = max(event_us, session.last_us)
        from_us = max(session.last_us, self._from_us)
        try:
            rise = Rise(up, down, seconds, from_us, to_us)
            for tried, uses in zip(cost.tried, session.states, strict=True):
                tried.use(uses, rise, (from_us, to_us), session.fee_due, fee_due)
        except OverflowError:
            self.beyond_n += 1

    def _fee_due(self, one: Told) -> bool:
        """Has the session begun, as one that owes a fee (F-42)?"""
        begun = bool(one[6] or one[7] or one[8]) or (one[4] == START and not one[5])
        return begun and one[0] not in self._no_fee

    def _leave(self, session: _Open, one: Told) -> None:
        """The session stands as the report has left it."""
        session.up, session.down, session.seconds = one[6], one[7], one[8]
        session.charged_micros = one[9]
        session.last_us = max(session.last_us, one[3])
        session.fee_due = session.fee_due or self._fee_due(one)
        session.over = one[4] == STOP

    def _tidy(self) -> None:
        """Put away what will hardly be heard of again; whoever is, is asked for as it was."""
        newest_us = max(one.last_us for one in self._sessions.values())
        for session_id, one in list(self._sessions.items()):
            if one.over or one.last_us < newest_us - SILENT_US:
                del self._sessions[session_id]
                self._no_fee.discard(session_id)
        self._tidy_n = max(2 * len(self._sessions), MANY_N)
