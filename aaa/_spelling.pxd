"""The data sheet of spellings: what compiled rooms may call without a search."""


# `domain.login.canonical_mac`.
cdef str mac_of(str text)

# Is it plainly its own canonical login?
cdef bint is_folded(str text) except -1
