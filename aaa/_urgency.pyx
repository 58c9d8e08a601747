# cython: language_level=3, auto_pickle=False, autotestdict=False
"""Is a session near the end of its money, asked of its track: the question of a flood, in C.

Under overload each record that comes in is asked about before it is given a place in line, so the
question must cost far less than turning the record away. `aaa.urgency` answers it from the books;
this is the same arithmetic for a session that has a track, and the tests hold one against the
other. A session without a track, and one that time has something to say about, is left to the
books. Nothing here changes anything.
"""

from libc.stdint cimport int64_t

from aaa._lane cimport Lane
from aaa._request cimport Request
from aaa._said cimport Said, read_said
from aaa._track cimport Track
from domain._session cimport Session
from rating._rater cimport TIME, VOLUME, counted_c


cdef extern from "_lane.h" nogil:
    int64_t paid_for "th_paid_for"(
        int64_t money, int64_t amount, int64_t unit, int64_t increment
    )
    int64_t sum_within "th_sum_within"(int64_t a, int64_t b, int64_t c, int64_t limit)
    bint less "th_less"(int64_t a, int64_t b, int64_t c, int64_t d)


cdef enum:
    ACCOUNTING_REQUEST = 4
    UNKNOWN = -1

cdef int64_t REACH_MAX = <int64_t> 1 << 62              # accounting.hold


def near_end(Lane lane not None, Request request not None, int64_t intervals_n):
    """Will the session of an interim use up what it holds within so many of its intervals?

    None: it has no track, ask the books.
    """
    cdef Said said
    cdef Track track
    cdef int found
    said.sound = 0
    if request.packet.code != ACCOUNTING_REQUEST:
        return None
    read_said(lane.key, request, &said)
    track = lane.track_of(request, &said)
    if track is None or request.arrived_us >= track.until_us:
        return None
    found = near(track, intervals_n)
    return None if found == UNKNOWN else found == 1


cdef int near(Track track, int64_t intervals_n) except -2:
    # aaa.urgency.near_end, accounting.hold.reach and aaa.limits.included_left of an only session.
    cdef Session session = track.session
    cdef int64_t money, reach, counted, left, ahead_s, left_octets = 0, left_s = 0
    if not track.course.charges:
        return 0
    money = session.granted_micros - track.course.fee_micros
    if money < 0:
        return 1
    ahead_s = intervals_n * session.interim_s
    if track.allowance is not None:
        left_octets = max(track.course.included_octets - track.allowance.used_octets, 0)
        left_s = max(track.course.included_s - track.allowance.used_s, 0)
    if track.course.tariff.steps[TIME].amount:
        reach = sum_within(
            paid_for(
                money - track.priced[VOLUME], track.course.tariff.steps[TIME].amount,
                track.course.tariff.steps[TIME].unit, track.course.tariff.steps[TIME].increment,
            ),
            session.free_s, left_s, REACH_MAX,
        )
        if reach - session.session_s <= ahead_s:
            return 1
    if not track.course.tariff.steps[VOLUME].amount:
        return 0
    reach = sum_within(
        paid_for(
            money - track.priced[TIME], track.course.tariff.steps[VOLUME].amount,
            track.course.tariff.steps[VOLUME].unit, track.course.tariff.steps[VOLUME].increment,
        ),
        session.free_octets, left_octets, REACH_MAX,
    )
    counted = counted_c(track.course.tariff, session.input_octets, session.output_octets)
    if counted < 0:
        return UNKNOWN
    left = reach - counted
    return left <= 0 or less(left, session.session_s, counted, ahead_s)
