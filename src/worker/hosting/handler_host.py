"""Where handlers are registered, with what wraps them: a Worker, and a processor of a service."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, Unpack, overload

from backstage.domain.cron_task import CronTask
from backstage.domain.deploy_report import DeployedCode
from backstage.domain.errors import ConfigurationError
from backstage.domain.task_type import TaskType
from backstage.worker.handling.deployed_handlers import DeployedHandlers
from backstage.worker.handling.durable_listeners import DurableListeners
from backstage.worker.handling.handler import HandlerOptions, TaskHandlerRegistration, refuse_bare
from backstage.worker.handling.handler_modules import Marked
from backstage.worker.handling.handler_registry import HandlerRegistry
from backstage.worker.handling.middleware import Middleware
from backstage.worker.handling.receiver import Receivers
from backstage.worker.handling.unknown_options import refuse_unknown
from backstage.worker.handling.upcaster import new_upcaster
from backstage.worker.runtime.declared import Declared

Function = TypeVar("Function", bound=Callable[..., Any])


class HandlerHost(ABC):
    """Collects what runs tasks, until the start."""

    def __init__(self) -> None:
        self._registry = HandlerRegistry()
        self._durable_listeners = DurableListeners(self._registry)
        self._middlewares: list[Middleware] = []

    @overload
    def on(
        self, task_type: str | TaskType[Any, Any], function: Function, **options: Unpack[HandlerOptions]
    ) -> Function: ...

    @overload
    def on(
        self, task_type: str | TaskType[Any, Any], function: None = None, **options: Unpack[HandlerOptions]
    ) -> Callable[[Function], Function]: ...

    def on(
        self,
        task_type: str | TaskType[Any, Any],
        function: Callable[..., Any] | None = None,
        **options: Unpack[HandlerOptions],
    ) -> Any:
        """Register a handler, as a call or as a decorator; `options` are the limits of TaskHandlerRegistration."""
        refuse_bare(task_type, "on")
        refuse_unknown(options, "on", HandlerOptions)
        names = dict(sys._getframe(1).f_locals)  # so that annotations may name classes of the caller's function

        def register(handler: Function) -> Function:
            self._register(TaskHandlerRegistration.of(task_type, handler, **options), names)
            return handler

        return register if function is None else register(function)

    def register_handler(self, registration: TaskHandlerRegistration) -> None:
        self._register(registration, None)

    def upcast(self, task_type: str | TaskType[Any, Any], version: int) -> Callable[[Function], Function]:
        """Register the decorated function as what raises payloads of that version to the next, as `backstage.upcast`
        does for a module."""
        name = task_type.name if isinstance(task_type, TaskType) else task_type

        def register(function: Function) -> Function:
            self._refuse_if_started(name)
            self._registry.add_upcaster(new_upcaster(name, version, function))
            return function

        return register

    def deployed(self) -> DeployedCode:
        """What is registered by now, as `check_deploy` asks it. Raises ConfigurationError for upcasters that lead to no
        handler."""
        return DeployedHandlers(self._registry)

    def use(self, middleware: Middleware) -> Middleware:
        """Wrap every handler; the first one added is the outermost. May be used as a decorator."""
        self._refuse_if_started("middleware")
        if not callable(middleware):
            raise ConfigurationError("middleware", f"{middleware!r} is not a function that takes a run and returns one")
        self._middlewares.append(middleware)
        return middleware

    def _include_handlers(self, marked: Marked) -> None:
        """Those of a module, with its durable listeners, which are run as handlers, and its middleware."""
        for registration in marked.handlers:
            self._register(registration, None)
        for upcaster in marked.upcasters:
            self._registry.add_upcaster(upcaster)
        for listening in marked.listeners:
            if listening.subscription is not None:
                self._refuse_if_started(listening.subscription.name)
                self._durable_listeners.add(listening)
        for middleware in marked.middlewares:
            if middleware not in self._middlewares:
                self.use(middleware)

    def _declared(
        self, schedules: Sequence[CronTask], receivers: Receivers, resource_modules: Sequence[str]
    ) -> Declared:
        return Declared(
            self._registry,
            self._middlewares,
            schedules,
            receivers,
            self._durable_listeners.subscriptions,
            resource_modules,
        )

    def _register(self, registration: TaskHandlerRegistration, names: Mapping[str, Any] | None) -> None:
        self._refuse_if_started(registration.type)
        self._registry.add(registration, names)

    @abstractmethod
    def _refuse_if_started(self, what: str) -> None:
        """Raises ConfigurationError, which names `what` came too late."""
