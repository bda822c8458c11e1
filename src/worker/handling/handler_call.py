"""How a handler is called: its signature is read once, its payload validated before each call."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from backstage.domain.payload import decode_payload
from backstage.worker.handling.context import TaskContext
from backstage.worker.handling.handler_signature import Second, read_signature
from backstage.worker.handling.payload_misfit import PayloadMisfit

if TYPE_CHECKING:
    from backstage.worker.handling.payload_reader import PayloadReader

_ANY_JSON = (Any, object, inspect.Parameter.empty)
_CONTEXT = Second("context", TaskContext)


class HandlerCall:
    """Turns a payload's text and a context into a call of the handler.

    One parameter may take the payload: a pydantic model, dataclass, TypedDict or any type that pydantic can
    validate; without annotation, the JSON value. One may take the context. `read_signature` says which. Raises
    ConfigurationError for a function that does not tell.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        names: Mapping[str, Any] | None = None,
        *,
        second: Second = _CONTEXT,
        payload_type: Any = Any,
    ) -> None:
        """`names` are local names that the annotations may use; `second` is what may be taken beside the payload;
        `payload_type` is what the payload is read by where it has no annotation."""
        self.function = function
        takes = self._takes = read_signature(function, names, second)
        label = getattr(function, "__qualname__", repr(function))
        kind = payload_type if takes.payload_type in _ANY_JSON else takes.payload_type
        self._reader = None if kind in _ANY_JSON else _reader(kind, label)
        self._read: Callable[[str], Any] = _json_value if self._reader is None else self._reader.read
        self._is_plain = (takes.payload, takes.second, takes.positions) == (0, None, 1)

    def of(self, payload_json: str, second: object) -> Callable[[], Any]:
        """Return the call. Raises PayloadMisfit when the payload does not fit the handler's type."""
        takes = self._takes
        positional: list[Any] = [None] * takes.positions
        keywords: dict[str, Any] = {}
        for place, value in (
            (takes.payload, None if takes.payload is None else self._read(payload_json)),
            (takes.second, second),
        ):
            if isinstance(place, int):
                positional[place] = value
            elif place is not None:
                keywords[place] = value
        return partial(self.function, *positional, **keywords)

    def check(self, payload_json: str) -> None:
        """Raises PayloadMisfit when the payload does not fit the handler's type."""
        if self._takes.payload is not None:
            self._read(payload_json)

    def schema(self) -> str | None:
        """The JSON schema of its payload, as text; None where it takes any, or none that has a schema."""
        return None if self._reader is None or self._takes.payload is None else self._reader.schema()

    def run(self, context: TaskContext) -> Any:
        """Call the handler in this thread; what an async one returns is to be awaited."""
        if self._is_plain:
            return self.function(self._read(context.task.payload_json))
        return self.of(context.task.payload_json, context)()


def _json_value(payload_json: str) -> Any:
    try:
        return decode_payload(payload_json)
    except (ValueError, RecursionError) as error:
        raise PayloadMisfit.of("payload", f"is not JSON: {error}") from None


def _reader(payload_type: Any, label: str) -> PayloadReader:
    from backstage.worker.handling.payload_reader import PayloadReader  # noqa: PLC0415 - loads pydantic

    return PayloadReader(payload_type, label)
