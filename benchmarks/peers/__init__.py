"""One file a library. ``decode(workload)`` reads bytes that are there already; ``python -m benchmarks.peers.NAME`` is a
whole client that reads them from a socket and prints what it found as JSON."""
