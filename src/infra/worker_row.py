from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from backstage.domain.store_signs import NOTHING, SOMETHING, StoreSigns
from backstage.domain.worker_info import WorkerInfo
from backstage.domain.worker_order import BeatAnswer, WorkerOrder, WorkerStacks
from backstage.infra.moments import from_micros, to_micros
from backstage.infra.unreadable_rows import readable

_DETAILS: dict[str, type] = {
    "is_quiet": bool,
    "memory": int,
    "memory_limit": int,
    "loop_lag": float,
    "python": str,
    "is_called": bool,
}


def workers_of(rows: Iterable[Sequence[Any]]) -> list[WorkerInfo]:
    """Return the workers of rows of a SQL store's `backstage_workers`, each with the store's now behind it; those that
    are gone are left out, and those that cannot be read."""
    return [worker for worker in readable("a worker", map(tuple, rows), _worker_of) if not worker.is_gone]


def _worker_of(row: Sequence[Any]) -> WorkerInfo:
    """Truths may be numbers."""
    id_, host, pid, started_at, seen_at, concurrency, queues, types, running, is_stopping, *later = row
    lease, release, ranks, details, wanted, now = later
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
        order=order_of(wanted),
        **_details(details),
    )


def details_text(worker: WorkerInfo) -> str:
    """Return what a worker says of itself that has no column of its own: earlier releases leave it as it is."""
    said = {name: getattr(worker, name) for name in _DETAILS}
    return json.dumps({name: value for name, value in said.items() if value is not None and value is not False})


def order_of(wanted: str | None) -> WorkerOrder:
    """What no order of this release is, asks for nothing."""
    return WorkerOrder(wanted) if wanted in tuple(WorkerOrder) else WorkerOrder.WORK


def answer_of(row: Sequence[Any]) -> BeatAnswer:
    """A sign of subscriptions is a text, or None if there are none; that of schedules may be True, too: it is not
    known whether they have changed. Whether there are bulk operations and leases is a truth."""
    generation, wanted, stacks_request, subscriptions, schedules, has_bulk, has_leases = row
    signs = StoreSigns(
        subscriptions=subscriptions or NOTHING,
        schedules=SOMETHING if schedules is True else schedules or NOTHING,
        bulk=SOMETHING if has_bulk else NOTHING,
        leases=SOMETHING if has_leases else NOTHING,
    )
    return BeatAnswer(generation, order_of(wanted), stacks_request, signs)


def stacks_text(stacks: WorkerStacks) -> str:
    return json.dumps({"request": stacks.request, "taken_at": to_micros(stacks.taken_at), "text": stacks.text})


def stacks_of(document: str | None) -> WorkerStacks | None:
    if document is None:
        return None
    parts = json.loads(document)
    return WorkerStacks(parts["request"], from_micros(parts["taken_at"]), parts["text"])


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


def _details(document: str | None) -> dict[str, Any]:
    details = {} if document is None else json.loads(document)
    if not isinstance(details, dict):
        raise ValueError("is not an object")
    known = {name: value for name, value in details.items() if name in _DETAILS}
    if not all(type(value) is _DETAILS[name] for name, value in known.items()):
        raise ValueError("says of a worker what cannot be")
    return known
