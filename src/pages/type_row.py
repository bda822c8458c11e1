"""One type of task as the table of types tells it, and the type's own page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.firing import next_tick
from backstage.domain.lane_type import payload_version, plain_type
from backstage.domain.ports.queue_control import TYPE, Pause
from backstage.domain.rate import Rate
from backstage.domain.schedule import Schedule
from backstage.domain.stats import StateCounts
from backstage.domain.type_definition import TypeDefinition
from backstage.domain.worker_info import EVERY_TYPE, WorkerInfo
from backstage.pages.histogram import longest_of
from backstage.pages.run_numbers import Summed
from backstage.pages.visit import Visit

_KINDS = {
    "object": "JSON object",
    "array": "list",
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
}


@dataclass(frozen=True, slots=True)
class TypeRow:
    """`ran` is what it did in the time that is shown, `rate` in the last minutes; None where nothing ran."""

    name: str
    counts: StateCounts
    workers: Sequence[WorkerInfo]
    """Those that are alive and know it."""
    pause: Pause | None
    schedules: Sequence[tuple[Schedule, datetime | None]]
    """With the next time of each, the soonest first; None where there is none."""
    ran: Summed | None
    rate: Rate | None
    definition: TypeDefinition | None
    """What the worker that started last told of its handler."""

    @property
    def is_unknown(self) -> bool:
        return not self.workers and self.counts.pending > 0

    @property
    def next_run(self) -> datetime | None:
        return self.schedules[0][1] if self.schedules else None

    @property
    def median_run(self) -> str | None:
        return longest_of(0.5, self.ran.point)[0] if self.ran else None

    @property
    def takes(self) -> str:
        """What its payloads are, in a word."""
        if self.definition is None:
            return ""
        schema = self.definition.payload_schema
        if schema is None:
            return "any JSON"
        kind = str(schema.get("type"))
        return str(schema.get("title") or _KINDS.get(kind, "JSON"))

    @property
    def versions(self) -> list[int]:
        """Of its payload, which the workers know."""
        return sorted(
            {payload_version(lane) for worker in self.workers for lane in worker.types if plain_type(lane) == self.name}
        )


def type_names(visit: Visit, schedules: Sequence[Schedule]) -> set[str]:
    known = {plain_type(lane) for worker in visit.shell.workers for lane in worker.types if lane != EVERY_TYPE}
    return {*visit.shell.stats.by_type, *known, *(schedule.cron.task_name for schedule in schedules)}


def type_row(
    visit: Visit,
    name: str,
    schedules: Sequence[Schedule],
    ran: Mapping[str, Summed],
    rates: Sequence[Rate],
    definition: TypeDefinition | None,
) -> TypeRow:
    own = [(each, _next(each, visit.now)) for each in schedules if each.cron.task_name == name]
    of_type = [rate for rate in rates if rate.type == name]
    return TypeRow(
        name=name,
        counts=visit.shell.stats.by_type.get(name, StateCounts()),
        workers=[worker for worker in visit.shell.workers if _knows(worker, name)],
        pause=visit.shell.stats.pause_of(TYPE, name),
        schedules=sorted(own, key=lambda each: (each[1] is None, each[1] or visit.now, each[0].name)),
        ran=ran.get(name),
        rate=Rate.together("", name, of_type) if of_type else None,
        definition=definition,
    )


def _knows(worker: WorkerInfo, name: str) -> bool:
    return not worker.is_lost and any(lane == EVERY_TYPE or plain_type(lane) == name for lane in worker.types)


def _next(schedule: Schedule, now: datetime) -> datetime | None:
    if schedule.is_paused:
        return None
    try:
        return next_tick(schedule, now)
    except InvalidTaskDataError:  # it never fires again
        return None
