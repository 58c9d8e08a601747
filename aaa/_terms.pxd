"""The data sheet of terms: the numbers of what a plan offers at a device, for compiled rooms."""

from libc.stdint cimport int64_t

from domain._session cimport Session
from rating._rater cimport Tariff


cdef enum:
    LIMITS_MAX = 2      # octet limits in one Accept


cdef class Terms:
    cdef readonly object plan, device
    cdef Tariff tariff
    cdef readonly str access
    cdef readonly bytes told    # as the session remembers it, see `aaa.telling`
    cdef bytes grant            # the attributes of a grant, its numbers to be filled in
    cdef dict speeds            # of a grant, as `explain` shows it
    cdef readonly tuple limit_names
    cdef int limits_n
    cdef Py_ssize_t timeout_at, interim_at
    cdef Py_ssize_t[LIMITS_MAX] low_at, high_at
    cdef int64_t plan_id, device_id, sessions_max, max_session_s, interim_s
    cdef int64_t fee_micros, guard_octets, line_bps, grace_us, renewal_s
    cdef bint priced

    cdef int64_t paid(self, int step, int64_t micros) noexcept
    cdef bytes written(self, Session session, int64_t tell, bytes class_key)
