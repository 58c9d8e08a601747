"""Recorded usage on a draft of a plan, beside what was charged or what another plan would cost.

Fed with what the journal tells, in its order; a report counts whole where its time lies, and the
sum of what two neighbouring spans cost is what both cost together. A session that began before the
span is asked for as it was then, and is priced by what it uses within it; so are session fees: only
sessions that begin to use something within the span owe one. Records of services are no reports:
they say of which class the next report's traffic is (`accounting.apart`), and a Stop waits for them
as it would have when it came. Boosters are bought when
they were bought. Nothing is read or written here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from accounting.apart import Classes, Routers
from accounting.journal import Told
from accounting.rerun import Rerun, Tried
from accounting.strands import Octets, Strands
from domain.plan import Plan
from domain.seams import US_PER_S
from rating.scheme import Rise, Uses

# A session that has stopped, or that was not heard of for so long, is put away when there are many.
SILENT_US: Final = 2 * 86_400 * US_PER_S
MANY_N: Final = 50_000
START: Final = 1
STOP: Final = 2
PATIENCE_US: Final = 2 * US_PER_S  # of a Stop for services; a second, of clocks that tell seconds


@dataclass(frozen=True, slots=True)
class Person:
    """Whose usage is priced: the first login of an account, its zone, and its currency."""

    login: str
    timezone: str
    currency: str


class _Open:
    """A session as far as it was told."""

    __slots__ = (
        *("apart", "charged_micros", "down", "fee_due", "heard", "known_us", "last_us", "over"),
        *("priced", "seconds", "states", "unrated_down", "unrated_up", "up"),
    )

    def __init__(self, states: tuple[Uses, ...], event_us: int, known_us: int) -> None:
        self.up = self.down = self.seconds = self.charged_micros = 0
        self.unrated_up = self.unrated_down = 0
        self.fee_due = self.over = self.priced = False
        self.heard = False  # by a report of its own
        self.known_us = known_us  # its records since then were told; 0: all of them
        self.last_us = event_us
        self.states = states
        self.apart: tuple[Strands, ...] = ()  # what its services have counted, for each plan


class Cost:
    """What an account has come to: on the draft, on the other plan, and what it was charged."""

    __slots__ = ("charged_micros", "tried")

    def __init__(self, tried: tuple[Tried, ...]) -> None:
        self.tried = tried
        self.charged_micros = 0


NO_ROUTERS: Final = Routers({}, 0, 0)


class Comparison:
    """A draft, and perhaps another plan, tried on usage between two instants."""

    def __init__(
        self,
        draft: Plan,
        other: Plan | None,
        span: tuple[int, int],
        people: Mapping[int, Person],
        *,
        routers: Routers = NO_ROUTERS,
        boosters: Mapping[int, Sequence[tuple[str, int]]] = MappingProxyType({}),
    ) -> None:
        """`people` by account: whose usage counts. `other` None: charged is what was charged.

        `routers` are needed to understand what they say of services; `boosters` are those that
        accounts have bought within the span, each with its name and instant.
        """
        plans = (draft,) if other is None else (draft, other)
        self._from_us, self._until_us = span
        self._people = people
        self._reruns = tuple(Rerun(plan, *span) for plan in plans)
        self._classes = Classes(plans, routers)
        self._sessions: dict[int, _Open] = {}
        self._tidy_n = MANY_N
        self._boosters = boosters
        self._no_fee: set[int] = set()
        self._waiting: dict[int, Told] = {}  # Stops, by their sessions
        self.costs: dict[int, Cost] = {}  # by account, of all who used something
        self.records_n = 0  # that count
        self.sessions_n = 0
        self.beyond_n = 0  # reports of more than any book can hold
        self.cut_n = 0  # sessions whose earlier reports are not there any more
        self.unsold: tuple[Counter[str], ...] = tuple(
            Counter() for _ in plans
        )  # boosters, by plans
        self.unsorted_n = 0  # records of services whose session or words are not known
        # Is anything to be asked about sessions beside what the journal tells?
        self.asks_fees = any(plan.session_fee_micros for plan in plans)
        # Is anything to be told of what lay before the span, so that services are known in it?
        self.asks_classes = self._classes.asked

    def unknown(self, batch: Iterable[Told]) -> tuple[dict[int, int], list[int]]:
        """Return what has to be told before a batch is taken.

        First the sessions of which it does not hold the first report, each with the journal row of
        the report before (`begin`); then those whose first it holds (`owes_no_fee`).
        """
        before: dict[int, int] = {}
        first: dict[int, None] = {}
        for one in batch:
            if one[12] is not None and not self.asks_classes:
                continue
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
        """Take a session as this report left it, before the batch that was asked about.

        What it had used while it was nobody's is new once it is somebody's.
        """
        session = self._opened(one)
        session.heard, session.known_us = True, one[3]
        if one[1]:
            self._leave(session, one)
        else:
            session.last_us = one[3] - one[8] * US_PER_S

    def owes_no_fee(self, session_ids: Iterable[int]) -> None:
        """These sessions go on with another under the same Class, or were adopted (F-54)."""
        self._no_fee.update(session_ids)

    def take(self, batch: Iterable[Told]) -> None:
        """Price what a batch tells."""
        people, sessions, waiting = self._people, self._sessions, self._waiting
        for one in batch:
            event_us = one[3]
            if waiting:
                self._go_on(event_us)
            if one[12] is not None:
                self._note(one)
                continue
            if event_us >= self._until_us or one[1] not in people:
                continue
            session = sessions.get(one[0])
            if session is None:
                session = self._opened(one)
            if not session.heard:
                session.heard = True
                if session.known_us:
                    # What it had used by then is not known, so nothing of it is new.
                    self.cut_n += 1
                    self._leave(session, one)
                    continue
                session.last_us = event_us - one[8] * US_PER_S
            if one[0] in waiting:
                self._hear(session, waiting.pop(one[0]))
            if one[4] == STOP and session.apart and self._classes.going(session.apart):
                waiting[one[0]] = one
                continue
            self._hear(session, one)
        if len(sessions) > self._tidy_n:
            self._tidy()

    def finish(self) -> None:
        """All has been told."""
        self._go_on(self._until_us + PATIENCE_US)

    def _go_on(self, now_us: int) -> None:
        """Take the Stops that have waited for long enough, or whose services have stopped."""
        for key, one in list(self._waiting.items()):
            session = self._sessions[key]
            going = self._classes.going(session.apart)
            if not going or one[3] + PATIENCE_US <= now_us:
                del self._waiting[key]
                self._hear(session, one)

    def _hear(self, session: _Open, one: Told) -> None:
        """Price what a report tells of a known session, if it counts."""
        classes = self._rise(session, one) if session.apart else None
        if one[3] >= self._from_us:
            self._price(session, one, classes)
        self._leave(session, one)

    def _opened(self, one: Told) -> _Open:
        """A session that nothing was known of; what it used before this is not there."""
        states = tuple(rerun.session() for rerun in self._reruns)
        session = self._sessions[one[0]] = _Open(states, one[3], one[3] if one[2] else 0)
        return session

    def _note(self, one: Told) -> None:
        """Take in what a service in a session has counted."""
        account_id, event_us, apart = one[1], one[3], one[12]
        if not self.asks_classes or event_us >= self._until_us or apart is None:
            return
        if one[0] and account_id not in self._people:
            return
        read = self._classes.read(apart)
        named = read is not None and (read[1].parent_id or read[1].service_name)
        if not one[0] or read is None or not named:
            # Of no session it is a service's only if it reads like that, or cannot be read.
            lost = one[0] or read is None or named
            self.unsorted_n += bool(lost) and event_us >= self._from_us
            return
        session = self._sessions.get(one[0]) or self._opened(one)
        session.apart = session.apart or self._classes.fresh()
        self._classes.note(session.apart, *read, session.known_us)

    def _rise(self, session: _Open, one: Told) -> list[list[Octets]]:
        """What of a report is of which class, by plans."""
        rise = max(one[6] - session.up, 0), max(one[7] - session.down, 0)
        unrated = max(one[10] - session.unrated_up, 0), max(one[11] - session.unrated_down, 0)
        return self._classes.of_rise(session.apart, rise, unrated)

    def _price(self, session: _Open, one: Told, classes: list[list[Octets]] | None) -> None:
        """Price a report on every plan; `classes` by plans, None: all of it is of no class."""
        account_id, event_us = one[1], one[3]
        up, down, seconds, charged = one[6:10]
        self.records_n += 1
        if not session.priced:
            session.priced = True
            self.sessions_n += 1
        cost = self.costs.get(account_id) or self._cost(account_id)
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
            for at, tried in enumerate(cost.tried):
                if classes is not None:
                    rise = Rise(up, down, seconds, from_us, to_us, classes[at])
                tried.use(session.states[at], rise, (from_us, to_us), session.fee_due, fee_due)
        except OverflowError:
            self.beyond_n += 1

    def _cost(self, account_id: int) -> Cost:
        """An account that uses something for the first time, with all boosters that it will buy."""
        zone = self._people[account_id].timezone
        cost = Cost(tuple(rerun.account(zone) for rerun in self._reruns))
        self.costs[account_id] = cost
        for name, at_us in self._boosters.get(account_id, ()):
            for tried, unsold in zip(cost.tried, self.unsold, strict=True):
                if not tried.buy(name, at_us):
                    unsold[name] += 1
        return cost

    def _fee_due(self, one: Told) -> bool:
        """Has the session begun, as one that owes a fee (F-42)?"""
        begun = bool(one[6] or one[7] or one[8]) or (one[4] == START and not one[5])
        return begun and one[0] not in self._no_fee

    def _leave(self, session: _Open, one: Told) -> None:
        """The session stands as the report has left it."""
        session.up, session.down, session.seconds = one[6], one[7], one[8]
        session.charged_micros = one[9]
        session.unrated_up, session.unrated_down = one[10], one[11]
        session.last_us = max(session.last_us, one[3])
        session.fee_due = session.fee_due or self._fee_due(one)
        session.over = one[4] == STOP

    def _tidy(self) -> None:
        """Put away what will hardly be heard of again; whoever is, is asked for as it was."""
        self.finish()
        newest_us = max(one.last_us for one in self._sessions.values())
        for session_id, one in list(self._sessions.items()):
            if one.over or one.last_us < newest_us - SILENT_US:
                del self._sessions[session_id]
                self._no_fee.discard(session_id)
        self._tidy_n = max(2 * len(self._sessions), MANY_N)
