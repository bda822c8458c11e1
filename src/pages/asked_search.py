"""The query of the page of tasks: what stands in the address, and what was typed beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from backstage.domain.errors import InvalidQueryError
from backstage.domain.search_terms import Term
from backstage.domain.task_search import TaskSearch


@dataclass(frozen=True, slots=True)
class AskedSearch:
    """`typed` is what could not be read, with its problem and the filter that was probably meant."""

    search: TaskSearch
    typed: str = ""
    problem: str | None = None
    nearest: str | None = None

    @classmethod
    def read(cls, query: str, added: str, now: datetime) -> AskedSearch:
        """What is wrong narrows nothing."""
        try:
            return cls(TaskSearch.parse(f"{query} {added}", now))
        except InvalidQueryError as error:
            problem, nearest = _problem(error), error.nearest
        try:
            return cls(TaskSearch.parse(query, now), added, problem, nearest)
        except InvalidQueryError:
            return cls(TaskSearch.parse("", now), f"{query} {added}".strip(), problem, nearest)

    @property
    def terms(self) -> tuple[Term, ...]:
        return self.search.terms

    def without(self, *left_out: Term) -> str:
        return text_of(term for term in self.terms if term not in left_out)

    def in_state(self, word: str) -> str:
        """The same query of another state; an empty word asks for all."""
        rest = [term for term in self.terms if term.name != "state"]
        return text_of([Term("state", word), *rest] if word else rest)

    @property
    def states(self) -> list[str]:
        return [str(term).removeprefix("state:") for term in self.terms if term.name == "state"]


def text_of(terms: Iterable[Term]) -> str:
    return " ".join(map(str, terms))


def _problem(error: InvalidQueryError) -> str:
    """Where a filter is offered as a link, without the list of all that there are."""
    problem = error.problem.split(": there are ")[0] if error.nearest else error.problem
    return f"{error.field}: {problem}."
