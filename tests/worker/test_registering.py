from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from types import ModuleType
from typing import Any
from unittest import mock

import pytest

from backstage import TaskContext, TaskHandlerRegistration, handler, listener
from backstage.domain.errors import ConfigurationError, InvalidTaskDataError
from backstage.worker.handler_modules import load_module, marked_in
from tests.worker import marked_handlers
from tests.worker.workers import Workers, found, play


async def test_a_handler_is_registered_by_a_call(any_workers: Workers) -> None:
    async def add(payload: dict[str, int]) -> int:
        return payload["a"] + payload["b"]

    worker = any_workers.new(until_idle=True)
    assert worker.on("add", add) is add
    assert (await play(worker, "add", {"a": 1, "b": 2})).result == 3


async def test_a_handler_is_registered_by_a_decorator_and_stays_a_plain_function(any_workers: Workers) -> None:
    worker = any_workers.new(until_idle=True)

    @worker.on("add", timeout=10, max_attempts=2)
    async def add(payload: dict[str, int]) -> int:
        return payload["a"] + payload["b"]

    assert await add({"a": 1, "b": 1}) == 2
    assert (await play(worker, "add", {"a": 1, "b": 2})).result == 3


async def test_a_handler_is_registered_with_its_limits_in_one_value(any_workers: Workers) -> None:
    async def fails() -> None:
        raise ValueError

    worker = any_workers.new(until_idle=True)
    worker.register_handler(TaskHandlerRegistration(type="t", handler=fails, timeout=5, max_attempts=1))
    assert (await play(worker, "t")).attempt == 1


async def test_an_async_handler_runs_on_the_loop(workers: Workers) -> None:
    async def thread() -> bool:
        return threading.current_thread() is threading.main_thread()

    assert (await workers.run(thread)).result is True


async def test_a_sync_handler_runs_in_a_thread_and_does_not_block_the_loop(any_workers: Workers) -> None:
    gate = threading.Event()

    def waits() -> str:
        return "opened" if gate.wait(10) else "blocked"

    async def opens() -> None:
        gate.set()

    worker = any_workers.new(until_idle=True)
    worker.on("waits", waits)
    worker.on("opens", opens)
    await worker.enqueue("waits", priority=1)
    assert (await play(worker, "opens")).result is None
    [waited] = await found(worker, type="waits")
    assert waited.result == "opened"


class Sync:
    def __call__(self, payload: str, context: TaskContext) -> str:
        return f"{payload} {context.attempt}"


class Async:
    async def __call__(self, payload: str, context: TaskContext) -> str:
        return f"{payload} {context.attempt}"

    async def method(self, payload: str, context: TaskContext) -> str:
        return f"{payload} {context.attempt}"


def with_prefix(prefix: str, payload: str, ctx: TaskContext) -> str:
    return f"{prefix}{payload} {ctx.attempt}"


async def async_with_prefix(ctx: TaskContext, prefix: str, payload: str) -> str:
    return f"{prefix}{payload} {ctx.attempt}"


def passed_through(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


@pytest.mark.parametrize(
    "callable_",
    [
        Sync(),
        Async(),
        Async().method,
        functools.partial(with_prefix, ""),
        functools.partial(with_prefix, prefix=""),
        functools.partial(async_with_prefix, prefix=""),
        lambda payload, context: f"{payload} {context.attempt}",
        passed_through(Async().method),
    ],
    ids=["instance", "async instance", "method", "partial", "partial by name", "async partial", "lambda", "wrapped"],
)
async def test_anything_callable_is_a_handler(workers: Workers, callable_: Callable[..., Any]) -> None:
    assert (await workers.run(callable_, "n")).result == "n 1"


async def test_the_annotations_of_a_partial_count(workers: Workers) -> None:
    task = await workers.run(functools.partial(with_prefix, ""), {"not": "a text"}, max_attempts=3)
    assert task.last_failure is not None
    assert (task.last_failure.type, task.attempt) == ("InvalidTaskDataError", 1)


async def test_a_second_handler_of_a_type_is_refused_with_both_names(workers: Workers) -> None:
    worker = workers.new()
    worker.on("t", Async().method)
    with pytest.raises(ConfigurationError, match=r"t: has two handlers, .*Async\.method and .*with_prefix: keep one"):
        worker.on("t", with_prefix)


async def test_two_handlers_of_a_type_in_one_module_are_refused(workers: Workers) -> None:
    module = ModuleType("twice")
    module.first = handler("t")(lambda: 1)  # type: ignore[attr-defined]
    module.second = handler("t")(lambda: 2)  # type: ignore[attr-defined]
    with pytest.raises(ConfigurationError, match="has two handlers"):
        workers.new().include(module)


async def test_the_same_handler_may_be_registered_twice(workers: Workers) -> None:
    worker = workers.new()
    worker.on("t", with_context_only)
    worker.on("t", with_context_only)


def with_context_only(context: TaskContext) -> int:
    return context.attempt


def three(payload: Any, context: Any, more: Any) -> None: ...
def positional(payload: Any, /) -> None: ...
def two_contexts(context: TaskContext, ctx: TaskContext) -> None: ...
def unknown_name(payload: Nowhere) -> None: ...  # type: ignore[name-defined] # noqa: F821
def unreadable(payload: "1 +") -> None: ...  # type: ignore[syntax] # noqa: F722
def not_a_type(payload: threading.Lock) -> None: ...  # type: ignore[valid-type]
def generator(payload: Any) -> Iterator[int]:
    yield 1


async def async_generator(payload: Any) -> AsyncIterator[int]:
    yield 1


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        (three, "three: parameter 'more' has nothing to take: it may take a payload and a context"),
        (positional, "positional: parameter 'payload' is positional-only: drop the slash"),
        (two_contexts, "two_contexts: parameter 'ctx' has nothing to take"),
        (unknown_name, "unknown_name: its annotations name 'Nowhere', which cannot be found"),
        (unreadable, "unreadable: its annotations cannot be read"),
        (not_a_type, "not_a_type: its payload type .* is none that pydantic validates"),
        (generator, "generator: yields, so calling it runs nothing"),
        (async_generator, "async_generator: yields, so calling it runs nothing"),
        ("text", "'text': is no handler: give a function"),
        (12, "12: is no handler: give a function"),
    ],
)
async def test_a_bad_handler_is_refused_when_it_is_registered(workers: Workers, function: Any, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        workers.new().on("t", function)


@pytest.mark.parametrize("limits", [{"timeout": 0}, {"soft_timeout": -1}, {"max_attempts": 0}, {"timeout": "5"}])
async def test_a_bad_limit_is_refused_when_it_is_registered(workers: Workers, limits: dict[str, Any]) -> None:
    with pytest.raises(InvalidTaskDataError, match=next(iter(limits))):
        workers.new().on("t", with_context_only, **limits)


async def test_a_bad_type_is_refused_when_it_is_registered(workers: Workers) -> None:
    with pytest.raises(InvalidTaskDataError, match="type"):
        workers.new().on("not a type!", with_context_only)


async def test_nothing_is_registered_once_the_worker_has_started(workers: Workers) -> None:
    worker = workers.new()
    await worker.start()
    for change in (
        lambda: worker.on("t", with_context_only),
        lambda: worker.register_handler(TaskHandlerRegistration(type="t", handler=with_context_only)),
        lambda: worker.include(marked_handlers),
        lambda: worker.use(lambda run: run),
    ):
        with pytest.raises(ConfigurationError, match="was started already"):
            change()


async def test_a_module_gives_the_worker_what_it_marks(any_workers: Workers) -> None:
    marked_handlers.heard.clear()
    marked_handlers.wrapped.clear()
    worker = any_workers.new(until_idle=True)
    worker.include(marked_handlers)
    await worker.enqueue("marked:registration")
    assert (await play(worker, "marked:function", {"n": 1})).result == 2
    assert sorted(marked_handlers.heard) == ["marked:function", "marked:registration"]
    assert sorted(marked_handlers.wrapped) == ["marked:function", "marked:registration"]


async def test_a_module_included_twice_counts_once(workers: Workers) -> None:
    marked_handlers.heard.clear()
    marked_handlers.wrapped.clear()
    worker = workers.new(until_idle=True)
    worker.include(marked_handlers)
    worker.include(marked_handlers)
    await play(worker, "marked:function", {"n": 1})
    assert (marked_handlers.heard, marked_handlers.wrapped) == (["marked:function"], ["marked:function"])


def test_a_marked_function_can_be_called_directly() -> None:
    assert asyncio.run(marked_handlers.function({"n": 4})) == 5


def test_a_mark_carries_the_limits() -> None:
    [function, _] = marked_in(marked_handlers).handlers
    assert (function.type, function.timeout, function.max_attempts) == ("marked:function", 7, 2)


def test_an_object_that_has_every_attribute_marks_nothing() -> None:
    module = ModuleType("mocks")
    module.anything = mock.call  # type: ignore[attr-defined]
    module.more = mock.MagicMock()  # type: ignore[attr-defined]
    marked = marked_in(module)
    assert (marked.handlers, marked.listeners, marked.middlewares) == ((), (), ())


def test_a_listener_for_an_unknown_event_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no event is named 'worker-task:exploded'"):
        listener("worker-task:exploded")


def test_a_module_that_does_not_exist_is_one_clear_line() -> None:
    with pytest.raises(ConfigurationError, match=r"there is no module 'no\.such\.module'"):
        load_module("no.such.module")


async def test_a_worker_without_handlers_waits(any_workers: Workers) -> None:
    worker = any_workers.new(until_idle=True)
    worker.on("t", with_context_only)
    task = await worker.enqueue("unknown")
    assert task is not None
    await finish_with(worker)
    assert (await worker.backstage.get_task(task.id)) == task


async def finish_with(worker: Any) -> None:
    await play(worker, "t")
