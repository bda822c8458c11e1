"""Calls this worker's receivers with what is broadcast."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from typing import Any

from backstage.domain.broadcast_message import BroadcastMessage
from backstage.domain.errors import InvalidTaskDataError, StorageError
from backstage.domain.passing_errors import must_pass
from backstage.domain.ports.broadcasts import Broadcasts
from backstage.worker import log_events
from backstage.worker.executing.handler_threads import HandlerThreads
from backstage.worker.handling.receiver import Receiver, Receivers

LOOK_AT_LEAST_EVERY = 5.0
"""Seconds to wait for a hint: hints may be lost, and then this finds the message."""
LOOK_AT_MOST_EVERY = 0.1
"""Seconds between two looks: the hints are those of tasks, too, and there may be thousands of them."""
BATCH = 20
"""Messages that are held at once; the others stay in the store meanwhile."""
THREADS = 8
"""For receivers that are not async. They run one after another: more than one thread is needed when some do not end."""


class BroadcastLoop:
    """Begins at the newest message; from then on each is received once, in order, while this process lives.

    The position is kept over the store's failures, so that what was sent meanwhile is received later, as long as the
    store keeps it. Receivers run one after another, each for `timeout` seconds at most (None: as long as it likes);
    one that fails is logged, and the others get the message all the same.
    """

    def __init__(self, broadcasts: Broadcasts, receivers: Receivers, timeout: float | None, logger: Any) -> None:
        self._broadcasts, self._receivers, self._timeout, self._logger = broadcasts, receivers, timeout, logger
        self._threads = HandlerThreads(THREADS)
        self._hint = asyncio.Event()
        self._position: str | None = None

    def hint(self) -> None:
        """There may be a message."""
        self._hint.set()

    async def begin(self) -> None:
        """Receive what is sent from now on; where the store cannot tell, from when it can. Before `run`."""
        with contextlib.suppress(StorageError):
            self._position = await self._broadcasts.position()

    def begin_again(self) -> None:
        """The store was emptied, and positions in it mean nothing any more: receive what it has now."""
        self._position = None
        self._hint.set()

    async def run(self) -> None:
        """Endless; after an error it may be called again, and goes on where it was."""
        while True:
            self._hint.clear()
            looked_at = asyncio.get_running_loop().time()
            is_more = await self._receive()
            if not is_more:
                await self._until_hint()
                await asyncio.sleep(looked_at + LOOK_AT_MOST_EVERY - asyncio.get_running_loop().time())

    @property
    def is_stuck(self) -> bool:
        """Whether a receiver's thread could not be stopped."""
        return bool(self._threads.abandoned)

    def close(self) -> None:
        self._threads.close()

    async def _receive(self) -> bool:
        """Return whether there may be more."""
        if self._position is None:
            self._position = await self._broadcasts.position()
        received = await self._broadcasts.receive(self._position, BATCH)
        self._position = received.position  # before the calls: no message is received twice, whatever becomes of them
        for message in received.messages:
            for receiver in self._receivers.of(message.name):
                await self._deliver(receiver, message)
        return len(received.messages) == BATCH

    async def _until_hint(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_AT_LEAST_EVERY):
                await self._hint.wait()

    async def _deliver(self, receiver: Receiver, message: BroadcastMessage) -> None:
        about = {"broadcast": message.name, "message_id": message.id, "receiver": receiver.label}
        try:
            async with asyncio.timeout(self._timeout) as deadline:
                await self._call(receiver, message)
        except InvalidTaskDataError as error:
            self._logger.error(log_events.BROADCAST_FAILED, error=str(error), **about)
        except TimeoutError as error:
            if deadline.expired():
                problem = f"it ran longer than {self._timeout:g} seconds"
                self._logger.error(log_events.BROADCAST_FAILED, error=problem, **about)
            else:
                self._logger.error(log_events.BROADCAST_FAILED, exc_info=error, **about)
        except BaseException as error:
            if must_pass(error):
                raise
            self._logger.exception(log_events.BROADCAST_FAILED, **about)

    async def _call(self, receiver: Receiver, message: BroadcastMessage) -> None:
        call = receiver.call.of(message.payload_json, message)
        if receiver.is_async:
            await call()
            return
        value = await self._threads.run(call)
        if inspect.isawaitable(value):  # a plain decorator over an async function
            await value
