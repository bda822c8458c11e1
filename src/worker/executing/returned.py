"""What a handler may return, and what is refused because a task would be lost in it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.failure import text_of
from backstage.domain.limits import check_name, shown
from backstage.domain.next import Next
from backstage.domain.task_result import TaskResult

REMEDY = (
    "return Next(..., result=...) to give a result as well, a list of Next for several next tasks, "
    "or TaskResult(result=..., next=[...])"
)
_LEAVES = frozenset({str, int, float, bool, type(None)})
_NEXT_FIELDS = frozenset(each.name for each in dataclasses.fields(Next)) | {"next"}


class HandlerFailed(Exception):
    """A handler returned TaskResult(success=False) with a text in place of an exception."""


@dataclasses.dataclass(frozen=True, slots=True)
class Returned:
    """A handler's value, taken apart. `error` is that of a TaskResult without success; then the others are empty."""

    result: Any = None
    nexts: Sequence[Next] = ()
    error: BaseException | None = None

    @classmethod
    def of(cls, value: Any) -> Returned:
        """Raises InvalidTaskDataError for a Next or a TaskResult in any other place, and whatever the value itself
        raises when it is looked at."""
        if isinstance(value, TaskResult):
            if not value.success:
                return cls(error=_as_error(value.error))
            return cls(_only_result(value.result, nexts := nexts_of(value)), nexts)
        if isinstance(value, Next):
            return cls(_only_result(None, (value,)), (value,))
        if isinstance(value, (list, tuple)) and value and all(isinstance(each, Next) for each in value):
            return cls(_only_result(None, value), tuple(value))
        return cls(_only_result(value, ()))


def refuse_misplaced(value: Any, path: str) -> None:
    """Raise InvalidTaskDataError if a Next or a TaskResult lies anywhere in the value: as JSON it would be data, and
    the task that it names would never run."""
    seen: set[int] = set()
    rest = [value]
    while rest:
        each = rest.pop()
        kind = type(each)
        if id(each) in seen or kind in _LEAVES:
            continue
        seen.add(id(each))
        if kind is dict:
            rest += [part for part in each.values() if type(part) not in _LEAVES]
        elif kind is list or kind is tuple:
            rest += [part for part in each if type(part) not in _LEAVES]
        elif isinstance(each, (Next, TaskResult)):
            place = _place_of(each, value, path)
            raise InvalidTaskDataError.of(
                place, f"holds a {kind.__name__}, which would be stored as data and never run: {REMEDY}"
            )
        else:
            rest += [part for part, _ in _placed_parts(each, path)]


def _place_of(wanted: object, value: Any, path: str) -> str:
    """Found in a second walk, for nearly every value is walked in vain, and paths cost."""
    seen: set[int] = set()
    rest = [(value, path)]
    while rest:
        each, place = rest.pop()
        if each is wanted:
            return place
        if id(each) not in seen and type(each) not in _LEAVES:
            seen.add(id(each))
            rest += _placed_parts(each, place)
    return path


def looks_like_next(result: Any) -> bool:
    """Whether it is a mapping like {"next": "email:send", "payload": ...}, which other systems chain tasks with, or a
    list of nothing else."""
    if isinstance(result, list):
        return bool(result) and all(isinstance(each, dict) and looks_like_next(each) for each in result)
    if not isinstance(result, dict) or not isinstance(result.get("next"), str) or not result.keys() <= _NEXT_FIELDS:
        return False
    try:
        check_name("next", result["next"])
    except InvalidTaskDataError:
        return False
    return True


def _placed_parts(value: Any, path: str) -> Iterable[tuple[Any, str]]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield each, f"{path}.{key}" if isinstance(key, str) else path
    elif isinstance(value, (list, tuple)):
        for index, each in enumerate(value):
            yield each, f"{path}[{index}]"
    elif isinstance(value, (set, frozenset)):
        for each in value:
            yield each, path
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield getattr(value, field.name), f"{path}.{field.name}"
    elif isinstance(value, Struct):
        for name in value.__struct_fields__:
            yield getattr(value, name), f"{path}.{name}"
    elif hasattr(type(value), "model_dump"):
        for name, each in {**vars(value), **(getattr(value, "__pydantic_extra__", None) or {})}.items():
            yield each, f"{path}.{name}"


def _only_result(result: Any, nexts: Sequence[Next]) -> Any:
    """The one result that a TaskResult and its Next give between them."""
    results = [each for each in (result, *(following.result for following in nexts)) if each is not None]
    if len(results) > 1:
        raise InvalidTaskDataError.of(
            "result", "is given more than once: only one Next, or the TaskResult, may have it"
        )
    for each in results:
        refuse_misplaced(each, "result")
    for following in nexts:
        refuse_misplaced(following.plain_payload, "payload")
    return results[0] if results else None


def _as_error(error: object) -> BaseException:
    if isinstance(error, BaseException):
        return error
    if error is None or error == "":
        return HandlerFailed("the handler returned success=False")
    return HandlerFailed(text_of(error))


def nexts_of(value: TaskResult) -> Sequence[Next]:
    """Raises InvalidTaskDataError for a `next` that is not a Next or a list of them."""
    nexts: object = value.next
    if nexts is None:
        return ()
    if isinstance(nexts, Next):
        return (nexts,)
    if not isinstance(nexts, (list, tuple)):
        raise InvalidTaskDataError.of("next", f"is {shown(nexts)}, not a Next or a list of them: {REMEDY}")
    for index, each in enumerate(nexts):
        if not isinstance(each, Next):
            raise InvalidTaskDataError.of(f"next[{index}]", f"is {shown(each)}, not a Next: {REMEDY}")
    return tuple(nexts)
