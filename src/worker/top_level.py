"""The top-level `worker` package, so that `python -m worker.run` works; all code lives in `backstage`.

PYTEST_DONT_REWRITE: see there.
"""
