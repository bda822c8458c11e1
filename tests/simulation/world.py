"""One seed: hosts run the unchanged worker, producers enqueue, chance breaks things, then everything heals."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from backstage.app.enqueue_task import EnqueueTask
from backstage.app.use_cases import UseCases
from backstage.domain.errors import StaleTaskError, StorageError, TaskError
from backstage.domain.events import TaskEvent
from backstage.domain.handler_signals import GiveUp, RetryLater
from backstage.domain.next import Next
from backstage.domain.task_state import TaskState
from backstage.infra.memory.backend import MemoryBackend
from backstage.infra.settings.settings import Settings
from backstage.worker.handling.context import TaskContext
from backstage.worker.handling.handler import TaskHandlerRegistration
from backstage.worker.handling.handler_registry import HandlerRegistry
from backstage.worker.hosting.from_settings import options_from
from backstage.worker.runtime.declared import Declared
from backstage.worker.runtime.runtime import WorkerRuntime
from backstage.worker.runtime.surroundings import Surroundings
from tests.simulation.faulty_backend import FaultyBackend
from tests.simulation.journal import Journal, JournalledQueue
from tests.simulation.plan import Plan, draw
from tests.simulation.sim_loop import SimLoop, lane_var

EPOCH = datetime(2030, 1, 1, tzinfo=UTC)


class SimClock:
    """The store's clock: virtual, and somebody may set its wall clock."""

    def __init__(self, loop: SimLoop) -> None:
        self._loop = loop
        self.jump = 0.0

    def now(self) -> datetime:
        return EPOCH + timedelta(seconds=round(self._loop.time() + self.jump, 6))

    def monotonic(self) -> float:
        return self._loop.time()


class SimIds:
    def __init__(self) -> None:
        self._next = 0

    def new(self) -> str:
        self._next += 1
        return f"00000000-0000-7000-8000-{self._next:012d}"


class Quiet:
    """A logger and an event bus that nobody listens to."""

    def bind(self, **_: Any) -> Quiet:
        return self

    def debug(self, event: str, **_: Any) -> None: ...

    info = warning = error = debug

    def exception(self, event: str, **_: Any) -> None:
        raise AssertionError(f"unexpected error logged as {event}")

    def on(self, name: str, listener: Any) -> None: ...

    def is_heard(self, name: str) -> bool:
        return False

    async def publish(self, event: TaskEvent) -> None: ...


class World:
    def __init__(self, seed: int, *, queue_of: Callable[[Any], Any] | None = None) -> None:
        """`queue_of` may put a broken queue in place of the store's, to see whether the checker notices."""
        self.random = Random(seed)
        self.plan: Plan = draw(self.random)
        self.loop = SimLoop(self.random, is_fifo=self.plan.is_fifo)
        self.clock = SimClock(self.loop)
        self.journal = Journal()
        self.server = MemoryBackend(self.clock)
        queue = queue_of(self.server.queue) if queue_of else self.server.queue
        self.server.queue = JournalledQueue(queue, self.journal, self.loop.time)  # type: ignore[assignment]
        self.ids = SimIds()
        self.faults = self.plan.faults
        self.hosts: dict[str, WorkerRuntime] = {}
        self.runs: dict[str, asyncio.Task[None]] = {}
        self.acked: set[str] = set()
        self.asked: set[str] = set()
        self._hosts_made = 0

    def run(self) -> None:
        """Play the seed to its end; the evidence is in `journal` and `server`."""
        with contextlib.closing(_Buried(self.loop)):
            self.loop.run_until_complete(self._play())
            self.loop.run_until_complete(self._take_evidence())

    async def _take_evidence(self) -> None:
        self.tasks = dict(self.server._store.tasks)
        self.attempts = {task_id: await self.server.tasks.attempts(task_id) for task_id in self.tasks}
        self.counts = await self.server.tasks.counts()

    async def _play(self) -> None:
        for _ in range(self.plan.hosts):
            self.start_host()
        producing = [
            self._on(("producer", str(number)), self._produce(number)) for number in range(self.plan.producers)
        ]
        await self._trouble()
        self._heal()
        self.start_host()
        await asyncio.wait(producing)
        await self._until_drained()
        await self._until_stopped()

    # -- hosts -----------------------------------------------------------------------------------

    def start_host(self) -> None:
        self._hosts_made += 1
        name = f"host{self._hosts_made}"
        runtime = WorkerRuntime(
            Surroundings(
                UseCases(FaultyBackend(self.server, self.faults, self.random), Quiet(), self.ids),
                self.random,
                Quiet(),
                self._aside(name),
            ),
            Declared(self._handlers(name)),
            replace(
                options_from(Settings(), {}),
                worker_id=name,
                concurrency=self.plan.concurrency,
                prefetch=self.plan.prefetch,
                lease=self.plan.lease,
                reclaim_interval=self.plan.reclaim_interval,
                poll_interval=self.plan.poll_interval,
                control_interval=self.plan.control_interval,
                grace_period=self.plan.grace_period,
                max_deliveries=self.plan.max_deliveries,
                retention=(),
            ),
        )
        self.hosts[name] = runtime
        self.runs[name] = self._on((name, "main"), runtime.run())

    def _on(self, lane: tuple[str, str], coro: Any) -> asyncio.Task[Any]:
        context = contextvars.copy_context()
        context.run(lane_var.set, lane)
        return self.loop.create_task(coro, context=context)

    def _aside(self, host: str) -> Any:
        @contextlib.asynccontextmanager
        async def background(name: str, main: Any) -> AsyncIterator[None]:
            running = self._on((host, "keeper"), main())
            try:
                yield
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)

        return background

    # -- trouble ---------------------------------------------------------------------------------

    async def _trouble(self) -> None:
        plan = self.plan
        deeds = [self._kill] * plan.kills + [self._freeze] * plan.freezes + [self._stop] * plan.stops
        deeds += [self._jump] * plan.clock_jumps + [self._cancel] * plan.cancels
        times = sorted(self.random.uniform(0, plan.trouble_for) for _ in deeds)
        self.random.shuffle(deeds)
        for at, deed in zip(times, deeds, strict=True):
            await asyncio.sleep(max(0.0, at - self.loop.time()))
            await deed()
        await asyncio.sleep(max(0.0, plan.trouble_for - self.loop.time()))

    def _heal(self) -> None:
        self.faults.fail_before = self.faults.fail_after = self.faults.stall = 0.0

    def _someone(self) -> str | None:
        alive = [name for name in self.hosts if self.loop.is_alive(name)]
        return self.random.choice(alive) if alive else None

    async def _kill(self) -> None:
        host = self._someone()
        if host is not None:
            self.kill(host)

    def kill(self, host: str) -> None:
        self.journal.add(self.loop.time(), "kill", host=host)
        self.loop.kill(host)
        self.loop.call_later(self.random.uniform(0, 3), self.start_host, context=contextvars.Context())

    async def _freeze(self) -> None:
        host = self._someone()
        if host is not None:
            seconds = self.plan.lease * self.random.uniform(0.1, 3.0)
            self.journal.add(self.loop.time(), "freeze", host=host, detail=str(seconds))
            self.loop.freeze((host, "main"), seconds)
            self.loop.freeze((host, "keeper"), seconds)

    async def _stop(self) -> None:
        host = self._someone()
        if host is not None:
            self.hosts[host].stop()
            self.start_host()

    async def _jump(self) -> None:
        self.clock.jump += self.random.choice((-30.0, -1.0, 1.0, 30.0))

    async def _cancel(self) -> None:
        if not self.acked:
            return
        task_id = self.random.choice(sorted(self.acked))
        task = await self.server.tasks.get(task_id)
        self.journal.add(self.loop.time(), "cancel-asked", task_id=task_id)
        with contextlib.suppress(TaskError, StaleTaskError):
            await self.server.tasks.save(task.cancel(self.clock.now()))

    # -- producers and handlers --------------------------------------------------------------------

    async def _produce(self, number: int) -> None:
        backend = FaultyBackend(self.server, self.faults, self.random)
        enqueue = UseCases(backend, Quiet(), self.ids).enqueue_task
        for _ in range(max(1, self.plan.tasks // self.plan.producers)):
            request = self._request(number)
            assert request.id is not None
            self.asked.add(request.id)
            while True:
                try:
                    await enqueue(request)
                    break
                except StorageError:
                    await asyncio.sleep(self.random.uniform(0.01, 0.5))
            self.acked.add(request.id)
            await asyncio.sleep(self.random.expovariate(2.0))

    def _request(self, number: int) -> EnqueueTask:
        return EnqueueTask(
            self.random.choice(self.plan.kinds),
            {"n": number},
            priority=self.random.choice((-5, 0, 5)),
            delay=self.random.choice((None, None, self.random.uniform(0, 5))),
            max_attempts=self.random.choice((None, 1, 2, 6)),
            id=self.ids.new(),
        )

    def _handlers(self, host: str) -> HandlerRegistry:
        registry = HandlerRegistry()

        async def handle(payload: Any, context: TaskContext) -> Any:
            task = context.task
            self.journal.add(self.loop.time(), "start", task_id=task.id, fence=context.fence, host=host)
            seconds = self.random.expovariate(1.0)
            if task.type == "long":
                seconds = self.plan.lease * self.random.uniform(0.5, 3.0)
            await self._work(host, context, seconds)
            value = await self._end_of(host, context)
            self.journal.add(self.loop.time(), "end", task_id=task.id, fence=context.fence, host=host)
            return value

        for task_type in sorted({*self.plan.kinds, "chained"}):
            self._register(TaskHandlerRegistration(type=task_type, handler=handle, max_attempts=4), registry, host)
        return registry

    def _register(self, registration: TaskHandlerRegistration, registry: HandlerRegistry, host: str) -> None:
        registry.add(registration)

    async def _work(self, host: str, context: TaskContext, seconds: float) -> None:
        until = self.loop.time() + seconds
        while (left := until - self.loop.time()) > 0:
            await asyncio.sleep(min(left, self.plan.lease / 8))
            self.journal.add(self.loop.time(), "beat", task_id=context.task.id, fence=context.fence, host=host)

    async def _end_of(self, host: str, context: TaskContext) -> Any:
        match context.task.type:
            case "flaky" if self.random.random() < 0.5:
                raise ValueError("flaky")
            case "blocking":
                self.loop.freeze((host, "main"), self.plan.lease * self.random.uniform(0.5, 3.0))
                await asyncio.sleep(0)
            case "chain":
                return Next("chained", {"from": context.task.id})
            case "snooze" if context.task.deliveries < 3:
                raise RetryLater(self.random.uniform(0, 2))
            case "giveup":
                raise GiveUp("no use")
            case "poison":
                self.kill(host)
                await asyncio.sleep(0)
            case "progress":
                with contextlib.suppress(StorageError):
                    await context.progress(0.5, "half")
        return {"host": host}

    # -- the end -----------------------------------------------------------------------------------

    async def _until_drained(self) -> None:
        """Everything must end within a bound once nothing fails any more: lost leases, backoffs, long runs."""
        plan = self.plan
        bound = 40 * plan.lease + 20 * plan.reclaim_interval + 20 * plan.poll_interval + 600
        deadline = self.loop.time() + bound
        while any(task.state in (TaskState.PENDING, TaskState.RUNNING) for task in self.server._store.tasks.values()):
            if self.loop.time() > deadline:
                return  # the checker names what is left
            await asyncio.sleep(1.0)

    async def _until_stopped(self) -> None:
        """Every worker that is told to stop does, unless it is killed meanwhile, as by a run that woke up late."""
        deadline = self.loop.time() + 10 * self.plan.lease + self.plan.grace_period + 60
        while working := [name for name, run in self.runs.items() if self.loop.is_alive(name) and not run.done()]:
            if self.loop.time() > deadline:
                raise TimeoutError(f"{working} did not stop")
            for name in working:
                self.hosts[name].stop()
            await asyncio.sleep(1.0)
        for name, run in self.runs.items():
            if self.loop.is_alive(name):
                run.result()


class _Buried:
    def __init__(self, loop: SimLoop) -> None:
        self._loop = loop

    def close(self) -> None:
        self._loop.bury()
