from __future__ import annotations

from functools import cache

from backstage.domain.distribution import DISTRIBUTION


@cache
def release() -> str:
    """Return the version of Backstage that runs here, "unknown" in a checkout that was never installed."""
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - slow to load, and seldom needed

    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return "unknown"
