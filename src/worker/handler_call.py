"""How a handler is called: its signature is read once, its payload validated before each call."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from pydantic import TypeAdapter, ValidationError

from backstage.domain.errors import ConfigurationError, FieldError
from backstage.domain.payload import decode_payload
from backstage.worker.context import TaskContext
from backstage.worker.payload_misfit import PayloadMisfit
from backstage.worker.typed_dicts import validatable

_ANY_JSON = (Any, object, inspect.Parameter.empty)


class HandlerCall:
    """Turns a payload's text and a context into a handler's arguments.

    One parameter may take the payload: a pydantic model, dataclass, TypedDict or any type that pydantic can
    validate; without annotation, the JSON value. One may take the context: the one named `context` or annotated
    TaskContext. Raises ConfigurationError for any other signature.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        names: Mapping[str, Any] | None = None,
        *,
        second: tuple[str, type] = ("context", TaskContext),
    ) -> None:
        """`names` are local names that the annotations may use; `second` is the name and the annotation of what may
        be taken beside the payload."""
        self.function = function
        self._second = second
        label = getattr(function, "__qualname__", repr(function))
        bound = function.keywords if isinstance(function, partial) else {}
        parameters = _parameters(function, label)
        hints = _annotations(function, label, names)
        self._payload_name: str | None = None
        self._context_name: str | None = None
        for parameter in parameters:
            if parameter.name not in bound:
                self._place(parameter, hints, label)
        payload_type = hints.get(self._payload_name, Any) if self._payload_name else Any
        self._adapter = None if payload_type in _ANY_JSON else _adapter(payload_type, label)

    def arguments(self, payload_json: str, context: object) -> dict[str, Any]:
        """Raises PayloadMisfit when the payload does not fit the handler's type."""
        arguments: dict[str, Any] = {}
        if self._payload_name is not None:
            arguments[self._payload_name] = self._payload(payload_json)
        if self._context_name is not None:
            arguments[self._context_name] = context
        return arguments

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

    def _place(self, parameter: inspect.Parameter, hints: Mapping[str, Any], label: str) -> None:
        has_default = parameter.default is not parameter.empty
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            return
        if parameter.kind is parameter.POSITIONAL_ONLY:
            raise ConfigurationError(label, f"parameter {parameter.name!r} is positional-only: drop the slash")
        second_name, second_type = self._second
        is_context = parameter.name == second_name or hints.get(parameter.name) is second_type
        if is_context and self._context_name is None:
            self._context_name = parameter.name
        elif not is_context and self._payload_name is None:
            self._payload_name = parameter.name
        elif not has_default:
            raise ConfigurationError(
                label,
                f"parameter {parameter.name!r} has nothing to take: it may take a payload and a {second_name}",
            )


def _parameters(function: Callable[..., Any], label: str) -> list[inspect.Parameter]:
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise ConfigurationError(label, "yields, so calling it runs nothing: let it return, and chain tasks with Next")
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        raise ConfigurationError(label, "is no handler: give a function whose signature Python can tell") from None


def _annotations(function: Callable[..., Any], label: str, names: Mapping[str, Any] | None) -> dict[str, Any]:
    while isinstance(function, partial):
        function = function.func
    plain = function if inspect.isroutine(function) else type(function).__call__
    try:
        return typing.get_type_hints(plain, localns=dict(names) if names else None, include_extras=True)
    except NameError as error:
        raise ConfigurationError(
            label, f"its annotations name {error.name!r}, which cannot be found: define it at module level"
        ) from None
    except Exception as error:  # an annotation may be any expression
        raise ConfigurationError(label, f"its annotations cannot be read: {error}") from error


def _adapter(payload_type: Any, label: str) -> TypeAdapter[Any]:
    try:
        return TypeAdapter(validatable(payload_type))
    except Exception as error:
        raise ConfigurationError(label, f"its payload type {payload_type!r} is none that pydantic validates") from error


def _field_error(error: Mapping[str, Any]) -> FieldError:
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error["loc"])
    return FieldError(f"payload{path}", error["msg"])
