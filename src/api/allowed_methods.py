"""Which methods a path has: for the header `Allow`."""

from __future__ import annotations

import re

from fastapi import FastAPI

_PLACE = re.compile(r"\\\{\w+\\\}")
"""Of a parameter, in an escaped path of the document."""


def allowed_methods(app: FastAPI, path: str) -> str | None:
    """Return those that the document has for the path, None where it has none of that form.

    A router looks for one method at a time, so it answers with those of the first route alone.
    """
    paths = app.openapi()["paths"]
    fitting = [each for each in paths if re.fullmatch(_PLACE.sub("[^/]+", re.escape(each)), path)]
    if not fitting:
        return None
    closest = min(fitting, key=lambda each: each.count("{"))
    return ", ".join(sorted(method.upper() for method in paths[closest]))
