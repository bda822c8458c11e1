from __future__ import annotations

import re

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
LAST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff"


def is_id(text: str) -> bool:
    """Whether a task may have that id: what is no UUID is the id of none."""
    return _ID.fullmatch(text) is not None
