from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest_name(name: str, names: Iterable[str]) -> str | None:
    """The other name that was probably meant, None where none is near."""
    near = get_close_matches(name, sorted(set(names) - {name}), 1, cutoff=0.75)
    return near[0] if near else None


def nearest(name: str, names: Iterable[str]) -> str:
    """The end of a sentence that asks for the name that was probably meant; empty where none is near."""
    near = nearest_name(name, names)
    return "" if near is None else f": did you mean {near}?"
