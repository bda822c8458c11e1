from __future__ import annotations

import pytest
import redis

from backstage.conformance.trial import BROKEN, LEASE, POLICY, Trial
from backstage.domain.dedupe import Dedupe, Duplicate
from backstage.domain.task_query import TaskQuery
from backstage.infra.redis.keys import Keys
from tests.infra.redis.key_space import keys_of

NAMES = ["}", "{x}", ":", "*", "a\r\nSET b 1\r\n", "ü 🧵", " ", "0-0", "$", ">", "'; return 1 --", "%s%d"]


@pytest.mark.parametrize("name", NAMES)
async def test_any_text_may_be_a_worker_a_key_a_workflow_a_note(
    trial: Trial, server: redis.Redis, prefix: str, name: str
) -> None:
    named = {"workflow_id": name, "correlation_id": name, "key": name, "tags": (name, "t")}
    fields = {"dedupe": Dedupe(name), "metadata": {name: name}, **named}
    running = await trial.running(worker_id=name, **fields)
    assert await trial.queue.report_progress(running.id, running.fence, 0.5, name)
    assert [task.id for task in await trial.queue.held_by(name)] == [running.id]
    assert await trial.tasks.add([trial.new_task(dedupe=Dedupe(name))]) == [Duplicate(running.id, name)]
    for query in (
        TaskQuery(workflow_id=name),
        TaskQuery(correlation_id=name),
        TaskQuery(key=name),
        TaskQuery(tag=name),
    ):
        assert [task.id for task in (await trial.tasks.find(query)).tasks] == [running.id]
    await trial.settle(running.failed(BROKEN, POLICY, 0.0))
    assert [record.worker_id for record in await trial.tasks.attempts(running.id)] == [name]
    trial.clock.advance(LEASE)
    assert len(await trial.claim(worker_id=name)) == 1
    assert all(key.startswith(("{}:", "{:default}:")) for key in keys_of(server, prefix))


@pytest.mark.parametrize("name", NAMES)
def test_no_name_of_a_queue_leaves_its_hash_tag(name: str) -> None:
    keys = Keys("shop").queue(name)
    assert keys[0] == "{"
    assert keys.index("}") == len(keys) - 1
    assert "\n" not in keys
    assert keys.startswith("{shop:")
