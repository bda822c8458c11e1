from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from backstage.domain.cron_document import document_of
from backstage.domain.cron_task import CronTask
from backstage.domain.ports.queue_control import SCHEDULE, Pause
from backstage.domain.schedule import Schedule, pause_of_schedule
from backstage.domain.stored_schedule import StoredSchedule, schedule_of
from backstage.domain.task import Task
from backstage.infra.moments import from_micros, to_micros
from backstage.infra.redis.add import stored
from backstage.infra.redis.client import Client
from backstage.infra.redis.directory import Directory
from backstage.infra.redis.pause_notes import PauseNotes
from backstage.infra.redis.rows import unpack

_ACTIVE, _PAUSED = "a", "p"
_ON_NEW_QUEUE = 2


class RedisSchedules:
    """ScheduleRepository: each schedule lies with the queue that its tasks go to, so that a tick and its tasks are one
    script; the store's own hash says which queue that is."""

    def __init__(self, client: Client, directory: Directory) -> None:
        self._client, self._directory = client, directory
        self._notes = PauseNotes(client)

    async def put(self, cron: CronTask) -> Schedule:
        while True:
            queue = await self._queue_of(cron.name) or await self._placed(cron)
            if queue == cron.queue:
                reply = await self._run("put_schedule", cron.queue, [cron.name, document_of(cron)])
                last_tick, mark = unpack(reply)
                stored = Schedule(cron=cron, last_tick=from_micros(int(last_tick)), is_paused=mark == _PAUSED)
                return await self._with_pause(stored)
            await self._move(cron, queue)

    async def _placed(self, cron: CronTask) -> str:
        """The queue of a schedule that was on none a moment ago."""
        await self._client.command("HSETNX", self._client.keys.schedules, cron.name, cron.queue)
        return await self._queue_of(cron.name) or cron.queue

    async def _move(self, cron: CronTask, before: str) -> None:
        """From another queue to that of `cron`. It fires nowhere until that is done; whoever puts it again, after a
        crash in between, goes on with it."""
        last_tick, mark = unpack(await self._run("begin_move", before, [cron.name]))
        if last_tick:
            await self._run("keep_schedule", cron.queue, [cron.name, last_tick, mark, document_of(cron)])
        argument = [cron.name, before, cron.queue]
        if await self._client.run("end_move", self._client.keys.store, argument):
            await self._forget(before, cron.name)

    async def find(self, name: str) -> StoredSchedule | None:
        queue = await self._queue_of(name)
        if queue is None:
            return None
        [schedule] = await self._read(queue, [name])
        return await self._with_pause(schedule) if isinstance(schedule, Schedule) else schedule

    async def all(self) -> list[StoredSchedule]:
        by_queue: dict[str, list[str]] = {}
        placed = await self._client.command("HGETALL", self._client.keys.schedules)
        for name, queue in placed.items():
            by_queue.setdefault(queue.decode(), []).append(name.decode())
        found = [schedule for queue, names in by_queue.items() for schedule in await self._read(queue, names)]
        stored = sorted((each for each in found if each is not None), key=lambda schedule: schedule.name)
        if not any(isinstance(each, Schedule) and each.is_paused for each in stored):
            return stored
        notes = await self._notes.all()
        return [_noted(each, notes) if isinstance(each, Schedule) else each for each in stored]

    async def restore(self, schedule: Schedule) -> bool:
        cron = schedule.cron
        if not await self._client.command("HSETNX", self._client.keys.schedules, cron.name, cron.queue):
            return False
        mark = _PAUSED if schedule.is_paused else _ACTIVE
        argument = [cron.name, str(to_micros(schedule.last_tick)), mark, document_of(cron)]
        await self._run("keep_schedule", cron.queue, argument)
        if schedule.pause is not None:
            await self._notes.put(schedule.pause)
        return True

    async def delete(self, name: str) -> bool:
        queue = await self._queue_of(name)
        if queue is None:
            return False
        is_mine = await self._forget(queue, name)
        await self._client.command("HDEL", self._client.keys.schedules, name)
        await self._notes.delete(SCHEDULE, name)
        return is_mine

    async def pause(self, name: str, *, by: str | None = None, reason: str | None = None) -> bool:
        marked = await self._mark(name, _ACTIVE, _PAUSED)
        if marked:
            await self._notes.put(Pause(SCHEDULE, name, max(marked), by, reason))
        return bool(marked)

    async def resume(self, name: str) -> bool:
        marked = await self._mark(name, _PAUSED, _ACTIVE)
        if marked:
            await self._notes.delete(SCHEDULE, name)
        return bool(marked)

    async def fire(self, schedule: Schedule, until: datetime, tasks: Sequence[Task]) -> bool:
        queue = schedule.cron.queue
        if tasks:
            await self._directory.register([queue])
        ticks = [str(to_micros(schedule.last_tick)), str(to_micros(until))]
        argument = [schedule.name, *ticks, [stored(task) for task in tasks]]
        reply = await self._run("fire_schedule", queue, argument)
        if tasks and reply == _ON_NEW_QUEUE:
            await self._directory.register_again([queue])
        return bool(reply)

    # -- where a schedule is ---------------------------------------------------------------------

    async def _queue_of(self, name: str) -> str | None:
        queue = await self._client.command("HGET", self._client.keys.schedules, name)
        return None if queue is None else queue.decode()

    async def _read(self, queue: str, names: Sequence[str]) -> list[StoredSchedule | None]:
        lines = await self._client.command("HMGET", f"{self._client.keys.queue(queue)}:schedules", *names)
        return [
            None if line is None else _schedule_of(name, line.decode()) for name, line in zip(names, lines, strict=True)
        ]

    async def _mark(self, name: str, before: str, after: str) -> Sequence[datetime]:
        """The last tick and now, or nothing if there is none with the mark before."""
        queue = await self._queue_of(name)
        if queue is None:
            return ()
        moments = unpack(await self._run("mark_schedule", queue, [name, before, after]))
        return [from_micros(int(each)) for each in moments]

    async def _with_pause(self, schedule: Schedule) -> Schedule:
        if not schedule.is_paused:
            return schedule
        note = await self._notes.find(SCHEDULE, schedule.name)
        return schedule if note is None else _noted(schedule, {(SCHEDULE, schedule.name): note})

    async def _forget(self, queue: str, name: str) -> bool:
        return bool(await self._client.command("HDEL", f"{self._client.keys.queue(queue)}:schedules", name))

    async def _run(self, script: str, queue: str, argument: Sequence[object]) -> Any:
        return await self._client.run(script, self._client.keys.queue(queue), argument)


def _noted(schedule: Schedule, notes: Mapping[tuple[str, str], Pause]) -> Schedule:
    note = notes.get((SCHEDULE, schedule.name))
    if not schedule.is_paused or note is None:
        return schedule
    pause = pause_of_schedule(schedule.name, schedule.last_tick, note.since, note.by, note.reason)
    return replace(schedule, pause=pause)


def _schedule_of(name: str, line: str) -> StoredSchedule:
    last_tick, mark, document = line.split(" ", 2)
    return schedule_of(name, document, from_micros(int(last_tick)), mark in "pn")
