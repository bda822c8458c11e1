from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, cast

from blinker import Signal

from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.events import ALL_EVENTS, EVENT_NAMES, TaskEvent
from backstage.domain.passing_errors import must_pass
from backstage.domain.ports.event_bus import Listener
from backstage.infra.log_events import LISTENER_FAILED


class BlinkerEventBus:
    """EventBus on blinker signals of its own.

    Listeners are called in the order they subscribed, those of `worker-task:*` last. A sync listener blocks the
    event loop while it runs. `logger` is a structlog logger; an error of a listener is logged as `listener_failed`,
    unless it is one that `passes` says to let through.
    """

    def __init__(self, logger: Any, passes: Callable[[BaseException], bool] = must_pass) -> None:
        self._logger = logger
        self._passes = passes
        self._all = Signal()
        self._signals = {name: Signal() for name in EVENT_NAMES}

    def on(self, name: str | type[TaskEvent], listener: Listener) -> None:
        """Subscribe to an event by its name or its class; TaskEvent itself means all."""
        wanted = getattr(name, "name", ALL_EVENTS) if isinstance(name, type) else name
        signal = self._all if wanted == ALL_EVENTS else self._signals.get(wanted)
        if signal is None:
            names = ", ".join(sorted(EVENT_NAMES))
            raise InvalidTaskDataError.of("event", f"no event is named {wanted!r}: use {ALL_EVENTS} or one of {names}")
        # blinker forgets local functions and bound methods at once unless it holds them strongly.
        signal.connect(listener, weak=False)

    def is_heard(self, name: str) -> bool:
        return bool(self._signals[name].receivers or self._all.receivers)

    async def publish(self, event: TaskEvent) -> None:
        # Not Signal.send_async: there the first listener that raises silences those after it.
        for signal in (self._signals[event.name], self._all):
            for receiver in tuple(signal.receivers.values()):
                await self._tell(cast(Listener, receiver), event)

    async def _tell(self, listener: Listener, event: TaskEvent) -> None:
        try:
            answer = listener(event)
            if inspect.isawaitable(answer):
                await answer
        except BaseException as error:
            if self._passes(error):
                raise
            name = getattr(listener, "__qualname__", repr(listener))
            self._logger.exception(
                LISTENER_FAILED, listener=name, domain_event=event.name, task_id=event.task.id, type=event.task.type
            )
