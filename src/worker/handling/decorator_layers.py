"""A function and the decorators round it, each with its own parameters."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.errors import ConfigurationError

Parameter = inspect.Parameter
_MOST_DECORATORS = 100
_ANYTHING = inspect.signature(lambda *args, **kwargs: None)
_VARIABLE = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)


@dataclass(frozen=True, slots=True)
class Layer:
    function: Callable[..., Any]
    signature: inspect.Signature
    parameters: list[Parameter]
    """Those that can be told apart: not *args, nor what a partial has bound."""

    within: list[Parameter]
    """Those of the function that this layer wraps, if any."""

    @property
    def has_variable(self) -> bool:
        return any(each.kind in _VARIABLE for each in self.signature.parameters.values())

    def meant(self, parameter: Parameter) -> Parameter:
        """What a decorator calls by another name and does not annotate is what stands there in the function."""
        position = self.parameters.index(parameter)
        names = {each.name for each in self.parameters}
        is_renamed = all(each.name != parameter.name for each in self.within)
        if is_renamed and position < len(self.within) and self.within[position].name not in names:
            meant = self.within[position]
            return meant if parameter.annotation is parameter.empty else parameter
        return parameter


def layers_of(function: Callable[..., Any], label: str) -> tuple[list[Layer], Layer]:
    """The decorators that pass on what they get, and the layer whose parameters count."""
    outer: list[Layer] = []
    while len(outer) < _MOST_DECORATORS:
        layer = _layer(function, label)
        within = _wrapped(function)
        if within is None or not layer.has_variable:
            return outer, layer
        outer.append(layer)
        function = within
    raise ConfigurationError(label, "is not a handler: it seems to wrap itself")


def _layer(function: Callable[..., Any], label: str) -> Layer:
    within = _wrapped(function)
    signature = _signature(function)
    if signature is None and within is not None:  # such as what functools.cache returns
        signature = _ANYTHING
    if signature is None:
        raise ConfigurationError(label, "is not a handler: pass a function with a signature that Python can inspect")
    inner = None if within is None else _signature(within)
    return Layer(function, signature, _named(signature, function), [] if inner is None else _named(inner, within))


def _signature(function: Any) -> inspect.Signature | None:
    try:
        return inspect.signature(function, follow_wrapped=False)
    except (TypeError, ValueError):
        return None


def _named(signature: inspect.Signature, function: Any) -> list[Parameter]:
    bound = function.keywords if isinstance(function, partial) else {}
    return [each for each in signature.parameters.values() if each.kind not in _VARIABLE and each.name not in bound]


def _wrapped(function: Any) -> Callable[..., Any] | None:
    """What functools.wraps says that the function calls, bound as the function is."""
    if isinstance(function, partial):
        within = _wrapped(function.func)
        return None if within is None else partial(within, *function.args, **function.keywords)
    if not inspect.isroutine(function) and not hasattr(function, "__wrapped__"):
        function = getattr(function, "__call__", None)  # noqa: B004 - of an instance
    within = getattr(function, "__wrapped__", None)
    if not callable(within):
        return None
    bound: Callable[..., Any] = within.__get__(function.__self__) if inspect.ismethod(function) else within
    return bound
