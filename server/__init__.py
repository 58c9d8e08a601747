"""The rim: sockets, clocks, threads, HTTP and the order in which things start and stop.

Everything above the event loop's edge is plain calls and asyncio coroutines through the seams of
`domain.seams`, so that a simulator can run the whole server under a loop of its own; Twisted is
met in `server.lifecycle` and `server.http` only. Nothing here knows what a subscriber or a price
is: it hands verified requests to the desk and sends what the desk answers.
"""
