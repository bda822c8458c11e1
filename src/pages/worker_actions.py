"""Making one worker quiet, resuming and stopping it."""

from __future__ import annotations

import shlex

from backstage.domain.worker_info import WorkerInfo
from backstage.pages.action import Action, Question
from backstage.pages.figures import counted
from backstage.pages.said import Said
from backstage.pages.visit import Visit
from backstage.pages.worker_stacks_page import worker_of

_SOON = "It hears of that with its next beat, within five seconds."


def _worker(visit: Visit) -> WorkerInfo:
    return worker_of(visit, visit.given("worker"))


def _command(action: str, worker: WorkerInfo) -> str:
    return f"backstage workers {action} {shlex.quote(worker.id)}"


async def _ask_quiet(visit: Visit) -> Question:
    worker = _worker(visit)
    running = counted(len(worker.running), "running task")
    return Question(
        title=f"Make {worker.id} quiet?",
        consequence=f"{running} will go on to the end, and it claims nothing new until it is resumed. {_SOON}",
        button="Make it quiet",
        keep="Let it work",
        command=_command("quiet", worker),
        back="/workers",
    )


async def _quiet(visit: Visit) -> Said:
    worker = await visit.use_cases.quiet_worker(visit.given("worker"))
    return Said(f"{worker.id} claims nothing new", undo=_undo(visit, "resume-worker", worker))


async def _ask_resume(visit: Visit) -> Question:
    worker = _worker(visit)
    free = counted(worker.concurrency - len(worker.running), "slot")
    return Question(
        title=f"Let {worker.id} claim again?",
        consequence=f"It may claim tasks for {free} at once. {_SOON}",
        button="Resume it",
        keep="Leave it quiet",
        command=_command("resume", worker),
        back="/workers",
    )


async def _resume(visit: Visit) -> Said:
    worker = await visit.use_cases.resume_worker(visit.given("worker"))
    return Said(f"{worker.id} claims again", undo=_undo(visit, "quiet-worker", worker))


async def _ask_stop(visit: Visit) -> Question:
    worker = _worker(visit)
    running = counted(len(worker.running), "running task")
    return Question(
        title=f"Stop {worker.id}, with {running}?",
        consequence="It claims no more and gives what runs its grace period. What has not ended then goes back and "
        f"loses no attempt. {_SOON} Whatever keeps its process running may start another.",
        button="Stop it",
        keep="Keep it",
        command=f"{_command('stop', worker)} --yes",
        is_destructive=True,
        back="/workers",
    )


async def _stop(visit: Visit) -> Said:
    worker = await visit.use_cases.stop_worker(visit.given("worker"))
    return Said(f"{worker.id} stops")


def _undo(visit: Visit, action: str, worker: WorkerInfo) -> str:
    return visit.href(f"/act/{action}", worker=worker.id).removeprefix(visit.root)


WORKER_ACTIONS = {
    "quiet-worker": Action(ask=_ask_quiet, do=_quiet),
    "resume-worker": Action(ask=_ask_resume, do=_resume),
    "stop-worker": Action(ask=_ask_stop, do=_stop),
}
