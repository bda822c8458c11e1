from __future__ import annotations

from typing import Any

import pytest

from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.explanation import ReasonKind
from backstage.domain.worker_info import WorkerInfo


async def _beat(scene: Any, **fields: Any) -> None:
    now = scene.clock.now()
    defaults: dict[str, Any] = {
        "id": "w1",
        "host": "h",
        "pid": 1,
        "started_at": now,
        "seen_at": now,
        "concurrency": 2,
        "queues": (),
        "types": ("email:send",),
    }
    await scene.backend.registry.beat(WorkerInfo(**(defaults | fields)))


async def test_a_queue_that_nobody_knows_is_empty(scene: Any) -> None:
    explanation = await scene.use_cases.explain_queue("mail")
    assert (explanation.queue, explanation.sentence, explanation.is_moving) == ("mail", "Nothing waits in it.", True)


async def test_a_paused_queue_stands_still_while_tasks_are_due(scene: Any) -> None:
    await _beat(scene)
    await scene.use_cases.pause_queue("mail")
    assert (await scene.use_cases.explain_queue("mail")).is_moving
    await scene.pending(queue="mail")
    scene.clock.advance(30)
    await _beat(scene)
    explanation = await scene.use_cases.explain_queue("mail")
    [reason] = explanation.reasons
    assert (reason.kind, reason.details["tasks"], explanation.is_moving) == (ReasonKind.PAUSED, 1, False)
    assert explanation.sentence.endswith("backstage resume mail. 1 task waits, the oldest for 30s.")


async def test_a_type_without_a_worker_stops_its_own_tasks_alone(scene: Any) -> None:
    await _beat(scene)
    await scene.pending("email:sent", queue="mail")
    await scene.pending("email:sent", queue="mail")
    assert not (await scene.use_cases.explain_queue("mail")).is_moving
    await scene.pending("email:send", queue="mail")
    explanation = await scene.use_cases.explain_queue("mail")
    assert explanation.is_moving
    assert [(reason.kind, reason.details["types"]) for reason in explanation.reasons] == [
        (ReasonKind.UNKNOWN_TYPE, ["email:sent"])
    ]
    assert "one knows email:send. If that is meant" in explanation.sentence
    assert "MODULE. 2 tasks wait" in explanation.sentence


async def test_a_queue_moves_while_others_of_its_tasks_run_or_will(scene: Any) -> None:
    await _beat(scene)
    await scene.pending("email:sent", queue="mail")
    await scene.pending("email:send", queue="mail", delay=60)
    explanation = await scene.use_cases.explain_queue("mail")
    [reason] = explanation.reasons
    assert (explanation.is_moving, reason.details["tasks"], reason.details["waited"]) == (True, 1, 0.0)


async def test_tasks_that_are_due_later_stop_nothing(scene: Any) -> None:
    await _beat(scene)
    await scene.pending(queue="mail", delay=60)
    explanation = await scene.use_cases.explain_queue("mail")
    assert (explanation.reasons[0].kind, explanation.is_moving) == (ReasonKind.NOT_DUE, True)


async def test_workers_without_room_are_told(scene: Any) -> None:
    await _beat(scene, running=("a", "b"))
    await scene.pending(queue="mail")
    assert (await scene.use_cases.explain_queue("mail")).reasons[0].kind is ReasonKind.SLOTS_BUSY
    await _beat(scene, running=("a",))
    assert (await scene.use_cases.explain_queue("mail")).reasons[0].kind is ReasonKind.NEXT


async def test_all_queues_with_live_tasks_or_a_pause_are_explained(scene: Any) -> None:
    await scene.running(queue="a")
    await scene.pending(queue="b")
    await scene.use_cases.pause_queue("c")
    explained = await scene.use_cases.explain_queues()
    assert [(each.queue, each.is_moving) for each in explained] == [("a", True), ("b", False), ("c", True)]


async def test_a_name_that_no_queue_can_have_is_refused(scene: Any) -> None:
    with pytest.raises(InvalidTaskDataError, match="queue"):
        await scene.use_cases.explain_queue("")


async def test_a_task_is_explained_by_its_id(scene: Any) -> None:
    task = await scene.pending(queue="mail")
    explanation = await scene.use_cases.explain(task.id)
    assert (explanation.task_id, explanation.reasons[0].kind) == (task.id, ReasonKind.NO_WORKER)


async def test_a_queue_that_moves_says_how_many_workers_take_its_tasks(scene: Any) -> None:
    await _beat(scene)
    await scene.pending(queue="mail")
    assert "1 worker takes its tasks" in (await scene.use_cases.explain_queue("mail")).sentence
