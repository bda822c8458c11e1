from __future__ import annotations

from collections.abc import Iterable

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.worker_info import WorkerInfo, WorkerState

LOOKOUTS = 2
"""How many of a crew hear every hint: one more than needed, for one may die."""


@dataclass(frozen=True, slots=True)
class Crew:
    """The workers that can take each other's tasks, as one of them sees them: the lookouts hear every hint, the others
    are on standby, and are called.

    `others` are all but this one, `lookouts` and `next_lookouts` those of them that are lookouts, and that follow when
    lookouts leave.
    """

    is_lookout: bool = True
    others: tuple[str, ...] = ()
    lookouts: tuple[str, ...] = ()
    next_lookouts: tuple[str, ...] = ()


def crew_of(worker_id: str, workers: Iterable[WorkerInfo]) -> Crew:
    """Return the crew of the worker of that id: those that work, are called, and serve the same queues and types.

    Who started first is a lookout, so that no newcomer changes who is. One that is not called, or that the others do
    not see, is in nobody's crew, and hears everything.
    """
    workers = list(workers)
    own = next((each for each in workers if each.id == worker_id), None)
    if own is None:
        return Crew()
    members = [each for each in workers if _is_member(each, own)]
    members.sort(key=lambda each: (each.started_at, each.id))
    ids = [each.id for each in members]
    first, later = ids[:LOOKOUTS], ids[LOOKOUTS:]
    return Crew(
        worker_id not in later,
        tuple(id_ for id_ in ids if id_ != worker_id),
        tuple(id_ for id_ in first if id_ != worker_id),
        tuple(id_ for id_ in later if id_ != worker_id)[:LOOKOUTS],
    )


def _is_member(worker: WorkerInfo, own: WorkerInfo) -> bool:
    serves_the_same = worker.queues == own.queues and worker.types == own.types
    return worker.is_called and worker.state is WorkerState.RUNNING and serves_the_same
