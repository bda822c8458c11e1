"""What can be told of a handler to those who never import it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from backstage.domain.type_definition import LONGEST_SCHEMA, TypeDefinition
from backstage.worker.handling.handler import TaskHandlerRegistration
from backstage.worker.handling.handler_call import HandlerCall


def defined(registration: TaskHandlerRegistration, call: HandlerCall, told_at: datetime) -> TypeDefinition:
    schema = call.schema()
    function = _own_function(registration.handler)
    return TypeDefinition(
        type=registration.type,
        version=registration.version,
        module=str(getattr(function, "__module__", "?")),
        line=_line_of(function),
        schema=schema if schema is not None and len(schema) <= LONGEST_SCHEMA else None,
        told_at=told_at,
    )


def _own_function(handler: Callable[..., Any]) -> Any:
    """What somebody wrote, under decorators and bound arguments."""
    function: Any = inspect.unwrap(handler)
    while isinstance(function, partial):
        function = inspect.unwrap(function.func)
    return function if inspect.isroutine(function) else type(function).__call__


def _line_of(function: Any) -> int | None:
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    return None if code is None else int(code.co_firstlineno)
