# cython: language_level=3, auto_pickle=False, autotestdict=False
"""The decision about a login that the turnstile let in, and how it is written down.

It says what a `Decision` says (`aaa.decisions.remember`), and looks like one. But nearly all of
them are only ever written to the database, as two texts of JSON: so it keeps what the texts are
made of, and writes them without the dictionaries. The tests compare them, octet by octet, with
what the encoder makes of `request` and `reply`.
"""

cimport cython
from cpython.unicode cimport PyUnicode_AsUTF8AndSize
from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memcpy, strlen

from aaa._request cimport Request
from domain._session cimport Session
from nas._hints cimport (
    HINT_ACCT_SESSION_ID, HINT_CALLED_STATION_ID, HINT_CALLING_STATION_ID, HINT_FRAMED_IP_ADDRESS,
    HINT_NAS_IDENTIFIER, HINT_NAS_IP_ADDRESS, HINT_NAS_PORT, HINT_NAS_PORT_ID, HINT_USER_NAME,
    blank, set_at,
)

from aaa.outcome import Outcome
from aaa.ports import Decision


cdef enum:
    TEXT_MOST = 6           # octets that one of a text may take: \u001f
    NUMBER_MOST = 20
    WORDS_MOST = 512        # all that is the same in each, and all numbers but those of `speeds`

cdef int ACCEPT = 2
cdef str ACCEPTED = "accepted"
cdef const char *HEX = b"0123456789abcdef"


@cython.final
@cython.no_gc
@cython.freelist(256)
cdef class LetIn:
    """The decision about a login that the turnstile let in; it looks like a `Decision`. It points
    at nothing that points back, so the collector need not know of it."""

    @property
    def n(self):
        """The decision has the session's id, for it has let it begin."""
        return self.session_id

    @property
    def code(self):
        """What became of it."""
        return ACCEPTED

    @property
    def user_name(self):
        """As it was said."""
        return self.said_name()

    @property
    def request(self):
        """What was asked, in names that operators know; what was not sent is left out."""
        cdef dict asked = {"method": self.method}
        put_item(asked, "User-Name", self.hints[HINT_USER_NAME])
        put_item(asked, "Calling-Station-Id", self.hints[HINT_CALLING_STATION_ID])
        put_item(asked, "Called-Station-Id", self.hints[HINT_CALLED_STATION_ID])
        put_item(asked, "NAS-IP-Address", self.hints[HINT_NAS_IP_ADDRESS])
        put_item(asked, "NAS-Identifier", self.hints[HINT_NAS_IDENTIFIER])
        if self.hints[HINT_NAS_PORT] is not None:
            asked["NAS-Port"] = self.hints[HINT_NAS_PORT]
        put_item(asked, "NAS-Port-Id", self.hints[HINT_NAS_PORT_ID])
        put_item(asked, "Acct-Session-Id", self.hints[HINT_ACCT_SESSION_ID])
        put_item(asked, "Framed-IP-Address", self.hints[HINT_FRAMED_IP_ADDRESS])
        put_item(asked, "source", self.source_address)
        asked["signed"] = self.signed
        return asked

    @property
    def reply(self):
        """What was granted."""
        told = {"session_timeout_s": self.timeout_s, "interim_s": self.interim_s}
        for name in self.limit_names:
            told[name] = self.limit_octets
        told.update(self.speeds)
        told["granted_micros"] = self.granted_micros
        return told

    def plain(self):
        """The same as a record of plain Python."""
        return Decision(
            self.login, self.session_id, self.decided_us, self.device_id, self.said_name(),
            self.mac, ACCEPTED, self.session_id, self.request, self.reply,
        )

    def __repr__(self):
        return repr(self.plain())

    def __eq__(self, other):
        return self.plain() == (other.plain() if type(other) is LetIn else other)

    cdef str said_name(self):
        return self.hints[HINT_USER_NAME]

    cdef Py_ssize_t room(self) except -1:
        cdef Py_ssize_t octets_n = octets_of(self.method) + octets_of(self.source_address)
        cdef int place
        for place in (
            HINT_USER_NAME, HINT_CALLING_STATION_ID, HINT_CALLED_STATION_ID, HINT_NAS_IP_ADDRESS,
            HINT_NAS_IDENTIFIER, HINT_NAS_PORT_ID, HINT_ACCT_SESSION_ID, HINT_FRAMED_IP_ADDRESS,
        ):
            octets_n += octets_of(self.hints[place])
        for name in self.limit_names:
            octets_n += octets_of(name) + NUMBER_MOST
        for name, speed in self.speeds.items():
            octets_n += octets_of(name) + (octets_of(speed) if type(speed) is str else NUMBER_MOST)
        return WORDS_MOST + TEXT_MOST * octets_n

    cdef char *write_asked(self, char *at) except NULL:
        cdef tuple hints = self.hints
        at = put_text(put_word(at, b'{"method":'), self.method)
        at = put_said(at, b',"User-Name":', hints[HINT_USER_NAME])
        at = put_said(at, b',"Calling-Station-Id":', hints[HINT_CALLING_STATION_ID])
        at = put_said(at, b',"Called-Station-Id":', hints[HINT_CALLED_STATION_ID])
        at = put_said(at, b',"NAS-IP-Address":', hints[HINT_NAS_IP_ADDRESS])
        at = put_said(at, b',"NAS-Identifier":', hints[HINT_NAS_IDENTIFIER])
        if hints[HINT_NAS_PORT] is not None:
            at = put_number(put_word(at, b',"NAS-Port":'), hints[HINT_NAS_PORT])
        at = put_said(at, b',"NAS-Port-Id":', hints[HINT_NAS_PORT_ID])
        at = put_said(at, b',"Acct-Session-Id":', hints[HINT_ACCT_SESSION_ID])
        at = put_said(at, b',"Framed-IP-Address":', hints[HINT_FRAMED_IP_ADDRESS])
        at = put_said(at, b',"source":', self.source_address)
        return put_word(at, b',"signed":true}' if self.signed else b',"signed":false}')

    cdef char *write_told(self, char *at) except NULL:
        at = put_number(put_word(at, b'{"session_timeout_s":'), self.timeout_s)
        at = put_number(put_word(at, b',"interim_s":'), self.interim_s)
        for name in self.limit_names:
            at = put_number(put_name(at, name), self.limit_octets)
        for name, speed in self.speeds.items():
            at = put_name(at, name)
            at = put_text(at, speed) if type(speed) is str else put_number(at, speed)
        at = put_number(put_word(at, b',"granted_micros":'), self.granted_micros)
        return put_word(at, b"}")


cdef object accepted(bytes written):
    cdef tuple made = blank(Outcome, 6)
    set_at(made, 0, ACCEPT)
    set_at(made, 1, written)
    set_at(made, 2, 0)
    set_at(made, 3, ACCEPTED)
    set_at(made, 4, None)
    set_at(made, 5, 0)
    return made


cdef LetIn let_in(Request request, tuple hints, Session session):
    cdef LetIn made = LetIn.__new__(LetIn)
    made.session_id, made.device_id = session.session_id, session.device_id
    made.decided_us = session.created_us
    made.hints = hints
    made.source_address, made.signed = request.source_address, request.signed
    made.timeout_s, made.interim_s = session.timeout_s, session.interim_s
    made.limit_octets, made.granted_micros = session.limit_octets, session.granted_micros
    return made


cdef inline int put_item(dict asked, str name, str text) except -1:
    if text:
        asked[name] = text
    return 0


cdef inline Py_ssize_t octets_of(str text) except -1:
    cdef Py_ssize_t size
    PyUnicode_AsUTF8AndSize(text, &size)
    return size


cdef inline char *put_word(char *at, const char *word) noexcept:
    cdef size_t size = strlen(word)
    memcpy(at, word, size)
    return at + size


cdef inline char *put_name(char *at, str name) except NULL:
    return put_word(put_text(put_word(at, b","), name), b":")


cdef inline char *put_said(char *at, const char *name, str text) except NULL:
    # What was not sent is left out.
    return put_text(put_word(at, name), text) if text else at


cdef char *put_text(char *at, str text) except NULL:
    # A string of JSON (RFC 8259 section 7), as short as the encoder's.
    cdef Py_ssize_t size, n
    cdef const char *octets = PyUnicode_AsUTF8AndSize(text, &size)
    cdef unsigned char octet, letter
    at[0] = b'"'
    at += 1
    for n in range(size):
        octet = <unsigned char> octets[n]
        if octet >= 0x20 and octet != b'"' and octet != b"\\":
            at[0] = <char> octet
            at += 1
            continue
        letter = short_of(octet) if octet < 0x20 else octet
        at[0], at[1] = b"\\", <char> letter
        at += 2
        if letter == b"u":
            at = put_word(at, b"00")
            at[0], at[1] = HEX[octet >> 4], HEX[octet & 15]
            at += 2
    at[0] = b'"'
    return at + 1


cdef inline unsigned char short_of(unsigned char octet) noexcept:
    # The letter that stands for a control character behind a backslash.
    if octet == b"\n":
        return b"n"
    if octet == b"\r":
        return b"r"
    if octet == b"\t":
        return b"t"
    if octet == b"\b":
        return b"b"
    return b"f" if octet == b"\f" else b"u"


cdef inline char *put_number(char *at, int64_t number) noexcept:
    cdef char[NUMBER_MOST] digits
    cdef uint64_t left = <uint64_t> number
    cdef int n = NUMBER_MOST
    if number < 0:
        at[0] = b"-"
        at += 1
        left = 0 - left
    while True:
        n -= 1
        digits[n] = <char> (48 + left % 10)
        left //= 10
        if not left:
            break
    memcpy(at, &digits[n], NUMBER_MOST - n)
    return at + NUMBER_MOST - n
