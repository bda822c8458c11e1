"""Why no worker takes a task: who serves it, what goes before it, and whether they have room."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from backstage.domain.explanation import Reason, ReasonKind
from backstage.domain.lane_type import split_lane_type
from backstage.domain.nearest import nearest_name
from backstage.domain.task_facts import MOST_COUNTED, LaneAhead, TaskFacts, available
from backstage.domain.time_texts import moment
from backstage.domain.worker_info import EVERY_TYPE, WorkerInfo, WorkerState


def serving(facts: TaskFacts) -> Iterator[Reason]:
    task = facts.task
    reason = unserved(task.queue, task.lane_type, facts.workers)
    if reason is not None:
        yield reason
        return
    takers = [each for each in available(facts.workers) if each.serves(task.queue, task.lane_type)]
    held = {each.worker_id: each.tasks for each in facts.busy}
    with_room = [each for each in takers if held.get(each.id, 0) < each.concurrency]
    yield from _behind_others(facts, with_room or takers)
    if not with_room:
        yield _slots_busy(facts, takers)


def unserved(queue: str, task_type: str, workers: Sequence[WorkerInfo]) -> Reason | None:
    """Why no worker that is alive takes tasks of this queue and type, None if one does."""
    alive = available(workers)
    if any(worker.serves(queue, task_type) for worker in alive):
        return None
    quiet = [each for each in workers if each.state is WorkerState.QUIET and each.serves(queue, task_type)]
    if quiet:
        return _quiet(quiet)
    if not alive:
        return _no_worker(workers)
    knowing = [worker for worker in alive if task_type in worker.types]
    if not knowing:
        return _unknown_type(task_type, alive)
    served = sorted({name for worker in knowing for name in worker.queues})
    sentence = f"No worker serves the queue {queue}: those that know the type serve {', '.join(served)}. "
    remedies = (f"worker --handlers MODULE --queues {queue}", f"move {served[0]} --query queue:{queue}")
    sentence += f"To run it: backstage {remedies[0]}, or backstage {remedies[1]}."
    return Reason(ReasonKind.UNSERVED_QUEUE, sentence, details={"queue": queue, "served": served})


def _quiet(quiet: Sequence[WorkerInfo]) -> Reason:
    names = [worker.id for worker in quiet]
    if len(names) == 1:
        sentence = f"The one worker that serves it is quiet and claims nothing: {names[0]}. "
    else:
        sentence = f"All workers that serve it are quiet and claim nothing: {', '.join(names)}. "
    sentence += f"To let one claim again: backstage workers resume {names[0]}."
    return Reason(ReasonKind.QUIET_WORKERS, sentence, details={"workers": names})


def _no_worker(workers: Sequence[WorkerInfo]) -> Reason:
    if not workers:
        return Reason(ReasonKind.NO_WORKER, "No worker is alive: start one with backstage worker.")
    sentence = f"No worker takes tasks: {', '.join(map(_going, workers))}. Start one with backstage worker."
    return Reason(ReasonKind.NO_WORKER, sentence, details={"workers": [worker.id for worker in workers]})


def _going(worker: WorkerInfo) -> str:
    if worker.state is WorkerState.LOST:
        return f"{worker.id} has not been heard of lately"
    return f"{worker.id} is {worker.state}"


def _unknown_type(task_type: str, alive: Iterable[WorkerInfo]) -> Reason:
    known = {name for worker in alive for name in worker.types if name != EVERY_TYPE}
    name, version = split_lane_type(task_type)
    versions = versions_of(name, known)
    if versions:
        said = ", ".join(map(str, versions))
        sentence = f"No worker that is alive knows version {version} of {name}: those that know the type have {said}. "
        sentence += _way_to_version(name, version, versions)
        return Reason(
            ReasonKind.UNKNOWN_VERSION, sentence, details={"type": name, "version": version, "known": versions}
        )
    near = nearest_name(task_type, known)
    meant = "" if near is None else f"; one knows {near}. If that is meant, enqueue it so"
    sentence = f"No worker that is alive knows the type {task_type}{meant}. "
    sentence += "To run it, start a worker with its handler: backstage worker --handlers MODULE."
    return Reason(ReasonKind.UNKNOWN_TYPE, sentence, details={"type": task_type, "nearest": near})


def versions_of(name: str, known: Iterable[str]) -> list[int]:
    """The versions of the type among the types that workers know."""
    return sorted(version for each, version in map(split_lane_type, known) if each == name)


def _way_to_version(name: str, version: int, known: Sequence[int]) -> str:
    """What to do for a payload that is newer than the code of the workers, or older."""
    if version > max(known):
        return f"To run it, start a worker of the release whose handler has version={version}."
    return (
        f'To run it, add @upcast("{name}", {version}) to the code of the workers, or start one whose handler still has '
        f"version={version}."
    )


def _behind_others(facts: TaskFacts, takers: Sequence[WorkerInfo]) -> Iterator[Reason]:
    """Where one of the workers takes the task first, it is behind nobody."""
    number, worker = min(((ahead_for(each, facts), each) for each in takers), key=lambda pair: pair[0])
    if number == 0:
        return
    lanes = {f"{lane.queue}/{lane.type}": n for lane in facts.ahead if (n := _ahead_in(lane, worker, facts))}
    is_at_least = any(n >= MOST_COUNTED for n in lanes.values())
    said = f"{number:,}{'+' if is_at_least else ''}"
    sentence = f"{said} due task goes before it" if said == "1" else f"{said} due tasks go before it"
    longest = sorted(lanes.items(), key=lambda lane: -lane[1])
    others = [f"{n:,} of {name}" for name, n in longest if name != f"{facts.task.queue}/{facts.task.lane_type}"]
    sentence += f" ({', '.join(others[:3])})." if others else "."
    details = {"tasks": number, "is_at_least": is_at_least, "lanes": lanes}
    yield Reason(ReasonKind.BEHIND_OTHERS, sentence, details=details)


def ahead_for(worker: WorkerInfo, facts: TaskFacts) -> int:
    """How many tasks the worker takes before the task; at least that many where a lane has MOST_COUNTED of them."""
    return sum(_ahead_in(lane, worker, facts) for lane in facts.ahead)


def _ahead_in(lane: LaneAhead, worker: WorkerInfo, facts: TaskFacts) -> int:
    if not worker.serves(lane.queue, lane.type):
        return 0
    rank, own = worker.ranks.get(lane.queue, 0), worker.ranks.get(facts.task.queue, 0)
    return lane.before if rank == own else lane.due if rank > own else 0


def _slots_busy(facts: TaskFacts, takers: Sequence[WorkerInfo]) -> Reason:
    names = {worker.id for worker in takers}
    slots = sum(worker.concurrency for worker in takers)
    since = min((each.since for each in facts.busy if each.worker_id in names and each.since), default=None)
    longest = "" if since is None else f"; the task that runs longest began at {moment(since)}"
    whose = f"worker {takers[0].id}" if len(takers) == 1 else f"the {len(takers)} workers that serve it"
    sentence = f"All slots of {whose} are busy ({slots} of {slots}){longest}."
    details = {"slots": slots, "workers": [worker.id for worker in takers]}
    return Reason(ReasonKind.SLOTS_BUSY, sentence, since, details=details)
