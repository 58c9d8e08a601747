# cython: language_level=3
"""The data sheet of an interim's rows: it has no names that other compiled rooms take."""
