from __future__ import annotations

import asyncio

from backstage.domain.audit_entry import MOST_ENTRIES, AuditQuery
from backstage.domain.ports.audit_log import AuditLog

_AT_ONCE = 20


async def copy_audit_log(source: AuditLog, target: AuditLog) -> int:
    """Write the entries of one log into another, the newest first, and return how many there are. An entry that the
    target has is replaced by itself, so an interrupted copy is made again."""
    copied, after = 0, None
    while True:
        page = await source.find(AuditQuery(limit=MOST_ENTRIES, after=after))
        for first in range(0, len(page.entries), _AT_ONCE):
            await asyncio.gather(*(target.add(entry) for entry in page.entries[first : first + _AT_ONCE]))
        copied += len(page.entries)
        after = page.next_after
        if after is None:
            return copied
