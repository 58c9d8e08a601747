# cython: language_level=3, auto_pickle=False, autotestdict=False
"""The lane: the common interim of a session that is known, decided without the long road.

Nearly every packet of a provider is an interim that names its session as the one before it did, its
counters a little higher, its money not at an end. The desk's long road (`aaa.record`) says what
such a record means; this does the same for that case alone, in one pass over the octets, and
whatever is not plainly that case it leaves to the long road, having changed nothing.

A `Track` is what is known of a session while nothing but interims happens to it: `aaa.lane` lays
it, under a hash of everything in the record that is not a counter or a time, after the long road's
own rules have said that such a record can only be of this session. It is torn up as soon as
anything else touches the session (`Lane.drop`), its account, its plan or its device. So the lane
looks at numbers only.

Nothing here may decide otherwise than the long road: the tests run both on the same histories.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cpython.object cimport PyObject
from libc.stdint cimport int64_t, uint8_t, uint64_t
from libc.string cimport memcpy

from aaa._index cimport ById
from aaa._moves cimport AccountMove, move_of
from aaa._request cimport Request
from aaa._said cimport DELAY, INPUT, INPUT_HIGH, OUTPUT, OUTPUT_HIGH, SESSION_TIME, STAMP
from aaa._said cimport Said, key_of, names_hash, octets_of, read_ahead, says
from aaa._track cimport Course, Days, Track, fetch, goes_on
from accounting._journal cimport Body, Effect
from domain._account cimport Account
from domain._session cimport EPOCH, INPUT_BASE, OUTPUT_BASE, PART, SESSION_BASE_S, UNRATED_INPUT
from domain._session cimport UNRATED_OUTPUT, UNRATED_S, Charge, Session, charge_of, rare_of
from rating._rater cimport FEE, STEPS, TIME, VOLUME, counted_c, price_c


cdef extern from "_lane.h" nogil:
    int64_t carried "th_carried"(int64_t rate_bps, int64_t span_s)


cdef enum:
    US_PER_S = 1000000
    DELAY_MAX_S = 7 * 86400         # accounting.event_time
    REPEAT_MAX_S = 30               # aaa.hearing
    STEP_NTH = 8                    # aaa.hearing
    AHEAD_N = 16                    # records read before the first of them is looked up
    FETCH_N = 4                     # records decided while the memory sends what the next one moves

cdef int64_t AMOUNT_MAX_MICROS = 9000000000000000       # accounting.ledger


@cython.final
cdef class Lane:
    """The tracks by the names of their records, and the records of the batch under way.

    `key` (16 octets) is the hash's: secret, and the same as long as the tracks live. `look` reads a
    batch, `take` decides one record of it; in between the long road may do what it likes.
    """

    def __cinit__(self, bytes key not None):
        if PyBytes_GET_SIZE(key) != 16:
            raise ValueError("the key has 16 octets")
        memcpy(self.key, PyBytes_AS_STRING(key), 16)
        self.tracks, self.days, self.grounds = ById(), {}, {}
        self.said = NULL
        self.taken_n = 0

    def __dealloc__(self):
        PyMem_Free(self.said)

    def __len__(self):
        return len(self.tracks)

    # ---------------------------------------------------------------- tracks

    def days_of(self, str timezone not None):
        """The days of a zone, shared by all tracks."""
        found = self.days.get(timezone)
        if found is None:
            found = self.days[timezone] = Days(timezone)
        return found

    def known(self, Session session not None):
        """Has the session a track?"""
        return session.track != NULL

    def lay(self, Track track not None, int at):
        """Keep a track under the names of record `at` of the batch."""
        cdef PyObject *old
        self.drop(track.session)
        memcpy(track.names, self.said[at].names, sizeof(track.names))
        track.alive = True
        old = self.tracks.find(key_of(track.names))
        if old != NULL:
            self.drops_n += 1
            self.drop((<Track> old).session)
        self.tracks.put(key_of(track.names), track)
        track.session.track = <PyObject *> track

    def drop(self, Session session not None):
        """Something else than an interim has happened to the session, or it is gone."""
        cdef Track track
        if session.track != NULL:
            track = <Track> session.track
            session.track, track.alive = NULL, False
            self.drops_n += 1
            self.tracks.pop(key_of(track.names), None)

    def leave(self, int at):
        """Record `at` has a track that is no use to it."""
        track = self.track_of(<Request> self.records[at], &self.said[at])
        if track is not None:
            self.drop(track.session)

    def drop_all(self):
        """Plans or devices are others now."""
        self.drops_n += 1
        self.tracks.clear()
        self.grounds.clear()

    # ---------------------------------------------------------------- a batch

    def look(self, list batch not None):
        """Read a batch: which of its items have no track, so that rows must be loaded for them?

        Answers their places in the batch, in order.
        """
        cdef Py_ssize_t n, size = len(batch)
        cdef Said *said
        cdef object last = None
        PyMem_Free(self.said)
        self.said = <Said *> PyMem_Malloc(sizeof(Said) * (size or 1))
        if self.said == NULL:
            raise MemoryError
        self.records = batch
        self.senders = []
        untracked = []
        for n in range(size):
            if n % AHEAD_N == 0:
                read_ahead(self.key, self.tracks, batch, n, min(n + AHEAD_N, size), self.said)
            said = &self.said[n]
            item = batch[n]
            if type(item) is not Request:
                untracked.append(n)
                continue
            device = (<Request> item).device
            if device is not last:
                self.senders.append(device)
                last = device
            if self.track_of(<Request> item, said) is None:
                untracked.append(n)
        return untracked

    def begin(self, turn):
        """The batch that was looked at is decided in this turn."""
        self.turn, self.books, self.hearing = turn, turn.books, turn.hearing
        self.notes, self.body = turn.notes, turn.records
        self.now_us, self.journal_id = turn.now_us, turn.journal_id
        self.skew_us = turn.settings.clock_skew_s * US_PER_S
        draft = turn.books.draft
        self.moved, self.changed = draft.moved_sessions, draft.changed_sessions
        self.charge_rows, self.moves = draft.charge_rows, draft.moves
        self.allowance_moves = draft.allowance_moves
        self.heard_id = -1
        self.heard = self.reports = None

    def readable(self, int at):
        """Could record `at` be one for the lane, if its session had a track?"""
        return self.said[at].sound != 0

    def names_of(self, int at):
        """The hash of the names in record `at`."""
        return self.said[at].names[0], self.said[at].names[1]

    def hash(self, bytes octets not None):
        """The keyed hash of any octets, as sixteen of them."""
        cdef uint64_t[2] result
        names_hash(
            self.key, <const uint8_t *> PyBytes_AS_STRING(octets), PyBytes_GET_SIZE(octets), result
        )
        return result[0].to_bytes(8, "little") + result[1].to_bytes(8, "little")

    def end(self):
        """The batch is decided, or given up."""
        self.turn = self.books = self.hearing = self.notes = self.body = None
        self.moved = self.changed = self.charge_rows = self.moves = self.allowance_moves = None
        self.heard = self.reports = None
        self.records = None

    def take_run(self, int at, int until, list outcomes not None, answer not None):
        """Decide records from `at` on, each answered by `answer`, as long as they are for the lane.
        Answers the place of the first one that is not, or `until`."""
        while at < until:
            if at + FETCH_N < until and self.is_found(&self.said[at + FETCH_N]):
                fetch(<Track> self.said[at + FETCH_N].track)
            if not self.take(at):
                break
            outcomes.append(answer)
            at += 1
            if at % 64 == 0:                        # let the thread of the last commit go on
                with nogil: pass
        return at

    cpdef bint take(self, int at) except -1:
        """Decide record `at` of the batch; False: it is one for the long road, nothing is changed.
        """
        cdef Request request
        cdef Said *said = &self.said[at]
        if not said.sound:
            return False
        request = <Request> self.records[at]
        track = self.track_of(request, said)
        if track is None or not self.decide(request, said, track):
            return False
        self.taken_n += 1
        return True

    cdef bint is_found(self, const Said *said) noexcept:
        return said.sound and said.track != NULL and said.drops_n == self.drops_n

    cdef Track track_of(self, Request request, Said *said):
        cdef Track track
        if not said.sound:
            return None
        if not self.is_found(said):
            said.track, said.drops_n = self.tracks.find(key_of(said.names)), self.drops_n
            if said.track == NULL:
                return None
        track = <Track> said.track
        if (
            not track.alive
            or track.names[1] != said.names[1]
            or track.course.device is not request.device
            or track.course.source_address != request.source_address
        ):
            return None
        return track

    cdef bint decide(self, Request request, Said *said, Track track) except -1:
        cdef Session session = track.session
        cdef Course course = track.course
        cdef int64_t arrived_us = request.arrived_us
        cdef int64_t delay_s = said.numbers[DELAY] if says(said, DELAY) else 0
        cdef int64_t sent_us, at_us, stamped_us = 0, skew_us
        cdef bint stamped = says(said, STAMP), wrong = False
        cdef int64_t raw_input, raw_output, raw_s = said.numbers[SESSION_TIME]
        cdef int64_t input_octets = session.input_octets, output_octets = session.output_octets
        cdef int64_t session_s = session.session_s
        cdef int64_t session_base_s = rare_of(session, SESSION_BASE_S)
        cdef int64_t known_us = session.last_event_us
        cdef int64_t rise_input, rise_output, after_s, elapsed_s, most
        cdef bint unchanged

        # --- when it happened (accounting.event_time)
        sent_us = arrived_us - (delay_s if delay_s <= DELAY_MAX_S else 0) * US_PER_S
        at_us = sent_us
        if stamped:
            stamped_us = <int64_t> said.numbers[STAMP] * US_PER_S
            skew_us = stamped_us - sent_us
            if skew_us > self.skew_us or skew_us < -self.skew_us:
                wrong = True
            else:
                at_us = min(stamped_us, arrived_us)

        # --- the counters (nas.accounting_record, accounting.counters)
        raw_input = octets_of(said, INPUT, INPUT_HIGH, course.high, course.unit_octets)
        raw_output = octets_of(said, OUTPUT, OUTPUT_HIGH, course.high, course.unit_octets)
        if raw_input < 0 or raw_output < 0:
            return False
        if track.course.swap:
            raw_input, raw_output = raw_output, raw_input
        rise_input = rare_of(session, INPUT_BASE) + raw_input - input_octets
        rise_output = rare_of(session, OUTPUT_BASE) + raw_output - output_octets
        if rise_input < 0 or rise_output < 0 or raw_s < session_s - session_base_s:
            return False
        if at_us < known_us and rare_of(session, EPOCH) != 0:
            return False
        if track.course.rate_bps >= 0:
            elapsed_s = max((at_us - known_us) // US_PER_S, raw_s - (session_s - session_base_s))
            most = carried(track.course.rate_bps, max(elapsed_s, 0) + track.course.interval_s)
            if rise_input > most or rise_output > most:
                return False
        after_s = max(session_s, session_base_s + raw_s)
        unchanged = rise_input == 0 and rise_output == 0 and after_s == session_s
        return self.charge(
            request, said, track, at_us,
            rise_input, rise_output, after_s, unchanged, wrong, stamped, stamped_us, delay_s,
        )

    cdef bint charge(
        self, Request request, Said *said, Track track, int64_t at_us,
        int64_t rise_input, int64_t rise_output, int64_t after_s, bint unchanged,
        bint wrong, bint stamped, int64_t stamped_us, int64_t delay_s,
    ) except -1:
        # What it costs and whether the money goes on (accounting.charging, aaa.limits); nothing
        # is changed before all of that is known.
        cdef Session session = track.session
        cdef int64_t[STEPS] micros
        cdef int64_t unrated_input = rare_of(session, UNRATED_INPUT)
        cdef int64_t unrated_output = rare_of(session, UNRATED_OUTPUT)
        cdef int64_t unrated_s = rare_of(session, UNRATED_S)
        cdef int64_t was_input = session.input_octets - unrated_input
        cdef int64_t was_output = session.output_octets - unrated_output
        cdef int64_t was_s = session.session_s - unrated_s
        cdef int64_t now_input = was_input + rise_input, now_output = was_output + rise_output
        cdef int64_t now_s = after_s - unrated_s
        cdef int64_t free_octets = session.free_octets, free_s = session.free_s
        cdef int64_t took_octets = 0, took_s = 0, left_octets = 0, left_s = 0
        cdef int64_t counted = counted_c(track.course.tariff, now_input, now_output)
        cdef int64_t counted_before = counted_c(track.course.tariff, was_input, was_output)
        cdef int64_t charged = session.charged_micros, granted = session.granted_micros
        cdef int64_t used = session.used_micros, after_used, total, rise, back
        if counted < 0 or counted_before < 0 or now_s < 0:
            return False
        if track.allowance is not None:
            if track.course.included_octets:
                left_octets = max(track.course.included_octets - track.allowance.used_octets, 0)
                took_octets = min(left_octets, max(counted - counted_before, 0))
                left_octets -= took_octets
            if track.course.included_s:
                left_s = max(track.course.included_s - track.allowance.used_s, 0)
                took_s = min(left_s, max(now_s - was_s, 0))
                left_s -= took_s
            free_octets += took_octets
            free_s += took_s
        if price_c(track.course.tariff, counted, now_s, free_octets, free_s, track.owed, micros):
            return False
        total = micros[FEE] + micros[VOLUME] + micros[TIME]
        if total > AMOUNT_MAX_MICROS:
            return False
        if track.priced[FEE] + track.priced[VOLUME] + track.priced[TIME] != charged:
            return False
        if (
            micros[FEE] < track.priced[FEE]
            or micros[VOLUME] < track.priced[VOLUME]
            or micros[TIME] < track.priced[TIME]
        ):
            return False
        after_used = min(granted, total) if track.course.held else used
        if self.now_us >= track.until_us or not goes_on(
            track, micros, total, granted, counted, now_s, free_octets, free_s, left_octets, left_s
        ):
            return False

        # --- from here on nothing can fail but memory
        if wrong:
            self.notes["clock-wrong"] += 1
        self.hear(track, request.arrived_us, stamped, stamped_us, delay_s)
        rise, back = total - charged, after_used - used
        if took_octets or took_s:
            track.allowance.used_octets += took_octets
            track.allowance.used_s += took_s
            self.consume(track, took_octets, took_s)
        if rise or rise_input or rise_output or now_s != was_s or took_octets or took_s:
            self.add_charges(track, micros, max(at_us, session.last_event_us),
                             rise_input, rise_output, now_s - was_s)
        if rise or back:
            self.move(track, rise, back)
            session.charged_micros = total
            session.used_micros = after_used
        if rise_input:
            session.input_octets += rise_input
        if rise_output:
            session.output_octets += rise_output
        session.session_s = after_s
        if took_octets or took_s:
            session.free_octets, session.free_s = free_octets, free_s
        if at_us > session.last_event_us:
            session.last_event_us = at_us
        session.records_n += 1
        if request.arrived_us > session.last_seen_us:
            session.last_seen_us = request.arrived_us
        track.priced[FEE] = micros[FEE]
        track.priced[VOLUME], track.priced[TIME] = micros[VOLUME], micros[TIME]
        self.touch(track)
        self.notes["step-unchanged" if unchanged else "step-advanced"] += 1
        self.keep(request, track, at_us, unchanged)
        return True

    # ---------------------------------------------------------------- effects

    cdef int hear(
        self, Track track, int64_t arrived_us, bint stamped, int64_t stamped_us, int64_t delay_s
    ) except -1:
        # aaa.hearing: `note` and `record`, the same again.
        cdef int64_t offset_us, gap_s, usual_s, step_s
        cdef int64_t device_id = track.course.device.device_id
        if device_id != self.heard_id:
            self.hearing.note(
                device_id, self.now_us,
                track.course.device.interim_s or self.turn.settings.interim_s,
            )
            self.heard, self.reports = self.hearing.at_hand(device_id)
            self.heard_id = device_id
        if stamped:
            offset_us = stamped_us - (arrived_us - delay_s * US_PER_S)
            known = self.reports.clock_offset_us
            if known is None or offset_us > <int64_t> known:
                self.reports.clock_offset_us = offset_us
        if arrived_us > <int64_t> self.heard.reported_us:
            self.heard.reported_us = arrived_us
        gap_s = floor_s(arrived_us - track.session.last_seen_us)
        if gap_s <= REPEAT_MAX_S:
            return 0
        self.reports.interims_n += 1
        usual_s = self.reports.interim_s
        step_s = max(usual_s // STEP_NTH, 1)
        usual_s = usual_s or gap_s
        self.reports.interim_s = min(max(gap_s, usual_s - step_s), usual_s + step_s)
        return 0

    cdef int consume(self, Track track, int64_t octets, int64_t seconds) except -1:
        key = (track.account.account_id, track.allowance.period_start_us)
        moved = self.allowance_moves.get(key)
        if moved is None:
            self.allowance_moves[key] = [octets, seconds]
        else:
            moved[0] += octets
            moved[1] += seconds
        return 0

    cdef int add_charges(
        self, Track track, const int64_t *micros, int64_t event_us,
        int64_t rise_input, int64_t rise_output, int64_t rise_s,
    ) except -1:
        cdef int64_t day = track.course.days.day_of(event_us), amount, up, down, seconds
        cdef int64_t session_id = track.session.session_id
        cdef Charge row
        cdef int step
        for step in range(STEPS):
            amount = micros[step] - track.priced[step]
            up = down = seconds = 0
            if step == VOLUME and track.course.volume:
                up, down = rise_input, rise_output
            elif step == TIME and track.course.time:
                seconds = rise_s
            if not (amount or up or down or seconds):
                continue
            part = rare_of(track.session, PART)
            key = (session_id, part, step, day)
            found = self.charge_rows.get(key)
            if found is None:
                found = self.charge_rows[key] = charge_of(
                    track.account.account_id, session_id, part, step, day, track.course.plan_id
                )
            row = <Charge> found
            row.amount_micros += amount
            row.input_octets += up
            row.output_octets += down
            row.session_s += seconds
        return 0

    cdef int move(self, Track track, int64_t rise, int64_t back) except -1:
        cdef Account account = track.account
        cdef AccountMove move
        account.open_micros += rise
        account.held_micros -= back
        found = self.moves.get(account.account_id)
        if found is None:
            found = self.moves[account.account_id] = move_of(account)
        move = <AccountMove> found
        move.open_micros += rise
        move.held_micros -= back
        return 0

    cdef int touch(self, Track track) except -1:
        session_id = track.session.session_id
        if session_id not in self.changed and session_id not in self.moved:
            track.session.version += 1
            self.moved[session_id] = track.session
        return 0

    cdef int keep(self, Request request, Track track, int64_t at_us, bint unchanged) except -1:
        cdef Effect effect
        cdef Session session = track.session
        cdef bytes area = request.packet.attribute_octets
        cdef const char *word = b"unchanged" if unchanged else b"advanced"
        effect.session_id, effect.account_id = track.session.session_id, track.account.account_id
        effect.device_id = track.course.device.device_id
        effect.previous = session.journal_last
        effect.arrived_us, effect.event_us = request.arrived_us, max(at_us, 0)
        effect.input_octets, effect.output_octets = session.input_octets, session.output_octets
        effect.session_s = session.session_s
        effect.free_octets, effect.free_s = session.free_octets, session.free_s
        effect.charged_micros = session.charged_micros
        effect.unrated_input = rare_of(session, UNRATED_INPUT)
        effect.unrated_output = rare_of(session, UNRATED_OUTPUT)
        effect.unrated_s = rare_of(session, UNRATED_S)
        effect.walled = 0
        self.body.put(
            &effect, word, 9 if unchanged else 8,
            <const uint8_t *> PyBytes_AS_STRING(area), PyBytes_GET_SIZE(area),
        )
        session.journal_last = self.journal_id
        return 0


cdef inline int64_t floor_s(int64_t us) noexcept nogil:
    return us // US_PER_S if us >= 0 else -((-us + US_PER_S - 1) // US_PER_S)
