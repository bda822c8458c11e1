"""Tells systemd, or whatever else understands its messages, how the process fares: `Type=notify` with `WatchdogSec`.

The protocol is that of sd_notify(3): lines in one datagram to the socket that `NOTIFY_SOCKET` names.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, MutableMapping
from typing import Self

from backstage.worker.hosting.worker import Worker
from backstage.worker.watching.vital_signs import Phase

_LOOK_EVERY, _REST = 0.1, 1.0
"""Seconds between looks at a worker that starts, and at one that runs."""


class ServiceManager:
    def __init__(self, address: str, watchdog: float | None = None) -> None:
        """`watchdog` is after how many seconds without a sign of life the manager restarts the process."""
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._watchdog = watchdog

    @classmethod
    def take_from(cls, environment: MutableMapping[str, str]) -> Self | None:
        """The one that started this process. It is taken out of the environment: it listens to no child of ours."""
        address = environment.pop("NOTIFY_SOCKET", "")
        microseconds = environment.pop("WATCHDOG_USEC", "")
        meant_for = environment.pop("WATCHDOG_PID", str(os.getpid()))
        if not address.startswith(("/", "@")):
            return None
        is_watched = microseconds.isdecimal() and meant_for == str(os.getpid())
        return cls(address, int(microseconds) / 1e6 if is_watched else None)

    def tell(self, *lines: str) -> None:
        """A manager that does not listen keeps no work from being done."""
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto("\n".join(lines).encode(), self._address)

    @contextlib.asynccontextmanager
    async def watching(self, worker: Worker, stuck_after: float) -> AsyncIterator[None]:
        """Tell of the worker from entering to leaving: that it is ready, lives, and stops.

        The signs of life come from the worker's own event loop. One that is blocked gives none, nor does a worker all
        of whose slots have been taken for `stuck_after` seconds by handlers that do not end.
        """
        telling = asyncio.create_task(self._tell_of(worker, stuck_after), name="backstage-service-manager")
        try:
            yield
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)
            self.tell("STOPPING=1")

    async def _tell_of(self, worker: Worker, stuck_after: float) -> None:
        told: Phase | None = None
        while True:
            signs = worker.vital_signs()
            if signs.phase is not told:
                told = signs.phase
                self._tell_phase(told, worker.worker_id)
            if self._watchdog is not None and signs.all_hung_for < stuck_after:
                self.tell("WATCHDOG=1")
            await asyncio.sleep(_LOOK_EVERY if told is Phase.STARTING else self._rest())

    def _tell_phase(self, phase: Phase, worker_id: str) -> None:
        match phase:
            case Phase.STARTING:
                self.tell(f"STATUS={worker_id} waits for its store")
            case Phase.RUNNING:
                self.tell("READY=1", f"STATUS={worker_id} runs tasks")
            case Phase.STOPPING:
                self.tell("STOPPING=1", f"STATUS={worker_id} lets running tasks end")

    def _rest(self) -> float:
        return _REST if self._watchdog is None else min(_REST, self._watchdog / 3)
