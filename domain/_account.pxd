"""The data sheet of accounts, subscribers and allowances, for compiled rooms.

What each field means, and in which unit, is said in `_account.pyi`. Texts lie beside the numbers
(`_row.pyx`).
"""

from libc.stdint cimport int64_t

from domain._row cimport Row, Texted

# `until_us` of a subscriber whose time does not end.
cdef int64_t NEVER_US

# Members of the enumerations, and their places by the words of a row.
cdef tuple STATUSES, KINDS, MAC_MODES
cdef dict STATUS_AT, KIND_AT, MAC_MODE_AT

# Places in `members` and the bit of `flags`, and of what a subscriber has in its own texts and in
# `alike`. Own texts are login, mac, name, the three addresses and the credential; alike are
# plan_name, device_ids, group_name, language, timezone, replies, next_plan_name, periods_ahead_us
# and plan_ids_ahead.
cdef enum:
    STATUS = 0
    KIND
    MAC_MODE

cdef enum:
    SAMPLE = 1

cdef enum:
    LOGIN = 0               # among own texts
    MAC = 1
    FRAMED_IP_ADDRESS = 3
    FRAMED_IPV6 = 4
    DELEGATED_IPV6_PREFIX = 5
    CREDENTIAL = 6

cdef enum:
    PLAN_NAME = 0           # in `alike`
    DEVICE_IDS = 1
    REPLIES = 5
    PLAN_IDS_AHEAD = 8


cdef class Account(Row):
    cdef public int64_t account_id
    cdef public int64_t credit_limit_micros
    cdef public int64_t posted_micros
    cdef public int64_t open_micros
    cdef public int64_t held_micros
    cdef public int64_t entries_n
    # Not of the row: its live sessions and its subscribers, each alone or several in a tuple, while
    # `aaa.books` holds them.
    cdef object live
    cdef object people


cdef class Subscriber(Texted):
    cdef public int64_t subscriber_id
    cdef public int64_t account_id
    cdef public int64_t period_start_us
    cdef public int64_t created_us
    cdef int64_t until_us               # valid_until_us; NEVER_US: None
    cdef int64_t anchored_us            # anchor_us; NEVER_US: None
    cdef int64_t paid_anchored_us       # paid_anchor_us; NEVER_US: None
    cdef public int64_t plan_id
    cdef public object auto_renew


cdef class Allowance:
    cdef public int64_t account_id
    cdef public int64_t period_start_us
    cdef public int64_t used_octets
    cdef public int64_t used_s
