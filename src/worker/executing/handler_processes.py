"""Runs handlers that burn CPU, or may crash, each in a process of its own."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from backstage.worker.executing.child_setup import ChildSetup
from backstage.worker.executing.handler_process import HandlerProcess
from backstage.worker.handling.context import TaskContext
from backstage.worker.handling.handler import TaskHandlerRegistration
from backstage.worker.handling.handler_call import HandlerCall
from backstage.worker.handling.handler_path import HandlerPath


class HandlerProcesses:
    """A process per running handler, kept for the next one; at most `concurrency`, none before the first is needed.

    One that crashes, times out or is cancelled takes nothing but its own handler with it, which is why this is no
    ProcessPoolExecutor: that one fails all its processes with the first.

    Starting one takes half a second, within the timeout of the handler that waits for it. The start itself goes on
    when that one times out, so a timeout that is shorter than a start fails once and not for ever.
    """

    def __init__(self, concurrency: int, setup: ChildSetup | None = None) -> None:
        self._setup = setup or ChildSetup()
        self._slots = asyncio.Semaphore(concurrency)
        self._starting = asyncio.Semaphore(os.cpu_count() or 1)  # more at once would only make all of them late
        self._starts: set[asyncio.Task[None]] = set()
        self._alive: set[HandlerProcess] = set()
        self._idle: asyncio.LifoQueue[HandlerProcess | BaseException] = asyncio.LifoQueue()
        """An error is that of a start, for one of those that wait."""
        self._waiting = 0

    async def call(self, registration: TaskHandlerRegistration, call: HandlerCall, context: TaskContext) -> Any:
        """Raises ConfigurationError when no other process could find the handler, and ProcessDied.

        Cancelling it interrupts the handler (HandlerInterrupted, as in a thread), kills what is left of it half a
        second later, and returns when the process is gone.
        """
        path = HandlerPath.of(registration.handler)
        async with self._slots:
            process = await self._take()
            try:
                ended = await process.run(path, context)
            except BaseException:
                await self._end(process)
                raise
            self._idle.put_nowait(process)
        if isinstance(ended, Exception):
            raise ended
        return ended

    def process_ids(self) -> list[int]:
        return [process.process_id for process in self._alive]

    async def close(self) -> None:
        """End all processes, whatever they run."""
        for start in self._starts:
            start.cancel()
        await asyncio.gather(*self._starts, return_exceptions=True)
        await asyncio.gather(*(self._end(process) for process in tuple(self._alive)))

    async def _take(self) -> HandlerProcess:
        """Return the first process that is free, or ready, whoever asked for it."""
        self._waiting += 1
        try:
            while True:
                if self._is_one_short(len(self._starts)):  # who waits has a slot, so this keeps within them
                    self._starts.add(asyncio.create_task(self._start(), name="backstage-handler-process-start"))
                taken = await self._idle.get()
                if isinstance(taken, BaseException):
                    raise taken
                if taken.is_usable:
                    return taken
                await self._end(taken)
        finally:
            self._waiting -= 1

    def _is_one_short(self, starts: int) -> bool:
        """Whether somebody waits for whom there is neither a process nor a start."""
        return self._idle.qsize() + starts < self._waiting

    async def _start(self) -> None:
        start = asyncio.current_task()
        assert start is not None
        try:
            async with self._starting:
                process = await self._started() if self._is_one_short(len(self._starts) - 1) else None
        except (Exception, asyncio.CancelledError) as error:
            self._starts.discard(start)
            if self._is_one_short(len(self._starts)):
                self._idle.put_nowait(error)
        else:
            self._starts.discard(start)
            if process is not None:
                self._idle.put_nowait(process)

    async def _started(self) -> HandlerProcess:
        process = await HandlerProcess.start(self._setup)
        try:
            await process.ready()
        except BaseException:
            await self._end(process)
            raise
        self._alive.add(process)
        return process

    async def _end(self, process: HandlerProcess) -> None:
        """Not to be cut short: a second cancellation must not leave the process behind."""
        self._alive.discard(process)
        ending = asyncio.ensure_future(process.end())
        cancelled: asyncio.CancelledError | None = None
        while not ending.done():
            try:
                await asyncio.wait([ending])
            except asyncio.CancelledError as error:
                cancelled = error
        ending.result()
        if cancelled is not None:
            raise cancelled
