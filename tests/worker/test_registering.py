from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any, Optional
from unittest import mock

import pytest

from backstage import TaskContext, TaskHandlerRegistration, handler, listener
from backstage.domain.errors import ConfigurationError, InvalidTaskDataError
from backstage.worker.handling.handler_modules import load_module, marked_in
from backstage.worker.handling.handler_path import HandlerPath
from tests.worker import marked_handlers
from tests.worker.workers import Workers, found, play

if TYPE_CHECKING:
    from backstage.worker import context as types

    Report = Any


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


def positionally(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any) -> Any:
        return function(*args)

    return wrapper


def by_keyword(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(**kwargs: Any) -> Any:
        return function(**kwargs)

    return wrapper


def renaming(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(value: Any, *args: Any, **kwargs: Any) -> Any:
        return function(value, *args, **kwargs)

    return wrapper


def renaming_all(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(one, two):  # type: ignore[no-untyped-def]
        return function(one, two)

    return wrapper


def injecting(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(payload: str, context: TaskContext) -> Any:
        return function("", payload, context)

    return wrapper


def bare(function: Callable[..., Any]) -> Callable[..., Any]:
    def wrapper(payload: Any, context: Any) -> Any:
        return function(payload, context)

    return wrapper


class Decorated:
    @positionally
    def method(self, payload: str, context: TaskContext) -> str:
        return f"{payload} {context.attempt}"

    @positionally
    async def __call__(self, payload: str, context: TaskContext) -> str:
        return f"{payload} {context.attempt}"


def plain(payload: str, ctx: TaskContext) -> str:
    return f"{payload} {ctx.attempt}"


def positions_alone(payload: str, ctx: TaskContext, /) -> str:
    return f"{payload} {ctx.attempt}"


def with_a_default_first(db="", payload=None, context=None) -> str:  # type: ignore[no-untyped-def]
    return f"{db}{payload} {context.attempt}"


@pytest.mark.parametrize(
    "callable_",
    [
        positionally(plain),
        renaming(plain),
        positionally(renaming(passed_through(plain))),
        renaming_all(plain),
        injecting(with_prefix),
        bare(plain),
        passed_through(bare(plain)),
        by_keyword(plain),
        by_keyword(with_a_default_first),
        with_a_default_first,
        functools.partial(positionally(with_prefix), ""),
        functools.lru_cache(plain),
        Decorated(),
        Decorated().method,
        positions_alone,
        positionally(positions_alone),
    ],
)
async def test_payload_and_context_pass_the_usual_decorators(
    any_workers: Workers, callable_: Callable[..., Any]
) -> None:
    assert (await any_workers.run(callable_, "n")).result == "n 1"


async def test_a_decorator_that_renames_keeps_the_annotation(workers: Workers) -> None:
    task = await workers.run(renaming_all(plain), {"not": "a text"}, max_attempts=3)
    assert task.last_failure is not None
    assert task.last_failure.type == "InvalidTaskDataError"


async def test_what_a_loop_has_bound_beside_the_payload_is_kept(workers: Workers) -> None:
    worker = workers.new(until_idle=True)
    for name in ("a", "b"):
        worker.on(name, lambda payload, name=name: [payload, name])
    await worker.enqueue("a", 1)
    assert (await play(worker, "b", 2)).result == [2, "b"]
    [first] = await found(worker, type="a")
    assert first.result == [1, "a"]


def optional_context(payload: Any, c: TaskContext | None = None) -> Any:
    return c.attempt if c else None


def any_of_two(payload: Any, c: Annotated[int | TaskContext, "n"]) -> Any:
    return c.attempt if isinstance(c, TaskContext) else None


@pytest.mark.parametrize("function", [optional_context, any_of_two])
async def test_an_optional_context_is_given(any_workers: Workers, function: Any) -> None:
    assert (await any_workers.run(function, 5)).result == 1


def returns_unknown(payload: dict[str, Any]) -> Report:
    return payload


def context_unknown(payload: dict[str, Any], context: Report) -> Any:
    return payload


def context_by_an_unknown_name(payload: dict[str, Any], c: Optional[types.TaskContext] = None) -> Any:  # noqa: UP045
    return payload if c else None


def bound_unknown(payload: dict[str, Any], report: Report | None = None) -> Any:
    return payload


@pytest.mark.parametrize(
    "function",
    [
        returns_unknown,
        context_unknown,
        context_by_an_unknown_name,
        bound_unknown,
        functools.partial(bound_unknown, report=None),
        passed_through(returns_unknown),
    ],
)
async def test_names_that_only_the_type_checker_knows_stop_nothing(any_workers: Workers, function: Any) -> None:
    assert (await any_workers.run(function, {"n": 1})).result == {"n": 1}


def test_a_process_handler_that_its_name_does_not_lead_to_is_refused() -> None:
    HandlerPath.of(plain)
    with pytest.raises(ConfigurationError, match="another function under that name"):
        HandlerPath.of(positionally(plain))


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
def unbound(self: Any) -> None: ...
def anything(*args: Any, **kwargs: Any) -> None: ...
def context_and_anything(context: Any, *args: Any) -> None: ...
def with_a_default(limit=5) -> None: ...  # type: ignore[no-untyped-def]
def narrow(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(context: Any, *args: Any) -> Any:
        return function(*args)

    return wrapper


class Yields:
    def __call__(self, payload: Any) -> Iterator[int]:
        yield 1


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
        (three, "three: takes at most a payload and a context: parameter 'more' is one too many"),
        (unbound, "parameter 'self' needs an object"),
        (anything, r"takes \*args or \*\*kwargs, so its parameters are unknown"),
        (context_and_anything, r"takes \*args or \*\*kwargs, so its parameters are unknown"),
        (mock.Mock(), r"takes \*args or \*\*kwargs, so its parameters are unknown"),
        (with_a_default, "is ambiguous, because 'limit' has a default"),
        (lambda context, n=5: n, "is ambiguous, because 'n' has a default"),
        (narrow(lambda: 1), "one of its decorators does not take the parameters of the function"),
        (dict, "is a class, which would only be instantiated"),
        (Yields(), "is a generator, so a call runs nothing"),
        (functools.partial(Yields()), "is a generator, so a call runs nothing"),
        (two_contexts, "two_contexts: takes at most a payload and a context: parameter 'ctx'"),
        (unknown_name, "unknown_name: its annotations name 'Nowhere', which cannot be found"),
        (unreadable, "unreadable: its annotations cannot be read"),
        (not_a_type, "not_a_type: pydantic cannot validate its payload type"),
        (generator, "generator: is a generator, so a call runs nothing"),
        (async_generator, "async_generator: is a generator, so a call runs nothing"),
        ("text", "'text': is not a handler: pass a function"),
        (12, "12: is not a handler: pass a function"),
    ],
)
async def test_a_bad_handler_is_refused_when_it_is_registered(workers: Workers, function: Any, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        workers.new().on("t", function)


@pytest.mark.parametrize("limits", [{"timeout": 0}, {"soft_timeout": -1}, {"max_attempts": 0}, {"timeout": "5"}])
async def test_a_bad_limit_is_refused_when_it_is_registered(workers: Workers, limits: dict[str, Any]) -> None:
    with pytest.raises(InvalidTaskDataError, match=next(iter(limits))):
        workers.new().on("t", with_context_only, **limits)


async def test_a_misspelt_limit_is_told_what_was_meant(workers: Workers) -> None:
    wrong: dict[str, Any] = {"max_attempt": 3}
    for name, register in (("on", workers.new().on), ("handler", handler)):
        with pytest.raises(TypeError, match=rf"^{name}\(\) got .* 'max_attempt': did you mean 'max_attempts'\?$"):
            register("t", **wrong)


def test_a_misspelt_option_of_a_listener_is_told_what_was_meant() -> None:
    with pytest.raises(TypeError, match=r"^listener\(\) got .* 'durabl': did you mean 'durable'\?$"):
        listener("worker-task:failed", durabl="x")  # type: ignore[misc]


async def test_what_is_no_module_and_no_middleware_is_refused(workers: Workers) -> None:
    wrong: Any = "tasks"
    with pytest.raises(ConfigurationError, match=r"^include: 'tasks' is not a module: import it"):
        workers.new().include(wrong)
    with pytest.raises(ConfigurationError, match=r"^middleware: 'tasks' is not a function"):
        workers.new().use(wrong)


@pytest.mark.parametrize("option", [{"handlers": "tasks"}, {"processes": 2}, {"http": "127.0.0.1:0"}])
async def test_an_option_that_only_the_command_reads_is_refused(workers: Workers, option: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=rf"^{next(iter(option))}: is read by `backstage worker` only: "):
        workers.new(**option)


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
