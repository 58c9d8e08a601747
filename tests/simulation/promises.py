"""What the server says to routers, judged by the money: limits, cuts, and refusals for no credit.

A limit that was told may not be worth more than the hold behind it (L7). A session that reported,
and has nothing left, must be ordered off in the same commit (COA-16). And the other way round: a
session may not be cut as exhausted, nor a login refused, while one more share of what is available
would have bought another increment: that would be a false cut (reliability 1.3, point 5).

A commit holds the decisions of a batch, and only before and after are seen. So a cut counts as
false only if it was by both, and the smallest share that the plan knows is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.simulation.books import ACCEPTED, HELD, OPEN, Account, Books, News, Session
from tests.simulation.oracle import PriceList, read

NO_CREDIT = 2  # the wall
ACK_GRACE_US = 5_000_000  # a Disconnect that was acknowledged is not repeated sooner


def judge(books: Books, news: News, now_us: int) -> Iterator[str]:
    """What was promised or cut wrongly in this commit. `now_us` is the server's UTC."""
    before = {account.account_id: was for was, account in news.accounts}
    for was, session in news.sessions:
        prices = books.price_list(session)
        account = books.accounts.get(session.account_id)
        if prices is None or account is None or not prices.priced:
            continue
        yield from _told(books, news, was, session, prices)
        yield from _left_alone(books, was, session, now_us)
        old = before.get(session.account_id) or account
        yield from _cut(books, was, session, (old, account))
        yield from _shut_out(books, was, session, (old, account))
    for refusal in news.refusals:
        found = books.ask(
            "SELECT s.account_id, p.source FROM subscribers s JOIN plans p ON p.name = s.plan_name"
            " WHERE s.login = ?",
            refusal.login,
        )
        # Which version holds depends on what was bought when: the dearest of them excuses most.
        for account_id, text in sorted(found, key=_dearest)[-1:]:
            account = books.accounts[account_id]
            least_micros = min(
                account.available_micros, (before.get(account_id) or account).available_micros
            )
            prices = read(text)
            if prices.whole is not None and any(cap.stops for cap in prices.whole.caps):
                continue
            if least_micros // prices.sessions_max >= least_login_micros(prices):
                yield (
                    f"F1: {refusal.login} was refused for no credit with {least_micros} micros "
                    f"available, {prices.sessions_max} sessions at most"
                )


def _dearest(row: tuple[int, str]) -> int:
    prices = read(row[1])
    return least_login_micros(prices) * prices.sessions_max


def least_login_micros(prices: PriceList) -> int:
    """With so much a login buys something, whatever has been used of what is included."""
    return prices.fee_micros + (prices.next_step_micros() + 2 if prices.usage_priced else 0)


def _told(
    books: Books, news: News, was: Session | None, session: Session, prices: PriceList
) -> Iterator[str]:
    """L7: up to the limits it was told, a session costs no more than was granted to it.

    The money that was not used by then may go to either of volume and time.
    """
    limits = (session.timeout_s, session.limit_octets)
    if session.hold_state != HELD or (was and limits == (was.timeout_s, was.limit_octets)):
        return
    if prices.whole is not None:
        return  # what is promised goes as far as the band and the periods of now
    others = [s for _, s in news.sessions if s.account_id == session.account_id]
    if (prices.free_octets or prices.free_s) and len(others) > 1:
        return  # how much was left of what is included, when it was told, cannot be seen
    taken_octets, taken_s = _taken(books, session)
    octets_left = session.free_octets + max(prices.free_octets - taken_octets, 0)
    seconds_left = session.free_s + max(prices.free_s - taken_s, 0)
    volume = time = 0
    fee_micros = 0 if session.class_session_id or session.adopted else prices.fee_micros
    if was is not None:
        volume = prices.volume.price_micros(prices.counted(was.rated), was.free_octets)
        time = prices.time.price_micros(was.rated.session_s, was.free_s)
    # Its router counts from its own start: what is nobody's to pay comes on top.
    up, down, unrated_s = session.unrated
    besides_octets = {"sum": up + down, "up": up}.get(prices.count, down)
    octets = max(session.limit_octets - besides_octets, 0)
    seconds = max(session.timeout_s - unrated_s, 0)
    # Its router looks once a second: what passes until then is paid as well, at least half of it.
    late_octets = max(min(prices.rate_bps // 8, octets - 1), 0)
    for told, worth, besides in (
        (
            f"{session.limit_octets} octets",
            prices.volume.price_micros(octets + late_octets, octets_left),
            time,
        ),
        (
            f"{session.timeout_s} s",
            prices.time.price_micros(seconds, seconds_left),
            volume if session.timeout_s > 1 else -session.granted_micros,
        ),
    ):
        if worth and fee_micros + besides + worth > session.granted_micros + 1:
            yield (
                f"L7: session {session.session_id} was told {told}, worth {worth} micros, "
                f"and holds {session.granted_micros}"
            )


def _taken(books: Books, session: Session) -> tuple[int, int]:
    """The included octets and seconds that are used up, in the period that has most of them left.

    A renewal begins a period anew, at once or when its time comes.
    """
    rows = books.ask(
        "SELECT period_start_us, periods_ahead_us FROM subscribers WHERE subscriber_id = ?",
        session.subscriber_id,
    )
    begins = {int(us) for row in rows for one in row for us in re.findall(r"\d+", str(one))}
    used = {
        period_us: (octets, seconds)
        for period_us, octets, seconds in books.ask(
            "SELECT period_start_us, used_octets, used_s FROM allowances WHERE account_id = ?",
            session.account_id,
        )
    }
    octets, seconds = zip(*(used.get(us, (0, 0)) for us in begins or {0}), strict=True)
    return min(octets), min(seconds)


def _left_alone(books: Books, was: Session | None, session: Session, now_us: int) -> Iterator[str]:
    """A session that reported usage and has nothing left must be on its way out."""
    if session.state != OPEN or session.cut_order_id or (was and was.cut_order_id):
        return
    if session.walled:
        return  # nothing of it costs anything
    waiting = (s for s in books.sessions.values() if s.account_id == session.account_id)
    if session.replaced_by and any(other.state == ACCEPTED for other in waiting):
        return  # a login of its station waits for its Start: which of the two is over is not known
    used = session.usage != (was.usage if was else (0, 0, 0))
    if not used or not exhausted(books, session):
        return
    if just_cut(books, session, now_us):
        return
    yield (
        f"F2: session {session.session_id} has used its {session.granted_micros} micros, "
        "nothing more is available, and no Disconnect was ordered"
    )


def capped(books: Books, session: Session, prices: PriceList) -> bool:
    """Has a cap been reached, perhaps of a period before, at which usage is to stop?"""
    if prices.whole is None:
        return False
    step = prices.next_step_micros() + 2  # with less than that left nothing more can be used
    for cap in prices.whole.caps:
        if not cap.stops:
            continue
        spent = [(session.charged_micros,)]
        if cap.period != "session":
            spent = books.ask(
                "SELECT used FROM pots WHERE account_id = ? AND pot = ?",
                session.account_id,
                f"cap/{cap.period}/{prices.name}",
            )
        if any(used >= cap.most - step for (used,) in spent or [(0,)]):
            return True
    return False


def just_cut(books: Books, session: Session, now_us: int) -> bool:
    """Was it cut, and has not reported since (a look in between may have failed)?"""
    acked = books.ask(
        "SELECT o.done_us, s.last_seen_us FROM orders o JOIN sessions s"
        " ON s.account_id = o.account_id AND s.session_id = o.session_id"
        " WHERE o.account_id = ? AND o.session_id = ? AND o.kind = 'disconnect'"
        " AND o.result = 'ack' ORDER BY o.done_us DESC LIMIT 1",
        session.account_id,
        session.session_id,
    )
    return bool(acked) and (now_us - acked[0][0] < 2 * ACK_GRACE_US or acked[0][1] <= acked[0][0])


def exhausted(books: Books, session: Session) -> bool:
    """Has it certainly nothing left: no hold, no money, nothing included?"""
    prices, account = books.price_list(session), books.accounts.get(session.account_id)
    if prices is None or account is None or not prices.usage_priced or prices.whole is not None:
        return False
    exact = prices.volume.rounding == "down" and prices.time.rounding == "down"
    beyond_micros = session.charged_micros - session.granted_micros
    return (
        not prices.free_octets
        and not prices.free_s
        and account.available_micros <= 0
        and session.held_micros == 0
        and beyond_micros >= (0 if exact else 2)
    )


def _shut_out(
    books: Books, was: Session | None, session: Session, accounts: tuple[Account, Account]
) -> Iterator[str]:
    """Nobody is put behind the wall for want of money who has it (as F1, F3)."""
    prices = books.price_list(session)
    if session.walled != NO_CREDIT or (was and was.walled == NO_CREDIT) or prices is None:
        return
    if capped(books, session, prices):
        return
    before, after = accounts
    held_micros = was.held_micros if was else 0
    spent_micros = session.charged_micros - (was.charged_micros if was else 0)
    least_micros = min(before.available_micros + held_micros - spent_micros, after.available_micros)
    if least_micros // prices.sessions_max >= least_login_micros(prices):
        yield (
            f"F3: session {session.session_id} was put behind the wall with {least_micros} micros "
            f"left for it, {prices.sessions_max} sessions at most"
        )


def _cut(
    books: Books, was: Session | None, session: Session, accounts: tuple[Account, Account]
) -> Iterator[str]:
    """No false cut: with one more share it could not have gone on either."""
    if not session.cut_order_id or (was and was.cut_order_id == session.cut_order_id):
        return
    prices = books.price_list(session)
    reasons = books.ask(
        "SELECT reason FROM orders WHERE account_id = ? AND order_id = ?",
        session.account_id,
        session.cut_order_id,
    )
    if prices is None or reasons != [("exhausted",)] or not prices.usage_priced:
        return
    if capped(books, session, prices):
        return
    before, after = accounts
    spent_micros = session.charged_micros - (was.charged_micros if was else 0)
    least_micros = min(
        before.available_micros + (was.held_micros if was else 0) - spent_micros,
        after.available_micros + session.held_micros,
    )
    share_micros = least_micros // prices.sessions_max
    if share_micros >= prices.next_step_micros() + 2:
        yield (
            f"F3: session {session.session_id} was cut as exhausted with {least_micros} micros "
            f"left for it, of which a share is {share_micros}"
        )
