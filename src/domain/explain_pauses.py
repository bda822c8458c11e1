from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from backstage.domain.explanation import Reason, ReasonKind
from backstage.domain.lane_type import plain_type
from backstage.domain.pause_words import who_and_why
from backstage.domain.ports.queue_control import QUEUE, TYPE, Pause
from backstage.domain.time_texts import moment

TASK = "task"
Subject = tuple[str, str]
"""QUEUE, TYPE or TASK, and its name or id."""
Authors = Mapping[Subject, str]
"""Who paused or cancelled it, as far as that is known from elsewhere."""


def concerning(queue: str, task_type: str, pauses: Iterable[Pause]) -> list[Pause]:
    """The pauses that keep workers from tasks of this queue and type, that of the queue first."""
    names = {(QUEUE, queue), (TYPE, plain_type(task_type))}
    return sorted((each for each in pauses if (each.kind, each.name) in names), key=lambda pause: pause.kind)


def paused(queue: str, task_type: str, pauses: Iterable[Pause], authors: Authors) -> Iterator[Reason]:
    for pause in concerning(queue, task_type, pauses):
        yield paused_reason(pause, authors)


def paused_reason(pause: Pause, authors: Authors) -> Reason:
    remedy = f"backstage resume {'--type ' if pause.kind == TYPE else ''}{pause.name}"
    told = replace(pause, by=pause.by or authors.get((pause.kind, pause.name)))
    since = f"is paused since {moment(pause.since)}{',' if told.by else ''}{who_and_why(told)}"
    sentence = f"The {pause.kind} {pause.name} {since}. To go on: {remedy}."
    details = {"kind": pause.kind, "name": pause.name, "by": told.by, "reason": pause.reason}
    return Reason(ReasonKind.PAUSED, sentence, pause.since, details=details)
