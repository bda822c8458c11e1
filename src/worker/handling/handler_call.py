"""How a handler is called: its signature is read once, its payload validated before each call."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from pydantic import TypeAdapter, ValidationError

from backstage.domain.errors import ConfigurationError, FieldError
from backstage.domain.payload import decode_payload
from backstage.worker.handling.context import TaskContext
from backstage.worker.handling.handler_signature import Second, read_signature
from backstage.worker.handling.payload_misfit import PayloadMisfit
from backstage.worker.handling.typed_dicts import validatable

_ANY_JSON = (Any, object, inspect.Parameter.empty)
_CONTEXT = Second("context", TaskContext)


class HandlerCall:
    """Turns a payload's text and a context into a call of the handler.

    One parameter may take the payload: a pydantic model, dataclass, TypedDict or any type that pydantic can
    validate; without annotation, the JSON value. One may take the context. `read_signature` says which. Raises
    ConfigurationError for a function that does not tell.
    """

    def __init__(
        self, function: Callable[..., Any], names: Mapping[str, Any] | None = None, *, second: Second = _CONTEXT
    ) -> None:
        """`names` are local names that the annotations may use; `second` is what may be taken beside the payload."""
        self.function = function
        takes = self._takes = read_signature(function, names, second)
        label = getattr(function, "__qualname__", repr(function))
        self._adapter = None if takes.payload_type in _ANY_JSON else _adapter(takes.payload_type, label)

    def of(self, payload_json: str, second: object) -> Callable[[], Any]:
        """Return the call. Raises PayloadMisfit when the payload does not fit the handler's type."""
        takes = self._takes
        positional: list[Any] = [None] * takes.positions
        keywords: dict[str, Any] = {}
        for place, value in (
            (takes.payload, None if takes.payload is None else self._payload(payload_json)),
            (takes.second, second),
        ):
            if isinstance(place, int):
                positional[place] = value
            elif place is not None:
                keywords[place] = value
        return partial(self.function, *positional, **keywords)

    def run(self, context: TaskContext) -> Any:
        """Call the handler in this thread; what an async one returns is to be awaited."""
        return self.of(context.task.payload_json, context)()

    def _payload(self, payload_json: str) -> Any:
        if self._adapter is None:
            try:
                return decode_payload(payload_json)
            except (ValueError, RecursionError) as error:
                raise PayloadMisfit.of("payload", f"is not JSON: {error}") from None
        try:
            return self._adapter.validate_json(payload_json)
        except ValidationError as error:
            raise PayloadMisfit(tuple(_field_error(each) for each in error.errors())) from None


def _adapter(payload_type: Any, label: str) -> TypeAdapter[Any]:
    try:
        return TypeAdapter(validatable(payload_type))
    except Exception as error:
        raise ConfigurationError(label, f"its payload type {payload_type!r} is none that pydantic validates") from error


def _field_error(error: Mapping[str, Any]) -> FieldError:
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error["loc"])
    return FieldError(f"payload{path}", error["msg"])
