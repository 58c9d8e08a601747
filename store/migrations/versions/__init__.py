"""One module per version, each beside the DDL that it runs.

Versions only ever add: what an older program reads stays until the release after.
"""
