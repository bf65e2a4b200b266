"""One session with a gateway: ids, pending requests, pacing, health, reconnecting, the socket.

`session` does no I/O and imports no event loop; `connection` and `transport` do.
"""
