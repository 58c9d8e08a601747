# cython: language_level=3
"""The data sheet of the arrays for PostgreSQL: it has no names that other compiled rooms take."""
