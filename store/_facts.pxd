# cython: language_level=3
"""The data sheet of facts and decisions: it has no names that other compiled rooms take."""
