"""Task <-> the fields of its hash: text, sparse, named as the entity names them or shorter.

`created`, `due` (left out where it is `created`), `started` and `end` are moments; `end` is when the lease ends while
the task runs, and when the task ended afterwards. `fence` is deliveries, `key` and `ttl` are the dedupe key's, and
`task_key` is the task's own key.
Two fields are the scripts' own: `entry` (where in a stream the task lies) and `record` (what the latest claim's record
says, where the state does not tell it).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from backstage.domain.backoff import Backoff
from backstage.domain.dedupe import Dedupe
from backstage.domain.failure import Failure
from backstage.domain.lane_type import payload_version, plain_type, split_lane_type
from backstage.domain.lease import Lease
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.infra.metadata_text import metadata_of
from backstage.infra.moments import from_micros, to_micros
from backstage.infra.redis.any_bytes import unpack_any
from backstage.infra.salvage import Reader, checked_count, salvaged, text
from backstage.infra.tags_text import tags_of

LETTERS = {
    TaskState.PENDING: "p",
    TaskState.RUNNING: "r",
    TaskState.COMPLETED: "c",
    TaskState.FAILED: "f",
    TaskState.CANCELLED: "x",
}
STATES = {letter: state for state, letter in LETTERS.items()}

Fields = Mapping[str, str]

pack = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode
_MOST_DIGITS = 10


def unpack(packed: bytes) -> Any:
    """Return what a script has packed. Bytes that are no UTF-8 were written by somebody else: they are shown."""
    try:
        return _decode(packed)
    except msgspec.DecodeError:
        return unpack_any(packed)


def fields_of(flat: Sequence[str]) -> dict[str, str]:
    """Return the fields of a list `name, value, name, value …`, as the server gives hashes."""
    pairs = iter(flat)
    return dict(zip(pairs, pairs, strict=True))


def definition_of(task: Task) -> list[str]:
    """What no move changes."""
    fields = ["type", task.lane_type, "created", str(to_micros(task.created_at))]
    if task.payload_json != "null":
        fields += ("payload", task.payload_json)
    if task.priority:
        fields += ("priority", str(int(task.priority)))
    if task.max_attempts is not None:
        fields += ("max_attempts", str(task.max_attempts))
    if task.backoff is not None:
        fields += ("backoff", str(task.backoff))
    for name, limit in (
        ("timeout", task.timeout),
        ("soft_timeout", task.soft_timeout),
        ("max_deliveries", task.max_deliveries),
    ):
        if limit is not None:
            fields += (name, repr(limit))
    if task.dedupe is not None:
        fields += ("key", task.dedupe.key)
        if task.dedupe.ttl is not None:
            fields += ("ttl", repr(task.dedupe.ttl))
    fields += _found_by(task)
    if task.metadata:
        fields += ("metadata", json.dumps(task.metadata))
    if task.is_awaited:
        fields += ("is_awaited", "1")
    return fields


def _found_by(task: Task) -> list[str]:
    """What a task is found by beside its type and queue, and where it comes from."""
    fields: list[str] = []
    if task.correlation_id != task.id:
        fields += ("correlation", task.correlation_id)
    if task.workflow_id != task.id:
        fields += ("workflow", task.workflow_id)
    if task.origin_id is not None:
        fields += ("origin", task.origin_id)
    if task.tags:
        fields += ("tags", json.dumps(task.tags, ensure_ascii=False))
    if task.key is not None:
        fields += ("task_key", task.key)
    return fields


def condition_of(task: Task) -> list[str]:
    """What moves change."""
    fields: list[str] = []
    if task.scheduled_at != task.created_at:
        fields += ("due", str(to_micros(task.scheduled_at)))
    if task.version != 1:
        fields += ("version", str(task.version))
    if task.deliveries:
        fields += ("fence", str(task.deliveries))
    if task.state is not TaskState.PENDING or task.deliveries:
        fields += _history_of(task)
    return fields


def _history_of(task: Task) -> list[str]:
    """What a task has been through that has run, or has ended."""
    fields: list[str] = []
    if task.state is not TaskState.PENDING:
        fields += ("state", LETTERS[task.state])
    for name, number in (("interruptions", task.interruptions), ("crashes", task.crashes)):
        if number:
            fields += (name, str(number))
    for name, moment in (("started", task.started_at), ("end", task.finished_at)):
        if moment is not None:
            fields += (name, str(to_micros(moment)))
    if task.last_failure is not None:
        fields += ("failure", failure_text(task.last_failure))
    for name, kept in (("result", task.result_json), ("note", task.progress_note)):
        if kept is not None:
            fields += (name, kept)
    if task.progress is not None:
        fields += ("progress", repr(task.progress))
    return fields


def failure_text(failure: Failure) -> str:
    return json.dumps([failure.type, failure.message, failure.traceback], ensure_ascii=False)


def failure_of(text: str | None) -> Failure | None:
    """Raises what JSON and Failure raise, and TypeError, for what is none."""
    if not text:
        return None
    parts = json.loads(text)
    if not isinstance(parts, list) or not all(isinstance(each, str) for each in parts):
        raise TypeError("is not a failure: its parts must be strings")
    return Failure(*parts)


def task_of(task_id: str, queue: str, fields: Fields) -> Task:
    """Return the task of a hash; of one that cannot be decoded, what can be: `undecodable` tells the rest."""
    try:
        return _task_of(task_id, queue, fields)
    except Exception:  # whatever the converters raise: the hash was written by somebody else
        return salvaged_task(task_id, queue, fields)


def _task_of(task_id: str, queue: str, fields: Fields) -> Task:
    read = read_fields(task_id, queue, fields.items())
    if "end" in fields:
        end = moment_of(fields["end"])
        if fields.get("state") == "r":
            read["lease"] = Lease(fields["worker"], end)
        else:
            read["finished_at"] = end
    return Task(**read)


def salvaged_task(task_id: str, queue: str, fields: Fields) -> Task:
    raw: dict[str, Any] = {}
    readers: dict[str, Reader] = {}
    for name, value in fields.items():
        if name in _READERS:
            attribute, convert = _READERS[name]
            raw[attribute], readers[attribute] = value, convert or text
    if "type" in raw:
        raw["payload_version"] = raw["type"]
        readers["type"], readers["payload_version"] = plain_type, payload_version
    raw.setdefault("payload_json", "null")
    readers["payload_json"] = text
    if "key" in fields:
        raw["dedupe"] = fields["key"], fields.get("ttl")
        readers["dedupe"] = lambda held: Dedupe(held[0], None if held[1] is None else float(held[1]))
    if "end" in fields:
        if fields.get("state") == "r":
            raw["lease"] = fields.get("worker", "?"), fields["end"]
            readers["lease"] = lambda lease: Lease(lease[0], moment_of(lease[1]))
        else:
            raw["finished_at"], readers["finished_at"] = fields["end"], moment_of
    if "state" not in fields:
        raw["state"], readers["state"] = "p", STATES.__getitem__
    return salvaged(task_id, queue, raw, readers)


def read_fields(task_id: str, queue: str, fields: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The attributes that the fields tell, but for those of which `end` is one."""
    read: dict[str, Any] = {"id": task_id, "queue": queue, "correlation_id": task_id, "workflow_id": task_id}
    key = ttl = None
    for name, value in fields:
        if name in _READERS:
            attribute, convert = _READERS[name]
            read[attribute] = convert(value) if convert else value
        elif name == "key":
            key = value
        elif name == "ttl":
            ttl = float(value)
    if "scheduled_at" not in read:
        read["scheduled_at"] = read["created_at"]
    if "@" in read["type"]:
        read["type"], read["payload_version"] = split_lane_type(read["type"])
    if key is not None:
        read["dedupe"] = Dedupe(key, ttl)
    return read


def _count(text: str) -> int:
    """Digits and nothing else: the scripts take any other text for none, and both must take it for the same."""
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise ValueError("is not a count")
    return checked_count(int(text))


def moment_of(text: str) -> datetime:
    return from_micros(int(text))


_READERS: dict[str, tuple[str, Callable[[str], Any] | None]] = {
    "type": ("type", None),
    "payload": ("payload_json", None),
    "priority": ("priority", int),
    "state": ("state", STATES.__getitem__),
    "created": ("created_at", moment_of),
    "due": ("scheduled_at", moment_of),
    "started": ("started_at", moment_of),
    "fence": ("deliveries", _count),
    "interruptions": ("interruptions", _count),
    "crashes": ("crashes", _count),
    "version": ("version", _count),
    "max_attempts": ("max_attempts", int),
    "backoff": ("backoff", Backoff.parse),
    "timeout": ("timeout", float),
    "soft_timeout": ("soft_timeout", float),
    "max_deliveries": ("max_deliveries", int),
    "metadata": ("metadata", metadata_of),
    "tags": ("tags", tags_of),
    "task_key": ("key", None),
    "is_awaited": ("is_awaited", bool),
    "cancel": ("is_cancel_requested", bool),
    "failure": ("last_failure", failure_of),
    "correlation": ("correlation_id", None),
    "workflow": ("workflow_id", None),
    "origin": ("origin_id", None),
    "result": ("result_json", None),
    "progress": ("progress", float),
    "note": ("progress_note", None),
}
"""Field to the entity's attribute, and what converts the one to the other (None: nothing, it is a text). Those that
make an attribute together are not here: `key` and `ttl`, `worker` and `end`."""
