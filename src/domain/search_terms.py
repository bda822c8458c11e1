"""A query as text: terms of a name and a value, `-` before those that exclude."""

from __future__ import annotations

import re
from collections.abc import Iterator

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.errors import InvalidQueryError

MAX_QUERY_CHARACTERS = 2000
MAX_TERMS = 32

_TERM = re.compile(
    r"""(?P<minus>-?)(?:(?P<name>[A-Za-z_][\w.\-]*):)?"""
    r"""(?P<value>"(?:[^"\\]|\\.)*(?P<closed>"?)|[^\s"]\S*)?""",
    re.ASCII | re.VERBOSE | re.DOTALL,
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_PLAIN = re.compile(r'[^\s"\\]+')
_LOOKS_LIKE_ID = re.compile(r"[0-9a-f]{8}[0-9a-f\-]{0,28}")


@dataclass(frozen=True, slots=True)
class Term:
    """One filter: `-queue:mail` has the name `queue`, the value `mail` and excludes. Names are in lower case, but for
    the path of `payload.userId`."""

    name: str
    value: str
    is_excluding: bool = False

    def __str__(self) -> str:
        return f"{'-' if self.is_excluding else ''}{self.name}:{quoted(self.value)}"


def quoted(value: str) -> str:
    """The value as a query has it: in quotation marks where it has blanks, marks or nothing in it."""
    if _PLAIN.fullmatch(value):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def terms_of(text: str) -> Iterator[Term]:
    """The terms in the order in which they stand. Raises InvalidQueryError."""
    if len(text) > MAX_QUERY_CHARACTERS:
        raise InvalidQueryError("query", f"has {len(text)} characters, the limit is {MAX_QUERY_CHARACTERS}")
    position = 0
    while (position := _after_blanks(text, position)) < len(text):
        match = _TERM.match(text, position)
        assert match is not None  # each of its parts may be missing
        position = match.end()
        if position < len(text) and not text[position].isspace():
            raise InvalidQueryError(shown_term(text, match.start()), "put a blank after the closing quotation mark")
        yield _term(match)


def shown_term(text: str, start: int) -> str:
    return text[start:].split(maxsplit=1)[0][:80]


def _term(match: re.Match[str]) -> Term:
    name, value = match["name"], match["value"]
    if name is None:
        return _term_without_name(match)
    if not value:
        raise InvalidQueryError(name, f"has no value: write {name}:something")
    if value.startswith('"'):
        value = _unquoted(name, match)
    if not value:
        raise InvalidQueryError(name, "has an empty value: leave it out")
    return Term(_in_lower_case(name), value, bool(match["minus"]))


def _term_without_name(match: re.Match[str]) -> Term:
    word = match["value"] or match["minus"]
    if _LOOKS_LIKE_ID.fullmatch(word) and not match["minus"]:
        return Term("id", word)
    text = _unquoted("query", match) if word.startswith('"') else word
    nearest = f"error:{quoted(text)}"
    raise InvalidQueryError(word[:80], "is no filter: write a name and a value, such as state:failed", nearest)


def _unquoted(name: str, match: re.Match[str]) -> str:
    value = match["value"]
    if not match["closed"]:
        raise InvalidQueryError(name, "has no closing quotation mark", f'{match[0]}"')
    return _ESCAPED.sub(r"\1", value[1:-1])


def _in_lower_case(name: str) -> str:
    first, dot, path = name.partition(".")
    return f"{first.lower()}{dot}{path}"


def _after_blanks(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position
