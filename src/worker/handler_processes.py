"""Runs handlers that burn CPU, or may crash, each in a process of its own."""

from __future__ import annotations

import asyncio
import os
from functools import cached_property
from typing import Any

from pydantic import TypeAdapter

from backstage.domain.task import Task
from backstage.worker.context import TaskContext
from backstage.worker.handler import TaskHandlerRegistration
from backstage.worker.handler_call import HandlerCall
from backstage.worker.handler_path import HandlerPath
from backstage.worker.handler_process import HandlerProcess


class HandlerProcesses:
    """A process per running handler, kept for the next one; at most `concurrency`, none before the first is needed.

    One that crashes, times out or is cancelled takes nothing but its own handler with it, which is why this is no
    ProcessPoolExecutor: that one fails all its processes with the first. Starting one takes half a second, within
    the timeout of the handler that waits for it.
    """

    def __init__(self, concurrency: int) -> None:
        self._slots = asyncio.Semaphore(concurrency)
        self._starting = asyncio.Semaphore(os.cpu_count() or 1)  # more at once would only make all of them late
        self._alive: set[HandlerProcess] = set()
        self._idle: list[HandlerProcess] = []

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
            self._idle.append(process)
        if isinstance(ended, Exception):
            raise ended
        return ended

    async def close(self) -> None:
        """End all processes, whatever they run."""
        await asyncio.gather(*(self._end(process) for process in tuple(self._alive)))

    @cached_property
    def _tasks(self) -> TypeAdapter[Task]:
        return TypeAdapter(Task)

    async def _take(self) -> HandlerProcess:
        idle = await self._take_idle()
        if idle is not None:
            return idle
        async with self._starting:
            return await self._take_idle() or await self._start()

    async def _take_idle(self) -> HandlerProcess | None:
        while self._idle:
            process = self._idle.pop()
            if process.is_usable:
                return process
            await self._end(process)
        return None

    async def _start(self) -> HandlerProcess:
        process = await HandlerProcess.start(self._tasks)
        self._alive.add(process)
        try:
            await process.ready()
        except BaseException:
            await self._end(process)
            raise
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
