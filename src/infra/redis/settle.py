"""Settling: the outcomes of each queue in one script; next tasks for other queues are stored before it is answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from backstage.domain.outcome import Outcome
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.infra.moments import ticks
from backstage.infra.redis.add import stored
from backstage.infra.redis.client import Client
from backstage.infra.redis.directory import Directory
from backstage.infra.redis.outbox import Outbox, outbox_item
from backstage.infra.redis.rows import LETTERS, STATES, failure_text, unpack


class Settling:
    def __init__(self, client: Client, directory: Directory, outbox: Outbox) -> None:
        self._client, self._directory, self._outbox = client, directory, outbox

    async def settle(self, outcomes: Sequence[Outcome]) -> list[TaskState | None]:
        by_queue = await self._directory.by_queue({outcome.task_id for outcome in outcomes})
        if len(by_queue) == 1:
            [(queue, ids)] = by_queue.items()
            if len(ids) == len(outcomes):
                _, states = (await self.settle_on({queue: outcomes}))[queue]
                return states
        positions: dict[str, list[int]] = {}
        for position, outcome in enumerate(outcomes):
            positions.setdefault(outcome.task_id, []).append(position)
        answers: list[TaskState | None] = [None] * len(outcomes)
        at = {queue: sorted(p for id_ in ids for p in positions[id_]) for queue, ids in by_queue.items()}
        settled = await self.settle_on({queue: [outcomes[p] for p in each] for queue, each in at.items()})
        for queue, (_, states) in settled.items():
            for position, state in zip(at[queue], states, strict=True):
                answers[position] = state
        return answers

    async def settle_on(
        self, by_queue: Mapping[str, Sequence[Outcome]]
    ) -> dict[str, tuple[int, list[TaskState | None]]]:
        """Settle outcomes of tasks whose queue is known; the server's now and the answers by queue."""
        asked_at = self._client.time.clock.monotonic()
        replies = await self._client.run_each(
            [
                ("settle_tasks", self._client.keys.queue(queue), [_argument(outcome, queue) for outcome in outcomes])
                for queue, outcomes in by_queue.items()
            ]
        )
        settled: dict[str, tuple[int, list[TaskState | None]]] = {}
        for (queue, outcomes), reply in zip(by_queue.items(), replies, strict=True):
            now, letters = unpack(reply)
            self._client.time.measured(now, asked_at)
            settled[queue] = now, [STATES[letter] if letter else None for letter in letters]
            if any(task.queue != queue for outcome in outcomes for task in outcome.next_tasks):
                await self._outbox.deliver(queue)
        return settled

    async def bury(self, tasks: Sequence[tuple[Task, Outcome]]) -> dict[str, int]:
        """End claims of tasks that cannot be decoded; the moment of each end by task id. Some may be refused."""
        by_queue: dict[str, list[tuple[Task, Outcome]]] = {}
        for task, outcome in tasks:
            by_queue.setdefault(task.queue, []).append((task, outcome))
        replies = await self._client.run_each(
            [
                ("bury_tasks", self._client.keys.queue(queue), [_burial(outcome) for _, outcome in each])
                for queue, each in by_queue.items()
            ]
        )
        ended: dict[str, int] = {}
        for each, reply in zip(by_queue.values(), replies, strict=True):
            now, buried = unpack(reply)
            ended |= {task.id: now for (task, _), is_ended in zip(each, buried, strict=True) if is_ended}
        return ended


def _burial(outcome: Outcome) -> list[object]:
    failure = False if outcome.failure is None else failure_text(outcome.failure)
    return [outcome.task_id, str(outcome.fence), outcome.kind.value, failure]


def _argument(outcome: Outcome, queue: str) -> list[object]:
    next_tasks = outcome.next_tasks
    return [
        outcome.task_id,
        str(outcome.fence),
        outcome.kind,
        LETTERS[outcome.state],
        False if outcome.result_json is None else outcome.result_json,
        False if outcome.failure is None else failure_text(outcome.failure),
        False if outcome.delay is None else ticks(outcome.delay),
        outcome.is_interruption,
        [stored(task) for task in next_tasks if task.queue == queue] if next_tasks else (),
        [[task.id, outbox_item(task)] for task in next_tasks if task.queue != queue] if next_tasks else (),
        outcome.has_run,
        False if outcome.keep_result_for is None else ticks(outcome.keep_result_for),
    ]
