# cython: language_level=3, auto_pickle=False, autotestdict=False
"""What compiled rows have in common: they look like dataclasses, and share what they say alike.

A row has its fields in `__dataclass_fields__`, so `fields` and `replace` of the standard library
work on it; it is equal to another if all of them are. Which fields there are is said once for each
kind of row, as text, where the row is. Nothing here is for Python to call.
"""

import dataclasses

cdef dict SHARED = {}


cdef object shared(object text):
    if len(text) > SHARED_MAX:
        return text
    found = SHARED.get(text)
    if found is not None:
        return found
    if len(SHARED) < SHARED_MAX_N:
        SHARED[text] = text
    return text


cdef dict fields_of(int required_n, str words):
    # `name` is an int, `name:type` anything else; the first few have no default.
    cdef list listed = []
    for n, word in enumerate(words.split()):
        name, _, kind = word.partition(":")
        kind = (kind or "int").replace("|", " | ")
        listed.append((name, kind) if n < required_n else (name, kind, None))
    return dataclasses.make_dataclass("Row", listed).__dataclass_fields__


cdef bint same(object one, object other, dict names) except -1:
    for name in names:
        if getattr(one, name) != getattr(other, name):
            return False
    return True


cdef str said(str kind, object row, dict names):
    return f"{kind}({', '.join([f'{name}={getattr(row, name)!r}' for name in names])})"
