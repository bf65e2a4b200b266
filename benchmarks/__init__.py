"""ibfast and its peers in one run: ``python -m benchmarks``."""
