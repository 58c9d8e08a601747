"""The books: what sessions used, what it cost, who owes it.

Pure rules over the records of `domain`: how counters advance, how usage becomes charges and
charges become entries, how holds are taken and resolved, how the usage journal is written.
"""
