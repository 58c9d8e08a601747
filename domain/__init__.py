"""The nouns every floor speaks: money, usage, plans, accounts, sessions, devices, orders.

Values and plain records only. Nothing here reads a clock, a file or a database, and no rule of
business lives here beyond the arithmetic that a noun needs to explain itself.
"""
