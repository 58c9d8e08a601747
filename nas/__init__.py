"""The boxes at the rim: which device a packet is from, what it says, and how to tell it things.

A dialect turns attributes into neutral usage and neutral grants into attributes; nothing outside
this room knows a vendor's number. The exchange of a Disconnect or CoA is a state machine that is
fed with octets and instants. No socket, clock or random number is touched here.
"""
