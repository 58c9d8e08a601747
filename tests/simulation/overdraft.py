"""How far below its floor an account fell, and how far it may have fallen (reliability 1.3).

The depth is watched after every commit. Below its floor an account is taken by sessions that went
on after their money was used up, each for as long as nobody noticed: at a router that itself ends a
session at the limit it was told, until its next look at the limit; elsewhere until the next report
has arrived, a Disconnect has been ordered and the router has heard it. What a router or the network
made longer is measured and added: an interval it did not keep, reports on the way, orders on the
way. So the bound is the price of the router's full speed for that long, summed over all sessions
that played a part, and never a word about what the server thinks of it.

No bound has a session whose router ignored its limits or its orders, or whose counters lied: those
are counted, not judged.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

from tests.simulation.books import CLOSED, Books, Entry, News, Session
from tests.simulation.oracle import NOTHING, PriceList
from tests.simulation.reckoning import Key, Pair, pairs
from tests.simulation.truth import TrueSession, Truth
from tests.simulation.world import US_PER_S

JITTER = Fraction(11, 10)  # of the interval that was asked for
DISCONNECT_S = 35  # a report and an order, each on its way at most so long in a calm network
HEARD_US = 45 * US_PER_S  # within which an obedient router hears an order when all is calm


@dataclass(slots=True)
class Depth:
    """The worst of one account."""

    micros: int = 0
    session_ids: frozenset[int] = frozenset()


def takes_what_is_held(entry: Entry) -> bool:
    """Corrections, boosters, activations and what the server renews may take what sessions hold."""
    by_itself = entry.kind == "package" and entry.key.startswith("auto:")
    return entry.kind in ("correction", "booster", "activation") or by_itself


@dataclass(slots=True)
class Watch:
    """What is remembered of one history."""

    worst: dict[int, Depth] = field(default_factory=dict)  # by account
    cut_seen_us: dict[int, int] = field(default_factory=dict)  # by session: first Disconnect
    left_micros: dict[int, int] = field(default_factory=dict)  # by session: when it closed
    start_wait_s: int = 60  # a setting of the house
    _replaced: set[int] = field(default_factory=set)  # a redial had their hold
    _part: dict[int, set[int]] = field(default_factory=dict)
    # By a session whose hold was given up while its router could still spend it: who had taken
    # part by then. It is their debt that such a session meets when it is heard of again.
    _met: dict[int, set[int]] = field(default_factory=dict)
    _corrected: Counter[int] = field(default_factory=Counter)

    def note(self, books: Books, news: News, now_us: int) -> None:
        """A look after a commit; `now_us` is the world's."""
        for entry in news.entries:
            if takes_what_is_held(entry):
                self._corrected[entry.account_id] -= min(entry.purse_micros(entry.account_id), 0)
        for was, session in news.sessions:
            if session.replaced_by:
                self._replaced.add(session.session_id)
            if session.cut_order_id:
                self.cut_seen_us.setdefault(session.session_id, now_us)
            account = books.accounts.get(session.account_id)
            if session.state == CLOSED and account and (was is None or was.state != CLOSED):
                self.left_micros[session.session_id] = account.available_micros
            if was is not None and _given_up_micros(was, session) > 0:
                part = self._part.get(session.account_id, set())
                self._met.setdefault(session.session_id, set()).update(part)
        for _, account in news.accounts:
            part = self._part.setdefault(account.account_id, set())
            if account.available_micros >= 0:
                part.clear()
                continue
            part.update(
                session.session_id
                for _, session in news.sessions
                if session.account_id == account.account_id
            )
            depth = self.worst.setdefault(account.account_id, Depth())
            if -account.above_floor_micros > depth.micros:
                depth.micros = -account.above_floor_micros
                depth.session_ids = frozenset(part.union(*(self._met.get(one, ()) for one in part)))

    # ---------------------------------------------------------------- at the end

    def judge(
        self, books: Books, truth: Truth, figures: Counter[str], calm_us: int | None
    ) -> Iterator[tuple[str, str, int, int]]:
        """For each overdraft (profile, violation or "", micros, bound micros)."""
        known = pairs(books, truth)
        for account_id, depth in self.worst.items():
            if not depth.micros:
                continue
            figures["overdrafts"] += 1
            bound_micros, profile, excuse = self._corrected[account_id], "nobody", ""
            most_micros = -1
            for session_id in sorted(depth.session_ids):
                session = books.sessions[session_id]
                micros, name, why = self._bound(books, session, known)
                bound_micros += micros
                excuse = excuse or why
                if micros > most_micros:
                    most_micros, profile = micros, name
            if excuse:
                figures[f"overdrafts without a bound: {excuse}"] += 1
                continue
            text = ""
            if depth.micros > bound_micros:
                text = (
                    f"L8: account {account_id} fell {depth.micros} micros below its floor at "
                    f"{profile}, the bound is {bound_micros}"
                )
            yield profile, text, depth.micros, bound_micros
        for text in self._unheard(books, known, calm_us):
            yield "", text, 0, 0
        self._false_ends(books, known, figures)

    def _bound(
        self, books: Books, session: Session, known: dict[Key, Pair]
    ) -> tuple[int, str, str]:
        """The bound of one session in micros, its router's profile, or why there is none."""
        prices = books.price_list(session)
        pair = known.get(_key(books, session))
        if prices is None or pair is None or not pair.true:
            return 0, "nobody", ""
        if prices.free_octets + prices.free_s and self._unshared(books, session):
            return 0, "nobody", "it did not hear of its part of what is included"
        worst = (0, "", "")
        for true in pair.true:
            name = true.profile.split(" (")[0] + (" with odd habits" if "(" in true.profile else "")
            if not true.honest:
                return 0, name, "its counters lied"
            if true.denied:
                return 0, name, "its router denied it"
            if not true.obeys and not _stops_itself(prices, true):
                return 0, name, "it ignores orders"
            rate_bps = true.rate_bps or sum(true.speed_bps)
            micros = self._worth(books, session, prices, true, rate_bps)
            worst = max(worst, (micros, name, ""))
        return worst

    def _unshared(self, books: Books, session: Session) -> bool:
        """Was a lower limit on its way, and not acknowledged?"""
        ((missed_n,),) = books.ask(
            "SELECT count(*) FROM orders WHERE account_id = ? AND session_id = ?"
            " AND kind = 'limits' AND coalesce(result, '') <> 'ack'",
            session.account_id,
            session.session_id,
        )
        return bool(missed_n)

    def _worth(
        self, books: Books, session: Session, prices: PriceList, true: TrueSession, rate_bps: int
    ) -> int:
        late_s = self._late_s(books, session, true)
        look_s = Fraction(true.check_us, US_PER_S)
        by_octets = prices.volume != NOTHING and true.enforces_octets and true.limit_octets > 0
        by_time = prices.time != NOTHING and true.enforces_time and true.limit_s > 0
        if session.session_id in self._replaced:
            # What it used unheard is owed beside the hold that a redial was given meanwhile.
            waited_s = late_s + self.start_wait_s
            return prices.fee_micros + prices.price_at_full_speed_micros(rate_bps, waited_s)
        if true.ran_before and (by_octets or by_time):
            # What came along knows of no limit before the first order about it has come.
            look_s += Fraction(_unlimited_us(true), US_PER_S)
        if by_octets and prices.time != NOTHING:
            # Either limit leaves all the money to its own side: what the lesser side came to.
            other = min(
                prices.volume.price_micros(prices.counted(session.rated), session.free_octets),
                prices.time.price_micros(session.rated.session_s, session.free_s),
            )
            unheard = 0 if by_time else prices.price_at_full_speed_micros(0, late_s)
            return prices.price_at_full_speed_micros(rate_bps, look_s) + other + unheard
        if by_octets or (by_time and prices.volume == NOTHING):
            shared = self._shared_micros(books, session, prices)
            return prices.price_at_full_speed_micros(rate_bps, look_s) + shared
        return prices.fee_micros + prices.price_at_full_speed_micros(rate_bps, late_s)

    def _shared_micros(self, books: Books, session: Session, prices: PriceList) -> int:
        """What is included is promised in parts, and who had it all may have used it unheard.

        The second session gets a half, the third a third: so much of it may be used twice.
        """
        # More sessions than the plan allows run where silent ones have lost their slots.
        allowed_n = tomllib.loads(books.plan_texts[session.plan_id]).get("sessions", 1)
        began_us, ended_us = session.start_us, session.start_us + session.session_s * US_PER_S
        beside_n = sum(
            other.account_id == session.account_id
            and other.start_us <= ended_us
            and began_us <= other.start_us + other.session_s * US_PER_S
            for other in books.sessions.values()
        )
        sessions_n = max(allowed_n, beside_n)
        twice = sum(prices.free_octets // nth for nth in range(2, sessions_n + 1))
        return prices.volume.price_micros(twice, 0)

    def _late_s(self, books: Books, session: Session, true: TrueSession) -> Fraction:
        """From when the money was gone to when the router knew, at most."""
        ended_us = true.ended_us or max((one.sent_us for one in true.told), default=0)
        sent = [true.began_us, *(one.sent_us for one in true.told), ended_us]
        gap_us = max((after - before for before, after in pairwise(sent)), default=0)
        interval_s = max(true.interim_s * JITTER, Fraction(gap_us, US_PER_S))
        ((orders_n,),) = books.ask(
            "SELECT count(*) FROM orders WHERE account_id = ? AND session_id = ?"
            " AND kind IN ('disconnect', 'service')",
            session.account_id,
            session.session_id,
        )
        away = [(one.sent_us, one.acked_us or ended_us) for one in true.told]
        seen_us = self.cut_seen_us.get(session.session_id)
        if seen_us is not None:
            away.append((seen_us, max(true.told_off_us or ended_us, seen_us)))
        away_s = Fraction(_union_us(away), US_PER_S)
        return Fraction(interval_s + DISCONNECT_S) * max(int(orders_n), 1) + away_s

    def _unheard(self, books: Books, known: dict[Key, Pair], calm_us: int | None) -> Iterator[str]:
        """When all is calm, whoever is to be cut hears of it soon."""
        for session_id, seen_us in self.cut_seen_us.items():
            session = books.sessions[session_id]
            pair = known.get(_key(books, session))
            if calm_us is None or seen_us < calm_us or pair is None or len(pair.true) != 1:
                continue
            (true,) = pair.true
            heard_us = true.told_off_us or true.ended_us
            if heard_us is None or (true.obeys and heard_us - seen_us > HEARD_US):
                yield (
                    f"F4: session {session_id} was to be cut at {seen_us} and its router had "
                    f"not heard of it {HEARD_US // US_PER_S} s later"
                )

    def _false_ends(self, books: Books, known: dict[Key, Pair], figures: Counter[str]) -> None:
        """Sessions that ended at a limit they were told, with money left for another share."""
        for session_id, left_micros in self.left_micros.items():
            session = books.sessions[session_id]
            prices = books.price_list(session)
            pair = known.get(_key(books, session))
            if prices is None or pair is None or len(pair.true) != 1:
                continue
            cause = pair.true[0].cause
            limited = cause == "octets" or (cause == "timeout" and prices.time != NOTHING)
            if not limited:
                continue
            figures["sessions that ended at a told limit"] += 1
            if left_micros // prices.sessions_max >= prices.next_step_micros() + 2:
                figures["sessions that ended at a told limit with money left"] += 1


def _key(books: Books, session: Session) -> Key:
    nas = books.devices.get(session.device_id, "?")
    return (nas, session.acct_session_id, books.login_of(session))


def _given_up_micros(was: Session, now: Session) -> int:
    """What a session no longer holds, and has not used."""
    return was.held_micros - now.held_micros - max(now.charged_micros - was.charged_micros, 0)


def _stops_itself(prices: PriceList, true: TrueSession) -> bool:
    """Does its router end it at the limits it was told, whatever it hears later?"""
    if prices.whole is not None:
        return False  # what it was told was for the band and the periods of then
    octets = prices.volume == NOTHING or (true.enforces_octets and true.limit_octets > 0)
    return octets and (prices.time == NOTHING or (true.enforces_time and true.limit_s > 0))


def _unlimited_us(true: TrueSession) -> int:
    """How long a session that came along ran in this house without having been told a limit."""
    since_us = min((one.sent_us for one in true.told), default=true.began_us)
    until_us = true.limited_us if true.limited_us is not None else true.ended_us
    return max((until_us or since_us) - since_us, 0)


def _union_us(spans: list[tuple[int, int]]) -> int:
    """How long at least one of the spans lasts."""
    total_us, until_us = 0, 0
    for since_us, to_us in sorted(spans):
        since_us = max(since_us, until_us)
        if to_us > since_us:
            total_us += to_us - since_us
            until_us = to_us
    return total_us
