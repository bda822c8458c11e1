"""How a function says that it receives a broadcast, and which function receives which."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from backstage.domain.broadcast_message import BroadcastMessage
from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.errors import ConfigurationError, InvalidTaskDataError
from backstage.domain.limits import check_name
from backstage.worker.handling.handler_call import HandlerCall
from backstage.worker.handling.handler_signature import Second

Function = TypeVar("Function", bound=Callable[..., Any])
RECEIVER_MARK = "__backstage_receiver__"


def receiver(name: str) -> Callable[[Function], Function]:
    """Mark a function (sync or async) to be called once on every worker with each broadcast of that name."""
    checked = _name(name)

    def mark(function: Function) -> Function:
        setattr(function, RECEIVER_MARK, checked)
        return function

    return mark


@dataclass(frozen=True, slots=True)
class Receiver:
    """`call` turns a message into the function's arguments."""

    function: Callable[..., Any]
    call: HandlerCall

    @property
    def is_async(self) -> bool:
        return inspect.iscoroutinefunction(self.function) or inspect.iscoroutinefunction(
            getattr(self.function, "__call__", None)  # noqa: B004 - an instance with an async __call__
        )

    @property
    def label(self) -> str:
        return getattr(self.function, "__qualname__", repr(self.function))


class Receivers:
    """The receivers of a worker, by the broadcast's name, in the order they were added.

    A receiver takes the payload, the BroadcastMessage (the parameter named `message`, or annotated so), both or
    neither; the payload is checked against its annotation, as a handler's is. Raises ConfigurationError.
    """

    def __init__(self) -> None:
        self._by_name: dict[str, list[Receiver]] = {}

    def add(self, name: str, function: Callable[..., Any], names: Mapping[str, Any] | None = None) -> None:
        """The same function again counts once. `names` are local names that its annotations may use."""
        added = self._by_name.setdefault(_name(name), [])
        if all(each.function is not function for each in added):
            added.append(Receiver(function, HandlerCall(function, names, second=Second("message", BroadcastMessage))))

    def of(self, name: str) -> tuple[Receiver, ...]:
        return tuple(self._by_name.get(name, ()))

    def __bool__(self) -> bool:
        return bool(self._by_name)


def _name(name: str) -> str:
    try:
        return check_name("broadcast", name)
    except InvalidTaskDataError as error:
        raise ConfigurationError("broadcast", error.fields[0].message) from None
