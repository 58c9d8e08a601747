"""Which sessions time will decide about, and when to look: without walking all of them.

A session lapses when its login is never followed by a Start, is looked at when its plan or package
changes what it is given, and is suspect and then stale when it falls silent while its device talks
(`aaa.hearing`). Each is put on an agenda for the earliest instant at which that can be; an interim
only moves the instant away, so it costs nothing here. A note that comes due is judged again by the
rule itself, and put off if the rule says so: what `due` answers is what a walk would have found.
Of looks it answers some at a time, for many have the same midnight, and a look is dear.

Decides nothing and changes no row. A session has room beside its row for what was noted of it
(`noted`, `noted_us`, `look_noted_us`, `counted`); one that is read anew begins without.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import TYPE_CHECKING

from aaa._agenda import Agenda
from aaa.hearing import Hearing, has_reported, stale_after_us
from aaa.request import SweepKind
from domain.session import HoldState, Session, SessionState

if TYPE_CHECKING:
    from aaa.books import Books

LAPSE, QUIET, SILENT = 1, 2, 3  # what a session is noted for besides looks
LIVE, HELD = 1, 2  # how it is counted
MOST_N = 4_000  # notes of one agenda taken in one round; more have waited long and wait a second
# Sessions that are looked at in one go: packets wait for so many, and at midnight there are many.
LOOKS_N = 100


class Vigil:
    """The agendas of one desk's books, and the counts of what is live and held in them.

    Only sessions that are `mine` to count are counted, by their ids; None: all.
    """

    def __init__(
        self, hearing: Hearing, stale_min_s: int, mine: Callable[[int], bool] | None = None
    ) -> None:
        self.live_n = 0
        self.held_n = 0
        self._hearing = hearing
        self.stale_min_s = stale_min_s
        self.mine = mine
        self.forget()

    def forget(self) -> None:
        """The books are new and empty."""
        self.live_n = self.held_n = 0
        self.looks = Agenda()
        self.lapses = Agenda()
        # By device: of those that have reported usage, and of those that never have, which age by
        # the reports of others alone.
        self._silent: dict[int, Agenda] = {}
        self._quiet: dict[int, Agenda] = {}
        # What has come due stays here until its rule no longer holds, or it is gone.
        self._to_look: set[int] = set()
        self._looked: set[int] = set()  # of those, whoever had their turn while others wait
        self.more_to_look = False  # others wait for the next round
        self._lapsed: set[int] = set()
        self.suspects: set[int] = set()
        self._stale: set[int] = set()

    # ---------------------------------------------------------------- what the books tell

    def see(self, session: Session) -> None:
        """A session was taken in, or what a batch made of it is durable (`aaa._watch`: many)."""
        look_us = session.look_us
        if look_us is not None and look_us != session.look_noted_us:
            session.look_noted_us = look_us
            self.looks.note(look_us, session.session_id)
        state = session.state
        if state is SessionState.OPEN:
            self._note_silence(session, session.last_seen_us)
            counted = LIVE
        elif state is SessionState.ACCEPTED:
            if session.noted != LAPSE or session.noted_us != session.hold_until_us:
                session.noted, session.noted_us = LAPSE, session.hold_until_us
                self.lapses.note(session.hold_until_us, session.session_id)
            counted = LIVE
        else:
            self.suspects.discard(session.session_id)
            counted = 0
        if counted and session.hold_state is HoldState.HELD:
            counted = LIVE | HELD
        if counted != session.counted:
            self._count(session, counted)

    def gone(self, session: Session) -> None:
        """A session is no longer in memory."""
        self.suspects.discard(session.session_id)
        self._count(session, 0)

    def _count(self, session: Session, counted: int) -> None:
        if self.mine is None or self.mine(session.session_id):
            self.live_n += (counted & LIVE) - (session.counted & LIVE)
            self.held_n += ((counted & HELD) - (session.counted & HELD)) // HELD
        session.counted = counted

    def _note_silence(self, session: Session, heard_us: int) -> None:
        """Look when its device has been heard for so long without it; an earlier note will do."""
        noted = SILENT if has_reported(session) else QUIET
        at_us = heard_us + stale_after_us(session, self.stale_min_s)
        if session.noted == noted and session.noted_us <= at_us:
            return
        self._note(session, noted, at_us)

    def _note(self, session: Session, noted: int, at_us: int) -> None:
        session.noted, session.noted_us = noted, at_us
        self.agenda_of(session.device_id, noted).note(at_us, session.session_id)

    def agenda_of(self, device_id: int, noted: int) -> Agenda:
        """Where sessions of a device are noted that are `SILENT`, or `QUIET`."""
        agendas = self._silent if noted == SILENT else self._quiet
        agenda = agendas.get(device_id)
        if agenda is None:
            agenda = agendas[device_id] = Agenda()
        return agenda

    # ---------------------------------------------------------------- what time has decided

    def due(self, books: Books, now_us: int, devices: Container[int]) -> dict[SweepKind, set[int]]:
        """The sessions to be swept now, by why; `devices` are those that there are."""
        look = self._looks_due(books, now_us)
        self._lapsed.update(self.lapses.due(now_us, MOST_N))
        lapsed = set()
        for session in self._still(books, self._lapsed):
            if has_lapsed(session, now_us, devices):
                lapsed.add(session.session_id)
            elif session.state is SessionState.ACCEPTED:
                self.lapses.note(session.hold_until_us, session.session_id)
        self._lapsed = set(lapsed)
        for device_id in books.live_on:
            if device_id not in devices:
                for session in books.sessions_on(device_id):
                    if has_lapsed(session, now_us, devices):
                        lapsed.add(session.session_id)
        self._listen(books)
        stale = {one.session_id for one in self._still(books, self._stale) if self.is_stale(one)}
        for session in self._still(books, self._stale - stale):
            self._judge(session)
        self._stale = set(stale)
        return {SweepKind.LAPSED: lapsed, SweepKind.STALE: stale, SweepKind.LOOK: look}

    def _looks_due(self, books: Books, now_us: int) -> set[int]:
        """Some of those to be looked at now; the others have their turn in the next rounds."""
        if not self._looked:
            self._to_look.update(self.looks.due(now_us, MOST_N))
        due = set()
        for session in self._still(books, self._to_look):
            if looks_due(session, now_us):
                due.add(session.session_id)
            elif session.look_us is not None:
                self.looks.note(session.look_us, session.session_id)
        self._to_look = due
        unseen = sorted(due - self._looked)
        taken = unseen[:LOOKS_N]
        taken += sorted(due.difference(taken))[: LOOKS_N - len(taken)]
        self.more_to_look = len(unseen) > LOOKS_N
        self._looked = (self._looked & due).union(taken) if self.more_to_look else set()
        return set(taken)

    def suspects_n(self, books: Books) -> int:
        """How many open sessions have missed their reports (`Hearing.suspect`)."""
        self._listen(books)
        suspects = [
            one
            for one in self._still(books, self.suspects)
            if self._hearing.suspect(one, self.stale_min_s)
        ]
        self.suspects = {one.session_id for one in suspects}
        return len(suspects) if self.mine is None else sum(map(self.mine, self.suspects))

    def is_stale(self, session: Session) -> bool:
        """Suspect, and silent for as long again (F-03)."""
        return session.state is SessionState.OPEN and (
            self._hearing.silent_us(session) > 2 * stale_after_us(session, self.stale_min_s)
        )

    def _still(self, books: Books, session_ids: set[int]) -> list[Session]:
        found = map(books.sessions.get, sorted(session_ids))
        return [session for session in found if session is not None]

    def _listen(self, books: Books) -> None:
        """Judge all whose devices have been heard for long enough without them."""
        for noted, agendas in ((SILENT, self._silent), (QUIET, self._quiet)):
            for device_id, agenda in agendas.items():
                until_us = self._hearing.until_us(device_id, reported=noted == SILENT)
                # Silence has to be longer than what is allowed, not as long.
                for session_id in agenda.due(until_us - 1, MOST_N):
                    session = books.sessions.get(session_id)
                    if session is not None and session.noted == noted:
                        session.noted = 0
                        self._judge(session)

    def _judge(self, session: Session) -> None:
        """Is it suspect, or even stale? And if not, when could it be?"""
        if session.state is not SessionState.OPEN:
            return
        after_us = stale_after_us(session, self.stale_min_s)
        heard_us = max(session.last_seen_us, self._hearing.since_us(session.device_id))
        noted = SILENT if has_reported(session) else QUIET
        if not self._hearing.suspect(session, self.stale_min_s):
            self.suspects.discard(session.session_id)
            self._note(session, noted, heard_us + after_us)
            return
        self.suspects.add(session.session_id)
        if self.is_stale(session):
            self._stale.add(session.session_id)
        else:
            self._note(session, noted, heard_us + 2 * after_us)


def looks_due(session: Session, now_us: int) -> bool:
    """Has the instant come at which time alone changes what it is given?"""
    return session.look_us is not None and now_us >= session.look_us


def has_lapsed(session: Session, now_us: int, devices: Container[int]) -> bool:
    """Accepted, never begun, and out of time; at once if its device was removed."""
    return session.state is SessionState.ACCEPTED and (
        now_us >= session.hold_until_us or session.device_id not in devices
    )
