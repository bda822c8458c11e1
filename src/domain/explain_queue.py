"""Why a queue does not move, worked out from its facts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field, replace

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.explain_pauses import paused, paused_reason
from backstage.domain.explain_serving import unserved
from backstage.domain.explanation import QueueExplanation, Reason, ReasonKind
from backstage.domain.ports.queue_control import QUEUE
from backstage.domain.queue_facts import QueueFacts, QueueLane
from backstage.domain.task_facts import available
from backstage.domain.time_texts import duration


@dataclass(frozen=True, slots=True)
class _Stop:
    """A reason with the lanes that it stops."""

    reason: Reason
    lanes: list[QueueLane] = field(default_factory=list)


def explain_queue(facts: QueueFacts) -> QueueExplanation:
    """Return what stands in the way of its due tasks, then of those that wait for later."""
    waiting = sorted((lane for lane in facts.lanes if lane.pending), key=_longest_first)
    stops = _stops(facts, waiting)
    reasons = [_with_lanes(stop) for stop in stops] or [_unhindered(facts, waiting)]
    due = [lane for lane in waiting if lane.waited is not None]
    is_moving = not due or any(
        not list(_in_the_way(facts, lane)) for lane in facts.lanes if lane.pending or lane.running
    )
    return QueueExplanation(facts.queue, reasons[0].sentence, tuple(reasons), is_moving)


def _longest_first(lane: QueueLane) -> tuple[bool, float, str]:
    return (lane.waited is None, -(lane.waited or 0.0), lane.type)


def _stops(facts: QueueFacts, waiting: Sequence[QueueLane]) -> list[_Stop]:
    """A pause of the queue is told of also where nothing waits in it."""
    stops: dict[str, _Stop] = {}
    for pause in facts.pauses:
        if (pause.kind, pause.name) == (QUEUE, facts.queue):
            reason = paused_reason(pause, facts.authors)
            stops[reason.sentence] = _Stop(reason)
    for lane in waiting:
        for reason in _in_the_way(facts, lane):
            stops.setdefault(reason.sentence, _Stop(reason)).lanes.append(lane)
    return list(stops.values())


def _in_the_way(facts: QueueFacts, lane: QueueLane) -> Iterator[Reason]:
    yield from paused(facts.queue, lane.type, facts.pauses, facts.authors)
    reason = unserved(facts.queue, lane.type, facts.workers)
    if reason is not None:
        yield reason


def _with_lanes(stop: _Stop) -> Reason:
    tasks = sum(lane.pending for lane in stop.lanes)
    if not tasks:
        return stop.reason
    waits = [lane.waited for lane in stop.lanes if lane.waited is not None]
    longest = f", the oldest for {duration(max(waits))}" if waits else ""
    said = "1 task waits" if tasks == 1 else f"{tasks:,} tasks wait"
    waited = int(max(waits)) if waits else None
    details = {**stop.reason.details, "types": [lane.type for lane in stop.lanes], "tasks": tasks, "waited": waited}
    return replace(stop.reason, sentence=f"{stop.reason.sentence} {said}{longest}.", details=details)


def _unhindered(facts: QueueFacts, waiting: Sequence[QueueLane]) -> Reason:
    pending = sum(lane.pending for lane in waiting)
    due = [lane for lane in waiting if lane.waited is not None]
    if not pending:
        running = sum(lane.running for lane in facts.lanes)
        rest = f" {running:,} of its tasks run." if running else ""
        return Reason(ReasonKind.EMPTY, f"Nothing waits in it.{rest}", details={"running": running})
    if not due:
        said = "Its one pending task waits" if pending == 1 else f"Its {pending:,} pending tasks wait"
        return Reason(ReasonKind.NOT_DUE, f"{said} for later: none is due.", details={"tasks": pending})
    takers = [each for each in available(facts.workers) if any(each.serves(facts.queue, lane.type) for lane in due)]
    waited = max(lane.waited or 0.0 for lane in due)
    details = {"workers": [worker.id for worker in takers], "tasks": pending, "waited": waited}
    if all(len(worker.running) >= worker.concurrency for worker in takers):
        slots = sum(worker.concurrency for worker in takers)
        sentence = f"All {slots} slots of the workers that serve it are busy; its oldest due task waits for "
        return Reason(ReasonKind.SLOTS_BUSY, f"{sentence}{duration(waited)}.", details={**details, "slots": slots})
    workers = "worker takes" if len(takers) == 1 else "workers take"
    sentence = f"It moves: {len(takers)} {workers} its tasks, and its oldest due task waits for "
    return Reason(ReasonKind.NEXT, f"{sentence}{duration(waited)}.", details=details)
