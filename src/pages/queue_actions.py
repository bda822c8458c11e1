"""Pausing and resuming a queue or a type."""

from __future__ import annotations

import shlex

from backstage.domain.pause_words import MAX_PAUSE_REASON
from backstage.domain.stats import StateCounts
from backstage.pages.action import Action, AskedField, Question
from backstage.pages.figures import counted
from backstage.pages.said import Said
from backstage.pages.visit import Visit


def asked_reason(visit: Visit) -> AskedField:
    """Why something is paused."""
    return AskedField("reason", "Why? Others see it", visit.given("reason"), is_optional=True, longest=MAX_PAUSE_REASON)


def _subject(visit: Visit) -> tuple[str, str]:
    """The kind, "queue" or "type", and the name."""
    return ("type", visit.given("type")) if visit.given("type") else ("queue", visit.given("queue"))


def _counts(visit: Visit) -> StateCounts:
    kind, name = _subject(visit)
    by = visit.shell.stats.by_type if kind == "type" else visit.shell.stats.by_queue
    return by.get(name, StateCounts())


def _back(kind: str) -> str:
    return "/types" if kind == "type" else "/queues"


async def _ask_pause(visit: Visit) -> Question:
    kind, name = _subject(visit)
    counts = _counts(visit)
    return Question(
        title=f"Pause {name}?",
        consequence=f"{counted(counts.pending, 'waiting task')} will not start until it is resumed. "
        f"{counted(counts.running, 'running task')} will go on to the end.",
        button=f"Pause {name}",
        keep="Let it run",
        fields=(asked_reason(visit),),
        command=f"backstage pause {'--type ' if kind == 'type' else ''}{shlex.quote(name)}",
        back=_back(kind),
    )


async def _pause(visit: Visit) -> Said:
    kind, name = _subject(visit)
    use_cases = visit.use_cases
    pause = use_cases.pause_type if kind == "type" else use_cases.pause_queue
    await pause(name, reason=visit.given("reason"))
    return Said(f"Paused {name}", undo=visit.href("/act/resume", **{kind: name}).removeprefix(visit.root))


async def _ask_resume(visit: Visit) -> Question:
    kind, name = _subject(visit)
    return Question(
        title=f"Resume {name}?",
        consequence=f"{counted(_counts(visit).pending, 'waiting task')} may start at once.",
        button=f"Resume {name}",
        keep="Leave it paused",
        command=f"backstage resume {'--type ' if kind == 'type' else ''}{shlex.quote(name)}",
        back=_back(kind),
    )


async def _resume(visit: Visit) -> Said:
    kind, name = _subject(visit)
    use_cases = visit.use_cases
    await (use_cases.resume_type(name) if kind == "type" else use_cases.resume_queue(name))
    return Said(f"Resumed {name}", undo=visit.href("/act/pause", **{kind: name}).removeprefix(visit.root))


QUEUE_ACTIONS = {"pause": Action(ask=_ask_pause, do=_pause), "resume": Action(ask=_ask_resume, do=_resume)}
