# cython: language_level=3, auto_pickle=False, autotestdict=False
"""MACs and logins that are spelt as they mostly are: read at once, without a search.

`domain.login` says what a name stands for, whatever its spelling. Nearly every station is six pairs
of digits with colons, and nearly every login is ASCII without capitals; for these the answer is
given here, and everything else goes there.
"""

from cpython.unicode cimport PyUnicode_DecodeASCII
from libc.stdint cimport uint8_t

from radius._codec cimport octets_of

from domain.login import canonical_mac

cdef enum:
    MAC_DIGITS = 12
    MAC_LETTERS = 17


cdef str mac_of(str text):
    """`domain.login.canonical_mac`; a MAC with colons, as most devices write it, at once."""
    cdef uint8_t[MAC_LETTERS] lower
    cdef const uint8_t *p
    cdef Py_ssize_t at
    cdef uint8_t letter
    cdef bint same = True
    if len(text) < MAC_DIGITS:
        return None
    if len(text) != MAC_LETTERS or not text.isascii():
        return canonical_mac(text)
    octets = text.encode("ascii")
    p = octets_of(octets)
    for at in range(MAC_LETTERS):
        letter = p[at]
        if at % 3 == 2:
            if letter != b":":
                return canonical_mac(text)
        elif b"A" <= letter <= b"F":
            letter += 32
            same = False
        elif not (b"0" <= letter <= b"9" or b"a" <= letter <= b"f"):
            return canonical_mac(text)
        lower[at] = letter
    return text if same else PyUnicode_DecodeASCII(<const char *> lower, MAC_LETTERS, NULL)


cdef bint is_folded(str text) except -1:
    """Is it its own canonical login, being ASCII without capitals and spaces, too short or of
    other letters than a MAC?"""
    cdef Py_UCS4 letter
    cdef bint other = len(text) < MAC_DIGITS
    for letter in text:
        if letter <= 0x20 or letter >= 0x7F or c"A" <= letter <= c"Z":
            return False
        # What neither a MAC nor what separates its digits is made of.
        if c"g" <= letter <= c"z" or letter == c"_" or letter == c"@":
            other = True
    return other


def mac(str text not None):
    """What `domain.login.canonical_mac` says."""
    return mac_of(text)


def folded(str text not None):
    """Is it plainly its own canonical login? If not, it may be all the same."""
    return is_folded(text)
