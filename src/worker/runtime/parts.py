"""What the claims, the runs and the duties of one worker have in common, put together once."""

from __future__ import annotations

import asyncio

from backstage.worker.executing.executors import Executors
from backstage.worker.executing.run_outcome import RunOutcome
from backstage.worker.runtime.attempt_runner import AttemptRunner
from backstage.worker.runtime.declared import Declared
from backstage.worker.runtime.error_backoff import ErrorBackoff
from backstage.worker.runtime.event_publisher import EventPublisher
from backstage.worker.runtime.held_task import mark_over_soft_timeout
from backstage.worker.runtime.history_recorder import HistoryRecorder
from backstage.worker.runtime.hung_slots import HungSlots
from backstage.worker.runtime.lanes import Lanes
from backstage.worker.runtime.lookout import Lookout
from backstage.worker.runtime.run_reports import RunReports
from backstage.worker.runtime.slots import Slots
from backstage.worker.runtime.subscription_watch import SubscriptionWatch
from backstage.worker.runtime.surroundings import Surroundings
from backstage.worker.runtime.unserved_watch import UnservedWatch
from backstage.worker.watching.background_loop_health import LoopHealths
from backstage.worker.worker_options import WorkerOptions


class Parts:
    def __init__(self, surroundings: Surroundings, declared: Declared, options: WorkerOptions) -> None:
        use_cases, backend, logger = surroundings.use_cases, surroundings.backend, surroundings.logger
        self.surroundings, self.declared, self.options = surroundings, declared, options
        self.healths = LoopHealths()
        self.queue = surroundings.queue()
        self.request = declared.request(options)
        self.types = declared.served_types(options)
        self.hint = asyncio.Event()
        """Set when there may be work, or room for it."""
        self.publisher = EventPublisher(use_cases.events, backend.clock, options.worker_id)
        self.reports = RunReports(backend.task_events, backend.clock, logger)
        self.subscriptions = SubscriptionWatch(
            backend.subscriptions, declared.subscriptions, use_cases.cancel_deliveries, backend.clock, logger
        )
        self.history = HistoryRecorder(backend.history, surroundings.metrics, backend.clock, logger)
        self.unserved = UnservedWatch(backend.tasks, use_cases.find_unserved, self.request, logger)
        self.executors = Executors(options.concurrency, surroundings.child_setup, self._on_thread_returned)
        handlers = self.executors.wrapped(declared.handlers, self.types, declared.middlewares, mark_over_soft_timeout)
        self.lanes = Lanes(handlers, options, surroundings.metrics)
        self.slots = self._new_slots()
        self.lookout = Lookout(options.worker_id, backend.registry, self.slots, self.hint, surroundings.chance)
        self.hung = HungSlots(options.concurrency, self.executors.threads, self.slots.held, logger)

    def backoff(self) -> ErrorBackoff:
        return ErrorBackoff(self.surroundings.chance)

    def _new_slots(self) -> Slots:
        surroundings, options = self.surroundings, self.options
        run_outcome = RunOutcome(surroundings.use_cases.chain_task, surroundings.chance, surroundings.logger)
        return Slots(
            queue=self.queue,
            options=options,
            lanes=self.lanes,
            runner=AttemptRunner(run_outcome, options.worker_id, surroundings.logger, surroundings.handler_store),
            threads=self.executors.threads,
            subscriptions=self.subscriptions,
            publisher=self.publisher,
            history=self.history,
            reports=self.reports,
            backoff=self.backoff(),
            hint=self.hint,
            settler_health=self.healths.of("settler"),
            logger=surroundings.logger,
        )

    def _on_thread_returned(self) -> None:
        self.slots.refill()
