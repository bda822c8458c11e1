"""What of a search can be told from stored text, without reading a whole task: it may let through too many tasks, and
never too few."""

from __future__ import annotations

import re

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.search_terms import Term
from backstage.domain.search_values import has_comparison
from backstage.domain.task_search import TaskSearch
from backstage.infra.moments import to_micros

_SAME_IN_JSON = re.compile(r'[^"\\\x00-\x1f\x7f]*')
_SAME_IN_ASCII_JSON = re.compile(r"[ !#-\[\]-~]+")
_WILD = re.compile(r"[*?]")


@dataclass(frozen=True, slots=True)
class SearchProbe:
    """Moments are microseconds. A task's failure as JSON, in lower case, must hold `error`, and its payload as JSON one
    of `payload`. Empty, 0 and None: says nothing."""

    created_from: int | None
    created_until: int | None
    error: str | None
    payload: tuple[str, ...]
    least_attempts: int
    due_after: int | None

    @classmethod
    def of(cls, search: TaskSearch) -> SearchProbe:
        first, until = search.created_from, search.created_until
        return cls(
            None if first is None else to_micros(first),
            None if until is None else to_micros(until),
            next((part for words in search.error_words if (part := _part_of_failure(words))), None),
            next((parts for term in search.payload_terms if (parts := _parts_of_payload(term))), ()),
            search.least_attempts,
            None if search.due_after is None else to_micros(search.due_after),
        )

    @property
    def says_nothing(self) -> bool:
        return self == SearchProbe(None, None, None, (), 0, None)

    @property
    def is_about_standing(self) -> bool:
        """Whether it asks what moves change."""
        return self.least_attempts > 0 or self.due_after is not None or self.error is not None


def _part_of_failure(words: str) -> str | None:
    """A failure's type and message are kept apart, and JSON writes some characters in its own way."""
    part = max(re.split(": ?", words), key=len)
    return part if _SAME_IN_ASCII_JSON.fullmatch(part) else None


def _parts_of_payload(term: Term) -> tuple[str, ...]:
    """Compact JSON, as payloads are written: the name before its value, or before an array."""
    name = term.name.rpartition(".")[2]
    if name.isdigit() or not _SAME_IN_JSON.fullmatch(name):
        return ()
    before = f'"{name}":'
    value = "" if has_comparison(term.value) else _WILD.split(term.value, maxsplit=1)[0]
    if not value or not _SAME_IN_JSON.fullmatch(value):
        return (before,)
    return f"{before}{value}", f'{before}"{value}', f"{before}["
