"""Values and errors that run code of their own when somebody looks at them, made from a recipe that is JSON: so the
same ones arise on the loop, in threads and in processes, which import this module."""

import functools
import itertools
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, computed_field, model_serializer

from backstage.domain.handler_signals import EndAsCancelled, GiveUp, RetryLater
from backstage.domain.next import Next
from backstage.domain.task_result import TaskResult
from backstage.worker.executing.handler_threads import HandlerInterrupted


class Blob(BaseModel):
    data: bytes = b"\xff"


class Ratio(BaseModel):
    total: int = 0

    @computed_field
    @property
    def share(self) -> float:
        return 1 / self.total


class Unwilling(BaseModel):
    @model_serializer
    def serialize(self) -> Any:
        raise SystemExit("not by me")


class Holder(BaseModel):
    inner: Any = None


@dataclass
class HalfBuilt:
    value: int = field(init=False)


class NoAttributes:
    def __getattr__(self, name: str) -> Any:
        raise SystemExit(name)


class NoAttributesAtAll:
    def __getattribute__(self, name: str) -> Any:
        raise KeyboardInterrupt(name)


class NoClass:
    @property
    def __class__(self) -> Any:
        raise OSError("no class")


class SaysItIsAResult:
    __class__ = TaskResult  # type: ignore[assignment]


class NoTruth(list[Any]):
    def __bool__(self) -> bool:
        raise GeneratorExit

    def __iter__(self) -> Any:
        raise StopIteration


class NoItems(dict[str, Any]):
    def items(self) -> Any:
        raise MemoryError("no items")

    def __eq__(self, other: object) -> bool:
        raise BufferError

    __hash__ = None  # type: ignore[assignment]


class NoText(str):
    def replace(self, *_: Any) -> Any:
        raise ZeroDivisionError

    encode = replace


class NoDumpResult(TaskResult):
    @property
    def success(self) -> bool:  # type: ignore[override]
        raise KeyboardInterrupt


def endless() -> Any:
    ring: list[Any] = []
    ring.append(ring)
    return ring


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


REFUSED = {
    "blob": Blob,
    "ratio": Ratio,
    "unwilling": Unwilling,
    "half built": HalfBuilt,
    "no attributes": NoAttributes,
    "no attributes at all": NoAttributesAtAll,
    "no class": NoClass,
    "a false result": SaysItIsAResult,
    "no items": lambda: NoItems(a={1, 2}),
    "a raising result": NoDumpResult,
    "a class": lambda: Next,
    "a set": lambda: {1},
    "an exception": lambda: ValueError("returned, not raised"),
    "a generator": lambda: (each for each in [1]),
    "a cycle": endless,
    "too deep": lambda: deep(200_000 // 1000),
    "next as text": lambda: TaskResult(next="b"),  # type: ignore[arg-type]
    "no next": lambda: TaskResult(next=[None]),  # type: ignore[list-item]
    "endless next": lambda: TaskResult(next=itertools.repeat(Next("b"))),  # type: ignore[arg-type]
    "next with a blob": lambda: Next("b", Blob()),
    "next with half": lambda: [Next("b", HalfBuilt())],
    "next of no type": lambda: Next(None),  # type: ignore[arg-type]
    "next with a bad delay": lambda: Next("b", delay="soon"),  # type: ignore[arg-type]
    "a failure that is no error": lambda: TaskResult(success=False, error=NoAttributesAtAll()),  # type: ignore[arg-type]
}


class NoTextError(Exception):
    def __str__(self) -> str:
        raise SystemExit("no text")


class OddTextError(Exception):
    def __str__(self) -> str:
        return NoText("odd\0\ud800")


class NoAttributesError(Exception):
    def __getattribute__(self, name: str) -> Any:
        raise KeyboardInterrupt(name)


class NoClassError(Exception):
    @property
    def __class__(self) -> Any:
        raise OSError("no class")


class NoCauseError(Exception):
    @property
    def __cause__(self) -> Any:  # type: ignore[override]
        raise GeneratorExit

    with_traceback = __notes__ = None  # type: ignore[assignment]


class NameOfItsOwn(type):
    @property
    def __name__(cls) -> Any:  # type: ignore[override]
        raise SystemExit


class NamelessError(Exception, metaclass=NameOfItsOwn):
    pass


class NoSuperLater(RetryLater):
    def __init__(self) -> None:
        pass


class NoneLater(RetryLater):
    def __init__(self, delay: Any) -> None:
        super().__init__(0)
        self.delay = delay


class RaisingLater(RetryLater):
    def __init__(self) -> None:
        pass

    @property
    def delay(self) -> float:  # type: ignore[override]
        raise KeyboardInterrupt


class Outside(BaseException):
    pass


class UnreadableGiveUp(GiveUp):
    def __str__(self) -> str:
        raise OSError


ERRORS = {
    "plain": lambda: ValueError("plain"),
    "exit": lambda: SystemExit(3),
    "interrupt": KeyboardInterrupt,
    "generator exit": GeneratorExit,
    "stop iteration": StopIteration,
    "stop async iteration": StopAsyncIteration,
    "an interrupt of ours": HandlerInterrupted,
    "outside": lambda: Outside("x"),
    "no text": NoTextError,
    "odd text": OddTextError,
    "no attributes": NoAttributesError,
    "no class": NoClassError,
    "no cause": NoCauseError,
    "no name": NamelessError,
    "later without super": NoSuperLater,
    "later at nan": lambda: NoneLater(float("nan")),
    "later at inf": lambda: NoneLater(float("inf")),
    "later in words": lambda: NoneLater("soon"),
    "later, raising": RaisingLater,
    "later made with nan": lambda: RetryLater(float("nan")),
    "later made in words": lambda: RetryLater("soon"),  # type: ignore[arg-type]
    "unreadable": UnreadableGiveUp,
    "group": lambda: ExceptionGroup("many", [ValueError(), NoTextError()]),
    "base group": lambda: BaseExceptionGroup("many", [SystemExit(), ValueError()]),
    "group of signals": lambda: ExceptionGroup("many", [EndAsCancelled(), GiveUp()]),
    "no exception": lambda: "a text",
    "memory": MemoryError,
    "recursion": functools.partial(deep, -1),
}
WRAPPERS = {
    "list": lambda value: [0, value],
    "tuple": lambda value: (value, 1),
    "dict": lambda value: {"a": value},
    "model": lambda value: Holder(inner=value),
    "result": lambda value: TaskResult(result=value),
    "result of a next": lambda value: Next("b", result=value),
    "payload of a next": lambda value: Next("b", value),
}


def end(recipe: dict[str, Any]) -> Any:
    """Raise or return what the recipe says; all of it fails the attempt."""
    if "raises" in recipe:
        raise ERRORS[recipe["raises"]]()
    value = REFUSED[recipe["returns"]]()
    for wrapper in recipe.get("in", ()):
        value = WRAPPERS[wrapper](value)
    return value


async def end_on_the_loop(recipe: Any) -> Any:
    return end(recipe)


def end_in_a_thread(recipe: Any) -> Any:
    return end(recipe)


def end_in_a_process(recipe: Any) -> Any:
    return end(recipe)
