"""Which handler runs which task type on this worker."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any, Protocol

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.errors import ConfigurationError, UnknownTaskTypeError
from backstage.domain.lane_type import lane_type, split_lane_type
from backstage.domain.task import Task
from backstage.domain.type_definition import TypeDefinition
from backstage.worker.handling.context import TaskContext
from backstage.worker.handling.handler import RunIn, TaskHandlerRegistration, payload_type_of
from backstage.worker.handling.handler_call import HandlerCall
from backstage.worker.handling.handler_definition import defined
from backstage.worker.handling.handler_path import HandlerPath
from backstage.worker.handling.handler_versions import HandlerVersions
from backstage.worker.handling.middleware import Run
from backstage.worker.handling.upcaster import Upcaster, raised


class Executor(Protocol):
    """Where handlers run that may not run on the worker's loop: threads, processes."""

    async def call(self, registration: TaskHandlerRegistration, call: HandlerCall, context: TaskContext) -> Any:
        """Run the handler and return its value, or raise its error. Cancelling ends it as well as it can."""
        ...


@dataclass(frozen=True, slots=True)
class RegisteredHandler:
    registration: TaskHandlerRegistration
    run: Run


class HandlerRegistry:
    """Handlers by task type. Raises ConfigurationError for a second handler of one type, and for one that is to run
    in a process and could not be imported there."""

    def __init__(self) -> None:
        self._calls: dict[str, tuple[TaskHandlerRegistration, HandlerCall]] = {}
        self._for_any: tuple[TaskHandlerRegistration, HandlerCall] | None = None
        self._versions = HandlerVersions()

    def add(self, registration: TaskHandlerRegistration, names: Mapping[str, Any] | None = None) -> None:
        """`names` are local names that the handler's annotations may use."""
        if registration.type in self._calls:
            known = self._calls[registration.type][0].handler
            if known is registration.handler:
                return
            raise ConfigurationError(
                registration.type, f"has two handlers, {_name(known)} and {_name(registration.handler)}: keep one"
            )
        self._calls[registration.type] = _checked(registration, names)

    def add_upcaster(self, upcaster: Upcaster) -> None:
        """Raises ConfigurationError for a second one of the same version."""
        self._versions.add(upcaster)

    def add_for_any(self, registration: TaskHandlerRegistration, names: Mapping[str, Any] | None = None) -> None:
        """The one for all types that have none of their own."""
        if self._for_any is not None and self._for_any[0].handler is not registration.handler:
            raise ConfigurationError(
                registration.type,
                f"has two handlers for any type, {_name(self._for_any[0].handler)} and {_name(registration.handler)}: "
                "keep one",
            )
        self._for_any = _checked(registration, names)

    @property
    def has_any(self) -> bool:
        """Whether every type has a handler."""
        return self._for_any is not None

    def types(self, patterns: Iterable[str] = ()) -> frozenset[str]:
        """The types that have a handler here and match one of the glob patterns (none given: all), each with the
        versions that the handler gets, as in `Task.lane_type`.

        Raises ConfigurationError for a pattern that no handler matches: nothing would be served for it, in silence; and
        for upcasters that lead to no handler.
        """
        patterns = tuple(patterns)
        for pattern in patterns:
            if self._calls and not any(fnmatchcase(each, pattern) for each in self._calls):
                known = ", ".join(sorted(self._calls))
                raise ConfigurationError("types", f"no handler has a type like {pattern!r}; there are {known}")
        newest = {each: registration.version for each, (registration, _) in self._calls.items()}
        self._versions.check(newest)
        return frozenset(
            lane_type(each, version)
            for each in self._calls
            if not patterns or any(fnmatchcase(each, pattern) for pattern in patterns)
            for version in self._versions.of(each, newest[each])
        )

    def definitions(self, lanes: Iterable[str], told_at: datetime) -> list[TypeDefinition]:
        """What can be told of the handlers of those types, whatever versions; by type."""
        types = {split_lane_type(lane)[0] for lane in lanes}
        return [defined(*self._calls[each], told_at) for each in sorted(types & self._calls.keys())]

    def registration(self, lane: str) -> TaskHandlerRegistration:
        """Of a type, with the version of the payload as in `Task.lane_type`. Raises UnknownTaskTypeError."""
        return self._of(lane)[0]

    def _of(self, lane: str) -> tuple[TaskHandlerRegistration, HandlerCall]:
        """A version that a type's handler does not get goes to the one for any type, which gets them as they are."""
        type_, version = split_lane_type(lane)
        own = self._calls.get(type_)
        known = own if own is not None and version in self._versions.of(type_, own[0].version) else self._for_any
        if known is None:
            raise UnknownTaskTypeError(lane)
        return known

    def check(self, task: Task) -> None:
        """Read the task's payload as its run would, and run nothing. Raises PayloadMisfit, what an upcaster raises, and
        UnknownTaskTypeError."""
        registration, call = self._of(task.lane_type)
        upcasters = self._versions.chain(task.type, task.payload_version, registration.version)
        call.check(raised(task, upcasters).payload_json if upcasters else task.payload_json)

    def bind(self, lane: str, threads: Executor, processes: Executor) -> Run:
        """Return what calls the handler of the type and version in the place it asks for."""
        registration, call = self._of(lane)
        run = _placed(registration, call, threads, processes)
        type_, version = split_lane_type(lane)
        upcasters = self._versions.chain(type_, version, registration.version) if registration.type == type_ else ()
        return _raising(run, upcasters) if upcasters else run


def _placed(registration: TaskHandlerRegistration, call: HandlerCall, threads: Executor, processes: Executor) -> Run:
    if registration.run_in == RunIn.PROCESS:
        return _elsewhere(processes, registration, call)
    if inspect.iscoroutinefunction(registration.handler) or inspect.iscoroutinefunction(
        getattr(registration.handler, "__call__", None)  # noqa: B004 - an instance with an async __call__
    ):
        return call.run
    return _elsewhere(threads, registration, call)


def _raising(run: Run, upcasters: Sequence[Upcaster]) -> Run:
    async def raising(context: TaskContext) -> Any:
        context.task = raised(context.task, upcasters)
        return await run(context)

    return raising


def _checked(
    registration: TaskHandlerRegistration, names: Mapping[str, Any] | None
) -> tuple[TaskHandlerRegistration, HandlerCall]:
    if registration.run_in == RunIn.PROCESS:
        HandlerPath.of(registration.handler)
    return registration, HandlerCall(registration.handler, names, payload_type=payload_type_of(registration))


def _elsewhere(executor: Executor, registration: TaskHandlerRegistration, call: HandlerCall) -> Run:
    async def run(context: TaskContext) -> Any:
        value = await executor.call(registration, call, context)
        return await value if inspect.isawaitable(value) else value  # a plain decorator over an async function

    return run


def _name(function: Any) -> str:
    return f"{getattr(function, '__module__', '?')}.{getattr(function, '__qualname__', repr(function))}"
