from __future__ import annotations

import uuid_utils


class Uuid7Ids:
    """RFC 9562 version 7: sorts by time, and monotonic within the process."""

    def new(self) -> str:
        return str(uuid_utils.uuid7())
