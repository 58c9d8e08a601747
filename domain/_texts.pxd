"""The data sheet of packed texts: what rows call to keep theirs as octets in one piece."""

# Texts (str, bytes, None) in one piece of memory, which is the caller's to free; NULL: an error.
cdef unsigned char *pack(list texts) except NULL
# How many octets they take up.
cdef Py_ssize_t size_of(const unsigned char *packed, int texts_n) noexcept nogil
# The n-th of them, which is a str or None, or bytes.
cdef str text_at(const unsigned char *packed, int n)
cdef bytes octets_at(const unsigned char *packed, int n)
# Is it this text, as it stands?
cdef bint is_text(const unsigned char *packed, int n, str text) except -1
# Where the octets of the n-th of them are, and how many; -1: none, or those before it in small
# letters.
cdef const unsigned char *raw_at(
    const unsigned char *packed, int n, Py_ssize_t *size
) noexcept nogil


# Where each of so many texts lies; those that are in small letters the one before are `AS_BEFORE`.
# The one before has octets of its own then.
cdef enum:
    NO_TEXT = -1
    AS_BEFORE = -2

cdef struct Piece:
    const unsigned char *octets
    Py_ssize_t size

cdef void pieces_of(const unsigned char *packed, int texts_n, Piece *pieces) noexcept nogil
