"""Makes frozen dataclasses as quickly as others: those that are made several times for each task."""

from __future__ import annotations

from dataclasses import MISSING, Field, fields
from typing import Any, TypeVar

Frozen = TypeVar("Frozen", bound=type)


def quick_init(frozen: Frozen) -> Frozen:
    """Give a frozen dataclass with slots, and without `__post_init__`, an `__init__` that is three times as fast.

    The one that `dataclass` writes calls `object.__setattr__` for each field. This one makes the new object, which
    nobody else has seen, an instance of a subclass that may be assigned to, and of its own class again at the end.
    """
    unsealed = type(
        f"_Unsealed{frozen.__name__}",
        (frozen,),
        {"__slots__": (), "__setattr__": object.__setattr__, "__delattr__": object.__delattr__},
    )
    names: dict[str, Any] = {"become": object.__setattr__, "unsealed": unsealed, "sealed": frozen, "MISSING": MISSING}
    parameters, assignments = ["self"], []
    for each in fields(frozen):
        if each.kw_only and "*" not in parameters:
            parameters.append("*")
        parameters.append(_parameter(each, names))
        assignments.append(_assignment(each, names))
    lines = ["become(self, '__class__', unsealed)", *assignments, "self.__class__ = sealed"]
    source = "\n    ".join((f"def __init__({', '.join(parameters)}):", *lines))
    exec(source, names)  # noqa: S102 - from names of fields alone, as dataclass does
    frozen.__init__ = names["__init__"]  # type: ignore[misc]
    return frozen


def _parameter(field: Field[Any], names: dict[str, Any]) -> str:
    if field.default is not MISSING:
        names[f"default_{field.name}"] = field.default
        return f"{field.name}=default_{field.name}"
    return field.name if field.default_factory is MISSING else f"{field.name}=MISSING"


def _assignment(field: Field[Any], names: dict[str, Any]) -> str:
    if field.default_factory is MISSING:
        return f"self.{field.name} = {field.name}"
    names[f"new_{field.name}"] = field.default_factory
    return f"self.{field.name} = new_{field.name}() if {field.name} is MISSING else {field.name}"
