"""The office: money that moves because a person or a calendar says so.

For now what prepaid needs: top-ups, corrections and transfers as balanced entries.
"""
