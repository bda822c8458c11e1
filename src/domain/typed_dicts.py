"""TypedDicts in a form that pydantic takes on every supported Python."""

from __future__ import annotations

import sys
import types
import typing
from functools import reduce
from operator import or_
from typing import Any

import typing_extensions


def validatable(annotation: Any) -> Any:
    """Return the type with each `typing.TypedDict` in it made anew.

    Before Python 3.12 they do not know which of their inherited keys are required, so pydantic refuses them.
    """
    return annotation if sys.version_info >= (3, 12) else _remade(annotation)


def _remade(annotation: Any) -> Any:
    if typing.is_typeddict(annotation) and type(annotation).__module__ == "typing":
        hints = typing.get_type_hints(annotation)
        required = annotation.__required_keys__
        fields = {
            name: _remade(hint) if name in required else typing_extensions.NotRequired[_remade(hint)]
            for name, hint in hints.items()
        }
        return typing_extensions.TypedDict(annotation.__name__, fields)  # type: ignore[operator]
    arguments = typing.get_args(annotation)
    remade = tuple(_remade(each) for each in arguments)
    if remade == arguments:
        return annotation
    origin = typing.get_origin(annotation)
    return reduce(or_, remade) if origin in (typing.Union, types.UnionType) else origin[remade]
