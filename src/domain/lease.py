"""A worker's right to run a task until a moment."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from backstage.domain.struct_for_pydantic import StructForPydantic


class Lease(StructForPydantic, Struct, frozen=True, gc=False):
    worker_id: str
    until: datetime
    """Shown to people; the store measures leases on a clock that nobody can set."""
