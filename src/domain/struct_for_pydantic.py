"""Lets pydantic read and write our Structs, as it does dataclasses by itself: as the type of a payload, within a model
of the application, or as what a web framework answers. It asks by its own protocol, in dicts: nothing here needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Self, get_type_hints

Schema = dict[str, Any]


class StructForPydantic:
    """A base of a Struct, which is read from its fields and written as them."""

    __slots__ = ()

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        """Fields and values, as pydantic's models have them: FastAPI makes a dict of what has no return type."""
        return iter(_fields_of(self).items())

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Callable[[Any], Schema]) -> Schema:
        import inspect  # noqa: PLC0415 - takes longer to load than a light command may

        hints = get_type_hints(cls)
        fields = {
            name: {
                "type": "typed-dict-field",
                "schema": handler(hints[name]),
                "required": parameter.default is inspect.Parameter.empty,
            }
            for name, parameter in inspect.signature(cls).parameters.items()
        }
        by_field: Schema = {"type": "typed-dict", "fields": fields}
        read = {"type": "function-after", "schema": by_field, "function": {"type": "no-info", "function": cls._of}}
        return {
            "type": "json-or-python",
            "ref": f"{cls.__module__}.{cls.__qualname__}:{id(cls)}",  # told once in a document that names it twice
            "json_schema": read,
            "python_schema": {"type": "union", "choices": [{"type": "is-instance", "cls": cls}, read]},
            "serialization": {"type": "function-plain", "function": _fields_of, "return_schema": by_field},
        }

    @classmethod
    def _of(cls, fields: dict[str, Any]) -> Self:
        return cls(**fields)


def _fields_of(struct: Any) -> dict[str, Any]:
    return {name: getattr(struct, name) for name in struct.__struct_fields__}
