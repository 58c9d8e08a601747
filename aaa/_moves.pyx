# cython: language_level=3, auto_pickle=False, autotestdict=False
"""By how much a batch moves an account: one for nearly each login and interim.

Compiled because it is made, added to and written by compiled rooms; to Python it is a dataclass.
What its fields mean is said in `_moves.pyi`, and it decides nothing.
"""

cimport cython
from libc.stdint cimport int64_t

from domain._account cimport Account
from domain._row cimport fields_of, said, same

cdef dict FIELDS = fields_of(
    1,
    """
    after:Account posted_micros open_micros held_micros entries_n promise:bool
    """,
)


@cython.final
@cython.no_gc
@cython.freelist(256)
cdef class AccountMove:
    """Relative movement of one account, and what it must come to."""

    __dataclass_fields__ = FIELDS

    def __init__(
        self, Account after not None, int64_t posted_micros=0, int64_t open_micros=0,
        int64_t held_micros=0, int64_t entries_n=0, bint promise=False,
    ):
        self.after = after
        self.posted_micros = posted_micros
        self.open_micros = open_micros
        self.held_micros = held_micros
        self.entries_n = entries_n
        self.promise = promise

    def __eq__(self, other):
        return same(self, other, FIELDS) if type(other) is AccountMove else NotImplemented

    def __repr__(self):
        return said("AccountMove", self, FIELDS)


cdef AccountMove move_of(Account after):
    cdef AccountMove move = AccountMove.__new__(AccountMove)
    move.after = after
    return move
