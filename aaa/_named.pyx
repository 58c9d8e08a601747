# cython: language_level=3, auto_pickle=False, autotestdict=False
"""What the packets of a batch say, read one after the other.

Most are logins in a dialect that reads them by the attributes of the RFCs alone: these are read
here without a step of the interpreter. All others are read by `aaa.wants.parse`, which says what
the others come to as well.
"""

from aaa._request cimport Request
from nas._hints cimport blank, read, set_at

from aaa.wants import Named, parse
from nas.dialects import DIALECTS as _DIALECTS
from nas.login import LoginHints, is_captive

cdef enum:
    ACCESS_REQUEST = 1
    FIELDS_N = 3                # of a Named


def named(list items not None, places not None):
    """The items at these places of a batch, each with what its packet says."""
    cdef list found = []
    cdef object device = None
    cdef bint plain = False
    cdef Request request
    cdef tuple one
    for at in places:
        item = items[at]
        if type(item) is not Request:
            what = parse(item)
        else:
            request = <Request> item
            if request.device is not device:
                device = request.device
                plain = _DIALECTS[device.dialect].plain_logins
            if plain and request.packet.code == ACCESS_REQUEST:
                what = read(LoginHints, request.packet, is_captive, False)
            else:
                what = parse(item)
        one = blank(Named, FIELDS_N)
        set_at(one, 0, at)
        set_at(one, 1, item)
        set_at(one, 2, what)
        found.append(one)
    return found
