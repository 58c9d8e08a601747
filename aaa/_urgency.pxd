"""The data sheet of the question of a flood: it keeps nothing, and no other compiled room asks it.

The answer is 1, 0, or -1 where the books must be asked.
"""

from libc.stdint cimport int64_t

from aaa._track cimport Track


cdef int near(Track track, int64_t intervals_n) except -2
