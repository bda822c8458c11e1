"""The same small work on each backend, and on a peer if asked: `python -m benchmarks --help`."""
