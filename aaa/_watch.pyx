# cython: language_level=3, auto_pickle=False, autotestdict=False
"""Sessions shown to the vigil after a commit, most of which are logins that have not begun yet.

`aaa.vigil.Vigil.see` says what is noted of a session and how it is counted. This does the same for
logins that were accepted and for those that gave way, and leaves all others to it.
"""

from libc.stdint cimport int8_t, int64_t

from aaa._agenda cimport Agenda
from domain._session cimport (
    COUNTED, HOLD, HOLDS, NOTED, NOTHING, STATE, STATES, Session,
)

from aaa.vigil import HELD as _HELD, LAPSE as _LAPSE, LIVE as _LIVE
from domain.session import HoldState, SessionState

cdef int8_t LAPSE = _LAPSE
cdef int8_t LIVE = _LIVE
cdef int8_t HELD = _HELD
cdef int8_t ACCEPTED = STATES.index(SessionState.ACCEPTED)
cdef int8_t LAPSED = STATES.index(SessionState.LAPSED)
cdef int8_t MONEY_HELD = HOLDS.index(HoldState.HELD)


def watch(vigil, list sessions not None):
    """Show the vigil sessions that were taken in, or what a batch made of them."""
    cdef Agenda looks = vigil.looks, lapses = vigil.lapses
    cdef bint all_mine = vigil.mine is None, suspects = len(vigil.suspects) > 0
    cdef int64_t live_n = 0, held_n = 0
    cdef int8_t counted
    cdef Session one
    for one in sessions:
        counted = 0
        if not all_mine or one.members[STATE] != ACCEPTED and (
            one.members[STATE] != LAPSED or one.look != NOTHING or suspects
        ):
            vigil.see(one)
            continue
        if one.members[STATE] == ACCEPTED:
            if one.look != NOTHING and one.look != one.look_noted_us:
                one.look_noted_us = one.look
                looks.put(one.look, one.session_id)
            if one.notes[NOTED] != LAPSE or one.noted_us != one.hold_until_us:
                one.notes[NOTED], one.noted_us = LAPSE, one.hold_until_us
                lapses.put(one.hold_until_us, one.session_id)
            counted = LIVE | HELD if one.members[HOLD] == MONEY_HELD else LIVE
        live_n += (counted & LIVE) - (one.notes[COUNTED] & LIVE)
        held_n += ((counted & HELD) != 0) - ((one.notes[COUNTED] & HELD) != 0)
        one.notes[COUNTED] = counted
    vigil.live_n += live_n
    vigil.held_n += held_n
