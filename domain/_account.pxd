"""The data sheet of accounts, subscribers and allowances, for compiled rooms.

What each field means, and in which unit, is said in `_account.pyi`.
"""

from libc.stdint cimport int64_t


cdef class Account:
    cdef public int64_t account_id
    cdef public str currency
    cdef public int64_t credit_limit_micros
    cdef public int64_t posted_micros
    cdef public int64_t open_micros
    cdef public int64_t held_micros
    cdef public int64_t entries_n


cdef class Subscriber:
    cdef public int64_t subscriber_id
    cdef public int64_t account_id
    cdef public str login
    cdef public object status
    cdef public str plan_name
    cdef public object credential_kind
    cdef public bytes credential
    cdef public str mac
    cdef public object mac_mode
    cdef public tuple device_ids
    cdef public int64_t period_start_us
    cdef public object valid_until_us
    cdef public bint sample
    cdef public int64_t created_us
    cdef public str name
    cdef public str group_name
    cdef public str language
    cdef public str timezone
    cdef public str framed_ip_address
    cdef public str framed_ipv6
    cdef public str delegated_ipv6_prefix
    cdef public tuple replies
    cdef public object auto_renew
    cdef public str next_plan_name
    cdef public tuple periods_ahead_us


cdef class Allowance:
    cdef public int64_t account_id
    cdef public int64_t period_start_us
    cdef public int64_t used_octets
    cdef public int64_t used_s
