"""One file a library.

``decode(workload)`` gives two callables: one reads the bytes and returns the answer in them; the other is timed:
it reads them with callbacks that only count, and returns the count. Whatever can be set up beforehand is.
``python -m benchmarks.peers.NAME`` is a whole client that reads from a socket and prints what it found as JSON.
"""
