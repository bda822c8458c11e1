"""Which of a function's parameters take what, behind whatever decorators it has."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.errors import ConfigurationError
from backstage.worker.handling.annotations import Annotations
from backstage.worker.handling.decorator_layers import Layer, layers_of

Parameter = inspect.Parameter


@dataclass(frozen=True, slots=True)
class Second:
    """What may be taken beside the payload: by a parameter of this name, or one that is annotated so."""

    name: str
    type: type


@dataclass(frozen=True, slots=True)
class Takes:
    """How a function is called. An index is a position, a text a keyword; None takes nothing.

    `positions` is how many arguments go by position.
    """

    payload: int | str | None
    second: int | str | None
    positions: int
    payload_type: Any


def read_signature(function: Callable[..., Any], names: Mapping[str, Any] | None, second: Second) -> Takes:
    """Return how to call `function`; `names` are local names that its annotations may use.

    The parameters are those of the outermost layer that names all of its own: a decorator with *args or **kwargs passes
    on what the function takes that functools.wraps names. The second thing goes to the parameter of its name or
    annotation; the payload to the one named `payload`, else to the first that has no default, else to the first if it
    is annotated or None by default. Raises ConfigurationError where that tells nothing.
    """
    label = getattr(function, "__qualname__", repr(function))
    _refuse_what_runs_nothing(function, label)
    outer, layer = layers_of(function, label)
    annotations = Annotations(layer.function, names, label)
    seconds = [each for each in layer.parameters if annotations.is_of(layer.meant(each), second.name, second.type)]
    chosen = seconds[0] if seconds else None
    payload = _payload(layer, annotations, [each for each in layer.parameters if each not in seconds], label)
    _refuse_what_stays_empty(layer, (payload, chosen), second.name, label)
    payload_type = Any if payload is None else annotations.payload_type(layer.meant(payload))
    for takes in _ways_to_call(layer.parameters, payload, chosen, payload_type):
        if all(_accepts(each.signature, takes) for each in (*outer, layer)):
            return takes
    raise ConfigurationError(
        label, "one of its decorators does not take the parameters of the function: let it pass on *args and **kwargs"
    )


def _payload(layer: Layer, annotations: Annotations, candidates: list[Parameter], label: str) -> Parameter | None:
    named = [each for each in candidates if each.name == "payload"]
    required = [each for each in candidates if each.default is each.empty]
    if named or required:
        return (named or required)[0]
    if candidates:
        first = candidates[0]
        if first.default is None or first.annotation is not first.empty:
            return first
        raise ConfigurationError(
            label,
            f"is ambiguous, because {first.name!r} has a default: if it is to take the payload, annotate it "
            "or name it 'payload'; otherwise bind it with functools.partial",
        )
    if layer.has_variable:
        raise ConfigurationError(
            label,
            "takes *args or **kwargs, so its parameters are unknown: name its parameters, and use "
            "functools.wraps in a decorator",
        )
    return None


def _refuse_what_runs_nothing(function: Any, label: str) -> None:
    if isinstance(function, type):
        raise ConfigurationError(
            label, "is a class, which would only be instantiated: pass a function, or an object of the class"
        )
    while isinstance(function, partial):
        function = function.func
    called = getattr(function, "__call__", None)  # noqa: B004 - of an instance
    for each in (function, called):
        if inspect.isgeneratorfunction(each) or inspect.isasyncgenfunction(each):
            raise ConfigurationError(
                label, "is a generator, so a call runs nothing: return instead of yielding, and chain tasks with Next"
            )


def _refuse_what_stays_empty(layer: Layer, taken: tuple[Parameter | None, ...], second_name: str, label: str) -> None:
    for each in layer.parameters:
        if each.default is not each.empty or each in taken:
            continue
        problem = f"takes at most a payload and a {second_name}: parameter {each.name!r} is one too many"
        raise ConfigurationError(label, problem)
    first = next(iter(layer.parameters), None)
    if first is not None and first.name in ("self", "cls") and first in taken:
        raise ConfigurationError(label, f"parameter {first.name!r} needs an object: register a bound method")


def _ways_to_call(
    parameters: list[Parameter], payload: Parameter | None, second: Parameter | None, payload_type: Any
) -> list[Takes]:
    """By position as far as possible, as most decorators pass arguments on; else by keyword."""
    leading = 0
    for each in parameters:
        if each not in (payload, second) or each.kind is each.KEYWORD_ONLY:
            break
        leading += 1

    def place(parameter: Parameter | None, positions: int) -> int | str | None:
        if parameter is None:
            return None
        index = parameters.index(parameter)
        return index if index < positions else parameter.name

    return [
        Takes(place(payload, positions), place(second, positions), positions, payload_type)
        for positions in dict.fromkeys((leading, 0))
    ]


def _accepts(signature: inspect.Signature, takes: Takes) -> bool:
    keywords = {each: None for each in (takes.payload, takes.second) if isinstance(each, str)}
    try:
        signature.bind(*(None for _ in range(takes.positions)), **keywords)
    except TypeError:
        return False
    return True
