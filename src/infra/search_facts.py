"""Tasks of which only what a search looks at is filled in: to try thousands, nobody reads thousands of whole tasks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.failure import Failure
from backstage.domain.lane_type import plain_type
from backstage.domain.lease import Lease
from backstage.domain.shown_state import is_part_of_state
from backstage.domain.task import Task
from backstage.domain.task_search import TaskSearch
from backstage.domain.task_state import TaskState
from backstage.infra.moments import EPOCH, MICROSECOND
from backstage.infra.tags_text import tags_of

_decode = msgspec.json.Decoder(dict[str, str]).decode
_STATES = {state.value: state for state in TaskState}
_OF_FAILURES = frozenset({"error", "fingerprint"})


def _failure_of(text: str) -> Failure:
    return Failure(**_decode(text))


@dataclass(frozen=True, slots=True)
class SearchFacts:
    """Which of the parts that cost most a search looks at."""

    created: bool
    due: bool
    tags: bool
    failure: bool
    payload: bool

    @classmethod
    def of(cls, search: TaskSearch) -> SearchFacts:
        names = {term.name.partition(".")[0] for term in search.terms}
        return cls(
            created=bool(names & {"since", "until"}),
            due=any(term.name == "state" and is_part_of_state(term.value) for term in search.terms),
            tags="tag" in names,
            failure=bool(names & _OF_FAILURES),
            payload="payload" in names,
        )

    def task_of(self, row: Sequence[Any], failure_of: Callable[[str], Failure | None] = _failure_of) -> Task | None:
        """The task of a row: id, type, queue, priority, state, created, due (microseconds), deliveries, interruptions,
        tags, key, worker, correlation, workflow, failure, payload. None where something in it cannot be read."""
        (
            id_, type_, queue, priority, state, created, due, deliveries, interruptions,
            tags, key, worker, correlation, workflow, failure, payload,
        ) = row  # fmt: skip
        try:
            return Task(
                id=id_,
                type=plain_type(type_) if "@" in type_ else type_,
                queue=queue,
                priority=priority,
                state=_STATES[state],
                created_at=EPOCH + created * MICROSECOND if self.created else EPOCH,
                scheduled_at=EPOCH + due * MICROSECOND if self.due else EPOCH,
                deliveries=deliveries,
                interruptions=interruptions,
                tags=tags_of(tags) if self.tags else (),
                key=key,
                lease=None if worker is None else Lease(worker, EPOCH),
                correlation_id=correlation or id_,
                workflow_id=workflow or id_,
                last_failure=failure_of(failure) if failure is not None and self.failure else None,
                payload_json=payload if self.payload else "null",
            )
        except Exception:  # whatever the converters raise: somebody else wrote it, and the whole task tells what
            return None
