"""A big store: finished and pending tasks of many queues and types, with payloads, errors, tags and keys."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from backstage import Container, Failure, Task, TaskState
from backstage.domain.uuid8 import uuid8
from backstage.ports import StoredTask

QUEUES, TYPES = 8, 20
_AT_ONCE = 4000
_FAILURES = (
    Failure("ConnectionError", "no such host", 'Traceback …\n  File "shop/mail.py", line 42, in send\n    connect()\n'),
    Failure("ValueError", "not an address", 'Traceback …\n  File "shop/mail.py", line 17, in check\n    parse(text)\n'),
)


async def fill(url: str, finished: int, pending: int) -> None:
    async with Container.open(url) as backstage:
        batch: list[StoredTask] = []
        for task in _tasks(finished, pending):
            batch.append(StoredTask(task, ()))
            if len(batch) == _AT_ONCE:
                await backstage.backend.archive.write(batch)
                batch = []
        await backstage.backend.archive.write(batch)


def _tasks(finished: int, pending: int) -> Iterator[Task]:
    now = datetime.now(UTC)
    number = finished + pending
    first = now - timedelta(seconds=number)
    for n in range(number):
        created = first + timedelta(seconds=n)
        yield _pending(n, created, now) if n * pending % number < pending else _finished(n, created)


def _fields(n: int, created: datetime) -> dict[str, object]:
    id_ = uuid8(created, n.to_bytes(10, "big"))
    return {
        "id": id_,
        "type": f"type-{n % TYPES}",
        "queue": f"queue-{n // TYPES % QUEUES}",
        "created_at": created,
        "correlation_id": id_,
        "workflow_id": id_,
        "payload_json": f'{{"user_id":{n},"flag":{"true" if n % 2 else "false"},"text":"{"x" * 100}"}}',
        "tags": ("vip",) if n % 10 == 0 else (),
        "key": f"customer-{n % 1000}" if n % 5 == 0 else None,
    }


def _pending(n: int, created: datetime, now: datetime) -> Task:
    due = now + timedelta(hours=1) if n % 3 else created
    return Task(**_fields(n, created), scheduled_at=due)  # type: ignore[arg-type]


def _finished(n: int, created: datetime) -> Task:
    failure = _FAILURES[n % 2] if n % 20 == 1 or n % 20 == 2 else None
    return Task(
        **_fields(n, created),  # type: ignore[arg-type]
        scheduled_at=created,
        started_at=created,
        finished_at=created + timedelta(seconds=1),
        state=TaskState.COMPLETED if failure is None else TaskState.FAILED,
        deliveries=1,
        version=3,
        last_failure=failure,
        result_json="null" if failure is None else None,
    )
