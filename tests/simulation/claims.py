"""What the books claim beside money: why a session ended, on which day a charge fell, whose it is.

A charge lies on a day, in the plan's own zone, on which its session lived (T6). Usage of nobody
stands on the list that a person works through (A9). A session that is said to have ended by an
Accounting-On ended so in truth, and an On that was acknowledged ended those it was about (A8).

A boot is judged only where the On could be understood: at a router whose clock and name are right,
and with a server whose own clock was not turned.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from tests.simulation.books import CLOSED, OPEN, Books, News, Session
from tests.simulation.reckoning import pairs
from tests.simulation.truth import TrueSession, Truth
from tests.simulation.world import US_PER_S

NAS_REBOOT = 11
LATE_ON_US = 3 * US_PER_S  # an On of the same second may be the later one
LAPSE_US = 90 * US_PER_S  # within which a hold that is over is given back
EPOCH = date(1970, 1, 1)
UNCLEAR = ("no clock", "wrong clock", "clock steps", "nameless", "no class")


def ended(books: Books, news: News, truth: Truth, figures: Counter[str]) -> Iterator[str]:
    """A8: nobody who is on line is ended by a boot that was not, or was before."""
    if figures["clock jumps"]:
        return
    for was, session in news.sessions:
        if session.state != CLOSED or not session.synthetic or (was and was.state == CLOSED):
            continue
        ((cause,),) = books.ask(
            "SELECT terminate_cause FROM sessions WHERE account_id = ? AND session_id = ?",
            session.account_id,
            session.session_id,
        )
        true = only(books, truth, session)
        if cause != NAS_REBOOT or true is None or true.ended_us is not None:
            continue
        since_us = true.began_us - LATE_ON_US
        if not any(nas == true.nas and at_us >= since_us for nas, at_us, _ in truth.boots):
            yield (
                f"A8: session {session.session_id} was ended by an Accounting-On, and "
                f"{true.nas} has not booted since it began"
            )


def ordered(books: Books, news: News) -> Iterator[str]:
    """L9: a session that is to be cut has the order that says so, from the same transaction."""
    for was, session in news.sessions:
        order_id = session.cut_order_id
        if order_id and was is not None and was.cut_order_id != order_id:
            rows = books.ask(
                "SELECT 1 FROM orders WHERE account_id = ? AND order_id = ?",
                session.account_id,
                order_id,
            )
            if not rows:
                yield f"L9: session {session.session_id} waits for order {order_id}, which is not"


def lapsing(books: Books, now_us: int, until_us: int) -> int:
    """How many logins that never began hold money, and are to give it back before `until_us`."""
    ((found,),) = books.ask(
        "SELECT count(*) FROM sessions WHERE state = 0 AND hold_state = 1"
        " AND hold_until_us < ? AND hold_until_us > ?",
        until_us,
        now_us - LAPSE_US,
    )
    return int(found)


def at_end(books: Books, truth: Truth, figures: Counter[str]) -> Iterator[str]:
    """T6, A9, A8: what is on record when all is at rest."""
    yield from _days(books)
    listed = {row[0] for row in books.ask("SELECT session_id FROM suspense")}
    for session in books.sessions.values():
        if not session.account_id and session.records_n and session.session_id not in listed:
            yield f"A9: session {session.session_id} is nobody's, and on no list"
        if session.state == OPEN and not figures["clock jumps"]:
            yield from _survived(books, truth, session)


def _survived(books: Books, truth: Truth, session: Session) -> Iterator[str]:
    """A session that its router has forgotten, though it said so and was heard."""
    true = only(books, truth, session)
    if true is None or true.cause != "reboot" or true.ended_us is None:
        return
    last_us = max((one.acked_us or one.sent_us for one in true.told), default=0)
    for nas, at_us, acked in truth.boots:
        if nas == true.nas and acked and at_us > max(true.ended_us, last_us):
            yield (
                f"A8: session {session.session_id} is open, and {nas} has said since that it booted"
            )
            return


def only(books: Books, truth: Truth, session: Session) -> TrueSession | None:
    """The one session in truth that this is, if there is no doubt about it."""
    nas = books.devices.get(session.device_id, "?")
    pair = pairs(books, truth).get((nas, session.acct_session_id, books.login_of(session)))
    if pair is None or len(pair.true) != 1 or len(pair.stored) != 1:
        return None
    (true,) = pair.true
    return None if any(habit in true.profile for habit in UNCLEAR) else true


def _days(books: Books) -> Iterator[str]:
    """T6: each charge is on a local day of its session."""
    rows = books.ask(
        "SELECT c.session_id, c.day, s.start_us, s.last_event_us, p.source"
        " FROM charges c JOIN sessions s ON s.account_id = c.account_id"
        " AND s.session_id = c.session_id JOIN plans p ON p.plan_id = c.plan_id"
    )
    for session_id, day, start_us, last_us, source in rows:
        zone = _zone(source)
        first, last = (_day(at_us, zone) for at_us in (min(start_us, last_us), last_us))
        if not first <= day <= last:
            yield (
                f"T6: session {session_id} has a charge on day {day}, "
                f"and lived on days {first} to {last} of {zone.key}"
            )


def _zone(source: str) -> ZoneInfo:
    for line in source.splitlines():
        name, _, value = line.partition("=")
        if name.strip() == "timezone":
            return ZoneInfo(value.strip().strip('"'))
    return ZoneInfo("UTC")


def _day(at_us: int, zone: ZoneInfo) -> int:
    local = datetime.fromtimestamp(at_us // US_PER_S, UTC).astimezone(zone)
    return (local.date() - EPOCH).days
