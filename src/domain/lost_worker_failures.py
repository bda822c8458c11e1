"""What is said of a task whose workers were lost."""

from __future__ import annotations

from backstage.domain.failure import Failure
from backstage.domain.lease import Lease
from backstage.domain.limits import storable

LEASE_EXPIRED = "LeaseExpired"
TOO_MANY_DELIVERIES = "TooManyDeliveries"


def lease_expired(lease: Lease | None) -> Failure:
    return Failure(LEASE_EXPIRED, f"worker {lease.worker_id if lease else '?'} stopped renewing its lease")


def too_many_deliveries(crashes: int, before: Failure | None, happened: str = "") -> Failure:
    """Why a task ends that has cost so many workers, with what its handler failed with before."""
    parts = [happened] if happened else []
    parts.append(f"{crashes} worker{'s were' if crashes != 1 else ' was'} lost running it")
    if before is None or before.type == TOO_MANY_DELIVERIES:
        return Failure(TOO_MANY_DELIVERIES, "; ".join(parts))
    parts.append(f"its last error was {before}")
    return Failure(TOO_MANY_DELIVERIES, storable("; ".join(parts)), before.traceback)
