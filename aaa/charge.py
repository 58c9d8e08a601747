"""The rise of a session's usage, charged by a tariff or by bands, and what that moves.

Usage is a fact: it is charged whatever the account has, and only what no book can hold is refused.
A simple plan takes of the account's included usage; a plan with `pricing` moves the account's pots
(`accounting.uses`), whose rows are held with the account. Nothing here decides whether the session
may go on.
"""

from __future__ import annotations

from aaa.limits import Deal, deal_before_use, served_anew
from aaa.turn import Turn
from accounting import charging, hold, uses
from accounting.charging import Total
from accounting.pot_terms import terms_of
from domain.session import Charge, Session


def charge(turn: Turn, session: Session, before: Total, from_us: int) -> Deal | None:
    """Charge the rise from `before`: open charges up, the hold's used part up (never refused).

    The rise began at `from_us`. Answers the deal that it was charged by, None for nobody's session.
    Raises OverflowError for what no book can hold; then nothing was changed.
    """
    if session.account_id == 0:
        return None
    deal = deal_before_use(turn, session)
    assert deal is not None, "a subscriber's usage that nothing could price"
    charged = session.charged_micros
    if deal.plan.pricing is None:
        rows = _by_tariff(turn, deal, before)
    else:
        rows = _by_bands(turn, deal, before, from_us)
    for row in rows:
        turn.books.draft.add_charge(row)
    rise = session.charged_micros - charged
    back = hold.use(session)
    if rise or back:
        deal.account.open_micros += rise
        deal.account.held_micros -= back
        turn.books.draft.move(deal.account, opened=rise, held=-back)
    return served_anew(turn, deal)


def _by_tariff(turn: Turn, deal: Deal, before: Total) -> list[Charge]:
    """Take of what is included, and charge the rest."""
    session, plan, tariff = deal.session, deal.plan, deal.tariff
    period_us = deal.subscriber.period_at_us(turn.now_us)
    used = turn.books.allowance(session.account_id, period_us)
    taken = charging.take_included(session, before, plan, tariff, used)
    try:
        rows = charging.charges(session, before, plan, tariff)
    except OverflowError:
        charging.give_back_included(session, used, taken)
        raise
    turn.books.draft.consume(used, *taken)
    return rows


def _by_bands(turn: Turn, deal: Deal, before: Total, from_us: int) -> list[Charge]:
    """Let the rise pass by the plan's bands and the account's pots."""
    books, session, plan = turn.books, deal.session, deal.plan
    sheet = books.sheets.of(plan)
    timetable = books.sheets.timetable(plan, deal.subscriber.timezone)
    pots = books.pots.get(session.account_id)
    assert pots is not None, "an account with bands was loaded without its pots"
    terms = terms_of(deal.subscriber, plan)
    view = sheet.pots.view(terms, pots, from_us, session.last_event_us)
    taken = uses.take(session, before, sheet, view, timetable, from_us=from_us)
    pots += taken.opened
    for pot in taken.opened:
        books.draft.pour(pot, 0)
    for pot, used, lost in taken.moves:
        books.draft.pour(pot, used, lost)
    return taken.charges
