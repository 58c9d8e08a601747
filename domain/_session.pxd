"""The data sheet of sessions and their charges: where each number lies, for compiled rooms.

What each field means, and in which unit, is said in `_session.pyi`. Counters, money and instants
are 64-bit numbers in the object itself: a million sessions are held, and an object for each of
their numbers would take three times the room.
"""

from libc.stdint cimport int64_t


# One text or octet string for all rows that say the same, as far as few different ones are said.
cdef object shared(object text)

# What rows have in common: the fields as `dataclasses` wants them, equality, and how they print.
cdef dict fields_of(int required_n, str words)
cdef bint same(object one, object other, dict names) except -1
cdef str said(str kind, object row, dict names)


cdef class Session:
    cdef public int64_t session_id
    cdef public int64_t account_id
    cdef public int64_t subscriber_id
    cdef public int64_t device_id
    cdef public int64_t plan_id
    cdef public object state
    cdef public int64_t version
    cdef public str acct_session_id
    cdef public int64_t class_session_id
    cdef public str user_name
    cdef public str calling_station_id
    cdef public str called_station_id
    cdef public object nas_port
    cdef public str nas_port_id
    cdef public str nas_ip_address
    cdef public str nas_identifier
    cdef public str source_address
    cdef public str framed_ip_address
    cdef public str framed_ipv6_prefix
    cdef public str acct_multi_session_id
    cdef public int64_t created_us
    cdef public int64_t start_us
    cdef public int64_t last_event_us
    cdef public int64_t last_seen_us
    cdef public object stop_us
    cdef public int64_t terminate_cause
    cdef public bint start_seen
    cdef public bint synthetic
    cdef public int64_t input_octets
    cdef public int64_t output_octets
    cdef public int64_t session_s
    cdef public int64_t input_base
    cdef public int64_t output_base
    cdef public int64_t session_base_s
    cdef public int64_t epoch
    cdef public object candidate_event_us
    cdef public int64_t candidate_input
    cdef public int64_t candidate_output
    cdef public int64_t candidate_s
    cdef public int64_t review_input
    cdef public int64_t review_output
    cdef public int64_t free_octets
    cdef public int64_t free_s
    cdef public bint fee_due
    cdef public int64_t charged_micros
    cdef public int64_t closed_micros
    cdef public int64_t part
    cdef public object hold_state
    cdef public int64_t granted_micros
    cdef public int64_t used_micros
    cdef public int64_t hold_until_us
    cdef public int64_t slot_until_us
    cdef public int64_t timeout_s
    cdef public int64_t limit_octets
    cdef public int64_t interim_s
    cdef public int64_t cut_order_id
    cdef public int64_t journal_last
    cdef public int64_t records_n
    cdef public object walled
    cdef public object look_us
    cdef public str access
    cdef public bytes told
    cdef public int64_t unrated_input
    cdef public int64_t unrated_output
    cdef public int64_t unrated_s
    cdef public bint adopted
    cdef public int64_t replaced_by
    cdef public str mac
    cdef public str framed_ipv6_address
    cdef public str delegated_ipv6_prefix
    # Not of the row: what `aaa.vigil` has noted of it.
    cdef public int64_t noted_us
    cdef public int64_t look_noted_us
    cdef public char noted
    cdef public char counted


cdef class Charge:
    cdef public int64_t account_id
    cdef public int64_t session_id
    cdef public int64_t part
    cdef public int64_t step
    cdef public int64_t day
    cdef public int64_t plan_id
    cdef public int64_t input_octets
    cdef public int64_t output_octets
    cdef public int64_t session_s
    cdef public int64_t amount_micros
    cdef public object entry_id
