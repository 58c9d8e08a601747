# cython: language_level=3
"""The data sheet of watching: it has no names that other compiled rooms take."""
