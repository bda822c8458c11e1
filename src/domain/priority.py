from __future__ import annotations

from enum import IntEnum


class Priority(IntEnum):
    """Named priorities. Any int from -32768 to 32767 is allowed, and higher ones run first."""

    URGENT = 100
    DEFAULT = 0
    LOW = -100
