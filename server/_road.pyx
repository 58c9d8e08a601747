# cython: language_level=3, auto_pickle=False, autotestdict=False
"""The short road: from a datagram to a request in line, and from its outcome to the signed reply.

Nearly every datagram is a sound request of a device we know, on the port that serves it. For these
the checks of `server.door` are made here, from cheap to dear, a burst at a time; whatever is
anything else is handed to the door before it has changed or counted a thing.
Likewise with outcomes: a reply that is to leave at once is signed, remembered and posted here, a
batch at a time, and the door does the others.

What is counted goes into the meters once for each burst and batch, not once for each datagram.
The differential test runs the door of plain Python beside it.
"""

cimport cython
from cpython.bytes cimport PyBytes_GET_SIZE
from libc.stdint cimport int64_t, uint8_t

from aaa._request cimport Request
from radius._authenticator cimport signed, verify
from radius._codec cimport (
    HEADER, MAX_PACKET, SOUND, Frame, Packet, load32, octets_of, packet_of, walk,
)
from radius._duplicates cimport Duplicates, Ticket

from server.meters import CODE_NAMES as _CODE_NAMES, TIME_BOUNDS_US as _TIME_BOUNDS_US
from server.queue import Rank

cdef enum:
    ACCESS_REQUEST = 1
    ACCESS_ACCEPT = 2
    ACCOUNTING_REQUEST = 4
    ACCOUNTING_RESPONSE = 5
    PROXY_STATE = 33
    ACCT_STATUS_TYPE = 40
    SOURCES_MAX = 16384         # whose addresses are remembered
    MAC_OCTETS = 18
    BREATH_N = 64

cdef object LOGIN = Rank.LOGIN
cdef object STOP = Rank.STOP
cdef object START = Rank.START
cdef object INTERIM = Rank.INTERIM
cdef tuple NO_LATCHES = ()

cdef int64_t[WAITS_N] BOUNDS_US
cdef int BOUNDS_N = len(_TIME_BOUNDS_US)
assert BOUNDS_N < WAITS_N
for _n, _bound_us in enumerate(_TIME_BOUNDS_US):
    BOUNDS_US[_n] = _bound_us


def rank_of(Packet packet not None):
    """The rank of a request, by its code and Acct-Status-Type."""
    return ranked(packet)


cdef object ranked(Packet packet):
    cdef const uint8_t *found
    cdef unsigned int status
    if packet.code == ACCESS_REQUEST:
        return LOGIN
    found = packet.find(ACCT_STATUS_TYPE, NULL)
    if found == NULL or found[1] != 6:
        return INTERIM
    status = load32(found + 2)
    if status == 3:
        return INTERIM
    if status == 2:
        return STOP
    return START if status == 1 or status == 7 or status == 8 else INTERIM


@cython.final
cdef class Source:
    """A source address we know, and what of it is not in the meters yet."""


@cython.final
@cython.freelist(256)
cdef class Visit:
    """One request on its way to the desk and back (server.queue.Errand)."""

    def settle(self, outcome, int64_t now_us):
        """The desk has decided and its decision is durable, or it has failed."""
        self.road.door.settle(self, outcome, now_us)

    def shed(self):
        """It was turned away for lack of room."""
        self.road.door.shed(self)


@cython.final
cdef class Road:
    """The way from one socket to the desk: `door` takes what does not go along it."""

    def __cinit__(self, door, foyer, *, int socket_n, bint logins, bint records):
        self.door = door
        self.foyer = foyer
        self.roster = foyer.roster
        self.paths = foyer.roster.paths
        self.duplicates = foyer.duplicates
        self.socket_n = socket_n
        self.logins = logins
        self.records = records
        self.sources = {}
        self.fresh = []

    def leads_to(self, post, flush):
        """Replies are posted by the one and leave with the other, if there is another; None:
        the socket is closed."""
        self.post = post
        self.flush = flush

    # ---------------------------------------------------------------- in

    def admit(self, list burst not None, list visits not None):
        """Add the new requests of a burst to `visits`, in order, counting it as it goes."""
        cdef object foyer = self.foyer
        cdef int64_t now_us = foyer.clock.now_us()
        cdef int64_t entered_us = foyer.clock.monotonic_us()
        cdef bint logins = self.logins, records = self.records
        if self.generation is not self.roster.generation:
            self.generation = self.roster.generation
            self.sources.clear()
        if foyer.closed:
            self.logins = self.records = False
        elif foyer.readiness.draining:
            self.logins = False
        try:
            for octets, peer, local in burst:
                self.take(octets, peer, local, visits, now_us, entered_us)
        finally:
            self.logins = logins
            self.records = records
            self.count(now_us)

    cdef Source source_of(self, str address):
        """The device of an address, or None."""
        cdef object found = self.sources.get(address)
        cdef Source source
        if found is not None:
            return <Source> found
        device = self.roster.find(address)
        if device is None:
            return None
        if len(self.sources) >= SOURCES_MAX:
            self.sources.clear()
        source = Source.__new__(Source)
        source.device = device
        source.secret = device.secret
        self.sources[address] = source
        return source

    cdef int take(
        self, bytes octets, tuple peer, str local, list visits, int64_t now_us, int64_t entered_us
    ) except -1:
        """Go along the road with one datagram, as long as it is the usual case."""
        cdef Frame frame
        cdef const uint8_t *p = octets_of(octets)
        cdef Py_ssize_t size = PyBytes_GET_SIZE(octets)
        cdef str address = peer[0]
        cdef Source source = self.source_of(address)
        cdef Packet packet
        cdef Request request
        cdef Visit visit
        cdef tuple latches = NO_LATCHES
        cdef bint login, has_mac
        if source is None:
            self.door.stranger(octets, address)
            return 0
        login = size >= HEADER and p[0] == ACCESS_REQUEST
        frame.reason = SOUND + 1
        if login and self.logins or self.records and size >= HEADER and p[0] == ACCOUNTING_REQUEST:
            walk(p, size, &frame)
            if frame.reason == SOUND and PyBytes_GET_SIZE(source.secret) > 0:
                frame.reason = verify(
                    p, &frame, octets_of(source.secret), PyBytes_GET_SIZE(source.secret), NULL
                )
        if frame.reason != SOUND:
            self.door.apart(source.device, octets, peer, local)
            return 0
        has_mac = frame.mac_offset != 0
        self.note(source, login, has_mac)
        if self.paths.get(address) != local:
            self.roster.met(address, local)
        packet = packet_of(p, &frame)
        if login:
            # A source that has shown all there is to show: `nas.blast` has no more to ask of it.
            if not (source.latched and has_mac and packet.find(PROXY_STATE, NULL) == NULL):
                latches = self.door.latches_of(packet, source.device, address, has_mac)
                if latches is None:
                    return 0
                source.latched = has_mac and not latches and (
                    packet.find(PROXY_STATE, NULL) == NULL
                )
        known = self.duplicates.take_in(
            self.socket_n, peer, p[1], p[0], p + 4, entered_us
        )
        if type(known) is not Ticket:
            self.door.repeated(known, p[0], peer=peer, local=local)
            return 0
        request = Request.__new__(Request)
        request.packet = packet
        request.device = source.device
        request.source_address = address
        request.arrived_us = now_us
        request.signed = has_mac
        request.latches = latches
        visit = Visit.__new__(Visit)
        visit.rank = ranked(packet)
        visit.arrival_n = 0
        visit.entered_us = entered_us
        visit.item = request
        visit.peer = peer
        visit.local = local
        visit.ticket = <Ticket> known
        visit.road = self
        visits.append(visit)
        return 0

    cdef int note(self, Source source, bint login, bint has_mac) except -1:
        if not source.records_n and not source.logins_n:
            self.fresh.append(source)
        if login:
            source.logins_n += 1
            source.unsigned_n += not has_mac
        else:
            source.records_n += 1
        return 0

    cdef int count(self, int64_t now_us) except -1:
        """Put into the meters what was noted."""
        cdef Source source
        if not self.fresh:
            return 0
        requests = self.foyer.meters.requests
        for source in self.fresh:
            name = source.device.name
            if source.records_n:
                requests[name, _CODE_NAMES[ACCOUNTING_REQUEST]] += source.records_n
            if source.logins_n:
                requests[name, _CODE_NAMES[ACCESS_REQUEST]] += source.logins_n
            self.foyer.observing.requests(
                source.device.device_id, now_us, source.records_n + source.logins_n,
                unsigned_n=source.unsigned_n,
            )
            source.records_n = source.logins_n = source.unsigned_n = 0
        self.fresh.clear()
        return 0


# -------------------------------------------------------------------- out

@cython.final
cdef class Settling:
    """A batch on its way out: what was looked up once, and what is to be counted in the end."""

    cdef int look(self, object outcome) except -1:
        """Take apart an outcome; most of a batch are one and the same object."""
        self.outcome = outcome
        self.reply_code = outcome.reply_code
        self.attributes = outcome.attributes
        self.label = outcome.label
        self.plain = (
            self.reply_code is not None
            and outcome.check is None
            and outcome.delay_us <= 0
            and HEADER + MAC_OCTETS + PyBytes_GET_SIZE(self.attributes) <= MAX_PACKET
        )
        self.code = self.reply_code if self.plain else 0
        return 0

    cdef bint answer(self, Visit visit, object outcome) except -1:
        """Count, sign, remember, post; False, and nothing has happened, if it is another case."""
        cdef Road road = visit.road
        cdef Request request = visit.item
        cdef Packet packet = request.packet
        cdef bint login = packet.code == ACCESS_REQUEST
        cdef int64_t waited_us = self.now_us - visit.entered_us
        cdef int at = 0
        cdef bytes octets
        if outcome is not self.outcome:
            self.look(outcome)
        if not self.plain or request.latches or road.foyer is not self.foyer:
            return False
        while at < BOUNDS_N and waited_us > BOUNDS_US[at]:
            at += 1
        self.waits_n[login][at] += 1
        self.waits_us[login] += waited_us
        if self.label is not self.run_label or login != self.run_login or (
            self.code != self.run_code
        ):
            self.count_run()
            self.run_label, self.run_login, self.run_code = self.label, login, self.code
        self.run_n += 1
        octets = signed(
            self.code, packet.identifier, packet.authenticator, self.attributes,
            request.device.secret, request.signed or self.code != ACCOUNTING_RESPONSE,
        )
        if self.duplicates.remember(visit.ticket, octets, self.now_us) and road.post is not None:
            if request.device is not self.sent_device or self.code != self.sent_code:
                self.count_sent()
                self.sent_device, self.sent_code = request.device, self.code
            self.sent_n += 1
            if not road.touched:
                road.touched = True
                self.roads.append(road)
            road.post(octets, visit.peer, visit.local)
        return True

    cdef int count_run(self) except -1:
        if self.run_n:
            if not self.run_login:
                self.foyer.meters.records[self.run_label,] += self.run_n
            else:
                result = "accept" if self.run_code == ACCESS_ACCEPT else "reject"
                self.foyer.meters.logins[result, self.run_label] += self.run_n
            self.run_n = 0
        return 0

    cdef int count_sent(self) except -1:
        if self.sent_n:
            name = self.sent_device.name
            self.foyer.meters.responses[name, _CODE_NAMES[self.sent_code]] += self.sent_n
            self.sent_n = 0
        return 0

    cdef int count(self) except -1:
        """Put everything into the meters, and have the replies leave."""
        cdef Road road
        cdef int at, login
        for road in self.roads:
            road.touched = False
            if road.flush is not None:
                road.flush()
        self.count_run()
        self.count_sent()
        for login in range(2):
            counts = [self.waits_n[login][at] for at in range(BOUNDS_N + 1)]
            if any(counts):
                name = _CODE_NAMES[ACCESS_REQUEST if login else ACCOUNTING_REQUEST]
                self.foyer.meters.durations[name,].add(counts, self.waits_us[login])
        return 0


def shed_all(list errands not None, counts, tuple labels not None):
    """Turn errands away: each is forgotten, and counted under the label of its rank."""
    cdef Py_ssize_t run_n = 0
    cdef object run = None
    for errand in errands:
        rank = errand.rank
        if rank is not run:
            if run_n:
                counts[labels[run]] += run_n
            run, run_n = rank, 0
        run_n += 1
        if type(errand) is Visit:
            (<Visit> errand).road.duplicates.abandon((<Visit> errand).ticket)
        else:
            errand.shed()
    if run_n:
        counts[labels[run]] += run_n


def settle_all(list batch not None, outcomes not None, int64_t now_us):
    """Answer what can be answered at once; returns what is left to its errand's own `settle`,
    as (errand, outcome, None), and what went wrong on the way, with the exception."""
    cdef Settling settling = None
    cdef list left = []
    cdef int n = 0
    for errand, outcome in zip(batch, outcomes):
        n += 1
        if n % BREATH_N == 0:                       # let the database's thread go on
            with nogil:
                pass
        if type(errand) is not Visit:
            left.append((errand, outcome, None))
            continue
        if settling is None:
            settling = Settling.__new__(Settling)
            settling.foyer = (<Visit> errand).road.foyer
            settling.duplicates = (<Visit> errand).road.duplicates
            settling.now_us = now_us
            settling.roads = []
        try:
            if not settling.answer(<Visit> errand, outcome):
                left.append((errand, outcome, None))
        except Exception as error:
            left.append((errand, outcome, error))
    if settling is not None:
        settling.count()
    return left
