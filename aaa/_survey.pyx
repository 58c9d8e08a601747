# cython: language_level=3, auto_pickle=False, autotestdict=False
"""The survey: tracks for sessions like others that have one, without the long road.

After a start no session has a track, and the first interim of each would have to be looked at with
all rules of the long road, which takes fifty times as long as the lane: a million of them keep a
server busy for minutes. Most of those rules look at what sessions have alike: a device, a plan, and
subscribers who have nothing of their own. So when `aaa.lane` has laid a track, it leaves behind the
`Ground` it stands on, and the next session on the same ground is looked at here: that its Class is
genuine, that its names are those that are known of it, and that its numbers are plain.

Whatever is not plainly that case is left to `aaa.lane`, having changed nothing. Nothing here may
lay a track that it would not lay, or another one: the tests compare both.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.object cimport PyObject, PyObject_Hash
from libc.stdint cimport int8_t, int64_t, uint8_t, uint64_t
from libc.string cimport memcmp, memset

from aaa._index cimport ById
from aaa._lane cimport Lane
from aaa._marks cimport Kin, Marks
from aaa._request cimport Request
from aaa._said cimport Said
from aaa._spelling cimport mac_of
from aaa._sums cimport DIGEST, hmac_sha256_c
from aaa._track cimport Course, Days, Track, course_of
from domain._account cimport (
    MAC_MODE, MAC_MODES, NEVER_US, PLAN_IDS_AHEAD, STATUS, STATUSES, Account, Subscriber,
)
from domain._session cimport (
    ADOPTED, FEE_DUE, HOLD, HOLDS, NOTHING, STATE, STATES, WALL, WALLS, Session,
)
from domain._texts cimport raw_at, text_at
from radius._codec cimport octets_of
from rating._rater cimport FEE, STEPS, TIME, VOLUME, Tariff, counted_c, price_c

from aaa.telling import REFUSED as _REFUSED
from domain.account import MacMode, Status
from domain.session import HoldState, SessionState, Walled


cdef enum:
    GROUNDS_MAX_N = 4096
    CLASS_OCTETS = 28           # aaa.token: mark, 18 octets in base 64
    MARK_OCTETS = 4
    NAME_OCTETS = 18
    ID_OCTETS = 8

# Attributes by which a record is of its session.
cdef enum:
    USER_NAME = 1
    NAS_IP_ADDRESS = 4
    NAS_PORT = 5
    FRAMED_IP_ADDRESS = 8
    CLASS = 25
    CALLED_STATION_ID = 30
    CALLING_STATION_ID = 31
    NAS_IDENTIFIER = 32
    ACCT_SESSION_ID = 44
    ACCT_MULTI_SESSION_ID = 50
    NAS_PORT_ID = 87
    NAS_IPV6_ADDRESS = 95
    FRAMED_IPV6_PREFIX = 97
    DELEGATED_IPV6_PREFIX = 123
    FRAMED_IPV6_ADDRESS = 168

# Places of a session's texts (`domain._session`).
cdef enum:
    OWN_ID = 0
    OWN_LOGIN = 1
    OWN_STATION = 2
    OWN_MAC = 3
    OWN_PORT_ID = 4
    OWN_ADDRESS = 5
    OWN_IPV6_PREFIX = 6
    OWN_MULTI_ID = 7
    OWN_IPV6_ADDRESS = 8
    OWN_DELEGATED = 9
    OWN_TOLD = 10

# Places of what sessions have alike.
cdef enum:
    ALIKE_CALLED = 0
    ALIKE_NAS_ADDRESS = 1
    ALIKE_NAS_IDENTIFIER = 2
    ALIKE_SOURCE = 3

cdef int64_t LIMIT_MAX_OCTETS = <int64_t> 1 << 62       # aaa.lane
cdef int64_t FOREVER_US = 0x7FFFFFFFFFFFFFFF
cdef int8_t OPEN = STATES.index(SessionState.OPEN)
cdef int8_t HELD = HOLDS.index(HoldState.HELD)
cdef int8_t UNWALLED = WALLS.index(Walled.NO)
cdef int8_t ACTIVE = STATUSES.index(Status.ACTIVE)
cdef int8_t FIXED = MAC_MODES.index(MacMode.FIXED)
cdef bytes REFUSED = _REFUSED


@cython.final
cdef class Ground:
    """What a track stands on beside its session: made by `aaa.lane` of one that it has laid.

    `offer` is the version of the subscriber's plan that is in force; `numbers` are the guard band,
    the usual interval and the grace of the offer, in octets, seconds and microseconds. Only of
    plans with nothing included, and of dialects that read records by nothing but the RFCs'
    attributes.
    """

    def __init__(
        self, device, str source_address not None, Subscriber owner not None, plan, offer,
        Tariff tariff not None, Days days not None, tuple numbers not None, bint limited,
    ):
        self.key = key_of(device, source_address, plan.plan_id, owner)
        self.device, self.plan, self.offer = device, plan, offer
        self.tariff, self.days, self.buyers = tariff, days, owner.alike
        self.guard_octets, self.interim_s, self.grace_us = numbers
        self.fee_micros, self.rate_bps = plan.session_fee_micros, device.line_rate_bps
        self.limited, self.charges = limited, plan.priced
        self.volume, self.time = plan.volume is not None, plan.time is not None
        self.courses = {}

    cdef Course course(self, Session session):
        cdef bint held = session.members[HOLD] == HELD
        cdef bint limited = self.limited and session.limit_octets != 0
        cdef int64_t interval_s = session.interim_s or self.interim_s
        cdef int64_t place = interval_s << 2 | held << 1 | limited
        found = self.courses.get(place)
        if found is not None:
            return <Course> found
        if len(self.courses) >= GROUNDS_MAX_N:
            self.courses.clear()
        found = self.courses[place] = course_of(
            self.device, self.key[1], self.tariff, self.days,
            (
                self.plan.plan_id, interval_s, self.rate_bps, self.fee_micros,
                self.guard_octets, 0, 0,
            ),
            (held, limited, self.charges, self.volume, self.time),
        )
        return <Course> found

    cdef Track track(self, Session session, Subscriber owner, Account account):
        """The track of a session that stands on this ground, or None."""
        cdef Track track
        cdef int64_t[STEPS] micros
        cdef int64_t counted = counted_c(self.tariff, session.input_octets, session.output_octets)
        cdef int64_t until_us = FOREVER_US
        if owner.until_us != NEVER_US:
            until_us = owner.until_us + self.grace_us
        if session.look != (NOTHING if until_us == FOREVER_US else until_us):
            return None
        if counted < 0 or price_c(
            self.tariff, counted, session.session_s, session.free_octets, session.free_s,
            True, micros,
        ):
            return None
        track = Track.__new__(Track)
        track.session, track.account, track.allowance = session, account, None
        track.course = self.course(session)
        track.until_us = until_us
        track.rated_limit_octets = min(max(session.limit_octets, 0), LIMIT_MAX_OCTETS)
        track.priced[FEE] = micros[FEE]
        track.priced[VOLUME], track.priced[TIME] = micros[VOLUME], micros[TIME]
        track.owed, track.alive = True, False
        return track


cdef tuple key_of(device, str source_address, int64_t plan_id, Subscriber owner):
    # A device is known by being the same object, which the ground keeps.
    return id(device), source_address, plan_id, owner.plan_id, owner.alike


def learn(Lane lane not None, Ground ground not None):
    """Sessions on this ground may have tracks from now on, until all tracks are dropped."""
    if len(lane.grounds) >= GROUNDS_MAX_N:
        lane.grounds.clear()
    lane.grounds[ground.key] = ground


def lay_known(Lane lane not None, books, bytes class_key not None, list places not None):
    """Lay tracks for those of the records at these places of the batch that can have one.

    Call after `Lane.look`. Answers the places of the others, in order.
    """
    cdef list others = []
    cdef int at
    if not lane.grounds:
        return places
    for place in places:
        at = place
        if not lane.said[at].sound or not surveyed(lane, books, class_key, at):
            others.append(place)
    return others


cdef bint surveyed(Lane lane, books, bytes class_key, int at) except -1:
    cdef Request request = <Request> lane.records[at]
    cdef ById sessions = books.sessions, names = books.same_id.by_number
    cdef const uint8_t *area = octets_of(request.packet.attribute_octets)
    cdef const uint8_t *end = area + PyBytes_GET_SIZE(request.packet.attribute_octets)
    cdef Found where
    cdef const uint8_t **first = where.first
    cdef PyObject *found
    cdef Session session
    cdef Track track
    if lane.track_of(request, &lane.said[at]) is not None:
        return True                             # laid for a record before it
    memset(&where, 0, sizeof(Found))
    while area < end:                           # `read_said` has seen that they are whole
        if first[area[0]] == NULL:
            first[area[0]] = area
        area += area[1]
    found = sessions.find(named_by(first[CLASS], class_key))
    if found == NULL:
        return False
    session = <Session> found
    if not is_plain(session) or not says_nothing_new(session, request, first):
        return False
    if session.device_id != request.device.device_id:
        return False
    number = PyObject_Hash((session.device_id, text_at(session.texts, OWN_ID))) >> 1
    if names.find(number) != found:             # aaa.same_ids: it alone has this name
        return False
    if session.session_id in books.draft.new_sessions or books.suspense.get(session.session_id):
        return False
    track = track_on(lane, books, request, session)
    if track is None:
        return False
    lane.lay(track, at)
    return True


cdef Track track_on(Lane lane, books, Request request, Session session):
    cdef Marks whole = books._whole
    cdef ById accounts = books.accounts
    cdef Kin people = books._people
    cdef PyObject *found = people.find(session.account_id)
    cdef PyObject *account = accounts.find(session.account_id)
    cdef Subscriber owner
    cdef Ground ground
    if found == NULL or account == NULL or not whole.has(session.account_id):
        return None
    if not isinstance(<object> found, Subscriber):
        return None                             # several of one account
    owner = <Subscriber> found
    if (
        owner.subscriber_id != session.subscriber_id
        or owner.members[STATUS] != ACTIVE
        or owner.members[MAC_MODE] == FIXED
    ):
        return None
    held = lane.grounds.get(
        key_of(request.device, request.source_address, session.plan_id, owner)
    )
    if held is None:
        return None
    ground = <Ground> held
    plans = books.plans
    if ground.device is not request.device or plans.get(session.plan_id) is not ground.plan:
        return None
    if ground.offer is not offered(books, owner, ground.plan):
        return None
    return ground.track(session, owner, <Account> account)


cdef object offered(books, Subscriber owner, plan):
    """What `accounting.in_force` says, where that is seen at once and time does not change it."""
    plan_name = owner.plan_name
    if owner.plan_id != 0 and owner.plan_id != plan.plan_id:
        plan = books.plans.get(owner.plan_id)
    if plan is None or owner.alike[PLAN_IDS_AHEAD] or plan.name != plan_name:
        return None
    if plan_name in books.versions and books.newest_plan.get(plan_name) != plan.plan_id:
        return None
    return plan


cdef bint is_plain(Session session) noexcept:
    """`aaa.lane._plain`, of a session whose rare numbers are those of a new one."""
    cdef Py_ssize_t size
    cdef const unsigned char *told
    if (
        session.members[STATE] != OPEN
        or session.rare != NULL
        or session.account_id == 0
        or session.records_n <= 0
        or session.members[WALL] != UNWALLED
        or not session.flags & FEE_DUE
        or session.flags & ADOPTED
        or not (session.session_s or session.input_octets or session.output_octets)
    ):
        return False
    told = raw_at(session.texts, OWN_TOLD, &size)
    return size != PyBytes_GET_SIZE(REFUSED) or memcmp(told, PyBytes_AS_STRING(REFUSED), size) != 0


cdef bint says_nothing_new(Session session, Request request, const uint8_t **first) except -1:
    """The reverse of `aaa.record.binds`, as far as that is seen at once."""
    cdef tuple alike = session.alike
    if not is_same(session, OWN_ID, first[ACCT_SESSION_ID]) or first[ACCT_SESSION_ID] == NULL:
        return False
    if not is_same(session, OWN_LOGIN, first[USER_NAME]):
        return False
    if alike[ALIKE_SOURCE] != request.source_address:
        return False
    if (
        adds(session, OWN_STATION, first[CALLING_STATION_ID])
        or adds(session, OWN_PORT_ID, first[NAS_PORT_ID])
        or adds(session, OWN_ADDRESS, first[FRAMED_IP_ADDRESS])
        or adds(session, OWN_IPV6_PREFIX, first[FRAMED_IPV6_PREFIX])
        or adds(session, OWN_MULTI_ID, first[ACCT_MULTI_SESSION_ID])
        or adds(session, OWN_IPV6_ADDRESS, first[FRAMED_IPV6_ADDRESS])
        or adds(session, OWN_DELEGATED, first[DELEGATED_IPV6_PREFIX])
        or first[CALLED_STATION_ID] != NULL and not alike[ALIKE_CALLED]
        or first[NAS_IDENTIFIER] != NULL and not alike[ALIKE_NAS_IDENTIFIER]
        or first[NAS_PORT] != NULL and session.port == NOTHING
    ):
        return False
    if not alike[ALIKE_NAS_ADDRESS]:
        if first[NAS_IP_ADDRESS] != NULL or first[NAS_IPV6_ADDRESS] != NULL:
            return False
    return text_at(session.texts, OWN_MAC) is not None or (
        mac_of(text_at(session.texts, OWN_STATION)) is None
    )


cdef bint is_same(Session session, int place, const uint8_t *said) noexcept:
    """Does an attribute that is there say plainly what the session has there?"""
    cdef Py_ssize_t size, at
    cdef const unsigned char *known
    if said == NULL:
        return True
    known = raw_at(session.texts, place, &size)
    if size <= 0 or size != said[1] - 2 or memcmp(known, said + 2, size) != 0:
        return False
    for at in range(size):                      # nas.values.text_of: text as it stands
        if known[at] < 0x20 or known[at] > 0x7E or known[at] == 0x5C:
            return False
    return True


cdef bint adds(Session session, int place, const uint8_t *said) noexcept:
    """Is there an attribute of which the session knows nothing?"""
    cdef Py_ssize_t size
    if said == NULL:
        return False
    raw_at(session.texts, place, &size)
    return size == 0


cdef int64_t named_by(const uint8_t *said, bytes class_key) noexcept:
    """`aaa.token.session_of` for a Class as we write it; 0: it is none."""
    cdef uint8_t[NAME_OCTETS] name
    cdef uint8_t[DIGEST] digest
    cdef uint64_t session_id = 0
    cdef uint8_t differs = 0
    cdef int at
    if said == NULL or said[1] != CLASS_OCTETS + 2 or memcmp(said + 2, b"th1.", MARK_OCTETS):
        return 0
    if not read_base64(said + 2 + MARK_OCTETS, name):
        return 0
    hmac_sha256_c(octets_of(class_key), PyBytes_GET_SIZE(class_key), name, ID_OCTETS, digest)
    for at in range(NAME_OCTETS - ID_OCTETS):   # in a time that tells nothing
        differs |= name[ID_OCTETS + at] ^ digest[at]
    if differs:
        return 0
    for at in range(ID_OCTETS):
        session_id = session_id << 8 | name[at]
    return <int64_t> session_id


cdef bint read_base64(const uint8_t *letters, uint8_t *octets) noexcept:
    """24 letters of the URL-safe alphabet as 18 octets; False: one is none of them."""
    cdef uint64_t word = 0
    cdef int at, value
    for at in range(CLASS_OCTETS - MARK_OCTETS):
        value = value_of(letters[at])
        if value < 0:
            return False
        word = word << 6 | <uint64_t> value
        if at % 4 == 3:
            octets[0], octets[1] = <uint8_t> (word >> 16), <uint8_t> (word >> 8)
            octets[2] = <uint8_t> word
            octets += 3
    return True


cdef inline int value_of(uint8_t letter) noexcept:
    if c"A" <= letter <= c"Z":
        return letter - c"A"
    if c"a" <= letter <= c"z":
        return letter - c"a" + 26
    if c"0" <= letter <= c"9":
        return letter - c"0" + 52
    return 62 if letter == c"-" else 63 if letter == c"_" else -1
