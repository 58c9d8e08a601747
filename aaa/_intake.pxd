"""The data sheet of the intake: what of one device a load finds once for all its sessions."""

from aaa._agenda cimport Agenda
from aaa._index cimport Ids


cdef class _Beside:
    cdef Ids live
    cdef Agenda silent
    cdef Agenda quiet
