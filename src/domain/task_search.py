"""A query for tasks: parsed, checked, and what it says of a task and of the indexes that may find it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from backstage.domain.errors import InvalidQueryError
from backstage.domain.lane_type import plain_type
from backstage.domain.search_filters import FILTERS, Filter, IsFound, filter_of, has_in_id
from backstage.domain.search_terms import MAX_TERMS, Term, terms_of
from backstage.domain.search_values import glob, is_glob, least_of, moment
from backstage.domain.shown_state import RETRYING, SCHEDULED, is_part_of_state, stored_state
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState

_ORDER = {name: place for place, name in enumerate(FILTERS)}
_OF_LANES = frozenset({"state", "type", "queue"})


class SearchIndex(StrEnum):
    """What leads to the tasks, best first: each search uses one, and looks at what it leads to."""

    ID = "id"
    WORKFLOW = "workflow"
    CORRELATION = "correlation"
    KEY = "key"
    TAG = "tag"
    WORKER = "worker"
    LANES = "lanes"
    """By queue, type and state."""
    NEWEST = "newest"


@dataclass(frozen=True)
class TaskSearch:
    """Which tasks are meant: `TaskSearch.parse("state:failed type:email:* since:2h", now)`.

    `str()` is the canonical text, the same for queries that say the same in another order. `now` is when ages such as
    `2h` count from.
    """

    terms: tuple[Term, ...]
    now: datetime

    @classmethod
    def parse(cls, text: str, now: datetime) -> TaskSearch:
        """Raises InvalidQueryError."""
        terms = sorted(set(terms_of(text)), key=_place)
        if len(terms) > MAX_TERMS:
            raise InvalidQueryError("query", f"has {len(terms)} filters, the limit is {MAX_TERMS}")
        search = cls(tuple(terms), now)
        assert search._tests is not None  # a value that means nothing is refused here and not when it is first used
        return search

    @classmethod
    def of(cls, search: str | TaskSearch, now: datetime) -> TaskSearch:
        return search if isinstance(search, TaskSearch) else cls.parse(search, now)

    def __str__(self) -> str:
        return " ".join(map(str, self.terms))

    def matches(self, task: Task) -> bool:
        return all(test(task) for test in self._tests)

    def with_term(self, name: str, value: str) -> TaskSearch:
        """The same query, narrowed by one more filter. Raises InvalidQueryError."""
        return TaskSearch.parse(f"{self} {Term(name, value)}", self.now)

    # -- what a store may use --------------------------------------------------------------------

    @cached_property
    def index(self) -> SearchIndex:
        for index in (SearchIndex.ID, SearchIndex.WORKFLOW, SearchIndex.CORRELATION, SearchIndex.KEY, SearchIndex.TAG):
            if self.only(index) is not None:
                return index
        if any(term.name == "worker" and not term.is_excluding for term in self.terms):
            return SearchIndex.WORKER
        return SearchIndex.LANES if any(term.name in _OF_LANES for term in self.terms) else SearchIndex.NEWEST

    def only(self, name: str) -> str | None:
        """The one value that the filter of that name asks for, if it does not leave a choice."""
        values = [term.value for term in self.terms if term.name == name and not term.is_excluding]
        return values[0] if len(values) == 1 and (name == "id" or not is_glob(values[0])) else None

    def leads_to(self, task: Task) -> bool:
        """Whether the search's index leads to the task, for stores that have none."""
        value = self.only(self.index)
        match self.index:
            case SearchIndex.WORKFLOW:
                return task.workflow_id == value
            case SearchIndex.CORRELATION:
                return task.correlation_id == value
            case SearchIndex.KEY:
                return task.key == value
            case SearchIndex.TAG:
                return value in task.tags
        return self.index is SearchIndex.ID or self.is_of_lane(task.queue, task.type, task.state)

    def may_have_id(self, task_id: str) -> bool:
        parts = [term.value for term in self.terms if term.name == "id"]
        return not parts or any(has_in_id(task_id, part) for part in parts)

    def is_of_lane(self, queue: str, type_: str, state: TaskState) -> bool:
        """Whether a task of that queue, type and state can match; the type may have a version, as stores keep it."""
        return self._has("queue", queue) and self._has("type", plain_type(type_)) and self.is_of_state(state)

    def is_of_state(self, state: TaskState) -> bool:
        if self.index is SearchIndex.WORKER and state is not TaskState.RUNNING:
            return False
        words = [term for term in self.terms if term.name == "state"]
        wanted = {stored_state(term.value) for term in words if not term.is_excluding}
        unwanted = {term.value for term in words if term.is_excluding}
        return (not wanted or state in wanted) and state.value not in unwanted

    @cached_property
    def is_of_lanes_alone(self) -> bool:
        """Whether queue, type and state decide: then counts tell how many there are."""
        return all(
            term.name in _OF_LANES and not (term.name == "state" and is_part_of_state(term.value))
            for term in self.terms
        )

    @cached_property
    def is_of_index_alone(self) -> bool:
        """Whether each task to which the index leads matches."""
        if self.index in (SearchIndex.LANES, SearchIndex.NEWEST):
            return self.is_of_lanes_alone
        return len(self.terms) == 1 and self.index not in (SearchIndex.WORKER, SearchIndex.ID)

    @cached_property
    def created_from(self) -> datetime | None:
        """No task that was created before can match."""
        return max(self._moments("since"), default=None)

    @cached_property
    def created_until(self) -> datetime | None:
        return min(self._moments("until"), default=None)

    @cached_property
    def least_attempts(self) -> int:
        """No task that has begun fewer can match."""
        compared = [least_of(term.value) for term in self.terms if term.name == "attempts" and not term.is_excluding]
        return max([*compared, 1 if self._asks_only_for(RETRYING) else 0])

    @cached_property
    def due_after(self) -> datetime | None:
        """No task that is due by then can match."""
        return self.now if self._asks_only_for(SCHEDULED) else None

    def _asks_only_for(self, word: str) -> bool:
        return {term.value for term in self.terms if term.name == "state" and not term.is_excluding} == {word}

    @cached_property
    def error_words(self) -> tuple[str, ...]:
        """What the last error must hold, in lower case."""
        return tuple(term.value.lower() for term in self.terms if term.name == "error" and not term.is_excluding)

    @cached_property
    def payload_terms(self) -> tuple[Term, ...]:
        """What the payload must hold."""
        return tuple(term for term in self.terms if term.name.startswith("payload.") and not term.is_excluding)

    def _moments(self, name: str) -> list[datetime]:
        return [moment(name, term.value, self.now) for term in self.terms if term.name == name]

    def _has(self, name: str, text: str) -> bool:
        wanted = [glob(term.value) for term in self.terms if term.name == name and not term.is_excluding]
        unwanted = [glob(term.value) for term in self.terms if term.name == name and term.is_excluding]
        return (not wanted or any(each(text) for each in wanted)) and not any(each(text) for each in unwanted)

    @cached_property
    def _tests(self) -> tuple[IsFound, ...]:
        return tuple(_tests_of(self.terms, self.now))


def _tests_of(terms: Iterable[Term], now: datetime) -> Iterable[IsFound]:
    """A test for each filter that every task must pass."""
    choices: dict[str, list[IsFound]] = {}
    for term in terms:
        kind: Filter = filter_of(term)
        test = kind.test(term.name, term.value, now)
        if term.is_excluding:
            yield _not(test)
        elif kind.is_each:
            yield test
        else:
            choices.setdefault(term.name, []).append(test)
    for tests in choices.values():
        yield tests[0] if len(tests) == 1 else _any_of(tests)


def _not(test: IsFound) -> IsFound:
    return lambda task: not test(task)


def _any_of(tests: list[IsFound]) -> IsFound:
    return lambda task: any(test(task) for test in tests)


def _place(term: Term) -> tuple[int, str, bool, str]:
    return _ORDER.get(term.name, len(_ORDER)), term.name, term.is_excluding, term.value
