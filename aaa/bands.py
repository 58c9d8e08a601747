"""What bands, bundles, caps and fair use let a session do now, and when that will be otherwise.

The walk turned round (`rating.scheme.reach`) says how far the money goes from where the session
stands; this brings to it what holds at this instant: the band, the account's pots, and of what
bundles have left the part of one session among several, as of money and of what simple plans
include. What another band or period will bring is not promised: the desk looks at the session when
time changes anything for it (`next_change_us`), and a device that listens is told then (T3).

Nothing here changes a row.
"""

from __future__ import annotations

from aaa.books import Books
from aaa.entitled import next_look_us
from aaa.turn import Turn
from accounting.charging import Total
from accounting.hold import REACH_MAX, Reach
from accounting.pot_terms import Terms, terms_of
from accounting.pots import View
from domain.account import Subscriber
from domain.plan import Plan
from domain.pot import Pot
from domain.session import Session
from rating import Tariff, counted_octets
from rating.scheme import Uses, reach


def view_at(books: Books, owner: Subscriber, plan: Plan, now_us: int) -> View:
    """The pots of an account under a plan with pricing, as they are at an instant."""
    terms = terms_of(owner, plan)
    return books.sheets.of(plan).pots.view(terms, _rows(books, terms), now_us, now_us)


def reach_by_bands(
    turn: Turn, session: Session, owner: Subscriber, plan: Plan, tariff: Tariff
) -> Reach:
    """How far what was granted carries a session of a plan with pricing, in rated totals.

    Octets are those of the direction that the plan counts, in the dearest way it may go.
    """
    books = turn.books
    money = session.granted_micros - session.charged_micros
    if session.owes_fee and not session.fee_due:
        money -= plan.session_fee_micros
        if money < 0:
            return Reach(0, 0)
    sheet, timetable = books.sheets.of(plan), books.sheets.timetable(plan, owner.timezone)
    view = view_at(books, owner, plan, turn.now_us)
    parts = _parts(books, session)
    draws = view.draws
    for draw in draws:
        draw.left //= parts
    uses = Uses(sheet.scheme, session.uses)
    band = timetable.band_at(turn.now_us)
    octets, seconds = reach(
        sheet.scheme, uses, money, turn.now_us, band, draws, view.meters, session.fee_due
    )
    total = Total.of(session)
    counted = counted_octets(tariff, total.input_octets, total.output_octets)
    return Reach(
        None if octets is None else min(counted + octets, REACH_MAX),
        None if seconds is None else min(total.session_s + seconds, REACH_MAX),
    )


def next_change_us(books: Books, owner: Subscriber, plan: Plan, now_us: int) -> int | None:
    """The next instant at which time alone gives a session another band or other pots."""
    terms, view = terms_of(owner, plan), view_at(books, owner, plan, now_us)
    pots = [*(one.pot for one in view.drawn), *(one.pot for one in view.metered)]
    ends_us = {end_us for pot in pots for end_us in (pot.until_us, pot.ends_us)}
    ends_us |= set(terms.starts_us)
    ends_us.add(books.sheets.timetable(plan, owner.timezone).next_change_us(now_us))
    return min(
        (end_us for end_us in ends_us if end_us is not None and end_us > now_us), default=None
    )


def look_us(books: Books, owner: Subscriber, plan: Plan, offer: Plan, now_us: int) -> int | None:
    """The next instant at which time alone changes what a session gets; None: never.

    `plan` is that of its prices, `offer` what it is given now.
    """
    found = [next_look_us(owner, offer, now_us)]
    found += [
        next_change_us(books, owner, one, now_us)
        for one in {plan.plan_id: plan, offer.plan_id: offer}.values()
        if one.pricing is not None
    ]
    return min((us for us in found if us is not None), default=None)


def _rows(books: Books, terms: Terms) -> list[Pot]:
    pots = books.pots.get(terms.account_id)
    assert pots is not None, "an account with bands was loaded without its pots"
    return pots


def _parts(books: Books, session: Session) -> int:
    """Among how many sessions what bundles have left is shared: all that are rated, and this."""
    live = [one for one in books.live_sessions(session.account_id) if not one.walled]
    return len({*(one.session_id for one in live), session.session_id})
