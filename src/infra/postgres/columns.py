"""A task's columns: the one statement of their names, types and values, which the SQL files name as placeholders.

Decision 0412 says why.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from backstage.infra.failure_text import failure_json
from backstage.infra.history_row import HISTORY_COUNTERS, HISTORY_PLACEHOLDERS, history_values
from backstage.infra.moments import EPOCH, MICROSECOND, to_micros
from backstage.infra.tags_text import tags_json
from backstage.infra.task_row import ROW_COLUMNS, STATED_COLUMNS

Values = list[Any] | None
"""Of one column, a value for each row; None stands for as many NULLs as the other columns have values."""


class Column(NamedTuple):
    name: str
    type: str
    value: Callable[[Any], Any]
    is_joined: bool = False
    """Its values, of which none is missing or has a comma, may go as one text: the driver looks four times at each
    element of an array."""


class Columns:
    """Columns that go together. As `{new}` in a SQL file they are their names; as `{new:$2}` they are the parameters
    that hold an array for each, from the second on, which `values` returns; as `{new:joined:$2}` some of these are
    texts, as `joined` returns them; as `{new:one:$2}` they are the parameters of a single row, each with its name,
    which `row` returns."""

    def __init__(self, *columns: Column) -> None:
        self._columns = columns

    def __add__(self, other: Columns) -> Columns:
        return Columns(*self._columns, *other._columns)

    def __format__(self, form: str) -> str:
        if not form:
            return ", ".join(self.names)
        kind, _, first = form.rpartition("$")
        write = _PARAMETERS[kind]
        return ", ".join(write(f"${number}", each) for number, each in enumerate(self._columns, int(first)))

    @property
    def names(self) -> list[str]:
        return [each.name for each in self._columns]

    def values(self, rows: Sequence[Any]) -> list[Values]:
        return [column(map(each.value, rows)) for each in self._columns]

    def joined(self, rows: Sequence[Any]) -> list[Values | str]:
        return [
            ",".join(map(str, map(each.value, rows))) if each.is_joined else column(map(each.value, rows))
            for each in self._columns
        ]

    def row(self, row: Any) -> list[Any]:
        return [each.value(row) for each in self._columns]


def _joined(parameter: str, column: Column) -> str:
    array = f"string_to_array({parameter}::text, ',')" if column.is_joined else parameter
    return f"{array}::{column.type}[]"


_PARAMETERS: dict[str, Callable[[str, Column], str]] = {
    "": lambda parameter, column: f"{parameter}::{column.type}[]",
    "joined:": _joined,
    "one:": lambda parameter, column: f"{parameter}::{column.type} AS {column.name}",
}


def column(values: Iterable[Any]) -> Values:
    """The values of a column, None where it has nothing but None."""
    whole = list(values)
    return None if whole.count(None) == len(whole) else whole


def _micros(attribute: str) -> Callable[[Any], int | None]:
    """Microseconds since 1970 of a moment that may be missing."""
    moment = attrgetter(attribute)

    def micros(row: Any) -> int | None:
        value: datetime | None = moment(row)
        return None if value is None else to_micros(value)

    return micros


_KEYS = Columns(
    Column("id", "uuid", attrgetter("id"), is_joined=True),
    Column("type", "text", attrgetter("lane_type"), is_joined=True),
    Column("queue", "text", attrgetter("queue"), is_joined=True),
)
_PLACE = Columns(
    Column("priority", "smallint", attrgetter("priority"), is_joined=True),
    Column("scheduled_at", "bigint", lambda task: (task.scheduled_at - EPOCH) // MICROSECOND, is_joined=True),
)

DEFINITION = _KEYS + Columns(
    Column("created_at", "bigint", lambda task: (task.created_at - EPOCH) // MICROSECOND, is_joined=True),
    Column("payload", "text", attrgetter("payload_json")),
    Column("max_attempts", "integer", attrgetter("max_attempts")),
    Column("backoff", "text", lambda task: None if task.backoff is None else str(task.backoff)),
    Column("timeout", "double precision", attrgetter("timeout")),
    Column("soft_timeout", "double precision", attrgetter("soft_timeout")),
    Column("max_deliveries", "integer", attrgetter("max_deliveries")),
    Column("correlation_id", "text", lambda task: None if task.correlation_id == task.id else task.correlation_id),
    Column("workflow_id", "text", lambda task: None if task.workflow_id == task.id else task.workflow_id),
    Column("origin_id", "text", attrgetter("origin_id")),
    Column("metadata", "text", lambda task: json.dumps(task.metadata) if task.metadata else None),
    Column("tags", "text", lambda task: tags_json(task.tags) if task.tags else None),
    Column("key", "text", attrgetter("key")),
    Column("is_awaited", "boolean", lambda task: task.is_awaited or None),
    Column("dedupe_key", "text", lambda task: None if task.dedupe is None else task.dedupe.key),
    Column("dedupe_ttl", "double precision", lambda task: None if task.dedupe is None else task.dedupe.ttl),
)
"""What a task is: all of backstage_tasks. Those of a new task come with few calls, for batches are large."""

NEW = DEFINITION + _PLACE

CARRIED = (
    _KEYS
    + _PLACE
    + Columns(
        Column("deliveries", "integer", attrgetter("deliveries")),
        Column("interruptions", "integer", attrgetter("interruptions")),
        Column("started_at", "bigint", _micros("started_at")),
        Column("progress", "double precision", attrgetter("progress")),
        Column("progress_note", "text", attrgetter("progress_note")),
    )
)
"""Of a live task, what goes with it as it is when it ends."""

_LIVE_OR_ENDED = CARRIED + Columns(
    Column("crashes", "integer", attrgetter("crashes")),
    Column("version", "integer", attrgetter("version")),
    Column("last_failure", "text", lambda task: failure_json(task.last_failure)),
    Column("result", "text", attrgetter("result_json")),
)
PENDING = _LIVE_OR_ENDED + Columns(
    Column("is_keyed", "boolean", lambda task: task.dedupe is not None),
    Column("cancel_requested", "boolean", attrgetter("is_cancel_requested")),
)
FINISHED = _LIVE_OR_ENDED + Columns(
    Column("state", "text", attrgetter("state")),
    Column("finished_at", "bigint", _micros("finished_at")),
)

ATTEMPT = Columns(
    Column("task_id", "uuid", attrgetter("task_id")),
    Column("fence", "integer", attrgetter("fence")),
    Column("number", "integer", attrgetter("number")),
    Column("worker_id", "text", attrgetter("worker_id")),
    Column("started_at", "bigint", _micros("started_at")),
    Column("ended_at", "bigint", _micros("ended_at")),
    Column("outcome", "text", attrgetter("outcome")),
    Column("failure", "text", lambda record: failure_json(record.failure)),
)
"""What a record of a claim is, for an `Attempt`."""


def _counter(place: int) -> Column:
    name = HISTORY_COUNTERS[place]
    kind = "double precision" if name.endswith("seconds") else "bigint"
    return Column(name, kind, lambda row: history_values(row.point)[place])


HISTORY = Columns(
    Column("at", "bigint", lambda row: to_micros(row.point.at)),
    Column("queue", "text", attrgetter("queue")),
    Column("type", "text", attrgetter("type")),
    *map(_counter, range(len(HISTORY_COUNTERS))),
)
"""What a row of history is, for a HistoryRow."""

SIGHTING = Columns(
    Column("fingerprint", "text", attrgetter("fingerprint")),
    Column("task_type", "text", attrgetter("task_type")),
    Column("error", "text", attrgetter("error")),
    Column("line", "text", attrgetter("line")),
    Column("message", "text", attrgetter("message")),
    Column("tasks", "bigint", attrgetter("tasks")),
    Column("runs", "bigint", attrgetter("runs")),
    Column("seen", "bigint", _micros("at")),
    Column("task_ids", "text", lambda sighting: json.dumps(sighting.task_ids)),
)
"""What failures of one fingerprint are, for a FailureSighting."""


def _read(names: Iterable[str], live: str) -> str:
    """The columns of a task that has not ended: the table `task` has what it is, and `live` the rest."""
    elsewhere = {"id": "task.id::text", "finished_at": "NULL::bigint AS finished_at"}
    defined = {name: f"task.{name}" for name in DEFINITION.names} | elsewhere
    return ", ".join(defined.get(name, f"{live}.{name}") for name in names)


PLACEHOLDERS: dict[str, Columns | str] = {
    **HISTORY_PLACEHOLDERS,
    "history": HISTORY,
    "sighting": SIGHTING,
    "definition": DEFINITION,
    "new": NEW,
    "carried": CARRIED,
    "pending": PENDING,
    "finished": FINISHED,
    "attempt": ATTEMPT,
    # What task_row.py reads: of the view of whole tasks, of running tasks, of those just claimed, and of these what the
    # claim's update gives.
    "whole": ", ".join(["whole.id::text", *(f"whole.{name}" for name in ROW_COLUMNS[1:])]),
    "held": _read(ROW_COLUMNS, "live"),
    "claimed": _read(STATED_COLUMNS, "claimed"),
    "claim": ", ".join(name for name in STATED_COLUMNS if name not in DEFINITION.names),
}
"""What the SQL files may name in braces."""
