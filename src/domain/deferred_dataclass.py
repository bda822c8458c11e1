"""Frozen dataclasses whose methods are written when one of them is first used.

The standard library writes six functions for each frozen dataclass as text, and compiles them while the module is
imported: 1 ms a class on a slow machine, and a worker imports two hundred of them before its first task, most of which
it never makes (decision 0714). What is written in the end is the same.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from threading import RLock
from typing import TYPE_CHECKING, Any, NoReturn

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(*, frozen: bool, slots: bool, kw_only: bool = False) -> Callable[[type], type]:
        """The standard library's decorator, for classes that are frozen and have slots."""
        assert frozen and slots
        return lambda declared: _deferred(declared, kw_only)


_METHODS = ("__init__", "__repr__", "__eq__", "__hash__")
_ATTRIBUTES = ("__dataclass_fields__", "__dataclass_params__", "__match_args__", "__signature__")
_OF_ANY_CLASS = ("__dict__", "__weakref__")
_finishing = RLock()


class _Later:
    """An attribute of a class that is there once the class is finished."""

    def __init__(self, name: str, finish: Callable[[], None]) -> None:
        self._name, self._finish = name, finish

    def __get__(self, instance: object, owner: type) -> Any:
        self._finish()
        return getattr(owner, self._name)


def _deferred(declared: type, kw_only: bool) -> type:
    namespace = {name: value for name, value in vars(declared).items() if name not in _OF_ANY_CLASS}
    is_finished = False

    def finish() -> None:
        nonlocal is_finished
        with _finishing:
            if not is_finished:
                _finish(made, namespace, kw_only)
                is_finished = True

    made = _with_slots(declared, namespace)
    for name in _METHODS:
        if name not in namespace or namespace[name] is None:  # a class with an __eq__ of its own has no __hash__
            setattr(made, name, _first_call(made, name, finish))
    for name in _ATTRIBUTES:
        setattr(made, name, _Later(name, finish))
    return made


def _with_slots(declared: type, namespace: dict[str, Any]) -> type:
    """The class again, with a slot in place of each default, and what all of these classes share."""
    names = [name for name, kind in declared.__annotations__.items() if not str(kind).startswith("ClassVar")]
    inherited = {slot for base in declared.__mro__[1:] for slot in getattr(base, "__slots__", ())}
    slotted = {name: value for name, value in namespace.items() if name not in names}
    shared = {
        "__slots__": tuple(name for name in names if name not in inherited),
        "__setattr__": _refuse_to_set,
        "__delattr__": _refuse_to_delete,
        "__getstate__": _state,
        "__setstate__": _set_state,
    }
    made = type(declared)(declared.__name__, declared.__bases__, {**slotted, **shared})
    made.__qualname__ = declared.__qualname__
    return made


def _first_call(made: type, name: str, finish: Callable[[], None]) -> Callable[..., Any]:
    def call(*arguments: Any, **options: Any) -> Any:
        finish()
        return vars(made)[name](*arguments, **options)

    return call


def _finish(made: type, namespace: dict[str, Any], kw_only: bool) -> None:
    """Have the standard library write everything for a class of the same content, and take it from there."""
    model = type(made)(made.__name__, made.__bases__, dict(namespace))
    model.__qualname__ = made.__qualname__
    written = vars(dataclasses.dataclass(frozen=True, kw_only=kw_only)(model))
    type.__delattr__(made, "__signature__")
    if made.__doc__ is None:
        made.__doc__ = written["__doc__"]
    for name in ("__dataclass_params__", "__match_args__", "__replace__", *_METHODS, "__dataclass_fields__"):
        if name in written:
            setattr(made, name, written[name])


def _refuse_to_set(self: object, name: str, value: object) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(self: object, name: str) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    """For pickling and copying."""
    return [getattr(self, each.name) for each in dataclasses.fields(self)]


def _set_state(self: Any, state: list[Any]) -> None:
    for each, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, each.name, value)
