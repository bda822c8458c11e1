"""How much goes to a store, or comes from it, in one message."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

MOST_BYTES = 16 * 1024 * 1024
"""Of the texts that one step carries, if it carries more than one task. More would keep a server busy, and others
waiting, for seconds, and may be more than it accepts."""


def length_of(text: str | None) -> int:
    """Bytes of a text in UTF-8; of one that is not ASCII, about."""
    if text is None:
        return 0
    return len(text) if text.isascii() else 3 * len(text)


def portion(items: Sequence[T], size_of: Callable[[T], int], most: int, most_bytes: int = MOST_BYTES) -> int:
    """How many of the items, from the first on, go into one message: at least one, if there is one."""
    total = 0
    for number, item in enumerate(items[:most]):
        total += size_of(item)
        if total > most_bytes and number:
            return number
    return min(len(items), most)


def portions(
    items: Iterable[T], size_of: Callable[[T], int], most: int, most_bytes: int = MOST_BYTES
) -> Iterator[list[T]]:
    """The items in their order, as many to a list as go into one message."""
    left = list(items)
    begin = 0
    while begin < len(left):
        end = begin + portion(left[begin : begin + most], size_of, most, most_bytes)
        yield left[begin:end]
        begin = end
