"""A keyword argument that a decorator does not know: named before it is passed on to a class that nobody called."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches


def refuse_unknown(options: Mapping[str, object], function: str, known: type) -> None:
    """Raise TypeError, as Python does, in the name of the function; `known` is the TypedDict of its options."""
    for name in options:
        if name not in known.__annotations__:
            near = get_close_matches(name, known.__annotations__, 1)
            meant = f": did you mean {near[0]!r}?" if near else ""
            raise TypeError(f"{function}() got an unexpected keyword argument {name!r}{meant}")
