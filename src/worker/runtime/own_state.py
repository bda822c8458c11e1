"""What a worker says of itself."""

from __future__ import annotations

import os
import platform
import socket

from backstage.domain.ports.clock import Clock
from backstage.domain.worker_info import WorkerInfo
from backstage.worker.runtime.parts import Parts
from backstage.worker.watching.longest_lag import LongestLag
from backstage.worker.watching.memory import memory_limit, resident_bytes

MOST_SHOWN = 100


class OwnState:
    def __init__(self, parts: Parts, clock: Clock, lag: LongestLag) -> None:
        self._parts, self._options, self._slots = parts, parts.options, parts.slots
        self._lookout = parts.lookout
        self._types = tuple(sorted(parts.types))
        self._ranks = parts.request.queues or {}
        self._clock, self._lag = clock, lag
        self._started_at = clock.now()
        self._memory_limit = memory_limit()

    def now(self) -> WorkerInfo:
        """Of the running tasks MOST_SHOWN at most. The lag is the longest since the last time."""
        return WorkerInfo(
            id=self._options.worker_id,
            host=socket.gethostname(),
            pid=os.getpid(),
            started_at=self._started_at,
            seen_at=self._clock.now(),
            concurrency=self._options.concurrency,
            queues=tuple(sorted(self._ranks)),
            types=self._types,
            running=tuple(held.task.id for held in self._slots.held.snapshot()[:MOST_SHOWN]),
            is_stopping=self._slots.is_closing,
            lease=self._options.lease,
            release=self._options.version,
            ranks={queue: rank for queue, rank in self._ranks.items() if rank},
            is_quiet=self._slots.claims_nothing,
            memory=resident_bytes((os.getpid(), *self._parts.executors.process_ids())),
            memory_limit=self._memory_limit,
            loop_lag=round(self._lag.take(), 4),
            python=platform.python_version(),
            is_called=self._lookout.is_called,
        )
