"""What the house owes its routers and subscribers besides money: places, words, times and ends.

A place: nobody is refused for too many sessions while there are fewer. Words: who is granted more
is told so, and what is told can be noticed in time. Times: a session began and ended when it did,
as far as its router could say so. Ends: whoever was ended by a boot, by an acknowledged Disconnect
or by silence does not stay open, and nobody is told off but by an order about him.

Where a router's habits leave a doubt, nothing is judged. What is judged after a commit is cheap;
the rest waits for the end, when all is calm.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from tests.simulation.books import ACCEPTED, CLOSED, HELD, OPEN, Books, News, Session
from tests.simulation.claims import only
from tests.simulation.oracle import NOTHING, read
from tests.simulation.reckoning import Pair, pairs, told_most
from tests.simulation.seams import EPOCH_US
from tests.simulation.truth import TrueSession, Truth
from tests.simulation.world import US_PER_S

STALE_ON_US = 280 * US_PER_S  # an On that took longer may be taken for one of the past
BELIEVED_US = 250 * US_PER_S  # a right clock is believed of a record that was no later
INSTANT_US = 5 * US_PER_S  # whole seconds, cut off twice, and a way through a good network
UNSURE_US = 310 * US_PER_S  # a clock that is believed may be wrong by so much
CUT_ENDS_US = 600 * US_PER_S  # within which an acknowledged cut without a Stop is an end
KEPT_N = 20  # decisions that are kept of each login
APART_US = 70 * US_PER_S  # two Starts that are nearer may be taken for one
UNDERSTATES = ("reset", "fall", "zero stop")  # lies that may only hide usage
SAYS_DELAY = ("cisco", "coova")


@dataclass(slots=True)
class Duties:
    """What is remembered between looks, and the settings of the house."""

    start_wait_s: int = 60
    stale_min_s: int = 900
    died_us: int = 0  # world time of the last death of the server
    hears_all: bool = True  # one server hears every word of a router
    _refused: set[tuple[str, int]] = field(default_factory=set)
    _booted: set[int] = field(default_factory=set)

    # ---------------------------------------------------------------- after a commit

    def judge(
        self, books: Books, news: News, truth: Truth, figures: Counter[str], now_us: int
    ) -> Iterator[str]:
        """What a commit owes; `now_us` is the world's."""
        for was, session in news.sessions:
            yield from _told_of_more(books, was, session)
            yield from _held_as_long_as_told(was, session)
        yield from self._places(books, news)
        if not figures["clock jumps"]:
            yield from self._boots(books, truth, now_us)
            yield from self._cuts(books, now_us)

    def _cuts(self, books: Books, now_us: int) -> Iterator[str]:
        """Q-26: a Disconnect that was acknowledged ends a session, also without a Stop."""
        for session_id, done_us in books.ask(
            "SELECT s.session_id, max(o.done_us) FROM sessions s JOIN orders o"
            " ON o.account_id = s.account_id AND o.session_id = s.session_id"
            " WHERE s.state = 1 AND o.kind = 'disconnect' AND o.result = 'ack'"
            " AND s.last_seen_us <= o.done_us GROUP BY s.session_id"
        ):
            if done_us - EPOCH_US > self.died_us and now_us + EPOCH_US - done_us > CUT_ENDS_US:
                yield (
                    f"A10: session {session_id} was disconnected, its router said so, "
                    "no Stop came, and it is open"
                )

    def _places(self, books: Books, news: News) -> Iterator[str]:
        """F5: nobody is refused for too many sessions while there are fewer."""
        rows = books.ask(
            "SELECT d.login, d.n, d.decided_us, d.request, s.account_id, p.source"
            " FROM decisions d JOIN subscribers s ON s.login = d.login"
            " JOIN plans p ON p.name = s.plan_name WHERE d.code = 'too-many-sessions'"
            " ORDER BY p.version"
        )
        texts = {row[:2]: row for row in rows}  # the newest version of the plan
        for key, (login, _, at_us, request, account_id, text) in texts.items():
            if key in self._refused:
                continue
            self._refused.add(key)
            station = json.loads(request).get("Calling-Station-Id", "")
            touched = {session.session_id for _, session in news.sessions}
            taken_n = [0, 0]  # in the service, and behind its walls: which was asked is not told
            for session_id, state, created_us, of_station, walled in books.ask(
                "SELECT session_id, state, created_us, calling_station_id, walled"
                " FROM sessions WHERE account_id = ?",
                account_id,
            ):
                if station and of_station == station:
                    continue  # its own, on whichever device: a redial takes its place (F-40)
                waits = created_us + self.start_wait_s * US_PER_S > at_us
                live = state == OPEN or (state == ACCEPTED and waits)
                taken_n[bool(walled)] += live or session_id in touched
            places_n = read(text).sessions_max
            if max(taken_n) < places_n:
                yield (
                    f"F5: {login} was refused for too many sessions with {max(taken_n)} "
                    f"of {places_n} places taken"
                )

    def _boots(self, books: Books, truth: Truth, now_us: int) -> Iterator[str]:
        """A8: an acknowledged On has ended the sessions that were before it."""
        for n, (nas, at_us, acked) in enumerate(truth.boots):
            if not acked or n in self._booted:
                continue
            self._booted.add(n)
            if now_us - at_us > STALE_ON_US:
                continue
            for session in books.sessions.values():
                if session.state != OPEN or books.devices.get(session.device_id) != nas:
                    continue
                true = only(books, truth, session)
                if true is None or true.cause != "reboot" or true.ended_us is None:
                    continue
                last_us = max((one.acked_us or one.sent_us for one in true.told), default=0)
                if at_us > max(true.ended_us, last_us) + INSTANT_US:
                    yield (
                        f"A8: {nas} has said that it booted and was heard, and its session "
                        f"{session.session_id} of before is open"
                    )

    # ---------------------------------------------------------------- at the end

    def at_end(
        self,
        books: Books,
        truth: Truth,
        figures: Counter[str],
        *,
        now_us: int,
        calm_us: int | None,
    ) -> Iterator[str]:
        """All is at rest; instants are the world's."""
        yield from _orders(books)
        yield from _verdicts(books, truth, figures)
        known = pairs(books, truth)
        for pair in known.values():
            yield from _understated(pair)
            if not figures["clock jumps"]:
                yield from _merged(pair)
            if len(pair.true) == 1 and len(pair.stored) == 1:
                yield from _told_off(books, pair.true[0], pair.stored[0])
                if not figures["clock jumps"]:
                    yield from _instants(books, pair.true[0], pair.stored[0])
                    if calm_us is not None:
                        yield from self._ends(books, truth, pair, (now_us, calm_us))
        for session in books.sessions.values():
            parent = books.sessions.get(session.class_session_id)
            if parent and parent.records_n and parent.acct_session_id != session.acct_session_id:
                yield (
                    f"A7: session {session.session_id} ({session.acct_session_id}) is said to go "
                    f"on from {parent.acct_session_id}, and no router does that"
                )

    def _ends(
        self, books: Books, truth: Truth, pair: Pair, instants: tuple[int, int]
    ) -> Iterator[str]:
        """A10: what has ended without a Stop does not stay open."""
        now_us, calm_us = instants
        (true,), (session,) = pair.true, pair.stored
        if session.state != OPEN or true.ended_us is None:
            return
        if not self.hears_all:
            return  # the server that has it in memory may not be the one to which its router talks
        if not session.usage.any:
            return  # one that never reported ages by its neighbours' interims, and calm has few
        ((seen_us,),) = books.ask(
            "SELECT last_seen_us FROM sessions WHERE session_id = ?", session.session_id
        )
        heard = [
            one.answered_us
            for one in truth.logins
            if one.nas == true.nas and one.answered_us is not None and one.sent_us >= calm_us
        ]
        if heard:
            since_us = max(heard[0], seen_us - EPOCH_US)
            patience_us = 2 * max(3 * session.interim_s, self.stale_min_s) * US_PER_S
            if heard[-1] - since_us > patience_us and now_us - heard[-1] > INSTANT_US:
                yield (
                    f"A10: session {session.session_id} has been silent for "
                    f"{(heard[-1] - since_us) // US_PER_S} s while {true.nas} talked, and is open"
                )


# -------------------------------------------------------------------- words


def _told_of_more(books: Books, was: Session | None, session: Session) -> Iterator[str]:
    """F6: a router that stops by itself is told when its session was granted more octets."""
    prices = books.price_list(session)
    if prices is None or was is None or prices.time != NOTHING or prices.volume == NOTHING:
        return
    both = (was, session)
    if was.walled or session.walled:
        return
    if any(one.state != OPEN or one.hold_state != HELD or one.cut_order_id for one in both):
        return
    enough = 2 * prices.next_step_micros() + 2
    rise_micros = session.granted_micros - was.granted_micros
    if not session.limit_octets or min(rise_micros, session.held_micros) < enough:
        return
    if session.limit_octets == was.limit_octets:
        yield (
            f"F6: session {session.session_id} was granted {rise_micros} micros more, and its "
            f"router knows of {session.limit_octets} octets as before"
        )


def _held_as_long_as_told(was: Session | None, session: Session) -> Iterator[str]:
    """L7: a login's hold lasts as long as the router may let it use what it was told."""
    if was is not None or session.state != ACCEPTED or session.hold_state != HELD:
        return
    held_s = (session.hold_until_us - session.start_us) // US_PER_S
    if held_s < session.timeout_s:
        yield (
            f"L7: session {session.session_id} may last {session.timeout_s} s, "
            f"what it holds lapses after {held_s}"
        )


# -------------------------------------------------------------------- logins and orders


def _verdicts(books: Books, truth: Truth, figures: Counter[str]) -> Iterator[str]:
    """ATH-07: what a router heard about a login is what was decided about it.

    Of decisions that began no session only the last twenty of each login are kept. A request
    without a signature that was bent under way may have been decided as somebody else's.
    """
    bent = figures["datagrams bent"]
    decided: Counter[tuple[str, str, str]] = Counter()
    passing: Counter[str] = Counter()
    for login, nas, code, began in books.ask(
        "SELECT d.login, v.name, d.code, d.n = d.session_id FROM decisions d"
        " JOIN devices v ON v.device_id = d.device_id"
    ):
        decided[login, nas, "accept" if code == "accepted" else "reject"] += 1
        passing[login] += not began
    heard = Counter(
        (one.login, one.nas, one.verdict)
        for one in truth.logins
        if one.verdict and (one.signed or not bent)
    )
    for key, heard_n in heard.items():
        login, nas, verdict = key
        if login in truth.plan_of and passing[login] < KEPT_N and heard_n > decided[key]:
            yield (
                f"ATH-07: {nas} heard {verdict} for {login} {heard_n} times, "
                f"it was decided {decided[key]} times"
            )


def _orders(books: Books) -> Iterator[str]:
    """COA-11: an order is done if the router said so, and only then."""
    for order_id, state, result in books.ask(
        "SELECT order_id, state, result FROM orders WHERE state <> 'pending'"
        " AND (state = 'done') <> (coalesce(result, '') = 'ack')"
    ):
        yield f"COA-11: order {order_id} is {state}, and the router's answer was {result}"


def _told_off(books: Books, true: TrueSession, session: Session) -> Iterator[str]:
    """COA-05: who was told off is one whom an order is about."""
    if true.told_off_us is not None and not books.ask(
        "SELECT 1 FROM orders WHERE session_id = ? AND kind = 'disconnect'", session.session_id
    ):
        yield (
            f"COA-05: {true.nas} was told to end session {session.session_id}, "
            "and no order is about it"
        )


# -------------------------------------------------------------------- times and counters


def _understated(pair: Pair) -> Iterator[str]:
    """A5: a router that only ever said less than passed makes nobody pay for more than passed."""
    whys = {true.why for true in pair.true if not true.honest}
    if not whys or not whys <= set(UNDERSTATES):
        return
    most = [sum(side) for side in zip(*(told_most(t.told)[:2] for t in pair.true), strict=True)]
    taken = [sum(side) for side in zip(*(s.usage[:2] for s in pair.stored), strict=True)]
    if any(has > passed for has, passed in zip(taken, most, strict=False)):
        yield (
            f"A5: {pair.true[0].acct_session_id} on {pair.true[0].nas} is billed for {taken} "
            f"octets, {most} passed, and its router said less ({', '.join(sorted(whys))})"
        )


def _merged(pair: Pair) -> Iterator[str]:
    """A7: sessions that share an id, and did not begin at nearly the same time, stay apart."""
    true = [one for one in pair.true if one.acked]
    # Of one that came along nobody has seen a beginning: its name may come back unnoticed.
    clear = all(_slack_us(one) == INSTANT_US and one.honest and not one.ran_before for one in true)
    apart = all(
        after.began_us - before.began_us > APART_US for before, after in pairwise(pair.true)
    )
    if clear and apart and len(pair.stored) < len(true):
        yield (
            f"A7: {len(true)} sessions {true[0].acct_session_id} of {true[0].login} on "
            f"{true[0].nas} are {len(pair.stored)} in the books"
        )


def _instants(books: Books, true: TrueSession, session: Session) -> Iterator[str]:
    """T7: a session began and ended when its router could say it did."""
    slack_us = _slack_us(true)
    if slack_us is None or not true.honest or true.ended_us is None or not true.finished:
        return
    ((start_us, stop_us),) = books.ask(
        "SELECT start_us, stop_us FROM sessions WHERE session_id = ?", session.session_id
    )
    ended = session.state == CLOSED and not session.synthetic and stop_us is not None
    for what, at_us, true_us in (
        ("began", start_us, true.began_us),
        ("ended", stop_us if ended else true.ended_us + EPOCH_US, true.ended_us),
    ):
        off_us = at_us - EPOCH_US - true_us
        if abs(off_us) > slack_us:
            yield (
                f"T7: session {session.session_id} is said to have {what} "
                f"{off_us / US_PER_S:+.1f} s from when it did"
            )


def _slack_us(true: TrueSession) -> int | None:
    """How far the house may be off about this session; None: as far as it likes."""
    unsure = any(habit in true.profile for habit in ("no clock", "wrong clock", "clock steps"))
    if true.profile.startswith(SAYS_DELAY) or "new packets" in true.profile:
        return UNSURE_US if unsure else INSTANT_US
    if any(one.acked_us is None for one in true.told):
        return None
    late_us = max((one.acked_us or 0) - one.sent_us for one in true.told)
    if unsure:
        return UNSURE_US + late_us
    return INSTANT_US if late_us < BELIEVED_US else None
