"""The top-level `worker` package, so that `python -m worker.run` works; all code lives in `backstage`.

PYTEST_DONT_REWRITE: see there.
"""

DISTRIBUTION = "backstage-worker"


def __getattr__(name: str) -> object:
    raise AttributeError(f"{__name__!r} is a package of {DISTRIBUTION} and has no {name!r}: see {__file__}")
