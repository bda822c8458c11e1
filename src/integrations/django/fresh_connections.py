"""Handlers with database connections that live no longer than those of a request."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

from django.db import close_old_connections

from backstage.worker.handling.handler import RunIn, TaskHandlerRegistration
from backstage.worker.handling.handler_modules import marked_in
from backstage.worker.handling.listener import ListenerRegistration
from backstage.worker.hosting.worker import Worker


def include_with_fresh_connections(worker: Worker, module: ModuleType) -> None:
    """Register what the module marks, as `Worker.include` does.

    Handlers that run in threads are wrapped: Django's connections belong to a thread, and a worker's threads live for
    weeks, so each run begins and ends as a request does, by closing what has outlived CONN_MAX_AGE or is broken.
    """
    marked = marked_in(module)
    for registration in marked.handlers:
        worker.register_handler(_fresh(registration))
    for listening in marked.listeners:
        worker.register_listener(_fresh_listener(listening))
    for middleware in marked.middlewares:
        worker.use(middleware)


def _fresh(registration: TaskHandlerRegistration) -> TaskHandlerRegistration:
    handler = registration.handler
    is_plain = inspect.isfunction(handler) and not inspect.iscoroutinefunction(handler)
    if not is_plain or registration.run_in == RunIn.PROCESS:
        return registration
    return replace(registration, handler=_wrapped(handler))


def _fresh_listener(listening: ListenerRegistration) -> ListenerRegistration:
    """Only the deliveries of durable ones run in threads."""
    if listening.subscription is None or inspect.iscoroutinefunction(listening.listener):
        return listening
    return replace(listening, listener=_wrapped(listening.listener))


@functools.cache
def _wrapped(handler: Callable[..., Any]) -> Callable[..., Any]:
    """The same wrapper each time: a handler that two modules name is one handler."""

    @functools.wraps(handler)
    def with_fresh_connections(*arguments: Any, **named: Any) -> Any:
        close_old_connections()
        try:
            return handler(*arguments, **named)
        finally:
            close_old_connections()

    return with_fresh_connections
