"""That what writes the fields of a hash and what reads them, in Python and in Lua, know the same fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any

import pytest

from backstage.domain.backoff import Backoff
from backstage.domain.dedupe import Dedupe
from backstage.domain.failure import Failure
from backstage.domain.lease import Lease
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.infra.redis.claimed_task import claimed_task
from backstage.infra.redis.rows import condition_of, definition_of, fields_of, task_of

NOW = datetime(2026, 11, 29, 12, 0, 0, 123456, tzinfo=UTC)
PLAIN: Mapping[str, Any] = {
    "id": "0190",
    "queue": "default",
    "type": "mail:send",
    "correlation_id": "0190",
    "workflow_id": "0190",
    "created_at": NOW,
    "scheduled_at": NOW,
}
OTHER: Mapping[str, Any] = {
    "type": "report:make",
    "payload_version": 3,
    "tags": ("vip", "ü"),
    "key": "tenant",
    "is_awaited": True,
    "payload_json": '{"to": "a"}',
    "priority": 5,
    "state": TaskState.COMPLETED,
    "created_at": NOW - timedelta(days=1),
    "scheduled_at": NOW + timedelta(microseconds=1),
    "started_at": NOW + timedelta(seconds=2),
    "finished_at": NOW + timedelta(seconds=3),
    "deliveries": 3,
    "interruptions": 2,
    "crashes": 1,
    "version": 7,
    "max_attempts": 4,
    "backoff": Backoff.exponential(1, cap=60, jitter=0.5),
    "timeout": 1.5,
    "soft_timeout": 0.25,
    "max_deliveries": 6,
    "dedupe": Dedupe("key", 2.5),
    "correlation_id": "other",
    "workflow_id": "another",
    "origin_id": "0189",
    "metadata": {"tenant": "ü"},
    "result_json": "[1]",
    "last_failure": Failure("ValueError", "no", "line 1"),
    "progress": 0.75,
    "progress_note": "half",
}
"""For each attribute a value that is not what a new task has."""
NAMED_BY_THE_CALLER = {"id", "queue"}
WRITTEN_BY_SCRIPTS: Mapping[str, tuple[list[str], Any]] = {
    "lease": (["state", "r", "worker", "w1", "end", "1000001"], Lease("w1", datetime(1970, 1, 1, 0, 0, 1, 1, UTC))),
    "is_cancel_requested": (["cancel", "1"], True),
}
NEVER_STORED = {"undecodable"}


def test_each_attribute_of_a_task_is_tested_here() -> None:
    assert set(Task.__annotations__) == {*OTHER, *WRITTEN_BY_SCRIPTS} | NAMED_BY_THE_CALLER | NEVER_STORED


def written(task: Task) -> list[str]:
    return definition_of(task) + condition_of(task)


@pytest.mark.parametrize("attribute", OTHER)
def test_what_is_written_of_an_attribute_is_read_again(attribute: str) -> None:
    ended = {"state": TaskState.COMPLETED}  # the history of a new task is not even looked at
    task = Task(**PLAIN | ended | {attribute: OTHER[attribute]})
    assert task_of(task.id, task.queue, fields_of(written(task))) == task


@pytest.mark.parametrize("attribute", WRITTEN_BY_SCRIPTS)
def test_what_scripts_write_of_an_attribute_is_read(attribute: str) -> None:
    flat, value = WRITTEN_BY_SCRIPTS[attribute]
    task = task_of("0190", "default", fields_of(written(Task(**PLAIN)) + flat))
    assert getattr(task, attribute) == value


def test_a_claim_keeps_all_that_the_move_of_the_entity_keeps() -> None:
    ended = {"state": TaskState.PENDING, "finished_at": None, "result_json": None}
    task, lease = Task(**PLAIN | OTHER | ended), Lease("w1", NOW + timedelta(seconds=30))
    assert claimed_task(task.id, task.queue, written(task), lease, NOW) == task.claim(lease, NOW)


def test_a_save_replaces_each_field_that_moves_change() -> None:
    script = (files("backstage.infra.redis") / "lua" / "save_task.lua").read_text(encoding="utf-8")
    [listed] = re.findall(r"local CHANGING = \{([^}]*)\}", script)
    by_scripts = {"worker", "cancel", "record", "entry"}
    by_save_alone = {"priority"}  # which no other move changes
    assert set(re.findall(r"'(\w+)'", listed)) == {
        *condition_of(Task(**PLAIN | OTHER))[::2],
        *by_scripts,
        *by_save_alone,
    }
