from __future__ import annotations

import re

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
LAST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff"


def is_id(text: object) -> bool:
    """Whether a task may have that id: what is no UUID, or no text, is the id of none."""
    return isinstance(text, str) and _ID.fullmatch(text) is not None
