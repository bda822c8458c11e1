"""Many entries of one log event at once, as JSON lines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any


class JsonLines:
    """What a structlog logger has beside its methods, where it writes JSON lines and nothing else hears of them."""

    _logger: Any
    _context: Any

    def write_entries(self, level: str, event: str, fields: Sequence[str]) -> None:
        """Write an entry for each of the fields, which are the inside of a JSON object. Each has the form that the
        level's own method gives it; to write them together costs a tenth of that."""
        stamp = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        first = json.dumps({"timestamp": stamp, "level": level, "event": event, **self._context}, default=repr)[:-1]
        self._logger.write("\n".join([f"{first}, {each}}}" for each in fields]))
