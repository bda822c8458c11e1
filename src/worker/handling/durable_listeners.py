"""Listeners that are told by tasks: the deliveries of their subscriptions."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from backstage.domain.errors import ConfigurationError
from backstage.domain.event_document import event_of
from backstage.domain.subscription import Subscription
from backstage.worker.handling.context import TaskContext
from backstage.worker.handling.handler import TaskHandlerRegistration
from backstage.worker.handling.handler_registry import HandlerRegistry
from backstage.worker.handling.listener import ListenerRegistration


class DurableListeners:
    """The durable listeners of one worker, each of them a handler of its deliveries."""

    def __init__(self, registry: HandlerRegistry) -> None:
        self._registry = registry
        self._by_name: dict[str, ListenerRegistration] = {}

    @property
    def subscriptions(self) -> tuple[Subscription, ...]:
        return tuple(each.subscription for each in self._by_name.values() if each.subscription is not None)

    def add(self, registration: ListenerRegistration) -> None:
        """Once is enough; raises ConfigurationError for another listener of that name."""
        subscription = registration.subscription
        assert subscription is not None
        known = self._by_name.get(subscription.name)
        if known == registration:
            return
        if known is not None:
            raise ConfigurationError("durable", f"{subscription.name!r} is the name of two listeners: rename one")
        self._by_name[subscription.name] = registration
        handler = TaskHandlerRegistration(
            type=subscription.delivery_type,
            handler=_handler_of(registration.listener),
            timeout=registration.timeout,
            max_attempts=registration.max_attempts,
            backoff=registration.backoff,
        )
        self._registry.add(handler)


def _handler_of(listener: Callable[..., Any]) -> Callable[..., Any]:
    """Async for an async listener, so that any other runs in a thread. What it returns is nobody's."""
    takes_context = _takes_context(listener)

    def call(payload: Mapping[str, Any], context: TaskContext) -> Any:
        event = event_of(payload)
        return listener(event, context=context) if takes_context else listener(event)

    if inspect.iscoroutinefunction(listener):

        async def deliver(payload: Mapping[str, Any], context: TaskContext) -> None:
            await call(payload, context)

        return deliver

    def deliver_in_thread(payload: Mapping[str, Any], context: TaskContext) -> Any:
        answer = call(payload, context)
        return _waited_for(answer) if inspect.isawaitable(answer) else None

    return deliver_in_thread


def _takes_context(listener: Callable[..., Any]) -> bool:
    try:
        return "context" in inspect.signature(listener).parameters
    except ValueError:  # of some functions that are not written in Python
        return False


async def _waited_for(answer: Any) -> None:
    await answer
