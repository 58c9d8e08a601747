"""The office: money that moves because a person or a calendar says so.

Top-ups, corrections, transfers and the prices of packages as balanced entries; time as it is sold.
"""
