"""Where a worker's handlers run: on its loop, in threads, in processes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from backstage.worker.executing.child_setup import ChildSetup
from backstage.worker.executing.direct_run import direct_run
from backstage.worker.executing.handler_processes import HandlerProcesses
from backstage.worker.executing.handler_threads import HandlerThreads
from backstage.worker.handling.context import TaskContext
from backstage.worker.handling.handler_registry import HandlerRegistry, RegisteredHandler
from backstage.worker.handling.middleware import Middleware, Run, compose
from backstage.worker.middleware.deadlines import Deadlines
from backstage.worker.middleware.recovery import recovery
from backstage.worker.middleware.timeout import timeout


class Executors:
    def __init__(
        self, concurrency: int, child_setup: ChildSetup | None, on_thread_returned: Callable[[], None]
    ) -> None:
        """`on_thread_returned` is called when a thread that was left behind has ended: its slot is free again."""
        self.threads = HandlerThreads(concurrency, on_thread_returned)
        self._processes = HandlerProcesses(concurrency, child_setup)
        self._deadlines = Deadlines()

    def wrapped(
        self,
        handlers: HandlerRegistry,
        types: Iterable[str],
        middlewares: Sequence[Middleware],
        mark_over_soft_timeout: Callable[[TaskContext], None],
    ) -> dict[str, RegisteredHandler]:
        """Wrap each handler once; the timeout is innermost, so that it measures nothing but the handler."""
        layers = (*middlewares, timeout(mark_over_soft_timeout, self._deadlines))

        def wrapped(lane_type: str) -> Run:
            handler = handlers.bind(lane_type, self.threads, self._processes)
            run = compose(layers, handler)
            return direct_run(handler, run, self._deadlines) if tuple(middlewares) == (recovery,) else run

        return {each: RegisteredHandler(handlers.registration(each), wrapped(each)) for each in types}

    def process_ids(self) -> list[int]:
        """Of the processes that run handlers, or wait to."""
        return self._processes.process_ids()

    async def close(self) -> None:
        self._deadlines.close()
        self.threads.close()
        await self._processes.close()
