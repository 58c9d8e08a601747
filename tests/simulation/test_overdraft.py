"""Who took part in an overdraft: the sum of their bounds is what the account may fall."""

from __future__ import annotations

from typing import cast

from tests.simulation.books import EXPIRED, HELD, Account, Books, News, Session
from tests.simulation.overdraft import Watch, _unlimited_us
from tests.simulation.truth import Told, TrueSession

BLANK = Session._make([0] * len(Session._fields))._replace(account_id=1)
PURSE = Account(1, "USD", 0, 1_000, 0, 0, 0)


class Look:
    """An account and its sessions, seen after one commit and then after the next."""

    def __init__(self) -> None:
        self.watch = Watch()
        self.accounts = {1: PURSE}
        self._sessions: dict[int, Session] = {}

    def commit(self, *sessions: Session, open_micros: int) -> None:
        """A commit that has moved these sessions and the account."""
        known = self._sessions
        news = News(sessions=[(known.get(one.session_id), one) for one in sessions])
        known.update({one.session_id: one for one in sessions})
        held = sum(one.held_micros for one in known.values())
        was = self.accounts[1]
        self.accounts[1] = was._replace(open_micros=open_micros, held_micros=held)
        news.accounts = [(was, self.accounts[1])]
        self.watch.note(cast(Books, self), news, 0)


def test_l8_a_session_that_comes_back_after_its_hold_was_given_up_meets_the_debt_of_others() -> (
    None
):
    look = Look()
    first = BLANK._replace(session_id=1, hold_state=HELD, granted_micros=900)
    look.commit(first, open_micros=0)
    unheld = BLANK._replace(session_id=2, charged_micros=400)
    look.commit(unheld, open_micros=400)  # used what was promised to the first
    look.commit(first._replace(hold_state=EXPIRED), open_micros=400)
    look.commit(first._replace(hold_state=EXPIRED, charged_micros=900), open_micros=1_300)
    depth = look.watch.worst[1]
    assert (depth.micros, depth.session_ids) == (300, frozenset({1, 2}))


def test_l8_a_debt_that_was_paid_is_nobodys_any_more() -> None:
    look = Look()
    unheld = BLANK._replace(session_id=2, charged_micros=1_100)
    look.commit(unheld, open_micros=1_100)
    look.accounts[1] = look.accounts[1]._replace(posted_micros=3_000)
    held = BLANK._replace(session_id=3, hold_state=HELD, granted_micros=1_000)
    look.commit(held, open_micros=1_100)
    used = held._replace(used_micros=1_000, charged_micros=2_500)
    look.commit(used, open_micros=3_600)
    depth = look.watch.worst[1]
    assert (depth.micros, depth.session_ids) == (600, frozenset({3}))


def test_l8_what_came_along_has_no_limit_before_the_first_order_about_it_has_come() -> None:
    told = Told("interim", 5_000_000, 0, 0, 0, (0, 0, 0))
    came = TrueSession("nas", "id", "alice", "metered", told=[told], ended_us=90_000_000)
    assert _unlimited_us(came) == 85_000_000
    came.limited_us = 61_000_000
    assert _unlimited_us(came) == 56_000_000
