"""A big store: finished and pending tasks of many queues and types, with payloads, errors, tags and keys, and a day of
history. It is the same each time; tasks are written past the program, which would take an hour for a million."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable, Coroutine
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

from backstage import Container, Failure, Task, TaskState
from backstage.domain.failure_group import FailureSighting
from backstage.domain.history import MINUTE, HistoryPoint, HistoryRow, floored
from backstage.domain.ports.run_history import HistoryBatch
from backstage.infra.failure_text import failure_json
from backstage.ports import Opening, StoredTask

QUEUES, TYPES = 8, 20
_MINUTES, _FAILURES = 24 * 60, 300
_AT_ONCE = 4000
_MAIL = Failure("ConnectionError", "no such host", 'Traceback\n  File "shop/mail.py", line 42, in send\n    connect()')
_TEXT = "x" * 100

_SQLITE_TASKS = """
WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < :number),
task AS (SELECT n, :first + n * 1000000 AS created, n * :pending % :number < :pending AS waits, n % 20 = 1 AS fails
           FROM numbers)
INSERT INTO backstage_tasks (id, type, queue, priority, state, ready, created_at, scheduled_at, started_at, finished_at,
    deliveries, interruptions, crashes, version, tags, key, cancel_requested, last_failure, result, payload)
SELECT substr(printf('%012x', created / 1000), 1, 8) || '-' || substr(printf('%012x', created / 1000), 9) ||
           '-7000-8000-' || printf('%012x', n),
       'type-' || (n % 20), 'queue-' || (n / 20 % 8), 0,
       CASE WHEN waits THEN 'pending' WHEN fails THEN 'failed' ELSE 'completed' END,
       CASE WHEN waits THEN n % 3 = 0 END, created, CASE WHEN waits AND n % 3 THEN :later ELSE created END,
       CASE WHEN NOT waits THEN created END, CASE WHEN NOT waits THEN created + 1000000 END,
       NOT waits, 0, 0, CASE WHEN waits THEN 1 ELSE 3 END,
       CASE WHEN n % 10 = 0 THEN '["vip"]' END, CASE WHEN n % 5 = 0 THEN 'customer-' || (n % 1000) END, 0,
       CASE WHEN fails AND NOT waits THEN :failure END, CASE WHEN NOT fails AND NOT waits THEN 'null' END,
       '{"user_id":' || n || ',"flag":' || CASE WHEN n % 2 THEN 'true' ELSE 'false' END || ',"text":"' || :text || '"}'
  FROM task ORDER BY n
"""
_SQLITE_REST = (
    "INSERT INTO backstage_tags (id, tag) SELECT id, 'vip' FROM backstage_tasks WHERE tags IS NOT NULL",
    """INSERT INTO backstage_counts (state, queue, type, tasks, pruned)
       SELECT state, queue, type, count(*), 0 FROM backstage_tasks GROUP BY 1, 2, 3""",
    "ANALYZE",
)
_POSTGRES_NUMBERS = """
CREATE TEMPORARY TABLE made AS
SELECT n,
       (lpad(to_hex(($1::bigint + n * 1000000) / 1000), 12, '0') || '70008000' || lpad(to_hex(n), 12, '0'))::uuid AS id,
       $1::bigint + n * 1000000 AS created, n * $2::bigint % $3::bigint < $2::bigint AS waits, n % 20 = 1 AS fails,
       'type-' || n % 20 AS type, 'queue-' || n / 20 % 8 AS queue
  FROM generate_series(0::bigint, $3::bigint - 1) AS n
"""
_POSTGRES_REST = (
    """INSERT INTO backstage_tasks (id, type, queue, created_at, tags, key, payload)
       SELECT id, type, queue, created, CASE WHEN n % 10 = 0 THEN '["vip"]' END,
              CASE WHEN n % 5 = 0 THEN 'customer-' || n % 1000 END,
              '{"user_id":' || n || ',"flag":' || CASE WHEN n % 2 = 1 THEN 'true' ELSE 'false' END || ',"text":"'
                  || repeat('x', 100) || '"}' FROM made""",
    """INSERT INTO backstage_live (id, queue, type, priority, state, ready, is_keyed, scheduled_at, version)
       SELECT id, queue, type, 0, 'pending', n % 3 = 0, false, CASE WHEN n % 3 = 0 THEN created ELSE {later} END, 1
         FROM made WHERE waits""",
    """INSERT INTO backstage_finished (id, queue, type, priority, state, scheduled_at, deliveries, interruptions,
           crashes, version, started_at, finished_at, outcome, worker_id, is_failure_new, last_failure, result)
       SELECT id, queue, type, 0, CASE WHEN fails THEN 'failed' ELSE 'completed' END, created, 1, 0, 0, 3, created,
              created + 1000000, CASE WHEN fails THEN 'dead' ELSE 'completed' END, 'w1', fails,
              CASE WHEN fails THEN '{failure}' END, CASE WHEN NOT fails THEN 'null' END FROM made WHERE NOT waits""",
    "INSERT INTO backstage_tags (id, tag) SELECT id, 'vip' FROM made WHERE n % 10 = 0",
    "INSERT INTO backstage_lanes (type, queue) SELECT DISTINCT type, queue FROM made",
    """INSERT INTO backstage_counts (queue, type, state, tasks, pruned)
       SELECT queue, type, CASE WHEN waits THEN 'pending' WHEN fails THEN 'failed' ELSE 'completed' END, count(*), 0
         FROM made GROUP BY 1, 2, 3""",
    "VACUUM ANALYZE",
)


async def fill(url: str, finished: int, pending: int) -> None:
    async with Container.open(url) as backstage:
        await backstage.backend.open(Opening.WORK)  # which makes the tables
    by_scheme: dict[str, Callable[[str, int, int], Coroutine[Any, Any, None]]] = {
        "sqlite": _fill_file,
        "postgresql": _fill_database,
        "redis": _fill_keys,
    }
    await by_scheme[url.partition(":")[0]](url, finished + pending, pending)
    async with Container.open(url) as backstage:
        await _fill_history(backstage, finished + pending, pending)
    await asyncio.to_thread(os.sync)  # else what is measured next waits for the disk to take all this


async def _fill_history(backstage: Container, number: int, pending: int) -> None:
    """What ran of those tasks in the last day, one each second, and failures of many kinds."""
    begin = floored(backstage.clock.now() - timedelta(days=1), MINUTE)
    first = number - _MINUTES * MINUTE
    for minute in range(_MINUTES):
        at = begin + timedelta(minutes=minute)
        numbers = range(max(0, first + minute * MINUTE), max(0, first + (minute + 1) * MINUTE))
        rows = tuple(_row(n, at) for n in numbers if n * pending % number >= pending)
        sightings = tuple(_sighting(kind, at) for kind in range(_FAILURES)) if minute % 60 == 0 else ()
        batch = HistoryBatch(writer="filling", number=minute + 1, rows=rows, sightings=sightings)
        await backstage.backend.history.add(batch)


def _row(n: int, at: datetime) -> HistoryRow:
    """Of a task that ran alone: in a minute no queue and type comes twice."""
    fails = n % 20 == 1
    point = HistoryPoint(at=at, claimed=1, completed=int(not fails), failed=int(fails), run_seconds=1.0)
    return HistoryRow(f"queue-{n // TYPES % QUEUES}", f"type-{n % TYPES}", point)


def _sighting(kind: int, at: datetime) -> FailureSighting:
    return FailureSighting(
        fingerprint=f"{kind:016x}",
        task_type=f"type-{kind % TYPES}",
        error="ConnectionError",
        line=f"shop/mail.py:{kind}",
        message="no such host",
        tasks=1,
        runs=1,
        at=at,
        task_ids=(f"{kind:032x}",),
    )


def _begun(number: int) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=number)


def _micros(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000)


async def _fill_file(url: str, number: int, pending: int) -> None:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        connection.execute("PRAGMA synchronous = off")
        values = {
            "number": number,
            "pending": pending,
            "first": _micros(_begun(number)),
            "later": _micros(datetime.now(UTC) + timedelta(hours=2)),
            "failure": failure_json(_MAIL),
            "text": _TEXT,
        }
        connection.execute(_SQLITE_TASKS, values)
        for statement in _SQLITE_REST:
            connection.execute(statement)
        connection.commit()


async def _fill_database(url: str, number: int, pending: int) -> None:
    later = _micros(datetime.now(UTC) + timedelta(hours=2))
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET synchronous_commit = off")
        await connection.execute(
            _POSTGRES_NUMBERS.replace("$1", str(_micros(_begun(number))))
            .replace("$2", str(pending))
            .replace("$3", str(number))
        )
        for statement in _POSTGRES_REST:
            await connection.execute(
                statement.replace("{later}", str(later)).replace("{failure}", failure_json(_MAIL) or "")
            )
    finally:
        await connection.close()


async def _fill_keys(url: str, number: int, pending: int) -> None:
    """By the port for moving stores: nothing else may know how the keys lie."""
    async with Container.open(url) as backstage:
        first = _begun(number)
        for begin in range(0, number, _AT_ONCE):
            numbers = range(begin, min(begin + _AT_ONCE, number))
            await backstage.backend.archive.write([StoredTask(_task(n, first, number, pending), ()) for n in numbers])


def _task(n: int, first: datetime, number: int, pending: int) -> Task:
    created = first + timedelta(seconds=n)
    digits = f"{_micros(created) // 1000:012x}"
    id_ = f"{digits[:8]}-{digits[8:]}-7000-8000-{n:012x}"
    fields: dict[str, Any] = {
        "id": id_,
        "type": f"type-{n % TYPES}",
        "queue": f"queue-{n // TYPES % QUEUES}",
        "created_at": created,
        "correlation_id": id_,
        "workflow_id": id_,
        "payload_json": f'{{"user_id":{n},"flag":{"true" if n % 2 else "false"},"text":"{_TEXT}"}}',
        "tags": ("vip",) if n % 10 == 0 else (),
        "key": f"customer-{n % 1000}" if n % 5 == 0 else None,
    }
    if n * pending % number < pending:
        return Task(**fields, scheduled_at=datetime.now(UTC) + timedelta(hours=2) if n % 3 else created)
    fails = n % 20 == 1
    return Task(
        **fields,
        scheduled_at=created,
        started_at=created,
        finished_at=created + timedelta(seconds=1),
        state=TaskState.FAILED if fails else TaskState.COMPLETED,
        deliveries=1,
        version=3,
        last_failure=_MAIL if fails else None,
        result_json=None if fails else "null",
    )
