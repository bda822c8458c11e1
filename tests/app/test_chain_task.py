from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from backstage.domain.dedupe import Dedupe
from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.next import Next


async def test_a_chained_task_belongs_to_its_parents_workflow(scene):
    parent = await scene.pending(queue="mail", priority=7, correlation_id="order-1")
    child = scene.use_cases.chain_task(parent, Next("email:sent", {"n": 1}))
    grandchild = scene.use_cases.chain_task(child, Next("email:read"))
    assert (child.origin_id, child.workflow_id, child.correlation_id) == (parent.id, parent.id, "order-1")
    assert (grandchild.origin_id, grandchild.workflow_id, grandchild.correlation_id) == (
        child.id,
        parent.id,
        "order-1",
    )


async def test_queue_and_priority_are_the_parents_unless_given(scene):
    parent = await scene.pending(queue="mail", priority=7)
    inherited = scene.use_cases.chain_task(parent, Next("email:sent"))
    own = scene.use_cases.chain_task(parent, Next("email:sent", queue="slow", priority=0))
    assert (inherited.queue, inherited.priority, own.queue, own.priority) == ("mail", 7, "slow", 0)


async def test_payload_delay_and_limits_are_those_of_the_next(scene):
    parent = await scene.pending(max_attempts=9, timeout=99)
    child = scene.use_cases.chain_task(parent, Next("a", [1], delay=5, max_attempts=2, timeout=3))
    assert (child.payload, child.max_attempts, child.timeout) == ([1], 2, 3.0)
    assert child.scheduled_at == scene.clock.now() + timedelta(seconds=5)


async def test_tags_and_key_are_those_of_the_next_and_not_the_parents(scene):
    parent = await scene.pending(tags=("vip",), key="customer 7")
    assert scene.use_cases.chain_task(parent, Next("a")).tags == ()
    child = scene.use_cases.chain_task(parent, Next("a", tags=["new"], key="customer 8"))
    assert (child.tags, child.key) == (("new",), "customer 8")


async def test_id_and_dedupe_key_are_those_of_the_next(scene):
    parent = await scene.pending()
    id_ = UUID("018f0000-0000-7000-8000-000000000001")
    child = scene.use_cases.chain_task(parent, Next("a", id=id_, dedupe=Dedupe("k", ttl=5)))
    assert (child.id, child.dedupe, child.workflow_id) == (str(id_), Dedupe("k", ttl=5), parent.id)
    assert scene.use_cases.chain_task(parent, Next("a", dedupe="k")).dedupe == Dedupe("k")
    for wrong in (Next("a", id="x"), Next("a", dedupe="")):
        with pytest.raises(InvalidTaskDataError, match=r"id|dedupe"):
            scene.use_cases.chain_task(parent, wrong)


async def test_a_next_that_breaks_a_limit_is_refused(scene):
    parent = await scene.pending()
    with pytest.raises(InvalidTaskDataError, match="delay"):
        scene.use_cases.chain_task(parent, Next("a", delay=-1))
