from __future__ import annotations

import os
import re
import sys
from functools import cache

from backstage.domain.distribution import DISTRIBUTION

_FOLDER = re.compile(rf"{DISTRIBUTION.replace('-', '_')}-(?P<version>[^-]+)\.dist-info")
"""What an installation leaves where the modules lie, named as the packaging standards say."""


@cache
def release() -> str:
    """Return the version of Backstage that runs here, "unknown" in a checkout that was never installed."""
    for place in sys.path:
        try:
            with os.scandir(place or ".") as entries:
                found = next((match for each in entries if (match := _FOLDER.fullmatch(each.name))), None)
        except OSError:  # not a folder
            continue
        if found is not None:
            return found["version"]
    return _by_metadata()


def _by_metadata() -> str:
    """However it was installed."""
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - slow to load, and seldom needed

    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return "unknown"
