"""The truth against the books: is everything there that was acknowledged, and nothing besides?

A router's session is found in the books by device, Acct-Session-Id and login. Where an id was used
again, the sessions that share it are compared together and as a set. Of a router whose counters
could be taken at their word, the stored counters lie between the highest acknowledged and the
highest sent, at every moment (A1), and are the truth itself once its Stop is acknowledged (A2). Of
one that lied, only that each acknowledged packet is in the journal; how many those are is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.simulation.books import ACCEPTED, CLOSED, OPEN, Books, Session
from tests.simulation.journaled import Journal
from tests.simulation.oracle import Usage
from tests.simulation.truth import Told, TrueSession, Truth

NOTHING = Usage(0, 0, 0)
LATE_US = 60_000_000  # longer on the way than any report in a calm network
Key = tuple[str, str, str]  # device, Acct-Session-Id, login


@dataclass(slots=True)
class Pair:
    """All sessions of one name, in truth and in the books."""

    true: list[TrueSession] = field(default_factory=list)
    stored: list[Session] = field(default_factory=list)
    muddled: bool = False  # a name that came back, and the server's clock was set in between

    @property
    def honest(self) -> bool:
        """Can all counters be taken at their word?"""
        return not self.muddled and all(session.honest for session in self.true)


def pairs(books: Books, truth: Truth) -> dict[Key, Pair]:
    """Truth and books side by side."""
    found: dict[Key, Pair] = {}
    for true in truth.sessions:
        key = (true.nas, true.acct_session_id, true.login.lower())
        found.setdefault(key, Pair()).true.append(true)
    for session in books.sessions.values():
        if session.records_n:
            nas = books.devices.get(session.device_id, "?")
            key = (nas, session.acct_session_id, books.login_of(session))
            found.setdefault(key, Pair()).stored.append(session)
    if truth.clock_jumped:
        # Which incarnation of a name a record is of is told by time alone where Class is not.
        for pair in found.values():
            pair.muddled = len(pair.true) > 1
    return found


def told_most(records: list[Told]) -> Usage:
    """The highest true totals among some records."""
    return Usage(
        max((one.input_octets for one in records), default=0),
        max((one.output_octets for one in records), default=0),
        max((one.session_s for one in records), default=0),
    )


def _sum(all_usage: list[Usage]) -> Usage:
    return (
        Usage(*(sum(column) for column in zip(*all_usage, strict=True))) if all_usage else NOTHING
    )


def covered(books: Books, truth: Truth, journal: Journal) -> Iterator[str]:
    """A1: what was acknowledged by now is stored; A2: and nothing that was never sent."""
    yield from journal.read()
    ids: dict[str, list[int]] = {}
    for device_id, name in books.devices.items():
        ids.setdefault(name, []).append(device_id)
    for true in truth.sessions:
        for told in true.acked:
            if not journal.has(ids.get(true.nas, []), true, told):
                yield f"A1: {_named(true)}: its acknowledged {told.kind} is not in the journal"
    for (nas, name, login), pair in pairs(books, truth).items():
        text = f"session {name} of {login} on {nas}"
        if not pair.true:
            yield f"A2: {text} is in the books and nobody had it"
            continue
        stopped_n = sum(true.finished for true in pair.true)
        closed_n = sum(session.state == CLOSED for session in pair.stored)
        if closed_n < stopped_n and not pair.muddled:
            yield f"A1: {text}: {stopped_n} acknowledged Stops, {closed_n} closed sessions"
        if not pair.honest:
            continue
        least = _sum([told_most(true.acked) for true in pair.true])
        most = _sum([told_most(true.told) for true in pair.true])
        kept = _sum([session.with_review for session in pair.stored])
        taken = _sum([session.usage for session in pair.stored])
        if any(has < must for has, must in zip(kept, least, strict=True)):
            yield f"A1: {text}: {tuple(kept)} stored, {tuple(least)} acknowledged"
        if any(has > sent for has, sent in zip(taken, most, strict=True)):
            yield f"A2: {text}: {tuple(taken)} stored, only {tuple(most)} were ever sent"


def exact(books: Books, truth: Truth, figures: Counter[str]) -> Iterator[str]:
    """A2, A7: once its Stop is acknowledged, a session is in the books as it was, once."""
    for (nas, name, login), pair in pairs(books, truth).items():
        text = f"session {name} of {login} on {nas}"
        if len(pair.true) == len(pair.stored) == 1 and not figures["clock jumps"]:
            gardens = read_gardens(books, pair.stored[0])
            yield from _adopted(text, pair.true[0], pair.stored[0], behind_walls=gardens)
        if not pair.honest:
            figures["sessions judged by bounds"] += len(pair.true)
            continue
        if not all(true.finished for true in pair.true):
            figures["sessions that were never finished"] += len(pair.true)
            continue
        figures["sessions judged exactly"] += len(pair.true)
        # A router may say more seconds behind the Stop, and nobody may have heard it.
        wanted = sorted(Usage(t.used_input, t.used_output, t.used_s) for t in pair.true)
        least = sorted(told_most(t.acked) for t in pair.true)
        found = sorted(session.usage for session in pair.stored)
        as_told = len(found) == len(wanted) and all(
            one[:2] == most[:2] and low.session_s <= one.session_s <= most.session_s
            for low, one, most in zip(least, found, wanted, strict=True)
        )
        if not as_told:
            yield (
                f"A2: {text} used {[tuple(one) for one in wanted]}, "
                f"the books say {[tuple(one) for one in found]}"
            )
        if any(session.state != CLOSED or session.synthetic for session in pair.stored):
            yield f"A1: {text} was stopped and is not closed by that"


def _adopted(
    text: str, true: TrueSession, session: Session, *, behind_walls: bool
) -> Iterator[str]:
    """AD1: what ran before its router was ours owes nothing for that, and all that came after.

    Ours begins where a counter was first heard of, so what is free is what some record said.
    """
    unsure = ("no clock", "wrong clock", "clock steps")
    if not true.honest or any(habit in true.profile for habit in unsure) or session.walled:
        return
    if bool(session.adopted) != true.ran_before:
        first = min(true.acked, key=lambda record: record.acked_us or 0, default=None)
        if first and true.ran_before and (first.acked_us or 0) - first.sent_us > LATE_US:
            return  # a report that says no time, and came when it was older than the session
        yield f"AD1: {text} ran {'before' if true.ran_before else 'after'} the switch, and is " + (
            "adopted" if session.adopted else "not adopted"
        )
        return
    if not session.adopted or not true.acked or behind_walls:
        return
    heard_us = min(record.acked_us or 0 for record in true.acked)
    first = [one for one in true.told if one.sent_us <= heard_us and one.kind != "start"]
    for n, free in enumerate(session.unrated):
        if free not in {record.as_said[n] for record in first}:
            yield f"AD1: {text} was charged from {tuple(session.unrated)} on, it began elsewhere"
            return


def read_gardens(books: Books, session: Session) -> bool:
    """May it have stood behind a wall, which leaves more of it unrated?"""
    prices = books.price_list(session)
    return prices is not None and bool(prices.gardens)


def paid(books: Books, truth: Truth) -> Iterator[str]:
    """P1: every payment that is known to be booked is in the books once, and no other money."""
    keys: Counter[tuple[int, str]] = Counter()
    amounts: dict[tuple[int, str], int] = {}
    for entry in books.entries.values():
        if entry.kind not in ("charge", "package", "booster"):  # `sales` knows what was sold
            keys[entry.account_id, entry.key] += 1
            amounts[entry.account_id, entry.key] = entry.purse_micros(entry.account_id)
    known: set[tuple[int, str]] = set()
    for payment in truth.payments:
        account_id = books.account_of(payment.login.lower())
        if account_id is None:
            continue
        key = (account_id, payment.key)
        known.add(key)
        text = f"{payment.kind} {payment.key} of {payment.login}"
        if payment.done_us is not None and not payment.declined and not keys[key]:
            yield f"A1: {text} was booked, and is not there"
        if keys[key] and (payment.declined or amounts[key] != payment.amount_micros):
            yield f"P1: {text} moved {amounts[key]} micros instead of {payment.amount_micros}"
        if keys[key] > 1:
            yield f"P1: {text} is there {keys[key]} times"
    for account_id, name in sorted(keys.keys() - known):
        if not name.startswith("opening:"):
            yield f"P1: account {account_id} has an entry {name} that nobody booked"


def at_rest(books: Books, truth: Truth, now_us: int, figures: Counter[str]) -> Iterator[str]:
    """L6, A9, COA-16: nothing hangs on anything that is over."""
    over = {key for key, pair in pairs(books, truth).items() if all(t.ended_us for t in pair.true)}
    for session in books.sessions.values():
        key = (
            books.devices.get(session.device_id, "?"),
            session.acct_session_id,
            books.login_of(session),
        )
        name = f"session {session.session_id} ({session.acct_session_id})"
        if session.state == OPEN and key in over:
            # Its router forgot it; it is open until the device has talked long enough without it.
            figures["sessions left open by their router"] += 1
        elif (
            session.state == ACCEPTED
            and session.held_micros
            and now_us > session.hold_until_us + 60_000_000
        ):
            yield f"L6: {name} never began, its time is over, it holds {session.held_micros} micros"
    for row in books.ask("SELECT count(*) FROM orders WHERE state = 'pending'"):
        if row[0]:
            yield f"liveness: {row[0]} orders are still pending"
    yield from _suspense(books, truth, figures)


def _suspense(books: Books, truth: Truth, figures: Counter[str]) -> Iterator[str]:
    """A9: what is in suspense could not be attributed, by the truth as well."""
    rows = books.ask(
        "SELECT session_id, reason, user_name, input_octets, output_octets FROM suspense"
        " WHERE state = 'open'"
    )
    logins = {login for login, _ in books.subscribers.values()}
    side_by_side = pairs(books, truth)
    for session_id, reason, user_name, *_ in rows:
        figures[f"in suspense: {reason}"] += 1
        session = books.sessions.get(session_id)
        if session is None:
            yield f"A9: session {session_id} is in suspense and does not exist"
            continue
        key = (
            books.devices.get(session.device_id, "?"),
            session.acct_session_id,
            books.login_of(session),
        )
        pair = side_by_side.get(key, Pair())
        honest = pair.honest and bool(pair.true)
        if reason == "unknown-subscriber" and user_name.lower() in logins:
            yield f"A9: {user_name} is known, session {session_id} is in suspense as nobody's"
        if reason in ("implausible", "low-stop", "no-session-id") and honest:
            yield f"A9: session {session_id} of an honest router is in suspense: {reason}"
        if reason == "stopped-session-id" and honest and len(pair.true) == 1:
            yield f"A9: session {session_id} is in suspense as a replay, and was the only one"


def _named(true: TrueSession) -> str:
    return f"session {true.acct_session_id} of {true.login} on {true.nas}"
