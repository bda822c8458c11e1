"""Registers what exists once per process, whatever queues it serves: for a Worker and for a service."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, TypeVar, overload

from backstage.domain.cron_task import CronTask
from backstage.domain.ports.event_bus import EventBus
from backstage.worker import log_events
from backstage.worker.handling.handler_modules import Marked
from backstage.worker.handling.receiver import Receivers
from backstage.worker.handling.resources import Resources
from backstage.worker.hosting.unique_schedules import unique_schedules

Function = TypeVar("Function", bound=Callable[..., Any])


class ProcessHost(ABC):
    """Collects receivers of broadcasts, listeners, schedules, and what modules open when they start."""

    def __init__(self, events: EventBus, logger: Any) -> None:
        self._events = events
        self._resource_log = logger
        self._receivers = Receivers()
        self._schedules: list[CronTask] = []
        self._resources = Resources()

    @property
    def events(self) -> EventBus:
        """Where listeners are told of what happens in this process."""
        return self._events

    @overload
    def on_broadcast(self, name: str, function: Function) -> Function: ...

    @overload
    def on_broadcast(self, name: str, function: None = None) -> Callable[[Function], Function]: ...

    def on_broadcast(self, name: str, function: Callable[..., Any] | None = None) -> Any:
        """Receive every broadcast of that name, once in this process, as a call or as a decorator: `function` (sync or
        async) takes its payload, the BroadcastMessage as `message`, both or neither."""
        names = dict(sys._getframe(1).f_locals)

        def register(receiver: Function) -> Function:
            self._refuse_if_started(name)
            self._receivers.add(name, receiver, names)
            return receiver

        return register if function is None else register(function)

    def _include_shared(self, marked: Marked) -> None:
        """The receivers, schedules and resources of a module, and those of its listeners that are not durable."""
        for listening in marked.listeners:
            for event_name in listening.events if listening.subscription is None else ():
                self.events.on(event_name, listening.listener)
        for broadcast, function in marked.receivers:
            self._receivers.add(broadcast, function)
        self._resources.add(marked.resources)
        self._schedules = unique_schedules((*self._schedules, *marked.schedules))

    def _tell_unclosed(self, name: str, error: BaseException) -> None:
        self._resource_log.error(log_events.RESOURCE_UNCLOSED, resource=name, exc_info=error)

    @abstractmethod
    def _refuse_if_started(self, what: str) -> None:
        """Raises ConfigurationError, which names `what` came too late."""
