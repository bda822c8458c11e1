"""A function's annotations, each resolved only when it is needed."""

from __future__ import annotations

import inspect
import re
import types
import typing
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from backstage.domain.errors import ConfigurationError


class Annotations:
    """Names that exist for the type checker alone (`if TYPE_CHECKING:`) are no problem where nobody needs them: in the
    annotation of what a function returns, or of what it takes by its name."""

    def __init__(self, function: Callable[..., Any], names: Mapping[str, Any] | None, label: str) -> None:
        """`names` are local names that the annotations may use."""
        while isinstance(function, partial):
            function = function.func
        plain = function if inspect.isroutine(function) else type(function).__call__
        self._holders = _holders(plain)
        self._names = names
        self._label = label

    def is_of(self, parameter: inspect.Parameter, name: str, wanted: type) -> bool:
        """Whether the parameter has the name, or is annotated with the type, perhaps as one of several."""
        if parameter.name == name:
            return True
        annotation = self._annotation(parameter)
        try:
            return _has(self._resolved(annotation), wanted)
        except Exception:  # of a name that cannot be found, the text tells
            text = annotation if isinstance(annotation, str) else str(annotation)
            return re.search(rf"\b{wanted.__name__}\b", text) is not None

    def payload_type(self, parameter: inspect.Parameter) -> Any:
        """Raises ConfigurationError for a name that cannot be found."""
        try:
            return self._resolved(self._annotation(parameter))
        except NameError as error:
            raise ConfigurationError(
                self._label,
                f"its annotations name {error.name!r}, which cannot be found: define it at module level, "
                "and import it at run time",
            ) from None
        except Exception as error:  # an annotation may be any expression
            raise ConfigurationError(self._label, f"its annotations cannot be read: {error}") from error

    def _annotation(self, parameter: inspect.Parameter) -> Any:
        return Any if parameter.annotation is parameter.empty else parameter.annotation

    def _resolved(self, annotation: Any) -> Any:
        """A decorator's function has its annotations from the one it wraps, whose module knows the names."""
        holder = types.SimpleNamespace(__annotations__={"it": annotation})
        local = dict(self._names) if self._names else None
        problem: NameError | None = None
        for known in self._holders:
            try:
                return typing.get_type_hints(holder, known, local, include_extras=True)["it"]
            except NameError as error:
                problem = problem or error
        assert problem is not None
        raise problem


def _holders(function: Any) -> list[dict[str, Any]]:
    """The global names of the innermost function first."""
    found: list[dict[str, Any]] = []
    while function is not None:
        found.insert(
            0, getattr(function, "__globals__", getattr(getattr(function, "__func__", None), "__globals__", {}))
        )
        function = getattr(function, "__wrapped__", None)
    return found


def _has(annotation: Any, wanted: type) -> bool:
    if annotation is wanted:
        return True
    if typing.get_origin(annotation) in (typing.Union, types.UnionType, typing.Annotated):
        return any(_has(each, wanted) for each in typing.get_args(annotation))
    return False
