from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from backstage.domain.worker_info import WorkerInfo
from backstage.infra.moments import from_micros


def workers_of(rows: Iterable[Sequence[Any]]) -> list[WorkerInfo]:
    """Return the workers of rows of a SQL store's `backstage_workers`, each with the store's now behind it; those that
    are gone are left out."""
    return [worker for worker in map(_worker_of, rows) if not worker.is_gone]


def _worker_of(row: Sequence[Any]) -> WorkerInfo:
    """Truths may be numbers."""
    id_, host, pid, started_at, seen_at, concurrency, queues, types, running, is_stopping, lease, release, now = row
    return WorkerInfo(
        id=id_,
        host=host,
        pid=pid,
        started_at=from_micros(started_at),
        seen_at=from_micros(seen_at),
        concurrency=concurrency,
        queues=tuple(json.loads(queues)),
        types=tuple(json.loads(types)),
        running=tuple(json.loads(running)),
        is_stopping=bool(is_stopping),
        lease=lease,
        release=release,
        silent_for=max(0, now - seen_at) / 1_000_000,
    )
