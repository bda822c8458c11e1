from __future__ import annotations

from typing import Any

import pytest

from backstage.app.guarded_use_cases import GuardedUseCases
from backstage.domain.errors import InvalidTaskDataError, NotAllowedError, WorkerNotFoundError
from backstage.domain.explanation import ReasonKind
from backstage.domain.identity import Identity, Role
from backstage.domain.worker_info import WorkerInfo
from backstage.domain.worker_order import WorkerOrder


async def _beat(scene: Any, worker_id: str, **fields: Any) -> None:
    now = scene.clock.now()
    defaults: dict[str, Any] = {
        "id": worker_id,
        "host": "h",
        "pid": 12,
        "started_at": now,
        "seen_at": now,
        "concurrency": 2,
        "queues": (),
        "types": ("email:send",),
        "python": "3.12.1",
    }
    await scene.backend.registry.beat(WorkerInfo(**(defaults | fields)))


async def _orders(scene: Any) -> dict[str, WorkerOrder]:
    return {worker.id: worker.order for worker in await scene.use_cases.list_workers()}


async def test_a_worker_is_meant_by_its_id_or_by_either_end_of_it(scene: Any) -> None:
    for worker_id in ("host-1.abcdef", "host-2.123456", "host-2.123456-b"):
        await _beat(scene, worker_id)
    assert (await scene.use_cases.quiet_worker("abcdef")).id == "host-1.abcdef"
    assert (await scene.use_cases.stop_worker("host-2.123456")).id == "host-2.123456"
    assert await _orders(scene) == {"host-1.abcdef": "quiet", "host-2.123456": "stop", "host-2.123456-b": "work"}
    await scene.use_cases.resume_worker("host-1")
    assert (await _orders(scene))["host-1.abcdef"] == "work"


async def test_a_part_of_several_ids_means_none_of_them(scene: Any) -> None:
    await _beat(scene, "host-1.abcdef")
    await _beat(scene, "host-2.123456")
    with pytest.raises(InvalidTaskDataError, match=r"is part of several: .* host-1.abcdef, host-2.123456"):
        await scene.use_cases.quiet_worker("host")
    for unknown in ("host-3", "f", ""):
        with pytest.raises(WorkerNotFoundError):
            await scene.use_cases.stop_worker(unknown)
    assert set((await _orders(scene)).values()) == {WorkerOrder.WORK}


async def test_a_worker_of_an_earlier_release_is_not_asked_what_it_would_not_hear(scene: Any) -> None:
    await _beat(scene, "older", python=None)
    for ask in (scene.use_cases.quiet_worker, scene.use_cases.get_worker_stacks):
        with pytest.raises(InvalidTaskDataError, match="takes no orders: signal its process, 12 on h"):
            await ask("older")


async def test_who_may_only_look_orders_nobody_and_what_others_order_is_audited(scene: Any) -> None:
    await _beat(scene, "host-1.abcdef")
    viewer = GuardedUseCases(scene.use_cases, Identity("v", Role.VIEWER, may_read_payloads=True))
    for ask in (viewer.quiet_worker, viewer.resume_worker, viewer.stop_worker, viewer.get_worker_stacks):
        with pytest.raises(NotAllowedError):
            await ask("abcdef")
    operator = GuardedUseCases(scene.use_cases, Identity("o", Role.OPERATOR))
    await operator.quiet_worker("abcdef")
    await operator.get_worker_stacks("abcdef", timeout=0.0)
    entries = (await scene.use_cases.list_audit()).entries
    assert [(entry.who, entry.action, entry.target) for entry in sorted(entries, key=lambda entry: entry.action)] == [
        ("o", "get_worker_stacks", "abcdef"),
        ("o", "quiet_worker", "host-1.abcdef"),
    ]


async def test_a_quiet_worker_does_not_count_as_one_that_claims(scene: Any) -> None:
    await _beat(scene, "works", concurrency=4)
    await _beat(scene, "quiet", concurrency=100, is_quiet=True)
    assert (await scene.use_cases.get_scale("mail")).slots == 4


async def test_a_queue_whose_workers_are_all_quiet_stands_still_for_that(scene: Any) -> None:
    await _beat(scene, "quiet1", is_quiet=True)
    await _beat(scene, "quiet2", is_quiet=True)
    await _beat(scene, "elsewhere", types=("other",))
    await scene.pending(queue="mail")
    explanation = await scene.use_cases.explain_queue("mail")
    assert not explanation.is_moving
    [reason] = explanation.reasons
    assert reason.kind is ReasonKind.QUIET_WORKERS
    assert reason.sentence.startswith("All workers that serve it are quiet and claim nothing: quiet1, quiet2.")
    assert "backstage workers resume quiet1" in reason.sentence
    findings = {finding.name: finding for finding in await scene.use_cases.diagnose()}
    assert findings["workers"].detail == "3 were alive in the last minute; quiet, claiming nothing: quiet1, quiet2"
