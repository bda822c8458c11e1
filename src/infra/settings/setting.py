"""One setting, as the class of them all declares it, and what that class is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NoReturn, Self

Check = Callable[[object], Any]
"""Makes the value of what was given, or raises a ValueError whose text completes the sentence "NAME: ..."."""


class Setting:
    """`default` is a value, or a function that makes one, which is checked as if it had been given."""

    __slots__ = ("check", "default")

    def __init__(self, default: Any, check: Check) -> None:
        self.default, self.check = default, check

    def value(self) -> Any:
        """The one that holds if none was given."""
        return self.check(self.default()) if callable(self.default) else self.default

    def __repr__(self) -> str:
        return repr(self.default)


def setting(default: Any, check: Check) -> Any:
    """Declare a setting. For a type checker it is what its annotation says."""
    return Setting(default, check)


class DeclaredSettings:
    """An object with a value for each declared setting, which does not change."""

    fields: ClassVar[Mapping[str, Setting]]
    """Each setting by its name, in their order."""

    def __init_subclass__(cls) -> None:
        cls.fields = {name: each for name, each in vars(cls).items() if isinstance(each, Setting)}

    @classmethod
    def _of(cls, values: Mapping[str, Any], **more: Any) -> Self:
        made = cls.__new__(cls)
        vars(made).update(values, **more)
        return made

    def values(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.fields}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self.values() == other.values()

    def __hash__(self) -> int:
        return hash(tuple(self.values().values()))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{name}: settings are frozen: make others with `with_options`")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{name}: settings are frozen")
