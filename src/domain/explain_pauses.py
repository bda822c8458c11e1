from __future__ import annotations

from collections.abc import Iterable, Iterator

from backstage.domain.explanation import Reason, ReasonKind
from backstage.domain.lane_type import plain_type
from backstage.domain.ports.queue_control import QUEUE, TYPE, Pause
from backstage.domain.time_texts import moment


def paused(queue: str, task_type: str, pauses: Iterable[Pause]) -> Iterator[Reason]:
    """The pauses that keep workers from tasks of this queue and type, that of the queue first."""
    for pause in sorted(pauses, key=lambda pause: pause.kind):
        if (pause.kind, pause.name) in {(QUEUE, queue), (TYPE, plain_type(task_type))}:
            yield paused_reason(pause)


def paused_reason(pause: Pause) -> Reason:
    remedy = f"backstage resume {'--type ' if pause.kind == TYPE else ''}{pause.name}"
    sentence = f"The {pause.kind} {pause.name} is paused since {moment(pause.since)}. To go on: {remedy}."
    return Reason(ReasonKind.PAUSED, sentence, pause.since, details={"kind": pause.kind, "name": pause.name})
