"""A worker and its store on a bench: nothing moves until the test says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import ModuleType, TracebackType
from typing import Any, Self

from backstage.domain.ports.event_bus import EventBus
from backstage.domain.queue import Queue
from backstage.domain.retry_policy import DEFAULT_MAX_ATTEMPTS, RetryPolicy
from backstage.domain.task import Task
from backstage.infra.container import Container
from backstage.testing.drained import Drained
from backstage.testing.failed_run import FailedRun
from backstage.testing.fake_clock import FakeClock
from backstage.testing.inline_enqueueing import InlineEnqueueing
from backstage.testing.pending_tasks import ANYTHING, Expected, PendingTasks
from backstage.testing.predictable import LEASE, WORKER_ID, predictable_container
from backstage.testing.single_runs import SingleRuns
from backstage.worker import log_events
from backstage.worker.handling.handler_modules import marked_in
from backstage.worker.handling.resources import Resources
from backstage.worker.hosting.enqueueing_host import EnqueueingHost
from backstage.worker.hosting.from_settings import options_from
from backstage.worker.hosting.handler_host import HandlerHost

MANY_RUNS = 1000


class TaskBench(EnqueueingHost, HandlerHost):
    """Runs tasks in a test, by the real rules and without waiting::

        async with TaskBench() as bench:
            bench.on("email:send", lambda payload: {"sent_to": payload["to"]})
            await bench.enqueue("email:send", {"to": "ada@example.com"}, delay=60)
            assert await bench.drain() == []
            bench.clock.advance(60)
            [task] = await bench.drain()
            assert task.result == {"sent_to": "ada@example.com"}

            @bench.on("report:build", max_attempts=1)
            async def build(payload, context):
                return context.attempt

            task = await bench.enqueue("report:build")
            assert (await bench.run_one()).result == 1

    Handlers and middleware are registered as on a Worker, at any time. `modules` are modules of handlers. Outcomes,
    retries, dead letters, chained tasks, events, middleware and validation are the worker's own; only its loops are
    replaced by calls. The store is in memory, the clock stands still, ids count up and backoffs have no jitter. No
    environment variable and no file is read. Synchronous handlers, and those for a process, are called directly.
    Timeouts are real time. `backstage` is the Container to hand to the code under test; `clock`, `log` (entries as
    mappings) and `failures` are for the test to look at.
    """

    def __init__(
        self,
        *modules: ModuleType,
        queues: Iterable[str | Queue] = (),
        max_attempts: int = DEFAULT_MAX_ATTEMPTS,
        timeout: float | None = 300.0,
        clock: FakeClock | None = None,
    ) -> None:
        """`queues` are those to serve (none: all); `max_attempts` and `timeout` are the worker's."""
        super().__init__()
        self.clock = clock or FakeClock()
        self.log: list[Mapping[str, Any]] = []
        self.backstage = predictable_container(self.clock, self.log.append)
        self._pending = PendingTasks(self.backstage)
        self._resources = Resources()
        self._inline = InlineEnqueueing(self.drain)
        served = [each if isinstance(each, Queue) else Queue(each) for each in queues]
        options = replace(
            options_from(self.backstage.settings, {queue.name: queue for queue in served}),
            worker_id=WORKER_ID,
            lease=LEASE,
            timeout=timeout,
            retry=RetryPolicy(max_attempts=max_attempts),
        )
        self._queues = frozenset(options.queues)
        self._runs = SingleRuns(self.backstage, self._registry, self._durable_listeners, self._middlewares, options)
        for module in modules:
            self.include(module)

    async def __aenter__(self) -> Self:
        await self.backstage.start()
        await self._resources.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._resources.close(self._tell_unclosed)
        await self.backstage.close()

    # -- what it runs ----------------------------------------------------------------------------

    def include(self, module: ModuleType) -> None:
        """Register every handler, listener and middleware that a module marks, and what it opens when it starts."""
        marked = marked_in(module)
        self._include_handlers(marked)
        self._resources.add(marked.resources)
        for listening in marked.listeners:
            if listening.subscription is None:
                for name in listening.events:
                    self.events.on(name, listening.listener)

    def _tell_unclosed(self, name: str, error: BaseException) -> None:
        self.backstage.logger.error(log_events.RESOURCE_UNCLOSED, resource=name, exc_info=error)

    def _refuse_if_started(self, what: str) -> None:
        """Nothing comes too late: each run looks at what is registered by then."""

    @property
    def events(self) -> EventBus:
        """The bus that the bench tells what happens, before and after each run::

        heard = []
        bench.events.on("worker-task:*", lambda event: heard.append(event.name))
        await bench.enqueue("email:send", {"to": "ada@example.com"})
        await bench.drain()
        assert heard == ["worker-task:created", "worker-task:started", "worker-task:completed"]
        """
        return self.backstage.events

    # -- enqueueing and running ------------------------------------------------------------------

    async def _opened(self) -> Container:
        return self.backstage

    async def run_one(self) -> Task | None:
        """Run the one task that a worker would claim next; return it as the run left it, None when none is due::

        await bench.enqueue("email:send", {"to": "ada@example.com"})
        await bench.enqueue("email:send", {"to": "bob@example.com"}, priority=10)
        assert (await bench.run_one()).payload == {"to": "bob@example.com"}
        """
        await self._resources.open()
        return await self._runs.run_next()

    async def drain(self, *, at_most: int = MANY_RUNS) -> list[Task]:
        """Run everything that is due now, in the order of claims, and what it chains that is due now, too::

            await bench.enqueue("email:send", {"to": "ada@example.com"})
            [task] = await bench.drain()
            assert task.state == "completed"

        Returns the tasks that ran, each once, as its last run left it: one that is to be retried is pending. Raises
        EndlessWork after `at_most` runs.
        """
        drained = Drained(at_most)
        await self._run_due(drained)
        return drained.tasks

    async def drain_all(self, *, at_most: int = MANY_RUNS) -> list[Task]:
        """Drain, advance the clock to when the next task is due, drain again, until the bench has none left::

            bench.on("always:fails", lambda payload: 1 / 0)
            await bench.enqueue("always:fails", delay=3600)
            [task] = await bench.drain_all()
            assert (task.state, task.attempt) == ("failed", 3)

        Returns what `drain` returns. Tasks of a type without handler, or paused, stay as they are. Raises EndlessWork
        after `at_most` runs.
        """
        drained = Drained(at_most)
        await self._run_due(drained)
        while (due := self._pending.next_due(self._registry.types(), self._queues)) is not None:
            self.clock.advance((due - self.clock.now()).total_seconds())
            await self._run_due(drained)
        return drained.tasks

    def run_inline(self) -> None:
        """From now on, let whoever enqueues wait until what is due has run, as `drain` runs it::

            bench.run_inline()
            task = await bench.enqueue("email:send", {"to": "ada@example.com"})
            assert (await bench.backstage.get_task(task.id)).state == "completed"

        What a handler enqueues runs when the handler has returned. Failures are kept in `failures`, as ever. What
        becomes due in another way (time, a retry) waits for `drain`.
        """
        self._inline.begin(self.backstage)

    async def _run_due(self, drained: Drained) -> None:
        await self._resources.open()  # of modules that were included since
        with self._inline.running():
            while (task := await self._runs.run_next()) is not None:
                drained.add(task)

    # -- what to look at -------------------------------------------------------------------------

    def enqueued(self, task_type: str | None = None, *, queue: str | None = None) -> list[Task]:
        """Return the pending tasks, due or not, in the order they were enqueued::

        await bench.enqueue("email:send", {"to": "ada@example.com"}, delay=60)
        assert [task.payload["to"] for task in bench.enqueued("email:send")] == ["ada@example.com"]
        """
        return self._pending.find(task_type, queue)

    def assert_enqueued(
        self,
        task_type: str,
        payload: Any = ANYTHING,
        *,
        containing: Any = ANYTHING,
        queue: str | None = None,
        delay: float | None = None,
        count: int | None = None,
    ) -> list[Task]:
        """Return the pending tasks that match, or fail and show what is pending::

            await bench.enqueue("email:send", {"to": "ada@example.com", "retries": {"left": 2}}, delay=60)
            bench.assert_enqueued("email:send", containing={"retries": {"left": 2}}, delay=60, count=1)
            bench.assert_enqueued("sms:send", count=0)

        `payload` is the whole of it, `containing` some of its keys with their values; `delay` is the seconds from
        now until the task is due; `count` is how many there are to be, at least one when it is left out.
        """
        expected = Expected(type=task_type, payload=payload, containing=containing, queue=queue, delay=delay)
        return self._pending.expect(expected, count)

    @property
    def failures(self) -> list[FailedRun]:
        """Every run that failed so far, oldest first, with what the handler raised::

        bench.on("always:fails", lambda payload: 1 / 0)
        await bench.enqueue("always:fails")
        await bench.drain()
        assert isinstance(bench.failures[0].error, ZeroDivisionError)
        """
        return self._runs.failures

    def assert_no_failures(self) -> None:
        """Fail if any run failed, with the first error as the cause: its traceback is shown.

        Fail, too, if a task is due that has no handler here: it would wait for ever.
        """
        if self.failures:
            lines = "\n".join(f"  {failed}" for failed in self.failures)
            raise AssertionError(f"{len(self.failures)} runs failed:\n{lines}") from self.failures[0].error
        now = self.clock.now()
        if unknown := {task.lane_type for task in self.enqueued() if task.is_due(now)} - self._registry.types():
            raise AssertionError(f"due tasks have no handler: register one for {', '.join(sorted(unknown))}")
