"""The front desk: answer a request.

`desk` runs the straight road (load, decide, commit) for a batch; the other rooms decide one kind
of request each. Nothing here opens a socket, speaks SQL, reads a clock or draws a random number.
"""
