from __future__ import annotations

import re

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    """Return the text with control and direction characters escaped, so that it cannot drive a terminal."""
    return _CONTROL.sub(lambda found: found.group().encode("unicode_escape").decode(), text)
