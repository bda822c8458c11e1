"""Ids that are made of what they name, so that whoever makes one makes the same one."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from backstage.domain.limits import EARLIEST


def uuid8(moment: datetime, digest: bytes) -> str:
    """A UUIDv8 (RFC 9562) which begins with the moment in milliseconds, as a UUIDv7 does, so that it sorts with the ids
    of its time; the first ten bytes of a digest decide the rest."""
    milliseconds = (moment - EARLIEST) // timedelta(milliseconds=1)
    number = milliseconds << 80 | int.from_bytes(digest[:10], "big")
    version, variant = 0xF << 76, 0b11 << 62
    return str(UUID(int=(number & ~version & ~variant) | 8 << 76 | 0b10 << 62))
