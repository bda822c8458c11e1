from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from backstage.domain.worker_info import WorkerInfo
from backstage.infra.moments import from_micros
from backstage.infra.unreadable_rows import readable


def workers_of(rows: Iterable[Sequence[Any]]) -> list[WorkerInfo]:
    """Return the workers of rows of a SQL store's `backstage_workers`, each with the store's now behind it; those that
    are gone are left out, and those that cannot be read."""
    return [worker for worker in readable("a worker", map(tuple, rows), _worker_of) if not worker.is_gone]


def _worker_of(row: Sequence[Any]) -> WorkerInfo:
    """Truths may be numbers."""
    id_, host, pid, started_at, seen_at, concurrency, queues, types, running, is_stopping, *later = row
    lease, release, ranks, now = later
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
        lease=lease,
        release=release,
        silent_for=max(0, now - seen_at) / 1_000_000,
        ranks=_ranks(ranks),
    )


def _texts(document: str) -> tuple[str, ...]:
    texts = json.loads(document)
    if not isinstance(texts, list) or not all(isinstance(each, str) for each in texts):
        raise ValueError("is not a list of strings")
    return tuple(texts)


def _ranks(document: str | None) -> dict[str, int]:
    ranks = {} if document is None else json.loads(document)
    if not isinstance(ranks, dict) or not all(type(each) is int for each in ranks.values()):
        raise ValueError("is not an object of whole numbers")
    return ranks
