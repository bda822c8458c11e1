from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

from backstage.app.cancel_deliveries import CancelDeliveries
from backstage.app.cancel_task import CancelTask
from backstage.app.cleanup_old_tasks import CleanupOldTasks
from backstage.app.copy_task import CopyTask
from backstage.app.delete_schedule import DeleteSchedule
from backstage.app.enqueue_task import Enqueue
from backstage.app.enqueue_tasks import EnqueueMany
from backstage.app.find_tasks import FindTasks
from backstage.app.fire_schedule import FireSchedule
from backstage.app.fire_schedules import FireSchedules
from backstage.app.get_attempts import GetAttempts
from backstage.app.get_oldest_due import GetOldestDue
from backstage.app.get_schedule import GetSchedule
from backstage.app.get_task import GetTask
from backstage.app.get_task_stats import GetTaskStats
from backstage.app.list_pauses import ListPauses
from backstage.app.list_schedules import ListSchedules
from backstage.app.list_subscriptions import ListSubscriptions
from backstage.app.list_unreadable_schedules import ListUnreadableSchedules
from backstage.app.list_workers import ListWorkers
from backstage.app.pause_queue import PauseQueue
from backstage.app.pause_schedule import PauseSchedule
from backstage.app.pause_type import PauseType
from backstage.app.prune_tasks import PruneTasks
from backstage.app.purge_dead_letters import PurgeDeadLetters
from backstage.app.put_schedule import PutSchedule
from backstage.app.replay_dead_letters import ReplayDeadLetters
from backstage.app.resume_queue import ResumeQueue
from backstage.app.resume_schedule import ResumeSchedule
from backstage.app.resume_type import ResumeType
from backstage.app.retry_task import RetryTask
from backstage.app.run_schedule_now import RunScheduleNow
from backstage.app.send_broadcast import SendBroadcast
from backstage.app.subscribe import Subscribe
from backstage.app.unsubscribe import Unsubscribe
from backstage.domain.errors import ConfigurationError
from backstage.domain.extras import needing
from backstage.domain.opening import Opening, without_migrating
from backstage.domain.ports.backend import Backend
from backstage.domain.ports.chance import Chance
from backstage.domain.ports.clock import Clock
from backstage.domain.ports.ids import Ids
from backstage.domain.ports.task_trace import TaskTrace
from backstage.infra.backends import backend_for
from backstage.infra.blinker_event_bus import BlinkerEventBus
from backstage.infra.settings.settings import Settings
from backstage.infra.store_opening import StoreOpening
from backstage.infra.store_options import StoreOptions
from backstage.infra.structured_logging import new_logger
from backstage.infra.typed_payload import encode_typed_payload
from backstage.infra.uuid7_ids import Uuid7Ids


class Container:
    """Every use case, wired to one backend.

    `async with Container.open("sqlite:///backstage.db") as backstage:` is the usual way. An object that owns a
    container makes it and calls `start` and `close`; nothing is connected before `start`. `backend`, `clock`,
    `ids`, `chance`, `logger` and `events` are given by tests and by applications that have their own.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        backend: Backend | None = None,
        clock: Clock | None = None,
        ids: Ids | None = None,
        chance: Chance | None = None,
        logger: Any = None,
        events: BlinkerEventBus | None = None,
    ) -> None:
        self.settings = settings
        self.logger: Any = logger or new_logger(
            level=settings.log_level, log_format=settings.log_format, silent=settings.silent
        )
        self.backend: Backend = backend or self._chosen_backend(clock)
        self.clock: Clock = self.backend.clock
        self.ids: Ids = ids or Uuid7Ids()
        self.chance: Chance = chance or random.Random()  # noqa: S311 - spreads retries, guards no secret
        self.trace: TaskTrace | None = _otel_trace() if settings.otel else None
        self.events = events or BlinkerEventBus(self.logger)
        self._wire_use_cases()

    def _chosen_backend(self, clock: Clock | None) -> Backend:
        options = StoreOptions(consumer_group=self.settings.consumer_group, logger=self.logger)
        try:
            return backend_for(self.settings.url, clock, options)
        except ConfigurationError as error:
            raise self.settings.naming(error) from None

    def _wire_use_cases(self) -> None:
        tasks, control, events = self.backend.tasks, self.backend.control, self.events
        self.enqueue_task = Enqueue(tasks, events, self.clock, self.ids, self.trace, encode_typed_payload)
        self.enqueue_tasks = EnqueueMany(tasks, events, self.clock, self.ids, self.trace, encode_typed_payload)
        self.cancel_task = CancelTask(tasks, events, self.clock)
        self.retry_task = RetryTask(tasks, events, self.clock)
        self.copy_task = CopyTask(tasks, events, self.clock, self.ids)
        self.get_task = GetTask(tasks)
        self.get_attempts = GetAttempts(tasks)
        self.find_tasks = FindTasks(tasks)
        self.get_task_stats = GetTaskStats(tasks, control)
        self.get_oldest_due = GetOldestDue(tasks)
        self.prune_tasks = PruneTasks(tasks)
        self.cleanup_old_tasks = CleanupOldTasks(self.prune_tasks)
        self.pause_queue = PauseQueue(control)
        self.resume_queue = ResumeQueue(control)
        self.pause_type = PauseType(control)
        self.resume_type = ResumeType(control)
        self.list_pauses = ListPauses(control)
        self.replay_dead_letters = ReplayDeadLetters(tasks, events, self.clock)
        self.purge_dead_letters = PurgeDeadLetters(self.prune_tasks)
        self.list_workers = ListWorkers(self.backend.registry)
        self.send_broadcast = SendBroadcast(self.backend.broadcasts, self.clock, self.ids)
        self.cancel_deliveries = CancelDeliveries(tasks, self.cancel_task)
        self.subscribe = Subscribe(self.backend.subscriptions)
        self.unsubscribe = Unsubscribe(self.backend.subscriptions, self.cancel_deliveries)
        self.list_subscriptions = ListSubscriptions(self.backend.subscriptions)
        self._wire_schedules()

    def _wire_schedules(self) -> None:
        tasks, schedules, events = self.backend.tasks, self.backend.schedules, self.events
        fire_schedule = FireSchedule(schedules, tasks, events, self.cancel_task)
        self.put_schedule = PutSchedule(schedules, fire_schedule, self.clock)
        self.get_schedule = GetSchedule(schedules)
        self.list_schedules = ListSchedules(schedules)
        self.list_unreadable_schedules = ListUnreadableSchedules(schedules)
        self.pause_schedule = PauseSchedule(schedules)
        self.resume_schedule = ResumeSchedule(schedules)
        self.delete_schedule = DeleteSchedule(schedules)
        self.run_schedule_now = RunScheduleNow(self.get_schedule, fire_schedule, tasks, events, self.clock, self.ids)
        self.fire_schedules = FireSchedules(schedules, fire_schedule, self.clock)

    @classmethod
    @asynccontextmanager
    async def open(
        cls, url: str | None = None, *, logger: Any = None, wait: float | None = 0.0, **settings: Any
    ) -> AsyncIterator[Self]:
        """Connect for the length of the block. `settings` are the fields of Settings; None means not given.

        A SQLite file that is not there is made; tables on a database server are made by workers and by
        `backstage migrate`, and until then what is asked raises StoreNotReadyError.
        `logger` is a structlog logger in place of the one that the settings describe. `wait` is the seconds to go on
        trying while the store does not answer; None: for ever.
        Raises ConfigurationError, and StorageUnavailableError when the store cannot be reached.
        """
        container = cls(Settings.load(url=url, **settings), logger=logger)
        await StoreOpening(container.start, wait, container.chance, container.logger).run()
        try:
            yield container
        finally:
            await container.close()

    async def start(self, opening: Opening = Opening.PRODUCE) -> None:
        """Connect; raises what Backend.open raises, and then everything is freed again.

        `opening` says what may be made of a store that is not there or not up to date; the setting `migrate` may
        forbid it.
        """
        try:
            await self.backend.open(opening if self.settings.migrate else without_migrating(opening))
        except BaseException as error:
            await self.backend.close()
            if isinstance(error, ConfigurationError):
                raise self.settings.naming(error) from error.__cause__
            raise

    async def close(self) -> None:
        """Free everything; safe to call twice."""
        await self.backend.close()


def _otel_trace() -> TaskTrace:
    with needing("otel", "otel"):
        from backstage.infra.otel_trace import OtelTrace  # noqa: PLC0415 - for those who want traces
    return OtelTrace()
