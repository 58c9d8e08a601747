# cython: language_level=3, auto_pickle=False, autotestdict=False
"""The sealed credential of a subscriber, opened for one login.

`aaa.sealing` says what a sealed value is and what it is bound to. Of a login the value is known to
be a credential of our own, so only what is needed to open it is done here; whatever does not open
like that is left to `KeyRing.open`, which says why. What is open is kept nowhere.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport int64_t
from libc.string cimport memcpy

from domain._account cimport CREDENTIAL, Subscriber
from domain._texts cimport raw_at

from cryptography.exceptions import InvalidTag

from aaa.sealing import CREDENTIAL as _PURPOSE

# A sealed value: version and key id, nonce, text and tag.
cdef enum:
    HEAD = 5
    NONCE = 12
    TAG = 16
    NUMBER_MAX = 19             # digits
    BOUND_MAX = 64              # what it is bound to: its purpose, a NUL, and a number

cdef bytes PURPOSE = f"{_PURPOSE}\0".encode()
assert len(PURPOSE) <= BOUND_MAX - NUMBER_MAX


cdef bytes clear_of(dict decrypts, Subscriber subscriber):
    cdef Py_ssize_t size
    cdef int bound_n = <int> PyBytes_GET_SIZE(PURPOSE)
    cdef char[BOUND_MAX] bound
    cdef const char *sealed = <const char *> raw_at(subscriber.texts, CREDENTIAL, &size)
    if size < HEAD + NONCE + TAG or subscriber.subscriber_id < 0:
        return None
    decrypt = decrypts.get(PyBytes_FromStringAndSize(sealed, HEAD))
    if decrypt is None:
        return None
    memcpy(bound, PyBytes_AS_STRING(PURPOSE), bound_n)
    bound_n += put_digits(&bound[bound_n], subscriber.subscriber_id)
    try:
        return decrypt(
            PyBytes_FromStringAndSize(sealed + HEAD, NONCE),
            PyBytes_FromStringAndSize(sealed + HEAD + NONCE, size - HEAD - NONCE),
            PyBytes_FromStringAndSize(bound, bound_n),
        )
    except InvalidTag:
        return None


cdef int put_digits(char *at, int64_t number) noexcept:
    # How many there are; a row's number is above nothing.
    cdef char[NUMBER_MAX] digits
    cdef int n = NUMBER_MAX
    while True:
        n -= 1
        digits[n] = <char> (48 + number % 10)
        number //= 10
        if not number:
            break
    memcpy(at, &digits[n], NUMBER_MAX - n)
    return NUMBER_MAX - n


def clear(dict decrypts not None, Subscriber subscriber not None):
    """The credential of a subscriber in clear; None: `aaa.sealing` says why it does not open."""
    return clear_of(decrypts, subscriber)
