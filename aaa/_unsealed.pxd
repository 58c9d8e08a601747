"""The data sheet of unsealing: what compiled rooms may open without a call of the interpreter."""

from domain._account cimport Subscriber


# The credential of a subscriber in clear, by `Sealer.decrypts`; None: it does not open like that,
# and `Sealer.open` says why.
cdef bytes clear_of(dict decrypts, Subscriber subscriber)
