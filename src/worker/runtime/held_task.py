"""The tasks that this worker holds, from the claim until the store has accepted how they ended."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from enum import Enum, auto
from typing import Any

from backstage.domain.event_log import MOST_DATA_BYTES, NewEvent
from backstage.domain.followed_event import EventKind
from backstage.domain.outcome import Outcome
from backstage.domain.ports.task_queue import TaskQueue
from backstage.domain.run_log import MOST_LINES, NotedLine, RunLog, lines_json
from backstage.domain.task import Task
from backstage.worker.executing.handler_threads import Answer
from backstage.worker.handling.context import TaskContext
from backstage.worker.runtime.lanes import Lane
from backstage.worker.runtime.run_reports import RunReports

MOST_GIVEN_UP = 10_000


class StopReason(Enum):
    """Why this worker cancelled a handler."""

    SHUTDOWN = auto()
    CANCEL_REQUESTED = auto()
    LEASE_LOST = auto()


class HeldTask:
    """One claimed task and the run of its handler. Implements RunSignals for the handler's context."""

    __slots__ = (
        "_asked_for",
        "_is_lost",
        "_is_over_soft_timeout",
        "_lines",
        "_queue",
        "_reports",
        "_shutting_down",
        "_told",
        "has_begun",
        "has_seen_shutdown",
        "has_told",
        "lane",
        "lease_end",
        "run",
        "stop_reason",
        "task",
    )

    def __init__(
        self,
        task: Task,
        lane: Lane,
        lease_end: float,
        queue: TaskQueue,
        reports: RunReports,
        shutting_down: Callable[[], bool],
    ) -> None:
        self.task = task
        self.lane = lane
        self.lease_end = lease_end  # by the loop's clock, from before the claim was asked for
        self.run: asyncio.Task[None] | None = None
        self.stop_reason: StopReason | None = None
        self.has_begun = False
        self.has_seen_shutdown = False
        self._queue = queue
        self._reports = reports
        self._asked_for: set[asyncio.Future[bool]] | None = None  # few runs ask, and a set for each task costs
        self._lines: deque[NotedLine] | None = None
        self._told = 0
        self.has_told = False
        """Whether the run has emitted or logged anything."""
        self._is_lost = False
        self._shutting_down = shutting_down
        self._is_over_soft_timeout = False

    def stop(self, reason: StopReason) -> None:
        """Cancel the handler; the first reason wins, except that a lost lease outranks all."""
        if self.stop_reason is None or reason is StopReason.LEASE_LOST:
            self.stop_reason = reason
        if self.run is not None and self.has_begun:  # one that has not would never come to say how it ended
            self.run.cancel()

    def is_to_stop(self) -> bool:
        return self.stop_reason is not None

    def mark_over_soft_timeout(self) -> None:
        self._is_over_soft_timeout = True

    def is_shutting_down(self) -> bool:
        self.has_seen_shutdown = self._shutting_down()
        return self.has_seen_shutdown

    def is_cancel_requested(self) -> bool:
        return self.stop_reason is StopReason.CANCEL_REQUESTED

    def is_over_soft_timeout(self) -> bool:
        return self._is_over_soft_timeout

    def report_progress(self, fraction: float, note: str | None) -> Awaitable[bool]:
        return self._asked(self._queue.report_progress(self.task.id, self.task.fence, fraction, note))

    def heartbeat(self) -> Awaitable[bool]:
        return self._asked(self._renew())

    def emit(self, data_json: str) -> Awaitable[bool]:
        if self._is_lost:
            return Answer(False)
        self._tell(EventKind.CHUNK, data_json)
        return self._asked(self._stored()) if self._reports.is_crowded else Answer(True)

    def note_line(self, level: str, event: str, fields: Mapping[str, Any]) -> None:
        if self._lines is None:
            self._lines = deque(maxlen=MOST_LINES)
            self.has_told = True
        self._lines.append((self._reports.now(), level, event, fields))
        if self.lane.limits.keep_logs:
            line = json.dumps({"level": level, "event": event, "fields": fields})
            if len(line) <= MOST_DATA_BYTES:
                self._tell(EventKind.LOG, line)

    def _tell(self, kind: EventKind, data_json: str) -> None:
        self._told += 1
        self.has_told = True
        task = self.task
        self._reports.tell(NewEvent(task.id, task.fence, self._told, task.attempt, kind, data_json), self._lose)

    def _lose(self) -> None:
        self._is_lost = True

    async def _stored(self) -> bool:
        await self._reports.stored()
        return not self._is_lost

    async def stored(self, outcome: Outcome) -> None:
        """Return once the store has all that the run has told: after its end it takes nothing more."""
        if self._lines and (outcome.failure is not None or self.lane.limits.keep_logs):
            task = self.task
            self._reports.keep(RunLog(task.id, task.fence, task.attempt, lines_json(list(self._lines))))
        elif not self._told:
            return
        await self._reports.stored()

    def _asked(self, asking: Coroutine[Any, Any, bool]) -> Awaitable[bool]:
        """Goes on by itself: a handler that does not await it is not told of its error."""
        answer = asyncio.ensure_future(asking)
        if self._asked_for is None:
            self._asked_for = set()
        self._asked_for.add(answer)  # asyncio itself keeps no reference to it
        answer.add_done_callback(self._answered)
        return answer

    def _answered(self, answer: asyncio.Future[bool]) -> None:
        if self._asked_for is not None:
            self._asked_for.discard(answer)
        if not answer.cancelled():
            answer.exception()

    async def _renew(self) -> bool:
        assert self.task.lease is not None
        loop = asyncio.get_running_loop()
        lease = (self.task.lease.until - self.task.started_at).total_seconds() if self.task.started_at else 0.0
        asked_at = loop.time()
        held = await self._queue.renew({self.task.id: self.task.fence}, lease)
        if held.lost:
            return False
        self.lease_end = max(self.lease_end, asked_at + lease)
        return True


def mark_over_soft_timeout(context: TaskContext) -> None:
    """Let the handler of a run of this worker know that its soft timeout is over."""
    if isinstance(context.signals, HeldTask):
        context.signals.mark_over_soft_timeout()


class HeldTasks:
    """All of them, by id. Changed on the worker's loop; `snapshot` may be called from any thread.

    A task that failed may be claimed again before the answer to its end is here: then both runs are held.
    """

    def __init__(self) -> None:
        self._by_id: dict[str, HeldTask] = {}
        self._earlier: dict[tuple[str, int], HeldTask] = {}
        """By id and fence: runs of tasks that this worker has claimed again meanwhile."""
        self._given_up: dict[str, int] = {}
        """Id to fence: the latest runs that have ended here without an end for the store."""

    def __len__(self) -> int:
        return len(self._by_id) + len(self._earlier)

    def __contains__(self, task_id: str) -> bool:
        return task_id in self._by_id

    def knows(self, task: Task) -> bool:
        """Whether this run of the task is held, or has ended here."""
        held = self._by_id.get(task.id)
        return (held is not None and held.task.fence >= task.fence) or self._given_up.get(task.id) == task.fence

    def add(self, held: HeldTask) -> None:
        earlier = self._by_id.get(held.task.id)
        if earlier is not None:
            self._earlier[earlier.task.id, earlier.task.fence] = earlier
        self._by_id[held.task.id] = held

    def drop(self, task_id: str, fence: int) -> HeldTask | None:
        """Return what was dropped: None if no run of that fence is held."""
        held = self._by_id.get(task_id)
        if held is not None and held.task.deliveries == fence:
            del self._by_id[task_id]
            return held
        return self._earlier.pop((task_id, fence), None)

    def find_run(self, task_id: str, fence: int) -> HeldTask | None:
        held = self._by_id.get(task_id)
        return held if held is not None and held.task.fence == fence else self._earlier.get((task_id, fence))

    def give_up(self, task_id: str, fence: int) -> None:
        """Drop a run that is no longer this worker's: it is not begun again, whatever the store still says."""
        self.drop(task_id, fence)
        self._given_up[task_id] = fence
        if len(self._given_up) > MOST_GIVEN_UP:
            del self._given_up[next(iter(self._given_up))]

    def find(self, task_id: str) -> HeldTask | None:
        """The newest run."""
        return self._by_id.get(task_id)

    def snapshot(self) -> list[HeldTask]:
        """The newest run of each task: the one whose lease is this worker's."""
        return list(self._by_id.copy().values())  # copying a dict is one step under the interpreter's lock
