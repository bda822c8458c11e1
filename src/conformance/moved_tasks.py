from __future__ import annotations

from typing import Any

from backstage.conformance.keeping import UNICODE
from backstage.conformance.trial import BROKEN, LEASE, POLICY, Trial
from backstage.domain.dedupe import Dedupe
from backstage.domain.task import Task
from backstage.domain.task_query import TaskQuery
from backstage.domain.task_state import TaskState

S = TaskState


async def in_every_state(trial: Trial) -> dict[str, Task]:
    """One task at each point of a life that no worker holds, as it is stored."""
    lives: dict[str, Task] = {
        "completed": await trial.running(priority=9),
        "dead": await trial.running(priority=8, dedupe=Dedupe("d", ttl=60.0)),
        "cancelled": await trial.running(priority=7),
        "released": await trial.running(priority=6, dedupe=Dedupe("r")),
        "to be retried": await trial.running(priority=5, metadata={"tenant": UNICODE}),
        "lost": await trial.running(priority=4, queue="mail"),
    }
    assert await trial.queue.report_progress(lives["completed"].id, 1, 0.5, "half")
    await trial.queue.settle(
        [
            lives["completed"].completed('{"n": 1}', next_tasks=(trial.new_task(workflow_id="w", delay=5.0),)),
            lives["dead"].gave_up(BROKEN),
            lives["cancelled"].cancelled(),
            lives["released"].released(),
            lives["to be retried"].failed(BROKEN, POLICY, 0.0),
        ]
    )
    trial.clock.advance(LEASE + 0.1)
    assert len(await trial.queue.reclaim(5, 10)) == 1
    await trial.added(queue="mail", type="report:build", dedupe=Dedupe("p"))
    never_ran = await trial.added(delay=3600.0)
    await trial.tasks.save(never_ran.cancel(trial.clock.now()))
    stored = (await trial.tasks.find(TaskQuery(limit=100))).tasks
    assert {task.state for task in stored} == set(S) - {S.RUNNING}
    return {task.id: task for task in stored}


async def dead_letter(trial: Trial, **fields: Any) -> Task:
    running = await trial.running(**fields)
    await trial.settle(running.gave_up(BROKEN))
    return await trial.tasks.get(running.id)


async def move(source: Trial, target: Trial) -> int:
    return await target.archive.write(await source.archive.read(None, 1000))
