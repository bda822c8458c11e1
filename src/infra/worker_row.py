from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from backstage.domain.worker_info import WorkerInfo
from backstage.infra.moments import from_micros


def worker_of(row: Sequence[Any]) -> WorkerInfo:
    """Return the worker of a row of a SQL store's `backstage_workers`; truths may be numbers."""
    id_, host, pid, started_at, seen_at, concurrency, queues, types, running, is_stopping = row
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
    )
