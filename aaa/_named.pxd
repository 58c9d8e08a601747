# cython: language_level=3
"""The data sheet of reading a batch: it has no names that other compiled rooms take."""
