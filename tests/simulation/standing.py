"""Who stands where: in the service, or behind a wall, and what that costs (W1 to W4).

W1: behind a wall nobody holds money or is charged, and unrated usage grows nowhere else but there
and by adoption. W2: who reports from the full service and is not entitled to it is walled or cut in
the same commit. W3: once all is calm, a router has everybody where they belong, soon. W4: who buys
time by itself and has the money is not left without it. The wall is found here from the rows of
the subscriber and the newest text of the plan; money is the business of `promises`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.books import HELD, OPEN, Books, News, Session
from tests.simulation.oracle import PriceList, read
from tests.simulation.promises import NO_CREDIT, just_cut, least_login_micros
from tests.simulation.reckoning import Pair, pairs
from tests.simulation.truth import Truth
from tests.simulation.world import US_PER_S

EXPIRED, SUSPENDED = 1, 3
WALLED = "walled"  # the list or filter of every garden in town
SLOW_US = 20 * US_PER_S  # a batch may be decided so long before its commit is seen
SETTLES_US = 130 * US_PER_S  # a poll, a sweep, a CoA that fails, a Disconnect and its way

_PEOPLE = (
    "SELECT s.subscriber_id, s.login, s.account_id, s.status, s.valid_until_us, p.source"
    " FROM subscribers s JOIN plans p ON p.name = s.plan_name"
    " WHERE p.version = (SELECT max(version) FROM plans WHERE name = s.plan_name)"
)


@dataclass(slots=True)
class Person:
    """A subscriber as the books have it, with the newest price list of its plan."""

    login: str
    account_id: int
    suspended: bool
    until_us: int | None
    prices: PriceList

    def wall(self, now_us: int) -> int:
        """The wall that status and time put before it; 0: none."""
        if self.suspended:
            return SUSPENDED
        if self.until_us is None:
            return 0
        return EXPIRED if now_us >= self.until_us + self.prices.grace_s * US_PER_S else 0


def people(books: Books) -> dict[int, Person]:
    """Everybody, by subscriber."""
    return {
        row[0]: Person(row[1], row[2], row[3] == "suspended", row[4], read(row[5]))
        for row in books.ask(_PEOPLE)
    }


@dataclass(slots=True)
class Standing:
    """What is remembered between looks."""

    _known: dict[int, Person] = field(default_factory=dict)
    _wrong_us: dict[Any, int] = field(default_factory=dict)  # since when something is amiss

    # ---------------------------------------------------------------- after a commit

    def judge(self, books: Books, news: News, now_us: int) -> Iterator[str]:
        """W1, W2 after a commit; `now_us` is the server's UTC."""
        before, touched = self._known, [pair for pair in news.sessions if pair[1].account_id]
        if touched or not before:
            self._known = people(books)
        for was, session in touched:
            yield from _unrated(was, session)
            person, earlier = (known.get(session.subscriber_id) for known in (self._known, before))
            if person is not None and earlier is not None:
                yield from _shut_out(was, session, (earlier, person), now_us)
                yield from _left_in(books, was, session, (earlier, person), now_us=now_us)

    # ---------------------------------------------------------------- when all is calm

    def when_calm(self, books: Books, truth: Truth, now_us: int, server_us: int) -> Iterator[str]:
        """W3, W4: a look every now and then once all faults have ended."""
        wrong: dict[Any, str] = {}
        found = pairs(books, truth)
        for person in people(books).values():
            if person.login not in truth.cast or person.account_id not in books.accounts:
                continue
            wall = person.wall(server_us)
            account = books.accounts[person.account_id]
            prices = person.prices
            if wall == EXPIRED and prices.auto_renew:
                price_micros = prices.package_micros
                if price_micros <= max(account.available_micros, 0):
                    wrong[person.login] = (
                        f"W4: {person.login} renews by itself, has {account.available_micros} "
                        f"micros for a package of {price_micros}, and is expired"
                    )
            for pair in found.values():
                if len(pair.true) == len(pair.stored) == 1 and _judged(pair, person):
                    text = _misplaced(books, pair, person, wall)
                    if text:
                        wrong[pair.stored[0].session_id] = text
        self._wrong_us = {key: self._wrong_us.get(key, now_us) for key in wrong}
        for key, text in wrong.items():
            if now_us - self._wrong_us[key] > SETTLES_US:
                yield f"{text}, for {(now_us - self._wrong_us[key]) // US_PER_S} s"


def _judged(pair: Pair, person: Person) -> bool:
    true, session = pair.true[0], pair.stored[0]
    return (
        true.login == person.login
        and true.ended_us is None
        and true.obeys
        and "strict clock" not in true.profile  # it heeds nothing while its clock is wrong
        and session.state == OPEN
        and not session.replaced_by
    )


def _misplaced(books: Books, pair: Pair, person: Person, wall: int) -> str:
    """Is a session at its router where it does not belong?"""
    true, session = pair.true[0], pair.stored[0]
    name = f"session {session.session_id} of {true.login} on {true.nas}"
    inside = true.garden == WALLED
    if wall:
        return "" if inside else f"W3: {name} is in the full service, and stands before wall {wall}"
    if not inside or not _pays(books, session, person):
        return ""
    if session.walled == NO_CREDIT:
        return f"W3: {name} stands behind the wall for money, and has it"
    return f"W3: {name} stands behind wall {session.walled}, and is entitled to the service"


def _pays(books: Books, session: Session, person: Person) -> bool:
    """Is there a place and the money for one more session of the service?"""
    others_n = sum(
        one.account_id == session.account_id and one.state <= OPEN and not one.walled
        for one in books.sessions.values()
        if one is not session
    )
    account, prices = books.accounts[session.account_id], person.prices
    if others_n >= prices.sessions_max:
        return False
    if not prices.priced:
        return True
    least_micros = max(
        least_login_micros(one) for one in (prices, books.price_lists.get(session.plan_id, prices))
    )
    return account.available_micros // prices.sessions_max >= least_micros


# -------------------------------------------------------------------- after a commit


def _unrated(was: Session | None, session: Session) -> Iterator[str]:
    """W1: see above."""
    name = f"session {session.session_id}"
    if session.walled and (session.hold_state == HELD or session.held_micros):
        yield f"W1: {name} stands behind wall {session.walled} and holds money"
    before = was.unrated if was is not None else (0, 0, 0)
    rise = [now - then for now, then in zip(session.unrated, before, strict=True)]
    if min(rise) < 0:
        yield f"W1: what is unrated of {name} fell from {tuple(before)} to {tuple(session.unrated)}"
    ever = session.walled or (was is not None and was.walled)
    if any(rise) and not (ever or session.adopted):
        yield f"W1: {rise} of {name} became unrated, and it stands behind no wall"
    if was is None or not (was.walled and session.walled):
        return
    rated = [now - then for now, then in zip(session.rated, was.rated, strict=True)]
    if any(rated) or session.charged_micros != was.charged_micros:
        yield (
            f"W1: {name} stands behind wall {session.walled}, and {rated} of it were rated, "
            f"{session.charged_micros - was.charged_micros} micros charged"
        )


def _shut_out(
    was: Session | None, session: Session, people: tuple[Person, Person], now_us: int
) -> Iterator[str]:
    """W2, the other way round: who is entitled to the service is not walled."""
    if session.walled not in (EXPIRED, SUSPENDED) or (was and was.walled == session.walled):
        return
    if not any(person.wall(us) for person in people for us in (now_us - SLOW_US, now_us)):
        yield (
            f"W2: session {session.session_id} of {people[1].login} is put behind wall "
            f"{session.walled}, and is entitled to the service"
        )


def _left_in(
    books: Books,
    was: Session | None,
    session: Session,
    people: tuple[Person, Person],
    *,
    now_us: int,
) -> Iterator[str]:
    """W2: see above. Judged only if it was so before the commit as well."""
    if session.state != OPEN or session.walled or session.replaced_by or session.cut_order_id:
        return
    if was is None or was.cut_order_id or session.usage == was.usage:
        return
    walls = {person.wall(now_us - SLOW_US) for person in people}
    if 0 in walls or any(person.wall(now_us) == 0 for person in people):
        return
    if just_cut(books, session, now_us):
        return
    yield (
        f"W2: session {session.session_id} of {people[1].login} reports from the full service, "
        f"stands before wall {people[1].wall(now_us)}, and nothing is done about it"
    )
