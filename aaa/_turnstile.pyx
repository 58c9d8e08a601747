# cython: language_level=3, auto_pickle=False, autotestdict=False
"""The turnstile: the common login, let in without the long road.

Nearly every login of a provider is of somebody who is active and paid, whose plan gives the same to
all who have nothing of their own, and who has no session yet, or only a login from the same station
that never began. `aaa.login` says what becomes of a login; this does the same for that case
alone. Whatever is not plainly that case it leaves to the long road, having changed nothing: it
never refuses anybody.

What a plan offers at a device is worked out once (`Terms`, laid by `aaa.terms` with the long road's
own rules), the attributes of the grant among it, with their numbers to be filled in. Credentials
other than PAP and CHAP are proved by `aaa.authenticate`.

Nothing here may decide otherwise than the long road: the tests run both on the same histories.
"""

cimport cython
from cpython.object cimport PyObject
from libc.stdint cimport int8_t, int64_t, uint8_t, uint64_t

from aaa._begun cimport Begun
from aaa._decided cimport LetIn, accepted, let_in
from aaa._index cimport ById, Ids
from aaa._marks cimport Kin, Marks
from aaa._moves cimport AccountMove, move_of
from aaa._people cimport login_of, person
from aaa._request cimport Request, only_credential
from aaa._spelling cimport mac_of
from aaa._sums cimport sum_of_login
from aaa._terms cimport Terms
from aaa._unsealed cimport clear_of
from domain._account cimport (
    DELEGATED_IPV6_PREFIX, DEVICE_IDS, FRAMED_IP_ADDRESS, FRAMED_IPV6, KIND, KINDS,
    MAC, MAC_MODE, MAC_MODES, NEVER_US, PLAN_IDS_AHEAD, PLAN_NAME, REPLIES, STATUS, STATUSES,
    Account, Subscriber,
)
from domain._session cimport HOLD, HOLDS, NOTHING, STATE, STATES, Session, keep_said
from domain._texts cimport raw_at, text_at
from nas._hints cimport (
    HINT_ACCT_SESSION_ID, HINT_CALLED_STATION_ID, HINT_CALLING_STATION_ID, HINT_CAPTIVE, HINT_DHCP,
    HINT_FRAMED_PROTOCOL, HINT_NAS_IDENTIFIER, HINT_NAS_IP_ADDRESS, HINT_NAS_PORT, HINT_NAS_PORT_ID,
    HINT_NAS_PORT_TYPE, HINT_SERVICE_TYPE, HINT_USER_NAME,
)
from radius._codec cimport Packet, octets_from
from rating._rater cimport TIME, VOLUME

from hmac import compare_digest

from aaa import authenticate
from aaa.answer import method_attributes
from aaa.same_ids import number_of
from domain.account import CredentialKind, MacMode, Status
from domain.seams import US_PER_S as _US_PER_S
from domain.session import HoldState, SessionState
from nas.login import LoginHints
from radius import encode_attributes
from radius._authenticator import unhide_chain
from radius.passwords import MAX_PASSWORD as _MAX_PASSWORD, verify_chap


cdef extern from *:
    """
    /* A draw of the even sequence that `aaa.turn` spreads by (Knuth's MMIX). */
    static inline uint64_t th_next_lot(uint64_t lot)
    {
        return lot * 6364136223846793005u + 1442695040888963407u;
    }
    /* A number give or take a tenth, by what was drawn. */
    static inline int64_t th_spread(int64_t number, uint64_t lot)
    {
        const int64_t tenth = number / 10;
        return number - tenth
            + (int64_t)((unsigned __int128)(lot >> 32) * (uint64_t)(2 * tenth + 1) >> 32);
    }
    """
    uint64_t next_lot "th_next_lot"(uint64_t lot) nogil
    int64_t spread "th_spread"(int64_t number, uint64_t lot) nogil


# Attributes of a request.
cdef enum:
    USER_PASSWORD = 2
    PROXY_STATE = 33
    CHAP_CHALLENGE = 60

cdef enum:
    ACCESS_REQUEST = 1
    ETHERNET = 15
    TERMS_MAX_N = 4096
    HIDDEN_BLOCK = 16
    BREATH_N = 32               # logins after which another thread may have the interpreter

cdef int64_t US_PER_S = _US_PER_S
cdef Py_ssize_t MAX_PASSWORD = _MAX_PASSWORD
cdef int64_t FAR_OCTETS = <int64_t> 1 << 58             # eight times as many still fit
cdef int8_t ACTIVE = STATUSES.index(Status.ACTIVE)
cdef int8_t CLEAR = KINDS.index(CredentialKind.CLEAR)
cdef int8_t LEARN = MAC_MODES.index(MacMode.LEARN)
cdef int8_t FIXED = MAC_MODES.index(MacMode.FIXED)
cdef int8_t ACCEPTED = STATES.index(SessionState.ACCEPTED)
cdef int8_t LAPSED = STATES.index(SessionState.LAPSED)
cdef int8_t HELD = HOLDS.index(HoldState.HELD)
cdef int8_t VOID = HOLDS.index(HoldState.VOID)
cdef object PAP = str(authenticate.Method.PAP)
cdef object CHAP = str(authenticate.Method.CHAP)
cdef tuple BY_PAP = (PAP, None), BY_CHAP = (CHAP, None)


@cython.final
cdef class Turnstile:
    """Lets logins in, a batch at a time; `lay` makes terms (`aaa.terms.lay`)."""

    def __init__(self, lay):
        self.lay = lay
        self.terms = {}
        self.passed_n = 0

    def begin(self, turn):
        """The logins that follow are decided in this turn."""
        self.turn, self.books, self.sealer = turn, turn.books, turn.sealer
        self.class_key, self.decrypts = turn.sealer.class_key, turn.sealer.decrypts
        self.heard, self.lapsed_n = None, 0
        self.now_us = turn.now_us
        self.draft, self.begun, self.earlier = turn.books.draft, turn.begun, turn.repeats.kept
        self.decisions = turn.books.draft.decisions
        self.moves, self.made = turn.books.draft.moves, turn.books.draft.new_sessions
        self.moved = turn.books.draft.moved_sessions
        self.changed = turn.books.draft.changed_sessions
        self.plans, self.newest_plan = turn.books.plans, turn.books.newest_plan
        self.periodic = turn.books.periodic
        self.people, self.accounts = turn.books.subscribers.by_number, turn.books.accounts
        self.live = turn.books._live
        self.start_wait_us = turn.settings.start_wait_s * US_PER_S
        self.hold_margin_us = turn.settings.hold_margin_s * US_PER_S

    def forget(self):
        """Devices are others now."""
        self.terms.clear()

    def end(self):
        """The batch is decided, or given up."""
        if self.lapsed_n:
            self.turn.notes["lapsed"] += self.lapsed_n
        self.turn = self.books = self.sealer = self.decrypts = self.heard = self.draft = None
        self.decisions = self.moves = self.made = self.moved = self.changed = None
        self.plans = self.newest_plan = self.periodic = None
        self.begun = self.earlier = self.people = self.accounts = self.live = None

    def admit(self, list named not None, Py_ssize_t first, list outcomes not None):
        """Let in logins of `aaa.wants.Named`, from `first` on, while each is the next item of the
        batch; adds their outcomes. Answers how many."""
        cdef Py_ssize_t n
        cdef object outcome
        cdef tuple one
        for n in range(first, len(named)):
            one = <tuple> named[n]                      # at, item, read: a tuple with names
            if one[0] != len(outcomes) or type(one[2]) is not LoginHints:
                return n - first
            outcome = self.admitted(one[1], <tuple> one[2])
            if outcome is None:
                return n - first
            outcomes.append(outcome)
            if n % BREATH_N == 0:                       # let the thread of the last commit go on
                with nogil: pass
        return len(named) - first

    cdef object admitted(self, Request request, tuple hints):
        # The outcome of a login; None: it is one for the long road, nothing is changed.
        cdef Packet packet = request.packet
        cdef Subscriber subscriber
        cdef Terms terms
        cdef str login, mac
        if packet.code != ACCESS_REQUEST or request.latches or packet.find(PROXY_STATE, NULL):
            return None
        login = login_of(hints)
        subscriber = person(self.people, login)
        if subscriber is None:
            return None
        terms = self.terms_of(request, hints, subscriber)
        if terms is None:
            return None
        mac = mac_of(hints[HINT_CALLING_STATION_ID])
        if subscriber.members[MAC_MODE] == FIXED and mac != text_at(subscriber.texts, MAC):
            return None
        only_at = <tuple> subscriber.alike[DEVICE_IDS]
        if only_at and terms.device_id not in only_at:
            return None
        return self.let_in(request, hints, subscriber, terms, login, mac)

    cdef Terms terms_of(self, Request request, tuple hints, Subscriber subscriber):
        """The terms of a subscriber who has nothing of his own and stands before no wall."""
        cdef Terms terms
        cdef tuple alike = subscriber.alike
        if (
            subscriber.members[STATUS] != ACTIVE
            or subscriber.members[MAC_MODE] == LEARN
            or <tuple> alike[REPLIES]
            or <tuple> alike[PLAN_IDS_AHEAD]        # another version may begin while it runs
            or text_at(subscriber.texts, FRAMED_IP_ADDRESS)
            or text_at(subscriber.texts, FRAMED_IPV6)
            or text_at(subscriber.texts, DELEGATED_IPV6_PREFIX)
        ):
            return None
        plan_name = alike[PLAN_NAME]
        plan_id = self.newest_plan.get(plan_name)
        plan = self.plans.get(plan_id) if plan_id is not None else None
        if subscriber.plan_id and subscriber.plan_id != plan_id or plan_name in self.periodic:
            plan = self.books.plan_of(subscriber, self.now_us)
        if plan is None:
            return None
        plan_id = plan.plan_id
        plain_mac = (
            hints[HINT_NAS_PORT_TYPE] == ETHERNET
            and hints[HINT_SERVICE_TYPE] is None
            and mac_of(hints[HINT_USER_NAME]) is not None
        )
        key = (
            plan_id, request.device.device_id,
            hints[HINT_SERVICE_TYPE], hints[HINT_FRAMED_PROTOCOL], hints[HINT_NAS_PORT_TYPE],
            hints[HINT_CAPTIVE], hints[HINT_DHCP], plain_mac,
        )
        found = self.terms.get(key, self)
        if found is None:
            return None
        if found is not self:
            terms = <Terms> found
            if terms.plan is plan and terms.device is request.device:
                return terms
        if len(self.terms) >= TERMS_MAX_N:
            self.terms.clear()
        laid = self.terms[key] = self.lay(
            self.turn, request.device, plan, subscriber, hints
        )
        return laid

    cdef object proof_of(self, Request request, Subscriber subscriber):
        """(Method, proof with attributes for the Accept or None), or None: not proved."""
        cdef Packet packet = request.packet
        cdef int kind = only_credential(packet)
        cdef const uint8_t *found
        try:
            if kind and subscriber.members[KIND] == CLEAR:
                clear = clear_of(self.decrypts, subscriber)
                if clear is None:
                    return None
                found = packet.find(kind, NULL)
                said = octets_from(found + 2, found[1] - 2)
                if kind == USER_PASSWORD:
                    # `radius.passwords.unhide_password`
                    if not said or len(said) % HIDDEN_BLOCK or len(said) > MAX_PASSWORD:
                        return None
                    said = unhide_chain(said, request.device.secret, packet.authenticator)
                    return BY_PAP if compare_digest((<bytes> said).rstrip(b"\0"), clear) else None
                found = packet.find(CHAP_CHALLENGE, NULL)
                challenge = packet.authenticator
                if found != NULL and found[1] > 2:
                    challenge = octets_from(found + 2, found[1] - 2)
                return BY_CHAP if verify_chap(said, clear, challenge) else None
            credential = authenticate.credential_of(packet, request.device.secret)
            proof = authenticate.prove(credential, subscriber, self.sealer, request.hash_ok)
        except ValueError:
            return None
        if proof.refusal is not None or proof.check is not None:
            return None
        return str(credential.method), proof if proof.vendor else None

    cdef object let_in(
        self, Request request, tuple hints, Subscriber subscriber, Terms terms, str login, str mac
    ):
        # Who it is, and what of the account's sessions it replaces (`login._let_in`, `ghosts`).
        cdef Account account
        cdef Session old = None, session
        cdef int64_t end_us = 0, available, share, micros = 0
        cdef int64_t octets = -1, seconds = -1
        cdef bint ends = subscriber.until_us != NEVER_US
        cdef PyObject *whose = self.accounts.find(subscriber.account_id)
        if whose == NULL:
            return None
        if ends:
            end_us = subscriber.until_us + terms.grace_us
            if self.now_us >= end_us:
                return None
        if self.live.find(subscriber.account_id) != NULL:
            old = self.replaced(subscriber, mac, hints[HINT_CALLING_STATION_ID])
            if old is None:
                return None
        proof = self.proof_of(request, subscriber)
        if proof is None:
            return None
        key = sum_of_login(                             # `aaa.repeats.key_of`
            terms.device_id, request.packet.identifier, request.packet.authenticator,
            request.packet.attribute_octets,
        )
        if self.earlier.has(key) and self.turn.repeats.session_of(key, self.now_us):
            return None

        # Credit (`login._admit`): what it may hold, and how far that carries it.
        account = <Account> whose
        available = (
            account.posted_micros - account.open_micros - account.held_micros
            + account.credit_limit_micros
        )
        if old is not None and old.members[HOLD] == HELD:
            available += old.granted_micros - old.used_micros
        if terms.priced:
            share = max(available, 0) // terms.sessions_max
            micros = share - terms.fee_micros
            if available < terms.fee_micros or micros < 0 or share == 0:
                return None
            octets, seconds = terms.paid(VOLUME, micros), terms.paid(TIME, micros)
            if octets == 0 or seconds == 0 or terms.line_bps and octets > FAR_OCTETS:
                return None
            micros = share

        # --- from here on nothing can fail but memory
        if terms.device is not self.heard:
            self.turn.hearing.note(terms.device_id, self.now_us)
            self.heard = terms.device
        session = self.session_of(request, hints, subscriber, terms, mac)
        if old is not None:
            self.lapse(old, account)
        if micros:
            session.granted_micros = micros
            session.members[HOLD] = HELD
            self.hold(account, micros, True)
        return self.grant(request, hints, login, terms, session, octets, seconds,
                          end_us if ends else -1, proof, key, mac)

    cdef Session replaced(self, Subscriber subscriber, str mac, str station):
        """The one login of the account, if it is of the same station and never began."""
        cdef Session old
        cdef PyObject *live = self.live.find(subscriber.account_id)
        if mac is None or type(<object> live) is not Session:   # a tuple: several
            return None
        old = <Session> live
        if (
            old.members[STATE] != ACCEPTED
            or old.subscriber_id != subscriber.subscriber_id
            or old.calling_station_id != station and mac_of(old.calling_station_id) != mac
        ):
            return None
        return old

    cdef int lapse(self, Session old, Account account) except -1:
        """The login that never began gives way (`closing.lapse`)."""
        cdef int64_t back = 0
        old.members[STATE], old.look = LAPSED, NOTHING
        if old.members[HOLD] == HELD:
            back = old.granted_micros - old.used_micros
            old.members[HOLD] = VOID
        if back:
            self.hold(account, -back, False)
        self.lapsed_n += 1
        return self.touch(old)

    cdef int touch(self, Session old) except -1:
        # It is over (`books.Books.touch`); no track leads to it, mostly, and no id.
        cdef Py_ssize_t size
        raw_at(old.texts, 0, &size)
        if old.track != NULL or size > 0 or old.session_id in self.moved:
            self.books.touch(old)
            return 0
        if old.session_id not in self.made and old.session_id not in self.changed:
            old.version += 1
            self.changed[old.session_id] = old
        (<Ids> self.books.live_on[old.device_id]).discard(old.session_id)
        self.live.remove(old.account_id, old)
        return 0

    cdef int hold(self, Account account, int64_t micros, bint promise) except -1:
        """So much more of the account is held (`draft.Draft.move`)."""
        cdef AccountMove move
        found = self.moves.get(account.account_id)
        if found is None:
            found = self.moves[account.account_id] = move_of(account)
        move = <AccountMove> found
        account.held_micros += micros
        move.held_micros += micros
        if promise:
            move.promise = True
        return 0

    cdef Session session_of(
        self, Request request, tuple hints, Subscriber subscriber, Terms terms, str mac
    ):
        # As its constructor makes it, which would look at seventy fields.
        cdef Session session = Session.__new__(Session)
        session.session_id = self.turn.ids.next()
        session.account_id = subscriber.account_id
        session.subscriber_id = subscriber.subscriber_id
        session.device_id, session.plan_id, session.version = terms.device_id, terms.plan_id, 1
        session.members[STATE] = ACCEPTED
        session.port = NOTHING if hints[HINT_NAS_PORT] is None else hints[HINT_NAS_PORT]
        session.look = NOTHING
        session.created_us = session.start_us = session.last_seen_us = self.now_us
        session.slot_until_us = self.now_us + self.start_wait_us
        keep_said(
            session,
            [
                hints[HINT_ACCT_SESSION_ID], hints[HINT_USER_NAME],
                hints[HINT_CALLING_STATION_ID], mac, hints[HINT_NAS_PORT_ID],
                "", "", "", "", "", terms.told, "", b"",
            ],
            (
                hints[HINT_CALLED_STATION_ID], hints[HINT_NAS_IP_ADDRESS],
                hints[HINT_NAS_IDENTIFIER], request.source_address, terms.access,
            ),
        )
        return session

    cdef object grant(
        self, Request request, tuple hints, str login, Terms terms, Session session,
        int64_t octets, int64_t seconds, int64_t end_us, tuple proof, bytes key, str mac,
    ):
        # What the device is told (`grants.grant_of`, `answer.answer`); -1: no limit.
        cdef uint64_t lot = self.lot()
        cdef int64_t timeout_s, interim_s, tell = 0
        lot = next_lot(lot)
        timeout_s = spread(terms.max_session_s, lot)
        lot = next_lot(lot)
        interim_s = spread(terms.interim_s, lot)
        self.turn._lot = lot
        if seconds >= 0:
            timeout_s = min(timeout_s, seconds)
        if end_us >= 0:
            timeout_s = min(timeout_s, (end_us - self.now_us) // US_PER_S + terms.renewal_s)
            session.look = end_us
        if octets >= 0:
            tell = octets - min(terms.guard_octets, octets // 2)
            if terms.line_bps:
                timeout_s = min(timeout_s, tell * 8 // terms.line_bps)
        timeout_s = max(timeout_s, 1)
        session.timeout_s, session.interim_s = timeout_s, interim_s
        if terms.limits_n:
            session.limit_octets = tell
        session.hold_until_us = self.now_us + timeout_s * US_PER_S + self.hold_margin_us
        self.place(session, hints[HINT_ACCT_SESSION_ID])
        self.begun[key] = session.session_id
        self.remember(request, hints, login, terms, session, proof[0], mac)
        self.passed_n += 1
        written = terms.written(session, tell, self.class_key)
        if proof[1] is not None:
            written += encode_attributes(method_attributes(self.turn, proof[1], request))
        return accepted(written)

    cdef int place(self, Session session, str name) except -1:
        """It is born (`books.Books.add_session`), mostly alone on its account and with its id."""
        cdef books = self.books
        cdef ById sessions = books.sessions, named = books.same_id.by_number
        cdef Kin live = self.live
        cdef Marks lately = books.lately
        cdef Ids beside
        if live.find(session.account_id) != NULL or (
            name and named.find(number_of((session.device_id, name))) != NULL
        ):
            books.add_session(session)
            return 0
        beside = books.live_on[session.device_id]
        sessions.put(session.session_id, session)
        self.made[session.session_id] = session
        beside.put(session.session_id)
        live.put(session.account_id, session)
        lately.put(session.account_id)
        return 0

    cdef uint64_t lot(self) except? 0:
        """What `Turn.spread` has drawn last; drawn now, if it has drawn nothing yet."""
        lot = self.turn._lot
        if lot < 0:
            lot = int.from_bytes(self.turn.randomness.octets(8), "big")
        return lot

    cdef int remember(
        self, Request request, tuple hints, str login, Terms terms, Session session,
        str method, str mac,
    ) except -1:
        """`decisions.remember`, with what was asked and granted."""
        cdef LetIn made = let_in(request, hints, session)
        made.login, made.method, made.mac = login, method, mac or ""
        made.limit_names, made.speeds = terms.limit_names, terms.speeds
        self.decisions.append(made)
        return 0
