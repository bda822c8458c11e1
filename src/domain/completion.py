"""What may stand where somebody types in a query."""

from __future__ import annotations

from backstage.domain.deferred_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Completion:
    """`text` may be put in place of the characters from `start` to `end` of the query. `label` is what to show, and
    `count` how many tasks have it, if that is known."""

    text: str
    label: str
    count: int | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TypedPart:
    """The filter at a position: its minus, its name once a colon follows it, and what is typed of its name or value."""

    minus: str
    name: str | None
    typed: str
    start: int
    end: int


def typed_part(query: str, position: int) -> TypedPart:
    position = max(0, min(position, len(query)))
    start = _start_of_term(query, position)
    end = position
    while end < len(query) and not query[end].isspace():
        end += 1
    minus = "-" if query[start:position].startswith("-") else ""
    name, colon, value = query[start + len(minus) : position].partition(":")
    if not colon:
        return TypedPart(minus, None, name, start, end)
    return TypedPart(minus, name if "." in name else name.lower(), value.lstrip('"'), start, end)


def _start_of_term(query: str, position: int) -> int:
    """Blanks between quotation marks belong to a term."""
    start, is_quoted = 0, False
    for place, character in enumerate(query[:position]):
        if character == '"' and query[place - 1 : place] != "\\":
            is_quoted = not is_quoted
        elif character.isspace() and not is_quoted:
            start = place + 1
    return start
