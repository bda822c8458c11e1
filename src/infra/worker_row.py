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
        queues=_texts(queues),
        types=_texts(types),
        running=_texts(running),
        is_stopping=bool(is_stopping),
    )


def _texts(document: str) -> tuple[str, ...]:
    texts = json.loads(document)
    if not isinstance(texts, list) or not all(isinstance(each, str) for each in texts):
        raise ValueError("is no list of texts")
    return tuple(texts)
